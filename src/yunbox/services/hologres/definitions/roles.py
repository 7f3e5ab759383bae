"""CREATE, ALTER and DROP of USER, ROLE and GROUP.

Nobody has a password: users log in by their AccessKeys. Sources: the PostgreSQL documentation of these commands; the
vendor's pages "CREATE USER" and "Expert permission model".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Scene
from yunbox.services.hologres.definitions.memberships import joined, left
from yunbox.services.hologres.definitions.role_dependents import check_free, rename
from yunbox.services.hologres.definitions.role_names import RoleName, no_role, role_name, role_names
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.roles import Role
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

_FLAGS = ("superuser", "createdb", "createrole", "inherit", "login")
_NOT_HERE = {
    "password": "PASSWORD of a role, as users log in by their AccessKeys,", "encrypted": "ENCRYPTED PASSWORD of a role",
    "valid": "VALID UNTIL of a role", "connection": "CONNECTION LIMIT of a role",
    "replication": "REPLICATION of a role",
    "bypassrls": "BYPASSRLS of a role", "sysid": "SYSID of a role", "unencrypted": "UNENCRYPTED PASSWORD of a role",
}  # fmt: skip
Setting = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class CreateRole:
    """CREATE ROLE; with ``what`` user it may log in. ``groups`` are those that it is to be a member of, ``members`` and
    ``admins`` those who are to be its own."""

    name: RoleName
    what: str
    flags: Mapping[str, bool]
    groups: tuple[RoleName, ...] = ()
    members: tuple[RoleName, ...] = ()
    admins: tuple[RoleName, ...] = ()
    tag: str = "CREATE ROLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42501, 42710, 42939."""
        if self.flags.get("superuser") and not scene.rights.is_superuser:
            raise failure("42501", "must be superuser to create superusers")
        _check_creates(scene, "permission denied to create role")
        name = _new_name(self.name, known, scene)
        flags = {"login": self.what == "user", **self.flags}
        made = Role(catalogue.next_oid(change), name, shown=scene.accounts.shown(name))
        catalogue.put_role(change, msgspec.structs.replace(made, **flags))
        for group in self.groups:
            joined(change, catalogue.load(change), scene, group.of(known, scene), name, admin=False)
        for members, admin in ((self.admins, True), (self.members, False)):
            for member in members:
                joined(change, catalogue.load(change), scene, name, member.of(known, scene), admin=admin)


def _check_creates(scene: Scene, told: str) -> None:
    role = scene.rights.role
    if not (scene.rights.is_superuser or (role is not None and role.createrole)):
        raise failure("42501", told)


def _new_name(written: RoleName, known: Catalogue, scene: Scene) -> str:
    """The name of a role that is not there yet. Raises PgError 42939, 42710, 0A000."""
    if written.who:
        raise failure("42939", f"{written.who.upper()} cannot be used as a role name here")
    if written.text in ("public", "none"):
        raise failure("42939", f'role name "{written.text}" is reserved')
    if written.text.startswith("pg_"):
        told = 'Role names starting with "pg_" are reserved.'
        raise failure("42939", f'role name "{written.text}" is reserved', told)
    if written.text.startswith("BASIC$"):
        raise failure("0A000", "custom accounts (BASIC$...) are not supported")
    name = written.name(scene)
    if name in known.roles:
        raise failure("42710", f'role "{written.text}" already exists')
    return name


@dataclass(frozen=True, slots=True)
class AlterRole:
    """ALTER ROLE with what it is to be, or ALTER GROUP with members who come or go."""

    name: RoleName
    flags: Mapping[str, bool] = field(default_factory=dict)
    added: tuple[RoleName, ...] = ()
    removed: tuple[RoleName, ...] = ()
    tag: str = "ALTER ROLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Change it. Raises PgError 42501, 42704."""
        role = self.name.role(known, scene)
        if self.added or self.removed:
            for member in self.added:
                joined(change, catalogue.load(change), scene, role.name, member.of(known, scene), admin=False)
            for member in self.removed:
                left(change, catalogue.load(change), scene, role.name, member.of(known, scene), only_admin=False)
            return
        if (role.superuser or "superuser" in self.flags) and not scene.rights.is_superuser:
            raise failure("42501", "must be superuser to alter superuser roles or change superuser attribute")
        _check_creates(scene, "permission denied")
        _check_stays(role, known, self.flags)
        catalogue.put_role(change, msgspec.structs.replace(role, **self.flags))


def _check_stays(role: Role, known: Catalogue, flags: Mapping[str, bool]) -> None:
    """Raise PgError 0A000 for what would lock the account out of its own instance."""
    if role.name == known.account and (flags.get("superuser") is False or flags.get("login") is False):
        raise failure("0A000", f'the account "{role.name}", whose instance it is, stays a superuser')


@dataclass(frozen=True, slots=True)
class RenameRole:
    """ALTER ROLE ... RENAME TO."""

    name: RoleName
    to: RoleName
    tag: str = "ALTER ROLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have it another name everywhere. Raises PgError 42501, 42704, 42710, 0A000."""
        role = self.name.role(known, scene)
        for who, user in (("session", scene.session_user), ("current", scene.owner)):
            if role.name == user:
                raise failure("0A000", f"{who} user cannot be renamed")
        to = _new_name(self.to, known, scene)
        if role.superuser and not scene.rights.is_superuser:
            raise failure("42501", "must be superuser to rename superusers")
        _check_creates(scene, "permission denied to rename role")
        if role.shown or scene.accounts.shown(to):
            raise failure("0A000", "renaming the role of an account or of a RAM user is not supported")
        rename(change, known, role, to)


