"""What a statement becomes, whatever its dialect: frozen plans that an engine carries out without reading SQL again.

A ``Query`` is DuckDB SQL in which every read of a stored table is a token such as ``"__scan_0"``; the engine
puts a relation with the scan's columns in its place. What only one dialect has stands beside its planner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Column, PartitionValues, Table, TableName

Spec = tuple[tuple[str, str], ...]
"""A partition as written: pairs of column name and value."""


@dataclass(frozen=True)
class Scan:
    """One read of a table: which columns, and which partitions are left after pruning.

    ``partitions`` is None for an unpartitioned table; ``partition_filter`` says in words what pruned.
    """

    token: str
    table: Table
    columns: tuple[str, ...]
    partitions: tuple[PartitionValues, ...] | None
    total_partitions: int
    has_partition_predicate: bool
    partition_filter: str = ""


@dataclass(frozen=True)
class Query:
    """A query as DuckDB SQL, with the names and types it gives back; ``asked`` are tables whose partitions it names."""

    sql: str
    columns: tuple[Column, ...]
    scans: tuple[Scan, ...] = ()
    views: tuple[TableName, ...] = ()
    ordered: bool = False
    hints: tuple[str, ...] = ()
    asked: tuple[TableName, ...] = ()


@dataclass(frozen=True)
class Insert:
    """INSERT INTO or OVERWRITE. The query gives the target's columns in order, then the dynamic partition
    columns as VARCHAR."""

    target: Table
    overwrite: bool
    query: Query
    static_partition: Spec = ()
    dynamic_partition: tuple[str, ...] = ()


@dataclass(frozen=True)
class MultiInsert:
    """FROM ... INSERT ... INSERT ...: all or nothing."""

    inserts: tuple[Insert, ...]


@dataclass(frozen=True)
class Delete:
    """DELETE of a Delta table.

    ``query`` gives the rows that stay in the partitions of its first scan: its output replaces exactly those
    (the whole table when unpartitioned). Columns as in an Insert with only dynamic partition columns.
    """

    target: Table
    query: Query


@dataclass(frozen=True)
class Update:
    """UPDATE of a Delta table: ``query`` gives all rows of its first scan's partitions as they are afterwards."""

    target: Table
    query: Query


@dataclass(frozen=True)
class CreateTable:
    """CREATE TABLE, also LIKE and AS SELECT, and CREATE EXTERNAL TABLE, which has a ``source``."""

    name: TableName
    columns: tuple[Column, ...] = ()
    partition_columns: tuple[Column, ...] = ()
    comment: str = ""
    lifecycle_days: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    if_not_exists: bool = False
    like: Table | None = None
    as_query: Query | None = None
    primary_key: tuple[str, ...] = ()
    source: ExternalSource | None = None
    or_replace: bool = False


@dataclass(frozen=True)
class Unload:
    """UNLOAD: the rows of a query become files in a location."""

    query: Query
    target: ExternalSource


@dataclass(frozen=True)
class Explain:
    """EXPLAIN: the plan, and its text."""

    plan: object
    text: str


def queries(statement: object) -> list[Query]:
    """Every query inside a plan."""
    if isinstance(statement, Query):
        return [statement]
    if isinstance(statement, Explain):
        return queries(statement.plan)
    if isinstance(statement, Delete | Update | Unload):
        return [statement.query]
    found = [insert.query for insert in inserts(statement)]
    query = getattr(statement, "as_query", None)
    return [*found, query] if isinstance(query, Query) else found


def inserts(statement: object) -> tuple[Insert, ...]:
    """The inserts of a plan, in order."""
    if isinstance(statement, Insert):
        return (statement,)
    if isinstance(statement, MultiInsert):
        return tuple(statement.inserts)
    return ()
