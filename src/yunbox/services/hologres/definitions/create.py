"""CREATE TABLE and CREATE SCHEMA.

Sources: the PostgreSQL documentation, "CREATE TABLE"; the vendor's pages "CREATE TABLE" and "Primary key".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from yunbox.services.hologres.definitions import checks, logical
from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.defaults import check_defaults
from yunbox.services.hologres.definitions.filled import read_filled
from yunbox.services.hologres.definitions.generated import check_generated
from yunbox.services.hologres.definitions.like import Like, read_like
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.partitioning import scheduled
from yunbox.services.hologres.definitions.partitions import key_number, read_partition
from yunbox.services.hologres.definitions.properties import checked, read_properties, with_defaults
from yunbox.services.hologres.definitions.role_names import RoleName, check_member, role_name
from yunbox.services.hologres.definitions.sequences import with_sequences
from yunbox.services.hologres.definitions.table_groups import grouped
from yunbox.services.hologres.definitions.types import Typed, read_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.sql.hologres.catalogue.extensions import extension_of_type
from yunbox.sql.hologres.catalogue.relations import SCHEMAS
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.keys import unsuitable
from yunbox.storage.rows.model import PARTITIONED, Column, Relation
from yunbox.storage.rows.rights import denied
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

_COLUMNS_MAX = 1600
_SYSTEM_COLUMNS = frozenset(("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"))


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column as written."""

    name: str
    type: Typed
    not_null: bool | None = None
    default: str | None = None
    is_key: bool = False
    generated: str | None = None
    length: int = 0
    check: str = ""
    """How long a CHECK says that its arrays are, and what that is called, if it is said."""

    def column(self, key: Sequence[str]) -> Column:
        """As it is kept, but for its number."""
        is_needed = bool(self.not_null) or self.name in key or self.type.serial
        return Column(
            self.name, 0, self.type.oid, self.type.modifier, is_needed, default=self.default, generated=self.generated,
            length=self.length, check=self.check,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CreateSchema:
    """CREATE SCHEMA; without a name it is called as its owner."""

    name: str
    lenient: bool = False
    owner: RoleName | None = None
    tag: str = "CREATE SCHEMA"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42P06, 42939, 42501."""
        owner = scene.owner if self.owner is None else self.owner.of(known, scene)
        name = self.name or owner
        if not scene.rights.database("C"):
            raise denied("database", known.database.name)
        check_member(scene, owner)
        if name.startswith("pg_"):
            told = 'The prefix "pg_" is reserved for system schemas.'
            raise failure("42939", f'unacceptable schema name "{name}"', told)
        if name in SCHEMAS and not self.lenient:
            raise failure("42P06", f'schema "{name}" already exists')
        if self.lenient and (name in known.schemas or name in SCHEMAS):
            scene.notice("42P06", f'schema "{name}" already exists, skipping')
            return
        catalogue.add_schema(change, name, owner)


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE with columns."""

    name: Name
    columns: tuple[ColumnDefinition | Like, ...]
    key: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    lenient: bool = False
    partition: str = ""
    tag: str = "CREATE TABLE"
    logical: tuple[str, ...] = ()
    """The columns by whose values its rows are logical partitions."""

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError."""
        schema = scene.target(known, self.name)
        if self.lenient and scene.already(known, schema, self.name.name):
            return
        columns = self._columns(known, scene)
        numbers = {column.name: column.number for column in columns}
        named = self._key(known, scene)
        for name in named:
            if name not in numbers:
                raise failure("42703", f'column "{name}" named in key does not exist')
        key = tuple(numbers[name] for name in named)
        _check_key(columns, key)
        relation = Relation(0, schema, self.name.name, 0, columns, primary_key=key, owner=scene.owner)
        check_defaults(relation, known)
        check_generated(relation, known.extensions)
        if self.partition:
            number = key_number(self.partition, columns, key)
            relation = msgspec.structs.replace(relation, kind=PARTITIONED, partition=number)
        if self.logical:
            relation = logical.with_partitions(relation, self.logical, scene.zone)
        found = checked(self.properties, relation, fresh=True)
        if self.logical:
            logical.tell(found, scene)
        properties = grouped(with_defaults(found, relation), known)
        relation = msgspec.structs.replace(
            relation, oid=catalogue.next_oid(change), node=catalogue.next_node(change), properties=properties
        )
        relation = scheduled(relation, scene)
        catalogue.add(change, with_sequences(relation, self._drawn, change, known))

    @property
    def _drawn(self) -> list[str]:
        """The columns whose values are drawn from sequences of their own."""
        return [one.name for one in self.columns if isinstance(one, ColumnDefinition) and one.type.serial]

    def _columns(self, known: Catalogue, scene: Scene) -> tuple[Column, ...]:
        found: list[Column] = []
        for one in self.columns:
            found += one.columns(known, scene) if isinstance(one, Like) else [one.column(self.key)]
        if len(found) > _COLUMNS_MAX:
            raise failure("54011", f"tables can have at most {_COLUMNS_MAX} columns")
        names = [column.name for column in found]
        for name in names:
            check_name(name)
            if names.count(name) > 1:
                raise failure("42701", f'column "{name}" specified more than once')
        for one in found:
            check_type(one, known)
        numbered = [msgspec.structs.replace(one, number=number) for number, one in enumerate(found, 1)]
        return checks.named(numbered, self.name.name)

    def _key(self, known: Catalogue, scene: Scene) -> tuple[str, ...]:
        """The key that is said, or is taken from a table that this one is like."""
        taken = [key for one in self.columns if isinstance(one, Like) and (key := one.key(known, scene))]
        keys = [*taken, self.key] if self.key else taken
        if len(keys) > 1:
            raise failure("42P16", f'multiple primary keys for table "{self.name.name}" are not allowed')
        return keys[0] if keys else ()


def check_name(name: str) -> None:
    """Raise PgError 42701 for a name that no column may have."""
    if name in _SYSTEM_COLUMNS:
        raise failure("42701", f'column name "{name}" conflicts with a system column name')


def check_type(column: Column, known: Catalogue) -> None:
    """Raise PgError 42704 for a type of an extension that is not there."""
    extension = extension_of_type(column.type_oid)
    if extension and extension not in known.extensions:
        hint = f"It comes with CREATE EXTENSION {extension}."
        raise failure("42704", f'type "{format_type(column.type_oid)}" does not exist', hint=hint)


def _check_key(columns: tuple[Column, ...], key: tuple[int, ...]) -> None:
    """Refuse a key of types that none may have. Raises PgError 0A000."""
    of_key = [columns[number - 1] for number in key]
    for oid in unsuitable(column.type_oid for column in of_key):
        raise failure("0A000", f"a primary key of type {format_type(oid)} is not supported")


def read_schema(cursor: Cursor) -> Definition:
    """Behind CREATE SCHEMA. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "not", "exists")
    name = "" if cursor.peek("authorization") else cursor.name()
    owner = role_name(cursor) if cursor.take("authorization") else None
    if not cursor.ended:
        raise failure("0A000", "CREATE SCHEMA with what it is to hold is not supported")
    return CreateSchema(name, lenient, owner)


