"""Aggregates over rows of one key that follow each other, as MATCH_RECOGNIZE asks for them: many at a time.

Those of numbers are arrays. COUNT and exact sums are what all rows up to the last come to, less those up to the first.
Sums of floats depend on their order, and extremes cannot be taken back: they begin with what a question before has come
to, and go on with the rows behind. What is no number goes row by row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from yunbox.engine.stream.batch import Array, Row
from yunbox.engine.stream.functions import Function, Parts
from yunbox.engine.stream.state import decimal
from yunbox.sql.flink.plans import AggregateCall

Rows = Mapping[int, Row]
_BITS = {"TINYINT": 7, "SMALLINT": 15, "INT": 31, "BIGINT": 63}
_FLOATS = ("FLOAT", "DOUBLE")
_MOMENTS = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ")
_NAMED = ("CHAR", "VARCHAR", "DECIMAL")
_SUMS, _EXTREMES = ("SUM", "AVG"), ("MIN", "MAX")


class _Made(Protocol):
    def values(self, first: Array, last: Array) -> list[Any]:
        """Of the rows between some numbers."""


class Sums:
    """Those over the rows of a key."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._made: dict[int, _Made] = {}

    def values(self, at: int, call: AggregateCall, first: Array, last: Array) -> list[Any]:
        """Of the rows between some numbers; ``at`` is the place of the read. Those that go on with others are quick."""
        made = self._made.get(at)
        if made is None:
            made = self._made[at] = _made(call, self._rows)
        return made.values(first, last)


def _made(call: AggregateCall, rows: Rows) -> _Made:
    given = _Given.of(call, rows)
    exact = _exact(call, given)
    if exact is not None:
        return _Whole(call, given, exact)
    ordered = _ordered(call, given)
    return _Running(call, rows) if ordered is None else _Onward(call, given, *ordered, _names(call, given))


@dataclass(slots=True)
class _Given:
    """The values of a call's argument, in the order of the rows, and up to each how many are none of NULL."""

    begin: int
    values: list[Any]
    counts: Array

    @classmethod
    def of(cls, call: AggregateCall, rows: Rows) -> "_Given":
        """Those of a key's rows."""
        column = _column(call)
        values = [1 if column < 0 else rows[seq][column] for seq in sorted(rows)]
        counts = np.concatenate([[0], np.cumsum([one is not None for one in values])]).astype(np.int64)
        return cls(min(rows, default=0), values, counts)

    def counted(self, first: Array, last: Array) -> Array:
        """How many there are between some rows."""
        return self.counts[self.place(np.maximum(last, first - 1)) + 1] - self.counts[self.place(first)]

    def place(self, seq: Array) -> Array:
        """Where rows are among the values."""
        return seq - self.begin


def _exact(call: AggregateCall, given: _Given) -> Array | None:
    """The values as whole numbers, if sums of them are worked out so; none of those is too large for its type."""
    root = call.arguments[0].type.root if call.arguments else ""
    if call.function == "COUNT":
        numbers = []
    elif call.function in _SUMS and root in _BITS:
        numbers = [int(one or 0) for one in given.values]
    elif call.function in _SUMS and root == "DECIMAL":
        scale = call.arguments[0].type.params[1]
        numbers = [0 if one is None else int(decimal(one).scaleb(scale)) for one in given.values]
    else:
        return None
    fit = sum(map(abs, numbers)) < 1 << _BITS.get(call.type.root, 63)
    return np.concatenate([[0], np.cumsum(np.array(numbers, np.int64))]) if fit else None


def _names(call: AggregateCall, given: _Given) -> list[Any] | None:
    """All values of texts and DECIMALs in order: by their places the extremes of them are found."""
    if call.function not in _EXTREMES or call.arguments[0].type.root not in _NAMED:
        return None
    return sorted({one for one in given.values if one is not None}, key=Function(call, retracts=False).comparable)


def _ordered(call: AggregateCall, given: _Given) -> tuple[Any, Array] | None:
    """What is done with one value after the other, and those, NULL as what changes nothing; None where they are none
    of numbers, or such as are not in order."""
    if not call.arguments or call.function not in (*_SUMS, *_EXTREMES):
        return None
    root = call.arguments[0].type.root
    some = [one for one in given.values if one is not None]
    if root in _FLOATS and all(isinstance(one, float) for one in some):
        return _floating(call, given, np.array(some, np.float64))
    if call.function in _SUMS or root not in (*_BITS, *_MOMENTS, *_NAMED):
        return None
    operation, end = (np.minimum, 2**63 - 1) if call.function == "MIN" else (np.maximum, -(2**63))
    names = _names(call, given)
    places = None if names is None else {one: at for at, one in enumerate(names)}
    numbers = given.values if places is None else [None if one is None else places[one] for one in given.values]
    return operation, np.array([end if one is None else one for one in numbers], np.int64)


