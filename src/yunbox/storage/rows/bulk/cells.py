"""Whole lines as fields: where each one begins and how long it is, found for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_PAD = bytes(64)
"""What stands behind the lines, so that a look beyond a field's end finds something."""
_WORD = 4
_LINE_END = 10
_BACKSLASH = 92


@dataclass(frozen=True, slots=True)
class Field:
    """The fields of one column that are not NULL: positions in some bytes, and lengths."""

    data: Bytes
    starts: Numbers
    lengths: Numbers

    def at(self, offset: int | Numbers) -> Bytes:
        """The bytes that lie so far behind the beginnings."""
        return self.data[self.starts + offset]

    def behind(self, offset: int) -> "Field":
        """The fields without their first bytes."""
        return Field(self.data, self.starts + offset, self.lengths - offset)

    def shorter(self, bytes_fewer: int) -> "Field":
        """The fields without their last bytes."""
        return Field(self.data, self.starts, self.lengths - bytes_fewer)

    def matrix(self, width: int) -> Bytes:
        """The first bytes of each, one row a field."""
        return self.data[self.starts[:, None] + np.arange(width)]


@dataclass(frozen=True, slots=True)
class Cut:
    """Bytes of fields that are not stored: where they begin, and how many they are."""

    starts: Numbers
    counts: Numbers


@dataclass(frozen=True, slots=True)
class Checked:
    """Fields that are as they are stored, but for a cut; their values are there if a key may need them."""

    values: Any = None
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class Cells:
    """The fields of lines, by column and line; ``nulls`` says which are NULL, and is None where none is."""

    block: bytes
    data: Bytes
    starts: Numbers
    lengths: Numbers
    nulls: Flags | None

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.starts.shape[1]

    def has_null(self, column: int) -> bool:
        """Whether a column has a NULL."""
        return self.nulls is not None and bool(self.nulls[column].any())

    def field(self, column: int) -> Field:
        """The fields of a column that are not NULL."""
        starts, lengths = self.starts[column], self.lengths[column]
        if self.has_null(column):
            assert self.nulls is not None
            present = ~self.nulls[column]
            starts, lengths = starts[present], lengths[present]
        return Field(self.data, starts, lengths)


def words_of(data: bytes) -> Any:
    """The big-endian numbers of four bytes that begin at each place of some bytes."""
    return np.ndarray((max(0, len(data) - _WORD + 1),), ">i4", data, strides=(1,))


def kept(cells: Cells, cuts: Sequence[tuple[int, Cut]]) -> tuple[bytes, Numbers]:
    """The lines without NULLs' own texts and some cuts of columns, and the lengths of their fields, by line."""
    lengths = cells.lengths
    if cells.nulls is None and not cuts:
        return cells.block, lengths.T
    lengths, mask = lengths.copy(), np.ones(len(cells.block), bool)
    for column, cut in cuts:
        present = slice(None) if not cells.has_null(column) else ~_of(cells.nulls, column)
        lengths[column, present] -= cut.counts
        _clear(mask, cut.starts, cut.counts)
    if cells.nulls is not None:
        _clear(mask, cells.starts[cells.nulls], lengths[cells.nulls])
        lengths[cells.nulls] = 0
    return cells.data[: len(cells.block)][mask].tobytes(), lengths.T


def _of(nulls: Flags | None, column: int) -> Flags:
    assert nulls is not None
    return nulls[column]


def _clear(mask: Flags, starts: Numbers, counts: Numbers) -> None:
    for place in range(int(counts.max(initial=0))):
        mask[starts[place < counts] + place] = False


def cells_of(block: bytes, between: bytes, nothing: bytes, columns: int) -> Cells | None:
    """The fields of lines that each end with ``\\n``; ``nothing`` is NULL: ``\\N``, or an empty field.

    None where the lines have other numbers of fields, a backslash elsewhere than in NULL, or bytes that are no text.
    """
    if not _is_text(block):
        return None
    data = np.frombuffer(block + _PAD, np.uint8)
    lines = data[: len(block)]
    found = np.flatnonzero((lines == between[0]) | (lines == _LINE_END))
    count = block.count(b"\n")
    if len(found) != count * columns or not (lines[found[columns - 1 :: columns]] == _LINE_END).all():
        return None
    begins = np.empty_like(found)
    begins[0], begins[1:] = 0, found[:-1] + 1
    starts = np.ascontiguousarray(begins.reshape(count, columns).T)
    lengths = np.ascontiguousarray((found - begins).reshape(count, columns).T)
    nulls: Any = None
    if nothing == b"" or b"\\" in block:
        nulls = _nulls(data, starts, lengths, nothing)
        if nothing and int(nulls.sum()) != block.count(b"\\"):
            return None
    return Cells(block, data, starts, lengths, nulls if nulls is not None and nulls.any() else None)


def _is_text(block: bytes) -> bool:
    if b"\0" in block:
        return False
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _nulls(data: Bytes, starts: Numbers, lengths: Numbers, nothing: bytes) -> Flags:
    if not nothing:
        return lengths == 0
    return (lengths == len(nothing)) & (data[starts] == _BACKSLASH) & (data[starts + 1] == nothing[1])
