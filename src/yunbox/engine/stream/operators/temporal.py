"""Temporal joins: each row of the left side with the version that the right side had of its key at that time.

The left's rows wait for the watermark; of the right the versions are kept that a row can still ask for.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from yunbox.engine.stream.batch import SIGN, UPDATE_BEFORE, Batch, Change, Row, types_of
from yunbox.engine.stream.operators.conditions import Condition
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.operators.waiting import Waiting
from yunbox.engine.stream.state import Key, key_of
from yunbox.sql.flink.plans import TemporalJoin as Node

_LEFT = 0


class TemporalJoin(Operator):
    """INNER and LEFT. A version is [time in microseconds, row or None where it went]."""

    def __init__(self, context: Context, node: Node) -> None:
        super().__init__(context, types_of(node.fields))
        left, right = types_of(node.left.fields), types_of(node.right.fields)
        self._condition = Condition(context.duck, node.condition, (*left, *right))
        self._keys = (key_of([one for one, _ in node.keys]), key_of([one for _, one in node.keys]))
        self._time = node.time
        self._right_time = next(at for at, field in enumerate(node.right.fields) if field.time == "rowtime")
        self._nothing = (None,) * len(right)
        self._is_left = node.kind == "LEFT"
        self._pending = Waiting(context, lambda change: self._key(_LEFT, change[1]))
        self._versions = context.keyed()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        if port == _LEFT:
            self._wait(batch.changes())
        else:
            for kind, row in batch.changes():
                if kind != UPDATE_BEFORE:
                    self._version(kind, row)
        yield from ()

    def _wait(self, changes: list[Change]) -> None:
        by_time: dict[int, list[Change]] = {}
        for kind, row in changes:
            moment = row[self._time]
            if moment is None or moment // 1000 <= self.watermark:
                self.late_rows += 1
            else:
                by_time.setdefault(moment // 1000, []).append((kind, row))
        self._pending.add(by_time)

    def _version(self, kind: int, row: Row) -> None:
        key = self._key(1, row)
        versions: list[Any] = list(self._versions.get(key) or [])
        made: list[Any] = [row[self._right_time], row if SIGN[kind] > 0 else None]
        at = bisect_right(versions, made[0], key=lambda one: one[0])
        if at and versions[at - 1][0] == made[0]:
            versions[at - 1] = made
        else:
            versions.insert(at, made)
        first = bisect_right(versions, self.watermark * 1000, key=lambda one: one[0])
        self._versions.put(key, versions[max(first - 1, 0) :])

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        rows = [(kind, tuple(row)) for _, some in self._pending.due(watermark_ms) for kind, row in some]
        rows.sort(key=lambda one: one[1][self._time])
        found = [self._found(row) for _, row in rows]
        pairs = [(*row, *other) for (_, row), other in zip(rows, found, strict=True) if other is not None]
        holds = iter(self._condition.holds(pairs))
        changes: list[Change] = []
        for (kind, row), other in zip(rows, found, strict=True):
            if other is not None and next(holds):
                changes.append((kind, (*row, *other)))
            elif self._is_left:
                changes.append((kind, (*row, *self._nothing)))
        yield from self.given(changes)

    def _found(self, row: Row) -> Row | None:
        key = self._key(_LEFT, row)
        versions = self._versions.get(key) or []
        at = bisect_right(versions, row[self._time], key=lambda one: one[0])
        return tuple(versions[at - 1][1]) if at and versions[at - 1][1] is not None else None

    def _key(self, port: int, row: Row) -> Key:
        return self._keys[port](row)
