"""ROARINGBITMAP: a set of whole numbers of 32 bits, as the bytes of the portable format that all libraries of it read.

Its text is that of those bytes, and is also read as an array of numbers. Sources: the vendor's page "Roaring bitmap
functions"; the Roaring format specification.
"""

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.numbers import Integer
from yunbox.wire.pgwire.values.texts import Bytea

if TYPE_CHECKING:
    from pyroaring import BitMap

_BYTES = Bytea()
_NUMBERS = Array(Integer("integer", ">i"), 23)


def bitmap_of(data: bytes) -> "BitMap":
    """The set that some bytes are. Raises PgError 22P03 for those that are none: they are looked through."""
    from pyroaring import BitMap  # a process that meets no bitmap goes without

    try:
        return BitMap.deserialize(data)
    except (ValueError, IndexError):
        raise failure("22P03", "bitmap format is error") from None


def built(numbers: list[int | None]) -> "BitMap":
    """A set of numbers, of which those below 0 are behind all others, as numbers without a sign. NULLs count not."""
    from pyroaring import BitMap

    try:
        signed = array("i", numbers)  # ty: ignore[no-matching-overload] - NULL is a TypeError
    except TypeError:
        signed = array("i", [one for one in numbers if one is not None])
    return BitMap(array("I", signed.tobytes()))


@dataclass(frozen=True, slots=True)
class Bitmap:
    """The codec; a value is its bytes."""

    def write(self, value: bytes, style: Style) -> str:
        """As BYTEA is written."""
        return _BYTES.write(value, style)

    def read(self, text: str, style: Style) -> bytes:
        """The text of bytes, or ``{1,2}``. Raises PgError 22P02, 22P03."""
        if text.lstrip().startswith("{"):
            numbers = _NUMBERS.read(text, style)
            if any(not isinstance(one, int) for one in numbers):
                raise failure("22P02", f'malformed bitmap literal: "{text}"')
            return built(numbers).serialize()
        return self.unpack(_BYTES.read(text, style))

    def pack(self, value: bytes) -> bytes:
        """It."""
        return value

    def unpack(self, data: bytes) -> Any:
        """It, if it is one. Raises PgError 22P03."""
        bitmap_of(data)
        return bytes(data)
