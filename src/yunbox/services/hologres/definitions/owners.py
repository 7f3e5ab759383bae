"""Whose things are: ALTER ... OWNER TO, REASSIGN OWNED and DROP OWNED.

Source: the PostgreSQL documentation of these commands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from yunbox.services.hologres.definitions.base import KINDS, Definition, Name, Scene, database_of
from yunbox.services.hologres.definitions.database_settings import read_setting
from yunbox.services.hologres.definitions.dependents import also_dropped
from yunbox.services.hologres.definitions.role_names import RoleName, check_member, role_name, role_names
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, no_schema
from yunbox.storage.rows.grants import ALL, Acl, common, owned_by, revoked
from yunbox.storage.rows.model import SEQUENCE, Relation, Schema
from yunbox.storage.rows.rights import denied, not_owner, rights_of
from yunbox.storage.rows.roles import Ownership
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

What = Literal["table", "view", "sequence", "schema", "database"]
_TAGS = {"table": "ALTER TABLE", "view": "ALTER VIEW", "sequence": "ALTER SEQUENCE", "schema": "ALTER SCHEMA",
         "database": "ALTER DATABASE"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Give:
    """ALTER ... OWNER TO."""

    what: What
    name: Name
    to: RoleName
    lenient: bool = False

    @property
    def tag(self) -> str:
        """What it is answered with."""
        return _TAGS[self.what]

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have it be another's. Raises PgError 42501, 42704, 42P01, 3F000, 3D000, 42809."""
        if self.what == "schema":
            self._schema(change, known, scene)
        elif self.what == "database":
            self._database(change, known, scene)
        else:
            self._relation(change, known, scene)

    def _relation(self, change: Change, known: Catalogue, scene: Scene) -> None:
        relation = scene.sought(known, self.name, lenient=self.lenient)
        if relation is None:
            return
        if self.what != "table" and KINDS[relation.kind] != self.what:
            raise failure("42809", f'"{relation.name}" is not a {self.what}')
        to = self.to.of(known, scene)
        if relation.kind == SEQUENCE and relation.owned_by and relation.owner != to:
            table = known.relations[relation.owned_by].name
            told = f'cannot change owner of sequence "{relation.name}"'
            detail = f'Sequence "{relation.name}" is linked to table "{table}".'
            raise failure("0A000", told, detail)
        if known.owner(relation.owner) == to:
            return
        scene.check_owns(relation)
        check_member(scene, to)
        schema = known.schemas[relation.schema]
        if not scene.rights.is_superuser and not rights_of(known, to).schema(schema, "C"):
            raise denied("schema", schema.name)
        catalogue.give(change, relation, to)

    def _schema(self, change: Change, known: Catalogue, scene: Scene) -> None:
        schema = known.schemas.get(self.name.name)
        if schema is None:
            raise no_schema(self.name.name)
        to = self.to.of(known, scene)
        if known.owner(schema.owner) == to:
            return
        if not scene.rights.owns(schema.owner):
            raise not_owner("schema", schema.name)
        check_member(scene, to)
        if not scene.rights.database("C"):
            raise denied("database", known.database.name)
        _give_schema(change, known, schema, to)

    def _database(self, change: Change, known: Catalogue, scene: Scene) -> None:
        of = database_of(known, self.name.name)
        to, role = self.to.of(known, scene), scene.rights.role
        if not scene.rights.owns(of.owner):
            raise not_owner("database", of.name)
        check_member(scene, to)
        if not (scene.rights.is_superuser or (role is not None and role.createdb)):
            raise failure("42501", "permission denied to change owner of database")
        _give_database(change, known, of, to)


def _give_schema(change: Change, known: Catalogue, schema: Schema, to: str) -> None:
    grants = owned_by(schema.grants, known.owner(schema.owner), to)
    catalogue.put_schema(change, msgspec.structs.replace(schema, owner=to, grants=grants))


def _give_database(change: Change, known: Catalogue, of: Ownership, to: str) -> None:
    catalogue.put_database(
        change, msgspec.structs.replace(of, owner=to, grants=owned_by(of.grants, known.owner(of.owner), to))
    )


@dataclass(frozen=True, slots=True)
class ReassignOwned:
    """REASSIGN OWNED BY ... TO."""

    roles: tuple[RoleName, ...]
    to: RoleName
    tag: str = "REASSIGN OWNED"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have all that some roles own be another's. Raises PgError 42501, 42704."""
        owners = {one.of(known, scene) for one in self.roles}
        to = self.to.of(known, scene)
        for role in (*sorted(owners), to):
            _check_has(scene, role, "reassign")
        for relation in list(known.relations.values()):
            if known.owner(relation.owner) in owners and not (relation.kind == SEQUENCE and relation.owned_by):
                catalogue.give(change, relation, to)
        for schema in known.schemas.values():
            if known.owner(schema.owner) in owners:
                _give_schema(change, known, schema, to)
        for database in known.databases.values():
            if known.owner(database.owner) in owners:
                _give_database(change, known, database, to)


def _check_has(scene: Scene, role: str, what: str) -> None:
    """Raise PgError 42501 where who asks has not the privileges of a role."""
    if not scene.rights.is_superuser and role not in scene.rights.roles:
        raise failure("42501", f"permission denied to {what} objects")


