"""Changes by keys that come in no order, given in the order of their keys: some lists that are each in order.

Nobody waits for the order of all of them. What is new becomes a list when it is much or when somebody looks at a range;
lists of like size become one as long as they are short, so that there are few to look into.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

Pair = tuple[bytes, bytes | None]
Changes = dict[bytes, bytes | None]
"""Values by their keys; None for what is no more."""
_FULL = 50_000
"""So many new ones are put in order, whether or not anybody asks; lists that are longer stay as they are."""
_Run = tuple[list[bytes], list[bytes | None]]


class Runs:
    """Changes; of those of one key the last one counts."""

    def __init__(self) -> None:
        self._new: list[Pair] = []
        self._runs: list[_Run] = []

    def add(self, pairs: Sequence[Pair]) -> None:
        """Take some changes."""
        self._new.extend(pairs)
        if len(self._new) >= _FULL:
            self._order()

    def some(self, start: bytes, end: bytes, count: int) -> tuple[list[Pair], bytes | None]:
        """About so many changes from a key on, of keys before ``end`` only, in their order, and the key to go on from;
        None at the end."""
        self._order()
        parts: list[tuple[_Run, int, int]] = []
        stop, each = end, max(count // max(len(self._runs), 1), 1)
        for run in self._runs:
            low = bisect_left(run[0], start)
            high = min(low + each, len(run[0]))
            if high < len(run[0]) and run[0][high] < stop:
                stop = run[0][high]
            parts.append((run, low, high))
        found: Changes = {}
        for (keys, values), low, high in parts:
            behind = bisect_left(keys, stop, low, high)
            found.update(zip(keys[low:behind], values[low:behind], strict=True))
        return list(zip(*_ordered(found), strict=True)), stop if stop < end else None

    def all(self) -> Iterator[Pair]:
        """All changes; of those of one key the last one comes last."""
        for keys, values in self._runs:
            yield from zip(keys, values, strict=True)
        yield from self._new

    def __bool__(self) -> bool:
        return bool(self._new or self._runs)

    def _order(self) -> None:
        if not self._new:
            return
        runs = self._runs
        runs.append(_ordered(dict(self._new)))
        self._new = []
        while len(runs) > 1 and len(runs[-2][0]) < min(2 * len(runs[-1][0]), _FULL):
            joined = dict(zip(*runs[-2], strict=True))
            joined.update(zip(*runs.pop(), strict=True))
            runs[-1] = _ordered(joined)


def _ordered(changes: Changes) -> _Run:
    """What is there in order of a few lists, one behind the other, is merged by sorting it."""
    keys = sorted(changes)
    return keys, list(map(changes.__getitem__, keys))
