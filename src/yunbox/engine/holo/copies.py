"""Copies of tables in DuckDB, which analytic statements read: brought up to the row store before each of them.

The row store is what counts: a copy is made anew when the engine starts, and follows the log of its table from there.
So a statement sees every row that was acknowledged before it, and what a copy has taken the log need not keep. A copy
has its columns by their numbers, and the keys of the rows.
"""

import threading
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import arro3.core as arrow
import duckdb

from yunbox.engine.holo.cuts import cut
from yunbox.engine.holo.loaded import carried, column_type, made
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import fields_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import View

_ROWS = 20_000
"""How many rows are brought at a time."""
_NODE = 8
Rows = Iterable[tuple[bytes, bytes | None]]
"""Keys, each with its row, or None where there is none any more."""


class Copies:
    """The copies of one DuckDB."""

    def __init__(self, db: duckdb.DuckDBPyConnection, store: RowStore) -> None:
        self._db = db.cursor()
        self._store = store
        self._lock = threading.Lock()
        self._positions: dict[int, int] = {}
        self._columns: dict[int, set[int]] = {}

    def bring(self, relations: Sequence[Relation]) -> dict[int, int]:
        """Have the copies of some tables be what the tables are now; up to where their logs were followed, by node.

        Raises duckdb.Error.
        """
        with self._lock:
            for relation in relations:
                self._bring(relation)
            return {relation.node: self._positions[relation.node] for relation in relations}

    def upkeep(self) -> None:
        """Follow the logs of tables that have copies, cut them, and let go of copies of what is gone."""
        with self._lock, self._store.reading() as view:
            relations = {one.node: one for one in self._store.catalogue(view).relations.values()}
            for node in [node for node in self._positions if node not in relations]:
                self._drop(node)
            logged = [relations[node] for node in self._positions if view.position(relations[node])]
        for relation in logged:
            with self._lock:
                if relation.node in self._positions:
                    self._bring(relation)
                    cut(self._store, relation, self._positions[relation.node])

    def _bring(self, relation: Relation) -> None:
        before = self._positions.get(relation.node)
        if before is None:
            self._store.write_sync(lambda change: change.follow(relation))
        with self._store.reading() as view:
            if before is None:
                self._begin(relation, view)
                return
            self._widen(relation)
            position = view.position(relation)
            if position <= before:
                return
            keys = sorted({key for _, key in view.changed(relation, before)})
            rows = ((key, view.row(key)) for key in keys)
            self._change(relation, rows, position, fresh=False)

    def _begin(self, relation: Relation, view: View) -> None:
        """Copy all rows, of a table whose changes are logged from before this view on."""
        node = relation.node
        columns = "".join(f", c{one.number} {column_type(one)}" for one in relation.columns)
        self._db.execute(f"CREATE TABLE n{node} (key BLOB{columns})")
        self._columns[node] = {column.number for column in relation.columns}
        try:
            self._change(relation, view.prefixed("rows", relation.prefix), view.sequence, fresh=True)
        except BaseException:
            self._drop(node)
            raise

    def _widen(self, relation: Relation) -> None:
        """The columns that a table has got since; their values in the rows that are there are known."""
        known = self._columns[relation.node]
        for column in relation.columns:
            if column.number not in known:
                name, of = f"n{relation.node}", column_type(column)
                self._db.execute(f"ALTER TABLE {name} ADD COLUMN c{column.number} {of}")
                if column.missing is not None:
                    missing = carried(column, column.missing.encode())
                    self._db.execute(f"UPDATE {name} SET c{column.number} = {made(column, '$1')}", [missing])
                known.add(column.number)

    def _change(self, relation: Relation, rows: Rows, position: int, *, fresh: bool) -> None:
        self._db.execute("BEGIN")
        try:
            remaining = iter(rows)
            while batch := list(islice(remaining, _ROWS)):
                self._apply(relation, batch, fresh=fresh)
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._positions[relation.node] = position

    def _apply(self, relation: Relation, batch: list[tuple[bytes, bytes | None]], *, fresh: bool) -> None:
        name = f"n{relation.node}"
        if not fresh:
            keys = arrow.Array([key[_NODE:] for key, _ in batch], arrow.DataType.binary())
            self._db.register("_keys", arrow.Table.from_pydict({"key": keys}))
            self._db.execute(f"DELETE FROM {name} WHERE key IN (SELECT key FROM _keys)")
            self._db.unregister("_keys")
        present = [(key, row) for key, row in batch if row is not None]
        if not present:
            return
        columns = [column for column in relation.columns if not column.dropped]
        self._db.register("_rows", table_of(relation, columns, present))
        into = "".join(f", c{column.number}" for column in columns)
        values = "".join(f", {made(column, f'c{column.number}')}" for column in columns)
        self._db.execute(f"INSERT INTO {name} (key{into}) SELECT key{values} FROM _rows")
        self._db.unregister("_rows")

    def _drop(self, node: int) -> None:
        self._db.execute(f"DROP TABLE IF EXISTS n{node}")
        self._positions.pop(node, None)
        self._columns.pop(node, None)


def table_of(relation: Relation, columns: list[Column], rows: list[tuple[bytes, bytes]]) -> arrow.Table:
    """Rows as a table of texts, with their keys."""
    fields = [fields_of(relation, row) for _, row in rows]
    made_of: dict[str, Any] = {
        "key": arrow.Array([key[_NODE:] for key, _ in rows], arrow.DataType.binary()),
    }
    for column in columns:
        at = column.number - 1
        made_of[f"c{column.number}"] = arrow.Array([carried(column, row[at]) for row in fields], arrow.DataType.utf8())
    return arrow.Table.from_pydict(made_of)
