"""CREATE FOREIGN TABLE and IMPORT FOREIGN SCHEMA: tables of MaxCompute under names here.

Both look at MaxCompute first, as the session's user, and then define what they have found in one transaction. Sources:
the vendor's pages of these statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from yunbox.engine.holo.foreign.types import fits, mapped
from yunbox.schema.tables import Table, TableName
from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.create import check_name
from yunbox.services.hologres.definitions.dependents import check_unused
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.types import Typed, read_type
from yunbox.services.hologres.foreign import options
from yunbox.services.hologres.foreign.source import failed
from yunbox.services.hologres.statements.cursor import Cursor, cut
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import FOREIGN, Column, Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

_IF_EXISTS = ("error", "ignore", "update")
_IF_UNSUPPORTED = ("skip", "error")
_IMPORTING = ("if_table_exist", "if_unsupported_type", "prefix", "suffix")


class Remote(Protocol):
    """MaxCompute as the session's user sees it."""

    def table(self, name: TableName) -> Table:
        """A table. Raises Forbidden, PgError HV000."""
        ...

    def names(self, project: str, schema: str) -> Sequence[TableName]:
        """The tables of a schema. Raises Forbidden, PgError HV000."""
        ...


class FromElsewhere(Protocol):
    """A definition that has to look at MaxCompute before it can be done."""

    def found(self, remote: Remote) -> Definition:
        """The definition with what it has found. Raises Forbidden, PgError."""
        ...


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """A foreign table that is to be: ``if_exists`` says what becomes of one that has its name, as IMPORT words it, and
    is empty for CREATE, which is ``lenient`` or fails."""

    name: Name
    columns: tuple[Column, ...]
    options: dict[str, str]
    comment: str = ""
    if_exists: str = ""
    lenient: bool = False

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42P07, 42501."""
        schema = scene.target(known, self.name)
        present = known.find(schema, self.name.name)
        if present is None or present.kind != FOREIGN or self.if_exists in ("", "error"):
            if not (self.lenient and scene.already(known, schema, self.name.name)):
                catalogue.add(change, self._relation(catalogue.next_oid(change), schema, scene.owner))
        elif self.if_exists == "ignore":
            scene.notice("42P07", f'relation "{self.name.name}" already exists, skipping')
        else:
            scene.check_owns(present)
            updated = self._relation(present.oid, schema, present.owner)
            if updated.columns != present.columns:
                check_unused(known, present, "updating the columns")
            catalogue.replace(change, present, updated)

    def _relation(self, oid: int, schema: str, owner: str) -> Relation:
        return Relation(
            oid, schema, self.name.name, 0, self.columns, FOREIGN, owner=owner, comment=self.comment,
            server=options.SERVER, options=self.options,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ForeignTables:
    """Foreign tables that come together or not at all, and what the client is told of those that do not come."""

    tables: tuple[ForeignTable, ...]
    tag: str
    skipped: tuple[str, ...] = ()

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make them. Raises PgError."""
        for told in self.skipped:
            scene.notice("00000", told)
        for table in self.tables:
            table.apply(change, known, scene)


@dataclass(frozen=True, slots=True)
class CreateForeignTable:
    """CREATE FOREIGN TABLE."""

    name: Name
    columns: tuple[tuple[str, Typed], ...]
    options: dict[str, str]
    lenient: bool = False
    tag: str = "CREATE FOREIGN TABLE"

    def found(self, remote: Remote) -> Definition:
        """The table with its columns, which are MaxCompute's. Raises Forbidden, PgError HV000, HV004, HV005."""
        table = remote.table(options.table_of(self.options))
        check_kind(table)
        known = {column.name: column for column in table.all_columns}
        for name, typed in self.columns:
            if name not in known:
                raise failure("HV005", f'column "{name}" does not exist in MaxCompute table "{table.name}"')
            if not fits(known[name].type, typed.oid, typed.modifier):
                ours, theirs = format_type(typed.oid, typed.modifier), known[name].type.upper()
                told = f'column "{name}" of MaxCompute table "{table.name}" is of type {theirs}'
                raise failure("HV004", f"{told}, which cannot be read as {ours}")
        columns = tuple(
            Column(name, number, typed.oid, typed.modifier) for number, (name, typed) in enumerate(self.columns, 1)
        )
        return ForeignTables((ForeignTable(self.name, columns, self.options, lenient=self.lenient),), self.tag)

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """What has to be ``found`` first is not done without."""
        raise AssertionError("a foreign table is made of what was found")


