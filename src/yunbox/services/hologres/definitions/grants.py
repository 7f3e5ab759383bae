"""GRANT and REVOKE on tables, columns, sequences, schemas and databases.

Source: the PostgreSQL documentation of these commands; the vendor's page "Expert permission model".
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import KINDS, Definition, Name, Scene, database_of, no_column
from yunbox.services.hologres.definitions.granting import How, Thing, changed
from yunbox.services.hologres.definitions.memberships import GrantRoles, RevokeRoles
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.role_names import RoleName, role_name, role_names
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, no_schema
from yunbox.storage.rows.grants import ALL, WORDS, common, ordered, without
from yunbox.storage.rows.model import SEQUENCE, Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import Report, failure

_NOT_HERE = ("function", "functions", "procedure", "procedures", "routine", "routines", "language", "type", "domain",
             "tablespace", "parameter", "large", "foreign", "server")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Privileges:
    """What is granted: words, each for a whole thing or for some columns; none of them is ALL."""

    words: tuple[tuple[str, tuple[str, ...]], ...]

    def letters(self, sort: str, *, shown: str = "") -> str:
        """Those for whole things of a sort. Raises PgError 0LP01 and 42601."""
        found = [_letters(word, sort, shown or sort) for word, columns in self.words if not columns]
        return ordered("".join(found)) if self.words else ALL[sort]

    @property
    def every(self) -> bool:
        """Whether it is ALL."""
        return not self.words or any(not word for word, _ in self.words)

    @property
    def columns(self) -> dict[str, str]:
        """Letters for columns, by name. Raises PgError 0LP01."""
        made: dict[str, str] = {}
        for word, columns in self.words:
            for name in columns:
                made[name] = ordered(made.get(name, "") + _letters(word, "column", "column"))
        return made


def _letters(word: str, sort: str, shown: str) -> str:
    if not word:
        return ALL[sort]
    letter = WORDS.get(word)
    if letter is None:
        raise failure("42601", f'unrecognized privilege type "{word.lower()}"')
    if letter not in ALL[sort]:
        raise failure("0LP01", f"invalid privilege type {'TEMPORARY' if word == 'TEMP' else word} for {shown}")
    return letter


@dataclass(frozen=True, slots=True)
class Targets:
    """What it is granted on: things of a sort by their names, or with ``inside`` all those in some schemas."""

    sort: str
    names: tuple[Name, ...]
    inside: bool = False

    def relations(self, known: Catalogue, scene: Scene) -> list[Relation]:
        """Tables or sequences. Raises PgError 42P01, 3F000, 42809."""
        if not self.inside:
            return [self._named(name, known, scene) for name in self.names]
        for name in self.names:
            if name.name not in known.schemas:
                raise no_schema(name.name)
            if not scene.rights.uses(name.name):
                raise failure("42501", f"permission denied for schema {name.name}")
        schemas = {name.name for name in self.names}
        found = (one for one in known.relations.values() if one.schema in schemas and one.sort == self.sort)
        return sorted(found, key=lambda one: one.oid)

    def _named(self, name: Name, known: Catalogue, scene: Scene) -> Relation:
        found = scene.need(known, name)
        if self.sort == "sequence" and found.kind != SEQUENCE:
            raise failure("42809", f'"{found.name}" is not a sequence')
        return found


@dataclass(frozen=True, slots=True)
class GrantThings:
    """GRANT or REVOKE of privileges."""

    privileges: Privileges
    targets: Targets
    roles: tuple[RoleName, ...]
    how: How
    grantor: RoleName | None = None

    @property
    def tag(self) -> str:
        """What it is answered with."""
        return "REVOKE" if self.how.revokes else "GRANT"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Do it. Raises PgError 42501, 42704, 42P01, 3F000, 3D000, 0LP01, 2BP01."""
        grantees = [one.grantee(known, scene) for one in self.roles]
        if self.grantor is not None and self.grantor.of(known, scene) != scene.owner:
            raise failure("0A000", "grantor must be current user")
        if self.targets.sort == "schema":
            self._on_schemas(change, known, scene, grantees)
        elif self.targets.sort == "database":
            self._on_database(change, known, scene, grantees)
        else:
            for relation in self.targets.relations(known, scene):
                self._on_relation(change, relation, known, scene, grantees)

    def _check_whole(self) -> None:
        if self.privileges.columns:
            raise failure("0LP01", "column privileges are only valid for relations")

    def _on_schemas(self, change: Change, known: Catalogue, scene: Scene, grantees: list[str]) -> None:
        self._check_whole()
        letters = self.privileges.letters("schema")
        for name in self.targets.names:
            schema = known.schemas.get(name.name)
            if schema is None:
                raise no_schema(name.name)
            thing = Thing("schema", schema.owner, schema.grants, f"schema {schema.name}", f'"{schema.name}"')
            acl = changed(thing, letters, grantees, self.how, known, scene, every=self.privileges.every)
            catalogue.put_schema(change, msgspec.structs.replace(schema, grants=acl))

    def _on_database(self, change: Change, known: Catalogue, scene: Scene, grantees: list[str]) -> None:
        self._check_whole()
        letters = self.privileges.letters("database")
        for of in {name.name: database_of(known, name.name) for name in self.targets.names}.values():
            thing = Thing("database", of.owner, of.grants, f"database {of.name}", f'"{of.name}"')
            acl = changed(thing, letters, grantees, self.how, known, scene, every=self.privileges.every)
            catalogue.put_database(change, msgspec.structs.replace(of, grants=acl))

    # -- tables, views and sequences

    def _on_relation(
        self, change: Change, relation: Relation, known: Catalogue, scene: Scene, grantees: list[str]
    ) -> None:
        letters, columns = self._letters(relation, scene), self._columns(relation)
        made = relation
        if letters:
            kind = KINDS[relation.kind]
            shown = f'"{relation.name}"'
            thing = Thing(relation.sort, relation.owner, relation.grants, f"{kind} {relation.name}", shown)
            acl = changed(thing, letters, grantees, self.how, known, scene, every=self.privileges.every)
            made = msgspec.structs.replace(made, grants=acl)
            if self.how.revokes and relation.sort == "table":
                columns = _also(relation, columns, letters)
        for number, some in columns.items():
            made = self._on_column(made, number, some, known, scene, grantees)
        if made != relation:
            catalogue.put(change, made)

    def _on_column(
        self, relation: Relation, number: int, letters: str, known: Catalogue, scene: Scene, grantees: list[str]
    ) -> Relation:
        name = relation.columns[number - 1].name
        before = relation.column_grants.get(number, ())
        shown = f'column "{name}" of relation "{relation.name}"'
        thing = Thing("column", relation.owner, before, shown, shown, relation.grants or ())
        acl = changed(thing, letters, grantees, self.how, known, scene, every=self.privileges.every)
        kept = {at: one for at, one in {**relation.column_grants, number: acl}.items() if one}
        return msgspec.structs.replace(relation, column_grants=kept)

    def _letters(self, relation: Relation, scene: Scene) -> str:
        """Those for a whole table or sequence: what is for tables is left out of what a sequence is granted."""
        privileges = self.privileges
        if not privileges.words:
            return ALL[relation.sort]
        if self.targets.sort == "sequence" or relation.kind != SEQUENCE:
            return privileges.letters(relation.sort)
        given = "".join(_letters(word, "table" if WORDS.get(word) != "U" else "sequence", "table")
                        for word, columns in privileges.words if not columns)  # fmt: skip
        if without(given, ALL["sequence"]):
            told = f'sequence "{relation.name}" only supports USAGE, SELECT, and UPDATE privileges'
            scene.notices.append(Report("WARNING", "0LP01", told))
        return common(ALL["sequence"], given)

    def _columns(self, relation: Relation) -> dict[int, str]:
        """Letters by the numbers of columns. Raises PgError 42703."""
        made: dict[int, str] = {}
        for name, letters in self.privileges.columns.items():
            column = relation.by_name.get(name)
            if column is None:
                raise no_column(name, relation.name)
            made[column.number] = letters
        return made


