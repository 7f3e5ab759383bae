"""Rows that nobody sees yet: they take the place of others at one moment, or go."""

import time

import msgspec
import pytest

from tests.unit.storage.rows.shelves import everything, insert, table
from yunbox.storage.rows import catalogue, staging
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.catalogue import KEPT_US, relation_of
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import TIME_TO_LIVE, Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change


class Owner:
    """Somebody."""


def now(store: RowStore, relation: Relation) -> Relation:
    with store.reading() as view:
        found = relation_of(view, relation.oid)
    assert found is not None
    return found


def staged(store: RowStore, relation: Relation, owner: object, *rows: list[object]) -> Relation:
    made = store.write_sync(lambda change: staging.stage(change, relation, store.holding))
    store.holding.hold(owner, made)
    insert(store, made, *rows)
    return made


def put(change: Change, relation: Relation, made: Relation) -> None:
    catalogue.exchange(change, relation, made)
    staging.settle(change, made)


def forsaken(store: RowStore) -> list[int]:
    with store.reading() as view:
        return staging.forsaken(view, store.holding)


def test_rows_change_places_at_one_moment(store: RowStore) -> None:
    relation, owner = table(store, "t", "k int8, v text"), Owner()
    insert(store, relation, [1, "old"], [2, "old"])
    made = staged(store, relation, owner, [3, "new"])
    assert everything(store, now(store, relation)) == [[b"1", b"old"], [b"2", b"old"]]
    assert forsaken(store) == []
    store.write_sync(lambda change: put(change, relation, made))
    assert everything(store, now(store, relation)) == [[b"3", b"new"]]
    assert now(store, relation).oid == relation.oid
    with store.reading() as view:
        totals = view.totals(now(store, relation))
        assert (totals.rows, totals.changes) == (1, 5)
    store.holding.let_go(owner)
    assert forsaken(store) == []


def test_the_old_rows_are_kept_for_a_while(store: RowStore, monkeypatch: pytest.MonkeyPatch) -> None:
    relation = table(store, "t", "k int8, v text")
    relation = store.write_sync(lambda change: aged(change, relation))
    insert(store, relation, [1, "old"], [2, "old"])
    made = staged(store, relation, Owner(), [3, "new"])
    store.write_sync(lambda change: put(change, relation, made))
    assert store.write_sync(lambda change: catalogue.sweep(change, 10)) == 0
    assert len(everything(store, relation)) == 2
    later_ns = time.time_ns() + 2 * KEPT_US * 1000
    monkeypatch.setattr(time, "time_ns", lambda: later_ns)
    with store.reading() as view:
        assert not staging.is_swept(view, relation)
    assert store.write_sync(lambda change: catalogue.sweep(change, 1)) == 1
    with store.reading() as view:
        assert staging.is_swept(view, relation)
    while store.write_sync(lambda change: catalogue.sweep(change, 3)):
        pass
    with store.reading() as view:
        assert staging.is_swept(view, relation)
        assert not list(view.prefixed("trash", b"")) and not list(view.prefixed("rows", relation.prefix))
        assert not list(view.prefixed("ages", relation.aging_prefix))
        assert len(list(view.prefixed("ages", made.aging_prefix))) == 1


def aged(change: Change, relation: Relation) -> Relation:
    catalogue.replace(change, relation, msgspec.structs.replace(relation, properties={TIME_TO_LIVE: "1000"}))
    found = relation_of(change, relation.oid)
    assert found is not None
    return found


def test_what_nobody_holds_goes(store: RowStore) -> None:
    relation, owner = table(store, "t", "k int8, v text"), Owner()
    made = staged(store, relation, owner, [3, "new"])
    with store.reading() as view:
        assert staging.forsaken(view, staging.Holding()) == []  # as another process sees it, which does not know more
    assert forsaken(store) == []
    del owner
    assert forsaken(store) == [made.node]
    store.write_sync(lambda change: staging.discard(change, [made.node]))
    assert forsaken(store) == []
    assert store.write_sync(lambda change: catalogue.sweep(change, 10)) == 1
    store.write_sync(lambda change: staging.discard(change, [made.node]))
    with store.reading() as view:
        assert not list(view.prefixed("trash", b""))


def test_a_process_that_is_dead_holds_nothing(store: RowStore) -> None:
    relation = table(store, "t", "k int8, v text")
    with_another = staging.Holding()
    with_another.process = with_another.process.rpartition(":")[0] + ":1"  # whose number this process has now
    made = store.write_sync(lambda change: staging.stage(change, relation, with_another))
    assert forsaken(store) == [made.node]


def test_in_a_block(store: RowStore) -> None:
    relation, block = table(store, "t", "k int8, v text"), Block()
    insert(store, relation, [1, "old"])
    made = staged(store, relation, block, [3, "new"])
    with store.reading() as view:
        block.try_out(view, lambda change: put(change, relation, made))
        seen = block.see(view)
        found = relation_of(seen, relation.oid)
        assert found is not None and [key for key, _ in seen.prefixed("rows", found.prefix)]
        form = Form(found)

        def add(change: Change) -> int:
            batch = Batch(change, form)
            batch.insert([4, "more"])
            return batch.apply()

        block.try_out(view, add)
    assert everything(store, now(store, relation)) == [[b"1", b"old"]]
    store.write_sync(block.redo)
    assert everything(store, now(store, relation)) == [[b"3", b"new"], [b"4", b"more"]]
    assert forsaken(store) == []
