"""Chunks of a table's log: rows that were written many at once, with their keys, as whoever keeps a copy takes them.

Single changes leave only their keys in a log, and whoever follows it looks up the row of each. A million of them take a
second or two to look up, so what a COPY or an INSERT writes lies in the log a second time, until it is followed.
"""

from array import array
from collections.abc import Iterator, Sequence
from math import ceil

import msgspec

ROWS_MIN = 64
"""Fewer rows are logged one by one."""
_BYTES_MAX = 128 << 10
_ROW_BYTES_MAX = 4 << 10
"""The mean size from which on looking a row up costs less than keeping it twice."""


class Chunk(msgspec.Struct, array_like=True, frozen=True):
    """Rows one behind another, and their keys without the table's prefix; lengths are numbers of four bytes."""

    keys: bytes
    key_lengths: bytes
    rows: bytes
    row_lengths: bytes

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.row_lengths) // array("I").itemsize

    def parted_keys(self) -> list[bytes]:
        """The keys, each on its own."""
        found, at = [], 0
        for length in array("I", self.key_lengths):
            found.append(self.keys[at : at + length])
            at += length
        return found


read = msgspec.msgpack.Decoder(Chunk).decode


def is_suited(rows: Sequence[bytes]) -> bool:
    """Whether rows are logged as chunks."""
    return len(rows) >= ROWS_MIN and sum(map(len, rows)) <= len(rows) * _ROW_BYTES_MAX


def chunks(keys: Sequence[bytes], rows: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Rows as chunks of bounded size, each with how many rows it and those before it have."""
    count = len(rows)
    step = ceil(count / ceil(sum(map(len, rows)) / _BYTES_MAX)) if any(rows) else count
    for at in range(0, count, step):
        some, some_rows = keys[at : at + step], rows[at : at + step]
        made = Chunk(b"".join(some), _lengths(some), b"".join(some_rows), _lengths(some_rows))
        yield at + len(some), msgspec.msgpack.encode(made)


def _lengths(parts: Sequence[bytes]) -> bytes:
    return array("I", map(len, parts)).tobytes()
