"""CloudMonitor by its own SDK: points of what really happened, rules that fire and recover, webhooks that are told."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_cms20190101 import models as m
from alibabacloud_cms20190101.client import Client
from alibabacloud_tea_openapi.models import Config

from tests.clients.moved_clock import Moved, moved
from tests.clients.openapi.clients import failure
from tests.clients.openapi.webhook import Webhook
from tests.waiting import until
from yunbox.kernel.clock import ManualClock
from yunbox.services.cloudmonitor import declaration

NAMESPACE, METRIC = "acs_oss_dashboard", "PutObjectCount"
MINUTE_S = 60
COMPLETE_S = 4


class House:
    """A server whose clock stands at the beginning of five minutes, about now: requests are dated by the SDK."""

    def __init__(self, running: Moved) -> None:
        self.running = running
        self.clock = running.clock
        url = str(running.ready.endpoints["openapi"])
        self.cms = Client(
            Config(access_key_id=running.key[0], access_key_secret=running.key[1], endpoint=url.partition("://")[2],
                   protocol="http")
        )  # fmt: skip

    def next_minute(self) -> None:
        """Let the minute end, and its points be complete."""
        self.clock.advance(MINUTE_S - self.clock.time() % MINUTE_S + COMPLETE_S)

    def points(self, metric: str = METRIC, **more: Any) -> list[dict[str, Any]]:
        request = m.DescribeMetricListRequest(namespace=NAMESPACE, metric_name=metric, **more)
        return json.loads(self.cms.describe_metric_list(request).body.datapoints)

    def put_rule(self, rule_id: str = "r1", **more: Any) -> None:
        self.cms.put_resource_metric_rule(rule(rule_id, **more))

    def alarm(self, rule_id: str = "r1") -> Any:
        listed = self.cms.describe_metric_rule_list(m.DescribeMetricRuleListRequest(rule_ids=rule_id)).body
        return listed.alarms.alarm[0]

    def until(self, what: Callable[[], Any]) -> Any:
        """What is true once the rules were looked at."""
        return until(what, 30)


def level(threshold: str = "3", **more: Any) -> Any:
    given = {"comparison_operator": "GreaterThanOrEqualToThreshold", "times": 1, **more}
    return m.PutResourceMetricRuleRequestEscalationsCritical(statistics="Value", threshold=threshold, **given)


def rule(rule_id: str = "r1", **more: Any) -> m.PutResourceMetricRuleRequest:
    given: dict[str, Any] = {
        "rule_name": f"name of {rule_id}", "namespace": NAMESPACE, "metric_name": METRIC, "period": "60",
        "resources": '[{"BucketName": "watched"}]', "send_ok": True,
        "escalations": m.PutResourceMetricRuleRequestEscalations(critical=level()), **more,
    }  # fmt: skip
    return m.PutResourceMetricRuleRequest(rule_id=rule_id, **given)


@contextlib.contextmanager
def opened(data: Path, clock: ManualClock, patch: pytest.MonkeyPatch, **options: object) -> Iterator[House]:
    patch.setattr(declaration, "PERIOD_S", 0.05)
    with moved(data, clock, patch, **options) as running:
        yield House(running)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(time.time() // 300 * 300 + 1)


@pytest.fixture
def house(tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with opened(tmp_path / "data", clock, monkeypatch) as running:
        yield running


@pytest.fixture
def hook() -> Iterator[Webhook]:
    made = Webhook()
    yield made
    made.close()


def put(house: House, bucket: Any, count: int) -> None:
    for number in range(count):
        bucket.put_object(f"k{number}", b"12345")


def test_each_minute_is_a_point(house: House) -> None:
    bucket, other = house.running.bucket("watched"), house.running.bucket("other")
    put(house, bucket, 3)
    put(house, other, 1)
    assert bucket.get_object("k0").read() == b"12345"
    first = int(house.clock.time()) // MINUTE_S * MINUTE_S * 1000
    assert house.points() == [], "a minute that has not ended has no point"
    house.next_minute()
    account = house.running.ready.account_id
    assert house.points() == [
        {"timestamp": first, "userId": account, "BucketName": "other", "Value": 1},
        {"timestamp": first, "userId": account, "BucketName": "watched", "Value": 3},
    ]
    only = json.dumps([{"BucketName": "watched"}])
    assert [one["Value"] for one in house.points("GetObjectCount", dimensions=only)] == [1]
    assert [one["Value"] for one in house.points("IntranetRecv", dimensions=only)] == [15]
    assert [one["Value"] for one in house.points("UserTotalRequestCount")] == [7]
    put(house, bucket, 2)
    house.next_minute()
    values = [(one["timestamp"], one["Value"]) for one in house.points(dimensions=only)]
    assert values == [(first, 3), (first + 60_000, 2)]
    assert [one["Value"] for one in house.points(dimensions=only, period="300")] == []
    last = m.DescribeMetricLastRequest(namespace=NAMESPACE, metric_name=METRIC, dimensions=only)
    assert [one["Value"] for one in json.loads(house.cms.describe_metric_last(last).body.datapoints)] == [2]
    top = m.DescribeMetricTopRequest(namespace=NAMESPACE, metric_name=METRIC, orderby="Value")
    found = json.loads(house.cms.describe_metric_top(top).body.datapoints)
    assert [(one["order"], one["BucketName"]) for one in found] == [(1, "watched"), (2, "other")]


def test_points_are_paged_and_their_interval_is_open_on_the_left(house: House) -> None:
    bucket = house.running.bucket("watched")
    house.running.bucket("other")
    starts = []
    for count in (1, 2, 3):
        starts.append(int(house.clock.time()) // MINUTE_S * MINUTE_S * 1000)
        put(house, bucket, count)
        house.next_minute()
        house.until(lambda: len(house.points()) == 2 * len(starts))
    found = house.points(start_time=str(starts[0]), end_time=str(starts[1]), dimensions='{"BucketName":"watched"}')
    assert [one["Value"] for one in found] == [2]
    pages, token = [], None
    while token != "":
        request = m.DescribeMetricListRequest(namespace=NAMESPACE, metric_name=METRIC, length="4", next_token=token)
        body = house.cms.describe_metric_list(request).body
        pages.append(json.loads(body.datapoints))
        token = body.next_token or ""
    assert [len(page) for page in pages] == [4, 2]
    assert [one for page in pages for one in page] == house.points()


def test_a_bucket_that_is_gone_has_no_more_points(house: House) -> None:
    bucket = house.running.bucket("watched")
    house.next_minute()
    bucket.delete_bucket()
    house.until(lambda: len(house.points("TotalRequestCount")) == 1)
    house.next_minute()
    house.next_minute()
    house.next_minute()
    assert [one["Value"] for one in house.points("TotalRequestCount")] == [1, 1]


def several(join: str, times: int = 1, **more: Any) -> dict[str, Any]:
    """A rule of what is put and what is got."""
    conditions = [
        m.PutResourceMetricRuleRequestCompositeExpressionExpressionList(
            metric_name=metric, comparison_operator="GreaterThanOrEqualToThreshold", statistics="$Value",
            threshold=threshold, period=60,
        )
        for metric, threshold in ((METRIC, "3"), ("GetObjectCount", "2"))
    ]  # fmt: skip
    given = {"expression_list": conditions, "expression_list_join": join, "level": "WARN", "times": times, **more}
    made = m.PutResourceMetricRuleRequestCompositeExpression(**given)
    return {"composite_expression": made, "escalations": None}


def test_a_rule_of_several_metrics_fires_where_all_are_too_much_or_any(house: House, hook: Webhook) -> None:
    """Source: the vendor's "PutResourceMetricRule", CompositeExpression."""
    bucket = house.running.bucket("watched")
    house.put_rule("all", **several("&&"), webhook=hook.url)
    house.put_rule("any", **several("||"))
    house.put_rule("twice", **several("&&", times=2))
    put(house, bucket, 4)
    house.next_minute()
    house.until(lambda: house.alarm("any").alert_state == "ALARM")
    house.until(lambda: house.alarm("all").alert_state == "OK")
    put(house, bucket, 4)
    for _ in range(2):
        bucket.get_object("k0").read()
    house.next_minute()
    form = hook.wait(1)[0]
    assert {name: form[name] for name in ("ruleId", "alertState", "triggerLevel", "curValue", "expression")} == {
        "ruleId": "all", "alertState": "ALERT", "triggerLevel": "WARN", "curValue": "4",
        "expression": "@PutObjectCount.$Value>=3 && @GetObjectCount.$Value>=2",
    }  # fmt: skip
    assert house.alarm("twice").alert_state == "OK"
    shown = house.alarm("all").composite_expression
    assert (shown.level, shown.times, shown.expression_list_join) == ("WARN", 1, "&&")
    assert [(one.metric_name, one.threshold) for one in shown.expression_list.expression_list] == [
        (METRIC, "3"), ("GetObjectCount", "2"),
    ]  # fmt: skip
    house.next_minute()
    house.until(lambda: house.alarm("any").alert_state == "OK")


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({**several("&&"), "escalations": m.PutResourceMetricRuleRequestEscalations(critical=level())},
         "ParameterInvalid", "one of them"),
        ({"escalations": None}, "ParameterInvalid", "one of them"),
        (several(""), "ParameterInvalid", "ExpressionListJoin"),
        (several("&&", level="WORST"), "ParameterInvalid", "CompositeExpression.Level"),
        (several("&&", expression_raw="$Value > 3"), "UnsupportedOperation", "ExpressionRaw"),
        (several("&&", times=4), "ParameterInvalid", "Times"),
    ],
)  # fmt: skip
def test_what_no_rule_of_several_metrics_can_be(house: House, more: dict[str, Any], code: str, said: str) -> None:
    error = failure(house.cms.put_resource_metric_rule, rule(**more))
    assert error.code == code and said in error.message


