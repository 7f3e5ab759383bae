"""What the logs of tables' changes need not keep. Source: the vendor's page "Subscribe to Hologres binlogs"."""

from itertools import takewhile

from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import split
from yunbox.storage.rows.view import Change, View

TTL_S = 2_592_000
"""How long a log keeps what is in it if nobody says: 30 days."""
_AT_ONCE = 1000
_WHEN = 2


def is_expired(view: View, relation: Relation, now_us: int) -> bool:
    """Whether a table's log has records that are older than it keeps them."""
    return bool(_expired(view, relation, now_us, 1))


def expire(change: Change, relation: Relation, now_us: int) -> int:
    """Remove some records that are older than a table keeps them; how many there were."""
    gone = _expired(change, relation, now_us, _AT_ONCE)
    for key in gone:
        change.set_row(relation.changes, key, None)
    return len(gone)


def _expired(view: View, relation: Relation, now_us: int, count: int) -> list[bytes]:
    """The keys of the first records, as far as they are too old."""
    least_us = now_us - int(relation.properties.get("binlog.ttl", TTL_S)) * 1_000_000
    found = view.rows_behind(relation.changes, b"", count)
    return [key for key, _ in takewhile(lambda one: int(split(one[1])[_WHEN] or 0) < least_us, found)]
