"""What statements check of a table before they change it, in the vendor's words."""

import re
from collections.abc import Iterable
from pathlib import Path

from yunbox.engine.duck.failures import BadPartition
from yunbox.engine.duck.messages import Written
from yunbox.kernel import limits
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.schema.tables import PartitionValues, Table
from yunbox.sql.plans import Insert
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import StoredTable, partition_spec

_PLAIN_VALUE = re.compile(r"[ -.0-~]+")  # what can be printed of ASCII, but no slash


def location(stored: StoredTable) -> Path:
    """The folder of a table's files."""
    return Path(stored.location)


def check_writable(table: Table) -> None:
    """Raise when rows cannot be written to it."""
    if table.kind == "view":
        raise InvalidArgument(f"ODPS-0130071:[0,0] Semantic analysis exception - view {table.name} cannot be written")


def check_internal(table: Table) -> None:
    """Raise when the rows of a table lie in OSS, where only INSERT and the owner of the objects change them."""
    if table.source is not None:
        raise InvalidArgument(
            f"ODPS-0130071:[0,0] Semantic analysis exception - {table.name} is an external table: change the objects "
            f"in {table.source.location}, or INSERT OVERWRITE it"
        )


def check_table_columns(table: Table) -> None:
    """Raise for columns that no table can have."""
    limits.check_name(table.name.name, "table")
    names = [column.name for column in table.all_columns]
    if not table.columns:
        raise InvalidArgument("A table needs at least one column that is no partition column")
    if len(names) > limits.COLUMNS_MAX or len(table.partition_columns) > limits.PARTITION_COLUMNS_MAX:
        raise InvalidArgument(
            f"A table has at most {limits.COLUMNS_MAX} columns, {limits.PARTITION_COLUMNS_MAX} of them for partitions"
        )
    for name in names:
        if not limits.is_column_name(name):
            raise InvalidArgument(f"Invalid column name {name!r}: use letters, digits and underscores")
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise InvalidArgument(f"Column {sorted(doubled)[0]} is defined more than once")
    comments = [table.comment, *(column.comment for column in table.all_columns)]
    if any(len(comment) > limits.COMMENT_LENGTH_MAX for comment in comments):
        raise InvalidArgument(f"A comment has at most {limits.COMMENT_LENGTH_MAX} characters")


def require_partitions(catalogue: Catalogue, stored: StoredTable, wanted: Iterable[PartitionValues]) -> None:
    """Raise NotFound unless the table has all of these partitions."""
    existing = set(catalogue.partitions(stored.table.name))
    for values in wanted:
        if tuple(values) not in existing:
            spec = partition_spec(stored.table, values)
            raise NotFound(f"ODPS-0130271:[0,0] Partition does not exist - {spec}", code="ODPS-0130271")


def check_dynamic(insert: Insert, written: Written) -> None:
    """The vendor's page "Insert or overwrite data into dynamic partitions": no special and no Chinese characters."""
    fixed = dict(insert.static_partition)
    for values in {file.partition for file in written.files}:
        for column, value in zip(insert.target.partition_columns, values, strict=True):
            if column.name not in fixed and not _PLAIN_VALUE.fullmatch(value):
                raise BadPartition(f"invalid dynamic partition value: {column.name}={value}")
