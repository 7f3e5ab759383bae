"""Who may do what, by RAM policies as the vendor's page "Access control" has them; and who is refused before that."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from odps import ODPS

from tests.clients.ram import new_user
from tests.waiting import until
from yunbox.testing.server import Server

TEMPLATE = {
    "Version": "1",
    "Statement": [
        {"Action": ["dhs:ListProject"], "Effect": "Allow", "Resource": "acs:dhs:*:*:projects/*"},
        {"Action": ["dhs:GetProject"], "Effect": "Allow", "Resource": "acs:dhs:*:*:projects/{project}"},
        {
            "Action": ["dhs:*Topic", "dhs:*Shard", "dhs:*Subscription", "dhs:*Connector", "dhs:*Records"],
            "Effect": "Allow",
            "Resource": "acs:dhs:*:*:projects/{project}/topics/*",
        },
    ],
}
"""That of the vendor's page "RAM user permission templates": all rights on one project."""


@pytest.fixture
def user(server: Server) -> Callable[[str, dict], tuple[str, str]]:
    """Make a RAM user with a policy: its AccessKey."""

    return lambda name, policy: new_user(server, name, *policy["Statement"])


def filled(policy: dict, project: str) -> dict:
    return json.loads(json.dumps(policy).replace("{project}", project))


def test_the_vendors_template(dh: Any, connect: Any, project: str, pair: Any, user: Any, sdk: ModuleType) -> None:
    key = user("streamer", filled(TEMPLATE, project))
    mine = connect(key=key)
    mine.create_tuple_topic(project, "t", 1, 3, pair, "")
    sub = mine.create_subscription(project, "t", "").sub_id
    record = sdk.models.TupleRecord(schema=pair, values=[1, "x"])
    assert mine.put_records(project, "t", [record]).failed_record_count == 0
    cursor = mine.get_cursor(project, "t", "0", sdk.models.CursorType.OLDEST).cursor
    assert mine.get_tuple_records(project, "t", "0", pair, cursor, 1).record_count == 1
    mine.init_and_get_subscription_offset(project, "t", sub, "0")
    mine.append_field(project, "t", "more", sdk.models.FieldType.STRING)
    assert mine.list_connector(project, "t").connector_names == []
    assert project in mine.list_project().project_names
    for refused in (
        lambda: mine.delete_project(project),
        lambda: mine.create_project("another_one", ""),
        lambda: mine.update_project(project, "mine"),
    ):
        with pytest.raises(sdk.exceptions.NoPermissionException) as error:
            refused()
        assert error.value.error_code == "NoPermission"
    mine.delete_topic(project, "t")


def test_reading_only(dh: Any, connect: Any, project: str, pair: Any, user: Any, sdk: ModuleType) -> None:
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    policy = {
        "Version": "1",
        "Statement": [
            {"Action": ["dhs:GetRecords"], "Effect": "Allow", "Resource": f"acs:dhs:*:*:projects/{project}/topics/t"}
        ],
    }
    mine = connect("PB", key=user("reader", policy))
    mine.get_cursor(project, "t", "0", sdk.models.CursorType.OLDEST)
    record = sdk.models.TupleRecord(schema=pair, values=[1, "x"])
    with pytest.raises(sdk.exceptions.NoPermissionException):
        mine.put_records_by_shard(project, "t", "0", [record])
    with pytest.raises(sdk.exceptions.NoPermissionException):
        mine.get_topic(project, "t")


def test_who_cannot_prove_it(connect: Any, server: Server, sdk: ModuleType) -> None:
    for key in ((server.access_key_id, "wrong"), ("LTAInobody", "wrong")):
        with pytest.raises(sdk.exceptions.AuthorizationFailedException) as error:
            connect(key=key).list_project()
        assert error.value.error_code == "Unauthorized"


def test_a_token_that_is_none(connect: Any, sdk: ModuleType) -> None:
    with pytest.raises(sdk.exceptions.AuthorizationFailedException):
        connect(security_token="made up").list_project()


def test_a_connector_may_what_its_key_may(
    dh: Any, server: Server, project: str, pair: Any, user: Any, sdk: ModuleType
) -> None:
    """The key in its config is that of a user of its own, who may look at the table, and not write into it."""
    allow = {"Effect": "Allow", "Action": ["odps:Describe", "odps:GetTunnelEndpoint"], "Resource": "*"}
    key = user("onlooker", {"Version": "1", "Statement": [allow]})
    o = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
    o.create_table("looked_at", "id bigint, name string")
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    config = sdk.models.OdpsConnectorConfig(
        server.project, "looked_at", server.endpoint, "", *key, sdk.models.PartitionMode.USER_DEFINE, -1
    )
    connector = dh.create_connector(project, "t", sdk.models.ConnectorType.SINK_ODPS, ["id"], config).connector_id
    dh.put_records(project, "t", [sdk.models.TupleRecord(schema=pair, values=[1, "x"])])

    def status() -> Any:
        return dh.get_connector_shard_status(project, "t", connector).shard_status_infos["0"]

    until(lambda: status().state.value == "CONTEXT_STOPPED", seconds=30)
    assert "NoPermission" in status().last_error_message
    assert status().current_sequence == -1
    dh.delete_connector(project, "t", connector)
    o.delete_table("looked_at")