def _also(relation: Relation, columns: dict[int, str], letters: str) -> dict[int, str]:
    """What is taken away of a table is taken away of its columns too."""
    of_columns = common(ALL["column"], letters)
    found = dict.fromkeys(relation.column_grants, of_columns) if of_columns else {}
    return {number: ordered(columns.get(number, "") + found.get(number, "")) for number in {**found, **columns}}


# -- from statements


def read_grant(cursor: Cursor) -> Definition:
    """Behind GRANT. Raises PgError 42601, 0A000."""
    if not cursor.has("on"):
        return _read_roles(cursor)
    privileges = read_privileges(cursor)
    cursor.need("on")
    targets = _read_targets(cursor)
    cursor.need("to")
    roles = _grantees(cursor)
    how = How(option=cursor.take("with", "grant", "option"))
    return cursor.end(GrantThings(privileges, targets, roles, how, _granted_by(cursor)))


def _read_roles(cursor: Cursor) -> Definition:
    groups = role_names(cursor)
    cursor.need("to")
    made = GrantRoles(groups, role_names(cursor), cursor.take("with", "admin", "option"))
    if _granted_by(cursor) is not None:
        raise failure("0A000", "GRANTED BY of a membership is not supported")
    return cursor.end(made)


def read_revoke(cursor: Cursor) -> Definition:
    """Behind REVOKE. Raises PgError 42601, 0A000."""
    if not cursor.has("on"):
        only_admin = cursor.take("admin", "option", "for")
        groups = role_names(cursor)
        cursor.need("from")
        made = RevokeRoles(groups, role_names(cursor), only_admin)
        cursor.one_of("cascade", "restrict")
        return cursor.end(made)
    only_option = cursor.take("grant", "option", "for")
    privileges = read_privileges(cursor)
    cursor.need("on")
    targets = _read_targets(cursor)
    cursor.need("from")
    roles, grantor = _grantees(cursor), _granted_by(cursor)
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    return cursor.end(GrantThings(privileges, targets, roles, How(True, only_option, cascade), grantor))