def read_table(cursor: Cursor) -> Definition:
    """Behind CREATE TABLE. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "not", "exists")
    name = name_of(cursor)
    if cursor.take("partition", "of"):
        return read_partition(cursor, name, lenient=lenient)
    if cursor.has("as"):
        return read_filled(cursor, name, lenient=lenient)
    cursor.need("(")
    made = _Table(cursor)
    if not cursor.take(")"):
        cursor.listed(made.element)
        cursor.need(")")
    keys = logical.read_keys(cursor) if cursor.take("logical", "partition", "by") else ()
    partition = read_partition_key(cursor) if cursor.take("partition", "by") else ""
    for word in ("inherits", "using", "tablespace", "on"):
        if cursor.peek(word):
            raise failure("0A000", f"CREATE TABLE ... {word.upper()} is not supported")
    properties = read_properties(cursor) if cursor.take("with") else {}
    return cursor.end(CreateTable(name, tuple(made.columns), made.key, properties, lenient, partition, logical=keys))


def read_partition_key(cursor: Cursor) -> str:
    """Behind PARTITION BY. Raises PgError 42601, 0A000."""
    if not cursor.take("list"):
        raise failure("0A000", f"PARTITION BY {cursor.token.text.upper()} is not supported")
    cursor.need("(")
    name = cursor.name()
    if not cursor.take(")"):
        raise failure("0A000", "a partition key of more than a column is not supported")
    return name


class _Table:
    """What stands in the parentheses of CREATE TABLE."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.columns: list[ColumnDefinition | Like] = []
        self.key: tuple[str, ...] = ()

    def element(self) -> None:
        """A column or a constraint of the table."""
        cursor = self._cursor
        if cursor.take("constraint"):
            cursor.name()
            self._constraint()
        elif cursor.peek("primary", "key") or cursor.token.word in ("unique", "check", "foreign", "exclude"):
            self._constraint()
        elif cursor.take("like"):
            self.columns.append(read_like(cursor))
        else:
            column = read_column(cursor)
            if column.is_key:
                self._set_key((column.name,))
            self.columns.append(column)

    def _constraint(self) -> None:
        cursor = self._cursor
        if not cursor.take("primary", "key"):
            raise failure("0A000", f"{cursor.token.text.upper()} constraints are not supported")
        cursor.need("(")
        self._set_key(cursor.listed(cursor.name))
        cursor.need(")")

    def _set_key(self, names: tuple[str, ...]) -> None:
        if self.key:
            raise failure("42P16", "multiple primary keys for table are not allowed")
        for name in names:
            if names.count(name) > 1:
                raise failure("42701", f'column "{name}" appears twice in primary key constraint')
        self.key = names