def _floating(call: AggregateCall, given: _Given, some: Array) -> tuple[Any, Array] | None:
    if call.function in _SUMS:
        operation, nothing = np.add, -0.0
    elif np.isnan(some).any() or (np.signbit(some) & (some == 0)).any():  # of equal ones the first is told
        return None
    else:
        operation, nothing = (np.minimum, np.inf) if call.function == "MIN" else (np.maximum, -np.inf)
    return operation, np.array([nothing if one is None else one for one in given.values], np.float64)


class _Whole:
    """COUNT, and sums of whole numbers and decimals."""

    def __init__(self, call: AggregateCall, given: _Given, totals: Array) -> None:
        self._name, self._given, self._totals = call.function, given, totals
        self._function = Function(call, retracts=False)
        self._scale = call.arguments[0].type.params[1] if call.type.root == "DECIMAL" else None

    def values(self, first: Array, last: Array) -> list[Any]:
        """As in Sums."""
        given = self._given
        counts = given.counted(first, last)
        if self._name == "COUNT":
            return list(counts.tolist())
        found = self._totals[given.place(np.maximum(last, first - 1)) + 1] - self._totals[given.place(first)]
        if self._scale is not None:
            pairs = zip(found.tolist(), counts.tolist(), strict=True)
            return [self._decimal(one, count, self._scale) for one, count in pairs]
        if self._name == "AVG":
            found = np.abs(found) // np.maximum(counts, 1) * np.sign(found)
        return _known(found, counts)

    def _decimal(self, total: int, count: int, scale: int) -> str | None:
        if self._name == "AVG":
            return self._function.value([Decimal(total).scaleb(-scale), count])
        if not count or not scale:
            return str(total) if count else None
        digits = f"{abs(total):0{scale + 1}}"
        return f"{'-' if total < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


class _Onward:
    """Sums of floats, and extremes."""

    def __init__(
        self, call: AggregateCall, given: _Given, operation: Any, numbers: Array, names: list[Any] | None
    ) -> None:
        self._names = names
        self._name, self._given, self._operation, self._numbers = call.function, given, operation, numbers
        self._come_to: dict[int, tuple[int, Any]] = {}
        """By the place of the first row: the last one of a question, and what the rows to there come to."""

    def values(self, first: Array, last: Array) -> list[Any]:
        """As in Sums."""
        counts = self._given.counted(first, last)
        found = self._found(self._given.place(first), self._given.place(last))
        if self._name == "AVG":
            found = found / np.maximum(counts, 1)
        known = _known(found, counts)
        names = self._names
        return known if names is None else [None if one is None else names[one] for one in known]

    def _found(self, first: Array, last: Array) -> Array:
        """What values come to between some places; anything where there are none."""
        lengths = last - first + 1
        if (first == first[0]).all():
            return self._of_one(int(first[0]), last)
        if (lengths == lengths[0]).all() and lengths[0] <= len(first):
            return self._of_many(first, int(lengths[0]))
        return np.array([self._of_one(at, end)[0] for at, end in zip(first.tolist(), last[:, None], strict=True)])

    def _of_one(self, first: int, last: Array) -> Array:
        """Of rows that begin at one place, and end at several."""
        end = int(last.max())
        known, value = self._come_to.get(first, (first - 1, None))
        if known > int(last.min()):
            known, value = first - 1, None
        numbers = self._numbers[known + 1 : end + 1]
        if value is not None:
            numbers = np.concatenate([[value], numbers])
        if not len(numbers):
            return np.zeros(len(last), self._numbers.dtype)
        found = self._operation.accumulate(numbers)
        self._come_to[first] = end, found[-1]
        return found[np.maximum(last - (end + 1 - len(found)), 0)]

    def _of_many(self, first: Array, length: int) -> Array:
        """Of so many rows each."""
        if length <= 0:
            return np.zeros(len(first), self._numbers.dtype)
        found = self._numbers[first]
        for by in range(1, length):
            found = self._operation(found, self._numbers[first + by])
        return found


class _Running:
    """One that goes on with another's rows begins with what that came to; row by row."""

    def __init__(self, call: AggregateCall, rows: Rows) -> None:
        self._function = Function(call, retracts=False)
        self._column = _column(call)
        self._rows = rows
        self._known: dict[int, tuple[int, Parts]] = {}

    def values(self, first: Array, last: Array) -> list[Any]:
        """As in Sums."""
        return [self._value(*one) for one in zip(first.tolist(), last.tolist(), strict=True)]

    def _value(self, first: int, last: int) -> Any:
        known, parts = self._known.get(first, (first - 1, self._function.zero))
        if known > last:
            known, parts = first - 1, self._function.zero
        for seq in range(known + 1, last + 1):
            value = 1 if self._column < 0 else self._rows[seq][self._column]
            if value is not None:
                self._function.add(parts, value, 1)
        self._known[first] = (last, parts)
        return self._function.value(parts)


def _known(found: Array, counts: Array) -> list[Any]:
    """Values, NULL where there are none."""
    return [value if count else None for value, count in zip(found.tolist(), counts.tolist(), strict=True)]


def _column(call: AggregateCall) -> int:
    return int(call.arguments[0].sql[1:]) if call.arguments else -1
