"""Tables and columns as storage, engines and every SQL dialect share them."""

from dataclasses import dataclass, field
from typing import Literal

from yunbox.schema.locations import ExternalSource
from yunbox.schema.types import DataType


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
