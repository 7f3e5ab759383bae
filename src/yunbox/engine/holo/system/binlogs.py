"""``hg_get_binlog_cursor`` and its kin: where in a table's binlog a moment or a number lies.

Source: the vendor's page "Subscribe to Hologres binlogs". Numbers are given to the changes of all tables together, so
the one that comes next to a table is not known before it comes: what is told instead is the least that it can be.
"""

import time
from typing import NamedTuple

from yunbox.storage.rows.keys import numbered
from yunbox.storage.rows.model import BINLOG_COLUMNS, Relation
from yunbox.storage.rows.rows import fields_of
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.report import failure

OLDEST, LATEST, BY_LSN, BY_TIMESTAMP = "OLDEST", "LATEST", "lsn", "timestamp"
_LSN_MAX = (1 << 63) - 1


class Entry(NamedTuple):
    """A place in a binlog."""

    shard: int
    lsn: int
    at_us: int


def entry_of(view: View, relation: Relation, how: str, value: int, shard: int) -> Entry | None:
    """The place that is asked for; None for the ends of a binlog that is empty. Raises PgError 55000, 22023."""
    log = relation.binlog
    if log is None:
        raise failure("55000", f'table "{relation.name}" has no binlog', hint="Set binlog_level to 'replica'.")
    if shard:
        raise failure("22023", f'shard {shard} of table "{relation.name}" does not exist')
    if how == LATEST:
        return _entry(log, view.last_row(log))
    if how == OLDEST:
        return _behind(view, log, 0)
    now_us = time.time_ns() // 1000
    if how == BY_TIMESTAMP and value > now_us:
        raise failure("22023", "Get binlog cursor in future time")
    found = _behind(view, log, value if how == BY_LSN else _before(view, log, value) + 1)
    return found or Entry(0, view.sequence + 1, now_us)


def _behind(view: View, log: Relation, lsn: int) -> Entry | None:
    """The first entry of this number or a later one."""
    after = numbered(log, min(lsn, _LSN_MAX) - 1) if lsn > 0 else b""
    return _entry(log, next((row for _, row in view.rows_behind(log, after, 1)), None))


def _before(view: View, log: Relation, at_us: int) -> int:
    """The last number such that it and all before it are older than a moment: entries are in the order of time."""
    least, most = 0, view.sequence
    while least < most:
        middle = (least + most + 1) // 2
        found = _behind(view, log, middle)
        least, most = (least, middle - 1) if found is None or found.at_us >= at_us else (middle, most)
    return least


def _entry(log: Relation, row: bytes | None) -> Entry | None:
    if row is None:
        return None
    lsn, _, at_us = (int(field or 0) for field in fields_of(log, row)[: len(BINLOG_COLUMNS)])
    return Entry(0, lsn, at_us)
