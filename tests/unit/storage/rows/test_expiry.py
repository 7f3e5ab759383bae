"""What the log of a table's changes need not keep goes bit by bit, and nothing else."""

import time

import msgspec

from tests.unit.storage.rows.shelves import insert, table
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.expiry import expire, is_expired
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore

DAY_US = 86_400_000_000


def logged(store: RowStore) -> Relation:
    before = table(store, "t", "k int8")
    after = msgspec.structs.replace(before, properties={"binlog.level": "replica", "binlog.ttl": "86400"})
    store.write_sync(lambda change: catalogue.replace(change, before, after))
    return after


def kept(store: RowStore, relation: Relation) -> int:
    with store.reading() as view:
        assert view.totals(relation.changes).rows == len(list(view.prefixed("rows", relation.changes.prefix)))
        return view.totals(relation.changes).rows


def test_what_is_older_than_a_table_keeps_it_goes(store: RowStore) -> None:
    relation = logged(store)
    insert(store, relation, *([number] for number in range(2500)))
    now_us = time.time_ns() // 1000
    with store.reading() as view:
        assert not is_expired(view, relation, now_us)
        assert is_expired(view, relation, now_us + 2 * DAY_US)
    assert store.write_sync(lambda change: expire(change, relation, now_us)) == 0
    gone = []
    while gone[-1:] != [0]:
        gone.append(store.write_sync(lambda change: expire(change, relation, now_us + 2 * DAY_US)))
    assert gone == [1000, 1000, 500, 0]
    assert kept(store, relation) == 0
    with store.reading() as view:
        assert view.totals(relation).rows == 2500


def test_a_table_that_is_dropped_takes_its_log_with_it(store: RowStore) -> None:
    relation = logged(store)
    insert(store, relation, [1])
    store.write_sync(lambda change: catalogue.drop(change, relation))
    assert kept(store, relation) == 1
    while store.write_sync(lambda change: catalogue.sweep(change, 10)) == 10:
        pass
    with store.reading() as view:
        assert list(view.prefixed("rows", b"")) == []
