"""Many rows in a few pieces of memory: their bytes one behind another, and where each ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yunbox.storage.rows.bulk.cells import Numbers


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
        if self.width:
            return np.frombuffer(self.data, f"V{self.width}").tolist()
        ends = self.ends.tolist()
        data, starts = self.data, [0, *ends[:-1]]
        return [data[start:end] for start, end in zip(starts, ends, strict=True)]


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