def test_a_rule_fires_and_recovers(house: House, hook: Webhook) -> None:
    bucket = house.running.bucket("watched")
    house.put_rule(webhook=hook.url, contact_groups="ops")
    assert house.alarm().alert_state == "INSUFFICIENT_DATA"
    put(house, bucket, 4)
    house.next_minute()
    form = hook.wait(1)[0]
    assert hook.kinds[0].startswith("application/x-www-form-urlencoded")
    account = house.running.ready.account_id
    assert {name: form[name] for name in ("ruleId", "alertName", "alertState", "curValue", "metricName", "triggerLevel",
                                          "namespace", "userId", "dimensions", "expression")} == {
        "ruleId": "r1", "alertName": "name of r1", "alertState": "ALERT", "curValue": "4", "metricName": METRIC,
        "triggerLevel": "CRITICAL", "namespace": NAMESPACE, "userId": account, "expression": "$Value>=3",
        "dimensions": f"{{userId={account}, BucketName=watched}}",
    }  # fmt: skip
    assert abs(int(form["timestamp"]) - house.clock.time()) < MINUTE_S
    assert house.alarm().alert_state == "ALARM"
    alerting = house.cms.describe_alerting_metric_rule_resources(m.DescribeAlertingMetricRuleResourcesRequest()).body
    assert [(one.rule_id, one.level, one.threshold) for one in alerting.resources.resource] == [("r1", 2, "3")]
    house.next_minute()
    assert hook.wait(2)[1]["alertState"] == "OK"
    assert hook.forms[1]["curValue"] == "0"
    house.until(lambda: house.alarm().alert_state == "OK")
    logs = house.until(lambda: _told(house, 2))
    assert [(one.level, one.send_status) for one in logs] == [("OK", "0"), ("CRITICAL", "0")]
    assert logs[1].contact_groups == ["ops"]
    assert logs[1].webhook_list[0].url == hook.url


