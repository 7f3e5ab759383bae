"""MaxCompute's functions, declared one by one; one module for each category of the vendor's documentation."""

from yunbox.sql.maxcompute.functions import (  # noqa: F401 - importing declares
    aggregates,
    collections,
    dates,
    json,
    math,
    misc,
    strings,
    tables,
    windows,
)
from yunbox.sql.maxcompute.functions.registry import FUNCTIONS, Call, Function
from yunbox.sql.maxcompute.functions.registry import MACROS as _MACROS

MACROS: tuple[str, ...] = tuple(_MACROS)
"""DuckDB statements a worker runs once, before its first query."""

__all__ = ["FUNCTIONS", "MACROS", "Call", "Function"]
