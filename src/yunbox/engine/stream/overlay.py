"""Changes of a state that are in memory and not yet in the table of all keys: by their keys, and in the order of these.

Some jobs never look at a range of keys, and others do for each row. So keys are brought into order when that is asked
for: those that are new become a run, and runs of like size become one.
"""

from bisect import bisect_left
from collections.abc import Sequence

Pair = tuple[bytes, bytes | None]
Changes = dict[bytes, bytes | None]
"""Values by their keys; None for what is no more."""


class Overlay:
    """Some changes, which were committed in this order."""

    def __init__(self) -> None:
        self.changes: Changes = {}
        self.size_bytes = 0
        self._unordered: list[Sequence[Pair]] = []
        self._runs: list[list[bytes]] = []

    def update(self, pairs: Sequence[Pair], size_bytes: int) -> None:
        """Take changes, which have so many bytes."""
        self.changes.update(pairs)
        self.size_bytes += size_bytes
        self._unordered.append(pairs)

    def between(self, start: bytes, end: bytes) -> list[bytes]:
        """The keys from one up to another, which does not count, in order."""
        self._order()
        parts = [part for run in self._runs if (part := within(run, start, end))]
        return parts[0] if len(parts) == 1 else sorted({key for part in parts for key in part})

    def _order(self) -> None:
        if self._unordered:
            self._runs.append(sorted({key for pairs in self._unordered for key, _ in pairs}))
            self._unordered = []
        runs = self._runs
        while len(runs) > 1 and len(runs[-2]) < 2 * len(runs[-1]):
            last = runs.pop()
            runs[-1] = list(dict.fromkeys(sorted(runs[-1] + last)))  # both are in order: a merge

    def __bool__(self) -> bool:
        return bool(self.changes)


def within(keys: list[bytes], start: bytes, end: bytes) -> list[bytes]:
    """Those of some keys, which are in order, that are from one up to another, which does not count."""
    low = bisect_left(keys, start)
    return keys[low : bisect_left(keys, end, low)] if low < len(keys) and keys[low] < end else []
