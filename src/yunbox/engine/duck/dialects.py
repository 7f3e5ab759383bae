"""SQL dialects by their names. The engine knows none: it imports one when its workers start, or a statement is in it.

A dialect is a module that offers what ``Dialect`` says. The composition root registers it in ``WorkerConfig.dialects``,
so that another service's SQL comes to the workers without a line here.
"""

from collections.abc import Callable, Mapping, Sequence
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


class Native(Protocol):
    """A function in Python that SQL calls."""

    @property
    def name(self) -> str:
        """What SQL calls it."""
        ...

    @property
    def params(self) -> tuple[str, ...]:
        """DuckDB's types of its arguments."""
        ...

    @property
    def returns(self) -> str:
        """DuckDB's type of its value."""
        ...

    @property
    def function(self) -> Callable[..., Any]:
        """What is called: it gets every argument as it is, NULL too."""
        ...


class Dialect(Protocol):
    """What a module offers that is a dialect."""

    MACROS: Sequence[str]
    """Statements of DuckDB, each of which makes one of the dialect's functions; one stands after those it calls."""
    NATIVES: Sequence["Native"]
    """Functions in Python that they, and plans, may call."""

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