def _told(house: House, count: int) -> list[Any] | None:
    request = m.DescribeAlertLogListRequest(rule_id="r1")
    found = house.cms.describe_alert_log_list(request).body.alert_log_list
    return found if len([one for one in found if one.send_status == "0"]) == count else None


def test_an_alarm_that_lasts_is_told_again_after_its_silence(house: House, hook: Webhook) -> None:
    bucket = house.running.bucket("watched")
    house.put_rule(webhook=hook.url, silence_time=300)
    for minute in range(1, 8):
        put(house, bucket, 3)
        house.next_minute()
        house.until(lambda minute=minute: len(house.points(dimensions='{"BucketName":"watched"}')) == minute)
        hook.wait(1 if minute < 6 else 2)
    assert [form["alertState"] for form in hook.forms] == ["ALERT", "ALERT"]


def test_so_many_periods_in_a_row_are_needed(house: House, hook: Webhook) -> None:
    bucket = house.running.bucket("watched")
    levels = m.PutResourceMetricRuleRequestEscalations(critical=level("5", times=2), warn=_warn("2"))
    house.put_rule(webhook=hook.url, escalations=levels)
    for count in (6, 1, 6, 7, 2):
        put(house, bucket, count)
        house.next_minute()
        house.until(lambda: json.loads(house.cms.describe_metric_last(
            m.DescribeMetricLastRequest(namespace=NAMESPACE, metric_name=METRIC)).body.datapoints))  # fmt: skip
        hook.wait({6: 1, 1: 2, 7: 4, 2: 5}[count] if count != 6 or not hook.forms else 3)
    assert [(form["alertState"], form["triggerLevel"]) for form in hook.forms] == [
        ("ALERT", "WARN"), ("OK", "OK"), ("ALERT", "WARN"), ("ALERT", "CRITICAL"), ("ALERT", "WARN"),
    ]  # fmt: skip


