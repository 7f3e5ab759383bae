"""Roles. Source: the vendor's API pages "CreateRole" to "ListRoles"."""

from dataclasses import dataclass
from typing import Annotated

from yunbox.identity.directory import roles, tags
from yunbox.identity.directory.realm import Page, Realm
from yunbox.identity.directory.roles import Role
from yunbox.kernel.clock import stamp
from yunbox.services.ram.service import EVERY_ROLE, ITEMS, MAX_ITEMS, ROLE, Body, changes, listed, reads
from yunbox.services.ram.tags import Tag, matching, pairs, shown_tags


@dataclass(frozen=True)
class Named:
    """A role by name."""

    role_name: str


@dataclass(frozen=True)
class NewRole:
    """A role that is to be."""

    role_name: str
    assume_role_policy_document: str
    description: str = ""
    max_session_duration: int = 3600
    tag: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class Changed:
    """What is to be another of a role."""

    role_name: str
    new_assume_role_policy_document: str | None = None
    new_description: str | None = None
    new_max_session_duration: int | None = None


@dataclass(frozen=True)
class Some:
    """A page of roles, with tags where some are wanted."""

    marker: str = ""
    max_items: Annotated[int, MAX_ITEMS] = ITEMS
    tag: tuple[Tag, ...] = ()


def _create(realm: Realm, new: NewRole) -> Body:
    role = roles.create(
        realm, new.role_name, new.assume_role_policy_document, new.description, new.max_session_duration
    )
    if new.tag:
        tags.put(realm, "role", (role.name,), pairs(new.tag))
    return {"Role": shown(role, "UpdateDate")}


def shown_whole(realm: Realm, params: Named) -> Body:
    """All that there is to say of one role. Raises NotFound."""
    role = roles.find(realm, params.role_name)
    principal = f"{role.name}@role.{role.account_id}.onaliyunservice.com"
    is_linked = str(bool(role.service)).lower()
    return {"Role": {**shown(role), "IsServiceLinkedRole": is_linked, "RolePrincipalName": principal}}


def _update(realm: Realm, new: Changed) -> Body:
    role = roles.change(
        realm, new.role_name, new.new_assume_role_policy_document, new.new_description, new.new_max_session_duration
    )
    return {"Role": shown(role)}


def _delete(realm: Realm, params: Named) -> None:
    roles.delete(realm, params.role_name)


def _list(realm: Realm, params: Some) -> Body:
    page: Page[Role] = matching(
        params, lambda marker, size: roles.page(realm, marker, size),
        lambda role, wanted: tags.has(realm, "role", role.name, wanted), lambda role: role.name,
    )  # fmt: skip
    return listed(
        "Roles", "Role", page,
        lambda role: {**shown(role, "AssumeRolePolicyDocument"), "Tags": shown_tags(realm, "role", role.name)},
    )  # fmt: skip


def shown(role: Role, *without: str) -> Body:
    """A role as the answers show it."""
    body = {
        "RoleId": role.id, "RoleName": role.name, "Arn": role.arn, "Description": role.description,
        "AssumeRolePolicyDocument": role.trust, "MaxSessionDuration": role.session_s_max,
        "CreateDate": stamp(role.created), "UpdateDate": stamp(role.updated),
    }  # fmt: skip
    return {name: value for name, value in body.items() if name not in without}


ROUTES = (
    changes("CreateRole", NewRole, _create, EVERY_ROLE),
    reads("GetRole", Named, shown_whole, ROLE),
    changes("UpdateRole", Changed, _update, ROLE),
    changes("DeleteRole", Named, _delete, ROLE),
    reads("ListRoles", Some, _list, EVERY_ROLE),
)
