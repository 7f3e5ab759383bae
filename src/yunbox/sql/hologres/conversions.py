"""Values between DuckDB and texts, carriers and literals: the SQL of each.

A carrier is what crosses the border to Python exactly (``natives/conversions.py``): a result is brought into it, and a
parameter arrives in it.
"""

from typing import Any

from yunbox.sql.hologres.catalogue.bitmaps import BITMAPS
from yunbox.sql.hologres.catalogue.types import (
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INTERVAL,
    JSONB,
    NUMERIC,
    REG,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    TYPES,
    UUID,
    Digits,
    duck_type,
    element_of,
)
from yunbox.sql.hologres.errors import unsupported
from yunbox.sql.hologres.expr import Expr, quoted
from yunbox.sql.hologres.natives.conversions import CARRIERS
from yunbox.wire.pgwire.values.calendar import EPOCH_US, to_day
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES as WIRE

_INTO = {
    DATE: "hg_days({})", TIMESTAMP: "hg_us({})", TIMESTAMPTZ: "hg_us({})", TIME: "hg_clock({})",
    INTERVAL: "hg_parts({})", TIMETZ: "CAST({} AS VARCHAR)", UUID: "CAST({} AS VARCHAR)",
}  # fmt: skip
_FROM = {
    DATE: "hg_date({})", TIMESTAMP: "hg_timestamp({})", TIMESTAMPTZ: "hg_timestamp({})", TIME: "hg_time({})",
    INTERVAL: "hg_interval({})", TIMETZ: "CAST({} AS TIMETZ)", UUID: "CAST({} AS UUID)",
}  # fmt: skip
_PLAIN = Style()
_TIMESTAMP_MAX, _ENDLESS = 9_222_425_352_054_775_807, (1 << 63) - 1
_YEAR_MAX = 9999
_ISO = "ISO|MDY|postgres|UTC|1|0|0"


def into_carrier(sql: str, of: int) -> str:
    """A value in its carrier."""
    element = element_of(of)
    if element and element in _INTO:
        return f"[{_INTO[element].format('v')} FOR v IN {sql}]"
    return _INTO.get(of, "{}").format(sql)


def from_carrier(sql: str, of: int) -> str:
    """The other way round."""
    element = element_of(of)
    if element and element in _FROM:
        return f"[{_FROM[element].format('v')} FOR v IN {sql}]"
    return _FROM.get(of, "{}").format(sql)


def carrier_type(of: int) -> str:
    """DuckDB's type of a type's carrier."""
    element = element_of(of)
    if element:
        return f"{carrier_type(element)}[]"
    return "VARCHAR" if of in (TIMETZ, UUID) else CARRIERS.get(TYPES[of].name, duck_type(of))


_BOUND_AS_TEXT = "CAST(CAST({} AS VARCHAR) AS {})"


def bound(marker: str, of: int) -> str:
    """A parameter, as ``engine/holo/values.py`` binds it."""
    if of == INTERVAL:
        return f"hg_interval(hg_in_interval(CAST({marker} AS VARCHAR), {quoted(_ISO)}))"
    if of in (DATE, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ, UUID):
        return _BOUND_AS_TEXT.format(marker, duck_type(of))
    if element_of(of) and element_of(of) in _FROM:
        return f"[{bound('v', element_of(of))} FOR v IN CAST({marker} AS VARCHAR[])]"
    return f"CAST({marker} AS {duck_type(of)})"


def null(of: int, digits: Digits | None = None) -> str:
    """NULL of a type."""
    return f"CAST(NULL AS {duck_type(of, digits)})"


def literal(of: int, value: Any) -> Expr:
    """A constant, whose value is as the wire's codecs have it."""
    if value is None:
        return Expr(null(of), of, value=None)
    element = element_of(of)
    if element:
        items = ", ".join(literal(element, item).sql if item is not None else null(element) for item in value)
        listed = [text_of_numeric(item) for item in value] if element == NUMERIC else []
        items = ", ".join(null(NUMERIC) if one is None else quoted(one) for one in listed) if listed else items
        return Expr(f"CAST([{items}] AS {duck_type(of)})", of, value=value)
    if of == NUMERIC:
        return numeric(value)
    return Expr(_literal(of, value), of, value=value)


def text_of_numeric(value: Any) -> str | None:
    """A numeric's text."""
    return None if value is None else WIRE[NUMERIC].codec.write(value, _PLAIN)


