"""A project's users and roles by OpenAPI: the ones that SQL's GRANT and PyODPS know, and no others.

Source: the vendor's API pages "CreateRole" to "UpdateUsersToRole", "ListProjectUsers" and "ListUsers" (MaxCompute
2022-01-04), and what Terraform's ``alicloud_max_compute_role`` and ``_role_user_attachment`` ask. Roles are of the type
``resource``; those of the type ``admin`` are the two that every project has.
"""

import json
from collections.abc import Mapping
from typing import Any

from yunbox.identity.policy import parse_policy
from yunbox.kernel.call import Call
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unsupported
from yunbox.services.maxcompute.management.base import (
    EXISTS,
    IN_USE,
    INVALID,
    MISSING,
    ONE,
    UNSUPPORTED,
    Body,
    Named,
    found,
    known,
    named,
    operation,
    text,
    texts,
)
from yunbox.services.maxcompute.security.grants import ACTIONS, ADMIN_ROLES, OBJECT_TYPES, ROLE, Grant, Grants, Member
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.wire.openapi.api import Asked, json_body, resource

_ACTIONS = {kind: {action.lower(): action for action in actions} for kind, actions in ACTIONS.items()}
_USERS_MAX = 100


async def _create(service: MaxCompute, call: Call[Named]) -> Body:
    project, body = found(service, call.params.project).name, call.params.body
    known(body, "name", "type", "policy", "acl")
    name, kind, policy = text(body, "name"), text(body, "type"), _policy(body)
    if kind not in ("", "resource", "admin"):
        raise InvalidArgument("type is resource or admin.", code=INVALID)
    if kind == "admin":
        raise Unsupported("Roles are of the type resource, but for the two of every project.", code=UNSUPPORTED)
    grants = _acl(project, name.lower(), body.get("acl") or {})
    if policy:
        parse_policy(policy)
    try:
        await service.security.grants.create_role(project, name)
    except AlreadyExists as error:
        raise AlreadyExists(error.message, code=EXISTS) from None
    if policy:
        await service.security.grants.put_role_policy(project, name.lower(), policy)
    await service.security.grants.grant(project, grants)
    return {"data": "success"}


async def _update(service: MaxCompute, call: Call[Named]) -> Body:
    project, role = _role(service, call.params)
    body = known(call.params.body, "policy", "acl")
    grants = service.security.grants
    if role in ADMIN_ROLES:
        raise Unsupported(f"The role {role} is of every project and is not changed.", code=UNSUPPORTED)
    wanted = _acl(project, role, body["acl"]) if body.get("acl") is not None else None
    if body.get("policy") is not None:
        await grants.put_role_policy(project, role, _policy(body))
    if wanted is not None:
        await grants.revoke(project, [one for one in grants.of(project, ROLE, role) if one not in wanted])
        await grants.grant(project, wanted)
    return {"data": "success"}


async def _delete(service: MaxCompute, call: Call[Named]) -> Body:
    project, role = _role(service, call.params)
    if role in ADMIN_ROLES or service.security.grants.members(project, role):
        why = "of every project" if role in ADMIN_ROLES else "still some users'"
        raise Conflict(f"The role {role} is {why} and cannot be deleted.", code=IN_USE)
    await service.security.grants.drop_role(project, role)
    return {"data": "success"}


async def _list(service: MaxCompute, call: Call[Named]) -> Body:
    project = found(service, call.params.project).name
    return {"data": {"roles": [_shown(service, project, role) for role in service.security.grants.roles(project)]}}


def _shown(service: MaxCompute, project: str, role: str) -> Body:
    grants = service.security.grants
    kind = "admin" if role in ADMIN_ROLES else "resource"
    acl = _by_kind(grants.of(project, ROLE, role), project)
    return {"name": role, "type": kind, "policy": grants.role_policy(project, role), "acl": acl}


async def _get_acl(service: MaxCompute, call: Call[Named]) -> Body:
    project, role = _role(service, call.params)
    return {"data": _by_kind(service.security.grants.of(project, ROLE, role), project), "httpCode": 200}


async def _get_acl_on_object(service: MaxCompute, call: Call[Named]) -> Body:
    project, role = _role(service, call.params)
    kind, name = text(call.params.body, "objectType").lower(), text(call.params.body, "objectName").lower()
    if kind not in OBJECT_TYPES or not name:
        raise InvalidArgument(f"objectType is one of {', '.join(OBJECT_TYPES)}, and objectName its name.", code=INVALID)
    on = [one.action for one in service.security.grants.of(project, ROLE, role)
          if one.object_type == kind and name in (one.object.lower(), f"{project}.{one.object}".lower())]  # fmt: skip
    return {"data": {"actions": on}}


async def _get_policy(service: MaxCompute, call: Call[Named]) -> Body:
    project, role = _role(service, call.params)
    return {"data": service.security.grants.role_policy(project, role)}


async def _users_of(service: MaxCompute, call: Call[Named]) -> Body:
    project, role = _role(service, call.params)
    return _users(service.security.grants.members(project, role))


async def _update_users(service: MaxCompute, call: Call[Named]) -> Body:
    """Give a role to users, who become the project's if they are not yet, and take it from others."""
    project, role = _role(service, call.params)
    body = known(call.params.body, "add", "remove")
    added = [_member(service, project, name) for name in texts(body, "add")]
    removed = [_member(service, project, name) for name in texts(body, "remove")]
    if not 1 <= len(added) + len(removed) <= _USERS_MAX:
        raise InvalidArgument(f"add and remove name 1 to {_USERS_MAX} users.", code=INVALID)
    grants = service.security.grants
    for member in added:
        await _joined(grants, project, member)
        await grants.grant_role(project, role, member)
    for member in removed:
        if member in grants.members(project, role):
            await grants.revoke_role(project, role, member)
    return {"data": "success"}


