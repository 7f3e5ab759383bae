"""What the planner needs to know of tables, as a protocol: the planner never sees files or a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from yunbox.wire.odps.types import DataType


@dataclass(frozen=True, order=True)
class TableName:
    """A table's full name. A two-tier project keeps all its tables in the schema ``default``."""

    project: str
    schema: str
    name: str

    def __str__(self) -> str:
        if self.schema == "default":
            return f"{self.project}.{self.name}"
        return f"{self.project}.{self.schema}.{self.name}"


@dataclass(frozen=True)
class Column:
    """One column: its name in lower case, type, comment, whether it may be NULL, and its default as SQL text."""

    name: str
    type: DataType
    comment: str = ""
    nullable: bool = True
    default: str | None = None


@dataclass(frozen=True)
class ExternalSource:
    """Where the rows of an external table lie: ``oss://bucket/folder/``, in which format, and how that is written."""

    location: str
    format: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Table:
    """A table or view. ``columns`` leaves the partition columns out; ``view_text`` is the SELECT of a view, ``source``
    tells where the rows of an external table lie."""

    name: TableName
    columns: tuple[Column, ...]
    partition_columns: tuple[Column, ...] = ()
    kind: Literal["table", "view", "external"] = "table"
    view_text: str | None = None
    comment: str = ""
    lifecycle_days: int | None = None
    properties: dict[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    source: ExternalSource | None = None

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns a SELECT * gives: data columns, then partition columns."""
        return self.columns + self.partition_columns


PartitionValues = tuple[str, ...]
"""The values of one partition, in the order of the table's partition columns."""


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
