"""Service-linked roles, as RAM's SDK and, for ResourceManager, the core SDK drive them.

Sources: the vendor's pages "CreateServiceLinkedRole", "DeleteServiceLinkedRole",
"GetServiceLinkedRoleTemplate", "GetServiceLinkedRoleDeletionStatus" and "AliyunServiceRolePolicyForHologresUserMgmt".
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_ram20150501 import models as m
from alibabacloud_ram20150501.client import Client
from alibabacloud_sts20150401 import models as sts_models
from aliyunsdkcore.acs_exception.exceptions import ServerException

from tests.clients.openapi.clients import account, allow, code, common, core, failure, new_user, ram, sts, trust
from yunbox.testing.server import Server

USERS, ROLE = "usermgmt.hologres.aliyuncs.com", "AliyunServiceRoleForHologresUserMgmt"
POLICY = "AliyunServiceRolePolicyForHologresUserMgmt"
DELETE = m.DeleteServiceLinkedRoleRequest(role_name=ROLE)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = ram(server)
    yield made
    if code_of(made.get_role, m.GetRoleRequest(role_name=ROLE)) == "":
        made.delete_service_linked_role(DELETE)


def code_of(call: Any, *args: Any) -> str:
    """The code of a refusal; nothing where there was none."""
    try:
        return code(call, *args)
    except AssertionError:
        return ""


def new(service: str = USERS, **more: str) -> m.CreateServiceLinkedRoleRequest:
    return m.CreateServiceLinkedRoleRequest(service_name=service, **more)


def resource_manager(server: Server, action: str, **query: str) -> dict[str, Any]:
    return json.loads(core(server).do_action_with_exception(common(server, action, "2020-03-31", **query)))


def test_one_from_beginning_to_end(server: Server, client: Client) -> None:
    made = client.create_service_linked_role(new()).body.role
    assert (made.role_name, made.is_service_linked_role) == (ROLE, "true")
    assert made.arn == f"acs:ram::{account(server)}:role/{ROLE}"
    [statement] = json.loads(made.assume_role_policy_document)["Statement"]
    assert statement["Principal"] == {"Service": [USERS]}
    assert made.description.startswith("Service Linked Role for Hologres.")
    found = client.get_role(m.GetRoleRequest(role_name=ROLE)).body.role
    assert (found.role_id, found.is_service_linked_role) == (made.role_id, "true")
    [attached] = client.list_policies_for_role(m.ListPoliciesForRoleRequest(role_name=ROLE)).body.policies.policy
    assert (attached.policy_name, attached.policy_type) == (POLICY, "System")
    document = client.get_policy(m.GetPolicyRequest(policy_name=POLICY, policy_type="System")).body
    first, leave = json.loads(document.default_policy_version.policy_document)["Statement"]
    assert first["Action"] == ["ram:GetRole", "ram:ListRoles"]
    assert leave["Condition"] == {"StringEquals": {"ram:ServiceName": USERS}}
    assert code(client.create_service_linked_role, new()) == "EntityAlreadyExists.Role"
    task = client.delete_service_linked_role(DELETE).body.deletion_task_id
    assert task.startswith(f"task/acs-service-role/{USERS}/{ROLE}/")
    told = resource_manager(server, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)
    assert told["Status"] == "SUCCEEDED"
    assert code(client.get_role, m.GetRoleRequest(role_name=ROLE)) == "EntityNotExist.Role"
    assert code(client.delete_service_linked_role, DELETE) == "EntityNotExist.Role"


def test_a_template_says_what_a_role_will_be(client: Client) -> None:
    """As the vendor's page "GetServiceLinkedRoleTemplate" has it."""
    told = client.get_service_linked_role_template(m.GetServiceLinkedRoleTemplateRequest(service_name=USERS))
    found = told.body.service_linked_role_template
    assert (found.service_name, found.role_name_prefix, found.system_policy_name) == (USERS, ROLE, POLICY)
    assert found.multiple_roles_allowed is False
    [described] = found.role_descriptions.role_description
    made = client.create_service_linked_role(new()).body.role
    assert (described.language, described.description) == ("en", made.description)
    nothing = m.GetServiceLinkedRoleTemplateRequest(service_name="nothing.aliyuncs.com")
    assert code(client.get_service_linked_role_template, nothing) == "EntityNotExist.ServiceName"
    missing = code(client.get_service_linked_role_template, m.GetServiceLinkedRoleTemplateRequest())
    assert missing.startswith("Missing")


