"""Policies, their versions, and to whom they are attached. Source: the vendor's API pages of "Policy management"."""

from dataclasses import dataclass
from typing import Annotated, Any

from yunbox.identity.directory import attachments, policies, tags
from yunbox.identity.directory.attachments import GROUP, ROLE, USER, Kind
from yunbox.identity.directory.policies import ROTATE, Policy, Version
from yunbox.identity.directory.realm import Page, Realm
from yunbox.identity.store import CUSTOM
from yunbox.kernel.clock import stamp
from yunbox.services.ram import groups, roles, users
from yunbox.services.ram import service as resources
from yunbox.services.ram.service import EVERY_POLICY, ITEMS, MAX_ITEMS, POLICY, Body, changes, listed, reads
from yunbox.services.ram.tags import Tag, matching, pairs, shown_tags


@dataclass(frozen=True)
class Named:
    """A policy of the account's own."""

    policy_name: str


@dataclass(frozen=True)
class Typed:
    """A policy by its type and name."""

    policy_type: str
    policy_name: str


@dataclass(frozen=True)
class NewPolicy:
    """A policy that is to be."""

    policy_name: str
    policy_document: str
    description: str = ""
    tag: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class Described:
    """What a policy is to say of itself."""

    policy_name: str
    new_description: str


@dataclass(frozen=True)
class Deleted:
    """A policy that is to go; cascading, also from whom it is attached to."""

    policy_name: str
    cascading_delete: bool = False


@dataclass(frozen=True)
class Some:
    """A page of policies, of a type where one is said."""

    policy_type: str | None = None
    marker: str = ""
    max_items: Annotated[int, MAX_ITEMS] = ITEMS
    tag: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class NewVersion:
    """A further version of a policy."""

    policy_name: str
    policy_document: str
    set_as_default: bool = False
    rotate_strategy: Annotated[str, ROTATE] = "None"


@dataclass(frozen=True)
class WhichVersion:
    """A version of a policy of the account's own."""

    policy_name: str
    version_id: str


@dataclass(frozen=True)
class TypedVersion:
    """A version of a policy."""

    policy_type: str
    policy_name: str
    version_id: str


def _create(realm: Realm, new: NewPolicy) -> Body:
    made = policies.create(realm, new.policy_name, new.policy_document, new.description)
    if new.tag:
        tags.put(realm, "policy", (made.name,), pairs(new.tag))
    return {"Policy": _shown(made, "UpdateDate", "AttachmentCount")}


def _get(realm: Realm, params: Typed) -> Body:
    policy = policies.find(realm, params.policy_type, params.policy_name)
    version = policies.version(realm, policy.type, policy.name, f"v{policy.default_version}")
    shown = {**_shown(policy), "PolicyDocument": version.document}
    return {"Policy": shown, "DefaultPolicyVersion": _version(version)}


def _describe(realm: Realm, params: Described) -> Body:
    return {"Policy": _shown(policies.describe(realm, params.policy_name, params.new_description), "AttachmentCount")}


def _delete(realm: Realm, params: Deleted) -> None:
    policies.delete(realm, params.policy_name, cascading=params.cascading_delete)


def _list(realm: Realm, params: Some) -> Body:
    page: Page[Policy] = matching(
        params, lambda marker, size: policies.page(realm, params.policy_type, marker, size),
        lambda policy, wanted: policy.type == CUSTOM and tags.has(realm, "policy", policy.name, wanted),
        lambda policy: policy.name,
    )  # fmt: skip
    return listed(
        "Policies", "Policy", page, lambda one: {**_shown(one), "Tags": shown_tags(realm, "policy", one.name)}
    )


def _shown(policy: Policy, *without: str) -> Body:
    body = {
        "PolicyType": policy.type, "PolicyName": policy.name, "Description": policy.description,
        "DefaultVersion": f"v{policy.default_version}", "CreateDate": stamp(policy.created),
        "UpdateDate": stamp(policy.updated), "AttachmentCount": policy.attachments,
    }  # fmt: skip
    return {name: value for name, value in body.items() if name not in without}


# -- versions


def _create_version(realm: Realm, new: NewVersion) -> Body:
    made = policies.create_version(
        realm, new.policy_name, new.policy_document, as_default=new.set_as_default,
        rotate=new.rotate_strategy != "None",
    )  # fmt: skip
    return {"PolicyVersion": _version(made)}


def _get_version(realm: Realm, params: TypedVersion) -> Body:
    found = policies.version(realm, params.policy_type, params.policy_name, params.version_id)
    return {"PolicyVersion": _version(found)}


