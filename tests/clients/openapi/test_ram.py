"""RAM as its own SDK drives it: every noun, its paging, its limits and the codes of the vendor's error page."""

import json

import pytest
from alibabacloud_ram20150501 import models as m
from alibabacloud_ram20150501.client import Client
from aliyunsdkcore.acs_exception.exceptions import ServerException

from tests.clients.openapi.clients import allow, code, common, core, failure, new_user, policy, ram, sts, trust
from tests.waiting import until
from yunbox.testing.server import Server

SERVICE = "ecs.aliyuncs.com"
READ = policy(allow("oss:Get*"))
WRITE = policy(allow("oss:Put*"))


@pytest.fixture
def client(server: Server) -> Client:
    return ram(server)


def user(client: Client, name: str, **more: str) -> m.CreateUserResponseBodyUser:
    return client.create_user(m.CreateUserRequest(user_name=name, **more)).body.user


def test_a_user_from_beginning_to_end(client: Client) -> None:
    made = user(client, "ann", display_name="Ann", email="ann@example.com", mobile_phone="86-1868888", comments="one")
    assert (made.user_name, made.display_name, made.email, made.comments) == ("ann", "Ann", "ann@example.com", "one")
    new = m.UpdateUserRequest(user_name="ann", new_user_name="ann2", new_comments="two")
    changed = client.update_user(new)
    assert (changed.body.user.user_name, changed.body.user.user_id) == ("ann2", made.user_id)
    found = client.get_user(m.GetUserRequest(user_name="ann2")).body.user
    assert (found.comments, found.display_name, found.create_date) == ("two", "Ann", made.create_date)
    assert code(client.get_user, m.GetUserRequest(user_name="ann")) == "EntityNotExist.User"
    assert code(client.create_user, m.CreateUserRequest(user_name="ann2")) == "EntityAlreadyExists.User"
    client.delete_user(m.DeleteUserRequest(user_name="ann2"))
    error = failure(client.get_user, m.GetUserRequest(user_name="ann2"))
    assert (error.code, error.data["statusCode"]) == ("EntityNotExist.User", 404)


def test_users_come_in_pages(client: Client) -> None:
    names = [f"page{number:02d}" for number in range(7)]
    for name in names:
        user(client, name)
    found, marker = [], ""
    while True:
        body = client.list_users(m.ListUsersRequest(max_items=3, marker=marker)).body
        found += [one.user_name for one in body.users.user]
        if not body.is_truncated:
            break
        marker = body.marker
    assert [name for name in found if name.startswith("page")] == names
    assert code(client.list_users, m.ListUsersRequest(marker="!")) == "InvalidParameter.Marker"
    assert code(client.list_users, m.ListUsersRequest(max_items=1001)) == "InvalidParameter.MaxItems"
    for name in names:
        client.delete_user(m.DeleteUserRequest(user_name=name))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (m.CreateUserRequest(), "MissingUserName"),
        (m.CreateUserRequest(user_name="a b"), "InvalidParameter.UserName.InvalidChars"),
        (m.CreateUserRequest(user_name="a" * 65), "InvalidParameter.UserName.Length"),
        (m.CreateUserRequest(user_name="x", comments="c" * 129), "InvalidParameter.Comments.Length"),
        (m.CreateUserRequest(user_name="x", email="nowhere"), "InvalidParameter.Email.Format"),
    ],
)
def test_what_is_wrong_with_a_user_is_named(client: Client, request_: m.CreateUserRequest, expected: str) -> None:
    assert code(client.create_user, request_) == expected


