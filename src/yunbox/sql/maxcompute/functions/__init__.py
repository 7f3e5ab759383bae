"""MaxCompute's functions, declared one by one; one module for each category of the vendor's documentation."""

from yunbox.sql.maxcompute.functions import (  # noqa: F401 - importing declares
    absent,
    aggregates,
    collections,
    dates,
    encodings,
    json,
    lambdas,
    math,
    misc,
    network,
    patterns,
    strings,
    tables,
    windows,
)
from yunbox.sql.maxcompute.functions.macros import load_macros
from yunbox.sql.maxcompute.functions.natives import NATIVES
from yunbox.sql.maxcompute.functions.registry import FUNCTIONS, UNSUPPORTED, Call, Function

MACROS: tuple[str, ...] = load_macros()
"""DuckDB statements a worker runs once, before its first query."""

__all__ = ["FUNCTIONS", "MACROS", "NATIVES", "UNSUPPORTED", "Call", "Function"]
