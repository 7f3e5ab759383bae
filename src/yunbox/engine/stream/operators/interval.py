"""Interval joins: rows whose times lie close enough; each side is remembered as long as a partner can still come.

The state is a bag of rows for each side and key (row -> [how often, whether it has had a partner]), and the times at
which they go. A row without a partner is given then, on an outer side.
"""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.stream.batch import INSERT, Batch, Change, Row, types_of
from yunbox.engine.stream.operators.conditions import Condition
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.state import Key, key_of
from yunbox.sql.flink.plans import IntervalJoin as Node

_LEFT = 0


class IntervalJoin(Operator):
    """INNER, LEFT, RIGHT and FULL, by rowtime or by processing time."""

    def __init__(self, context: Context, node: Node) -> None:
        super().__init__(context, types_of(node.fields))
        left, right = types_of(node.left.fields), types_of(node.right.fields)
        self._widths = (len(left), len(right))
        self._condition = Condition(context.duck, node.condition, (*left, *right))
        self._keys = (key_of([one for one, _ in node.keys]), key_of([one for _, one in node.keys]))
        self._times = node.times
        self._outer = (node.kind in ("LEFT", "FULL"), node.kind in ("RIGHT", "FULL"))
        # left - right lies between these: a left row is wanted until its time minus the lower, a right until plus upper
        self._lower_us, self._upper_us = node.lower_ms * 1000, node.upper_ms * 1000
        self._is_processing = node.left.fields[node.times[0]].time == "proctime"
        self._rows = (context.bag(), context.bag())
        self._ends = context.timed(lambda key: key[1])  # of (port, key, row)
        self._now_ms = 0

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        changes = [(row, self._key(port, row)) for kind, row in batch.changes() if kind == INSERT]
        pairs: list[Row] = []
        owners: list[tuple[int, Key, Row]] = []
        for at, (row, key) in enumerate(changes):
            if None in key or row[self._times[port]] is None:
                continue
            for partner in self._rows[1 - port].get(key):
                if self._is_close(port, row, partner):
                    pairs.append((*row, *partner) if port == _LEFT else (*partner, *row))
                    owners.append((at, key, partner))
        found: list[Change] = []
        matched: set[int] = set()
        for pair, (at, key, partner), holds in zip(pairs, owners, self._condition.holds(pairs), strict=True):
            if holds:
                count, _ = self._rows[1 - port].get(key)[partner]
                found += [(INSERT, pair)] * count
                matched.add(at)
                self._rows[1 - port].put(key, partner, [count, True])
        for at, (row, key) in enumerate(changes):
            found += self._remember(port, key, row, at in matched)
        yield from self.given(found)

    def _key(self, port: int, row: Row) -> Key:
        return self._keys[port](row)

    def _is_close(self, port: int, row: Row, partner: Row) -> bool:
        other = partner[self._times[1 - port]]
        distance = row[self._times[port]] - other if port == _LEFT else other - row[self._times[port]]
        return bool(self._lower_us <= distance <= self._upper_us)

    def _remember(self, port: int, key: Key, row: Row, matched: bool) -> Iterator[Change]:
        """Keep a row as long as partners may come; one that is too late for any is given alone at once."""
        time = row[self._times[port]]
        end = None if time is None or None in key else self._end(port, time)
        over = self._now_ms if self._is_processing else self.watermark
        if end is None or end < over:
            if self._outer[port] and not matched:
                yield INSERT, self._alone(port, row)
            return
        count, before = self._rows[port].get(key).get(row) or (0, False)
        self._rows[port].put(key, row, [count + 1, before or matched])
        self._ends.put(end, (port, key, row), 1)

    def _end(self, port: int, time_us: int) -> int:
        last = time_us - self._lower_us if port == _LEFT else time_us + self._upper_us
        return int(last // 1000)

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if not self._is_processing:
            yield from self.given(list(self._gone(watermark_ms)))

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        if self._is_processing:
            yield from self.given(list(self._gone(now_ms)))

    def _gone(self, until_ms: int) -> Iterator[Change]:
        for _, (port, key, row), _ in self._ends.due(until_ms - 1):
            entry: list[Any] | None = self._rows[port].get(key).get(row)
            if entry is None:
                continue
            self._rows[port].delete(key, row)
            if self._outer[port] and not entry[1]:
                for _ in range(entry[0]):
                    yield INSERT, self._alone(port, row)

    def _alone(self, port: int, row: Row) -> Row:
        nothing = (None,) * self._widths[1 - port]
        return (*row, *nothing) if port == _LEFT else (*nothing, *row)
