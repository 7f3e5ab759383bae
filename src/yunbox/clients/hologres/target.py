"""What a table looks like to one who writes into it, by the catalogue.

``information_schema`` says what is generated: PostgreSQL 11, whose catalogue Hologres has, says it nowhere else. Rows
of a partitioned table are written into its partitions, as the vendor's client does it: each has one value of a column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from yunbox.clients.hologres.connection import Connection
from yunbox.kernel.errors import NotFound

_COLUMNS = """
SELECT a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
       i.is_generated = 'ALWAYS', a.attnum, a.atttypmod
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN information_schema.columns i
  ON i.table_schema = n.nspname AND i.table_name = c.relname AND i.column_name = a.attname
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
ORDER BY a.attnum
"""
_KEY = """
SELECT k.conkey FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND k.contype = 'p'
"""
_PARTITIONS = """
SELECT pn.nspname, p.relname, pg_get_expr(p.relpartbound, p.oid), pg_get_partkeydef(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid
LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhrelid
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'p'
"""
_TRUE = "t"
_LIST = re.compile(r'LIST \("?(.*?)"?\)')
_VALUE = re.compile(r"'((?:[^']|'')*)'|[^\s(),']+(?=[,)])")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type by number and as SQL writes it. ``modifier`` is -1 where the type has none."""

    name: str
    oid: int
    type: str
    nullable: bool
    has_default: bool
    generated: bool
    modifier: int = -1


@dataclass(frozen=True)
class Target:
    """A table; ``primary_key`` are the names of the key's columns, in their order in it. ``partitions`` are schemas
    and names, by the text of the value that each has of the partition column."""

    schema: str
    table: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    partition_column: str = ""
    partitions: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def partition(self, value: object) -> "Target":
        """The partition of a value of the partition column. Raises NotFound."""
        found = self.partitions.get(str(value))
        if found is None:
            wanted = f"{self.partition_column} = {str(value)[:64]!r}"
            raise NotFound(f'no partition of relation "{self.table}" found for row: {wanted}', code="23514")
        return replace(self, schema=found[0], table=found[1], partition_column="", partitions={})

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    @property
    def sql(self) -> str:
        """The table's name in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def describe(connection: Connection, schema: str, table: str) -> Target:
    """A table by its name. Raises NotFound, PgError, Disconnected."""
    found = connection.execute(_COLUMNS, (schema, table)).rows
    if not found:
        raise NotFound(f'relation "{schema}.{table}" does not exist', code="42P01")
    numbered = {
        row[6]: Column(str(row[0]), int(row[1] or 0), str(row[2]), row[3] != _TRUE, row[4] == _TRUE,
                       row[5] == _TRUE, int(row[7] or -1))
        for row in found
    }  # fmt: skip
    keys = connection.execute(_KEY, (schema, table)).rows
    numbers = str(keys[0][0]).strip("{}").split(",") if keys else []
    key = tuple(numbered[number].name for number in numbers)
    return Target(schema, table, tuple(numbered.values()), key, *_partitions(connection, schema, table))


def _partitions(connection: Connection, schema: str, table: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """The partition column, empty for a table that has none, and the partitions."""
    found = connection.execute(_PARTITIONS, (schema, table)).rows
    listed = _LIST.fullmatch(str(found[0][3])) if found else None
    made: dict[str, tuple[str, str]] = {}
    for of, name, bound, _ in found:
        if of is not None and name is not None and bound is not None:
            made |= {_value(one): (of, name) for one in _VALUE.finditer(bound.partition(" IN ")[2])}
    return listed[1].replace('""', '"') if listed else "", made


def _value(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else found[1].replace("''", "'")
