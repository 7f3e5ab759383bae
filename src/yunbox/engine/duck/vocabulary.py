"""What a worker teaches its DuckDB of the dialects: their macros at once, their functions in Python when one is called.

DuckDB loads numpy before it takes a function in Python, a tenth of a second and 17 MB that most statements do without.
A macro that calls such a function, itself or through others, waits for it too: DuckDB looks names up when it makes one.
"""

import re
from collections.abc import Iterable
from typing import Any

import duckdb
from duckdb import func

from yunbox.engine.duck.dialects import Dialect

_MADE = re.compile(r"MACRO (\w+)")


class Vocabulary:
    """The functions that one DuckDB knows."""

    def __init__(self, db: duckdb.DuckDBPyConnection, dialects: Iterable[Dialect]) -> None:
        """Make known what needs no Python."""
        self._db = db
        dialects = tuple(dialects)
        self._natives = [native for dialect in dialects for native in dialect.NATIVES]
        self._macros: list[str] = []
        self._waiting = _calls_of(native.name for native in self._natives)
        for macro in (macro for dialect in dialects for macro in dialect.MACROS):
            self._add(macro)

    def provide(self, sql: str) -> None:
        """Make known what a text calls, if it is not yet."""
        if not self._natives or not self._waiting.search(sql):
            return
        for one in self._natives:
            params: list[Any] = list(one.params)
            self._db.create_function(one.name, one.function, params, one.returns, null_handling=func.SPECIAL)
        for macro in self._macros:
            self._db.execute(macro)
        self._natives, self._macros = [], []

    def _add(self, macro: str) -> None:
        made = _MADE.search(macro)
        if made is None or not self._waiting.search(macro):
            self._db.execute(macro)
            return
        self._macros.append(macro)
        self._waiting = re.compile(f"{self._waiting.pattern}|{_calls_of((made[1],)).pattern}")


def _calls_of(names: Iterable[str]) -> re.Pattern[str]:
    """What finds a call of one of some functions; of none, nothing."""
    found = "|".join(names)
    return re.compile(rf"\b(?:{found})\(" if found else r"(?!)")
