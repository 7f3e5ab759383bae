"""Window joins: the rows of both sides that are in the same window are joined when it is over."""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.stream.batch import INSERT, Batch, Change, Row, types_of
from yunbox.engine.stream.lists import CHUNK, Lists
from yunbox.engine.stream.operators.conditions import Condition
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.state import Key, key_of
from yunbox.engine.stream.windows import Clock
from yunbox.sql.flink.plans import WindowJoin as Node

_Window = tuple[list[Row], list[Row], bool]
"""The rows of both sides, and whether their keys are equal."""
_PAIRS_AT_ONCE = 10_000


class WindowJoin(Operator):
    """All kinds of joins. The state are the rows of each window and key, due at the window's end: [left, right], the
    last of them, and behind those how many chunks of each lists have.
    """

    def __init__(self, context: Context, node: Node) -> None:
        super().__init__(context, types_of(node.fields))
        left, right = types_of(node.left.fields), types_of(node.right.fields)
        self._kind = node.kind
        self._widths = (len(left), len(right))
        self._condition = Condition(context.duck, node.condition, (*left, *right))
        self._keys = (key_of([one for one, _ in node.keys]), key_of([one for _, one in node.keys]))
        self._windows = (node.left_window, node.right_window)
        self._clocks = (Clock.of(node.left, context.zone), Clock.of(node.right, context.zone))
        self._rows = context.timed(lambda key: key[2:])  # of (start, end, *key)
        self._lists = Lists(context.bag(lambda name: name[3:]))  # of (port, start, end, *key)
        self._now_ms = 0

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        clock, bounds = self._clocks[port], self._windows[port]
        for kind, row in batch.changes():
            due = clock.end_ms(row[bounds[1]])
            if kind != INSERT:
                continue
            if due <= self.watermark and not clock.is_processing:
                self.late_rows += 1
                continue
            key = (row[bounds[0]], row[bounds[1]], *self._keys[port](row))
            sides: list[Any] = self._rows.get(due, key) or [[], []]
            sides[port].append(row)
            if len(sides[port]) >= CHUNK:
                sides[2:] = sides[2:] or [0, 0]
                kept = [sides[port], sides[2 + port]]
                self._lists.flush((port, *key), kept)
                sides[port], sides[2 + port] = kept
            self._rows.put(due, key, sides)
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if not self._clocks[0].is_processing:
            yield from self.given(list(self._fired(watermark_ms)))

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        if self._clocks[0].is_processing:
            yield from self.given(list(self._fired(now_ms)))

    def _fired(self, until_ms: int) -> Iterator[Change]:
        """The windows that are over: the pairs of several are looked at together."""
        due: list[_Window] = []
        count = 0
        for _, key, sides in self._rows.due(until_ms):
            equal = None not in key[2:]  # NULL equals nothing
            left, right = self._side(0, key, sides), self._side(1, key, sides)
            due.append((left, right, equal))
            count += len(left) * len(right)
            if count >= _PAIRS_AT_ONCE:
                yield from self._joined(due)
                due, count = [], 0
        yield from self._joined(due)

    def _side(self, port: int, key: Key, sides: list[Any]) -> list[Row]:
        """All rows of a side."""
        if len(sides) == 2:
            return [tuple(one) for one in sides[port]]
        found = self._lists.values((port, *key), [sides[port], sides[2 + port]])
        self._lists.clear((port, *key))
        return [tuple(one) for one in found]

    def _joined(self, windows: list[_Window]) -> Iterator[Change]:
        pairs = [(*one, *other) for left, right, equal in windows if equal for one in left for other in right]
        holds = self._condition.holds(pairs)
        first = 0
        for left, right, equal in windows:
            matched: tuple[set[int], set[int]] = (set(), set())
            for at in range(len(left) * len(right) if equal else 0):
                if holds[first + at]:
                    matched[0].add(at // len(right))
                    matched[1].add(at % len(right))
                    if self._kind not in ("SEMI", "ANTI"):
                        yield INSERT, pairs[first + at]
            first += len(left) * len(right) if equal else 0
            for row in self._rest(left, right, matched):
                yield INSERT, row

    def _rest(self, left: list[Row], right: list[Row], matched: tuple[set[int], set[int]]) -> Iterator[Row]:
        nothing: tuple[tuple[Any, ...], ...] = tuple((None,) * width for width in self._widths)
        if self._kind in ("SEMI", "ANTI"):
            yield from (row for at, row in enumerate(left) if (at in matched[0]) == (self._kind == "SEMI"))
        if self._kind in ("LEFT", "FULL"):
            yield from ((*row, *nothing[1]) for at, row in enumerate(left) if at not in matched[0])
        if self._kind in ("RIGHT", "FULL"):
            yield from ((*nothing[0], *row) for at, row in enumerate(right) if at not in matched[1])