@dataclass(frozen=True, slots=True)
class ImportForeignSchema:
    """IMPORT FOREIGN SCHEMA; ``listed`` are the tables of LIMIT TO, or with ``is_except`` those of EXCEPT."""

    project: str
    schema: str
    into: str
    listed: tuple[str, ...] = ()
    is_except: bool = False
    options: dict[str, str] = field(default_factory=dict)
    tag: str = "IMPORT FOREIGN SCHEMA"

    def found(self, remote: Remote) -> Definition:
        """The tables that there are. Raises Forbidden, PgError HV000, HV004."""
        made, skipped = [], []
        for name in self._names(remote):
            table = remote.table(name)
            wrong = self._unfit(table)
            if wrong:
                skipped.append(f'skipping table "{name}": {wrong}')
            else:
                made.append(self._made(table))
        return ForeignTables(tuple(made), self.tag, tuple(skipped))

    def _names(self, remote: Remote) -> list[TableName]:
        if self.listed and not self.is_except:
            return [TableName(self.project, self.schema, name.lower()) for name in self.listed]
        left_out = {name.lower() for name in self.listed}
        return [name for name in remote.names(self.project, self.schema) if name.name not in left_out]

    def _unfit(self, table: Table) -> str:
        """Why a table is passed over; nothing for one that is not. Raises PgError HV000, HV004 where that fails."""
        is_named = bool(self.listed) and not self.is_except
        if table.kind != "table" and not is_named:
            return f"tables of type {table.kind} are not supported"
        check_kind(table)
        for column in table.all_columns:
            if mapped(column.type) is None:
                told = f'column "{column.name}" is of type {column.type.upper()}, which is not supported'
                if self.options.get("if_unsupported_type", "skip") == "error":
                    raise failure("HV004", f'failed to import foreign schema from odps: table "{table.name}": {told}')
                return told
        return ""

    def _made(self, table: Table) -> ForeignTable:
        name = cut(self.options.get("prefix", "") + table.name.name + self.options.get("suffix", ""))
        columns = tuple(
            Column(one.name, number, *(mapped(one.type) or (0, 0)), comment=one.comment)
            for number, one in enumerate(table.all_columns, 1)
        )
        project = self.project if self.schema == "default" else f"{self.project}#{self.schema}"
        where = {"project_name": project, "table_name": table.name.name}
        if_exists = self.options.get("if_table_exist", "error")
        return ForeignTable(Name(name, self.into), columns, where, table.comment, if_exists)

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """What has to be ``found`` first is not done without."""
        raise AssertionError("foreign tables are made of what was found")


def check_kind(table: Table) -> None:
    """Raise PgError HV000 for what has no rows of its own, in the vendor's words."""
    if table.kind == "view":
        raise failed('Currently not supported table type "view"')
    if table.kind != "table":
        raise failed("Can't find file system factory")


def read_create(cursor: Cursor) -> Definition:
    """Behind CREATE FOREIGN TABLE. Raises PgError 42601, 0A000, 42704, HV00D."""
    lenient = cursor.take("if", "not", "exists")
    name = name_of(cursor)
    if cursor.take("partition", "of"):
        raise failure("0A000", "CREATE FOREIGN TABLE ... PARTITION OF is not supported")
    cursor.need("(")
    columns = cursor.listed(lambda: _column(cursor))
    cursor.need(")")
    _check_columns([column for column, _ in columns])
    cursor.need("server")
    _server(cursor)
    given = options.read_options(cursor) if cursor.take("options") else {}
    return cursor.end(CreateForeignTable(name, columns, options.checked(given), lenient))


def _column(cursor: Cursor) -> tuple[str, Typed]:
    name = cursor.name()
    typed = read_type(cursor)
    if typed.serial or cursor.token.text not in (",", ")"):
        what = "a serial type" if typed.serial else cursor.token.text.upper()
        raise failure("0A000", f"a column of a foreign table with {what} is not supported")
    return name, typed


def _check_columns(names: Sequence[str]) -> None:
    for name in names:
        check_name(name)
        if names.count(name) > 1:
            raise failure("42701", f'column "{name}" specified more than once')


def _server(cursor: Cursor) -> None:
    name = cursor.name()
    if name != options.SERVER:
        raise failure("42704", f'server "{name}" does not exist')


def read_import(cursor: Cursor) -> Definition:
    """Behind IMPORT FOREIGN SCHEMA. Raises PgError 42601, 42704, HV00D, 22023."""
    project, schema = options.schema_of(cursor.name())
    is_except = cursor.take("except")
    listed: tuple[str, ...] = ()
    if is_except or cursor.take("limit", "to"):
        cursor.need("(")
        listed = cursor.listed(cursor.name)
        cursor.need(")")
    cursor.need("from", "server")
    _server(cursor)
    cursor.need("into")
    into = cursor.name()
    given = options.read_options(cursor) if cursor.take("options") else {}
    _check_importing(given)
    return cursor.end(ImportForeignSchema(project, schema, into, listed, is_except, given))


def _check_importing(given: dict[str, str]) -> None:
    for name, value in given.items():
        if name not in _IMPORTING:
            raise options.invalid(name, _IMPORTING)
        allowed = {"if_table_exist": _IF_EXISTS, "if_unsupported_type": _IF_UNSUPPORTED}.get(name)
        if allowed and value not in allowed:
            raise failure("22023", f'invalid value for option "{name}": "{value}"', hint=f"Use {', '.join(allowed)}.")
