"""Look-up joins: the rows of a table that is asked by key, as it is at this moment."""

from collections.abc import Iterator

from yunbox.engine.stream.batch import Batch, Change, decoded, encoded, types_of
from yunbox.engine.stream.operators.conditions import Condition
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.state import Key
from yunbox.sql.flink.plans import LookupJoin as Node


class LookupJoin(Operator):
    """INNER and LEFT. A batch asks once for all its keys, and nothing is remembered."""

    def __init__(self, context: Context, node: Node) -> None:
        super().__init__(context, types_of(node.fields))
        self._is_left = node.kind == "LEFT"
        self._in = types_of(node.input.fields)
        self._lookup = context.open_lookup(node)
        self._nothing = (None,) * (len(node.fields) - len(self._in))
        self._condition = Condition(context.duck, node.condition, types_of(node.fields))
        columns = ", ".join(f"{decoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(self._in))
        keys = ", ".join(f"{encoded(key.sql, key.type)} AS k{at}" for at, (key, _) in enumerate(node.keys))
        self._sql = f"SELECT {keys} FROM (SELECT {columns} FROM batch)"
        self._width = len(node.keys)

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        found = self.context.duck.run(self._sql, batch)
        keys: list[Key] = list(zip(*(found[f"k{at}"].tolist() for at in range(self._width)), strict=True))
        rows = self._lookup.fetch([key for key in dict.fromkeys(keys) if None not in key])
        changes = batch.changes()
        pairs = [(at, (*row, *other)) for at, (_, row) in enumerate(changes) for other in rows.get(keys[at], ())]
        holds = self._condition.holds([pair for _, pair in pairs])
        joined: list[list[Change]] = [[] for _ in changes]
        for (at, pair), held in zip(pairs, holds, strict=True):
            if held:
                joined[at].append((changes[at][0], pair))
        if self._is_left:
            for at, (kind, row) in enumerate(changes):
                joined[at] = joined[at] or [(kind, (*row, *self._nothing))]
        yield from self.given([change for some in joined for change in some])
