"""Arrays of numbers: many at once, and one by one where one of them is out of the ordinary.

A vector of a thousand numbers is written in 20 ms number by number, and in 0.1 ms so (``float_texts.py``). What is
ordinary has digits alone, no exponent and no NULL, and one dimension.
"""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from math import inf
from typing import Any

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style

_PLAIN = re.compile(r"\{[-+0-9.eE,]+\}", re.ASCII)
_NOTHING = re.compile(r"[-+]?[0.]+", re.ASCII)
HEAD = struct.Struct(">iiIii")
FLOAT4, FLOAT8 = 700, 701
LAYOUTS = {20: ("q", 8), 21: ("h", 2), 23: ("i", 4), FLOAT4: ("f", 4), FLOAT8: ("d", 8), 1082: ("i", 4),
            1114: ("q", 8), 1184: ("q", 8)}  # fmt: skip
"""How elements are packed, and in how many bytes, by OID."""
_WHOLE, _DIGITS = {20: 63, 21: 15, 23: 31}, b"0123456789-,"
"""The integers, with how many bits they have beside their sign, and what their texts are of."""
_REAL_BYTES = 4
_MANY = 8
"""Fewer numbers are written one by one."""


class Numbers(Array):
    """The codec of arrays of numbers that have as many bytes each."""

    def read_all(self, texts: list[str], style: Style) -> list[Any]:
        """The values of some elements."""
        bits = _WHOLE.get(self.oid)
        if bits is not None and not ",".join(texts).encode().translate(None, _DIGITS):
            try:
                made = list(map(int, texts))
            except ValueError:  # which is told below
                made = []
            if made and -(1 << bits) <= min(made) and max(made) < 1 << bits:
                return made
        return super().read_all(texts, style)

    def pack(self, value: list[Any]) -> bytes:
        """In PostgreSQL's binary form."""
        letter, size = LAYOUTS[self.oid]
        try:
            parts: list[Any] = [size] * (2 * len(value))
            parts[1::2] = value
            items = _items(len(value), letter).pack(*parts)
        except (struct.error, OverflowError):
            return super().pack(value)
        return HEAD.pack(1, 0, self.oid, len(value), 1) + items if value else super().pack(value)

    def unpack(self, data: bytes) -> list[Any]:
        """The other way round."""
        letter, size = LAYOUTS[self.oid]
        count, rest = divmod(len(data) - HEAD.size, 4 + size)
        if rest or count < 1 or HEAD.unpack_from(data) != (1, 0, self.oid, count, 1):
            return super().unpack(data)
        parts = _items(count, letter).unpack_from(data, HEAD.size)
        return list(parts[1::2]) if set(parts[::2]) == {size} else super().unpack(data)


class Floats(Numbers):
    """The codec of ``float4[]`` and ``float8[]``."""

    def write(self, value: list[Any], style: Style) -> str:
        """``{0.1,2}``."""
        found = self._joined([value], style) if len(value) >= _MANY else None
        return super().write(value, style) if found is None else found[0]

    def write_all(self, values: Sequence[list[Any]], style: Style) -> list[str]:
        """The same of many, at once."""
        found = self._joined(values, style)
        return [self.write(one, style) for one in values] if found is None else found

    def written(self, packed_arrays: Sequence[bytes], style: Style) -> list[str] | None:
        """The texts of packed arrays; None where one has to be unpacked first."""
        from yunbox.wire.pgwire.values.float_texts import packed  # heavy

        return packed(packed_arrays, self.oid, self._size, lambda one: self.element.write(one, style))

    def _joined(self, values: Sequence[list[Any]], style: Style) -> list[str] | None:
        if style.float_digits <= 0:
            return None
        from yunbox.wire.pgwire.values.float_texts import joined  # heavy

        return joined(values, self._size, lambda one: self.element.write(one, style))

    @property
    def _size(self) -> int:
        """How many bytes an element has."""
        return _REAL_BYTES if self.oid == FLOAT4 else 8

    def read(self, text: str, style: Style) -> list[Any]:
        """The other way round."""
        found = _numbers(text[1:-1].split(","), self._size) if _PLAIN.fullmatch(text) else None
        return super().read(text, style) if found is None else found


@lru_cache(64)
def _items(count: int, letter: str) -> struct.Struct:
    """Elements, each behind its length."""
    return struct.Struct(">" + f"i{letter}" * count)


def _rounded(values: tuple[float, ...]) -> tuple[float, ...]:
    """Numbers as REAL has them. Raises OverflowError for one that is too large."""
    packed = struct.Struct(f"={len(values)}f")
    return packed.unpack(packed.pack(*values))


def _numbers(texts: list[str], size: int) -> list[Any] | None:
    """What texts say; None where one is no number, or beyond what a float of so many bytes can be."""
    try:
        exact = tuple(map(float, texts))
        made = _rounded(exact) if size == _REAL_BYTES else exact
    except (ValueError, OverflowError):
        return None
    if inf in made or -inf in made:
        return None
    if 0.0 in made and any(not one and not _NOTHING.fullmatch(text) for one, text in zip(made, texts, strict=True)):
        return None
    return list(made)


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
