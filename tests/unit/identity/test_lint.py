"""What the linter finds in policies, and in good ones nothing."""

import json
from typing import Any

import pytest

from yunbox.identity.lint import known_actions, lint
from yunbox.identity.system_policies import system_policies


def found(*statements: dict[str, Any]) -> list[tuple[str, str, str]]:
    document = json.dumps({"Version": "1", "Statement": list(statements)})
    return [(one.level, one.where, one.what) for one in lint(document)]


def allow(*actions: str, resource: str = "acs:oss:*:*:bucket/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


QUERY = allow("odps:CreateInstance", "odps:Read", "odps:List", resource="acs:odps:*:projects/p")
SELECT = allow("odps:Select", "odps:Describe", resource="acs:odps:*:projects/p/tables/*")


@pytest.mark.parametrize(
    ("statements", "level", "where", "what"),
    [
        ([allow("oss:GetObjekt")], "warning", "Statement 1", "oss:getobjekt is unknown"),
        ([allow("oss:Get*"), allow("oss:Fetch*")], "warning", "Statement 2", "oss:fetch* is unknown"),
        ([allow("GetObject")], "warning", "Statement 1", "is no action"),
        ([allow("rds:RunInstances", resource="acs:rds:*:*:*")], "note", "Statement 1", "rds is not here"),
        ([allow("oss:GetObject", resource="bucket/*")], "warning", "Statement 1", "matches nothing"),
        ([allow("oss:GetObject", resource="acs:odps:*:projects/p")], "warning", "Statement 1", "can never match"),
        ([allow("*", resource="*")], "warning", "Statement 1", "over-broad"),
        ([allow("oss:*", resource="*")], "warning", "Statement 1", "over-broad"),
        ([{"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"}], "warning", "Statement 1", "NotAction"),
        (
            [allow("oss:GetObject"), {"Effect": "Deny", "Action": "oss:*", "Resource": "*"}],
            "warning", "Statement 1", "can never grant",
        ),
        ([SELECT], "warning", "document", "grants no odps:CreateInstance"),
        ([QUERY], "warning", "document", "grants no odps:Select"),
        (
            [allow("odps:*", resource="acs:odps:*:projects/p/tables/*")],
            "warning", "document", "grants no odps:CreateInstance",
        ),
        ([allow("oss:GetObject", Condition={"Like": {}})], "error", "document", "Unknown condition operator"),
        ([allow("oss:GetObject", resource="acs:oss:*:*:b/${acs:username}")], "error", "document", "variable"),
    ],
)  # fmt: skip
def test_what_is_found(statements: list, level: str, where: str, what: str) -> None:
    hits = [one for one in found(*statements) if (one[0], one[1]) == (level, where) and what in one[2]]
    assert hits, found(*statements)


@pytest.mark.parametrize(
    "statements",
    [
        [allow("oss:GetObject", "oss:ListObjects")],
        [QUERY, SELECT],
        [QUERY, allow("odps:Select", resource="acs:odps:*:projects/p/tables/one")],
        [allow("odps:*", resource="acs:odps:*:projects/p"), allow("odps:*", resource="acs:odps:*:projects/p/*")],
        [allow("sts:AssumeRole", resource="acs:ram:*:*:role/r")],
        [allow("oss:GetObject"), {"Effect": "Deny", "Action": "oss:*", "Resource": "acs:oss:*:*:other/*"}],
    ],
)
def test_of_a_good_policy_nothing_is_said(statements: list) -> None:
    assert found(*statements) == []


def test_what_is_no_json_is_an_error() -> None:
    assert [one.level for one in lint("{")] == ["error"]


def test_the_vendor_s_own_policies_name_no_unknown_action() -> None:
    for policy in system_policies().values():
        unknown = [one.what for one in lint(policy.document) if "unknown" in one.what or one.level == "error"]
        assert not unknown, (policy.name, unknown)


def test_the_actions_that_are_asked_for_here_are_known() -> None:
    for action in ("oss:GetObject", "odps:CreateInstance", "ram:CreateUser", "sts:AssumeRole", "dhs:GetRecords"):
        product, _, name = action.partition(":")
        assert name.lower() in known_actions()[product]
