"""The rows of a key of Top-N where rows may go, so that all of them are kept, and there are many.

Each lies in the state by itself, under the number with which it came: a change costs one row, and not all of the key's.
In memory they are in order too, which is made anew where they have been read from disk.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any

from yunbox.engine.stream.batch import SIGN, Change, Row, types_of
from yunbox.engine.stream.operators.operator import Context
from yunbox.engine.stream.operators.ordering import comparable
from yunbox.engine.stream.state import Key
from yunbox.sql.flink.plans import Rank

_INDEX_BYTES = 200
"""What a row takes in the order, roughly."""
_Entry = tuple[tuple[Any, ...], int]
"""What a row is ordered by, and its number."""


class Standing:
    """The state is a bag for each key: number -> row."""

    def __init__(self, context: Context, node: Rank) -> None:
        self._node = node
        self._by = comparable(node.order, types_of(node.input.fields))
        self._rows = context.bag()
        self._rows.index_bytes = _INDEX_BYTES
        self._orders: dict[Key, tuple[dict[Any, Any], list[_Entry]]] = {}

    def begin(self, key: Key, rows: Sequence[Row]) -> int:
        """Have a key's rows, which are in their order; the number of the next one."""
        for number, row in enumerate(rows):
            self._rows.put(key, number, row)
        return len(rows)

    def change(self, key: Key, number: int, changes: Sequence[Change]) -> int:
        """Rows of a key come and go; the number of the next one, 0 when there are none any more."""
        order = self._order(key)
        for kind, row in changes:
            if SIGN[kind] > 0:
                self._rows.put(key, number, row)
                insort(order, (self._by(row), number))
                number += 1
            else:
                self._take(key, order, row)
        if order:
            return number
        self._orders.pop(key, None)
        return 0

    def _take(self, key: Key, order: list[_Entry], row: Row) -> None:
        """The first of the rows that are equal goes."""
        by, rows = self._by(row), self._rows.get(key)
        at = bisect_left(order, (by, -1))
        while at < len(order) and order[at][0] == by:
            number = order[at][1]
            if tuple(rows[number]) == row:
                del order[at]
                self._rows.delete(key, number)
                return
            at += 1

    def first(self, key: Key) -> list[Row]:
        """The rows of a key up to the last that is asked for, in order."""
        rows, found = self._rows.get(key), []
        number, before, function = 0, None, self._node.function
        for at, (by, name) in enumerate(self._order(key), 1):
            if function == "ROW_NUMBER":
                number = at
            elif by != before:
                number, before = at if function == "RANK" else number + 1, by
            if number > self._node.end:
                break
            found.append(tuple(rows[name]))
        return found

    def clear(self, key: Key) -> None:
        """Forget a key."""
        self._rows.clear(key)
        self._orders.pop(key, None)

    def _order(self, key: Key) -> list[_Entry]:
        rows = self._rows.get(key)
        kept, order = self._orders.get(key, (None, []))
        if kept is not rows:  # what was in memory has gone from there, and came back
            self._orders = {one: had for one, had in self._orders.items() if had[0] is self._rows.peek(one)}
            order = sorted((self._by(tuple(row)), number) for number, row in rows.items())
            self._orders[key] = (rows, order)
        return order
