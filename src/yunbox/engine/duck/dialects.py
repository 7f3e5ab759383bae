"""SQL dialects by their names. The engine knows none: it imports one when its workers start, or a statement is in it.

A dialect is a module that offers what ``Dialect`` says. The composition root registers it in ``WorkerConfig.dialects``,
so that another service's SQL comes to the workers without a line here.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from yunbox.kernel.errors import Internal
from yunbox.sql.catalog import Catalog, Evaluator


class Session(Protocol):
    """What the engine must know of a statement's surroundings."""

    @property
    def timezone(self) -> str:
        """The zone in which instants are shown and read."""
        ...


class Dialect(Protocol):
    """What a module offers that is a dialect."""

    MACROS: Sequence[str]
    """Statements of DuckDB that a worker runs once, before its first query: the dialect's functions."""

    def plan(self, text: str, catalog: Catalog, session: Any, evaluator: Evaluator | None = None) -> object:
        """Plan one statement: a plan of ``sql/plans.py``, or one that only the dialect's service carries out."""
        ...


def dialect(registered: Mapping[str, str], name: str) -> Dialect:
    """The dialect of that name, imported if need be."""
    module = registered.get(name)
    if module is None:
        raise Internal(f"No SQL dialect {name!r} is registered with this worker")
    return _imported(module)


@cache
def _imported(module: str) -> Dialect:
    return cast("Dialect", import_module(module))