def test_keys_are_shown_once_and_two_at_most(client: Client) -> None:
    user(client, "keys")
    made = [client.create_access_key(m.CreateAccessKeyRequest(user_name="keys")).body.access_key for _ in range(2)]
    assert all(len(key.access_key_secret) == 30 for key in made)
    assert code(client.create_access_key, m.CreateAccessKeyRequest(user_name="keys")) == "LimitExceeded.User.AccessKey"
    listed = client.list_access_keys(m.ListAccessKeysRequest(user_name="keys")).body.access_keys.access_key
    assert [(key.access_key_id, key.status) for key in listed] == [(key.access_key_id, "Active") for key in made]
    first = made[0].access_key_id
    client.update_access_key(m.UpdateAccessKeyRequest(user_name="keys", user_access_key_id=first, status="Inactive"))
    listed = client.list_access_keys(m.ListAccessKeysRequest(user_name="keys")).body.access_keys.access_key
    assert listed[0].status == "Inactive"
    wrong = m.UpdateAccessKeyRequest(user_name="keys", user_access_key_id=first, status="Asleep")
    assert code(client.update_access_key, wrong) == "InvalidParameter.Status"
    user(client, "others")
    other = m.DeleteAccessKeyRequest(user_name="others", user_access_key_id=first)
    assert code(client.delete_access_key, other) == "EntityNotExist.User.AccessKey"
    assert code(client.delete_user, m.DeleteUserRequest(user_name="keys")) == "DeleteConflict.User.AccessKey"
    for key in made:
        client.delete_access_key(m.DeleteAccessKeyRequest(user_name="keys", user_access_key_id=key.access_key_id))
    for name in ("keys", "others"):
        client.delete_user(m.DeleteUserRequest(user_name=name))


def test_when_a_key_was_used_last(server: Server, client: Client) -> None:
    key = new_user(server, "often")
    which = m.GetAccessKeyLastUsedRequest(user_name="often", user_access_key_id=key.id)
    assert not client.get_access_key_last_used(which).body.access_key_last_used.last_used_date
    sts(server, key).get_caller_identity()
    until(lambda: bool(client.get_access_key_last_used(which).body.access_key_last_used.last_used_date))


def test_groups_have_members(client: Client) -> None:
    user(client, "member")
    made = client.create_group(m.CreateGroupRequest(group_name="team", comments="first")).body.group
    assert (made.group_name, made.comments) == ("team", "first")
    both = {"user_name": "member", "group_name": "team"}
    client.add_user_to_group(m.AddUserToGroupRequest(**both))
    assert code(client.add_user_to_group, m.AddUserToGroupRequest(**both)) == "EntityAlreadyExists.User.Group"
    of = client.list_groups_for_user(m.ListGroupsForUserRequest(user_name="member")).body.groups.group
    assert [group.group_name for group in of] == ["team"]
    members = client.list_users_for_group(m.ListUsersForGroupRequest(group_name="team")).body.users.user
    assert [one.user_name for one in members] == ["member"]
    assert code(client.delete_group, m.DeleteGroupRequest(group_name="team")) == "DeleteConflict.Group.User"
    assert code(client.delete_user, m.DeleteUserRequest(user_name="member")) == "DeleteConflict.User.Group"
    client.update_group(m.UpdateGroupRequest(group_name="team", new_group_name="crew", new_comments="second"))
    assert client.get_group(m.GetGroupRequest(group_name="crew")).body.group.comments == "second"
    client.remove_user_from_group(m.RemoveUserFromGroupRequest(user_name="member", group_name="crew"))
    gone = m.RemoveUserFromGroupRequest(user_name="member", group_name="crew")
    assert code(client.remove_user_from_group, gone) == "EntityNotExist.User.Group"
    client.delete_group(m.DeleteGroupRequest(group_name="crew"))
    assert code(client.get_group, m.GetGroupRequest(group_name="crew")) == "EntityNotExist.Group"
    client.delete_user(m.DeleteUserRequest(user_name="member"))


