"""Roles are assumed by who may and whom they trust, for as long as they let, within the session's policy.

What a role's credentials may is what its policies say, in all services alike: OSS and MaxCompute are asked here.
"""

import json
import time
from typing import Any

import oss2
import pytest
from alibabacloud_ram20150501 import models as m
from alibabacloud_sts20150401 import models as s
from odps import ODPS
from odps.errors import ODPSError

from tests.clients.openapi.clients import (
    Key,
    account,
    allow,
    assume,
    code,
    failure,
    new_user,
    policy,
    ram,
    sts,
    trust,
)  # fmt: skip
from yunbox.testing.server import Server

ASSUME = allow("sts:AssumeRole")


@pytest.fixture(scope="module")
def uid(server: Server) -> str:
    return account(server)


@pytest.fixture(scope="module")
def caller(server: Server) -> Key:
    """A user who may assume any role that trusts it."""
    return new_user(server, "caller", ASSUME)


def role(server: Server, name: str, document: str, *statements: dict[str, Any], session_s: int = 3600) -> str:
    """A role with a policy of these statements; its name."""
    client = ram(server)
    made = m.CreateRoleRequest(role_name=name, assume_role_policy_document=document, max_session_duration=session_s)
    arn = client.create_role(made).body.role.arn
    if statements:
        client.create_policy(m.CreatePolicyRequest(policy_name=f"role-{name}", policy_document=policy(*statements)))
        client.attach_policy_to_role(
            m.AttachPolicyToRoleRequest(policy_type="Custom", policy_name=f"role-{name}", role_name=name)
        )
    return arn


def asked(arn: str, session: str = "one", **more: Any) -> s.AssumeRoleRequest:
    return s.AssumeRoleRequest(role_arn=arn, role_session_name=session, **more)


def test_who_one_is(server: Server, uid: str, caller: Key) -> None:
    found = sts(server).get_caller_identity().body
    assert (found.identity_type, found.arn, found.user_id) == ("Account", f"acs:ram::{uid}:root", uid)
    found = sts(server, caller).get_caller_identity().body
    assert (found.identity_type, found.arn) == ("RAMUser", f"acs:ram::{uid}:user/caller")
    arn = role(server, "plain", trust(f"acs:ram::{uid}:root"))
    made = sts(server, caller).assume_role(asked(arn)).body
    assert made.assumed_role_user.arn == f"acs:ram::{uid}:role/plain/one"
    keys = made.credentials
    left_s = time.mktime(time.strptime(keys.expiration, "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())
    assert 3590 <= left_s <= 3600
    found = sts(server, Key(keys.access_key_id, keys.access_key_secret, keys.security_token)).get_caller_identity().body
    assert (found.identity_type, found.arn) == ("AssumedRoleUser", f"acs:ram::{uid}:assumed-role/plain/one")
    assert found.principal_id == made.assumed_role_user.assumed_role_id == f"{found.role_id}:one"


def test_the_account_itself_assumes_nothing(server: Server, uid: str) -> None:
    arn = role(server, "of-all", trust(f"acs:ram::{uid}:root"))
    error = failure(sts(server).assume_role, asked(arn))
    assert (error.code, error.data["statusCode"]) == ("NoPermission", 403)


def test_both_the_caller_s_policy_and_the_role_s_trust_are_needed(server: Server, uid: str, caller: Key) -> None:
    mine = role(server, "mine", trust(f"acs:ram::{uid}:user/caller"))
    theirs = role(server, "theirs", trust(f"acs:ram::{uid}:user/somebody"))
    service = role(server, "service-only", trust("ecs.aliyuncs.com", kind="Service"))
    client = sts(server, caller)
    assert client.assume_role(asked(mine)).body.credentials.security_token
    for arn in (theirs, service):
        error = failure(client.assume_role, asked(arn))
        assert (error.code, error.data["statusCode"]) == ("NoPermission", 403)
        assert error.data["AccessDeniedDetail"]["NoPermissionType"] == "ImplicitDeny"
    without = new_user(server, "without")
    ram(server).update_role(
        m.UpdateRoleRequest(role_name="mine", new_assume_role_policy_document=trust(f"acs:ram::{uid}:root"))
    )
    error = failure(sts(server, without).assume_role, asked(mine))
    assert (error.code, error.data["AccessDeniedDetail"]["AuthAction"]) == ("NoPermission", "sts:AssumeRole")
    assert client.assume_role(asked(mine)).body.credentials.security_token
    missing = failure(client.assume_role, asked(f"acs:ram::{uid}:role/nowhere"))
    assert (missing.code, missing.data["statusCode"]) == ("EntityNotExist.Role", 404)


def test_a_trust_s_conditions(server: Server, uid: str, caller: Key) -> None:
    wants = {"StringEquals": {"sts:ExternalId": "abc"}}
    arn = role(server, "external", trust(f"acs:ram::{uid}:root", Condition=wants))
    client = sts(server, caller)
    assert client.assume_role(asked(arn, external_id="abc")).body.credentials.security_token
    for given in ({}, {"external_id": "other"}):
        assert code(client.assume_role, asked(arn, **given)) == "NoPermission"
    far = trust(f"acs:ram::{uid}:root", Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}})
    assert code(client.assume_role, asked(role(server, "far", far))) == "NoPermission"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"duration_seconds": 899}, "InvalidParameter.DurationSeconds"),
        ({"duration_seconds": 3601}, "InvalidParameter.DurationSeconds"),
        ({"role_session_name": "x"}, "InvalidParameter.RoleSessionName"),
        ({"role_session_name": "x" * 65}, "InvalidParameter.RoleSessionName"),
        ({"role_session_name": "a b"}, "InvalidParameter.RoleSessionName"),
        ({"role_session_name": None}, "MissingRoleSessionName"),
        ({"role_arn": "role/limits"}, "InvalidParameter.RoleArn"),
        ({"policy": "{}"}, "InvalidParameter.PolicyGrammar"),
        ({"policy": policy(allow("a" * 2048))}, "InvalidParameter.PolicySize"),
    ],
)
def test_what_a_session_cannot_be(server: Server, uid: str, caller: Key, changes: dict, expected: str) -> None:
    client = ram(server)
    try:
        arn = client.get_role(m.GetRoleRequest(role_name="limits")).body.role.arn
    except Exception:
        arn = role(server, "limits", trust(f"acs:ram::{uid}:root"))
    request = asked(arn)
    for name, value in changes.items():
        setattr(request, name, value)
    assert code(sts(server, caller).assume_role, request) == expected


