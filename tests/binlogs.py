"""What the log of a table's changes comes to, whose rows begin with their key."""

from typing import Any

DELETE, BEFORE_UPDATE, INSERT, AFTER_UPDATE = 2, 3, 5, 7


def replayed(found: list[tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    """The rows that a log comes to; each event must fit those before it."""
    rows: dict[int, tuple[Any, ...]] = {}
    last: tuple[Any, ...] = (None,)
    for kind, *row in found:
        if kind in (DELETE, BEFORE_UPDATE):
            assert rows.pop(row[0]) == tuple(row)
        else:
            assert row[0] not in rows
            assert (kind == AFTER_UPDATE) == (last[0] == BEFORE_UPDATE)
            rows[row[0]] = tuple(row)
        last = (kind, *row)
    return rows