def test_a_policy_has_five_versions(client: Client) -> None:
    client.create_policy(m.CreatePolicyRequest(policy_name="five", policy_document=READ, description="reads"))
    more = [
        client.create_policy_version(
            m.CreatePolicyVersionRequest(policy_name="five", policy_document=WRITE, set_as_default=number == 3)
        ).body.policy_version
        for number in range(4)
    ]
    assert [(one.version_id, one.is_default_version) for one in more][2:] == [("v4", False), ("v5", True)]
    sixth = {"policy_name": "five", "policy_document": READ}
    assert code(client.create_policy_version, m.CreatePolicyVersionRequest(**sixth)) == "LimitExceeded.Policy.Version"
    rotating = {"rotate_strategy": "DeleteOldestNonDefaultVersionWhenLimitExceeded"}
    made = client.create_policy_version(m.CreatePolicyVersionRequest(**sixth, **rotating)).body.policy_version
    assert made.version_id == "v6"
    which = {"policy_type": "Custom", "policy_name": "five"}
    listed = client.list_policy_versions(m.ListPolicyVersionsRequest(**which)).body.policy_versions.policy_version
    assert [one.version_id for one in listed] == ["v6", "v5", "v4", "v3", "v2"]
    client.set_default_policy_version(m.SetDefaultPolicyVersionRequest(policy_name="five", version_id="v6"))
    found = client.get_policy(m.GetPolicyRequest(**which)).body
    assert (found.policy.default_version, found.default_policy_version.policy_document) == ("v6", READ)
    assert json.loads(found.policy.policy_document) == json.loads(READ)
    default = m.DeletePolicyVersionRequest(policy_name="five", version_id="v6")
    assert code(client.delete_policy_version, default) == "DeleteConflict.Policy.Version.Default"
    assert code(client.delete_policy, m.DeletePolicyRequest(policy_name="five")) == "DeleteConflict.Policy.Version"
    for version in ("v5", "v4", "v3", "v2"):
        client.delete_policy_version(m.DeletePolicyVersionRequest(policy_name="five", version_id=version))
    missing = m.GetPolicyVersionRequest(**which, version_id="v2")
    assert code(client.get_policy_version, missing) == "EntityNotExist.Policy.Version"
    client.delete_policy(m.DeletePolicyRequest(policy_name="five"))


@pytest.mark.parametrize(
    "document",
    [
        "no json",
        '{"Version": "2", "Statement": []}',
        '{"Version": "1", "Statement": []}',
        policy({"Effect": "Allow", "Action": "oss:*"}),
        policy(allow("oss:*", Condition={"StringMaybe": {"acs:SourceIp": "1"}})),
        policy(allow("oss:*", Condition={"StringEqualsIfExists": {"acs:SourceIp": "1"}})),
        policy(allow("oss:*", resource="acs:oss:*:*:b/${acs:username}/*")),
        policy(allow("oss:*", Owner="me")),
    ],
)
def test_a_document_that_is_no_policy(client: Client, document: str) -> None:
    error = failure(client.create_policy, m.CreatePolicyRequest(policy_name="bad", policy_document=document))
    assert (error.code, error.data["statusCode"]) == ("MalformedPolicyDocument", 400)


def test_a_policy_is_attached_to_users_groups_and_roles(client: Client) -> None:
    user(client, "holder")
    client.create_group(m.CreateGroupRequest(group_name="holders"))
    client.create_role(
        m.CreateRoleRequest(role_name="holding", assume_role_policy_document=trust(SERVICE, kind="Service"))
    )
    client.create_policy(m.CreatePolicyRequest(policy_name="held", policy_document=READ))
    of = {"policy_type": "Custom", "policy_name": "held"}
    system = {"policy_type": "System", "policy_name": "AliyunOSSReadOnlyAccess"}
    client.attach_policy_to_user(m.AttachPolicyToUserRequest(**of, user_name="holder"))
    client.attach_policy_to_user(m.AttachPolicyToUserRequest(**system, user_name="holder"))
    client.attach_policy_to_group(m.AttachPolicyToGroupRequest(**of, group_name="holders"))
    client.attach_policy_to_role(m.AttachPolicyToRoleRequest(**of, role_name="holding"))
    again = m.AttachPolicyToUserRequest(**of, user_name="holder")
    assert code(client.attach_policy_to_user, again) == "EntityAlreadyExists.User.Policy"
    found = client.list_policies_for_user(m.ListPoliciesForUserRequest(user_name="holder")).body.policies.policy
    assert [(one.policy_name, one.policy_type) for one in found] == [
        ("AliyunOSSReadOnlyAccess", "System"), ("held", "Custom"),
    ]  # fmt: skip
    entities = client.list_entities_for_policy(m.ListEntitiesForPolicyRequest(**of)).body
    assert [one.user_name for one in entities.users.user] == ["holder"]
    assert [one.group_name for one in entities.groups.group] == ["holders"]
    assert [one.role_name for one in entities.roles.role] == ["holding"]
    for kind, call in (("User", client.detach_policy_from_user), ("Group", client.detach_policy_from_group)):
        assert code(client.delete_policy, m.DeletePolicyRequest(policy_name="held")) == f"DeleteConflict.Policy.{kind}"
        holder = {"User": {"user_name": "holder"}, "Group": {"group_name": "holders"}}[kind]
        call(getattr(m, f"DetachPolicyFrom{kind}Request")(**of, **holder))
    assert code(client.delete_role, m.DeleteRoleRequest(role_name="holding")) == "DeleteConflict.Role.Policy"
    client.delete_policy(m.DeletePolicyRequest(policy_name="held", cascading_delete=True))
    client.delete_role(m.DeleteRoleRequest(role_name="holding"))
    client.delete_group(m.DeleteGroupRequest(group_name="holders"))
    assert code(client.delete_user, m.DeleteUserRequest(user_name="holder")) == "DeleteConflict.User.Policy"
    client.detach_policy_from_user(m.DetachPolicyFromUserRequest(**system, user_name="holder"))
    client.delete_user(m.DeleteUserRequest(user_name="holder"))


