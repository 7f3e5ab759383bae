"""Samples of tables: those that ANALYZE asks for, and those that are drawn unasked, when much of a table has changed.

They are drawn from the row store, so no copy is made of a table for them and DuckDB is not opened. It is done in this
process, as it gives way to look-ups.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence

from yunbox.engine.holo.messages import Found, Sample
from yunbox.storage.rows.catalogue import relation_of
from yunbox.storage.rows.databases import DatabaseGone
from yunbox.storage.rows.model import PARTITIONED, TABLE, Relation
from yunbox.storage.rows.statistics.kept import analyze, changes_since, is_automatic
from yunbox.storage.rows.statistics.samples import Part, parts_of, sampled
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change, View
from yunbox.wire.pgwire.report import failure

CHANGES_MIN, SHARE = 50, 0.1
"""A table is looked at again when more than so many of its rows have changed, and than this share of them."""


class Sampling:
    """The samples that one connection asks for."""

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self._stopped = threading.Event()

    def run(self, request: Sample) -> Found:
        """Draw one. Raises PgError 57014 soon after it was interrupted."""
        self._stopped.clear()
        return Found(tuple(sampled(self._store, request.parts, request.columns, self._check)))

    def interrupt(self) -> None:
        """Stop what runs."""
        self._stopped.set()

    def _check(self) -> None:
        if self._stopped.is_set():
            raise failure("57014", "canceling statement due to user request")


def due(store: RowStore, seen: int) -> tuple[int, list[tuple[RowStore, int]]]:
    """The tables that are to be looked at, by their databases and OIDs, and the last change that there was of any row.

    ``seen`` is the one that there was when none was left: as long as it is the last one, none is.
    """
    with store.reading() as view:
        last = view.sequence
    if last == seen:
        return seen, []
    found = [(one, _due_of(one)) for one in store.databases()]
    is_all = all(oids is not None for _, oids in found)  # else some may be looked at once somebody says so
    return last if is_all else seen, [(one, oid) for one, oids in found for oid in oids or ()]


def _due_of(store: RowStore) -> list[int] | None:
    """Those of a database; None where nothing is looked at unasked."""
    with contextlib.suppress(DatabaseGone), store.reading() as view:  # one that was just dropped
        if not is_automatic(view):
            return None
        known = store.catalogue(view)
        tables = (one for one in known.relations.values() if one.kind in (TABLE, PARTITIONED))
        return [one.oid for one in tables if _is_due(view, one, known.partitions_of)]
    return None


def _is_due(view: View, relation: Relation, partitions: Callable[[Relation], Sequence[Relation]]) -> bool:
    parts = parts_of(relation, partitions)
    rows = sum(view.totals(one).rows for one in parts)
    return changes_since(view, relation, parts) > CHANGES_MIN + SHARE * rows


def look(store: RowStore, oid: int, yields: Callable[[], None] = lambda: None) -> None:
    """Draw a sample of a table, and keep what it says. ``yields`` is called all the while, to let others go first."""
    with store.reading() as view:
        known = store.catalogue(view)
        relation = known.relations.get(oid)
        if relation is None:
            return
        of = parts_of(relation, known.partitions_of)
        totals = [view.totals(one) for one in of]
    rows, changes = sum(one.rows for one in totals), sum(one.changes for one in totals)
    parts = [Part(one, total.rows, total.size_bytes) for one, total in zip(of, totals, strict=True)]
    found = sampled(store, parts, relation.live, yields)
    now_us = time.time_ns() // 1000

    def keep(change: Change) -> None:
        if relation_of(change, oid) is not None:  # it was not dropped meanwhile
            analyze(change, relation, rows, changes, now_us, found, is_asked=False)

    store.write_sync(keep)
