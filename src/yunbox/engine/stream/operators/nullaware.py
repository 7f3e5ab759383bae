"""NOT IN: an anti join in which NULL is unknown. A single NULL on the right side leaves no row of the left one, and a
left row that is NULL is there only while the right side is empty."""

from collections.abc import Iterator

from yunbox.engine.stream.batch import DELETE, INSERT, SIGN, Batch, Change, Row, types_of
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.state import Key, key_of
from yunbox.sql.flink.plans import Join

_LEFT = 0


class NullAwareAnti(Operator):
    """Both sides are remembered, and how many rows the right one has, and how many of them are NULL.

    Where these counts come from nothing, or go back to it, all of the left side is looked at again.
    """

    def __init__(self, context: Context, node: Join) -> None:
        super().__init__(context, types_of(node.fields))
        self._keys = (key_of([one for one, _ in node.keys]), key_of([one for _, one in node.keys]))
        self._left = context.bag()
        self._right = context.keyed()
        self._counts = context.keyed()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        changes = batch.changes()
        found = self._of_left(changes) if port == _LEFT else self._of_right(changes)
        yield from self.given(list(found))

    def _of_left(self, changes: list[Change]) -> Iterator[Change]:
        for kind, row in changes:
            key = self._keys[0](row)
            count = (self._left.get(key).get(row) or 0) + SIGN[kind]
            if count:
                self._left.put(key, row, count)
            else:
                self._left.delete(key, row)
            if self._passes(key):
                yield kind, row

    def _of_right(self, changes: list[Change]) -> Iterator[Change]:
        for kind, row in changes:
            key = self._keys[1](row)
            sign = SIGN[kind]
            total, nulls = self._counted()
            widely = {total, total + sign} == {0, 1} or (None in key and {nulls, nulls + sign} == {0, 1})
            looked = list(self._left.all()) if widely else [(key, *one) for one in self._left.get(key).items()]
            before = [self._passes(one) for one, _, _ in looked]
            self._counts.put((), [total + sign, nulls + sign * (None in key)])
            left = (self._right.get(key) or 0) + sign
            if left:
                self._right.put(key, left)
            else:
                self._right.delete(key)
            yield from self._changed(looked, before)

    def _changed(self, looked: list[tuple[Key, Row, int]], before: list[bool]) -> Iterator[Change]:
        for (key, row, count), passed in zip(looked, before, strict=True):
            if self._passes(key) != passed:
                for _ in range(count):
                    yield (DELETE if passed else INSERT), row

    def _counted(self) -> tuple[int, int]:
        total, nulls = self._counts.get(()) or (0, 0)
        return total, nulls

    def _passes(self, key: Key) -> bool:
        total, nulls = self._counted()
        if total == 0:
            return True
        return nulls == 0 and None not in key and not self._right.get(key)
