"""Logical partitioned tables: LOGICAL PARTITION BY LIST, and what can be said of all partitions and of single ones.

Sources: the vendor's pages "CREATE LOGICAL PARTITION TABLE" and "ALTER LOGICAL PARTITION TABLE". What is said of tiers
is kept and told to have no effect, as the rows of all partitions lie in one place.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from yunbox.services.hologres.definitions.base import Scene, no_column
from yunbox.services.hologres.definitions.choices import Reader, invalid, one_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.parting import Given
from yunbox.storage.rows import logical
from yunbox.storage.rows.logical import Values
from yunbox.storage.rows.model import STORAGE_MODE, Column, Logical, Relation
from yunbox.storage.rows.rows import STANDARD
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.modifiers import format_type

_KEYS_MAX = 2
_KEY_TYPES = frozenset((23, 25, 1043, *logical.TIMES))
"""The types that a partition key may have, by OID."""
_HINT = "The rows of all partitions lie in one place."


def read_keys(cursor: Cursor) -> tuple[str, ...]:
    """Behind LOGICAL PARTITION BY. Raises PgError 42601, 0A000."""
    if not cursor.take("list"):
        raise failure("0A000", f"LOGICAL PARTITION BY {cursor.token.text.upper()} is not supported")
    cursor.need("(")
    names = cursor.listed(cursor.name)
    cursor.need(")")
    return names


def with_partitions(relation: Relation, names: Sequence[str], zone: str) -> Relation:
    """A new table that is partitioned by some columns. Raises PgError 42703, 42701, 42P16, 0A000."""
    if len(names) > _KEYS_MAX:
        raise failure("0A000", f"a logical partition key of more than {_KEYS_MAX} columns is not supported")
    if len(set(names)) < len(names):
        raise failure("42701", f'column "{names[0]}" appears twice in partition key')
    return msgspec.structs.replace(relation, logical=Logical(tuple(_key(relation, name) for name in names), zone))


def check_partitions(relation: Relation) -> None:
    """Raise PgError where the columns by which a table is partitioned cannot be that any more."""
    for column in relation.logical_columns:
        _key(relation, column.name)


def _key(relation: Relation, name: str) -> int:
    column = relation.by_name.get(name)
    if column is None:
        raise failure("42703", f'column "{name}" named in partition key does not exist')
    if column.type_oid not in _KEY_TYPES:
        raise failure("0A000", f"a logical partition key of type {format_type(column.type_oid)} is not supported")
    if not column.not_null:
        raise failure("42P16", f'column "{name}" of a logical partition key must be NOT NULL')
    if relation.primary_key and column.number not in relation.primary_key:
        raise failure(
            "0A000", "unique constraint on partitioned table must include all partitioning columns",
            f'PRIMARY KEY constraint lacks column "{name}" which is part of the partition key.',
        )  # fmt: skip
    return column.number


def check_not_key(relation: Relation, column: Column, what: str) -> None:
    """Raise PgError 42P16 where a column is one by which rows are logical partitions."""
    if column in relation.logical_columns:
        raise failure("42P16", f'cannot {what} column "{column.name}" because it is part of the partition key')


# -- what is said of a table


def _of_tables(read: Reader, *, by_time: bool) -> Reader:
    def checked(value: str, relation: Relation) -> str:
        if relation.logical is None:
            raise failure("22023", f'"{relation.name}" is not a logical partitioned table')
        keys = relation.logical_columns
        if by_time and (len(keys) > 1 or keys[0].type_oid not in logical.TIMES):
            raise failure("22023", f'"{relation.name}" is not partitioned by one date or time')
        return read(value, relation)

    return checked


def _span(name: str) -> Reader:
    def read(value: str, relation: Relation) -> str:
        if not logical.is_span(value):
            raise invalid(name, value, "a time such as '30 day' and '12 month'")
        return value

    return read


READERS: Mapping[str, Reader] = {
    **{name: _of_tables(_span(name), by_time=True)
       for name in (logical.EXPIRATION, logical.HOT_WINDOW, logical.LOG_WINDOW)},
    logical.REQUIRES_FILTER: _of_tables(one_of(logical.REQUIRES_FILTER, "true", "false"), by_time=False),
}  # fmt: skip
"""What reads a property of a table, by name. They raise PgError 22023."""


def tell(found: Mapping[str, str], scene: Scene) -> None:
    """Tell who sets properties which of them have no effect."""
    for name in (logical.HOT_WINDOW, STORAGE_MODE):
        if name in found:
            scene.notice("01000", f"{name} of logical partitions has no effect here", _HINT)


# -- what is said of single partitions

PARTITION_READERS: Mapping[str, Reader] = {
    logical.KEEP_ALIVE: one_of(logical.KEEP_ALIVE, "true", "false"),
    STORAGE_MODE: one_of(STORAGE_MODE, "hot", "cold"),
    logical.LOGS: one_of(logical.LOGS, "on", "off"),
}
"""What reads a property of a partition, by name. They raise PgError 22023."""


def partition_of(relation: Relation, given: Given) -> Values:
    """A partition as it is written, by the values that rows have. Raises PgError 42809, 42703, 22023, 22P02."""
    if relation.logical is None:
        raise not_parted(relation)
    names = [one.name for one in relation.logical_columns]
    for name in given:
        if name not in relation.by_name:
            raise no_column(name, relation.name)
    if set(given) != set(names):
        raise failure("22023", f'a partition of "{relation.name}" is said by its columns {", ".join(names)}')
    return tuple(_text(column, given[column.name]) for column in relation.logical_columns)


def _text(column: Column, written: str) -> str:
    codec = column.type.codec
    return codec.write(codec.read(written, STANDARD), STANDARD)


def not_parted(relation: Relation) -> PgError:
    """A table has no logical partitions."""
    return failure("42809", f'"{relation.name}" is not a logical partitioned table')


def read_names(cursor: Cursor) -> tuple[str, ...]:
    """Names of properties in parentheses. Raises PgError 42601."""
    cursor.need("(")
    names = cursor.listed(cursor.name)
    cursor.need(")")
    return names


def forgetting(names: Sequence[str]) -> Callable[[Relation, Scene], Relation]:
    """What has properties of a table be as if they had never been said. Raises PgError 0A000."""
    for name in names:
        if name.lower() not in READERS:
            raise failure("0A000", f"ALTER TABLE ... RESET of {name} is not supported")
    gone = {name.lower() for name in names}

    def step(relation: Relation, scene: Scene) -> Relation:
        if relation.logical is None:
            raise not_parted(relation)
        kept = {name: value for name, value in relation.properties.items() if name not in gone}
        return msgspec.structs.replace(relation, properties=kept)

    return step
