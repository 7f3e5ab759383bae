"""SESSION windows: rows of a key that come closer than the gap belong together, and are given when nothing more can."""

from collections.abc import Iterable, Iterator
from typing import Any

from yunbox.engine.stream.batch import INSERT, Batch, Change, types_of
from yunbox.engine.stream.lists import CHUNK, Lists
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.state import Key, key_of
from yunbox.engine.stream.windows import Clock
from yunbox.sql.flink.plans import WindowTable


class SessionWindows(Operator):
    """Rows of the input with their session's bounds. The state are the sessions of each key: [start, end, rows], the
    last of them, and behind those which lists have the others, and how many chunks of each: [number, chunks].
    """

    def __init__(self, context: Context, node: WindowTable) -> None:
        super().__init__(context, types_of(node.fields))
        self._node = node
        self._key = key_of(node.partition_keys)
        self._clock = Clock.of(node, context.zone)
        self._sessions = context.keyed()
        self._ends = context.timed()
        self._lists = Lists(context.bag(lambda name: name[1:]))  # of (number, *key)
        self._gap_us = node.size_ms * 1000
        self._has_zone = node.input.fields[node.column].type.root == "TIMESTAMP_LTZ"

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        touched: set[Key] = set()
        for kind, row in batch.changes():
            moment = row[self._node.column]
            if kind != INSERT or moment is None:
                continue
            moment = self._local(moment)
            if not self._clock.is_processing and self._due(moment + self._gap_us) <= self.watermark:
                self.late_rows += 1
                continue
            key = self._key(row)
            self._join(key, moment // 1000 * 1000, row)
            touched.add(key)
        for key in touched:
            for session in self._sessions.get(key):
                self._ends.put(self._due(session[1]), key, 1)
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if not self._clock.is_processing:
            yield from self.given(list(self._closed(watermark_ms)))

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        if self._clock.is_processing:
            yield from self.given(list(self._closed(now_ms)))

    def _join(self, key: Key, moment_us: int, row: tuple[Any, ...]) -> None:
        """Put a row into the session that it lies in; those that it lies between become one."""
        start, end = moment_us, moment_us + self._gap_us
        near: list[list[Any]] = []
        apart: list[list[Any]] = []
        for session in self._sessions.get(key) or ():
            (near if session[0] <= end and start <= session[1] else apart).append(session)
        if not near:
            near.append([start, end, []])
        *others, made = near
        for other in others:
            self._flush(key, other, (*near, *apart))
            made[3:] = other[3:] + made[3:]
        made[0] = min(start, *(one[0] for one in near), made[0])
        made[1] = max(end, *(one[1] for one in near), made[1])
        made[2].append(row)
        if len(made[2]) >= CHUNK:
            self._flush(key, made, (made, *apart))
        self._sessions.put(key, [*apart, made])

    def _flush(self, key: Key, session: list[Any], sessions: Iterable[list[Any]]) -> None:
        """Write the last rows of one of a key's sessions by themselves."""
        if len(session) == 3:
            session.append([1 + max((part[0] for one in sessions for part in one[3:]), default=-1), 0])
        number, chunks = session[-1]
        kept = [session[2], chunks]
        self._lists.flush((number, *key), kept)
        session[2], session[-1] = kept[0], [number, kept[1]]

    def _closed(self, until_ms: int) -> Iterator[Change]:
        keys = dict.fromkeys(key for _, key, _ in self._ends.due(until_ms))
        for key in keys:
            left = []
            for session in sorted(self._sessions.get(key) or [], key=lambda one: one[0]):
                if self._due(session[1]) <= until_ms:
                    yield from self._rows(key, session)
                else:
                    left.append(session)
            if left:
                self._sessions.put(key, left)
            else:
                self._sessions.delete(key)

    def _rows(self, key: Key, session: list[Any]) -> Iterator[Change]:
        start_us, end_us, last, *parts = session
        bounds = (start_us, end_us, self._due(end_us) * 1000)
        for number, count in parts:
            for row in self._lists.values((number, *key), [[], count]):
                yield INSERT, (*row, *bounds)
            self._lists.clear((number, *key))
        for row in last:
            yield INSERT, (*row, *bounds)

    def _due(self, end_us: int) -> int:
        """When a session is over; its times, and its gap, are those of the session's zone where the rows' have one."""
        return self._clock.end_ms(end_us)

    def _local(self, moment_us: int) -> int:
        return self._clock.local_us(moment_us) if self._has_zone else moment_us
