"""Cutting the logs of a row store: what nobody will follow any more need not be kept."""

from itertools import islice

from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore

_ROWS = 10_000


def cut(store: RowStore, relation: Relation, upto: int | None = None) -> None:
    """Cut the log of a table up to a position, or as long as it is now, bit by bit."""
    while True:
        with store.reading() as view:
            upto = view.position(relation) if upto is None else upto
            found = [at for at, _ in islice(view.changed(relation), _ROWS) if at <= upto]
        if not found:
            return
        store.write_sync(lambda change, last=found[-1]: change.forget(relation, last))


def cut_all(store: RowStore) -> None:
    """Cut the logs of all tables, of none of which there is a copy: one that is made begins with all rows."""
    with store.reading() as view:
        logged = [one for one in store.catalogue(view).relations.values() if view.position(one)]
    for relation in logged:
        cut(store, relation)
