"""Changes of a state that are in memory and not yet in the table of all keys: by their keys, and in key order."""

from collections.abc import Sequence

from yunbox.engine.stream.runs import Changes, Pair, Runs


class Overlay:
    """Some changes, which were committed in this order. Few jobs ask for single keys, all of whose state is in memory:
    an overlay by key is kept for those that do, from their first question on, or if it ``is_asked``."""

    def __init__(self, *, is_asked: bool = False) -> None:
        self.size_bytes = 0
        self._runs = Runs()
        self._by_key: Changes | None = {} if is_asked else None

    def update(self, pairs: Sequence[Pair], size_bytes: int) -> None:
        """Take changes, which have so many bytes."""
        self.size_bytes += size_bytes
        self._runs.add(pairs)
        if self._by_key is not None:
            self._by_key.update(pairs)

    @property
    def by_key(self) -> Changes:
        """All of them."""
        found = self._by_key
        if found is None:
            found = self._by_key = dict(self._runs.all())
        return found

    @property
    def is_asked(self) -> bool:
        """Whether anybody has asked for a key."""
        return self._by_key is not None

    def some(self, start: bytes, end: bytes, count: int) -> tuple[list[Pair], bytes | None]:
        """As in Runs."""
        return self._runs.some(start, end, count)

    def __bool__(self) -> bool:
        return bool(self._runs)
