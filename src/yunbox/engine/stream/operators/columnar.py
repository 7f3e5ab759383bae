"""GROUP BY whose aggregates are sums, counts and extremes of numbers: many groups change at once, as arrays."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from yunbox.engine.stream.batch import (
    DELETE,
    INSERT,
    UPDATE_AFTER,
    UPDATE_BEFORE,
    Array,
    Batch,
    encoded,
    types_of,
)
from yunbox.engine.stream.duck import Fragment, source
from yunbox.engine.stream.functions import Function, counted
from yunbox.engine.stream.operators.aggregate import SIGN
from yunbox.engine.stream.operators.operator import Context, Expiry, Operator
from yunbox.engine.stream.vectors import Vector, vector
from yunbox.sql.flink.plans import Aggregate
from yunbox.sql.flink.types import FlinkType

_TOUCHED = 1
"""Where in a group's numbers the time is when it was touched last."""


def vectors_of(node: Aggregate) -> list[Vector] | None:
    """The calls as numbers, if all of them can be."""
    found = [vector(Function(call, node.input.updates)) for call in node.calls]
    return None if None in found or not node.keys else [one for one in found if one is not None]


class ColumnarAggregate(Operator):
    """One row for each group. Its numbers are how many rows it has, when it was touched, and those of all calls."""

    def __init__(
        self,
        context: Context,
        node: Aggregate,
        below: Fragment,
        types: Sequence[FlinkType],
        vectors: list[Vector],
    ) -> None:
        super().__init__(context, types_of(node.fields))
        self._vectors = vectors
        self._key_types = [node.input.fields[at].type for at in node.keys]
        dtypes = [np.dtype(np.int64), np.dtype(np.int64)]
        dtypes += [np.dtype(one) for each in vectors for one in each.dtypes]
        self._state = context.slots(dtypes)
        ends = np.cumsum([2, *(len(each.dtypes) for each in vectors)]).tolist()
        self._places = list(pairwise(ends))
        self._retracts = node.input.updates
        self._ttl_ms = node.ttl_ms
        self._expiry = Expiry(node.ttl_ms)
        self._now_ms = 0
        self.gives_before = True
        """Whether what a row replaces is given too; who writes by key has no use for it."""
        keys = [f"{encoded(f'c{at}', node.input.fields[at].type)} AS k{number}" for number, at in enumerate(node.keys)]
        parts = [f"{sql} AS p{at}" for at, sql in enumerate(sql for each in vectors for sql in each.sql)]
        names = ", ".join(f"k{number}" for number in range(len(keys)))
        inner = f"SELECT *, {SIGN} AS sg FROM ({below(source(types))})"
        columns = ", ".join([*keys, f"{counted(retracts=node.input.updates)} AS n", *parts])
        self._sql = f"SELECT {columns} FROM ({inner}) GROUP BY {names}"

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        before = self._expiry.before(now_ms, self._state)
        if before is not None:
            self._state.expire(before, _TOUCHED)
        yield from ()

    def queries(self) -> Sequence[str]:
        """As in Operator."""
        return (self._sql,)

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        found = self.context.duck.run(self._sql, batch)
        keys = [found[f"k{number}"] for number in range(len(self._key_types))]
        plain = [one.tolist() for one in keys]
        state = self._state
        slots = state.find(plain[0] if len(plain) == 1 else list(zip(*plain, strict=True)))
        if self._ttl_ms:
            self._expire(slots)
        had = state.arrays[0][slots] > 0
        before = self._values(slots) if self.gives_before or self._retracts else None
        state.arrays[0][slots] += found["n"]
        state.arrays[1][slots] = self._now_ms
        for each, (low, high) in zip(self._vectors, self._places, strict=True):
            each.merge(state.arrays[low:high], slots, [found[f"p{at - 2}"] for at in range(low, high)])
        state.touch(slots)
        yield from self._given(keys, slots, had, before)

    def _expire(self, slots: Array) -> None:
        """Groups that nobody has touched for long begin anew."""
        over = slots[self._state.arrays[1][slots] + self._ttl_ms <= self._now_ms]
        for array in self._state.arrays:
            array[over] = 0

    def _values(self, slots: Array) -> list[tuple[Array, Array | None]]:
        arrays = self._state.arrays
        return [each.values(arrays[low:high], slots)
                for each, (low, high) in zip(self._vectors, self._places, strict=True)]  # fmt: skip

    def _given(
        self, keys: list[Array], slots: Array, had: Array, before: list[tuple[Array, Array | None]] | None
    ) -> Iterator[Batch]:
        after = self._values(slots)
        has = self._state.arrays[0][slots] > 0
        if not self._retracts:
            has[:] = True
        kinds_new = np.where(had, UPDATE_AFTER, INSERT).astype(np.int8)
        if before is None:
            yield from self._batch(keys, after, np.flatnonzero(has), kinds_new)
            return
        same = _same(before, after, len(slots))
        old = np.flatnonzero(had & (~has | ~same) & (self.gives_before | ~has))
        new = np.flatnonzero(has & (~had | ~same))
        kinds_old = np.where(has, UPDATE_BEFORE, DELETE).astype(np.int8)
        order = np.argsort(np.concatenate((old * 2, new * 2 + 1)), kind="stable")
        columns = [_taken(key, None, key, None, old, new, order) for key in keys]
        columns += [_taken(*first, *second, old, new, order) for first, second in zip(before, after, strict=True)]
        kinds = np.concatenate((kinds_old[old], kinds_new[new]))[order]
        gone = slots[had & ~has] if self._retracts else ()
        if len(gone):
            self._state.delete(gone)
        never = slots[~had & ~has] if self._retracts else ()
        if len(never):
            self._state.delete(never)
        if len(kinds):
            yield Batch(tuple(columns), len(kinds), kinds if kinds.any() else None)

    def _batch(
        self, keys: list[Array], values: list[tuple[Array, Array | None]], places: Array, kinds: Array
    ) -> Iterator[Batch]:
        columns = [key[places] for key in keys]
        for value, mask in values:
            columns.append(_masked(value[places], None if mask is None else mask[places]))
        if len(places):
            yield Batch(tuple(columns), len(places), kinds[places] if kinds[places].any() else None)


def _same(before: list[tuple[Array, Array | None]], after: list[tuple[Array, Array | None]], count: int) -> Array:
    """Which of so many groups have the results that they had; without any they always have."""
    found: Array = np.ones(count, np.bool_)
    for (old, old_mask), (new, new_mask) in zip(before, after, strict=True):
        equal = old == new
        if old_mask is not None and new_mask is not None:
            equal = (equal & ~old_mask & ~new_mask) | (old_mask & new_mask)
        found &= equal
    return found


def _taken(
    first: Array,
    first_mask: Array | None,
    second: Array,
    second_mask: Array | None,
    old: Array,
    new: Array,
    order: Array,
) -> Array:
    """A column of the rows that are given: some of what was, and some of what is."""
    join = np.ma.concatenate if isinstance(first, np.ma.MaskedArray) else np.concatenate
    values = join((first[old], second[new]))[order]
    if first_mask is None or second_mask is None:
        return values
    return _masked(values, np.concatenate((first_mask[old], second_mask[new]))[order])


def _masked(values: Array, mask: Array | None) -> Array:
    return values if mask is None or not mask.any() else np.ma.MaskedArray(values, mask)
