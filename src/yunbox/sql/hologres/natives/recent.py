"""The things of some sort that were asked for last: so many of each database, that those of one do not push out those
of others which statements are just reading."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, each of a database, of which ``each_max`` are kept of one."""

    def __init__(self, each_max: int) -> None:
        self._each_max = each_max
        self._of: dict[K, int] = {}
        self._known: dict[int, dict[K, V]] = {}

    def get(self, key: K) -> V | None:
        """A value that is kept."""
        return self._known.get(self._of.get(key, -1), {}).get(key)

    def put(self, database: int, key: K, value: V) -> None:
        """Keep one as the last that was asked for."""
        kept = self._known.setdefault(database, {})
        kept.pop(key, None)
        kept[key], self._of[key] = value, database
        while len(kept) > self._each_max:
            gone = next(iter(kept))
            del kept[gone], self._of[gone]

    def keep(self, databases: set[int]) -> None:
        """Forget what is of no database of these."""
        for database in self._known.keys() - databases:
            for key in self._known.pop(database):
                del self._of[key]