def _granted_by(cursor: Cursor) -> RoleName | None:
    return role_name(cursor) if cursor.take("granted", "by") else None


def _grantees(cursor: Cursor) -> tuple[RoleName, ...]:
    def one() -> RoleName:
        cursor.take("group")
        return role_name(cursor)

    return cursor.listed(one)


def read_privileges(cursor: Cursor) -> Privileges:
    """ALL, or a list of privileges, each with columns or without. Raises PgError 42601."""
    if cursor.take("all"):
        cursor.take("privileges")
        columns = _read_columns(cursor)
        return Privileges((("", columns),) if columns else ())

    def one() -> tuple[str, tuple[str, ...]]:
        return cursor.name().upper(), _read_columns(cursor)

    return Privileges(cursor.listed(one))


def _read_columns(cursor: Cursor) -> tuple[str, ...]:
    if not cursor.take("("):
        return ()
    names = cursor.listed(cursor.name)
    cursor.need(")")
    return names


def _read_targets(cursor: Cursor) -> Targets:
    if cursor.take("all"):
        word = cursor.advance().word
        if word not in ("tables", "sequences"):
            raise failure("0A000", f"GRANT and REVOKE ON ALL {word.upper()} are not supported")
        cursor.need("in", "schema")
        return Targets(word[:-1], _plain(cursor.listed(cursor.name)), inside=True)
    if cursor.second.word not in (",", "to", "from", ".") and cursor.token.word in _NOT_HERE:
        raise failure("0A000", f"GRANT and REVOKE ON {cursor.token.text.upper()} are not supported")
    for sort in ("schema", "database"):
        if cursor.take(sort):
            return Targets(sort, _plain(cursor.listed(cursor.name)))
    sort = cursor.one_of("table", "sequence") or "table"
    return Targets(sort, cursor.listed(lambda: name_of(cursor)))


def _plain(names: Iterable[str]) -> tuple[Name, ...]:
    return tuple(map(Name, names))
