"""Queries that come again and again are prepared: DuckDB then neither parses, binds nor optimises them anew."""

from collections import OrderedDict
from typing import Protocol

import duckdb

_KEPT_MAX = 128
_TEXT_LENGTH_MAX = 4096


class Rows(Protocol):
    """What gives the rows of a query, as many as are asked for."""

    def fetchmany(self, size: int = 1) -> list[tuple]:
        """The next rows."""


class Prepared:
    """Runs queries that read no table; one that comes for the second time is prepared."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self._names: OrderedDict[str, str] = OrderedDict()
        self._made = 0

    def run(self, query: str) -> Rows:
        """Run a query."""
        name = self._names.get(query)
        if name:
            self._names.move_to_end(query)
            return self._db.execute(f"EXECUTE {name}")
        if name is None:
            self._note(query)
            return self._db.execute(query)
        self._made += 1
        name = f"prepared_{self._made}"
        self._db.execute(f"PREPARE {name} AS {query}")
        self._names[query] = name
        return self._db.execute(f"EXECUTE {name}")

    def forget(self) -> None:
        """Let all go: a setting has changed that constants may have been worked out under."""
        for name in filter(None, self._names.values()):
            self._db.execute(f"DEALLOCATE {name}")
        self._names.clear()

    def _note(self, query: str) -> None:
        if len(query) > _TEXT_LENGTH_MAX:
            return
        self._names[query] = ""
        if len(self._names) > _KEPT_MAX:
            _, name = self._names.popitem(last=False)
            if name:
                self._db.execute(f"DEALLOCATE {name}")
