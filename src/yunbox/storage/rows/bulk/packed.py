"""Many rows in a few pieces of memory: their bytes one behind another, and where each ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

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
        lengths = set(map(len, parts))
        ends = np.fromiter(accumulate(map(len, parts)), np.int64, len(parts))
        return Pieces(b"".join(parts), ends, lengths.pop() if len(lengths) == 1 else 0)

    @staticmethod
    def even(data: bytes, width: int) -> "Pieces":
        """Byte strings of one length, which is not 0."""
        return Pieces(data, np.arange(width, len(data) + 1, width), width)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ends)

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
