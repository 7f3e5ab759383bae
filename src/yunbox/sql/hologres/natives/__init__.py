"""What DuckDB's SQL cannot say of PostgreSQL's functions, in Python; each is made known to statements that call it."""

from yunbox.sql.hologres.natives import (
    bitmaps,
    catalogue,
    conversions,
    formats,
    jsons,
    mathematics,
    moments,
    numerics,
    patterns,
    statistics,
    texts,
)
from yunbox.sql.hologres.natives.native import Native

NATIVES: tuple[Native, ...] = (
    *conversions.NATIVES, *numerics.NATIVES, *mathematics.NATIVES, *texts.NATIVES, *patterns.NATIVES,
    *moments.NATIVES, *statistics.NATIVES, *jsons.NATIVES, *formats.NATIVES, *catalogue.NATIVES,
    *bitmaps.NATIVES,
)  # fmt: skip
"""Every native function."""
