"""Rows that wait for the watermark: kept by their time, and told apart by their keys when they are due.

Of a time there is one list. Where a step is shared out there is one of each key group, so that every process has lists
of its own; what was kept by one process alone each of them reads, and takes its rows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from yunbox.engine.stream.operators.operator import Context
from yunbox.engine.stream.state import Key

_ALL = ()
"""The key of the one list."""


class Waiting:
    """Those of a step. ``key`` says which key a row has."""

    def __init__(self, context: Context, key: Callable[[Any], Key]) -> None:
        self._owner = owner = context.ownership
        self._key = key
        self._rows = context.timed()
        if owner is not None:
            self._rows.owns = lambda lane: not lane or owner.has_group(lane[0])

    def add(self, came: Mapping[int, list[Any]]) -> None:
        """Have rows wait for their times."""
        for time_ms, some in came.items():
            for lane, rows in self._lanes(some):
                self._rows.put(time_ms, lane, [*(self._rows.get(time_ms, lane) or []), *rows])

    def due(self, until_ms: int) -> list[tuple[int, list[Any]]]:
        """Take those whose time is not after a moment: the earliest first, those of a time in the order they came."""
        found: dict[int, list[tuple[Key, list[Any]]]] = {}
        for time_ms, lane, rows in self._rows.due(until_ms):
            found.setdefault(time_ms, []).append((lane, rows))
        return [(time_ms, self._joined(lanes)) for time_ms, lanes in found.items()]

    def _lanes(self, rows: list[Any]) -> Iterable[tuple[Key, list[Any]]]:
        owner = self._owner
        if owner is None:
            return ((_ALL, rows),)
        lanes: dict[Key, list[Any]] = {}
        for row in rows:
            lanes.setdefault((owner.group(self._key(row)),), []).append(row)
        return lanes.items()

    def _joined(self, lanes: list[tuple[Key, list[Any]]]) -> list[Any]:
        """What was kept the other way is older."""
        owner = self._owner
        if owner is None:
            if len(lanes) == 1:
                return lanes[0][1]
            return [row for _, rows in sorted(lanes, key=lambda one: one[0] == _ALL) for row in rows]
        found = []
        for lane, rows in sorted(lanes, key=lambda one: one[0] != _ALL):
            found += rows if lane else [row for row in rows if owner.has(self._key(row))]
        return found