# -- what a session may


def bucket_of(server: Server, key: Key, name: str) -> oss2.Bucket:
    return oss2.Bucket(oss2.StsAuth(key.id, key.secret, key.token), server.endpoints["oss"], name)


@pytest.fixture(scope="module")
def bucket(server: Server) -> str:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    made = oss2.Bucket(auth, server.endpoints["oss"], "of-roles")
    made.create_bucket()
    made.put_object("k", b"x")
    return "of-roles"


def test_a_session_may_what_its_role_may_and_no_more_than_its_policy(
    server: Server, uid: str, caller: Key, bucket: str
) -> None:
    arn = role(server, "reader", trust(f"acs:ram::{uid}:root"), allow("oss:Get*", "oss:List*"))
    key = assume(server, caller, arn)
    assert bucket_of(server, key, bucket).get_object("k").read() == b"x"
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket_of(server, key, bucket).put_object("k", b"y")
    narrow = assume(server, caller, arn, policy=policy(allow("oss:*", resource=f"acs:oss:*:*:{bucket}/other")))
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket_of(server, narrow, bucket).get_object("k")


def test_policies_of_buckets_name_roles(server: Server, uid: str, caller: Key) -> None:
    """The vendor's names of them: all sessions of a role, one session, and the role itself."""
    arn = role(server, "guest-reader", trust(f"acs:ram::{uid}:root"))
    other = role(server, "other-reader", trust(f"acs:ram::{uid}:root"))
    owner = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "named")
    owner.create_bucket()
    owner.put_object("k", b"v")

    def reads(of: str, session: str) -> bool:
        key = assume(server, caller, of, session)
        auth = oss2.StsAuth(key.id, key.secret, str(key.token))
        try:
            return oss2.Bucket(auth, server.endpoints["oss"], "named").get_object("k").read() == b"v"
        except oss2.exceptions.AccessDenied:
            return False

    def readers(*names: str, effect: str = "Allow") -> dict[str, Any]:
        objects = ["acs:oss:*:*:named/*"]
        return {"Effect": effect, "Action": ["oss:GetObject"], "Principal": list(names), "Resource": objects}

    assert not reads(arn, "one")
    owner.put_bucket_policy(policy(readers(f"arn:sts::{uid}:assumed-role/guest-reader/one")))
    assert (reads(arn, "one"), reads(arn, "two"), reads(other, "one")) == (True, False, False)
    both = readers(f"acs:ram::{uid}:role/guest-reader", f"acs:ram::{uid}:role/other-reader")
    owner.put_bucket_policy(policy(both))
    assert (reads(arn, "one"), reads(arn, "two"), reads(other, "one")) == (True, True, True)
    owner.put_bucket_policy(policy(both, readers(f"arn:sts::{uid}:assumed-role/guest-reader/*", effect="Deny")))
    assert (reads(arn, "one"), reads(arn, "two"), reads(other, "one")) == (False, False, True)
    assert owner.get_object("k").read() == b"v"


