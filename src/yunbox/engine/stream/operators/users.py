"""Calls of users' aggregate functions in a GROUP BY: a group's rows of a batch are added in one go, in their order."""

from collections.abc import Mapping, Sequence
from typing import Any

from yunbox.engine.stream.batch import encoded
from yunbox.engine.stream.duck import HELD
from yunbox.engine.stream.functions import Function, Parts
from yunbox.engine.stream.operators.operator import Context
from yunbox.engine.stream.state import BagState, Key
from yunbox.engine.stream.udf.aggregators import Aggregator, SignedRow
from yunbox.sql.flink.expr import quoted
from yunbox.sql.flink.plans import Aggregate, UserFunction

Results = Mapping[tuple[int, Key], Any]
"""What calls, by their places, come to for groups, in physical form."""


class UserCalls:
    """Those of a node. An accumulator is one value, as state keeps it; DISTINCT counts rows in a state of its own."""

    def __init__(self, context: Context, node: Aggregate, functions: Sequence[Function]) -> None:
        self._duck = context.duck
        self._calls = {at: one for at, one in enumerate(functions) if one.is_user}
        self._aggregators = {at: context.aggregator(_user(one)) for at, one in self._calls.items()}
        self._keys = [f"{encoded(f'c{at}', node.input.fields[at].type)} AS k{at}" for at in node.keys]
        self._sql = {at: self._rows_sql(one) for at, one in self._calls.items()}
        self._counts: BagState | None = None
        if any(one.call.distinct for one in self._calls.values()):
            self._counts = context.bag(lambda key: key[1:])

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def queries(self) -> Sequence[str]:
        """What is worked out over a batch that is held."""
        return tuple(self._sql.values())

    def _rows_sql(self, function: Function) -> str:
        """Keys, sign and arguments of the rows that a call takes; behind them, for DISTINCT, their physical form."""
        call = function.call
        args = [one.sql for one in call.arguments]
        names = [encoded(one.sql, one.type) for one in call.arguments] if call.distinct else []
        columns = ", ".join([*self._keys, "sg", *args, *names])
        return f"SELECT {columns} FROM {HELD}" + (f" WHERE {call.filter}" if call.filter else "")

    def zero(self, at: int) -> Parts:
        """The accumulator of no rows of a call."""
        return [self._aggregators[at].zero]

    def add(self, groups: Mapping[Key, Sequence[Parts]]) -> None:
        """Add the rows of the batch that is held to the accumulators of groups; those of others are left out."""
        for at, aggregator in self._aggregators.items():
            for key, rows in self._by_group(at, aggregator, groups).items():
                parts = groups[key][at]
                parts[0] = aggregator.added(parts[0], rows)

    def _by_group(self, at: int, aggregator: Aggregator, groups: Mapping[Key, Any]) -> dict[Key, list[SignedRow]]:
        width, count = len(self._keys), len(self._calls[at].call.arguments)
        found: dict[Key, list[SignedRow]] = {}
        for row in self._duck.rows(self._sql[at]):
            key, sign, values = row[:width], row[width], row[width + 1 : width + 1 + count]
            if key in groups and self._counts_for(at, key, row[width + 1 + count :], sign):
                found.setdefault(key, []).append((sign, aggregator.args(values)))
        return found

    def _counts_for(self, at: int, key: Key, name: tuple[Any, ...], sign: int) -> bool:
        """Whether a row is the first of its values that comes, or the last that goes, where DISTINCT is asked for."""
        if self._counts is None or not self._calls[at].call.distinct:
            return True
        before = self._counts.get((at, *key)).get(name, 0)
        if before + sign:
            self._counts.put((at, *key), name, before + sign)
        else:
            self._counts.delete((at, *key), name)
        return not before if sign > 0 else before == 1

    def results(self, groups: Mapping[Key, Sequence[Parts]]) -> Results:
        """What all calls come to for some groups: one query for each call."""
        found: dict[tuple[int, Key], Any] = {}
        for at, aggregator in self._aggregators.items():
            aggregator.give([parts[at][0] for parts in groups.values()])
            function = aggregator.function
            value = f"CAST({quoted(aggregator.native.name)}(i) AS {function.returns.duckdb})"
            inner = f"SELECT {value} AS v FROM range({len(groups)}) AS t(i)"
            rows = self._duck.rows(f"SELECT {encoded('v', function.returns)} FROM ({inner})")
            for key, (one,) in zip(groups, rows, strict=True):
                found[at, key] = one
        return found

    def clear(self, key: Key) -> None:
        """Forget a group."""
        for at, function in self._calls.items():
            if self._counts is not None and function.call.distinct:
                self._counts.clear((at, *key))


def _user(function: Function) -> UserFunction:
    user = function.call.user
    assert user is not None
    return user