def numeric(value: Any) -> Expr:
    """A constant numeric: a DECIMAL where it has room."""
    written = WIRE[NUMERIC].codec.write(value, _PLAIN)
    digits = written.lstrip("-")
    if digits[0].isdigit():
        whole, _, rest = digits.partition(".")
        scale = len(rest)
        precision = max(len(whole.lstrip("0")) + scale, scale + 1)
        if precision <= 38:
            return Expr(f"CAST({quoted(written)} AS DECIMAL({precision},{scale}))", NUMERIC,
                        digits=(precision, scale), value=value)  # fmt: skip
    return Expr(f"CAST({quoted(written)} AS VARCHAR)", NUMERIC, value=value)


def decimal_text(sql: str, digits: Digits) -> str:
    """A DECIMAL's text, whose 0 before the point DuckDB leaves out where no digit has room there."""
    if digits[0] == digits[1]:
        sql = f"CAST({sql} AS DECIMAL({min(digits[0] + 1, 38)},{digits[1]}))"
    return f"CAST({sql} AS VARCHAR)"


def _literal(of: int, value: Any) -> str:
    duck = duck_type(of)
    if of in (TIMESTAMP, TIMESTAMPTZ) and _TIMESTAMP_MAX < value < _ENDLESS:
        raise unsupported("a timestamp after the year 294246")
    if of in (TIMESTAMP, TIMESTAMPTZ) and abs(value) < _ENDLESS:
        return f"make_timestamp(CAST({value + EPOCH_US} AS BIGINT))"  # which DuckDB works out beforehand
    if of == DATE and 1 <= (day := to_day(value)).year <= _YEAR_MAX:
        return f"DATE '{day.year:04}-{day.month:02}-{day.day:02}'"
    if of in (TIME, DATE, TIMESTAMP, TIMESTAMPTZ):
        return from_carrier(f"CAST({value} AS {carrier_type(of)})", of)
    if of == INTERVAL:
        parts = f"{{'m': CAST({value.months} AS INTEGER), 'd': CAST({value.days} AS INTEGER), "
        return f"hg_interval({parts}'u': CAST({value.us} AS BIGINT)}})"
    if of == BYTEA or of in BITMAPS:
        return f"unhex('{value.hex()}')"
    if of in (FLOAT4, FLOAT8):
        return f"CAST('{value!r}' AS {duck})"
    if of == UUID:
        return f"CAST('{value.hex()}' AS UUID)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"CAST({value} AS {duck})"
    if not isinstance(value, str):
        value = WIRE[of].codec.write(value, _PLAIN)
    return f"CAST({quoted(value)} AS {duck})"


def text_sql(sql: str, of: int, token: str, digits: Digits | None = None) -> str:
    """A value as the text that PostgreSQL's output function gives."""
    name = TYPES[of].name
    element = element_of(of)
    if element:
        inner = text_sql("v", element, token)
        items = sql if inner == "v" else f"[{inner} FOR v IN {sql}]"
        return f"hg_array_text({items})"
    if name == "bool":
        return f"(CASE {sql} WHEN true THEN 't' WHEN false THEN 'f' END)"
    if name in ("int2", "int4", "int8", "oid", "uuid") or of in REG:
        return f"CAST({sql} AS VARCHAR)"
    if of == NUMERIC and digits:
        return decimal_text(sql, digits)
    if name in ("float4", "float8", "date", "time", "timestamp", "timestamptz", "interval", "bytea", "timetz",
                "roaringbitmap", "roaringbitmap64", "bsi"):  # fmt: skip
        return f"hg_out_{name}({into_carrier(sql, of)}, {quoted(token)})"
    return f"hg_out_jsonpath({sql})" if name == "jsonpath" else sql


def value_sql(sql: str, of: int, token: str) -> str:
    """The value that a text means, by PostgreSQL's input function."""
    name = TYPES[of].name
    element = element_of(of)
    if element:
        inner = value_sql("v", element, token)
        items = f"hg_array_items({sql})"
        return items if inner == "v" else f"[{inner} FOR v IN {items}]"
    if name == "oid" or name in CARRIERS or of in (TIMETZ, NUMERIC, UUID, JSONB) or name in (
        "inet", "cidr", "bit", "varbit", "json", "jsonpath",
    ):  # fmt: skip
        return from_carrier(f"hg_in_{name}({sql}, {quoted(token)})", of)
    return sql
