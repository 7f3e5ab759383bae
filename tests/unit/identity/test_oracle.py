"""Policies judged a second time, by Cedar, whose rules are the same where effects and stars are all there is.

A statement becomes a policy on texts of the request: its actions and its resources are patterns with stars, a Deny
forbids. Cedar denies by default and lets forbid win, as RAM does.
"""

import json
from typing import Any

import cedarpy
from hypothesis import given
from hypothesis import strategies as st

from yunbox.identity.policy import evaluate, parse_policy

ACTIONS = st.sampled_from(["oss:*", "oss:Get*", "oss:GetObject", "*", "odps:Select", "*:Get*", "oss:*Object", "o*s:*t"])
RESOURCES = st.sampled_from(
    ["*", "acs:oss:*:*:a/*", "acs:oss:*:1:a/b", "acs:*", "acs:oss:*:*:*/b", "acs:odps:*:*:a/b", "acs:oss:*:*:a*b"]
)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.lists(ACTIONS, min_size=1, max_size=3),
        "Resource": st.lists(RESOURCES, min_size=1, max_size=3),
    }
)
ASKED_ACTIONS = st.sampled_from(["oss:GetObject", "oss:PutObject", "odps:Select", "oss:GetBucket", "ram:GetUser"])
ASKED_RESOURCES = st.sampled_from(["acs:oss:r:1:a/b", "acs:oss:r:2:a/c", "acs:odps:r:1:a/b", "acs:oss:r:1:axb"])


def cedar(statements: list[dict[str, Any]], action: str, resource: str) -> bool:
    """What Cedar says."""
    policies = "\n".join(_written(statement) for statement in statements)
    request = {
        "principal": 'U::"u"', "action": 'A::"a"', "resource": 'R::"r"',
        "context": {"action": action.lower(), "resource": resource},
    }  # fmt: skip
    return cedarpy.is_authorized(request, policies, []).allowed


def _written(statement: dict[str, Any]) -> str:
    effect = "permit" if statement["Effect"] == "Allow" else "forbid"
    actions = " || ".join(f'context.action like "{one.lower()}"' for one in statement["Action"])
    resources = " || ".join(f'context.resource like "{one}"' for one in statement["Resource"])
    return f"{effect}(principal, action, resource) when {{ ({actions}) && ({resources}) }};"


@given(st.lists(STATEMENTS, min_size=1, max_size=5), ASKED_ACTIONS, ASKED_RESOURCES)
def test_two_judges_agree(statements: list[dict[str, Any]], action: str, resource: str) -> None:
    document = json.dumps({"Version": "1", "Statement": statements})
    ours = evaluate(parse_policy(document), action, (resource,)).allowed
    assert ours == cedar(statements, action, resource)
