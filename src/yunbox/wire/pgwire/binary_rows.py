"""Rows as the vendor's client reads them from a binlog: Blink's BinaryRow, little-endian.

A row has a bit for each field that is NULL, behind eight bits of its own; then eight bytes for each field; then what
does not fit into these. Bytes and texts of at most seven bytes lie in the eight themselves, with their length in the
last one. An array has its length, a bit for each element that is NULL, its elements, and what does not fit into them.

Sources: HoloBinlogDecoder and the classes of com.alibaba.blink.dataformat in the vendor's client for Java.
"""

import struct
from collections.abc import Callable, Sequence

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.calendar import EPOCH_US

_LONG, _UNSIGNED, _INT = struct.Struct("<q"), struct.Struct("<Q"), struct.Struct("<i")
_INLINE_MAX = 7
_MARK = 0x80 << 56
_HEADER_BITS = 8


class Packed(bytes):
    """An array as bytes, which never lies in the eight bytes of its field."""


Value = int | bytes | Packed | None
"""A field: a number of at most eight bytes, or bytes."""


def row_of(values: Sequence[Value]) -> bytes:
    """A row."""
    nulls = sum(1 << (at + _HEADER_BITS) for at, value in enumerate(values) if value is None)
    width = (len(values) + 63 + _HEADER_BITS) // 64 * 8
    return _laid(values, nulls.to_bytes(width, "little"), b"")


def array_of(values: Sequence[Value], size: int) -> Packed:
    """An array, whose elements have so many bytes each: 8 where they are texts."""
    nulls = sum(1 << at for at, value in enumerate(values) if value is None)
    head = _INT.pack(len(values)) + nulls.to_bytes((len(values) + 31) // 32 * 4, "little")
    if any(isinstance(value, bytes) for value in values):
        return Packed(_laid(values, head, b""))
    body = b"".join([_LONG.pack(value or 0)[:size] for value in values])
    return Packed(_padded(head + body))


def _laid(values: Sequence[Value], head: bytes, tail: bytes) -> bytes:
    """Eight bytes for each value behind a head, and then what does not fit."""
    slots: list[bytes] = []
    begins = len(head) + 8 * len(values)
    begins += -begins % 8
    for value in values:
        if value is None:
            slots.append(bytes(8))
        elif isinstance(value, int):
            slots.append(_LONG.pack(value))
        elif len(value) <= _INLINE_MAX and not isinstance(value, Packed):
            slots.append(_UNSIGNED.pack(int.from_bytes(value, "little") | len(value) << 56 | _MARK))
        else:
            slots.append(_UNSIGNED.pack((begins + len(tail)) << 32 | len(value)))
            tail += _padded(value)
    return _padded(head + b"".join(slots)) + tail


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


_BATCH = struct.Struct(">qq")


def batch_of(version: int, rows: Sequence[bytes]) -> bytes:
    """Rows of one version of a table's columns, with where each begins."""
    offsets: list[int] = []
    at = 8 + 4 * len(rows)
    at += -at % 8
    gap = bytes(at - 8 - 4 * len(rows))
    for row in rows:
        offsets.append(at)
        at += len(row)
    heads = struct.pack(f"<ii{len(rows)}i", 0, len(rows), *offsets)
    return _BATCH.pack(0, version) + heads + gap + b"".join(rows)


# -- values


Read = Callable[[object], Value]
"""From what a type's codec reads to a field."""
_EPOCH_DAYS = 10_957
_DECIMAL_BYTES = 16


def _float4(value: object) -> int:
    return int.from_bytes(struct.pack("<f", value), "little")


def _float8(value: object) -> int:
    return int.from_bytes(struct.pack("<d", value), "little", signed=True)


def _number(value: object) -> int:
    return int(value)  # ty: ignore[invalid-argument-type] - what such types are


_NUMBERS: dict[int, tuple[Read, int]] = {
    16: (_number, 1), 20: (_number, 8), 21: (_number, 2), 23: (_number, 4), 26: (_number, 8), 700: (_float4, 4),
    701: (_float8, 8),
}  # fmt: skip
"""The types that are numbers here, with the bytes of each as an array's element."""
_MOMENTS: dict[int, Read] = {
    1082: lambda value: _number(value) + _EPOCH_DAYS,
    1083: _number,
    1114: lambda value: _number(value) + EPOCH_US,
    1184: lambda value: (_number(value) + EPOCH_US) // 1000,
}
_TEXTS = frozenset((19, 25, 114, 869, 1042, 1043, 1186, 1563, 2950, 3802))
"""Types that go as their texts."""
_ARRAYS = {1000: 16, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1009: 25, 1015: 1043}
"""The arrays that the client reads, and what each is of."""
BYTEA, NUMERIC = 17, 1700


def is_sent(oid: int) -> bool:
    """Whether the client reads values of a type."""
    return oid in _NUMBERS or oid in _MOMENTS or oid in _TEXTS or oid in _ARRAYS or oid in (BYTEA, NUMERIC)


def field_of(oid: int, scale: int, text: bytes, read: Callable[[], object]) -> Value:
    """A value, of which ``text`` is the text, and which ``read`` reads; ``scale`` is a numeric's."""
    if oid in _TEXTS:
        return text
    if oid == NUMERIC:
        return _decimal(text.decode(), scale)
    value = read()
    if oid in _ARRAYS:
        return _array(value, _ARRAYS[oid])  # ty: ignore[invalid-argument-type] - a list
    if oid == BYTEA:
        return bytes(value)  # ty: ignore[invalid-argument-type] - bytes
    return _MOMENTS[oid](value) if oid in _MOMENTS else _NUMBERS[oid][0](value)


def _array(values: Sequence[object], of: int) -> Packed:
    if of in _TEXTS:
        return array_of([None if value is None else str(value).encode() for value in values], 8)
    read, size = _NUMBERS[of]
    return array_of([None if value is None else read(value) for value in values], size)


def _decimal(text: str, scale: int) -> bytes:
    """A number without its point, of so many digits behind that. Raises PgError 22003 for one that is none."""
    if not text[-1:].isdigit():
        raise failure("22003", f"{text} of a numeric cannot be sent in a binlog")
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(scale, "0")[:scale]).to_bytes(_DECIMAL_BYTES, "little", signed=True)
