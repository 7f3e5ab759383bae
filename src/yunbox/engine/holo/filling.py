"""Rows on their way into tables of DuckDB, which have a table's columns by their numbers."""

from typing import Any

import duckdb

from yunbox.engine.holo.loaded import made
from yunbox.storage.rows.model import Relation

ROWS = "_given"
"""What the rows are called that a statement is run on."""


def run_on(cursor: duckdb.DuckDBPyConnection, rows: Any, sql: str) -> None:
    """Run a statement on some rows, as ``columns.py`` makes them. Raises duckdb.Error."""
    cursor.register(ROWS, rows)
    try:
        cursor.execute(sql)
    finally:
        cursor.unregister(ROWS)


def insertion(relation: Relation, into: str, **others: str) -> str:
    """The SQL that inserts rows with their keys; ``others`` are further columns, each with its value."""
    names = "".join([*(f", {name}" for name in others), *(f", c{one.number}" for one in relation.live)])
    values = [*others.values(), *(made(one, f"c{one.number}") for one in relation.live)]
    return f"INSERT INTO {into} (key{names}) SELECT key{''.join(f', {value}' for value in values)} FROM {ROWS}"
