"""Cutting the log of a table: what its copy has taken need not be kept."""

from itertools import islice

from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore

_ENTRIES = 1000
POSITION_MAX = (1 << 64) - 1


def cut(store: RowStore, relation: Relation, upto: int = POSITION_MAX) -> None:
    """Cut the log of a table up to a position, bit by bit: others want to write meanwhile."""
    while True:
        with store.reading() as view:
            found = [at for at in islice(view.logged_at(relation), _ENTRIES) if at <= upto]
        if not found:
            return
        store.write_sync(lambda change, last=found[-1]: change.forget(relation, last))
