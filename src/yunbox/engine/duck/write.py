"""Writing Parquet files for a table: durable when this returns, and part of no table yet."""

import uuid
from collections.abc import Sequence
from pathlib import Path

import duckdb

from yunbox.engine.duck.failures import BadPartition
from yunbox.engine.duck.messages import Written
from yunbox.engine.duck.scan import column_sizes, delta_stats, quote_name, quote_text
from yunbox.kernel import limits
from yunbox.schema.tables import PartitionValues, Table
from yunbox.storage.files import sync_file, sync_folder
from yunbox.storage.tables.model import DataFile, checked_partition, partition_folder

_ROW_GROUP_ROWS = 122_880
_OPEN_FILES_MAX = 512


def write_static(
    db: duckdb.DuckDBPyConnection, query: str, table: Table, location: Path, partition: PartitionValues
) -> Written:
    """Write a query's rows, the data columns in order, as one file of one partition (or of the table)."""
    folder = location / partition_folder(table, checked_partition(table, partition)) if partition else location
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"part-{uuid.uuid4()}.parquet"
    rows = _copy(db, query, target, _OPTIONS)
    return _written(table, location, rows)


def write_dynamic(
    db: duckdb.DuckDBPyConnection, query: str, table: Table, location: Path, static: Sequence[tuple[str, str]]
) -> Written:
    """Write a query's rows by the partitions they name.

    The query yields the data columns, then the partition columns that ``static`` does not fix.
    """
    location.mkdir(parents=True, exist_ok=True)
    fixed = dict(static)
    names = [column.name for column in table.partition_columns]
    extra = "".join(f", {quote_text(fixed[n])} AS {quote_name(n)}" for n in names if n in fixed)
    ordered = ", ".join(quote_name(n) for n in (*(c.name for c in table.columns), *names))
    source = f"SELECT {ordered} FROM (SELECT *{extra} FROM ({query}))"
    partition_by = ", ".join(map(quote_name, names))
    options = f"{_OPTIONS}, PARTITION_BY ({partition_by}), OVERWRITE_OR_IGNORE true, FILENAME_PATTERN 'part-{{uuid}}'"
    rows = _copy(db, source, location, options)
    return _written(table, location, rows)


_OPTIONS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP_ROWS}, RETURN_STATS true"


def _copy(db: duckdb.DuckDBPyConnection, query: str, target: Path, options: str) -> list[tuple]:
    db.execute(f"SET partitioned_write_max_open_files = {_OPEN_FILES_MAX}")
    return db.execute(f"COPY ({query}) TO {quote_text(str(target))} ({options})").fetchall()


def _written(table: Table, location: Path, rows: list[tuple]) -> Written:
    files: list[DataFile] = []
    folders: set[Path] = set()
    for name, count, size_bytes, _footer, statistics, partition, *_ in rows:
        path = Path(name)
        if count == 0:
            path.unlink(missing_ok=True)
            continue
        sync_file(path)
        folders.update(parent for parent in path.parents if parent.is_relative_to(location))
        files.append(_data_file(table, location, path, count, size_bytes, statistics, partition))
    for folder in folders | {location}:
        if folder.exists():
            sync_folder(folder)
    return Written(tuple(files), sum(file.rows for file in files))


def _data_file(
    table: Table,
    location: Path,
    path: Path,
    rows: int,
    size_bytes: int,
    statistics: dict[str, dict[str, str]],
    partition: dict[str, str] | None,
) -> DataFile:
    relative = str(path.relative_to(location))
    values = tuple(_partition_value(column.name, partition, relative) for column in table.partition_columns)
    sizes = {column.name: 0 for column in table.columns} | column_sizes(statistics or {})
    return DataFile(
        path=relative,
        partition=values,
        size_bytes=size_bytes,
        rows=rows,
        columns=sizes,
        stats=delta_stats(statistics or {}, table),
    )


def _partition_value(name: str, partition: dict[str, str] | None, relative: str) -> str:
    from urllib.parse import unquote

    if partition and name in partition:
        value = partition[name]
    else:
        prefix = f"{name}="
        value = next(unquote(part[len(prefix) :]) for part in relative.split("/") if part.startswith(prefix))
    if value in (None, "", "__HIVE_DEFAULT_PARTITION__"):
        raise BadPartition(f"invalid dynamic partition value: {name} is NULL or empty")
    if len(value) > limits.PARTITION_VALUE_LENGTH_MAX:
        raise BadPartition(
            f"invalid dynamic partition value: {name} is longer than {limits.PARTITION_VALUE_LENGTH_MAX} characters"
        )
    return value
