"""Timestamps that Spark and Hive write into Parquet by default: INT96, an instant in UTC that does not say so.

DuckDB reads them as local times, which a session elsewhere than in UTC would take for other instants.
"""

from collections.abc import Iterable, Iterator, Sequence

import duckdb

from yunbox.engine.duck.scan import quote_name, quote_text
from yunbox.sql.maxcompute.catalog import Column


def by_instants(
    db: duckdb.DuckDBPyConnection, paths: Sequence[str], columns: Iterable[Column]
) -> Iterator[tuple[list[str], list[str]]]:
    """Files by the INT96 columns of theirs that are wanted as instants: the names there, and the files."""
    wanted = {column.name for column in columns if column.type.duckdb == "TIMESTAMPTZ"}
    groups: dict[tuple[str, ...], list[str]] = {}
    found = _instants(db, paths) if wanted else {}
    for path in paths:
        names = tuple(sorted(name for name in found.get(path, ()) if name.lower() in wanted))
        groups.setdefault(names, []).append(path)
    yield from ((list(names), files) for names, files in groups.items())


def as_instants(reader: str, names: Sequence[str]) -> str:
    """A reader whose columns of these names are instants."""
    if not names:
        return reader
    items = ", ".join(f"timezone('UTC', CAST({quote_name(n)} AS TIMESTAMP)) AS {quote_name(n)}" for n in names)
    return f"(SELECT * REPLACE ({items}) FROM {reader})"


def _instants(db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> dict[str, list[str]]:
    """The INT96 columns of each file, by its path."""
    names = ", ".join(map(quote_text, paths))
    rows = db.execute(f"SELECT file_name, name, type, num_children FROM parquet_schema([{names}])").fetchall()
    found: dict[str, list[str]] = {}
    open_nodes: list[int] = []
    for path, name, kind, children in rows:  # depth first: the root, its columns, what is inside of these
        depth = len(open_nodes)
        if depth == 1 and kind == "INT96":
            found.setdefault(path, []).append(name)
        if depth:
            open_nodes[-1] -= 1
        open_nodes.append(children or 0)
        while open_nodes and not open_nodes[-1]:
            open_nodes.pop()
    return found
