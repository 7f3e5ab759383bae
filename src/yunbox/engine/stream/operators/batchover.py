"""OVER in a batch: all rows are there before any is worked on, so that DuckDB does it, in whatever order and frame."""

from collections.abc import Iterator

import numpy as np

from yunbox.engine.stream.batch import INSERT, Batch, decoded, encoded, from_rows, types_of
from yunbox.engine.stream.operators.operator import ALWAYS, Context, Operator
from yunbox.engine.stream.operators.over import windowed
from yunbox.engine.stream.operators.union import count, elements
from yunbox.engine.stream.state import key_of
from yunbox.sql.flink.plans import BatchOver, Order


class BatchOverAggregate(Operator):
    """Each row with its window functions, given when nothing more comes. Rows that go before then were never there."""

    def __init__(self, context: Context, node: BatchOver) -> None:
        super().__init__(context, types_of(node.fields))
        self._in = types_of(node.input.fields)
        self._width = len(node.calls)
        self._rows = context.keyed(key_of(node.partition_keys))
        keys = f"PARTITION BY {', '.join(f'c{at}' for at in node.partition_keys)}" if node.partition_keys else ""
        order = f"ORDER BY {', '.join(map(_key, node.order))}" if node.order else ""
        window = f"({keys} {order} {node.frame})"
        columns = ", ".join(f"{decoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(self._in))
        calls = [f"{encoded(windowed(call, window), call.type)} AS r{at}" for at, call in enumerate(node.calls)]
        self._sql = f"SELECT {', '.join(calls)}, place FROM (SELECT {columns}, place FROM batch) ORDER BY place"

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        count(self._rows, batch)
        yield from ()

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        rows = list(elements(self._rows)) if watermark_ms >= ALWAYS else []
        if not rows:
            return
        named = from_rows(rows, self._in).named
        named["place"] = np.arange(len(rows))
        found = self.context.duck.run(self._sql, named)
        values = zip(*(found[f"r{at}"].tolist() for at in range(self._width)), strict=True)
        yield from self.given([(INSERT, (*row, *more)) for row, more in zip(rows, values, strict=True)])


def _key(one: Order) -> str:
    """NULL is less than everything unless it is said otherwise."""
    nulls_first = not one.descending if one.nulls_first is None else one.nulls_first
    return f"c{one.column}{' DESC' if one.descending else ''} NULLS {'FIRST' if nulls_first else 'LAST'}"
