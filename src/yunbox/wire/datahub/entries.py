"""The records of an answer that are wanted column by column: where each one's data lies, worked out for all together.

An entry is put together by ``messages.compose``: its sequence, its time, perhaps attributes, and the data.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.datahub.columns import Columns, split, varints
from yunbox.wire.datahub.messages import Entry, read_entry
from yunbox.wire.varint import read_varint, varint

Array = Any
_ENTRY, _SEQUENCE, _TIME, _ATTRIBUTES, _DATA = 0x22, 0x30, 0x38, 0x42, 0x4A
_CURSOR, _COUNT, _START = 0x0A, 0x10, 0x18
_NUMBER_BYTES_MAX, _LENGTH_BYTES_MAX = 10, 5
_PADDING = bytes(16)


@dataclass(frozen=True)
class Entries:
    """Some records: ``sequences``, ``times`` in milliseconds, and for each where its entry and its data are."""

    message: bytes
    next_cursor: str
    starts: Array
    ends: Array
    sequences: Array
    times: Array
    data_starts: Array

    def __len__(self) -> int:
        return len(self.starts)

    def columns(self, count: int) -> Columns:
        """The fields of all records; those that have not so many are not ``whole``."""
        return split(self.message, self.data_starts, self.ends, count)

    def entry(self, at: int) -> Entry:
        """One record in full."""
        content = self.message[self.starts[at] : self.ends[at]]
        return read_entry(b"\x22" + varint(len(content)) + content)


def read_entries(message: bytes) -> Entries:
    """The records of a GetRecordsResponse. Raises InvalidArgument."""
    try:
        cursor, starts, ends = _outer(message)
    except (IndexError, UnicodeDecodeError):
        raise _broken() from None
    first, last = np.array(starts, np.int64), np.array(ends, np.int64)
    return Entries(message, cursor, first, last, *_inner(message, first, last))


def _outer(message: bytes) -> tuple[str, list[int], list[int]]:
    """The next cursor, and where the entries begin and end."""
    cursor, at, end = "", 0, len(message)
    starts: list[int] = []
    ends: list[int] = []
    while at < end:
        tag, length = message[at], message[at + 1]
        at += 2
        if length > 127:
            length, at = read_varint(message, at - 1)
        if tag == _ENTRY:
            starts.append(at)
            at += length
            ends.append(at)
        elif tag == _CURSOR:
            cursor = message[at : at + length].decode()
            at += length
        elif tag not in (_COUNT, _START):
            raise _broken()
    if at != end:
        raise _broken()
    return cursor, starts, ends


def _inner(message: bytes, starts: Array, ends: Array) -> tuple[Array, Array, Array]:
    """The sequences, the times, and where the data begins, of all entries."""
    buffer = np.frombuffer(message + _PADDING, np.uint8)
    whole = buffer.take(starts, mode="clip") == _SEQUENCE
    sequences, at = varints(buffer, starts + 1, _NUMBER_BYTES_MAX)
    whole &= buffer.take(at, mode="clip") == _TIME
    times, at = varints(buffer, at + 1, _NUMBER_BYTES_MAX)
    has_attributes = buffer.take(at, mode="clip") == _ATTRIBUTES
    lengths, after = varints(buffer, at + 1, _LENGTH_BYTES_MAX)
    at = np.where(has_attributes, after + lengths, at)
    whole &= buffer.take(at, mode="clip") == _DATA
    lengths, data = varints(buffer, at + 1, _LENGTH_BYTES_MAX)
    whole &= data + lengths == ends
    if not whole.all():
        raise _broken()
    return sequences, times, data


def _broken() -> InvalidArgument:
    return InvalidArgument("The records of the answer cannot be read", code="InvalidParameter")
