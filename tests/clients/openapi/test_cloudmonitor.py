"""CloudMonitor by its own SDK: contacts, what metrics there are, rights, the audit trail, and what a kill leaves."""

import contextlib
import json
import sqlite3
from pathlib import Path

import oss2
import pytest
from alibabacloud_cms20190101 import models as m
from alibabacloud_cms20190101.client import Client

from tests.clients.openapi.clients import allow, config, failure, new_user
from tests.clients.openapi.test_alarms import METRIC, NAMESPACE, level, rule
from tests.waiting import until
from yunbox.testing.server import Server


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(config(server))


def contact(name: str, **channels: str) -> m.PutContactRequest:
    return m.PutContactRequest(
        contact_name=name, describe=f"of {name}", channels=m.PutContactRequestChannels(**channels)
    )


def test_contacts_and_their_groups(client: Client) -> None:
    client.put_contact(contact("ann", mail="ann@example.com", sms="86-1"))
    client.put_contact(contact("bob", mail="bob@example.com"))
    client.put_contact(contact("bob", mail="rob@example.com"))
    made = client.put_contact_group(
        m.PutContactGroupRequest(contact_group_name="ops", contact_names=["ann", "bob"], describe="they watch")
    )
    assert (made.body.code, made.body.success) == ("200", True)
    listed = client.describe_contact_list(m.DescribeContactListRequest(contact_name="bob")).body.contacts.contact
    assert [(one.name, one.desc, one.channels.mail, one.channels_state.mail) for one in listed] == [
        ("bob", "of bob", "rob@example.com", "PENDING")
    ]
    assert not listed[0].lang, "Terraform's provider wants back what it has given"
    assert listed[0].contact_groups.contact_group == ["ops"]
    by_mail = m.DescribeContactListRequest(chanel_type="Mail", chanel_value="ann@example.com")
    assert [one.name for one in client.describe_contact_list(by_mail).body.contacts.contact] == ["ann"]
    group = client.describe_contact_group_list(m.DescribeContactGroupListRequest()).body
    found = group.contact_group_list.contact_group[0]
    assert (group.total, found.name, found.describe, found.contacts.contact) == (1, "ops", "they watch", ["ann", "bob"])
    members = m.DescribeContactListByContactGroupRequest(contact_group_name="ops")
    assert [one.name for one in client.describe_contact_list_by_contact_group(members).body.contacts.contact] == [
        "ann", "bob",
    ]  # fmt: skip
    client.delete_contact(m.DeleteContactRequest(contact_name="ann"))
    assert [one.name for one in client.describe_contact_list_by_contact_group(members).body.contacts.contact] == ["bob"]
    unknown = m.PutContactGroupRequest(contact_group_name="ops", contact_names=["bob", "eve"])
    assert failure(client.put_contact_group, unknown).code == "ResourceNotFound"
    assert [one.name for one in client.describe_contact_list_by_contact_group(members).body.contacts.contact] == ["bob"]
    client.delete_contact_group(m.DeleteContactGroupRequest(contact_group_name="ops"))
    gone = failure(client.delete_contact_group, m.DeleteContactGroupRequest(contact_group_name="ops"))
    assert (gone.code, gone.data["statusCode"]) == ("ResourceNotFound", 404)
    assert failure(client.put_contact, contact("mute")).code == "ParameterInvalid"


def test_the_metrics_there_are(client: Client) -> None:
    projects = client.describe_project_meta(m.DescribeProjectMetaRequest()).body
    assert NAMESPACE in [one.namespace for one in projects.resources.resource]
    request = m.DescribeMetricMetaListRequest(namespace=NAMESPACE, metric_name=METRIC)
    found = client.describe_metric_meta_list(request).body.resources.resource
    assert [(one.dimensions, one.statistics, one.periods.split(",")[0], one.unit) for one in found] == [
        ("userId,BucketName", "Value", "60", "Count")
    ]
    names: list[str] = []
    page = 1
    while True:
        request = m.DescribeMetricMetaListRequest(namespace=NAMESPACE, page_number=page, page_size=20)
        body = client.describe_metric_meta_list(request).body
        if not body.resources.resource:
            break
        names += [one.metric_name for one in body.resources.resource]
        page += 1
    assert len(names) == len(set(names)) == int(body.total_count)


