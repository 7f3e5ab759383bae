"""What a worker teaches its DuckDB of the dialects: their macros and their functions in Python, each when it is called.

All macros together take 5 MB and 45 ms, of which most statements need little; and DuckDB loads numpy before it takes a
function in Python, which is 17 MB and a tenth of a second. It looks names up when it makes a macro: those come first.
"""

import re
from collections.abc import Iterable
from typing import Any, Protocol

import duckdb
from duckdb import func

from yunbox.engine.duck.dialects import Native

_MADE = re.compile(r"MACRO (\w+)")


class Taught(Protocol):
    """What a dialect has of macros, each a CREATE MACRO, and of functions in Python."""

    @property
    def MACROS(self) -> Iterable[str]:  # noqa: N802 - a module's constant
        """Its macros."""
        ...

    @property
    def NATIVES(self) -> Iterable[Any]:  # noqa: N802
        """Its functions in Python: their names, parameters and values."""
        ...


class Vocabulary:
    """The functions that one DuckDB knows, and those that it may yet have to know."""

    def __init__(self, db: duckdb.DuckDBPyConnection, dialects: Iterable[Taught]) -> None:
        self._db = db
        self._macros: dict[str, str] = {}
        self._natives: dict[str, Native] = {}
        for dialect in dialects:
            self._natives |= {native.name: native for native in dialect.NATIVES}
            self._macros |= {found[1]: macro for macro in dialect.MACROS if (found := _MADE.search(macro))}
        families = {name.partition("_")[0] for name in (*self._macros, *self._natives)}  # as in mc_date
        self._call = re.compile(rf"((?:{'|'.join(families)})_\w+)\(")

    def provide(self, sql: str) -> None:
        """Make known what a text calls, if it is not yet."""
        for name in self._call.findall(sql):
            if name in self._macros:
                self._make(name)
            elif name in self._natives:
                self._teach(self._natives[name])
                del self._natives[name]

    def provide_all(self) -> None:
        """Make everything known."""
        for name in [*self._macros, *self._natives]:
            self.provide(f"{name}(")

    def _make(self, name: str) -> None:
        macro = self._macros.pop(name)  # its own text names it
        try:
            self.provide(macro)
            self._db.execute(macro)
        except BaseException:
            self._macros[name] = macro
            raise

    def _teach(self, native: Native) -> None:
        params: list[Any] = list(native.params)
        self._db.create_function(native.name, native.function, params, native.returns, null_handling=func.SPECIAL)
