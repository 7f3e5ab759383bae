"""Many records at once: where each field of each record is, worked out for all of them together with NumPy.

A record's data is a sequence of messages of one optional field each (``RecordData`` and ``FieldData``), so the second
field of all records can be found once the first was. What takes a microsecond a field by hand takes a twentieth so.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Array = Any
"""A NumPy array: its type parameters say nothing here."""
_LEVELS_MAX = 5
_PADDING = bytes(16)
_FIELD_TAG, _VALUE_TAG = 0x0A, 0x0A


class Columns:
    """The fields of some records: ``starts`` and ``lengths`` of each in ``buffer``, a length of -1 for NULL.

    ``whole`` says for each record whether it has exactly so many fields.
    """

    def __init__(self, buffer: Array, starts: list[Array], lengths: list[Array], whole: Array) -> None:
        self.buffer = buffer
        self.starts = starts
        self.lengths = lengths
        self.whole = whole

    def gathered(self, at: int, rows: Array | None = None) -> tuple[Array, Array]:
        """The bytes of a field, one value behind another, and where each begins and the last ends; NULL has none."""
        starts, lengths = self.starts[at], np.maximum(self.lengths[at], 0)
        if rows is not None:
            starts, lengths = starts[rows], lengths[rows]
        ends = np.cumsum(lengths)
        offsets = np.concatenate((np.zeros(1, ends.dtype), ends))
        total = int(offsets[-1])
        places = np.arange(total) + np.repeat(starts - offsets[:-1], lengths)
        return self.buffer[places], offsets

    def texts(self, at: int) -> list[bytes]:
        """The values of a field, without those that are NULL."""
        data, offsets = self.gathered(at)
        text, places = data.tobytes(), offsets.tolist()
        found = [text[low:high] for low, high in pairwise(places)]
        if (self.lengths[at] < 0).any():
            return [value for value, length in zip(found, self.lengths[at].tolist(), strict=True) if length >= 0]
        return found

    def value(self, at: int, row: int) -> bytes | None:
        """One value."""
        start, length = int(self.starts[at][row]), int(self.lengths[at][row])
        return None if length < 0 else self.buffer[start : start + length].tobytes()


def split(data: bytes, starts: Sequence[int] | Array, ends: Sequence[int] | Array, count: int) -> Columns:
    """The fields of records whose data is at some places of some bytes, if they have so many."""
    buffer = np.frombuffer(data + _PADDING, np.uint8)
    at, end = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
    whole = np.ones(len(at), bool)
    limit = len(data)
    found_starts, found_lengths = [], []
    for _ in range(count):
        whole &= (at < end) & (buffer.take(at, mode="clip") == _FIELD_TAG)
        size, inner = _lengths(buffer, at + 1, limit)
        after = inner + size
        is_null = size == 0
        whole &= is_null | (buffer.take(inner, mode="clip") == _VALUE_TAG)
        length, value = _lengths(buffer, inner + 1, limit)
        whole &= is_null | (value + length == after)
        found_starts.append(value)
        found_lengths.append(np.where(is_null, -1, length))
        at = after
    whole &= at == end
    if not whole.all():  # what is not whole has no values
        for number in range(count):
            found_starts[number] = np.where(whole, found_starts[number], 0)
            found_lengths[number] = np.where(whole, found_lengths[number], -1)
    return Columns(buffer, found_starts, found_lengths, whole)


def _lengths(buffer: Array, at: Array, limit: int) -> tuple[Array, Array]:
    """The lengths at some places, none of them beyond what there is, and where what follows them begins."""
    value, after = varints(buffer, at, _LEVELS_MAX)
    return np.minimum(value, limit), after


def varints(buffer: Array, at: Array, levels_max: int) -> tuple[Array, Array]:
    """The numbers of variable length at some places, of so many bytes at most, and where what follows them begins."""
    value, after = buffer.take(at, mode="clip").astype(np.int64), at + 1
    more = np.flatnonzero(value > 127)
    if not len(more):
        return value, after
    value[more] &= 127
    for level in range(1, levels_max):
        if not len(more):
            break
        byte = buffer.take(after[more], mode="clip").astype(np.int64)
        value[more] |= (byte & 127) << (7 * level)
        after[more] += 1
        more = more[byte > 127]
    return value, after