async def _joined(grants: Grants, project: str, member: Member) -> None:
    if member not in grants.users(project):
        await grants.add_user(project, member)


async def _project_users(service: MaxCompute, call: Call[Named]) -> Body:
    return _users(service.security.grants.users(found(service, call.params.project).name))


def _users(members: list[Member]) -> Body:
    return {"data": {"users": [{"name": member.name} for member in members]}}


async def _trusted(service: MaxCompute, call: Call[Named]) -> Body:
    """There are none: no project trusts another here."""
    found(service, call.params.project)
    return {"data": []}


async def _packages(service: MaxCompute, call: Call[Named]) -> Body:
    """There are none: packages are not offered."""
    found(service, call.params.project)
    return {"data": {"createdPackages": [], "installedPackages": []}}


# -- requests


def _role(service: MaxCompute, params: Named) -> tuple[str, str]:
    """The project and the role of the path. Raises NotFound."""
    project, role = found(service, params.project).name, params.name.lower()
    if role not in service.security.grants.roles(project):
        raise NotFound(f"The role {role[:128]} does not exist in {project}.", code=MISSING)
    return project, role


def _member(service: MaxCompute, project: str, name: str) -> Member:
    try:
        return service.security.language.member(project, name)
    except NotFound as error:
        raise NotFound(error.message, code=MISSING) from None


def _policy(body: Body) -> str:
    """A policy as a text; some clients send the object itself."""
    policy = body.get("policy")
    return json.dumps(policy) if isinstance(policy, dict) else str(policy) if isinstance(policy, str) else ""


def _acl(project: str, role: str, given: Any) -> list[Grant]:
    """The grants of an ACL by kinds of objects. Raises InvalidArgument naming what is none."""
    grants: list[Grant] = []
    for kind, objects in given.items() if isinstance(given, dict) else [("", given)]:
        if kind == "package" and not objects:
            continue
        if kind not in OBJECT_TYPES or not isinstance(objects, list):
            raise InvalidArgument(f"acl has lists of objects by kind: {', '.join(OBJECT_TYPES)}.", code=INVALID)
        for one in objects:
            grants += _granted(project, role, kind, one)
    return grants


def _granted(project: str, role: str, kind: str, one: Any) -> list[Grant]:
    name = text(one, "name").lower() if isinstance(one, Mapping) else ""
    if not name or (kind == "project" and name != project):
        raise InvalidArgument(f"acl.{kind} has objects of this project by name.", code=INVALID)
    schema = text(one, "schemaName").lower()
    name = f"{schema}.{name}" if schema not in ("", "default") else name
    actions = []
    for action in texts(one, "actions"):
        if action.lower() not in (*_ACTIONS[kind], "all"):
            raise InvalidArgument(f"{action[:64]} cannot be granted on a {kind}.", code=INVALID)
        actions += ACTIONS[kind] if action.lower() == "all" else [_ACTIONS[kind][action.lower()]]
    return [Grant(ROLE, role, kind, name, action) for action in dict.fromkeys(actions)]


def _by_kind(grants: list[Grant], project: str) -> Body:
    shown: dict[str, dict[str, Body]] = {kind: {} for kind in (*OBJECT_TYPES, "package")}
    for grant in grants:
        schema, _, plain = grant.object.rpartition(".")
        new = {"name": plain or project, "schemaName": schema or "default", "actions": []}
        shown[grant.object_type].setdefault(grant.object, new)["actions"].append(grant.action)
    return {kind: list(objects.values()) for kind, objects in shown.items()}


def _of_role(asked: Asked, values: Any) -> Named:
    return named(asked, {**values, "name": values["role"]})


def _on_object(asked: Asked, values: Any) -> Named:
    return Named(values["project"].lower(), dict(asked.parameters), values["role"])


def _plain(asked: Asked, values: Any) -> Named:
    json_body(asked, INVALID)  # which is empty, or none
    return Named(values["project"].lower(), {})


_ROLES, _ONE_ROLE = f"{ONE}/roles", f"{ONE}/roles/{{role}}"
ROUTES = (
    resource("POST", _ROLES, operation("CreateRole", Named, _create), named),
    resource("GET", _ROLES, operation("ListRoles", Named, _list, reads=True), _plain),
    resource("PUT", _ONE_ROLE, operation("UpdateRole", Named, _update), _of_role),
    resource("DELETE", _ONE_ROLE, operation("DeleteRole", Named, _delete), _of_role),
    resource("GET", f"{_ONE_ROLE}/roleAcl", operation("GetRoleAcl", Named, _get_acl, reads=True), _of_role),
    resource("GET", f"{_ONE_ROLE}/acl", operation("GetRoleAclOnObject", Named, _get_acl_on_object, reads=True),
             _on_object),
    resource("GET", f"{_ONE_ROLE}/policy", operation("GetRolePolicy", Named, _get_policy, reads=True), _of_role),
    resource("GET", f"{_ONE_ROLE}/users", operation("ListUsersByRole", Named, _users_of, reads=True), _of_role),
    resource("PUT", f"{_ONE_ROLE}/users", operation("UpdateUsersToRole", Named, _update_users), _of_role),
    resource("GET", f"{ONE}/users", operation("ListProjectUsers", Named, _project_users, reads=True), _plain),
    resource("GET", f"{ONE}/trustedProjects", operation("GetTrustedProjects", Named, _trusted, reads=True), _plain),
    resource("GET", f"{ONE}/packages", operation("ListPackages", Named, _packages, reads=True), _plain),
)  # fmt: skip