def test_a_session_ends_with_its_rights_and_its_role(server: Server, uid: str, caller: Key, bucket: str) -> None:
    arn = role(server, "ending", trust(f"acs:ram::{uid}:root"), allow("oss:*"))
    key = assume(server, caller, arn)
    mine = bucket_of(server, key, bucket)
    assert mine.get_object("k").read() == b"x"
    of = {"policy_type": "Custom", "policy_name": "role-ending"}
    ram(server).detach_policy_from_role(m.DetachPolicyFromRoleRequest(**of, role_name="ending"))
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.get_object("k")
    ram(server).attach_policy_to_role(m.AttachPolicyToRoleRequest(**of, role_name="ending"))
    assert mine.get_object("k").read() == b"x"
    ram(server).create_policy_version(
        m.CreatePolicyVersionRequest(
            policy_name="role-ending", policy_document=policy(allow("oss:PutObject")), set_as_default=True
        )
    )
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.get_object("k")
    ram(server).detach_policy_from_role(m.DetachPolicyFromRoleRequest(**of, role_name="ending"))
    ram(server).delete_role(m.DeleteRoleRequest(role_name="ending"))
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        mine.get_object("k")
    assert (caught.value.status, caught.value.code) == (403, "InvalidAccessKeyId")


def test_a_role_runs_a_query(server: Server, uid: str, caller: Key) -> None:
    from odps.accounts import StsAccount

    owner = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
    owner.execute_sql("CREATE TABLE of_roles (n BIGINT)")
    owner.execute_sql("INSERT INTO of_roles VALUES (1), (2)")
    statements = (
        allow("odps:CreateInstance", "odps:Read", "odps:List", "odps:Describe", "odps:Select"),
        {"Effect": "Deny", "Action": "odps:Drop", "Resource": "acs:odps:*:*:projects/*/tables/*"},
    )
    key = assume(server, caller, role(server, "analyst", trust(f"acs:ram::{uid}:root"), *statements))
    o = ODPS(account=StsAccount(key.id, key.secret, key.token), project=server.project, endpoint=server.endpoint)
    with o.execute_sql("SELECT sum(n) FROM of_roles").open_reader() as reader:
        assert next(iter(reader))[0] == 3
    with pytest.raises(ODPSError, match="odps:Drop"):
        o.execute_sql("DROP TABLE of_roles")


# -- groups


def test_a_group_s_policies_hold_for_its_members_at_once(server: Server, bucket: str) -> None:
    client = ram(server)
    key = new_user(server, "grouped")
    mine = oss2.Bucket(oss2.Auth(key.id, key.secret), server.endpoints["oss"], bucket)
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.get_object("k")
    client.create_group(m.CreateGroupRequest(group_name="readers"))
    client.attach_policy_to_group(
        m.AttachPolicyToGroupRequest(policy_type="System", policy_name="AliyunOSSReadOnlyAccess", group_name="readers")
    )
    client.add_user_to_group(m.AddUserToGroupRequest(user_name="grouped", group_name="readers"))
    assert mine.get_object("k").read() == b"x"
    client.remove_user_from_group(m.RemoveUserFromGroupRequest(user_name="grouped", group_name="readers"))
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.get_object("k")


# -- who may manage


