"""GROUP BY without an end: each batch is summed up by DuckDB first, and each group that it touches changes once."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from yunbox.engine.stream.batch import DELETE, INSERT, OP, UPDATE_AFTER, UPDATE_BEFORE, Batch, Change, encoded, types_of
from yunbox.engine.stream.duck import HELD, Fragment, source
from yunbox.engine.stream.functions import OF_BAGS, OF_EXTREMES, Function, Parts
from yunbox.engine.stream.lists import Lists
from yunbox.engine.stream.operators.operator import ALWAYS, Context, Expiry, Operator
from yunbox.engine.stream.operators.users import Results, UserCalls
from yunbox.engine.stream.state import BagState, Key
from yunbox.sql.flink.plans import Aggregate
from yunbox.sql.flink.types import FlinkType

_GROUPS = 5_000
"""So many groups of a batch job are given at a time."""
SIGN = f"(CASE WHEN {OP} IN (0, 2) THEN 1 ELSE -1 END)"


class Summary:
    """A batch summed up by group: for each its accumulators, and what bags and lists are to take."""

    def __init__(self, context: Context, node: Aggregate, below: Fragment, types: Sequence[FlinkType]) -> None:
        self._context = context
        inner = f"SELECT *, {SIGN} AS sg FROM ({below(source(types))})"
        self.functions = [Function(call, node.input.updates) for call in node.calls]
        self._held = "" if all(one.is_summed for one in self.functions) else inner
        inner = f"SELECT * FROM {HELD}" if self._held else inner
        self._keys = [encoded(f"c{at}", node.input.fields[at].type) for at in node.keys]
        names = [f"k{at}" for at in range(len(self._keys))]
        keys = [f"{sql} AS {name}" for sql, name in zip(self._keys, names, strict=True)]
        group = f" GROUP BY {', '.join(names)}" if names else ""
        parts = [part for function in self.functions for part in function.parts()]
        columns = [*keys, "CAST(SUM(sg) AS BIGINT) AS n", *(f"{part} AS p{at}" for at, part in enumerate(parts))]
        self._sql = f"SELECT {', '.join(columns)} FROM ({inner}){group}"
        self._names = [*names, "n", *(f"p{at}" for at in range(len(parts)))]
        self._bags = {at: self._values(function, inner, keys, names)
                      for at, function in enumerate(self.functions) if function.needs_bag}  # fmt: skip
        self._lists = {at: self._values(function, inner, keys, [])
                       for at, function in enumerate(self.functions) if function.needs_list}  # fmt: skip
        self.width = len(self._keys)
        self.users = UserCalls(context, node, self.functions)

    def _values(self, function: Function, inner: str, keys: list[str], names: list[str]) -> str:
        """The query of single values: counted by group, or each for itself in order."""
        value = f"{encoded(function.argument, function.type)} AS v"
        if function.needs_bag:
            group = ", ".join([*names, "v"])
            columns = ", ".join([*keys, value, "CAST(SUM(sg) AS BIGINT) AS n"])
            inside = f"SELECT {columns} FROM ({inner}) WHERE ({function.argument}) IS NOT NULL GROUP BY {group}"
            return f"SELECT * FROM ({inside}) WHERE n <> 0"
        columns = ", ".join([*keys, value, "sg AS n"])
        kept = "" if function.name == "ARRAY_AGG" and not function.call.filter else (
            f" WHERE {function.call.filter or 'TRUE'}"
            + ("" if function.name == "ARRAY_AGG" else f" AND ({function.argument}) IS NOT NULL")
        )  # fmt: skip
        return f"SELECT {columns} FROM ({inner}){kept}"

    @property
    def queries(self) -> Sequence[str]:
        """All that is worked out over a batch, each for itself."""
        found = (self._sql, *self._bags.values(), *self._lists.values(), *self.users.queries)
        return [f"WITH {HELD} AS ({self._held}) {sql}" for sql in found] if self._held else found

    def groups(self, batch: Batch) -> Iterator[tuple[Key, tuple[Any, ...]]]:
        """Each group: its key, and its count and the parts of all accumulators."""
        duck = self._context.duck
        if self._held:
            duck.hold(self._held, batch)
        found = duck.run(self._sql, None if self._held else batch)
        columns = [found[name].tolist() for name in self._names]
        if not self._keys:
            if columns[0][0] is not None:
                yield (), tuple(column[0] for column in columns)
            return
        keys, rest = columns[: self.width], columns[self.width :]
        yield from zip(zip(*keys, strict=True), zip(*rest, strict=True), strict=True)

    def values(self) -> Iterator[tuple[int, Key, Any, int]]:
        """What bags and lists are to take of the batch that ``groups`` was of: whose it is, its group, the value, and
        how often."""
        for at, sql in (*self._bags.items(), *self._lists.items()):
            found = self._context.duck.run(sql)
            keys = [found[f"k{number}"].tolist() for number in range(self.width)]
            values, counts = found["v"].tolist(), found["n"].tolist()
            rows = zip(*keys, strict=True) if keys else iter([()] * len(values))
            for key, value, count in zip(rows, values, counts, strict=True):
                yield at, key, value, count

    @property
    def zero(self) -> list[Parts]:
        """The accumulators of no rows."""
        return [self.users.zero(at) if one.is_user else one.zero for at, one in enumerate(self.functions)]

    def merge(self, into: list[Parts], parts: Sequence[Any]) -> None:
        """Add the parts of a batch to accumulators."""
        at = 0
        for function, accumulator in zip(self.functions, into, strict=True):
            if function.is_summed:
                function.merge(accumulator, parts[at : at + len(accumulator)])
                at += len(accumulator)


def of_call(key: Key) -> Key:
    """The group of values that are kept by call and group."""
    return key[1:]


class Bags:
    """The single values of calls that need them all, kept by call and group."""

    def __init__(self, summary: Summary, state: BagState) -> None:
        self._functions = summary.functions
        self._state = state
        self._lists = Lists(state)

    def take(self, at: int, key: Key, accumulator: Parts, value: Any, count: int) -> None:
        """Count a value of a group: where it becomes there, or ceases to be, its accumulator changes."""
        function, name = self._functions[at], (at, *key)
        if function.needs_list:
            if count > 0:
                self._lists.append(name, accumulator, value)
            else:  # where each counts once its place is where it came
                self._lists.remove(name, accumulator, value, last=function.call.distinct)
            return
        before = self._state.get(name).get(value, 0)
        after = before + count
        if after:
            self._state.put(name, value, after)
        else:
            self._state.delete(name, value)
        if function.name in OF_EXTREMES and (before > 0) != (after > 0):
            self._note(function, name, accumulator, value, comes=after > 0)
        elif function.name in OF_BAGS:
            pass  # told by ``value``
        elif (before > 0) != (after > 0):
            function.add(accumulator, value, 1 if after > 0 else -1)

    def _note(self, function: Function, name: Key, accumulator: Parts, value: Any, *, comes: bool) -> None:
        """What is known of the extreme of a group's values, which is looked for among all only when it has gone."""
        known = accumulator[0]
        if not comes:
            accumulator[0] = None if value == known or value != value else known
        elif known is not None or len(self._state.get(name)) == 1:
            accumulator[0] = function.extreme(known, value)

    def values(self, key: Key, accumulators: Sequence[Parts], told: Results) -> tuple[Any, ...]:
        """The results of all calls of a group; those of users' functions are told."""
        return tuple(
            told[at, key] if self._functions[at].is_user else self.value(at, key, one)
            for at, one in enumerate(accumulators)
        )

    def value(self, at: int, key: Key, accumulator: Parts) -> Any:
        """The result of a call that is none of a user's function."""
        function = self._functions[at]
        if function.name in OF_EXTREMES and function.needs_bag:
            if accumulator[0] is None:
                accumulator[0] = function.of_bag(self._state.get((at, *key)))
            return accumulator[0]
        if function.name in OF_BAGS and function.needs_bag:
            return function.of_bag(self._state.get((at, *key)))
        if not function.needs_list:
            return function.value(accumulator)
        name = (at, *key)
        if function.name == "FIRST_VALUE":
            return self._lists.first(name, accumulator)
        if function.name == "LAST_VALUE":
            return self._lists.last(name, accumulator)
        return function.value([self._lists.values(name, accumulator)])

    def clear(self, key: Key) -> None:
        """Forget a group."""
        for at, function in enumerate(self._functions):
            if function.needs_bag or function.needs_list:
                self._state.clear((at, *key))


