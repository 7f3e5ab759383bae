"""Frames: what a log's files are made of. One holds the records that were appended together, and says if it is whole.

    4 bytes   ``YLG1``
    u32       bytes behind the header
    u32       CRC-32C of all that follows it in the header, and of what is behind the header
    u32       records
    u64       the sequence of the first of them; the others follow it
    u64       when they came, in milliseconds since the epoch
    u32       what the writer says of them, such as the version of their schema
    u32       bytes of the table of records
    i64       which producer numbers its records, -1 for one that does not
    i32, i32  the epoch of that producer, and the number it gave the first record
    table     for each record u32: where it begins in the payload
    payload   the records

All numbers are little-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import crc32c

HEADER = struct.Struct("<4sIIIQQIIqii")
_MAGIC = b"YLG1"
_CHECKED_FROM = 12
_COUNTED = 4
FRAME_BYTES_MAX = 64 * 1024 * 1024
"""No frame is larger, so that what a damaged length says is never taken for granted."""


class Origin(NamedTuple):
    """Who sent the records of a frame and numbers them, so that what is sent again is known."""

    producer: int
    epoch: int
    first: int


NOBODY = Origin(-1, -1, -1)


class Head(NamedTuple):
    """A frame's header."""

    magic: bytes
    length: int
    crc: int
    count: int
    first: int
    time_ms: int
    mark: int
    table_bytes: int
    producer: int
    epoch: int
    number: int

    @property
    def origin(self) -> Origin:
        """Who sent it."""
        return Origin(self.producer, self.epoch, self.number)

    @property
    def end(self) -> int:
        """The sequence behind the last record."""
        return self.first + self.count

    @property
    def size_bytes(self) -> int:
        """Of the frame with its header."""
        return HEADER.size + self.length

    @property
    def is_sane(self) -> bool:
        """Whether this can be a header at all."""
        return (
            self.magic == _MAGIC
            and self.count > 0
            and self.table_bytes == _COUNTED * self.count
            and self.table_bytes <= self.length <= FRAME_BYTES_MAX
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """Records that came together: ``starts`` says where each begins in the payload (u32)."""

    first: int
    time_ms: int
    mark: int
    starts: memoryview
    payload: memoryview

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.starts)

    @property
    def end(self) -> int:
        """The sequence behind the last record."""
        return self.first + len(self.starts)

    def slice(self, low: int, high: int) -> memoryview:
        """The payload of the records from one index to another."""
        starts = self.starts
        return self.payload[starts[low] : starts[high] if high < len(starts) else len(self.payload)]

    def records(self, low: int = 0) -> Iterator[memoryview]:
        """Each record from an index on."""
        for index in range(low, len(self.starts)):
            yield self.slice(index, index + 1)


def pack(first: int, time_ms: int, mark: int, table: bytes, payload: bytes, origin: Origin = NOBODY) -> bytes:
    """A frame as it lies in a file; ``table`` is that of the records' beginnings."""
    count = len(table) // _COUNTED
    length = len(table) + len(payload)
    rest = (count, first, time_ms, mark, len(table), *origin)
    crc = crc32c.crc32c(HEADER.pack(_MAGIC, length, 0, *rest)[_CHECKED_FROM:])
    crc = crc32c.crc32c(payload, crc32c.crc32c(table, crc))
    return b"".join((HEADER.pack(_MAGIC, length, crc, *rest), table, payload))


def head_of(data: memoryview | bytes, at: int = 0) -> Head | None:
    """The header at a place, if there is one."""
    if at + HEADER.size > len(data):
        return None
    head = Head._make(HEADER.unpack_from(data, at))
    return head if head.is_sane else None


def frame_of(data: memoryview, head: Head, at: int = 0) -> Frame | None:
    """The frame whose header was read at a place, if it is whole."""
    end = at + head.size_bytes
    if end > len(data):
        return None
    body = data[at + HEADER.size : end]
    if crc32c.crc32c(body, crc32c.crc32c(data[at + _CHECKED_FROM : at + HEADER.size])) != head.crc:
        return None
    return Frame(head.first, head.time_ms, head.mark, body[: head.table_bytes].cast("I"), body[head.table_bytes :])
