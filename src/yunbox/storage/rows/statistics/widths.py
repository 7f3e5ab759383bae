"""How many bytes PostgreSQL keeps a value in, which is what statistics call the width of a column.

A value of a type without a fixed size has a head of one byte, or of four behind 126 bytes. Values that PostgreSQL would
compress, from two thousand bytes on, count as they are. Source: the PostgreSQL documentation, "Database Page Layout".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from yunbox.storage.rows.statistics.orders import flattened, shape_of
from yunbox.wire.pgwire.values import jsons
from yunbox.wire.pgwire.values.texts import Network
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

Width = Callable[[Any], int]
_HEAD, _SHORT_MAX = 4, 126
_WORD = 4
_DIGITS = 4
"""How many decimal digits a digit of NUMERIC is."""
_SCALE_MAX, _WEIGHTS = 63, range(-64, 64)
"""Where NUMERIC has the shorter of its two heads."""
_ALIGNED_8 = frozenset((20, 701, 1083, 1114, 1184, 1186, 1266))
_ALIGNED = {16: 1, 18: 1, 21: 2, 2950: 1, 19: 1}


def _aligned(size: int, to: int = _WORD) -> int:
    return -(-size // to) * to


def _text(value: str) -> int:
    return len(value.encode())


def _numeric(value: Decimal) -> int:
    if not value.is_finite():
        return 2
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    whole = "".join(map(str, digits)) + "0" * max(0, exponent)
    whole, part = (whole[: len(whole) - scale] or "0", whole[len(whole) - scale :].rjust(scale, "0")) if scale else (
        whole, "")  # fmt: skip
    whole = whole.rjust(_aligned(len(whole), _DIGITS), "0")
    groups = whole + part.ljust(_aligned(len(part), _DIGITS), "0")
    listed = [groups[at : at + _DIGITS] for at in range(0, len(groups), _DIGITS)]
    weight = len(whole) // _DIGITS - 1
    while listed and listed[0] == "0000":
        listed.pop(0)
        weight -= 1
    while listed and listed[-1] == "0000":
        listed.pop()
    is_short = scale <= _SCALE_MAX and (not listed or weight in _WEIGHTS)
    return (2 if is_short else 4) + 2 * len(listed)


def _network(value: Network) -> int:
    return 2 + len(value.address)


def _bits(value: str) -> int:
    return 4 + (len(value) + 7) // 8


def _document(text: str) -> int:
    value = jsons.parse(text, jsons.number)
    inside = value if isinstance(value, dict | list) else [value]
    return _container(inside, _HEAD) - _HEAD


def _container(value: Any, at: int) -> int:
    """Where a JSONB's object or array ends that begins at a place."""
    if isinstance(value, dict):
        at = _aligned(at) + _WORD + 2 * _WORD * len(value)
        at += sum(len(name.encode()) for name in value)
        names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
        members = [value[name] for name in names]
    else:
        at = _aligned(at) + _WORD + _WORD * len(value)
        members = value
    for one in members:
        at = _member(one, at)
    return at


def _member(value: Any, at: int) -> int:
    if isinstance(value, dict | list):
        return _container(value, at)
    if isinstance(value, str):
        return at + len(value.encode())
    return _aligned(at) + _HEAD + _numeric(value) if isinstance(value, Decimal) else at


_PAYLOADS: dict[int, Width] = {
    17: len, **dict.fromkeys((25, 114, 1042, 1043), _text), 1700: _numeric, 869: _network, 650: _network,
    1560: _bits, 1562: _bits, 3802: _document, 13_400: len, 13_402: len, 13_404: len,
}  # fmt: skip


def payload_of(type_oid: int) -> Width | None:
    """What tells the bytes of a type's values without their heads; None for a type all of whose values have as many."""
    element = ELEMENTS.get(type_oid)
    if element is None:
        return _PAYLOADS.get(type_oid)
    inner, size = _PAYLOADS.get(element.oid), TYPES[element.oid].size
    to = 8 if element.oid in _ALIGNED_8 else _ALIGNED.get(element.oid, _WORD)

    def array(value: list[Any]) -> int:
        flat, shape = flattened(value), shape_of(value)
        if not flat:
            return 12
        nulls = (len(flat) + 7) // 8 if None in flat else 0
        at = 0
        for one in flat:
            if one is not None:
                at = _aligned(at + (_HEAD + inner(one) if inner is not None else size), to)
        return _aligned(16 + 8 * len(shape) + nulls, 8) + at - _HEAD

    return array


def stored(payload: int) -> int:
    """The bytes of a value with its head."""
    return payload + (1 if payload <= _SHORT_MAX else _HEAD)


def fixed(type_oid: int) -> int:
    """The bytes of each value of a type, where all have as many."""
    return TYPES[type_oid].size
