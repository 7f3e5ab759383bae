"""Aggregates of windows: each group is given once, when its window is over, and then forgotten."""

from collections.abc import Iterator, Sequence
from typing import Any

from yunbox.engine.stream.batch import INSERT, Batch, Change, types_of
from yunbox.engine.stream.duck import Fragment
from yunbox.engine.stream.operators.aggregate import Bags, Summary, of_call
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.operators.users import Results
from yunbox.engine.stream.state import Key
from yunbox.engine.stream.windows import Clock
from yunbox.sql.flink.plans import Aggregate
from yunbox.sql.flink.types import FlinkType


class WindowAggregate(Operator):
    """GROUP BY window_start, window_end: the state is [count, accumulators] of each group, due at its window's end."""

    def __init__(self, context: Context, node: Aggregate, below: Fragment, types: Sequence[FlinkType]) -> None:
        super().__init__(context, types_of(node.fields))
        self._summary = Summary(context, node, below, types)
        self._groups = context.timed()
        self._bags = Bags(self._summary, context.bag(of_call))
        self._has_bags = any(one.needs_bag or one.needs_list for one in self._summary.functions)
        self._users = self._summary.users
        assert node.window is not None
        self._end = node.keys.index(node.window[1])
        self._clock = Clock.of(node.input, context.zone)

    def queries(self) -> Sequence[str]:
        """As in Operator."""
        return self._summary.queries

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator. Rows of windows that are over are dropped, and counted."""
        touched: dict[Key, list[Any]] = {}
        for key, (count, *parts) in self._summary.groups(batch):
            due = self._clock.end_ms(key[self._end])
            if due <= self.watermark and not self._clock.is_processing:
                self.late_rows += count
                continue
            group: list[Any] = self._groups.get(due, key) or [0, self._summary.zero]
            group[0] += count
            self._summary.merge(group[1], parts)
            self._groups.put(due, key, group)
            touched[key] = group
        if self._has_bags:
            for at, key, value, count in self._summary.values():
                if key in touched:
                    self._bags.take(at, key, touched[key][1][at], value, count)
        if self._users:
            self._users.add({key: group[1] for key, group in touched.items()})
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if not self._clock.is_processing:
            yield from self.given(list(self._fired(watermark_ms)))

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        if self._clock.is_processing:
            yield from self.given(list(self._fired(now_ms)))

    def _fired(self, until_ms: int) -> Iterator[Change]:
        due = self._groups.due(until_ms)
        told: Results = {}
        if self._users:
            told = self._users.results({key: group[1] for _, key, group in due if group[0] > 0})
        for _, key, (count, accumulators) in due:
            if count > 0:
                yield INSERT, (*key, *self._bags.values(key, accumulators, told))
            self._bags.clear(key)
            self._users.clear(key)
