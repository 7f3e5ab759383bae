"""Partitions: CREATE TABLE ... PARTITION OF, ATTACH and DETACH PARTITION.

A partitioned table has no rows itself; each of its partitions is a table for one value of the partition key. Sources:
the vendor's pages "CREATE PARTITION TABLE" and "ALTER PARTITION TABLE"; the PostgreSQL documentation for the errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.partitioning import is_partitioning
from yunbox.services.hologres.definitions.properties import checked, read_properties, with_defaults
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.masks import labels_of
from yunbox.storage.rows.model import PARTITIONED, TABLE, Column, Relation
from yunbox.storage.rows.rows import STANDARD, fields_of
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

KEY_TYPES = frozenset((23, 25, 1043, 1082))
"""The types that a partition key may have, by OID. Source: the vendor's page "CREATE PARTITION TABLE"."""


@dataclass(frozen=True, slots=True)
class CreatePartition:
    """CREATE TABLE ... PARTITION OF ... FOR VALUES IN."""

    name: Name
    parent: Name
    value: str
    properties: dict[str, str] = field(default_factory=dict)
    lenient: bool = False
    tag: str = "CREATE TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError."""
        schema = scene.target(known, self.name)
        if self.lenient and scene.already(known, schema, self.name.name):
            return
        parent = _partitioned(self.parent, known, scene)
        bound = bound_of(parent, self.value)
        check_free(parent, bound, self.name.name, known)
        made = partition_of(change, parent, schema, self.name.name, bound, scene.owner)
        given = {**made.properties, **checked(self.properties, made, fresh=True)}
        catalogue.add(change, msgspec.structs.replace(made, properties=given))


def partition_of(change: Change, parent: Relation, schema: str, name: str, bound: str, owner: str) -> Relation:
    """A new partition for a value of a table's key, which is still to be added."""
    numbers = {one.number: number for number, one in enumerate(parent.live, 1)}
    columns = tuple(msgspec.structs.replace(one, number=numbers[one.number], missing=None, added=False)
                    for one in parent.live)  # fmt: skip
    made = Relation(
        catalogue.next_oid(change), schema, name, catalogue.next_node(change), columns,
        primary_key=tuple(numbers[number] for number in parent.primary_key), owner=owner, definition=bound,
        parent=parent.oid, partition=numbers[parent.partition],
    )  # fmt: skip
    taken = {name: value for name, value in parent.properties.items() if not is_partitioning(name)}
    return msgspec.structs.replace(made, properties=with_defaults(taken, made))


@dataclass(frozen=True, slots=True)
class Attach:
    """ALTER TABLE ... ATTACH PARTITION."""

    parent: Name
    name: Name
    value: str
    tag: str = "ALTER TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make a table a partition. Raises PgError 42P17, 42804, 23514, 0A000."""
        parent, table = _partitioned(self.parent, known, scene), scene.need(known, self.name)
        if table.kind != TABLE:
            raise failure("42809", f'"{table.name}" is not a table')
        scene.check_owns(table)
        if table.parent:
            raise failure("42809", f'"{table.name}" is already a partition')
        if table.dynamic is not None:
            raise failure("0A000", f'attaching dynamic table "{table.name}" as a partition is not supported')
        _check_alike(parent, table)
        bound = bound_of(parent, self.value)
        check_free(parent, bound, table.name, known)
        column = table.by_name[parent.columns[parent.partition - 1].name]
        _check_rows(table, column, bound, scene)
        catalogue.replace(change, table, msgspec.structs.replace(
            table, parent=parent.oid, partition=column.number, definition=bound))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detach:
    """ALTER TABLE ... DETACH PARTITION."""

    parent: Name
    name: Name
    tag: str = "ALTER TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make a partition a table of its own. Raises PgError 42P01."""
        parent, table = _partitioned(self.parent, known, scene), scene.need(known, self.name)
        if table.parent != parent.oid:
            raise failure("42P01", f'relation "{table.name}" is not a partition of relation "{parent.name}"')
        labels = labels_of(known, table)
        columns = tuple(msgspec.structs.replace(one, label=labels.get(one.number, "")) for one in table.columns)
        catalogue.replace(change, table, msgspec.structs.replace(
            table, parent=0, partition=0, definition="", columns=columns))  # fmt: skip


def _partitioned(name: Name, known: Catalogue, scene: Scene) -> Relation:
    found = scene.need(known, name)
    if found.kind != PARTITIONED:
        raise failure("42809", f'"{found.name}" is not partitioned')
    scene.check_owns(found)
    return found


def bound_of(parent: Relation, value: str) -> str:
    """A value of a partition key, as rows have it. Raises PgError 22P02 and the like."""
    column = parent.columns[parent.partition - 1]
    codec = column.type.codec
    return codec.write(codec.read(value, STANDARD), STANDARD)


