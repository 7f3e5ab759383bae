"""ActionTrail's LookupEvents tells what was managed and what was denied, by whom and by which kind of identity."""

import json
from typing import Any

import pytest
from alibabacloud_ram20150501 import models as m
from aliyunsdkcore.acs_exception.exceptions import ServerException

from tests.clients.openapi.clients import (
    Key,
    account,
    allow,
    assume,
    common,
    core,
    failure,
    new_user,
    ram,
    sts,
    trust,
)  # fmt: skip
from yunbox.testing.server import Server


def lookup(server: Server, key: Key | None = None, **query: str) -> dict[str, Any]:
    request = common(server, "LookupEvents", "2020-07-06", **query)
    return json.loads(core(server, key).do_action_with_exception(request))


def named(server: Server, **wanted: str) -> list[dict[str, Any]]:
    query: dict[str, str] = {}
    for number, (key, value) in enumerate(wanted.items(), 1):
        query |= {f"LookupAttribute.{number}.Key": key, f"LookupAttribute.{number}.Value": value}
    return lookup(server, **query, MaxResults="50")["Events"]


def test_who_did_what(server: Server) -> None:
    caller = new_user(server, "trailed", allow("sts:AssumeRole"))
    arn = (
        ram(server)
        .create_role(
            m.CreateRoleRequest(
                role_name="trail-role", assume_role_policy_document=trust(f"acs:ram::{account(server)}:root")
            )
        )
        .body.role.arn
    )
    session = assume(server, caller, arn)
    error = failure(ram(server, session).list_users, m.ListUsersRequest())
    created = named(server, EventName="CreateUser", ServiceName="Ram")
    assert [(one["eventRW"], one["userIdentity"]["type"], "errorCode" in one) for one in created] == [
        ("Write", "root-account", False)
    ]
    assumed = named(server, EventName="AssumeRole", User="trailed")
    assert [(one["serviceName"], one["userIdentity"]["type"]) for one in assumed] == [("Sts", "ram-user")]
    denied = named(server, EventId=error.data["RequestId"])
    assert [(one["errorCode"], one["eventRW"], one["userIdentity"]["type"]) for one in denied] == [
        ("NoPermission", "Read", "assumed-role")
    ]
    assert denied[0]["userIdentity"]["userName"] == "trail-role:session"


def test_it_comes_in_pages_in_both_directions(server: Server) -> None:
    for _ in range(5):
        sts(server).get_caller_identity()
    want = {"LookupAttribute.1.Key": "EventName", "LookupAttribute.1.Value": "GetCallerIdentity", "MaxResults": "2"}
    ids: list[str] = []
    token: dict[str, str] = {}
    while len(ids) < 4:
        body = lookup(server, **want, **token, Direction="FORWARD")
        ids += [one["eventId"] for one in body["Events"]]
        token = {"NextToken": body["NextToken"]}
    assert len(set(ids)) == 4
    newest = lookup(server, **want)["Events"][0]
    assert newest["eventId"] not in ids


def test_it_is_for_who_may(server: Server) -> None:
    key = new_user(server, "nosy")
    with pytest.raises(ServerException) as caught:
        lookup(server, key)
    assert caught.value.get_error_code() == "NoPermission"
    with pytest.raises(ServerException) as caught:
        lookup(server, StartTime="yesterday")
    assert caught.value.get_error_code() == "InvalidQueryParameter"