@dataclass(frozen=True, slots=True)
class DropRoles:
    """DROP ROLE."""

    names: tuple[RoleName, ...]
    lenient: bool = False
    tag: str = "DROP ROLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Remove them, all or none. Raises PgError 42501, 42704, 2BP01, 55006."""
        _check_creates(scene, "permission denied to drop role")
        gone: dict[str, Role] = {}
        for written in self.names:
            role = self._found(written, known, scene)
            if role is not None:
                _check_dropped(role, known, scene)
                gone[role.name] = role
        others = catalogue.elsewhere(change) if gone else ()
        for role in gone.values():
            check_free(role, known, others)
            catalogue.drop_role(change, role)
        for other in catalogue.load(change).roles.values():
            groups = tuple(one for one in other.groups if one.group not in gone)
            if groups != other.groups:
                catalogue.put_role(change, msgspec.structs.replace(other, groups=groups))

    def _found(self, written: RoleName, known: Catalogue, scene: Scene) -> Role | None:
        if written.who or written.is_anybody:
            raise failure("22023", "cannot use special role specifier in DROP ROLE")
        found = known.roles.get(written.name(scene))
        if found is None and not self.lenient:
            raise no_role(written.text)
        if found is None:
            scene.notice("00000", f'role "{written.text}" does not exist, skipping')
        return found


def _check_dropped(role: Role, known: Catalogue, scene: Scene) -> None:
    for who, user in (("current", scene.owner), ("session", scene.session_user)):
        if role.name == user:
            raise failure("55006", f"{who} user cannot be dropped")
    if role.superuser and not scene.rights.is_superuser:
        raise failure("42501", "must be superuser to drop superusers")
    if role.name == known.account or not catalogue.is_made(role):
        raise failure("2BP01", f"cannot drop role {role.name} because it is required by the database system")


# -- from statements


def reader(what: str, how: str) -> Callable[[Cursor], Definition]:
    """What reads behind CREATE, ALTER or DROP of a user, a role or a group. Raises PgError 42601, 0A000."""
    return {"create": lambda cursor: _read_create(cursor, what), "alter": lambda cursor: _read_alter(cursor, what),
            "drop": _read_drop}[how]  # fmt: skip


def _read_create(cursor: Cursor, what: str) -> Definition:
    name = role_name(cursor)
    cursor.take("with")
    flags: dict[str, bool] = {}
    lists: dict[str, tuple[RoleName, ...]] = {"groups": (), "members": (), "admins": ()}
    while not cursor.ended:
        kind = _membership(cursor)
        if kind:
            lists[kind] += role_names(cursor)
        else:
            _read_flag(cursor, flags)
    return CreateRole(name, what, flags, lists["groups"], lists["members"], lists["admins"])


def _membership(cursor: Cursor) -> str:
    if cursor.take("in", "role") or cursor.take("in", "group"):
        return "groups"
    if cursor.one_of("role", "user"):
        return "members"
    return "admins" if cursor.take("admin") else ""


def _read_flag(cursor: Cursor, flags: dict[str, bool]) -> None:
    """One attribute, such as SUPERUSER or NOLOGIN. Raises PgError 42601, 0A000."""
    word = cursor.token.word
    plain = word.removeprefix("no")
    if word in _NOT_HERE or (word != plain and plain in _NOT_HERE):
        raise failure("0A000", f"{_NOT_HERE[word if word in _NOT_HERE else plain]} is not supported")
    name, value = (word, True) if word in _FLAGS else (plain, False)
    if name not in _FLAGS:
        raise cursor.wrong()
    cursor.advance()
    if name in flags:
        raise failure("42601", "conflicting or redundant options")
    flags[name] = value


def _read_alter(cursor: Cursor, what: str) -> Definition:
    if cursor.peek("all"):
        raise failure("0A000", "ALTER ROLE ALL is not supported")
    name = role_name(cursor)
    if cursor.take("rename", "to"):
        return cursor.end(RenameRole(name, role_name(cursor)))
    if what == "group":
        return _read_group(cursor, name)
    cursor.take("with")
    if cursor.token.word in ("set", "reset", "in"):
        raise failure("0A000", f"ALTER ROLE ... {cursor.token.text.upper()} is not supported")
    flags: dict[str, bool] = {}
    while not cursor.ended:
        _read_flag(cursor, flags)
    return AlterRole(name, flags)


def _read_group(cursor: Cursor, name: RoleName) -> Definition:
    how = cursor.one_of("add", "drop")
    if not how:
        raise cursor.wrong()
    cursor.need("user")
    names = role_names(cursor)
    return cursor.end(AlterRole(name, {}, names if how == "add" else (), names if how == "drop" else ()))


def _read_drop(cursor: Cursor) -> Definition:
    lenient = cursor.take("if", "exists")
    return cursor.end(DropRoles(role_names(cursor), lenient))
