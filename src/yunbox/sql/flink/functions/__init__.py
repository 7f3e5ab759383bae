"""Flink's built-in functions: declared by name and signature, with what each is in DuckDB's SQL."""

from yunbox.sql.flink.functions import (  # noqa: F401 - each declares its functions
    aggregates,
    collections,
    conditions,
    dates,
    hashes,
    json,
    math,
    strings,
)
from yunbox.sql.flink.functions.registry import AGGREGATES, FUNCTIONS, Function

__all__ = ["AGGREGATES", "FUNCTIONS", "Function"]
