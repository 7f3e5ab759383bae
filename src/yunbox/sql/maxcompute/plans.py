"""What only MaxCompute's statements become, beside the plans that dialects share (``sql/plans.py``).

Each is a description of a change, which the catalogue carries out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.sql.plans import CreateTable, Delete, Explain, Insert, MultiInsert, Query, Spec, Unload, Update

LOADED = "__loaded"
"""The name of what LOAD reads, which is no table's."""


@dataclass(frozen=True)
class RepairTable:
    """MSCK REPAIR TABLE: the folders of an external table become its partitions."""

    name: TableName


@dataclass(frozen=True)
class DropTable:
    """DROP TABLE and DROP VIEW."""

    name: TableName
    if_exists: bool = False
    kind: Literal["table", "view"] = "table"
    purge: bool = False


@dataclass(frozen=True)
class AddColumns:
    """ADD COLUMNS, at the end."""

    columns: tuple[Column, ...]
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropColumns:
    """DROP COLUMNS."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class RenameColumn:
    """CHANGE COLUMN a RENAME TO b."""

    old: str
    new: str


@dataclass(frozen=True)
class ChangeColumn:
    """CHANGE COLUMN old new type [COMMENT ...]; ``nullable`` None leaves that as it is."""

    old: str
    column: Column
    nullable: bool | None = None


@dataclass(frozen=True)
class SetColumnComment:
    """CHANGE COLUMN a COMMENT '...'."""

    column: str
    comment: str


@dataclass(frozen=True)
class SetColumnNullable:
    """CHANGE COLUMN a NULL."""

    column: str


@dataclass(frozen=True)
class RenameTable:
    """RENAME TO."""

    new: TableName


@dataclass(frozen=True)
class SetComment:
    """SET COMMENT."""

    comment: str


@dataclass(frozen=True)
class SetLifecycle:
    """SET LIFECYCLE days."""

    days: int


@dataclass(frozen=True)
class EnableLifecycle:
    """ENABLE and DISABLE LIFECYCLE, of the table or of one partition."""

    enabled: bool
    partition: Spec | None = None


@dataclass(frozen=True)
class SetProperties:
    """SET TBLPROPERTIES."""

    properties: Mapping[str, str]


@dataclass(frozen=True)
class AddPartitions:
    """ADD PARTITION; the values are in the order of the partition columns."""

    partitions: tuple[PartitionValues, ...]
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropPartitions:
    """DROP PARTITION, by value or by a filter that planning has resolved."""

    partitions: tuple[PartitionValues, ...]
    if_exists: bool = False


@dataclass(frozen=True)
class RenamePartition:
    """PARTITION (...) RENAME TO PARTITION (...)."""

    old: PartitionValues
    new: PartitionValues


@dataclass(frozen=True)
class Touch:
    """TOUCH: the modification time of the table or a partition becomes now."""

    partition: PartitionValues | None = None


@dataclass(frozen=True)
class ChangeOwner:
    """CHANGEOWNER TO."""

    owner: str


@dataclass(frozen=True)
class MergeSmallFiles:
    """MERGE SMALLFILES, of the table or a partition."""

    partition: PartitionValues | None = None


@dataclass(frozen=True)
class MergePartitions:
    """MERGE PARTITION (...), ... OVERWRITE PARTITION (...): the rows of several partitions become those of one."""

    sources: tuple[PartitionValues, ...]
    target: PartitionValues


Action = (
    AddColumns | DropColumns | RenameColumn | ChangeColumn | SetColumnComment | SetColumnNullable | RenameTable
    | SetComment | SetLifecycle | EnableLifecycle | SetProperties | AddPartitions | DropPartitions
    | RenamePartition | Touch | ChangeOwner | MergeSmallFiles | MergePartitions
)  # fmt: skip


@dataclass(frozen=True)
class AlterTable:
    """ALTER TABLE and ALTER VIEW."""

    name: TableName
    action: Action
    table: Table | None = None


@dataclass(frozen=True)
class TruncateTable:
    """TRUNCATE TABLE; ``partitions`` None means all of the table."""

    name: TableName
    partitions: tuple[PartitionValues, ...] | None = None


@dataclass(frozen=True)
class CreateView:
    """CREATE VIEW; ``columns`` are what the SELECT gives, under the view's names."""

    name: TableName
    columns: tuple[Column, ...]
    text: str
    comment: str = ""
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class CreateSchema:
    """CREATE SCHEMA."""

    project: str
    name: str
    if_not_exists: bool = False
    comment: str = ""


@dataclass(frozen=True)
class DropSchema:
    """DROP SCHEMA."""

    project: str
    name: str
    if_exists: bool = False


@dataclass(frozen=True)
class CreateFunction:
    """CREATE FUNCTION name AS 'class' USING 'resources'."""

    name: str
    class_name: str
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class DropFunction:
    """DROP FUNCTION."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True)
class Show:
    """SHOW: ``kind`` is tables, views, partitions, create table, schemas, functions, function, flags or history."""

    kind: str
    target: TableName | None = None
    like: str | None = None
    partition: Spec = ()
    scope: str = ""


@dataclass(frozen=True)
class Describe:
    """DESC [EXTENDED] table [PARTITION (...)]."""

    name: TableName
    extended: bool = False
    partition: Spec | None = None


@dataclass(frozen=True)
class SetFlags:
    """SET k=v."""

    flags: Mapping[str, str]


@dataclass(frozen=True)
class SetProject:
    """SETPROJECT k=v ...; without pairs it asks for the settings. An empty value removes a setting."""

    properties: Mapping[str, str]


@dataclass(frozen=True)
class Use:
    """USE project."""

    project: str


@dataclass(frozen=True)
class Security:
    """A statement of the security language; it is not SQL and goes elsewhere."""

    text: str


Plan = (
    Query | Insert | MultiInsert | Delete | Update | CreateTable | DropTable | AlterTable | TruncateTable
    | CreateView | CreateSchema | DropSchema | CreateFunction | DropFunction | Show | Describe | SetFlags | SetProject
    | Use | Security | Explain | Unload | RepairTable
)  # fmt: skip
