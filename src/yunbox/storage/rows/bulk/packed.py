"""Many rows in a few pieces of memory: their bytes one behind another, and where each ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap

import numpy as np

from yunbox.storage.rows.bulk.cells import Numbers

Cuttable = bytes | mmap
"""What gives bytes when it is cut."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Byte strings one behind another; ``width`` is the length of each if it is one and the same, else 0."""

    data: bytes
    ends: Numbers
    width: int = 0

    @staticmethod
    def of(parts: Sequence[bytes]) -> "Pieces":
        """Some byte strings."""
        return Pieces.cut(b"".join(parts), np.fromiter(map(len, parts), np.int64, len(parts)))

    @staticmethod
    def cut(data: bytes, lengths: Numbers) -> "Pieces":
        """Byte strings of so many bytes each."""
        is_even = len(lengths) > 0 and bool((lengths == lengths[0]).all())
        return Pieces(data, np.cumsum(lengths), int(lengths[0]) if is_even else 0)

    @staticmethod
    def even(data: bytes, width: int) -> "Pieces":
        """Byte strings of one length, which is not 0."""
        return Pieces(data, np.arange(width, len(data) + 1, width), width)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ends)

    @property
    def lengths(self) -> Numbers:
        """How long each is."""
        return np.diff(self.ends, prepend=0)

    @property
    def starts(self) -> Numbers:
        """Where each begins."""
        return self.ends - self.lengths

    def parted(self) -> list[bytes]:
        """They, each on its own."""
        return self.some(0, len(self))

    def some(self, first: int, last: int) -> list[bytes]:
        """Those from one place up to another, each on its own."""
        if self.width:
            return np.frombuffer(self.data[first * self.width : last * self.width], f"V{self.width}").tolist()
        return neighbours(self.data, self.ends, first, last)

    def at(self, places: Numbers) -> list[bytes]:
        """Those at some places, each on its own."""
        return scattered(self.data, self.ends, places)


def neighbours(data: Cuttable, ends: Numbers, first: int, last: int) -> list[bytes]:
    """Of byte strings one behind another, which end at some places, those from one place up to another."""
    found = ends[first:last].tolist()
    starts = [int(ends[first - 1]) if first else 0, *found[:-1]]
    return [data[start:end] for start, end in zip(starts, found, strict=True)] if found else []


def scattered(data: Cuttable, ends: Numbers, places: Numbers) -> list[bytes]:
    """The same of those at some places."""
    starts = np.where(places > 0, ends[places - 1], 0).tolist()
    return [data[start:end] for start, end in zip(starts, ends[places].tolist(), strict=True)]


@dataclass(frozen=True, slots=True)
class Packed:
    """Rows as they are stored, and their whole keys; no keys in a table without a primary key."""

    rows: Pieces
    keys: Pieces | None

    @staticmethod
    def of(keys: Sequence[bytes], rows: Sequence[bytes]) -> "Packed":
        """Rows that were made one by one, with as many keys, or none."""
        return Packed(Pieces.of(rows), Pieces.of(keys) if keys else None)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.rows)