@dataclass(frozen=True, slots=True)
class DropOwned:
    """DROP OWNED BY: what roles own is dropped, and what is granted to them taken away."""

    roles: tuple[RoleName, ...]
    cascade: bool = False
    tag: str = "DROP OWNED"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Do it. Raises PgError 42501, 42704, 2BP01."""
        roles = [one.of(known, scene) for one in self.roles]
        for role in roles:
            _check_has(scene, role, "drop")
        self._drop(change, known, scene, roles)
        for role in roles:
            _take_away(change, catalogue.load(change), role)

    def _drop(self, change: Change, known: Catalogue, scene: Scene, roles: Sequence[str]) -> None:
        schemas = [one for one in known.schemas.values() if one.owner and known.owner(one.owner) in roles]
        inside = {one.name for one in schemas}
        mine = [one for one in known.relations.values() if known.owner(one.owner) in roles and not one.owned_by]
        others = [one for one in known.relations.values() if one.schema in inside and one not in mine]
        if others and not self.cascade:
            detail = "\n".join(f"{KINDS[one.kind]} {one.name} depends on schema {one.schema}" for one in others)
            told = "cannot drop desired object(s) because other objects depend on them"
            raise failure("2BP01", told, detail, hint="Use DROP ... CASCADE to drop the dependent objects too.")
        gone: dict[int, Relation] = {one.oid: one for one in (*mine, *others)}
        gone |= {one.oid: one for one in also_dropped(known, list(gone.values()), scene, cascade=self.cascade)}
        for relation in gone.values():
            catalogue.drop(change, relation)
        for schema in schemas:
            catalogue.drop_schema(change, schema.name)


def _take_away(change: Change, known: Catalogue, role: str) -> None:
    """Take all away that is granted to a role, and what it has said of things to come."""
    for relation in known.relations.values():
        grants = _without(relation.grants, known.owner(relation.owner), relation.sort, role)
        columns = {number: _without(acl, known.owner(relation.owner), "column", role) or ()
                   for number, acl in relation.column_grants.items()}  # fmt: skip
        columns = {number: acl for number, acl in columns.items() if acl}
        if (grants, columns) != (relation.grants, relation.column_grants):
            catalogue.put(change, msgspec.structs.replace(relation, grants=grants, column_grants=columns))
    for schema in known.schemas.values():
        grants = _without(schema.grants, known.owner(schema.owner), "schema", role)
        if grants != schema.grants:
            catalogue.put_schema(change, msgspec.structs.replace(schema, grants=grants))
    for of in known.databases.values():
        grants = _without(of.grants, known.owner(of.owner), "database", role)
        if grants != of.grants:
            catalogue.put_database(change, msgspec.structs.replace(of, grants=grants))
    for defaults in known.defaults.values():
        if defaults.role == role:
            catalogue.drop_defaults(change, defaults)
        elif any(one.grantee == role for one in defaults.grants):
            kept = _without(defaults.grants, defaults.role, "table", role) or ()
            catalogue.put_defaults(change, msgspec.structs.replace(defaults, grants=kept))


def _without(acl: Acl | None, owner: str, sort: str, role: str) -> Acl | None:
    """An ACL in which a role has nothing, and nobody has anything from it; an owner keeps what it has."""
    if acl is None or role == owner:
        return acl
    while found := next((one for one in acl if one.grantee == role), None):
        letters = found.privileges + common(found.options, ALL["table"])
        acl = revoked(acl, owner, found.grantor, [role], letters, only_option=False, cascade=True)
    return acl


# -- from statements


def read_owner(cursor: Cursor, what: What, name: Name, *, lenient: bool = False) -> Definition:
    """Behind OWNER TO. Raises PgError 42601."""
    return cursor.end(Give(what, name, role_name(cursor), lenient))


def read_schema(cursor: Cursor) -> Definition:
    """Behind ALTER SCHEMA. Raises PgError 42601, 0A000."""
    name = Name(cursor.name())
    if cursor.take("owner", "to"):
        return read_owner(cursor, "schema", name)
    raise failure("0A000", f"ALTER SCHEMA ... {cursor.token.text.upper()} is not supported")


def read_database(cursor: Cursor) -> Definition:
    """Behind ALTER DATABASE. Raises PgError 42601, 0A000."""
    name = Name(cursor.name())
    if cursor.take("owner", "to"):
        return read_owner(cursor, "database", name)
    if cursor.peek("set") or cursor.peek("reset"):
        return read_setting(cursor, name)
    raise failure("0A000", f"ALTER DATABASE ... {cursor.token.text.upper()} is not supported")


def read_reassign(cursor: Cursor) -> Definition:
    """Behind REASSIGN OWNED BY. Raises PgError 42601."""
    roles = role_names(cursor)
    cursor.need("to")
    return cursor.end(ReassignOwned(roles, role_name(cursor)))


def read_drop_owned(cursor: Cursor) -> Definition:
    """Behind DROP OWNED BY. Raises PgError 42601."""
    roles = role_names(cursor)
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    return cursor.end(DropOwned(roles, cascade))
