"""Top-N and deduplication: the first so many rows of each key, as they are after each batch."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from yunbox.engine.stream.batch import (
    DELETE,
    INSERT,
    SIGN,
    UPDATE_AFTER,
    UPDATE_BEFORE,
    Batch,
    Change,
    Row,
    types_of,
)
from yunbox.engine.stream.operators.operator import Context, Operator, Remembered
from yunbox.engine.stream.operators.ordering import sorter
from yunbox.engine.stream.operators.standing import Standing
from yunbox.engine.stream.state import Key, key_of
from yunbox.engine.stream.windows import Clock
from yunbox.sql.flink.plans import Rank

_FEW_ROWS = 64
"""So many rows of a key at most are written as one."""


class TopN(Operator):
    """The rows whose number is between two.

    Where rows only come, no more of them are kept than can ever be among those; the state is [rows, touched]. Where
    they may go all are, and many of them are ``Standing``: then it is [the number of the next one, touched].
    """

    def __init__(self, context: Context, node: Rank) -> None:
        super().__init__(context, types_of(node.fields))
        self._node = node
        self._key = key_of(node.partition_keys)
        self._types = types_of(node.input.fields)
        self._sort = sorter(node.order, self._types)
        self._keeps_all = node.input.updates
        self._rows = Remembered(context, node.ttl_ms, self._forget)
        self._many = Standing(context, node) if self._keeps_all else None

    def _forget(self, key: Key) -> None:
        if self._many is not None:
            self._many.clear(key)

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._rows.tick(now_ms)
        yield from ()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        by_key: dict[Key, list[Change]] = {}
        for kind, row in batch.changes():
            by_key.setdefault(self._key(row), []).append((kind, row))
        changes: list[Change] = []
        for key, came in by_key.items():
            for some in [[one] for one in came] if self._node.every else [came]:
                changes += self._changed(key, some)
        yield from self.given(changes)

    def _changed(self, key: Key, came: Sequence[Change]) -> Iterator[Change]:
        """What changes of a key make of its rows."""
        kept = self._rows.get(key)
        if isinstance(kept, int):
            assert self._many is not None
            before = self._window(self._many.first(key))
            made: Any = self._many.change(key, kept, came)
            after = self._window(self._many.first(key))
        else:
            rows = [tuple(row) for row in kept or ()]
            before = self._window(rows)
            made = rows = self._after(rows, came)
            after = self._window(rows)
            if self._many is not None and len(rows) > _FEW_ROWS:
                made = self._many.begin(key, rows)
        if made:
            self._rows.put(key, made)
        else:
            self._rows.delete(key)
        yield from self._difference(before, after)

    def _after(self, rows: list[Row], changes: Sequence[Change]) -> list[Row]:
        rows = list(rows)
        for kind, row in changes:
            if SIGN[kind] > 0:
                rows.append(row)
            elif row in rows:
                rows.remove(row)
        rows = self._sort(rows)
        return rows if self._keeps_all else rows[: bisect_right(_numbers(self._node, rows), self._node.end)]

    def _window(self, rows: Sequence[Row]) -> list[Row]:
        numbers = _numbers(self._node, rows)
        start, end = bisect_left(numbers, self._node.start), bisect_right(numbers, self._node.end)
        if not self._node.with_number:
            return list(rows[start:end])
        return [(*row, number) for row, number in zip(rows[start:end], numbers[start:end], strict=True)]

    def _difference(self, before: list[Row], after: list[Row]) -> Iterator[Change]:
        is_place = self._node.function == "ROW_NUMBER"
        if is_place and (self._node.with_number or self._node.end == self._node.start):
            yield from _by_place(before, after)
        else:
            yield from _by_row(before, after)


def _numbers(node: Rank, rows: Sequence[Row]) -> Sequence[int]:
    """The number of each of a key's rows, which are in their order; equal ones have the same rank."""
    if node.function == "ROW_NUMBER":
        return range(1, len(rows) + 1)
    found: list[int] = []
    before: list[Any] = []
    for at, row in enumerate(rows, 1):
        values = [row[one.column] for one in node.order]
        if found and values == before:
            found.append(found[-1])
        else:
            found.append(at if node.function == "RANK" else (found[-1] if found else 0) + 1)
        before = values
    return found


def _by_place(before: Sequence[Row], after: Sequence[Row]) -> Iterator[Change]:
    """Row by row: another takes the place of the one before."""
    for old, new in zip(before, after, strict=False):
        if old != new:
            yield UPDATE_BEFORE, old
            yield UPDATE_AFTER, new
    for old in before[len(after) :]:
        yield DELETE, old
    for new in after[len(before) :]:
        yield INSERT, new


def _by_row(before: Iterable[Row], after: Iterable[Row]) -> Iterator[Change]:
    """Those that are no more among them, then those that are new."""
    old, new = Counter(before), Counter(after)
    for row in (old - new).elements():
        yield DELETE, row
    for row in (new - old).elements():
        yield INSERT, row


class WindowTopN(Operator):
    """Top-N of each window, given when it is over: the state are the rows of each key, due at the window's end."""

    def __init__(self, context: Context, node: Rank) -> None:
        super().__init__(context, types_of(node.fields))
        self._node = node
        self._key = key_of(node.partition_keys)
        self._sort = sorter(node.order, types_of(node.input.fields))
        self._clock = Clock.of(node.input, context.zone)
        self._rows = context.timed()
        self._now_ms = 0
        assert node.window is not None
        self._end = node.window[1]

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        came: dict[tuple[int, Key], list[Any]] = {}
        for kind, row in batch.changes():
            due = self._clock.end_ms(row[self._end])
            if due <= self.watermark and not self._clock.is_processing:
                self.late_rows += 1
            elif kind == INSERT:
                came.setdefault((due, self._key(row)), []).append(row)
        for (due, key), rows in came.items():
            kept = [tuple(row) for row in self._rows.get(due, key) or []]
            rows = self._sort([*kept, *rows])
            self._rows.put(due, key, rows[: bisect_right(_numbers(self._node, rows), self._node.end)])
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if not self._clock.is_processing:
            yield from self.given(list(self._fired(watermark_ms)))

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        if self._clock.is_processing:
            yield from self.given(list(self._fired(now_ms)))

    def _fired(self, until_ms: int) -> Iterator[Change]:
        for _, _, rows in self._rows.due(until_ms):
            for number, row in zip(_numbers(self._node, rows), rows, strict=True):
                if number >= self._node.start:
                    yield INSERT, (*row, number) if self._node.with_number else tuple(row)
