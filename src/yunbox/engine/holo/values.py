"""From DuckDB's values to PostgreSQL's and back, by the OIDs of types.

Dates and times go as numbers, counted as PostgreSQL does, since Python's own have neither infinities nor years before
Christ; what has no form of its own here goes as text, which the type's codec reads.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.intervals import Interval
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

_PLAIN = Style()
_DAY_US = "946684800000000"
_DATE = (
    "CASE WHEN isinf({0}) THEN if({0} > DATE '2000-01-01', 2147483647, -2147483648) ELSE {0} - DATE '2000-01-01' END"
)
_MOMENT = (
    "CASE WHEN isinf({0}) THEN if({0} > '2000-01-01', 9223372036854775807, (-9223372036854775808)::BIGINT) "
    f"ELSE epoch_us({{0}}) - {_DAY_US} END"
)
_INTERVAL = (
    "CASE WHEN {0} IS NULL THEN NULL ELSE [date_part('year', {0}) * 12 + date_part('month', {0}), "
    "date_part('day', {0}), (date_part('hour', {0}) * 60 + date_part('minute', {0})) * 60000000 "
    "+ date_part('microsecond', {0})] END"
)
_TEXT = "{0}::VARCHAR"
_AS_NUMBERS = {1082: _DATE, 1083: "epoch_us({0})", 1114: _MOMENT, 1184: _MOMENT, 1186: _INTERVAL}
_DATED = (1082, 1114, 1184)
_NAMED = (24, 2202, 2204, 2205, 2206, 3769, 4089, 4096)
"""Names of objects come with their OIDs, as ``wire/pgwire/values/objects.py`` has them."""
_AS_THEY_ARE = (
    16, 17, 20, 21, 22, 23, 25, 26, 28, 29, 30, 194, 700, 701, 705, 1033, 1042, 1043, 19, 1700, 4072, 13_400,
    13_402, 13_404,
    *_NAMED,
)  # fmt: skip
_VOID, _NUMERIC = 2278, 1700
_VECTORS = (22, 30)
_TEXTS = (19, 25, 705, 1042, 1043)
_INTEGERS = (20, 21, 23, 26, 28, 29)


def fetched(sql: str, oids: Sequence[int], texts: Sequence[str | None] = ()) -> str:
    """A query whose values Python can take as they are; columns of which there are ``texts`` come as these."""
    texts = texts or [None] * len(oids)
    pairs = enumerate(zip(oids, texts, strict=True))
    exprs = [text.format(f"c{at}") if text else _expression(oid, f"c{at}") for at, (oid, text) in pairs]
    if all(expr == f"c{at}" for at, expr in enumerate(exprs)):
        return sql
    names = ", ".join(f"c{at}" for at in range(len(oids)))
    return f"SELECT {', '.join(exprs)} FROM ({sql}) AS q({names})"


def _expression(oid: int, name: str) -> str:
    element = ELEMENTS.get(oid)
    if element is not None:
        inner = _expression(element.oid, "x")
        return name if inner == "x" else f"list_transform({name}, lambda x: {inner})"
    if oid in _AS_THEY_ARE:
        return name
    return _AS_NUMBERS.get(oid, _TEXT).format(name)


@lru_cache(256)
def reader(oid: int) -> Callable[[Any], Any]:
    """What makes of a fetched value the one that the type's codec writes; None never comes."""
    element = ELEMENTS.get(oid)
    if element is not None:
        inner = reader(element.oid)
        return lambda value: [None if one is None else inner(one) for one in value]
    if oid == 1700:
        return lambda value: value if isinstance(value, Decimal) else Decimal(value)
    if oid == 1186:
        return lambda value: Interval(int(value[0]), int(value[1]), int(value[2]))
    if oid in _AS_NUMBERS or oid in _INTEGERS:
        return int
    if oid in _TEXTS:
        return str
    if oid in _AS_THEY_ARE:
        return lambda value: value
    if oid not in TYPES:
        return str
    codec = TYPES[oid].codec
    return lambda value: codec.read(value, _PLAIN)


def writer(oid: int, format: int, style: Style) -> Callable[[Any], bytes]:
    """What makes of a fetched value the bytes that a client gets."""
    read = reader(oid)
    if oid not in TYPES:
        return _unknown(oid, format)
    if format:
        pack = TYPES[oid].codec.pack
        return lambda value: pack(read(value))
    if oid in _INTEGERS:
        return lambda value: b"%d" % value
    if oid in _TEXTS:
        return lambda value: str(value).encode()
    write = TYPES[oid].codec.write
    return lambda value: write(read(value), style).encode()


def _unknown(oid: int, format: int) -> Callable[[Any], bytes]:
    """A type without a codec, such as VOID, is its text. Raises PgError 0A000 for its binary form."""
    if format and oid != _VOID:
        raise failure("0A000", f"the binary format of the type with OID {oid} is not supported")
    return lambda value: str(value).encode()


def bindable(oid: int, value: Any) -> Any:
    """A parameter's value as DuckDB binds it: plain values as they are, all else as text that its SQL casts."""
    if value is None:
        return None
    element = ELEMENTS.get(oid)
    if element is not None:
        return [bindable(element.oid, one) for one in value]
    if oid in _AS_THEY_ARE and oid not in (*_VECTORS, _NUMERIC):
        return value
    text = TYPES[oid].codec.write(value, _PLAIN)
    if oid in _DATED and text.endswith(" BC"):  # which DuckDB writes behind the day
        day, space, clock = text.removesuffix(" BC").partition(" ")
        return f"{day} (BC){space}{clock}"
    return text