def test_a_rule_is_kept_as_it_was_put(client: Client) -> None:
    levels = m.PutResourceMetricRuleRequestEscalations(critical=level("1.50", times=3))
    request = rule(
        "kept", silence_time=3600, period="300", effective_interval="00:00-22:59", contact_groups="a,b",
        email_subject="look", escalations=levels, labels=[m.PutResourceMetricRuleRequestLabels(key="k", value="v")],
    )  # fmt: skip
    client.put_resource_metric_rule(request)
    found = client.describe_metric_rule_list(m.DescribeMetricRuleListRequest(rule_ids="kept")).body.alarms.alarm[0]
    critical = found.escalations.critical
    assert (critical.threshold, critical.times, critical.statistics, critical.comparison_operator) == (
        "1.50", 3, "Value", "GreaterThanOrEqualToThreshold",
    )  # fmt: skip
    assert (found.silence_time, found.period, found.effective_interval, found.contact_groups, found.mail_subject) == (
        3600, "300", "00:00-22:59", "a,b", "look",
    )  # fmt: skip
    assert (found.resources, found.enable_state, found.send_ok) == ('[{"BucketName": "watched"}]', True, True)
    assert [(one.key, one.value) for one in found.labels.labels] == [("k", "v")]
    assert found.escalations.warn is None
    targets = client.describe_metric_rule_targets(m.DescribeMetricRuleTargetsRequest(rule_id="kept")).body
    assert targets.targets.target == []
    client.delete_metric_rules(m.DeleteMetricRulesRequest(id=["kept"]))
    assert client.describe_metric_rule_list(m.DescribeMetricRuleListRequest(rule_ids="kept")).body.total == 0
    unknown = m.EnableMetricRulesRequest(rule_id=["kept"])
    assert failure(client.enable_metric_rules, unknown).code == "ResourceNotFound"


def test_several_rules_at_once(client: Client) -> None:
    def one(rule_id: str, metric: str) -> m.PutResourceMetricRulesRequestRules:
        critical = m.PutResourceMetricRulesRequestRulesEscalationsCritical(
            statistics="Value", threshold="1", times=1, comparison_operator="GreaterThanThreshold"
        )
        return m.PutResourceMetricRulesRequestRules(
            rule_id=rule_id, rule_name=rule_id, namespace=NAMESPACE, metric_name=metric,
            resources='[{"resource":"_ALL"}]',
            escalations=m.PutResourceMetricRulesRequestRulesEscalations(critical=critical),
        )  # fmt: skip

    rules = [one("many-1", METRIC), one("many-2", "Nothing")]
    body = client.put_resource_metric_rules(m.PutResourceMetricRulesRequest(rules=rules)).body
    assert [(one.rule_id, one.result.code) for one in body.failed_list_result.target] == [
        ("many-2", "ResourceNotFound")
    ]
    listed = client.describe_metric_rule_list(m.DescribeMetricRuleListRequest(rule_name="many")).body
    assert [one.rule_id for one in listed.alarms.alarm] == ["many-1"]


def test_rights_are_asked_for(server: Server) -> None:
    key = new_user(server, "watcher", allow("cms:Describe*"))
    watcher = Client(config(server, key))
    request = m.DescribeMetricListRequest(namespace=NAMESPACE, metric_name=METRIC)
    assert watcher.describe_metric_list(request).body.success
    error = failure(watcher.put_resource_metric_rule, rule("denied"))
    assert (error.code, error.data["statusCode"]) == ("Forbidden.RAM", 403)
    assert error.data["AccessDeniedDetail"]["AuthAction"] == "cms:PutResourceMetricRule"


def database(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{server.data / 'meta.db'}?mode=ro", uri=True)


def test_a_kill_costs_no_count_and_no_rule(tmp_path: Path) -> None:
    """What was added up is there after a kill, and added to afterwards."""
    with Server(tmp_path / "data") as server:
        client = Client(config(server))
        client.put_resource_metric_rule(rule("survivor"))
        _put(server, 3)
        until(lambda: _counted(server) == 3, 30)
        server.kill()
        server.start()
        _put(server, 2)
        until(lambda: _counted(server) == 5, 30)
        client = Client(config(server))
        listed = client.describe_metric_rule_list(m.DescribeMetricRuleListRequest()).body
        assert [one.rule_id for one in listed.alarms.alarm] == ["survivor"]


def _put(server: Server, count: int) -> None:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], "watched")
    bucket.create_bucket()
    for number in range(count):
        bucket.put_object(f"k{number}", b"12345")


def _counted(server: Server) -> int:
    sql = "SELECT coalesce(sum(calls), 0) FROM metric_samples WHERE operation = 'PutObject' AND container = 'watched'"
    with contextlib.closing(database(server)) as db:
        return db.execute(sql).fetchone()[0]


def test_calls_of_other_services_are_counted(server: Server, client: Client) -> None:
    from odps import ODPS

    odps = ODPS(server.access_key_id, server.access_key_secret, server.project, server.endpoint)
    odps.execute_sql("SELECT 1").wait_for_success()
    sql = "SELECT count(*) FROM metric_resources WHERE service = 'odps' AND container = ?"

    def known() -> bool:
        with contextlib.closing(database(server)) as db:
            return bool(db.execute(sql, (server.project,)).fetchone()[0])

    until(known, 30)
    request = m.DescribeMetricListRequest(namespace="yunbox_maxcompute", metric_name="CallCount")
    assert json.loads(client.describe_metric_list(request).body.datapoints) is not None