def test_resource_management_offers_the_same(server: Server, client: Client) -> None:
    made = resource_manager(server, "CreateServiceLinkedRole", ServiceName=USERS)["Role"]
    assert (made["RoleName"], made["IsServiceLinkedRole"]) == (ROLE, "true")
    assert resource_manager(server, "GetRole", RoleName=ROLE)["Role"]["RoleId"] == made["RoleId"]
    assert client.get_role(m.GetRoleRequest(role_name=ROLE)).body.role.role_id == made["RoleId"]
    task = resource_manager(server, "DeleteServiceLinkedRole", RoleName=ROLE)["DeletionTaskId"]
    assert resource_manager(server, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with pytest.raises(ServerException, match=r"EntityNotExist\.DeletionTask"):
        resource_manager(server, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId="task/nothing")


def test_nobody_changes_one(client: Client) -> None:
    client.create_service_linked_role(new())
    for refused in (
        code(client.update_role, m.UpdateRoleRequest(role_name=ROLE, new_description="mine")),
        code(client.delete_role, m.DeleteRoleRequest(role_name=ROLE)),
        code(client.attach_policy_to_role,
             m.AttachPolicyToRoleRequest(role_name=ROLE, policy_name="AdministratorAccess", policy_type="System")),
        code(client.detach_policy_from_role,
             m.DetachPolicyFromRoleRequest(role_name=ROLE, policy_name=POLICY, policy_type="System")),
    ):  # fmt: skip
        assert refused == "NotSupport.ServiceLinkedRole"


def test_nobody_but_the_service_assumes_one(server: Server, client: Client) -> None:
    made = client.create_service_linked_role(new()).body.role
    person = new_user(server, "assumes-linked", allow("sts:AssumeRole"))
    asked = sts_models.AssumeRoleRequest(role_arn=made.arn, role_session_name="somebody")
    assert code(sts(server, person).assume_role, asked) == "NoPermission"


def test_what_is_no_linked_role_is_refused(server: Server, client: Client) -> None:
    plain = m.CreateRoleRequest(
        role_name="plain-one", assume_role_policy_document=trust(f"acs:ram::{account(server)}:root")
    )
    client.create_role(plain)
    refused = code(client.delete_service_linked_role, m.DeleteServiceLinkedRoleRequest(role_name="plain-one"))
    assert refused == "EntityNotExist.ServiceLinkedRole"
    client.delete_role(m.DeleteRoleRequest(role_name="plain-one"))
    error = failure(client.create_service_linked_role, new("nothing.aliyuncs.com"))
    assert (error.code, error.data["statusCode"]) == ("EntityNotExist.ServiceName", 404)
    assert code(client.create_service_linked_role, new(custom_suffix="Mine")) == "InvalidParameter.CustomSuffix"
    assert code(client.create_service_linked_role, new(description="Mine")) == "InvalidParameter.Description"


def test_a_right_may_be_for_one_service(server: Server, client: Client) -> None:
    """As the vendor's policies of products have it."""
    only = {"Condition": {"StringEquals": {"ram:ServiceName": USERS}}}
    actions = ("ram:CreateServiceLinkedRole", "ram:DeleteServiceLinkedRole")
    person = ram(server, new_user(server, "links-hologres", {**allow(*actions), **only}))
    assert code(person.create_service_linked_role, new("bssopenapi.aliyuncs.com")) == "NoPermission"
    person.create_service_linked_role(new())
    client.create_service_linked_role(new("bssopenapi.aliyuncs.com"))
    other = m.DeleteServiceLinkedRoleRequest(role_name="AliyunServiceRoleForBssOpenApi")
    assert code(person.delete_service_linked_role, other) == "NoPermission"
    client.delete_service_linked_role(other)
    person.delete_service_linked_role(DELETE)


def test_one_is_there_after_a_kill(yunbox: Server) -> None:
    ram(yunbox).create_service_linked_role(new())
    yunbox.kill()
    yunbox.start()
    client = ram(yunbox)
    assert client.get_role(m.GetRoleRequest(role_name=ROLE)).body.role.is_service_linked_role == "true"
    task = client.delete_service_linked_role(DELETE).body.deletion_task_id
    yunbox.kill()
    yunbox.start()
    assert code(ram(yunbox).get_role, m.GetRoleRequest(role_name=ROLE)) == "EntityNotExist.Role"
    assert resource_manager(yunbox, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"] == "SUCCEEDED"
