"""What a session remembers of its last statements: dashboards ask the same texts again and again, and to plan one takes
as long as to run it where little is read."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
_KEPT_MAX = 64


class Kept(Generic[T]):
    """The last values by their keys; those that were not asked for go first."""

    def __init__(self, most: int = _KEPT_MAX) -> None:
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._most = most

    def find(self, key: Hashable) -> T | None:
        """The value of a key."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def keep(self, key: Hashable, value: T) -> None:
        """Keep one, in the place of any other of its key."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)
