"""Changes of a state that are in memory and not yet in the table of all keys: by their keys, and in key order."""

from collections.abc import Sequence

from yunbox.engine.stream.runs import Runs

Pair = tuple[bytes, bytes | None]
Changes = dict[bytes, bytes | None]
"""Values by their keys; None for what is no more."""


class Overlay:
    """Some changes, which were committed in this order."""

    def __init__(self) -> None:
        self.changes: Changes = {}
        self.size_bytes = 0
        self._keys = Runs()

    def update(self, pairs: Sequence[Pair], size_bytes: int) -> None:
        """Take changes, which have so many bytes."""
        self.changes.update(pairs)
        self.size_bytes += size_bytes
        self._keys.add([key for key, _ in pairs])

    def some(self, start: bytes, end: bytes, count: int) -> tuple[list[Pair], bytes | None]:
        """About so many changes from a key on, of keys before ``end`` only, in their order, and the key to go on from;
        None at the end."""
        keys, stop = self._keys.some(start, end, count)
        return [(key, self.changes[key]) for key in keys], stop

    def __bool__(self) -> bool:
        return bool(self.changes)
