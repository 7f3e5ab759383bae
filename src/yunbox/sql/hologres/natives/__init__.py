"""What DuckDB's SQL cannot say of PostgreSQL's functions, in Python; each is made known to statements that call it."""

from yunbox.sql.hologres.natives import (
    binary,
    bitmaps,
    bsi,
    catalogue,
    ciphers,
    conversions,
    flows,
    formats,
    identifiers,
    jsonpaths,
    jsons,
    masks,
    mathematics,
    moment_patterns,
    moments,
    networks,
    number_patterns,
    numerics,
    oracle,
    patterns,
    statistics,
    texts,
    zoned_times,
)
from yunbox.sql.hologres.natives.native import Native

NATIVES: tuple[Native, ...] = (
    *conversions.NATIVES, *numerics.NATIVES, *mathematics.NATIVES, *texts.NATIVES, *patterns.NATIVES,
    *moments.NATIVES, *statistics.NATIVES, *jsons.NATIVES, *jsonpaths.NATIVES, *formats.NATIVES, *catalogue.NATIVES,
    *bitmaps.NATIVES, *bsi.NATIVES, *networks.NATIVES, *binary.NATIVES, *zoned_times.NATIVES, *flows.NATIVES,
    *number_patterns.NATIVES, *moment_patterns.NATIVES, *oracle.NATIVES, *ciphers.NATIVES,
    *identifiers.NATIVES, *masks.NATIVES,
)  # fmt: skip
"""Every native function."""
