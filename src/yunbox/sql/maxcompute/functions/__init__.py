"""MaxCompute's functions, declared one by one; one module for each category of the vendor's documentation."""

import re

from yunbox.sql.maxcompute.functions import (  # noqa: F401 - importing declares
    aggregates,
    collections,
    dates,
    encodings,
    json,
    lambdas,
    math,
    misc,
    patterns,
    strings,
    tables,
    windows,
)
from yunbox.sql.maxcompute.functions.registry import FUNCTIONS, UNSUPPORTED, Call, Function
from yunbox.sql.maxcompute.functions.registry import MACROS as _MACROS

_NAME = re.compile(r"\bmc_\w+")


def _ordered(texts: list[str]) -> tuple[str, ...]:
    """Macros after the macros they use: DuckDB looks names up when it creates one."""
    named = {_NAME.search(text)[0]: text for text in texts}  # ty: ignore[not-subscriptable]
    made: dict[str, str] = {}

    def add(name: str) -> None:
        for used in _NAME.findall(named[name]):
            if used != name and used not in made:
                add(used)
        made[name] = named[name]

    for name in named:
        if name not in made:
            add(name)
    return tuple(made.values())


MACROS: tuple[str, ...] = _ordered(_MACROS)
"""DuckDB statements a worker runs once, before its first query."""

__all__ = ["FUNCTIONS", "MACROS", "UNSUPPORTED", "Call", "Function"]