def check_free(parent: Relation, bound: str, name: str, known: Catalogue) -> None:
    """Raise PgError 42P17 where a partition has the value already."""
    for other in known.partitions_of(parent):
        if other.definition == bound:
            raise failure("42P17", f'partition "{name}" would overlap partition "{other.name}"')


def _check_rows(table: Relation, column: Column, bound: str, scene: Scene) -> None:
    """Raise PgError 23514 for a row that the partition may not have: all of them are looked at."""
    wanted = bound.encode()
    if any(fields_of(table, row)[column.number - 1] != wanted for row in scene.rows(table)):
        raise failure("23514", f'partition constraint of relation "{table.name}" is violated by some row')


def _check_alike(parent: Relation, table: Relation) -> None:
    """Raise PgError where a table's columns are not those of its parent."""
    for column in table.live:
        if column.name not in parent.by_name:
            raise failure(
                "42804", f'table "{table.name}" contains column "{column.name}" not found in parent "{parent.name}"',
                "The new partition may contain only the columns present in parent.",
            )  # fmt: skip
    for column in parent.live:
        own = table.by_name.get(column.name)
        if own is None:
            raise failure("42804", f'child table is missing column "{column.name}"')
        if (own.type_oid, own.modifier) != (column.type_oid, column.modifier):
            raise failure("42804", f'child table "{table.name}" has different type for column "{column.name}"')
        if own.label != column.label:
            raise failure("0A000", f'attaching table "{table.name}" with another label of column "{column.name}"')
        if column.length not in (0, own.length):
            raise failure("42804", f'child table is missing constraint "{column.check}"')
        if column.not_null and not own.not_null:
            raise failure("42804", f'column "{column.name}" in child table must be marked NOT NULL')
    if [one.name for one in parent.key_columns] != [one.name for one in table.key_columns]:
        raise failure("0A000", f'table "{table.name}" has another primary key than "{parent.name}"')


def key_number(name: str, columns: Sequence[Column], key: Sequence[int]) -> int:
    """The number of a partition key's column. Raises PgError 42703, 0A000."""
    found = next((one for one in columns if one.name == name), None)
    if found is None:
        raise failure("42703", f'column "{name}" named in partition key does not exist')
    if found.type_oid not in KEY_TYPES:
        raise failure("0A000", f"a partition key of type {format_type(found.type_oid)} is not supported")
    if key and found.number not in key:
        raise failure(
            "0A000", "unique constraint on partitioned table must include all partitioning columns",
            f'PRIMARY KEY constraint lacks column "{name}" which is part of the partition key.',
        )  # fmt: skip
    return found.number


def read_partition(cursor: Cursor, name: Name, *, lenient: bool) -> Definition:
    """Behind PARTITION OF. Raises PgError 42601, 0A000."""
    parent = name_of(cursor)
    if cursor.peek("("):
        raise failure("0A000", "CREATE TABLE ... PARTITION OF with columns is not supported")
    value = read_bound(cursor)
    properties = read_properties(cursor) if cursor.take("with") else {}
    return cursor.end(CreatePartition(name, parent, value, properties, lenient))


def read_bound(cursor: Cursor) -> str:
    """``FOR VALUES IN (value)``. Raises PgError 42601, 0A000."""
    if cursor.peek("default"):
        raise failure("0A000", "DEFAULT partitions are not supported")
    cursor.need("for", "values")
    if not cursor.peek("in"):
        raise failure("0A000", f"partitions FOR VALUES {cursor.token.text.upper()} are not supported")
    cursor.need("in", "(")
    value = cursor.string() if cursor.token.sort == "text" else _number(cursor)
    if cursor.peek(","):
        raise failure("0A000", "partitions of more than one value are not supported")
    cursor.need(")")
    return value


def _number(cursor: Cursor) -> str:
    if cursor.peek("null"):
        raise failure("0A000", "partitions FOR VALUES IN (NULL) are not supported")
    return str(cursor.whole())


def read_attach(cursor: Cursor, parent: Name) -> Definition:
    """Behind ATTACH PARTITION. Raises PgError 42601, 0A000."""
    name = name_of(cursor)
    return cursor.end(Attach(parent, name, read_bound(cursor)))


def read_detach(cursor: Cursor, parent: Name) -> Definition:
    """Behind DETACH PARTITION. Raises PgError 42601, 0A000."""
    name = name_of(cursor)
    if cursor.token.word in ("concurrently", "finalize"):
        raise failure("0A000", f"DETACH PARTITION ... {cursor.token.text.upper()} is not supported")
    return cursor.end(Detach(parent, name))
