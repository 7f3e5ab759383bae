"""Lists that grow: the last values of each stand with who has it, the others in the state by themselves, in chunks.

So another value costs what some values do, and not the list. Who has a list keeps what is ``kept`` of it: its last
values, and how many chunks there have been; a list that is written whole has its values alone.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from yunbox.engine.stream.state import BagState, Key

CHUNK = 64
"""So many values are written as one."""
Kept = list[Any]
"""[values], or [the last values, the number of the next chunk]."""


class Lists:
    """Those of a step, whose chunks are a bag for each: number -> values."""

    def __init__(self, state: BagState) -> None:
        self._state = state

    def append(self, name: Key, kept: Kept, value: Any) -> None:
        """Add a value."""
        kept[0].append(value)
        if len(kept[0]) >= CHUNK:
            self.flush(name, kept)

    def flush(self, name: Key, kept: Kept) -> None:
        """Write the last values by themselves."""
        number = kept[1] if len(kept) > 1 else 0
        if kept[0]:
            self._state.put(name, number, kept[0])
            kept[:] = [[], number + 1]

    def remove(self, name: Key, kept: Kept, value: Any, *, last: bool) -> None:
        """Take away the first that is equal to a value, or the last."""
        places = [*self._numbers(name, kept), None]
        for number in reversed(places) if last else places:
            values = kept[0] if number is None else self._state.get(name)[number]
            if value in values:
                at = len(values) - 1 - values[::-1].index(value) if last else values.index(value)
                rest = values[:at] + values[at + 1 :]
                if number is None:
                    kept[0] = rest
                elif rest:
                    self._state.put(name, number, rest)
                else:
                    self._state.delete(name, number)
                return

    def values(self, name: Key, kept: Kept) -> list[Any]:
        """All of them, in their order."""
        return list(self._all(name, kept))

    def first(self, name: Key, kept: Kept) -> Any:
        """The first, None where there is none."""
        return next(self._all(name, kept), None)

    def last(self, name: Key, kept: Kept) -> Any:
        """The last, None where there is none."""
        if kept[0]:
            return kept[0][-1]
        numbers = self._numbers(name, kept)
        return self._state.get(name)[numbers[-1]][-1] if numbers else None

    def clear(self, name: Key) -> None:
        """Forget the chunks of a list."""
        self._state.clear(name)

    def _all(self, name: Key, kept: Kept) -> Iterator[Any]:
        numbers = self._numbers(name, kept)
        chunks = self._state.get(name) if numbers else {}
        return chain(chain.from_iterable(chunks[number] for number in numbers), kept[0])

    def _numbers(self, name: Key, kept: Kept) -> list[int]:
        return sorted(self._state.get(name)) if len(kept) > 1 else []
