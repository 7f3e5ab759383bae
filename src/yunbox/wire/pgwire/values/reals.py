"""Arrays of REAL, which vectors are: many numbers at once, and one by one where one of them is out of the ordinary.

A vector of a thousand numbers is written in 20 ms number by number, and in 2 ms so. What is ordinary has
digits alone, no exponent and no NULL, and one dimension.
"""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style

_PLAIN = re.compile(r"\{[-+0-9.eE,]+\}", re.ASCII)
_NOTHING = re.compile(r"[-+]?[0.]+", re.ASCII)
_LEAST, _MOST = 1e-4, 1e6
"""Between these all numbers are written without an exponent, whatever their digits."""
_HEAD = struct.Struct(">iiIii")


class Reals(Array):
    """The codec of ``float4[]``."""

    def write(self, value: list[Any], style: Style) -> str:
        """``{0.1,2}``."""
        texts = _texts(value) if value and style.float_digits > 0 else None
        return super().write(value, style) if texts is None else "{" + ",".join(texts) + "}"

    def read(self, text: str, style: Style) -> list[Any]:
        """The other way round."""
        found = _numbers(text[1:-1].split(",")) if _PLAIN.fullmatch(text) else None
        return super().read(text, style) if found is None else found

    def pack(self, value: list[Any]) -> bytes:
        """In PostgreSQL's binary form."""
        try:
            items = _items(len(value)).pack(*(part for one in value for part in (4, one)))
        except (struct.error, OverflowError):
            return super().pack(value)
        return _HEAD.pack(1, 0, self.oid, len(value), 1) + items if value else super().pack(value)

    def unpack(self, data: bytes) -> list[Any]:
        """The other way round."""
        count, rest = divmod(len(data) - _HEAD.size, 8)
        if rest or count < 1 or _HEAD.unpack_from(data) != (1, 0, self.oid, count, 1):
            return super().unpack(data)
        parts = _items(count).unpack_from(data, _HEAD.size)
        return list(parts[1::2]) if set(parts[::2]) == {4} else super().unpack(data)


@lru_cache(64)
def _items(count: int) -> struct.Struct:
    """Elements, each behind its length."""
    return struct.Struct(">" + "if" * count)


def _rounded(values: tuple[float, ...]) -> tuple[float, ...]:
    """Numbers as REAL has them. Raises OverflowError for one that is too large."""
    packed = struct.Struct(f"={len(values)}f")
    return packed.unpack(packed.pack(*values))


def _numbers(texts: list[str]) -> list[Any] | None:
    """What texts say; None where one is no number, or beyond what a REAL can be."""
    try:
        made = _rounded(tuple(map(float, texts)))
    except (ValueError, OverflowError):
        return None
    if 0.0 in made and any(not one and not _NOTHING.fullmatch(text) for one, text in zip(made, texts, strict=True)):
        return None
    return list(made)


def _texts(values: list[Any]) -> list[str] | None:
    """The shortest digits of each; None where one is not an ordinary number.

    Every text of 6 digits has a REAL of its own, and every REAL a text of 9 digits; most need 7 or 8.
    """
    try:
        if not all(_LEAST <= abs(one) < _MOST or one == 0 for one in values):
            return None
        made: dict[int, str] = {}
        left = _kept(made, values, range(len(values)), 7)
        _kept(made, values, list(made), 6)
        for digits in (8, 9):
            left = _kept(made, values, left, digits)
        return [made[at] for at in range(len(values))] if not left else None
    except TypeError:  # NULL, or an array within
        return None


def _kept(made: dict[int, str], values: list[Any], places: Sequence[int], digits: int) -> list[int]:
    """Keep the texts of so many digits that mean what they should; the places of the others."""
    some = tuple([values[at] for at in places])
    texts = (f"%.{digits}g," * len(some) % some).split(",")
    left: list[int] = []
    for at, text, one, back in zip(places, texts, some, _rounded(tuple(map(float, texts[:-1]))), strict=False):
        if one == back:
            made[at] = text
        else:
            left.append(at)
    return left


def narrowed(values: list[Any]) -> list[Any]:
    """Numbers of eight bytes, NULLs and lists of them, as REAL has them. Raises PgError 22003."""
    if not all(isinstance(one, float) for one in values):
        return [
            None if one is None else narrowed(one) if isinstance(one, list) else narrowed([one])[0] for one in values
        ]
    try:
        made = _rounded(tuple(values))
    except OverflowError:
        raise failure("22003", "value out of range: overflow") from None
    if 0.0 in made and any(not one and value for one, value in zip(made, values, strict=True)):
        raise failure("22003", "value out of range: underflow")
    return list(made)
