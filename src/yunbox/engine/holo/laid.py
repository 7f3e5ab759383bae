"""Rows that come with a statement, as tables that it alone sees: what no copy has, since it is not committed."""

from collections.abc import Iterable

import duckdb

from yunbox.engine.holo.columns import batch_of, keys_batch, table_of
from yunbox.engine.holo.filling import ROWS, insertion, run_on
from yunbox.engine.holo.loaded import column_type
from yunbox.engine.holo.messages import Given
from yunbox.engine.holo.reads import GONE, identifier, key_type
from yunbox.storage.rows.bulk.packed import Pieces


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
        gone = [key for key, row in given.rows if row is None]
        if gone:
            sql = f"INSERT INTO {name} (key, {GONE}) SELECT key, true FROM {ROWS}"
            run_on(self._cursor, table_of([keys_batch(relation, Pieces.of(gone))]), sql)
        rows = [(key, row) for key, row in given.rows if row is not None]
        if rows:
            batch = batch_of(relation, Pieces.of([key for key, _ in rows]), Pieces.of([row for _, row in rows]))
            run_on(self._cursor, table_of([batch]), insertion(relation, name, **{GONE: "false"}))
