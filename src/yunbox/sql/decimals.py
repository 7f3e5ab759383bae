"""Decimals of 64 bits where wider ones are only in case: DuckDB computes with them in half the time.

A product of two decimals of up to 18 digits has up to 36. Few products have more than 18, and DuckDB refuses those when
it is told that they have not: so a planner marks where it says more digits than values mostly have, and an engine tries
the statement without those first, wherever that can fail only before anybody has seen a row of it.
"""

import re

NARROW_MAX = 18
"""The digits of a DECIMAL that DuckDB keeps in 64 bits."""
WIDE = "\f"
"""Stands before digits in the place of which ``NARROW_MAX`` would mostly do; to DuckDB it is a space. Twice, where what
does not fit is found before the statement gives its first row, as in an aggregate's argument."""
_ONCE, _TWICE = f"({WIDE}", f"({WIDE}{WIDE}"
_MAY_BE_NARROW = re.compile(rf"\({WIDE}{WIDE}\d+,")


def before_rows(sql: str) -> str:
    """SQL of which all is computed before the statement gives its first row."""
    return sql.replace(_TWICE, _ONCE).replace(_ONCE, _TWICE)


def narrowed(sql: str) -> str | None:
    """A statement with decimals of 64 bits wherever these will mostly do; None where there are none such.

    It fails where a value has more digits, as duckdb.OutOfRangeException or duckdb.ConversionException.
    """
    made = _MAY_BE_NARROW.sub(f"({NARROW_MAX},", sql)
    return None if made == sql else made