def test_system_policies_are_there_to_read(client: Client) -> None:
    names = set()
    marker = ""
    while True:
        body = client.list_policies(m.ListPoliciesRequest(policy_type="System", max_items=5, marker=marker)).body
        names |= {one.policy_name for one in body.policies.policy}
        if not body.is_truncated:
            break
        marker = body.marker
    assert {
        "AdministratorAccess", "AliyunOSSFullAccess", "AliyunOSSReadOnlyAccess", "AliyunRAMReadOnlyAccess",
        "AliyunSTSAssumeRoleAccess", "AliyunVPCFullAccess",
    } <= names  # fmt: skip
    found = client.get_policy(m.GetPolicyRequest(policy_type="System", policy_name="AdministratorAccess")).body
    statement = json.loads(found.default_policy_version.policy_document)["Statement"][0]
    assert statement == {"Effect": "Allow", "Action": "*", "Resource": "*"}
    mine = m.CreatePolicyRequest(policy_name="AdministratorAccess", policy_document=READ)
    assert code(client.create_policy, mine) == "EntityAlreadyExists.Policy"
    assert (
        code(client.delete_policy, m.DeletePolicyRequest(policy_name="AdministratorAccess")) == "EntityNotExist.Policy"
    )


def test_roles_trust_somebody(client: Client) -> None:
    document = trust(SERVICE, kind="Service")
    made = client.create_role(
        m.CreateRoleRequest(role_name="worker", assume_role_policy_document=document, max_session_duration=7200)
    ).body.role
    assert made.arn.endswith(":role/worker")
    found = client.get_role(m.GetRoleRequest(role_name="worker")).body.role
    assert (json.loads(found.assume_role_policy_document), found.max_session_duration) == (json.loads(document), 7200)
    assert code(client.create_role, m.CreateRoleRequest(role_name="worker", assume_role_policy_document=document)) == (
        "EntityAlreadyExists.Role"
    )
    for wrong in ("{}", policy(allow("sts:AssumeRole")), trust("me"), trust("ecs", kind="Service")):
        refused = m.CreateRoleRequest(role_name="odd", assume_role_policy_document=wrong)
        assert code(client.create_role, refused) == "MalformedPolicyDocument"
    short = m.UpdateRoleRequest(role_name="worker", new_max_session_duration=60)
    assert code(client.update_role, short) == "InvalidParameter.NewMaxSessionDuration"
    client.update_role(m.UpdateRoleRequest(role_name="worker", new_description="works"))
    listed = client.list_roles(m.ListRolesRequest()).body.roles.role
    assert [(role.role_name, role.description) for role in listed if role.role_name == "worker"] == [
        ("worker", "works")
    ]
    client.delete_role(m.DeleteRoleRequest(role_name="worker"))
    assert code(client.get_role, m.GetRoleRequest(role_name="worker")) == "EntityNotExist.Role"


