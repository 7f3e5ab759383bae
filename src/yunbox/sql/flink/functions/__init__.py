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
    "OBJECT_UPDATE", "SOURCE_WATERMARK", "FROM_CHANGELOG", "TO_CHANGELOG", "ML_PREDICT", "JSON", "BITMAP_AND",
    "BITMAP_ANDNOT", "BITMAP_AND_AGG", "BITMAP_AND_CARDINALITY_AGG", "BITMAP_BUILD", "BITMAP_BUILD_AGG",
    "BITMAP_BUILD_CARDINALITY_AGG", "BITMAP_CARDINALITY", "BITMAP_FROM_BYTES", "BITMAP_OR", "BITMAP_OR_AGG",
    "BITMAP_OR_CARDINALITY_AGG", "BITMAP_TO_ARRAY", "BITMAP_TO_BYTES", "BITMAP_TO_STRING", "BITMAP_XOR",
    "BITMAP_XOR_AGG", "BITMAP_XOR_CARDINALITY_AGG",
))  # fmt: skip
"""Flink's functions that the engine does not have."""

__all__ = ["ABSENT", "AGGREGATES", "FUNCTIONS", "Function"]
