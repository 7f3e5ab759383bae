"""Which codec the arrays of a type have: those of numbers, moments and texts read and write many elements at once.

What is out of the ordinary - a NULL, a second dimension, an element that is none of the type - is read one by one.
"""

import struct
from typing import Any

from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Codec, Style
from yunbox.wire.pgwire.values.reals import FLOAT4, FLOAT8, HEAD, LAYOUTS, Floats, Numbers

_MOMENTS, _TEXTS = frozenset((1082, 1114, 1184)), frozenset((25, 1043))
_LENGTH = struct.Struct(">i")


class Moments(Numbers):
    """The codec of arrays of dates and timestamps, which are not all numbers of as many bytes."""

    def read_all(self, texts: list[str], style: Style) -> list[Any]:
        """The values of some elements, of which many may be the same."""
        read = self.element.read
        known: dict[str, Any] = {}
        for text in texts:
            if text not in known:
                known[text] = read(text, style)
        return [known[text] for text in texts]

    def unpack(self, data: bytes) -> list[Any]:
        """The other way round. Raises PgError 22008 for what is beyond all dates."""
        items = super().unpack(data)
        letter, size = LAYOUTS[self.oid]
        end = 1 << 8 * size - 1
        if None in items or not items or isinstance(items[0], list):  # which are read one by one already
            return items
        ends = min(items), max(items)
        if -end in ends or end - 1 in ends:  # the infinities, beside which another may be out of range
            return Array.unpack(self, data)
        for one in ends:
            self.element.unpack(struct.pack(f">{letter}", one))
        return items


class Texts(Array):
    """The codec of arrays of texts."""

    def read_all(self, texts: list[str], style: Style) -> list[Any]:
        """They."""
        return texts

    def pack(self, value: list[Any]) -> bytes:
        """In PostgreSQL's binary form."""
        try:
            items = [one.encode() for one in value]
        except AttributeError:  # NULL, or a list
            return super().pack(value)
        pack = _LENGTH.pack
        head = HEAD.pack(1, 0, self.oid, len(items), 1)
        return head + b"".join([pack(len(one)) + one for one in items]) if items else super().pack(value)

    def unpack(self, data: bytes) -> list[Any]:
        """The other way round."""
        found = _pieces(data, self.oid)
        if found is None or 0 in b"".join(found):
            return super().unpack(data)
        try:
            return [one.decode() for one in found]
        except UnicodeDecodeError:
            return super().unpack(data)  # which says what is wrong


def _pieces(data: bytes, oid: int) -> list[bytes] | None:
    """The elements of an array of one dimension; None where one is NULL, or anything is wrong."""
    size = len(data)
    if size < HEAD.size or HEAD.unpack_from(data)[:3] != (1, 0, oid) or HEAD.unpack_from(data)[4] != 1:
        return None
    count, at, unpack = HEAD.unpack_from(data)[3], HEAD.size, _LENGTH.unpack_from
    found: list[bytes] = []
    while at + _LENGTH.size <= size:
        (length,) = unpack(data, at)
        start = at + _LENGTH.size
        at = start + length
        if length < 0 or at > size:
            return None
        found.append(data[start:at])
    return found if at == size and len(found) == count else None


def array_of(element: Codec, oid: int) -> Array:
    """The codec of arrays of a type."""
    if oid in _TEXTS:
        return Texts(element, oid)
    kind = Floats if oid in (FLOAT4, FLOAT8) else Moments if oid in _MOMENTS else Numbers if oid in LAYOUTS else Array
    return kind(element, oid)