def _warn(threshold: str) -> Any:
    return m.PutResourceMetricRuleRequestEscalationsWarn(
        statistics="Value", threshold=threshold, times=1, comparison_operator="GreaterThanOrEqualToThreshold"
    )


def test_recovery_is_told_only_to_who_wants_to_know(house: House, hook: Webhook) -> None:
    bucket = house.running.bucket("watched")
    house.put_rule(webhook=hook.url, send_ok=False)
    for count in (3, 0, 3):
        put(house, bucket, count)
        before = house.alarm().alert_state
        house.next_minute()
        house.until(lambda before=before: house.alarm().alert_state not in (before, "INSUFFICIENT_DATA"))
    assert [form["alertState"] for form in hook.wait(2)] == ["ALERT", "ALERT"]


def test_a_webhook_is_tried_again_and_given_up(house: House, hook: Webhook) -> None:
    hook.statuses = [500, 500, 200]
    bucket = house.running.bucket("watched")
    house.put_rule(webhook=hook.url)
    put(house, bucket, 3)
    house.next_minute()
    hook.wait(3)
    assert len({json.dumps(form) for form in hook.forms}) == 1, "the same alert"
    house.until(lambda: _told(house, 1))
    hook.statuses = [404]
    house.next_minute()
    hook.wait(3 + 4)
    request = m.DescribeAlertLogListRequest(rule_id="r1", level="OK")
    logs = house.until(lambda: [one for one in house.cms.describe_alert_log_list(request).body.alert_log_list
                                if one.send_status == "1"])  # fmt: skip
    assert logs[0].webhook_list[0].message == "HTTP 404"
    assert len(hook.forms) == 7