class GroupAggregate(Operator):
    """One row for each group, which replaces the one before.

    A group's state is [count, accumulators, the row that was given, when it was touched last].
    """

    def __init__(self, context: Context, node: Aggregate, below: Fragment, types: Sequence[FlinkType]) -> None:
        super().__init__(context, types_of(node.fields))
        self._summary = Summary(context, node, below, types)
        self._groups = context.keyed()
        self._bags = Bags(self._summary, context.bag(of_call))
        self._has_bags = any(one.needs_bag or one.needs_list for one in self._summary.functions)
        self._users = self._summary.users
        self._waits = context.is_batch and bool(self._users)
        """Whether groups are given when nothing more comes: a user's function may be made to see all rows at once."""
        self._ttl_ms = node.ttl_ms
        self._expiry = Expiry(node.ttl_ms)
        self._now_ms = 0
        self._is_global = not node.keys
        self._retracts = node.input.updates

    def queries(self) -> Sequence[str]:
        """As in Operator."""
        return self._summary.queries

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        before = self._expiry.before(now_ms, self._groups)
        if before is not None:
            for key in self._groups.old(before, lambda group: int(group[3])):
                self._forget(key)
        yield from ()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        touched: dict[Key, list[Any]] = {}
        for key, (count, *parts) in self._summary.groups(batch):
            group = touched[key] = self._group(key)
            group[0] += count
            self._summary.merge(group[1], parts)
        if self._has_bags:
            for at, key, value, count in self._summary.values():
                self._bags.take(at, key, touched[key][1][at], value, count)
        if self._users:
            self._users.add({key: group[1] for key, group in touched.items()})
        yield from self.given(list(self._changes(touched)))

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator. A batch that had no rows has its one group nevertheless."""
        self.watermark = watermark_ms
        if not self.context.is_batch or watermark_ms < ALWAYS:
            return
        if self._waits:
            yield from self._all()
        if self._is_global and self._groups.get(()) is None:
            yield from self.given([(INSERT, self._values((), self._summary.zero))])

    def _all(self) -> Iterator[Batch]:
        """All groups, some at a time."""
        groups = self._groups.items()
        while some := list(islice(groups, _GROUPS)):
            told = self._users.results({key: group[1] for key, group in some})
            yield from self.given([(INSERT, (*key, *self._values(key, group[1], told))) for key, group in some])

    def _group(self, key: Key) -> list[Any]:
        found: list[Any] | None = self._groups.get(key)
        if found is not None and self._ttl_ms and found[3] + self._ttl_ms <= self._now_ms:
            self._forget(key)
            found = None
        return found if found is not None else [0, self._summary.zero, None, 0]

    def _forget(self, key: Key) -> None:
        self._groups.delete(key)
        self._bags.clear(key)
        self._users.clear(key)

    def _changes(self, touched: dict[Key, list[Any]]) -> Iterator[Change]:
        told: Results = {}
        if self._users and not self._waits:
            told = self._users.results({key: one[1] for key, one in touched.items() if not self._is_gone(one)})
        for key, group in touched.items():
            if not self._is_gone(group):
                yield from self._changed(key, group, told)
                continue
            self._forget(key)
            if group[2] is not None:
                yield DELETE, (*key, *group[2])

    def _is_gone(self, group: list[Any]) -> bool:
        return group[0] <= 0 and self._retracts and not self._is_global

    def _changed(self, key: Key, group: list[Any], told: Results) -> Iterator[Change]:
        before, group[3] = group[2], self._now_ms
        if self._waits:
            self._groups.put(key, group)
            return
        after = group[2] = self._values(key, group[1], told)
        self._groups.put(key, group)
        if before is None:
            yield INSERT, (*key, *after)
        elif tuple(before) != tuple(after):
            yield UPDATE_BEFORE, (*key, *before)
            yield UPDATE_AFTER, (*key, *after)

    def _values(self, key: Key, accumulators: list[Parts], told: Results | None = None) -> tuple[Any, ...]:
        if self._users:
            known = self._users.results({key: accumulators}) if told is None else told
            return self._bags.values(key, accumulators, known)
        if self._has_bags:
            return tuple(self._bags.value(at, key, one) for at, one in enumerate(accumulators))
        return tuple(function.value(one) for function, one in zip(self._summary.functions, accumulators, strict=True))
