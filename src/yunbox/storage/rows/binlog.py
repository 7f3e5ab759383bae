"""What is written of a change for those who follow a table: its kind, when it was, and the row before or behind it.

Sources: the vendor's pages "Subscribe to Hologres binlogs" and "Use JDBC to consume Hologres binlogs".
"""

from collections.abc import Sequence

from yunbox.storage.rows.keys import numbered
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import joined

DELETE, BEFORE_UPDATE, INSERT, AFTER_UPDATE = b"2", b"3", b"5", b"7"
_LSN_MAX = (1 << 63) - 1
Events = Sequence[tuple[bytes, bytes]]
"""Kinds of changes, each with a row."""


def events_of(before: bytes | None, row: bytes | None) -> Events:
    """What a change of a row is: that before an update comes first."""
    if before is None:
        return () if row is None else ((INSERT, row),)
    return ((DELETE, before),) if row is None else ((BEFORE_UPDATE, before), (AFTER_UPDATE, row))


def records(log: Relation, first: int, now_us: int, events: Events) -> tuple[list[bytes], list[bytes]]:
    """The keys and rows of a log for some events, of which the first has the number ``first``."""
    when = str(now_us).encode()
    numbers = range(first, first + len(events))
    heads = (joined((str(number & _LSN_MAX).encode(), kind, when))
             for number, (kind, _) in zip(numbers, events, strict=True))  # fmt: skip
    rows = [head + row for head, (_, row) in zip(heads, events, strict=True)]
    return [numbered(log, number) for number in numbers], rows
