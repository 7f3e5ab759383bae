"""ROARINGBITMAP and ROARINGBITMAP64: sets of whole numbers of 32 and of 64 bits, as the bytes of the portable formats
that all libraries of them read.

Their text is that of those bytes, and is also read as an array of numbers. Sources: the vendor's page "Roaring bitmap
functions"; the Roaring format specification, with its extension for 64 bits.
"""

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.numbers import Integer
from yunbox.wire.pgwire.values.texts import Bytea

if TYPE_CHECKING:
    from pyroaring import BitMap

    Set = BitMap  # and BitMap64, which does all that BitMap does with others of its own kind

NARROW, WIDE = 32, 64
"""How many bits the numbers of a set have."""
_BYTES = Bytea()
_NUMBERS = {NARROW: Array(Integer("integer", ">i"), 23), WIDE: Array(Integer("bigint", ">q"), 20)}
_LETTERS = {NARROW: ("i", "I"), WIDE: ("q", "Q")}
"""How their numbers are packed, with a sign and without."""


def bitmap_of(data: bytes, bits: int = NARROW) -> "Set":
    """The set that some bytes are. Raises PgError 22P03 for those that are none: they are looked through."""
    try:
        return _class(bits).deserialize(data)
    except (ValueError, IndexError):
        raise failure("22P03", "bitmap format is error") from None


def built(numbers: list[int | None], bits: int = NARROW) -> "Set":
    """A set of numbers, of which those below 0 are behind all others, as numbers without a sign. NULLs count not."""
    signed_letter, letter = _LETTERS[bits]
    try:
        signed = array(signed_letter, numbers)  # ty: ignore[no-matching-overload] - NULL is a TypeError
    except TypeError:
        signed = array(signed_letter, [one for one in numbers if one is not None])
    return _class(bits)(array(letter, signed.tobytes()))


def _class(bits: int) -> "type[Set]":
    from pyroaring import BitMap, BitMap64  # a process that meets no bitmap goes without

    return BitMap if bits == NARROW else cast("type[Set]", BitMap64)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """The codec; a value is its bytes."""

    bits: int = NARROW

    def write(self, value: bytes, style: Style) -> str:
        """As BYTEA is written."""
        return _BYTES.write(value, style)

    def read(self, text: str, style: Style) -> bytes:
        """The text of bytes, or ``{1,2}``. Raises PgError 22P02, 22P03."""
        if text.lstrip().startswith("{"):
            numbers = _NUMBERS[self.bits].read(text, style)
            if any(not isinstance(one, int) for one in numbers):
                raise failure("22P02", f'malformed bitmap literal: "{text}"')
            return built(numbers, self.bits).serialize()
        return self.unpack(_BYTES.read(text, style))

    def pack(self, value: bytes) -> bytes:
        """It."""
        return value

    def unpack(self, data: bytes) -> Any:
        """It, if it is one. Raises PgError 22P03."""
        bitmap_of(data, self.bits)
        return bytes(data)
