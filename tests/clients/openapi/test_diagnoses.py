"""Denials and what they were: a part in the answer, the whole for who may decode it, by RAM's own SDK."""

from typing import Any

import oss2
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_vpc20160428 import models as m
from alibabacloud_vpc20160428.client import Client

from tests.clients.openapi.clients import (
    Key,
    account,
    allow,
    assume,
    code,
    config,
    failure,
    new_user,
    policy,
    ram,
    trust,
)
from yunbox.testing.server import Server

REGION = "cn-hangzhou"


def denied(server: Server, key: Key) -> dict[str, Any]:
    client = Client(config(server, key))
    return failure(client.describe_vpcs, m.DescribeVpcsRequest(region_id=REGION)).data["AccessDeniedDetail"]


def decoded(server: Server, text: str, key: Key | None = None) -> Any:
    request = ram_models.DecodeDiagnosticMessageRequest(encoded_diagnostic_message=text)
    return ram(server, key).decode_diagnostic_message(request).body.decoded_diagnostic_message


def user_id(server: Server, name: str) -> str:
    return ram(server).get_user(ram_models.GetUserRequest(user_name=name)).body.user.user_id


def test_what_no_policy_allows(server: Server) -> None:
    detail = denied(server, new_user(server, "without"))
    assert (detail["NoPermissionType"], detail["PolicyType"]) == ("ImplicitDeny", "AccountLevelIdentityBasedPolicy")
    assert (detail["AuthPrincipalType"], detail["AuthPrincipalOwnerId"]) == ("SubUser", account(server))
    assert detail["AuthPrincipalDisplayName"] == user_id(server, "without")
    found = decoded(server, detail["EncodedDiagnosticMessage"])
    assert (found.auth_action, found.explicit_deny) == ("vpc:DescribeVpcs", False)
    assert found.auth_resource == f"acs:vpc:{REGION}:{account(server)}:vpc/*"
    assert found.no_permission_policy_type == "AccountLevelIdentityBasedPolicy"
    assert found.auth_principal.auth_principal_display_name == user_id(server, "without")
    assert not found.matched_policies
    [condition] = found.auth_conditions
    assert (condition.condition_key, condition.condition_values) == ("acs:SourceIp", ["127.0.0.1"])


def test_what_a_policy_denies(server: Server) -> None:
    deny = {"Effect": "Deny", "Action": ["vpc:DescribeVpcs"], "Resource": "*"}
    detail = denied(server, new_user(server, "forbidden", allow("vpc:*"), deny))
    assert detail["NoPermissionType"] == "ExplicitDeny"
    found = decoded(server, detail["EncodedDiagnosticMessage"])
    [matched] = found.matched_policies
    assert found.explicit_deny is True
    assert (matched.effect, matched.policy_identifier, matched.policy_type) == ("Deny", "of-forbidden", "Custom")
    assert (matched.attached_entity_type, matched.attached_scope) == ("User", "Account")


def test_what_a_session_s_policy_does_not_allow(server: Server) -> None:
    client = ram(server)
    document = trust(f"acs:ram::{account(server)}:root")
    new = ram_models.CreateRoleRequest(role_name="narrowed", assume_role_policy_document=document)
    arn = client.create_role(new).body.role.arn
    client.create_policy(
        ram_models.CreatePolicyRequest(policy_name="of-narrowed", policy_document=policy(allow("vpc:*", "oss:*")))
    )
    client.attach_policy_to_role(
        ram_models.AttachPolicyToRoleRequest(policy_type="Custom", policy_name="of-narrowed", role_name="narrowed")
    )
    user = new_user(server, "narrows", allow("sts:AssumeRole"))
    key = assume(server, user, arn, "task", policy=policy(allow("oss:*")))
    detail = denied(server, key)
    assert (detail["AuthPrincipalType"], detail["AuthPrincipalDisplayName"]) == ("AssumedRoleUser", "narrowed:task")
    assert decoded(server, detail["EncodedDiagnosticMessage"]).no_permission_policy_type == "SessionPolicy"


def test_only_who_may_decodes_and_only_what_was_made_here(server: Server) -> None:
    key = new_user(server, "curious")
    text = denied(server, key)["EncodedDiagnosticMessage"]
    assert "vpc" not in text and "DescribeVpcs" not in text
    request = ram_models.DecodeDiagnosticMessageRequest(encoded_diagnostic_message=text)
    assert code(ram(server, key).decode_diagnostic_message, request) == "NoPermission"
    other = new_user(server, "decodes", allow("ram:DecodeDiagnosticMessage"))
    assert decoded(server, text, other).auth_action == "vpc:DescribeVpcs"
    half = len(text) // 2
    changed = text[:half] + ("A" if text[half] != "A" else "B") + text[half + 1 :]
    for wrong in ("", "AAAA", "no base64!", text[:half], changed):
        request = ram_models.DecodeDiagnosticMessageRequest(encoded_diagnostic_message=wrong)
        assert code(ram(server).decode_diagnostic_message, request) in (
            "InvalidParameter.EncodedDiagnosticMessage", "MissingEncodedDiagnosticMessage",
        )  # fmt: skip


def test_other_answers_show_nothing_of_it(server: Server) -> None:
    key = new_user(server, "no-objects")
    bucket = oss2.Bucket(oss2.Auth(key.id, key.secret), server.endpoints["oss"], "diagnosed")
    oss2.Bucket(
        oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "diagnosed"
    ).create_bucket()
    try:
        bucket.get_object("x")
    except oss2.exceptions.OssError as error:
        assert set(error.details) == {"Code", "Message", "RequestId", "HostId", "EC"}
    else:
        raise AssertionError("the object was given")