def test_what_holds_for_the_account(client: Client) -> None:
    client.set_account_alias(m.SetAccountAliasRequest(account_alias="our-house"))
    assert client.get_account_alias().body.account_alias == "our-house"
    client.clear_account_alias()
    assert not client.get_account_alias().body.account_alias
    assert code(client.set_account_alias, m.SetAccountAliasRequest(account_alias="Ours")) == (
        "InvalidParameter.AccountAlias.InvalidChars"
    )
    made = client.set_password_policy(m.SetPasswordPolicyRequest(minimum_password_length=12, require_symbols=False))
    assert made.body.password_policy.minimum_password_length == 12
    found = client.get_password_policy().body.password_policy
    assert (found.minimum_password_length, found.require_symbols, found.require_numbers) == (12, False, True)
    client.set_security_preference(m.SetSecurityPreferenceRequest(allow_user_to_manage_access_keys=True))
    preference = client.get_security_preference().body.security_preference
    assert preference.access_key_preference.allow_user_to_manage_access_keys is True
    client.set_security_preference(m.SetSecurityPreferenceRequest(allow_user_to_manage_access_keys=False))


def test_passwords_are_as_the_account_wants_them(client: Client) -> None:
    user(client, "typist")
    client.set_password_policy(m.SetPasswordPolicyRequest(minimum_password_length=12, require_symbols=True))

    def refused(password: str) -> str:
        return code(client.create_login_profile, m.CreateLoginProfileRequest(user_name="typist", password=password))

    assert refused("Short1!") == "InvalidParameter.Password.Length"
    assert refused("no-Numbers-at-all") == "InvalidParameter.Password.Numbers"
    assert refused("mytypist-Secret1") == "InvalidParameter.Password.UserName"
    good = m.CreateLoginProfileRequest(user_name="typist", password="Correct-Horse-9", password_reset_required=True)
    assert client.create_login_profile(good).body.login_profile.password_reset_required is True
    assert code(client.create_login_profile, good) == "EntityAlreadyExists.User.LoginProfile"
    client.update_login_profile(m.UpdateLoginProfileRequest(user_name="typist", password_reset_required=False))
    found = client.get_login_profile(m.GetLoginProfileRequest(user_name="typist")).body.login_profile
    assert found.password_reset_required is False
    assert code(client.delete_user, m.DeleteUserRequest(user_name="typist")) == "DeleteConflict.User.LoginProfile"
    client.delete_login_profile(m.DeleteLoginProfileRequest(user_name="typist"))
    client.delete_user(m.DeleteUserRequest(user_name="typist"))


def test_tags(client: Client) -> None:
    document = trust(SERVICE, kind="Service")
    for name in ("tagged", "bare"):
        client.create_role(m.CreateRoleRequest(role_name=name, assume_role_policy_document=document))
    tag = [m.TagResourcesRequestTag(key="team", value="red"), m.TagResourcesRequestTag(key="env", value="test")]
    client.tag_resources(m.TagResourcesRequest(resource_type="role", resource_names=["tagged"], tag=tag))
    found = client.list_tag_resources(m.ListTagResourcesRequest(resource_type="role", resource_names=["tagged"])).body
    assert [(one.resource_name, one.tag_key, one.tag_value) for one in found.tag_resources] == [
        ("tagged", "env", "test"), ("tagged", "team", "red"),
    ]  # fmt: skip
    wanted = m.ListRolesRequest(tag=[m.ListRolesRequestTag(key="team", value="red")])
    roles = client.list_roles(wanted).body.roles.role
    assert [role.role_name for role in roles] == ["tagged"]
    assert {one.tag_key: one.tag_value for one in roles[0].tags.tag} == {"team": "red", "env": "test"}
    client.untag_resources(m.UntagResourcesRequest(resource_type="role", resource_names=["tagged"], tag_keys=["team"]))
    assert not client.list_roles(wanted).body.roles.role
    for name in ("tagged", "bare"):
        client.delete_role(m.DeleteRoleRequest(role_name=name))


def test_what_is_not_offered_names_itself(server: Server) -> None:
    with pytest.raises(ServerException) as caught:
        core(server).do_action_with_exception(common(server, "UploadPublicKey", "2015-05-01"))
    assert (caught.value.error_code, caught.value.http_status) == ("InvalidAction.NotFound", 404)
    assert "UploadPublicKey" in caught.value.message
