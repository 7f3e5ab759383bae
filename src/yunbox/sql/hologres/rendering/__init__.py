"""What casts, operators and functions become on DuckDB: tables of templates, or functions."""

from functools import cache
from importlib import import_module

_TABLES = (
    "arithmetic",
    "texts",
    "moments",
    "aggregates",
    "series",
    "collections",
    "jsons",
    "formats",
    "catalogue",
    "vectors",
    "bitmaps",
    "bsi",
    "flows",
    "networks",
    "zoned_times",
    "oracle",
)


@cache
def load() -> None:
    """Fill the registry: each table adds its renderings as it is imported."""
    for name in _TABLES:
        import_module(f"yunbox.sql.hologres.rendering.{name}")
