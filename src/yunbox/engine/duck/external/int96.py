"""Timestamps that Spark and Hive write into Parquet by default: INT96, an instant in UTC that does not say so.

DuckDB reads them as local times, which a session elsewhere than in UTC would take for other instants.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import duckdb

from yunbox.engine.duck.scan import quote_name, quote_text


def parquet_readers(
    db: duckdb.DuckDBPyConnection, paths: Sequence[str], wanted: Collection[str] | None = None
) -> Iterator[str]:
    """Table functions that read files, with instants in those columns that have INT96.

    ``wanted`` are the columns that matter, in lower case; None for all.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    found = {} if wanted is not None and not wanted else _with_int96(db, paths)
    for path in paths:
        names = tuple(name for name in found.get(path, ()) if wanted is None or name.lower() in wanted)
        groups.setdefault(names, []).append(path)
    for names, files in groups.items():
        listed = ", ".join(map(quote_text, files))
        yield _as_instants(db, f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)", names)


def _as_instants(db: duckdb.DuckDBPyConnection, reader: str, names: Sequence[str]) -> str:
    if not names:
        return reader
    shape = db.sql(f"SELECT {', '.join(map(quote_name, names))} FROM {reader} LIMIT 0")
    items = (f"{_instant(quote_name(n), of)} AS {quote_name(n)}" for n, of in zip(names, shape.types, strict=True))
    return f"(SELECT * REPLACE ({', '.join(items)}) FROM {reader})"


def _instant(value: str, of: Any, depth: int = 0) -> str:
    """SQL for a value whose timestamps are made instants, inside of lists, structs and maps too."""
    if of.id == "timestamp":
        return f"timezone('UTC', {value})"
    if of.id == "list":
        item = f"x{depth}"
        return f"list_transform({value}, lambda {item}: {_instant(item, of.children[0][1], depth + 1)})"
    if of.id == "struct":
        fields = (
            f"{quote_name(name)} := {_instant(f'({value}).{quote_name(name)}', inner, depth)}"
            for name, inner in of.children
        )
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(fields)}) END"
    if of.id == "map":
        key, inner = f"x{depth}.key", f"x{depth}.value"
        pair = f"row({_instant(key, of.children[0][1], depth + 1)}, {_instant(inner, of.children[1][1], depth + 1)})"
        return f"map_from_entries(list_transform(map_entries({value}), lambda x{depth}: {pair}))"
    return value


def _with_int96(db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> dict[str, list[str]]:
    """The columns of each file that are INT96, or have it inside of them, by the file's path."""
    names = ", ".join(map(quote_text, paths))
    rows = db.execute(f"SELECT file_name, name, type, num_children FROM parquet_schema([{names}])").fetchall()
    found: dict[str, list[str]] = {}
    column = ""
    left: list[int] = []
    for path, name, kind, children in rows:  # depth first: the root, its columns, what is inside of these
        if len(left) == 1:
            column = name
        if kind == "INT96" and column not in found.setdefault(path, []):
            found[path].append(column)
        if left:
            left[-1] -= 1
        left.append(children or 0)
        while left and not left[-1]:
            left.pop()
    return found
