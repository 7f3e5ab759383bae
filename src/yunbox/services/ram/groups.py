"""Groups and their members. Source: the vendor's API pages of "Group management"."""

from dataclasses import dataclass
from typing import Annotated

from yunbox.identity.directory import groups
from yunbox.identity.directory.groups import Group
from yunbox.identity.directory.realm import Realm
from yunbox.kernel.clock import stamp
from yunbox.services.ram.service import (
    EVERY_GROUP,
    GROUP,
    ITEMS,
    MAX_ITEMS,
    USER,
    Body,
    changes,
    listed,
    reads,
)  # fmt: skip
from yunbox.services.ram.users import Named as NamedUser
from yunbox.services.ram.users import Some


@dataclass(frozen=True)
class Named:
    """A group by name."""

    group_name: str


@dataclass(frozen=True)
class NewGroup:
    """A group that is to be."""

    group_name: str
    comments: str = ""


@dataclass(frozen=True)
class Changed:
    """What is to be another of a group."""

    group_name: str
    new_group_name: str | None = None
    new_comments: str | None = None


@dataclass(frozen=True)
class Member:
    """A user and a group."""

    user_name: str
    group_name: str


@dataclass(frozen=True)
class Members:
    """A page of a group's users."""

    group_name: str
    marker: str = ""
    max_items: Annotated[int, MAX_ITEMS] = ITEMS


def _create(realm: Realm, new: NewGroup) -> Body:
    return {"Group": _shown(groups.create(realm, new.group_name, new.comments), "UpdateDate")}


def _get(realm: Realm, params: Named) -> Body:
    return {"Group": _shown(groups.find(realm, params.group_name))}


def _update(realm: Realm, new: Changed) -> Body:
    return {"Group": _shown(groups.change(realm, new.group_name, new.new_group_name, new.new_comments))}


def _delete(realm: Realm, params: Named) -> None:
    groups.delete(realm, params.group_name)


def _list(realm: Realm, params: Some) -> Body:
    return listed("Groups", "Group", groups.page(realm, params.marker, params.max_items), _shown)


def _add(realm: Realm, params: Member) -> None:
    groups.add(realm, params.group_name, params.user_name)


def _remove(realm: Realm, params: Member) -> None:
    groups.remove(realm, params.group_name, params.user_name)


def _of_user(realm: Realm, params: NamedUser) -> Body:
    found = groups.of_user(realm, params.user_name)
    shown = [{**_shown(group, "CreateDate", "UpdateDate"), "JoinDate": stamp(joined)} for group, joined in found]
    return {"Groups": {"Group": shown}}


def _members(realm: Realm, params: Members) -> Body:
    page = groups.members(realm, params.group_name, params.marker, params.max_items)
    return listed(
        "Users", "User", page,
        lambda one: {"UserName": one[0].name, "DisplayName": one[0].display_name, "JoinDate": stamp(one[1])},
    )  # fmt: skip


def _shown(group: Group, *without: str) -> Body:
    body = {
        "GroupId": group.id, "GroupName": group.name, "Comments": group.comments, "CreateDate": stamp(group.created),
        "UpdateDate": stamp(group.updated),
    }  # fmt: skip
    return {name: value for name, value in body.items() if name not in without}


ROUTES = (
    changes("CreateGroup", NewGroup, _create, EVERY_GROUP),
    reads("GetGroup", Named, _get, GROUP),
    changes("UpdateGroup", Changed, _update, GROUP),
    changes("DeleteGroup", Named, _delete, GROUP),
    reads("ListGroups", Some, _list, EVERY_GROUP),
    changes("AddUserToGroup", Member, _add, USER, GROUP),
    changes("RemoveUserFromGroup", Member, _remove, USER, GROUP),
    reads("ListGroupsForUser", NamedUser, _of_user, USER),
    reads("ListUsersForGroup", Members, _members, GROUP),
)
