"""Rows that live for some time: found when their time is over, and removed, some at once.

Time begins when a row is first written; one that was there before its table had a rule begins with the rule. Removals
are in no binlog, as they are nobody's changes. Source: the vendor's page "CREATE TABLE", ``time_to_live_in_seconds``:
rows go some time after their time is over.
"""

from itertools import islice, takewhile

from yunbox.storage.rows.births import NUMBER
from yunbox.storage.rows.catalogue import relation_of
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import Change, View

_AT_ONCE = 1000
_FIRST, _DONE = bytes(NUMBER), b"\xff"
_WHEN = 8


def is_due(view: View, relation: Relation, now_us: int) -> bool:
    """Whether a table has rows whose time is over, or whose age nobody knows yet."""
    return _looked_at(view, relation) != _DONE or bool(_over(view, relation, now_us, 1))


def remove(change: Change, oid: int, now_us: int) -> bool:
    """Do some of what is due for a table; whether there may be more."""
    relation = relation_of(change, oid)
    if relation is None or not relation.aging:
        return False
    if _looked_at(change, relation) != _DONE:
        _look(change, relation, now_us)
        return True
    gone = _over(change, relation, now_us, _AT_ONCE)
    before, change.is_unlogged = change.is_unlogged, True
    try:
        for key in gone:
            change.set_row(relation, relation.prefix + key, None)
    finally:
        change.is_unlogged = before
    return len(gone) == _AT_ONCE


def _looked_at(view: View, relation: Relation) -> bytes:
    return view.get("ages", relation.aging_prefix + _FIRST) or b""


def _look(change: Change, relation: Relation, now_us: int) -> None:
    """Look at some more rows that may be older than the rule."""
    found = change.rows_behind(relation, _looked_at(change, relation), _AT_ONCE)
    change.age(relation, [key for key, _ in found], now_us)
    reached = found[-1][0] if len(found) == _AT_ONCE else _DONE
    change.put("ages", relation.aging_prefix + _FIRST, reached)


def _over(view: View, relation: Relation, now_us: int, count: int) -> list[bytes]:
    """The keys of the oldest rows, without their table's prefix, as far as their time is over."""
    assert relation.lives_s is not None, "it has ages"
    least = (max(0, now_us - relation.lives_s * 1_000_000)).to_bytes(_WHEN, "big")
    entries = islice(view.prefixed("ages", relation.aging_prefix, (1).to_bytes(NUMBER, "big")), count)
    return [value[_WHEN:] for _, value in takewhile(lambda entry: entry[1][:_WHEN] <= least, entries)]
