"""Hologres' tables as sources that end: a table as it is.

Source: the vendor's page "Hologres connector" of Realtime Compute for Apache Flink.
"""

from collections.abc import Sequence
from typing import Any

from yunbox.clients.hologres.target import quoted
from yunbox.engine.stream.batch import Batch, from_rows
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.hologres_tables import column_of, connected, described
from yunbox.engine.stream.connectors.hologres_values import physical
from yunbox.sql.flink.plans import Source

_PAGE_ROWS = 10_000


class HologresReader:
    """Reads a table as it is, page by page in the order of its primary key, behind whose last one it goes on.

    One without a key is read at once.
    """

    def __init__(self, source: Source, environment: Environment) -> None:
        self.types = tuple(column.type for column in source.columns)
        self.columns = tuple(f"c{at}" for at in range(len(self.types)))
        self.is_finished = False
        self._options = source.options
        self._connection = connected(source.options)
        self._target = described(self._connection, source.options)
        found = [column_of(self._target, column, source.table) for column in source.columns]
        key = [self._target.by_name[name] for name in self._target.primary_key]
        self._width = len(found)
        self._last: list[str] | None = None
        names = ", ".join(quoted(one.name) for one in (*found, *key)) or "1"
        self._base = f"SELECT {names} FROM {self._target.sql}"
        keys = ", ".join(quoted(one.name) for one in key)
        places = ", ".join(f"${at}::{one.type}" for at, one in enumerate(key, 1))
        self._order = f" ORDER BY {keys} LIMIT {_PAGE_ROWS}" if key else ""
        self._after = f" WHERE ({keys}) > ({places})" if len(key) > 1 else f" WHERE {keys} > {places}"

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        if self.is_finished:
            return []
        where = self._after if self._last is not None else ""
        rows = self._connection.execute(self._base + where + self._order, self._last or (), keep=True).rows
        self.is_finished = not self._order or len(rows) < _PAGE_ROWS
        if not rows:
            return []
        self._last = [str(value) for value in rows[-1][self._width :]]
        values = [tuple(physical(text, of) for text, of in zip(row, self.types, strict=False)) for row in rows]
        return [from_rows(values, self.types, "0")]

    def offsets(self) -> Any:
        """As in Reader: the last key that was read, and whether that was all."""
        return [self._last, self.is_finished]

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._last, self.is_finished = offsets

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [] if self.is_finished else ["0"]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return 0 if self.is_finished else None

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        return f"table {self._target.sql}, in the rows up to the key {self._last}"

    def close(self) -> None:
        """As in Reader."""
        self._connection.close()
