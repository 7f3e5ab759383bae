"""Changes by key as changes of rows: what a source of upserts does not say, the row that was there, is remembered."""

from collections.abc import Iterator

from yunbox.engine.stream.batch import DELETE, INSERT, SIGN, UPDATE_AFTER, UPDATE_BEFORE, Batch, Change, Row, types_of
from yunbox.engine.stream.operators.operator import Context, Expiry, Operator
from yunbox.engine.stream.state import Key, key_of
from yunbox.sql.flink.plans import Normalize


class Normalized(Operator):
    """The state is [row, touched] of each key. A row that is the same again is no change."""

    def __init__(self, context: Context, node: Normalize) -> None:
        super().__init__(context, types_of(node.fields))
        self._ttl_ms = node.ttl_ms
        self._key = key_of(node.keys)
        self._expiry = Expiry(node.ttl_ms)
        self._rows = context.keyed()
        self._now_ms = 0

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        before = self._expiry.before(now_ms)
        if before is not None:
            self._rows.expire(before, lambda kept: int(kept[1]))
        yield from ()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        changes: list[Change] = []
        for kind, row in batch.changes():
            key = self._key(row)
            old = self._kept(key)
            if SIGN[kind] > 0:
                self._rows.put(key, [row, self._now_ms])
                if old is None:
                    changes.append((INSERT, row))
                elif old != row:
                    changes += [(UPDATE_BEFORE, old), (UPDATE_AFTER, row)]
            elif old is not None:
                self._rows.delete(key)
                changes.append((DELETE, old))
        yield from self.given(changes)

    def _kept(self, key: Key) -> Row | None:
        found = self._rows.get(key)
        if found is None or (self._ttl_ms and found[1] + self._ttl_ms <= self._now_ms):
            return None
        return tuple(found[0])