def _versions(realm: Realm, params: Typed) -> Body:
    found = policies.versions(realm, params.policy_type, params.policy_name)
    return {"PolicyVersions": {"PolicyVersion": [_version(version) for version in found]}}


def _set_default(realm: Realm, params: WhichVersion) -> None:
    policies.set_default(realm, params.policy_name, params.version_id)


def _delete_version(realm: Realm, params: WhichVersion) -> None:
    policies.delete_version(realm, params.policy_name, params.version_id)


def _version(version: Version) -> Body:
    return {
        "VersionId": version.id, "IsDefaultVersion": version.is_default, "PolicyDocument": version.document,
        "CreateDate": stamp(version.created),
    }  # fmt: skip


# -- attachments


@dataclass(frozen=True)
class OfUser:
    """A policy and a user."""

    policy_type: str
    policy_name: str
    user_name: str


@dataclass(frozen=True)
class OfGroup:
    """A policy and a group."""

    policy_type: str
    policy_name: str
    group_name: str


@dataclass(frozen=True)
class OfRole:
    """A policy and a role."""

    policy_type: str
    policy_name: str
    role_name: str


_KINDS: dict[str, tuple[Kind, type, type, resources.Resource]] = {
    "User": (USER, OfUser, users.Named, resources.USER),
    "Group": (GROUP, OfGroup, groups.Named, resources.GROUP),
    "Role": (ROLE, OfRole, roles.Named, resources.ROLE),
}


def _holder(title: str, params: object) -> str:
    return getattr(params, f"{title.lower()}_name")


def _attaching(title: str) -> tuple:
    """The three routes of a kind of holders."""
    kind, pair, named, resource = _KINDS[title]

    def attach(realm: Realm, params: Any) -> None:
        attachments.attach(realm, kind, _holder(title, params), params.policy_type, params.policy_name)

    def detach(realm: Realm, params: Any) -> None:
        attachments.detach(realm, kind, _holder(title, params), params.policy_type, params.policy_name)

    def attached(realm: Realm, params: object) -> Body:
        found = attachments.of(realm, kind, _holder(title, params))
        hidden = "CreateDate", "UpdateDate", "AttachmentCount"
        return {"Policies": {"Policy": [{**_shown(one, *hidden), "AttachDate": stamp(since)} for one, since in found]}}

    return (
        changes(f"AttachPolicyTo{title}", pair, attach, resource, POLICY),
        changes(f"DetachPolicyFrom{title}", pair, detach, resource, POLICY),
        reads(f"ListPoliciesFor{title}", named, attached, resource),
    )


def _entities(realm: Realm, params: Typed) -> Body:
    of = params.policy_type, params.policy_name
    by_users, by_groups, by_roles = (attachments.holders(realm, kind, *of) for kind in (USER, GROUP, ROLE))
    return {
        "Users": {
            "User": [
                {"UserId": u.id, "UserName": u.name, "DisplayName": u.display_name, "AttachDate": stamp(since)}
                for u, since in by_users
            ]
        },
        "Groups": {
            "Group": [
                {"GroupName": group.name, "Comments": group.comments, "AttachDate": stamp(since)}
                for group, since in by_groups
            ]
        },
        "Roles": {
            "Role": [
                {
                    "RoleId": r.id, "RoleName": r.name, "Arn": r.arn, "Description": r.description,
                    "AttachDate": stamp(since),
                }
                for r, since in by_roles
            ]
        },
    }  # fmt: skip


ROUTES = (
    changes("CreatePolicy", NewPolicy, _create, EVERY_POLICY),
    reads("GetPolicy", Typed, _get, POLICY),
    changes("UpdatePolicyDescription", Described, _describe, POLICY),
    changes("DeletePolicy", Deleted, _delete, POLICY),
    reads("ListPolicies", Some, _list, EVERY_POLICY),
    changes("CreatePolicyVersion", NewVersion, _create_version, POLICY),
    reads("GetPolicyVersion", TypedVersion, _get_version, POLICY),
    reads("ListPolicyVersions", Typed, _versions, POLICY),
    changes("SetDefaultPolicyVersion", WhichVersion, _set_default, POLICY),
    changes("DeletePolicyVersion", WhichVersion, _delete_version, POLICY),
    *_attaching("User"),
    *_attaching("Group"),
    *_attaching("Role"),
    reads("ListEntitiesForPolicy", Typed, _entities, POLICY),
)
