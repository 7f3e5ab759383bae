"""Keys in the order of their bytes, as they come in no order: some lists that are each in order.

Nobody waits for the order of all of them. Keys that are new become a list when there are many or when somebody looks at
a range; lists of like size become one as long as they are short, so that there are few to look into.
"""

from bisect import bisect_left
from collections.abc import Iterable

_FULL = 50_000
"""So many new keys are put in order, whether or not anybody asks; lists that are longer stay as they are."""


class Runs:
    """Keys; one that was added twice is there once."""

    def __init__(self) -> None:
        self._new: list[bytes] = []
        self._runs: list[list[bytes]] = []

    def add(self, keys: Iterable[bytes]) -> None:
        """Take some keys."""
        self._new.extend(keys)
        if len(self._new) >= _FULL:
            self._order()

    def some(self, start: bytes, end: bytes, count: int) -> tuple[list[bytes], bytes | None]:
        """About so many keys from one on, those before ``end`` only, in order, and the key to go on from; None at the
        end."""
        self._order()
        parts: list[tuple[list[bytes], int, int]] = []
        stop, each = end, max(count // max(len(self._runs), 1), 1)
        for run in self._runs:
            low = bisect_left(run, start)
            high = min(low + each, len(run))
            if high < len(run) and run[high] < stop:
                stop = run[high]
            parts.append((run, low, high))
        found = [run[low : bisect_left(run, stop, low, high)] for run, low, high in parts]
        return _joined(found), stop if stop < end else None

    def _order(self) -> None:
        if not self._new:
            return
        runs = self._runs
        runs.append(sorted(set(self._new)))
        self._new = []
        while len(runs) > 1 and len(runs[-2]) < min(2 * len(runs[-1]), _FULL):
            last = runs.pop()
            runs[-1] = _joined([runs[-1], last])


def _joined(parts: list[list[bytes]]) -> list[bytes]:
    """The keys of some lists, in order and each once."""
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return parts[0] if parts else []
    return list(dict.fromkeys(sorted(key for part in parts for key in part)))  # lists in order: sorting merges them
