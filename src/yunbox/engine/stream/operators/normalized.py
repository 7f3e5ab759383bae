"""Changes by key as changes of rows: what a source of upserts does not say, the row that was there, is remembered."""

from collections.abc import Iterator

from yunbox.engine.stream.batch import DELETE, INSERT, SIGN, UPDATE_AFTER, UPDATE_BEFORE, Batch, Change, Row, types_of
from yunbox.engine.stream.operators.operator import Context, Operator, Remembered
from yunbox.engine.stream.state import key_of
from yunbox.sql.flink.plans import Normalize


class Normalized(Operator):
    """The state is [row, touched] of each key. A row that is the same again is no change."""

    def __init__(self, context: Context, node: Normalize) -> None:
        super().__init__(context, types_of(node.fields))
        self._key = key_of(node.keys)
        self._rows = Remembered(context, node.ttl_ms)

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._rows.tick(now_ms)
        yield from ()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        changes: list[Change] = []
        for kind, row in batch.changes():
            key = self._key(row)
            found = self._rows.get(key)
            old: Row | None = None if found is None else tuple(found)
            if SIGN[kind] > 0:
                self._rows.put(key, row)
                if old is None:
                    changes.append((INSERT, row))
                elif old != row:
                    changes += [(UPDATE_BEFORE, old), (UPDATE_AFTER, row)]
            elif old is not None:
                self._rows.delete(key)
                changes.append((DELETE, old))
        yield from self.given(changes)
