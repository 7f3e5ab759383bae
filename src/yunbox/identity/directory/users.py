"""RAM users. Source: the vendor's API pages "CreateUser" to "ListUsers" (Ram 2015-05-01)."""

import sqlite3
from dataclasses import dataclass, replace

from yunbox.identity.directory.realm import Page, Realm, after, paged
from yunbox.kernel import ids
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound
from yunbox.kernel.rules import Form, Text

NAME = Text(64, 1, r"[A-Za-z0-9._-]")
DISPLAY_NAME = Text(128, 1, r"[\w@.\- ]")
COMMENTS = Text(128)
MOBILE_PHONE = Form(r"|\+?\d{1,4}-?\d{4,20}", 32)
EMAIL = Form(r"|[^@\s]+@[^@\s]+\.[^@\s]+", 128)
USERS_MAX = 1000


@dataclass(frozen=True)
class User:
    """A RAM user; times are seconds since the epoch."""

    id: str
    account_id: str
    name: str
    comment: str
    created: float
    display_name: str
    mobile_phone: str
    email: str
    updated: float


@dataclass(frozen=True)
class About:
    """What a user is said to be; None leaves it as it is."""

    display_name: str | None = None
    mobile_phone: str | None = None
    email: str | None = None
    comment: str | None = None

    def check(self, prefix: str = "") -> None:
        """Raise InvalidArgument for what cannot be; ``prefix`` goes before the parameters' names."""
        rules = (DISPLAY_NAME, MOBILE_PHONE, EMAIL, COMMENTS)
        values = (self.display_name, self.mobile_phone, self.email, self.comment)
        for rule, name, value in zip(rules, ("DisplayName", "MobilePhone", "Email", "Comments"), values, strict=True):
            if value is not None:
                rule.check(prefix + name, value)


def create(realm: Realm, name: str, about: About = About()) -> User:
    """Create a user. Raises InvalidArgument, AlreadyExists, Conflict."""
    NAME.check("UserName", name)
    about.check()
    if realm.count("SELECT count(*) FROM users WHERE account_id = ?", realm.account_id) >= USERS_MAX:
        raise Conflict(f"The count of users is beyond the limit of {USERS_MAX}.", code="LimitExceeded.User")
    _check_free(realm, name)
    user = User(
        ids.user_id(), realm.account_id, name, about.comment or "", realm.now, about.display_name or name,
        about.mobile_phone or "", about.email or "", realm.now,
    )  # fmt: skip
    realm.run(
        "INSERT INTO users (id, account_id, name, comment, created, display_name, mobile_phone, email, updated)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *vars(user).values(),
    )
    return user


def find(realm: Realm, name: str) -> User:
    """A user by name. Raises NotFound."""
    row = realm.row("SELECT * FROM users WHERE account_id = ? AND name = ?", realm.account_id, name)
    if row is None:
        raise NotFound(f"The user does not exist: {name[:64]}.", code="EntityNotExist.User")
    return _user(row)


def by_id(realm: Realm, user_id: str) -> User:
    """A user by id. Raises NotFound."""
    row = realm.row("SELECT * FROM users WHERE account_id = ? AND id = ?", realm.account_id, user_id)
    if row is None:
        raise NotFound("The user does not exist.", code="EntityNotExist.User")
    return _user(row)


def change(realm: Realm, name: str, new_name: str | None, about: About) -> User:
    """Change what a user is said to be, or its name. Raises InvalidArgument, NotFound, AlreadyExists."""
    user = find(realm, name)
    about.check("New")
    if new_name is not None and new_name != name:
        NAME.check("NewUserName", new_name)
        _check_free(realm, new_name)
    values = (
        _or(new_name, user.name), _or(about.display_name, user.display_name),
        _or(about.mobile_phone, user.mobile_phone), _or(about.email, user.email), _or(about.comment, user.comment),
    )  # fmt: skip
    realm.run(
        "UPDATE users SET name = ?, display_name = ?, mobile_phone = ?, email = ?, comment = ?, updated = ?"
        " WHERE id = ?",
        *values, realm.now, user.id,
    )  # fmt: skip
    if values[0] != name:
        realm.run(
            "UPDATE identity_tags SET name = ? WHERE account_id = ? AND type = 'user' AND name = ?",
            values[0], realm.account_id, name,
        )  # fmt: skip
    return find(realm, values[0])


def delete(realm: Realm, name: str) -> None:
    """Delete a user that nothing holds. Raises NotFound, and Conflict naming what is to go first."""
    user = find(realm, name)
    for what, sql in _HOLDS.items():
        if realm.count(sql, user.id):
            raise Conflict(f"The user {name} still has a {what}: delete or detach it first.", code=_code(what))
    _remove(realm, user)


def delete_with_all(realm: Realm, name: str) -> None:
    """Delete a user with its keys, memberships and attachments. Raises NotFound."""
    _remove(realm, find(realm, name))


def page(realm: Realm, marker: str, size: int) -> Page[User]:
    """Users by name."""
    rows = realm.rows(
        "SELECT * FROM users WHERE account_id = ? AND name > ? ORDER BY name LIMIT ?",
        realm.account_id, after(marker), size + 1,
    )  # fmt: skip
    return paged([_user(row) for row in rows], size, lambda user: user.name)


_HOLDS = {
    "Group": "SELECT count(*) FROM group_members WHERE user_id = ?",
    "Policy": "SELECT count(*) FROM attachments WHERE holder_id = ?",
    "AccessKey": "SELECT count(*) FROM access_keys WHERE user_id = ?",
    "LoginProfile": "SELECT count(*) FROM login_profiles WHERE user_id = ?",
    "MFADevice": "SELECT count(*) FROM mfa_devices WHERE user_id = ?",
}


def _code(what: str) -> str:
    return f"DeleteConflict.User.{what}"


def _remove(realm: Realm, user: User) -> None:
    realm.run("DELETE FROM attachments WHERE holder_id = ?", user.id)
    realm.run(
        "DELETE FROM identity_tags WHERE account_id = ? AND type = 'user' AND name = ?", realm.account_id, user.name
    )
    realm.run("DELETE FROM users WHERE id = ?", user.id)


def _check_free(realm: Realm, name: str) -> None:
    if realm.row("SELECT 1 FROM users WHERE account_id = ? AND lower(name) = lower(?)", realm.account_id, name):
        raise AlreadyExists(f"The user already exists: {name}.", code="EntityAlreadyExists.User")


def _or(new: str | None, old: str) -> str:
    return old if new is None else new


def _user(row: sqlite3.Row) -> User:
    """A row as a user; those of earlier versions have neither a name to show nor a time of change."""
    user = User(**dict(row))
    return replace(user, display_name=user.display_name or user.name, updated=user.updated or user.created)
