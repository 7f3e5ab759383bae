"""What is on disk of a job's state, with what is not in the table of all keys yet: read by key, or in order."""

from collections.abc import Iterator

import lmdb

from yunbox.engine.stream.overlay import Overlay
from yunbox.engine.stream.runs import Changes
from yunbox.storage.environment import Tables

_SCAN_MAX = 10_000
LAST = b"\xff" * 512
"""Behind all keys."""


class Kept:
    """As one process reads it."""

    def __init__(self, env: lmdb.Environment, tables: Tables) -> None:
        self._env, self._tables = env, tables

    def _overlays(self) -> tuple[Overlay, ...]:
        """What is not in the table yet, the latest last."""
        raise NotImplementedError

    def read(self, key: bytes) -> bytes | None:
        """A value as it was at the end of the last epoch."""
        for overlay in reversed(self._overlays()):
            if key in overlay.by_key:
                return overlay.by_key[key]
        with self._env.begin(self._tables["state"]) as txn:
            found = txn.get(key)
            return None if found is None else bytes(found)

    def scan(self, prefix: bytes, end: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The keys that begin so, in order, with their values; those before ``end`` only, if it is given.

        They are read some at a time, so that there may be more than memory holds.
        """
        start: bytes | None = prefix
        while start is not None:
            found, start = self.some(prefix, start, end)
            yield from found

    def some(
        self, prefix: bytes, start: bytes, end: bytes | None = None, count: int = _SCAN_MAX
    ) -> tuple[list[tuple[bytes, bytes]], bytes | None]:
        """Some of the keys that begin so, from one on, with their values, and the key to go on from; None at the end.

        About so many are read.
        """
        end = _behind(prefix) if end is None else end
        found, stop = self._in_table(start, end, count)
        for overlay in self._overlays():
            pairs, earlier = overlay.some(start, end if stop is None else stop, count)
            found.update(pairs)
            stop = stop if earlier is None else earlier
        keys = sorted(found) if stop is None else sorted(key for key in found if key < stop)
        return [(key, value) for key in keys if (value := found[key]) is not None], stop

    def _in_table(self, start: bytes, end: bytes, count: int) -> tuple[Changes, bytes | None]:
        """What the table has, in order, and the key behind the last of it, if there may be more."""
        found: Changes = {}
        with self._env.begin(self._tables["state"]) as txn, txn.cursor() as cursor:
            if cursor.set_range(start):
                for key, value in cursor:
                    if key >= end:
                        break
                    if len(found) == count:
                        return found, bytes(key)
                    found[bytes(key)] = bytes(value)
        return found, None

    def has(self, prefix: bytes) -> bool:
        """Whether any key begins so."""
        start: bytes | None = prefix
        while start is not None:
            found, start = self.some(prefix, start, count=1)
            if found:
                return True
        return False


def _behind(prefix: bytes) -> bytes:
    """The first key that does not begin so any more."""
    shorter = prefix.rstrip(b"\xff")
    return shorter[:-1] + bytes([shorter[-1] + 1]) if shorter else LAST
