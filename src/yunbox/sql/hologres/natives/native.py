"""How a function in Python is declared, and how its failure reaches the client through DuckDB."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.sql.hologres.failures import marked
from yunbox.wire.pgwire.report import PgError


@dataclass(frozen=True, slots=True)
class Native:
    """A function that SQL calls: DuckDB's types of its arguments and of its value."""

    name: str
    function: Callable[..., Any]
    params: tuple[str, ...]
    returns: str


def native(name: str, function: Callable[..., Any], params: str, returns: str) -> Native:
    """A strict one: NULL for a NULL. ``params`` are separated by semicolons."""

    def strict(*args: Any) -> Any:
        return None if None in args else function(*args)

    return lax(name, strict, params, returns)


def lax(name: str, function: Callable[..., Any], params: str, returns: str) -> Native:
    """One that takes NULLs itself."""

    def guarded(*args: Any) -> Any:
        try:
            return function(*args)
        except PgError as found:
            raise ValueError(marked(found)) from None

    types = _split(params)
    return Native(name, _OF_ARITY[len(types)](guarded), types, returns)


def floating(name: str, function: Callable[..., Any], params: str) -> Native:
    """A strict one whose value is a float, which leaves as text: DuckDB takes NaN from Python for NULL.

    The macro of the name without ``_text`` makes the number of it.
    """

    def run(*args: Any) -> str | None:
        made = function(*args)
        return None if made is None else repr(made)

    return native(f"{name}_text", run, params, "VARCHAR")


_OF_ARITY: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    lambda run: lambda: run(),
    lambda run: lambda a: run(a),
    lambda run: lambda a, b: run(a, b),
    lambda run: lambda a, b, c: run(a, b, c),
    lambda run: lambda a, b, c, d: run(a, b, c, d),
    lambda run: lambda a, b, c, d, e: run(a, b, c, d, e),
    lambda run: lambda a, b, c, d, e, f: run(a, b, c, d, e, f),
    lambda run: lambda a, b, c, d, e, f, g: run(a, b, c, d, e, f, g),
)
"""DuckDB counts a function's parameters: none may be a list of all."""


def _split(params: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in params.split(";") if one.strip())
