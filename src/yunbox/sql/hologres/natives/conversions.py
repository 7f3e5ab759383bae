"""Texts of values and back: the wire's codecs, called from within a statement.

Between DuckDB and Python a value is in its carrier: days or microseconds since 2000 for dates and times, whose extremes
are the infinities, three numbers for an interval, text for what has no better.
"""

from collections.abc import Callable
from typing import Any

from yunbox.sql.hologres.natives.native import floating, native
from yunbox.sql.hologres.session import style_of
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.intervals import Interval
from yunbox.wire.pgwire.values.modifiers import fitted
from yunbox.wire.pgwire.values.texts import TEXT
from yunbox.wire.pgwire.values.types import BY_NAME

_INTERVAL = "STRUCT(m INTEGER, d INTEGER, u BIGINT)"
CARRIERS = {
    "bool": "BOOLEAN", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "oid": "UINTEGER", "float4": "FLOAT",
    "float8": "DOUBLE", "date": "INTEGER", "time": "BIGINT", "timestamp": "BIGINT", "timestamptz": "BIGINT",
    "interval": _INTERVAL, "bytea": "BLOB", "roaringbitmap": "BLOB", "roaringbitmap64": "BLOB", "bsi": "BLOB",
}  # fmt: skip
"""DuckDB's types of the carriers that are no text."""
_FLOATS = ("float4", "float8")
_TEXTS = ("timetz", "numeric", "uuid", "inet", "cidr", "bit", "varbit", "json", "jsonb")


def _interval_in(made: Interval) -> dict[str, int]:
    return {"m": made.months, "d": made.days, "u": made.us}


def interval_of(given: dict[str, int]) -> Interval:
    """The wire's interval of a carrier."""
    return Interval(given["m"], given["d"], given["u"])


def _reader(name: str) -> Callable[[str, str], Any]:
    codec = BY_NAME[name].codec
    if name == "interval":
        return lambda text, token: _interval_in(codec.read(text, style_of(token)))
    if name in _TEXTS:
        return lambda text, token: codec.write(codec.read(text, style_of(token)), Style())
    return lambda text, token: codec.read(text, style_of(token))


def _writer(name: str) -> Callable[[Any, str], str]:
    codec = BY_NAME[name].codec
    if name == "interval":
        return lambda given, token: codec.write(interval_of(given), style_of(token))
    if name in _TEXTS:
        return lambda given, token: codec.write(codec.read(given, Style()), style_of(token))
    return lambda given, token: codec.write(given, style_of(token))


_ARRAY = Array(TEXT, 25)


def _array_text(items: list[str | None]) -> str:
    return _ARRAY.write(items, Style())


def _array_items(text: str) -> list[str | None]:
    """The elements of an array's text, as texts."""
    found = _ARRAY.read(text, Style())
    if any(isinstance(item, list) for item in found):
        from yunbox.wire.pgwire.report import failure

        raise failure("0A000", "arrays of more than one dimension are not supported")
    return found


def _record_text(items: list[str | None]) -> str:
    """``(a,"b c",)``, as PostgreSQL writes a row."""
    return "(" + ",".join("" if item is None else _record_item(item) for item in items) + ")"


def _record_item(text: str) -> str:
    if text and not any(letter in ' \t\n\r\v\f"\\(),' for letter in text):
        return text
    doubled = text.replace("\\", "\\\\").replace('"', '""')
    return f'"{doubled}"'


def _rounded(us: int, typmod: int) -> int:
    return int(fitted(1114, typmod, us, explicit=True))


def _interval_cut(given: dict[str, int], last: str) -> dict[str, int]:
    """An interval without what is smaller than a field."""
    months, days, us = given["m"], given["d"], given["u"]
    if last in ("year", "month"):
        whole = 12 if last == "year" else 1
        return {"m": abs(months) // whole * whole * (1 if months >= 0 else -1), "d": 0, "u": 0}
    unit = {"day": 0, "hour": 3_600_000_000, "minute": 60_000_000}.get(last, 1)
    return {"m": months, "d": days, "u": abs(us) // unit * unit * (1 if us >= 0 else -1) if unit else 0}


def _interval_fitted(given: dict[str, int], typmod: int) -> dict[str, int]:
    return _interval_in(fitted(1186, typmod, interval_of(given), explicit=True))


NATIVES = (
    *(floating(f"hg_in_{name}", _reader(name), "VARCHAR; VARCHAR") for name in _FLOATS),
    *(native(f"hg_in_{name}", _reader(name), "VARCHAR; VARCHAR", CARRIERS.get(name, "VARCHAR"))
      for name in (*CARRIERS, *_TEXTS) if name not in _FLOATS),
    *(native(f"hg_out_{name}", _writer(name), f"{CARRIERS.get(name, 'VARCHAR')}; VARCHAR", "VARCHAR")
      for name in (*CARRIERS, *_TEXTS)),
    native("hg_array_text", _array_text, "VARCHAR[]", "VARCHAR"),
    native("hg_array_items", _array_items, "VARCHAR", "VARCHAR[]"),
    native("hg_record_text", _record_text, "VARCHAR[]", "VARCHAR"),
    native("hg_round_us", _rounded, "BIGINT; INTEGER", "BIGINT"),
    native("hg_cut_interval", _interval_cut, f"{_INTERVAL}; VARCHAR", _INTERVAL),
    native("hg_fit_interval", _interval_fitted, f"{_INTERVAL}; INTEGER", _INTERVAL),
)  # fmt: skip
"""Conversions."""
