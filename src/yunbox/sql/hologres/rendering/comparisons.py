"""Comparing, sorting and grouping: what DuckDB must compare so that it finds PostgreSQL's order and equality.

Most values compare as they are. A char(n) does without its padding, a numeric that is text by a key, jsonb by another.
"""

from yunbox.sql.hologres.catalogue.bitmaps import BITMAPS
from yunbox.sql.hologres.catalogue.types import (
    BPCHAR,
    CIDR,
    DATE,
    INET,
    JSON,
    JSONB,
    JSONPATH,
    NAME,
    NUMERIC,
    RECORD,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    TYPES,
    VARCHAR,
    element_of,
    shown,
)
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, replace
from yunbox.sql.hologres.rendering import numerics
from yunbox.sql.hologres.rendering.casts import instant
from yunbox.sql.hologres.session import Session
from yunbox.wire.pgwire.report import PgError

SYMBOLS = ("=", "<>", "<", "<=", ">", ">=")
_MOMENTS = (DATE, TIMESTAMP, TIMESTAMPTZ)
_TEXTS = (TEXT, NAME, VARCHAR)
_PLAIN = {
    "bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "name", "char", "bytea", "oid", "uuid",
    "date", "time", "timestamp", "timestamptz", "interval", "timetz", "bit", "varbit",
}  # fmt: skip
_KEYS = {NUMERIC: "hg_num_key({})", BPCHAR: "rtrim({}, ' ')", JSONB: "hg_jsonb_key({})",
         INET: "hg_inet_key({})", CIDR: "hg_inet_key({})"}  # fmt: skip


def key(value: Expr, *, equal: bool = False) -> str:
    """What DuckDB compares in the place of a value. Raises PgError 42883 for a type without an order.

    ``equal`` where PostgreSQL asks for equality alone, as its message then says.
    """
    if value.type == NUMERIC:
        return numerics.key(value)
    if value.type == BPCHAR and value.typmod >= 0:
        return value.sql  # all have one length
    if value.type in _KEYS:
        return _KEYS[value.type].format(value.sql)
    if value.type == RECORD:
        if not value.fields:
            raise unsupported("comparing rows of unknown columns", value.at)
        return "row({})".format(", ".join(key(part) for _, part in value.fields))
    element = element_of(value.type)
    if element in _KEYS:
        return f"[{_KEYS[element].format('v')} FOR v IN {value.sql}]"
    if value.type in _WITHOUT or (
        TYPES[value.type].name not in _PLAIN and not element and TYPES[value.type].category != "N"
    ):
        hint = "Use an explicit ordering operator or modify the query."
        if equal:
            raise error("42883", f"could not identify an equality operator for type {shown(value.type)}", value.at)
        raise error(
            "42883", f"could not identify an ordering operator for type {shown(value.type)}", value.at, hint=hint
        )
    return value.sql


_WITHOUT = (JSON, JSONPATH)
"""Types that have no equality."""


def needs_key(value: Expr) -> bool:
    """Whether equal values may look different."""
    return key(value) != value.sql


def compared(symbol: str, left: Expr, right: Expr, session: Session) -> str | None:
    """A comparison; None when it is none that is known here."""
    if symbol not in SYMBOLS:
        return None
    if left.type == right.type == NUMERIC:
        return numerics.comparison(symbol, left, right)
    if left.type == right.type == BPCHAR:
        return f"(rtrim({left.sql}, ' ') {symbol} rtrim({right.sql}, ' '))"
    if left.type == right.type or (left.type in _TEXTS and right.type in _TEXTS):
        if left.type in _WITHOUT or left.type in BITMAPS:
            return None
        return f"({key(left)} {symbol} {key(right)})"
    if left.type in _MOMENTS and right.type in _MOMENTS:
        return f"({_moment(left, right, session)} {symbol} {_moment(right, left, session)})"
    numbers = {TYPES[left.type].name, TYPES[right.type].name}
    if numbers <= {"int2", "int4", "int8"}:
        return f"({left.sql} {symbol} {right.sql})"
    if numbers == {"float4", "float8"}:
        return f"(CAST({left.sql} AS DOUBLE) {symbol} CAST({right.sql} AS DOUBLE))"
    return None


def is_compared(left: int, right: int) -> bool:
    """Whether values of two types are compared here, as far as the types tell."""
    session = Session()
    try:
        return compared("=", Expr("a", left), Expr("b", right), session) is not None
    except PgError:
        return False


def _moment(value: Expr, other: Expr, session: Session) -> str:
    """A date or time as it is compared with another kind of it."""
    sql = f"hg_as_moment({value.sql})" if value.type == DATE else value.sql
    return instant(sql, session) if other.type == TIMESTAMPTZ and value.type != TIMESTAMPTZ else sql


def alike(left: Expr, right: Expr) -> tuple[str, str]:
    """Two values of one type as DuckDB compares them with any operator."""
    if left.type == NUMERIC and (left.digits is None) != (right.digits is None):
        left, right = numerics.freed(left), numerics.freed(right)
    if left.type == BPCHAR:
        left, right = replace(left, typmod=-1), replace(right, typmod=-1)
    return key(left), key(right)
