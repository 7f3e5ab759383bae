"""BSI: whole numbers by keys of 32 bits, as bit-sliced indexes: for each bit a set of the keys whose numbers have it.

The vendor has not published its bytes. Here they are the number of slices, and then the set of all keys and the slices
from the lowest on, each with its length before it, as 4 bytes in little-endian order; sets are in the portable format
of Roaring bitmaps. Source of what an index is: the vendor's page "BSI functions".
"""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.bitmaps import bitmap_of
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.texts import Bytea

if TYPE_CHECKING:
    from yunbox.wire.pgwire.values.bitmaps import Set

SLICES_MAX = 63
_LENGTH = struct.Struct("<I")
_BYTES = Bytea()


@dataclass(frozen=True, slots=True)
class Index:
    """One: all of its keys, and the keys whose numbers have each bit."""

    keys: "Set"
    slices: "tuple[Set, ...]"

    def packed(self) -> bytes:
        """Its bytes, without slices of nothing above the highest bit."""
        slices = list(self.slices)
        while slices and not slices[-1]:
            slices.pop()
        parts = [one.serialize() for one in (self.keys, *slices)]
        return _LENGTH.pack(len(slices)) + b"".join(_LENGTH.pack(len(one)) + one for one in parts)


def index_of(data: bytes) -> Index:
    """The index that some bytes are. Raises PgError 22P03 for those that are none."""
    try:
        (count,) = _LENGTH.unpack_from(data)
        if count > SLICES_MAX:
            raise ValueError
        at, parts = _LENGTH.size, []
        for _ in range(count + 1):
            (length,) = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            if at + length > len(data):
                raise ValueError
            parts.append(bitmap_of(data[at : at + length]))
            at += length
        if at != len(data):
            raise ValueError
    except (ValueError, struct.error):
        raise failure("22P03", "bsi format is error") from None
    return Index(parts[0], tuple(parts[1:]))


@dataclass(frozen=True, slots=True)
class Bsi:
    """The codec; a value is its bytes."""

    def write(self, value: bytes, style: Style) -> str:
        """As BYTEA is written."""
        return _BYTES.write(value, style)

    def read(self, text: str, style: Style) -> bytes:
        """The text of bytes. Raises PgError 22P03."""
        return self.unpack(_BYTES.read(text, style))

    def pack(self, value: bytes) -> bytes:
        """It."""
        return value

    def unpack(self, data: bytes) -> Any:
        """It, if it is one. Raises PgError 22P03."""
        index_of(data)
        return bytes(data)