def read_column(cursor: Cursor) -> ColumnDefinition:
    """A column with its type and what is said of it. Raises PgError 42601, 42704, 0A000."""
    made = ColumnDefinition(cursor.name(), read_type(cursor))
    while not cursor.ended and cursor.token.text not in (",", ")"):
        named = cursor.name() if cursor.take("constraint") else ""
        if cursor.take("check"):
            if made.length:
                raise failure("0A000", "more than one CHECK of a column is not supported")
            made = replace(made, length=checks.read_check(cursor, made.name, made.type), check=named)
        elif cursor.take("not", "null"):
            made = _said(made, not_null=True)
        elif cursor.take("null"):
            made = _said(made, not_null=False)
        elif cursor.take("default"):
            if made.type.serial:
                raise failure("42601", f'multiple default values specified for column "{made.name}"')
            made = replace(made, default=_default(cursor))
        elif cursor.take("primary", "key"):
            made = replace(_said(made, not_null=True), is_key=True)
        elif cursor.take("generated"):
            made = replace(made, generated=_generated(cursor))
        elif cursor.token.word in ("unique", "references", "collate"):
            raise failure("0A000", f"{cursor.token.text.upper()} of a column is not supported")
        else:
            raise cursor.wrong()
    return made


def _generated(cursor: Cursor) -> str:
    """Behind GENERATED. Raises PgError 42601, 0A000."""
    if cursor.peek("by", "default") or cursor.peek("always", "as", "identity"):
        raise failure("0A000", "identity columns are not supported")
    cursor.need("always", "as", "(")
    text = cursor.until(")")
    cursor.need(")", "stored")
    return text


def _said(made: ColumnDefinition, *, not_null: bool) -> ColumnDefinition:
    if made.not_null is not None and made.not_null != not_null:
        raise failure("42601", f'conflicting NULL/NOT NULL declarations for column "{made.name}"')
    return replace(made, not_null=not_null)


_BEHIND_DEFAULT = ("not", "null", "primary", "constraint", "unique", "check", "references", "generated", "collate")


def _default(cursor: Cursor) -> str:
    """The text of a default: up to a comma, the end of the parentheses, or what may follow an expression."""
    words: list[str] = []
    start = end = cursor.token.start
    depth = 0
    while not cursor.ended:
        token = cursor.token
        if not depth and (token.text in (",", ")") or (words and token.word in _BEHIND_DEFAULT)):
            break
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        end = cursor.advance().end
        words.append(token.word)
    if end == start:
        raise cursor.wrong()
    return cursor.piece.text[start - cursor.piece.start : end - cursor.piece.start]
