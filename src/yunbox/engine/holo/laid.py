"""Rows that come with a statement, as tables that it alone sees: what no copy has, since it is not committed."""

from collections.abc import Iterable
from typing import Any

import duckdb

from yunbox.engine.holo.columns import keys_table, table_of
from yunbox.engine.holo.loaded import column_type, made
from yunbox.engine.holo.messages import Given
from yunbox.engine.holo.reads import GONE, identifier, key_type
from yunbox.storage.rows.model import Relation


class Laid:
    """The given rows of the statements of one cursor: those of a statement go when the next one comes."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._names: list[str] = []

    def lay(self, given: Iterable[Given]) -> None:
        """Have the rows of a statement be there, and no others. Raises duckdb.Error."""
        while self._names:
            self._cursor.execute(f"DROP TABLE {identifier(self._names.pop())}")
        for one in given:
            self._lay(one)

    def _lay(self, given: Given) -> None:
        name, relation = identifier(given.name), given.relation
        columns = "".join(f", c{one.number} {column_type(one)}" for one in relation.columns)
        self._cursor.execute(f"CREATE TEMP TABLE {name} (key {key_type(relation)}, {GONE} BOOLEAN{columns})")
        self._names.append(given.name)
        gone = [relation.prefix + key for key, row in given.rows if row is None]
        if gone:
            self._fill(keys_table(relation, gone), f"INSERT INTO {name} (key, {GONE}) SELECT key, true FROM _given")
        rows = [(relation.prefix + key, row) for key, row in given.rows if row is not None]
        if rows:
            self._insert(name, relation, rows)

    def _insert(self, name: str, relation: Relation, rows: list[tuple[bytes, bytes]]) -> None:
        into = "".join(f", c{one.number}" for one in relation.live)
        values = "".join(f", {made(one, f'c{one.number}')}" for one in relation.live)
        self._fill(
            table_of(relation, [key for key, _ in rows], [row for _, row in rows]),
            f"INSERT INTO {name} (key, {GONE}{into}) SELECT key, false{values} FROM _given",
        )

    def _fill(self, rows: Any, sql: str) -> None:
        self._cursor.register("_given", rows)
        try:
            self._cursor.execute(sql)
        finally:
            self._cursor.unregister("_given")
