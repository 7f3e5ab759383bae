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

ABSENT = frozenset((
    "CURRENT_WATERMARK", "PARSE_JSON", "TRY_PARSE_JSON", "STREAMRECORD_TIMESTAMP", "JSON_LENGTH", "OBJECT_OF",
    "OBJECT_UPDATE",
))  # fmt: skip
"""Flink's functions that the engine does not have."""

__all__ = ["ABSENT", "AGGREGATES", "FUNCTIONS", "Function"]
