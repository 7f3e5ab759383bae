"""What a planner needs to know of tables, as a protocol: it never sees files or a database."""

from collections.abc import Sequence
from typing import Protocol

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