def test_a_denial_says_what_was_denied_and_how(server: Server) -> None:
    key = new_user(server, "denied", {"Effect": "Deny", "Action": "ram:ListUsers", "Resource": "*"})
    error = failure(ram(server, key).list_users, m.ListUsersRequest())
    assert (error.code, error.data["statusCode"]) == ("NoPermission", 403)
    assert error.data["AccessDeniedDetail"]["AuthAction"] == "ram:ListUsers"
    assert error.data["AccessDeniedDetail"]["NoPermissionType"] == "ExplicitDeny"
    error = failure(ram(server, key).list_roles, m.ListRolesRequest())
    assert error.data["AccessDeniedDetail"]["NoPermissionType"] == "ImplicitDeny"


def test_attaching_needs_the_right_on_both(server: Server, uid: str) -> None:
    on_user = allow("ram:AttachPolicyToUser", resource=f"acs:ram:*:{uid}:user/*")
    on_policy = allow("ram:AttachPolicyToUser", resource=f"acs:ram:*:{uid}:policy/small")
    ram(server).create_policy(
        m.CreatePolicyRequest(policy_name="small", policy_document=policy(allow("oss:GetObject")))
    )
    new_user(server, "target")
    small = m.AttachPolicyToUserRequest(policy_type="Custom", policy_name="small", user_name="target")
    for number, statements in enumerate(((on_user,), (on_policy,))):
        key = new_user(server, f"half{number}", *statements)
        assert code(ram(server, key).attach_policy_to_user, small) == "NoPermission"
    key = new_user(server, "whole", on_user, on_policy)
    everything = m.AttachPolicyToUserRequest(policy_type="System", policy_name="AdministratorAccess", user_name="whole")
    assert code(ram(server, key).attach_policy_to_user, everything) == "NoPermission", "a way up for who may attach one"
    ram(server, key).attach_policy_to_user(small)


def test_a_member_is_added_by_who_may_on_the_user_and_the_group(server: Server, uid: str) -> None:
    ram(server).create_group(m.CreateGroupRequest(group_name="admins"))
    key = new_user(server, "climber", allow("ram:AddUserToGroup", resource=f"acs:ram:*:{uid}:user/climber"))
    up = m.AddUserToGroupRequest(user_name="climber", group_name="admins")
    assert code(ram(server, key).add_user_to_group, up) == "NoPermission"


def test_one_s_own_keys_are_one_s_own_business_where_the_account_says_so(server: Server) -> None:
    key = new_user(server, "own")
    client = ram(server, key)
    assert code(client.create_access_key, m.CreateAccessKeyRequest()) == "NoPermission"
    ram(server).set_security_preference(m.SetSecurityPreferenceRequest(allow_user_to_manage_access_keys=True))
    made = client.create_access_key(m.CreateAccessKeyRequest()).body.access_key
    listed = client.list_access_keys(m.ListAccessKeysRequest()).body.access_keys.access_key
    assert [one.access_key_id for one in listed] == [key.id, made.access_key_id]
    other = m.DeleteAccessKeyRequest(user_access_key_id=server.access_key_id)
    assert code(client.delete_access_key, other) == "EntityNotExist.User.AccessKey"
    assert code(client.create_access_key, m.CreateAccessKeyRequest(user_name="caller")) == "NoPermission"
    ram(server).set_security_preference(m.SetSecurityPreferenceRequest(allow_user_to_manage_access_keys=False))


def test_an_expired_token_makes_clients_ask_for_new_ones(server: Server, uid: str, caller: Key) -> None:
    """Each protocol says it in the way that its clients understand; the folder's own clock cannot be moved here."""
    import sqlite3

    arn = role(server, "short", trust(f"acs:ram::{uid}:root"), allow("*"))
    key = assume(server, caller, arn)
    with sqlite3.connect(server.data / "meta.db") as db:
        db.execute("UPDATE temporary_keys SET expires = ? WHERE id = ?", (time.time() - 1, key.id))
    db.close()
    assert code(sts(server, key).get_caller_identity) == "InvalidSecurityToken.Expired"
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket_of(server, key, "of-roles").get_object("k")
    assert (caught.value.status, caught.value.code) == (403, "SecurityTokenExpired")


def test_a_document_comes_back_as_it_went(server: Server, uid: str) -> None:
    document = trust(f"acs:ram::{uid}:root")
    role(server, "kept", document)
    found = ram(server).get_role(m.GetRoleRequest(role_name="kept")).body.role
    assert json.loads(found.assume_role_policy_document) == json.loads(document)
