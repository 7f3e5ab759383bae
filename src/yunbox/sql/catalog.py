"""What a planner asks for, as protocols: it never sees files, a database or an engine."""

from collections.abc import Sequence
from typing import Any, Protocol

from yunbox.schema.tables import PartitionValues, Table, TableName


class Catalog(Protocol):
    """Where the planner looks names up. Lookups are case-insensitive: callers pass lower case."""

    def table(self, name: TableName) -> Table | None:
        """The table or view of that name, or None."""

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        """Every partition of a partitioned table, sorted."""

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        """The last partition, in their order, that holds rows."""

    def function_exists(self, project: str, name: str) -> bool:
        """Whether a user-defined function of that name is registered in the project."""


class Evaluator(Protocol):
    """Runs one constant query on DuckDB; an engine lends its connection for it."""

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query that reads no table."""
