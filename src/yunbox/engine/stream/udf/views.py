"""Lists and maps within an accumulator, as PyFlink's ``ListView`` and ``MapView`` have them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class ListView:
    """Values in the order in which they were added."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._values = list(values)

    def get(self) -> Iterator[Any]:
        """All of them."""
        return iter(self._values)

    def add(self, value: Any) -> None:
        """Add one."""
        self._values.append(value)

    def add_all(self, values: Iterable[Any]) -> None:
        """Add some."""
        self._values.extend(values)

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    def __iter__(self) -> Iterator[Any]:
        return self.get()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ListView) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(self._values))


class MapView:
    """Values by their keys."""

    def __init__(self, values: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = ()) -> None:
        self._values = dict(values)

    def get(self, key: Any) -> Any:
        """The value of a key, None if it has none."""
        return self._values.get(key)

    def put(self, key: Any, value: Any) -> None:
        """Give a key a value."""
        self._values[key] = value

    def put_all(self, values: Mapping[Any, Any]) -> None:
        """Give some keys values."""
        self._values.update(values)

    def remove(self, key: Any) -> None:
        """Forget a key."""
        self._values.pop(key, None)

    def contains(self, key: Any) -> bool:
        """Whether a key has a value."""
        return key in self._values

    def items(self) -> Iterable[tuple[Any, Any]]:
        """All keys and values."""
        return self._values.items()

    def keys(self) -> Iterable[Any]:
        """All keys."""
        return self._values.keys()

    def values(self) -> Iterable[Any]:
        """All values."""
        return self._values.values()

    def is_empty(self) -> bool:
        """Whether no key has a value."""
        return not self._values

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    def __getitem__(self, key: Any) -> Any:
        return self.get(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.put(key, value)

    def __delitem__(self, key: Any) -> None:
        self.remove(key)

    def __contains__(self, key: Any) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MapView) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))
