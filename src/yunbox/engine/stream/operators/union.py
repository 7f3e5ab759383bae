"""UNION ALL, and what a batch job gives at its end."""

from collections.abc import Iterator

from yunbox.engine.stream.batch import INSERT, SIGN, Batch, Row, types_of
from yunbox.engine.stream.operators.operator import ALWAYS, Context, Operator
from yunbox.engine.stream.operators.ordering import sorter
from yunbox.engine.stream.state import KeyedState
from yunbox.sql.flink.plans import Fields, Sort


class UnionAll(Operator):
    """The rows of all inputs."""

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        yield batch


class Final(Operator):
    """What is left of all changes when nothing more comes: the rows of a batch job, which are never taken back."""

    def __init__(self, context: Context, fields: Fields) -> None:
        super().__init__(context, types_of(fields))
        self._rows = context.keyed()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        count(self._rows, batch)
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if watermark_ms >= ALWAYS:
            yield from self.given([(INSERT, row) for row in elements(self._rows)])


def count(rows: KeyedState, batch: Batch) -> None:
    """Note how often each row is there."""
    for kind, row in batch.changes():
        left = (rows.get(row) or 0) + SIGN[kind]
        if left:
            rows.put(row, left)
        else:
            rows.delete(row)


def elements(rows: KeyedState) -> Iterator[Row]:
    """All rows that are there, each as often as it is."""
    for row, times in rows.items():
        for _ in range(times):
            yield row


class Sorted(Operator):
    """ORDER BY, OFFSET and LIMIT over all rows: given when nothing more comes."""

    def __init__(self, context: Context, node: Sort) -> None:
        super().__init__(context, types_of(node.fields))
        self._node = node
        self._sort = sorter(node.order, self.types)
        self._rows = context.keyed()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        count(self._rows, batch)
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if watermark_ms >= ALWAYS:
            rows = self._sort(elements(self._rows))
            end = None if self._node.limit is None else self._node.offset + self._node.limit
            yield from self.given([(INSERT, row) for row in rows[self._node.offset : end]])
