"""Rows in order, as ORDER BY has them: NULL is less than everything unless it is said otherwise."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from yunbox.engine.stream.batch import Row
from yunbox.engine.stream.state import decimal
from yunbox.sql.flink.plans import Order
from yunbox.sql.flink.types import FlinkType


def sorter(order: Sequence[Order], types: Sequence[FlinkType]) -> Callable[[Iterable[Row]], list[Row]]:
    """What sorts rows; equal ones stay as they came."""
    keys = [(one.descending, _key(one, types[one.column])) for one in reversed(order)]

    def sort(rows: Iterable[Row]) -> list[Row]:
        found = list(rows)
        for descending, key in keys:
            found.sort(key=key, reverse=descending)
        return found

    return sort


def comparable(order: Sequence[Order], types: Sequence[FlinkType]) -> Callable[[Row], tuple[Any, ...]]:
    """What makes of a row something that compares as the row is ordered."""
    keys = [(one.descending, _key(one, types[one.column])) for one in order]

    def of(row: Row) -> tuple[Any, ...]:
        return tuple(_Falling(key(row)) if descending else key(row) for descending, key in keys)

    return of


class _Falling:
    """Is less than what is less than it."""

    __slots__ = ("value",)

    def __init__(self, value: tuple[Any, ...]) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and self.value == other.value

    def __lt__(self, other: "_Falling") -> bool:
        return other.value < self.value

    __hash__ = None  # type: ignore[assignment]


def _key(order: Order, of: FlinkType) -> Callable[[Row], tuple[Any, ...]]:
    column = order.column
    null_last = order.nulls_first is not None and order.nulls_first == order.descending
    null, some = (1, 0) if null_last else (0, 1)
    if of.root == "DECIMAL":
        return lambda row: (null,) if row[column] is None else (some, decimal(row[column]))
    return lambda row: (null,) if row[column] is None else (some, row[column])
