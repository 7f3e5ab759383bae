"""The order of a type's values, as keys that Python compares: PostgreSQL's, with texts by code point.

Two values are the same where their keys are. Types that have no order - JSON, bitmaps - are not here.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from yunbox.wire.pgwire.values import jsons
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S
from yunbox.wire.pgwire.values.clock import ZonedTime
from yunbox.wire.pgwire.values.intervals import Interval
from yunbox.wire.pgwire.values.texts import Network
from yunbox.wire.pgwire.values.types import ELEMENTS

Order = Callable[[Any], Any]
_DAYS_PER_MONTH = 30
_NULL_TYPE, _STRING, _NUMBER, _BOOL, _ARRAY, _OBJECT = 0, 1, 2, 3, 16, 17
"""The kinds of what JSONB has, in their order."""


def _plain(value: Any) -> Any:
    return value


def _text(value: str) -> bytes:
    return value.encode()


def _padded(value: str) -> bytes:
    return value.rstrip(" ").encode()


def _real(value: float) -> tuple[bool, float]:
    """NaN is above all others."""
    return (True, 0.0) if math.isnan(value) else (False, value)


def _numeric(value: Decimal) -> tuple[bool, Decimal]:
    return (True, Decimal(0)) if value.is_nan() else (False, value)


def _interval(value: Interval) -> int:
    return (value.months * _DAYS_PER_MONTH + value.days) * US_PER_DAY + value.us


def _zoned(value: ZonedTime) -> tuple[int, int]:
    return value.us - value.east * US_PER_S, -value.east


def _network(value: Network) -> tuple[int, Any]:
    """By family, by the bits of the network that both have, by how many there are, and by the address."""
    digits = "".join(f"{one:08b}" for one in value.address)
    return len(value.address), (digits[: value.bits], digits)


def _document(text: str) -> Any:
    value = jsons.parse(text, jsons.number)
    return _node(value) if isinstance(value, dict | list) else (_ARRAY, 1, 0, [_node(value)])


def _node(value: Any) -> Any:
    """A part of a JSONB: those with fewer members first."""
    if isinstance(value, dict):
        names = sorted((name.encode() for name in value), key=lambda name: (len(name), name))
        return _OBJECT, len(names), [(name, _node(value[name.decode()])) for name in names]
    if isinstance(value, list):
        return _ARRAY, len(value), 1, [_node(one) for one in value]
    if isinstance(value, bool):
        return _BOOL, value
    if isinstance(value, str):
        return _STRING, value.encode()
    return (_NULL_TYPE,) if value is None else (_NUMBER, value)


_ORDERS: dict[int, Order] = {
    **dict.fromkeys((16, 17, 20, 21, 23, 26, 1082, 1083, 1114, 1184, 1560, 1562, 2950), _plain),
    **dict.fromkeys((18, 19, 25, 1043), _text), 1042: _padded, **dict.fromkeys((700, 701), _real), 1700: _numeric,
    1186: _interval, 1266: _zoned, 869: _network, 650: _network, 3802: _document,
}  # fmt: skip


def order_of(type_oid: int) -> Order | None:
    """What makes keys of a type's values; None where they have no order."""
    element = ELEMENTS.get(type_oid)
    if element is None:
        return _ORDERS.get(type_oid)
    inner = _ORDERS.get(element.oid)
    return None if inner is None else _of_arrays(inner)


def _of_arrays(inner: Order) -> Order:
    def listed(value: list[Any]) -> Any:
        """Element by element, NULL above all others; then by how many there are, and in how many dimensions."""
        shape = shape_of(value)
        flat = flattened(value)
        return [(one is None, None if one is None else inner(one)) for one in flat], len(shape), shape

    return listed


def shape_of(value: list[Any]) -> list[int]:
    """How many elements an array has in each of its dimensions."""
    shape: list[int] = []
    while isinstance(value, list) and value:
        shape.append(len(value))
        value = value[0]
    return shape


def flattened(value: list[Any]) -> list[Any]:
    """The elements of an array of any dimensions."""
    if value and isinstance(value[0], list):
        return [one for item in value for one in flattened(item)]
    return value
