"""Groups of RAM users. Source: the vendor's API pages "CreateGroup" to "ListGroupsForUser" (Ram 2015-05-01)."""

import secrets
import sqlite3
from dataclasses import dataclass

from yunbox.identity.directory import users
from yunbox.identity.directory.realm import Page, Realm, after, paged
from yunbox.identity.directory.users import User
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound
from yunbox.kernel.rules import Text

NAME = Text(64, 1, r"[A-Za-z0-9._-]")
COMMENTS = Text(128)
GROUPS_MAX = 300
GROUPS_OF_USER_MAX = 50


@dataclass(frozen=True)
class Group:
    """A group; times are seconds since the epoch."""

    id: str
    account_id: str
    name: str
    comments: str
    created: float
    updated: float


def create(realm: Realm, name: str, comments: str = "") -> Group:
    """Create a group. Raises InvalidArgument, AlreadyExists, Conflict."""
    NAME.check("GroupName", name)
    COMMENTS.check("Comments", comments)
    if realm.count("SELECT count(*) FROM groups WHERE account_id = ?", realm.account_id) >= GROUPS_MAX:
        raise Conflict(f"The count of groups is beyond the limit of {GROUPS_MAX}.", code="LimitExceeded.Group")
    _check_free(realm, name)
    group = Group(f"g-{secrets.token_hex(8)}", realm.account_id, name, comments, realm.now, realm.now)
    realm.run("INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)", *vars(group).values())
    return group


def find(realm: Realm, name: str) -> Group:
    """A group by name. Raises NotFound."""
    row = realm.row("SELECT * FROM groups WHERE account_id = ? AND name = ?", realm.account_id, name)
    if row is None:
        raise NotFound(f"The group does not exist: {name[:64]}.", code="EntityNotExist.Group")
    return _group(row)


def change(realm: Realm, name: str, new_name: str | None, comments: str | None) -> Group:
    """Change a group's name or comments. Raises InvalidArgument, NotFound, AlreadyExists."""
    group = find(realm, name)
    if comments is not None:
        COMMENTS.check("NewComments", comments)
    if new_name is not None and new_name != name:
        NAME.check("NewGroupName", new_name)
        _check_free(realm, new_name)
    name = group.name if new_name is None else new_name
    values = name, group.comments if comments is None else comments, realm.now, group.id
    realm.run("UPDATE groups SET name = ?, comments = ?, updated = ? WHERE id = ?", *values)
    return find(realm, name)


def delete(realm: Realm, name: str) -> None:
    """Delete a group without members and policies. Raises NotFound, and Conflict naming what is to go first."""
    group = find(realm, name)
    if realm.count("SELECT count(*) FROM group_members WHERE group_id = ?", group.id):
        raise Conflict(f"The group {name} still has users: remove them first.", code="DeleteConflict.Group.User")
    if realm.count("SELECT count(*) FROM attachments WHERE holder_id = ?", group.id):
        raise Conflict(f"The group {name} still has policies: detach them first.", code="DeleteConflict.Group.Policy")
    realm.run("DELETE FROM groups WHERE id = ?", group.id)


def page(realm: Realm, marker: str, size: int) -> Page[Group]:
    """Groups by name."""
    rows = realm.rows(
        "SELECT * FROM groups WHERE account_id = ? AND name > ? ORDER BY name LIMIT ?",
        realm.account_id, after(marker), size + 1,
    )  # fmt: skip
    return paged([_group(row) for row in rows], size, lambda group: group.name)


# -- members


def add(realm: Realm, group: str, user: str) -> None:
    """Make a user a member. Raises NotFound, AlreadyExists, Conflict."""
    found, member = find(realm, group), users.find(realm, user)
    if realm.row("SELECT 1 FROM group_members WHERE group_id = ? AND user_id = ?", found.id, member.id):
        raise AlreadyExists(f"The user {user} is in the group {group}.", code="EntityAlreadyExists.User.Group")
    if realm.count("SELECT count(*) FROM group_members WHERE user_id = ?", member.id) >= GROUPS_OF_USER_MAX:
        raise Conflict(f"A user is in at most {GROUPS_OF_USER_MAX} groups.", code="LimitExceeded.User.Group")
    realm.run("INSERT INTO group_members VALUES (?, ?, ?)", found.id, member.id, realm.now)


def remove(realm: Realm, group: str, user: str) -> None:
    """Have a user be no member any more. Raises NotFound."""
    found, member = find(realm, group), users.find(realm, user)
    if not realm.run("DELETE FROM group_members WHERE group_id = ? AND user_id = ?", found.id, member.id):
        raise NotFound(f"The user {user} is not in the group {group}.", code="EntityNotExist.User.Group")


def of_user(realm: Realm, user: str) -> list[tuple[Group, float]]:
    """A user's groups, and since when. Raises NotFound."""
    rows = realm.rows(
        "SELECT g.*, m.joined FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.user_id = ?"
        " ORDER BY g.name",
        users.find(realm, user).id,
    )
    return [(_group(row), row["joined"]) for row in rows]


def members(realm: Realm, group: str, marker: str, size: int) -> Page[tuple[User, float]]:
    """A group's members by name, and since when. Raises NotFound."""
    rows = realm.rows(
        "SELECT u.name, m.joined FROM group_members m JOIN users u ON u.id = m.user_id"
        " WHERE m.group_id = ? AND u.name > ? ORDER BY u.name LIMIT ?",
        find(realm, group).id, after(marker), size + 1,
    )  # fmt: skip
    found = [(users.find(realm, row["name"]), row["joined"]) for row in rows]
    return paged(found, size, lambda member: member[0].name)


def _check_free(realm: Realm, name: str) -> None:
    if realm.row("SELECT 1 FROM groups WHERE account_id = ? AND lower(name) = lower(?)", realm.account_id, name):
        raise AlreadyExists(f"The group already exists: {name}.", code="EntityAlreadyExists.Group")


def _group(row: sqlite3.Row) -> Group:
    return Group(row["id"], row["account_id"], row["name"], row["comments"], row["created"], row["updated"])
