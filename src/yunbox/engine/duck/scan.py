"""The relation behind a table: a SELECT over the Parquet files of one snapshot."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from yunbox.schema.tables import Column, Table
from yunbox.storage.tables.model import DataFile


def quote_name(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def relation(table: Table, location: Path, files: Sequence[DataFile], columns: Sequence[str]) -> str:
    """A SELECT that yields the named columns of the given files with their declared types.

    Files written before a column was added do not have it: they are read apart, with NULL in its place.
    """
    wanted = [column for column in table.all_columns if column.name in set(columns)]
    groups: defaultdict[frozenset[str], list[DataFile]] = defaultdict(list)
    for file in files:
        groups[frozenset(file.columns)].append(file)
    if not groups:
        return f"SELECT {_nulls(wanted)} WHERE false"
    parts = [_group(table, location, group, present, wanted) for present, group in groups.items()]
    return " UNION ALL ".join(parts)


def _group(
    table: Table, location: Path, files: Sequence[DataFile], present: frozenset[str], wanted: Sequence[Column]
) -> str:
    partition_names = {column.name for column in table.partition_columns}
    items = [_item(column, column.name in present or column.name in partition_names) for column in wanted] or [
        '1 AS "_"'
    ]
    return f"SELECT {', '.join(items)} FROM {read_parquet(table, location, files)}"


def read_parquet(table: Table, location: Path, files: Sequence[DataFile], extra: str = "") -> str:
    """The table function that reads the files, partition columns included."""
    names = ", ".join(quote_text(str(location / file.path)) for file in files)
    if not table.partition_columns:
        return f"read_parquet([{names}], hive_partitioning = false{extra})"
    kinds = ", ".join(f"{quote_name(c.name)}: {c.type.duckdb}" for c in table.partition_columns)
    return f"read_parquet([{names}], hive_partitioning = true, hive_types = {{{kinds}}}{extra})"


def _item(column: Column, present: bool) -> str:
    name = quote_name(column.name)
    if not present:
        return f"CAST({column.default or 'NULL'} AS {column.type.duckdb}) AS {name}"
    if column.type.name == "json":
        return f"CAST({name} AS JSON) AS {name}"
    return name


def _nulls(columns: Sequence[Column]) -> str:
    return ", ".join(f"CAST(NULL AS {c.type.duckdb}) AS {quote_name(c.name)}" for c in columns) or '1 AS "_"'


def scanned_bytes(files: Sequence[DataFile], columns: Sequence[str]) -> int:
    """Compressed bytes of the named columns in the given files."""
    return sum(file.columns.get(column, 0) for file in files for column in columns)


def column_sizes(statistics: dict[str, dict[str, str]]) -> dict[str, int]:
    """Compressed bytes by top-level column, from the statistics DuckDB returns after writing a file."""
    sizes: defaultdict[str, int] = defaultdict(int)
    for path, values in statistics.items():
        sizes[_first_name(path)] += int(values.get("column_size_bytes", 0))
    return dict(sizes)


def _first_name(path: str) -> str:
    """The first identifier of a quoted dotted path such as ``"l"."element"``."""
    end = 1
    while True:
        end = path.index('"', end)
        if path[end + 1 : end + 2] != '"':
            return path[1:end].replace('""', '"')
        end += 2


def delta_stats(statistics: dict[str, dict[str, str]], table: Table) -> dict[str, object]:
    """Per-file statistics other Delta readers skip files by: null counts, and bounds of plain columns."""
    nulls: dict[str, int] = {}
    low: dict[str, object] = {}
    high: dict[str, object] = {}
    for column in table.columns:
        values = statistics.get(json.dumps(column.name, ensure_ascii=False))
        if values is None or column.type.children:
            continue
        if "null_count" in values:
            nulls[column.name] = int(values["null_count"])
        if "min" in values and (convert := _BOUNDS.get(column.type.name)):
            low[column.name] = convert(values["min"])
            high[column.name] = convert(values["max"])
    return {"minValues": low, "maxValues": high, "nullCount": nulls}


_BOUNDS = {"tinyint": int, "smallint": int, "int": int, "bigint": int, "date": str}