def test_an_alert_outlives_the_server(tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with opened(tmp_path / "data", clock, monkeypatch) as house:
        bucket = house.running.bucket("watched")
        house.put_rule(webhook=f"http://127.0.0.1:{port}/alarm")
        put(house, bucket, 3)
        monkeypatch.setattr("yunbox.services.cloudmonitor.alerts._ATTEMPTS_MAX", 1_000_000)
        house.next_minute()
        house.until(lambda: house.alarm().alert_state == "ALARM")
    hook = Webhook(port)
    try:
        with opened(tmp_path / "data", clock, monkeypatch) as house:
            assert hook.wait(1)[0]["alertState"] == "ALERT"
            assert house.alarm().alert_state == "ALARM"
            house.until(lambda: _told(house, 1))
    finally:
        hook.close()
    assert len(hook.forms) == 1


def test_hours_of_the_day_hold(house: House, hook: Webhook) -> None:
    bucket = house.running.bucket("watched")
    here = time.gmtime(house.clock.time() + 8 * 3600)
    busy = f"{(here.tm_hour + 2) % 24:02}:00-{(here.tm_hour + 3) % 24:02}:00"
    house.put_rule(webhook=hook.url, effective_interval=busy)
    put(house, bucket, 3)
    house.next_minute()
    house.until(lambda: house.alarm().alert_state == "ALARM")
    house.put_rule("r2", webhook=hook.url, no_effective_interval=busy)
    put(house, bucket, 3)
    house.next_minute()
    assert hook.wait(1)[0]["ruleId"] == "r2"


def test_a_rule_is_about_all_buckets(house: House, hook: Webhook) -> None:
    one, two = house.running.bucket("one"), house.running.bucket("two")
    house.running.bucket("idle")
    house.put_rule(webhook=hook.url, resources='[{"resource":"_ALL"}]')
    put(house, one, 3)
    put(house, two, 5)
    house.next_minute()
    assert {form["instanceName"] for form in hook.wait(2)} == {"one", "two"}


def test_a_rule_that_is_off_says_nothing(house: House, hook: Webhook) -> None:
    bucket = house.running.bucket("watched")
    house.put_rule("off", webhook=hook.url)
    house.put_rule("gone", webhook=hook.url)
    house.put_rule("on", webhook=hook.url)
    house.cms.disable_metric_rules(m.DisableMetricRulesRequest(rule_id=["off"]))
    house.cms.delete_metric_rules(m.DeleteMetricRulesRequest(id=["gone"]))
    put(house, bucket, 3)
    house.next_minute()
    assert [form["ruleId"] for form in hook.wait(1)] == ["on"]
    counted = house.cms.describe_metric_rule_count(m.DescribeMetricRuleCountRequest()).body.metric_rule_count
    assert (counted.total, counted.disable, counted.alarm) == (2, 1, 1)
    house.cms.enable_metric_rules(m.EnableMetricRulesRequest(rule_id=["off"]))
    put(house, bucket, 3)
    house.next_minute()
    assert [form["ruleId"] for form in hook.wait(2)] == ["on", "off"]


@pytest.mark.parametrize("endpoint", ["metadata", "openapi", "oss"])
def test_no_webhook_reaches_the_house_itself(house: House, endpoint: str) -> None:
    bucket = house.running.bucket("watched")
    house.put_rule(webhook=f"{house.running.ready.endpoints[endpoint]}/latest/meta-data/")
    put(house, bucket, 3)
    house.next_minute()
    log = house.until(lambda: [
        one for one in house.cms.describe_alert_log_list(m.DescribeAlertLogListRequest()).body.alert_log_list
        if one.send_status == "1"
    ])[0]  # fmt: skip
    assert "Nothing may be sent" in log.webhook_list[0].message


def test_no_webhook_is_led_elsewhere(house: House, hook: Webhook) -> None:
    """An answer that points to the metadata server is not followed."""
    hook.statuses, hook.location = [302], f"{house.running.ready.endpoints['metadata']}/latest/api/token"
    bucket = house.running.bucket("watched")
    house.put_rule(webhook=hook.url)
    put(house, bucket, 3)
    house.next_minute()
    hook.wait(4)
    request = m.DescribeAlertLogListRequest()
    house.until(lambda: house.cms.describe_alert_log_list(request).body.alert_log_list[0].send_status == "1")


def test_what_cannot_be_is_refused(house: House) -> None:
    def refused(**more: Any) -> tuple[str, int]:
        error = failure(house.cms.put_resource_metric_rule, rule(**more))
        return str(error.code), error.data["statusCode"]

    assert refused(metric_name="Nothing") == ("ResourceNotFound", 404)
    assert refused(namespace="acs_nothing") == ("ResourceNotFound", 404)
    assert refused(resources="[{") == ("ParameterInvalid", 400)
    assert refused(resources='[{"instanceId":"i"}]') == ("ParameterInvalid", 400)
    assert refused(period="61") == ("ParameterInvalid", 400)
    assert refused(webhook="gopher://x") == ("ParameterInvalid", 400)
    assert refused(effective_interval="noon") == ("ParameterInvalid", 400)
    assert refused(escalations=m.PutResourceMetricRuleRequestEscalations()) == ("ParameterInvalid", 400)
    for wrong in ({"threshold": "many"}, {"threshold": "nan"}, {"times": 4}):
        levels = m.PutResourceMetricRuleRequestEscalations(critical=level(**wrong))
        assert refused(escalations=levels) == ("ParameterInvalid", 400), wrong
    error = failure(house.cms.describe_metric_list, m.DescribeMetricListRequest(
        namespace=NAMESPACE, metric_name=METRIC, express='{"groupby":["userId"]}'))  # fmt: skip
    assert error.code == "UnsupportedOperation"
    assert house.cms.describe_metric_rule_list(m.DescribeMetricRuleListRequest()).body.total == 0
