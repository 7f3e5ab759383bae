"""Rows that live for some time go when it is over, and no others do."""

import time
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.storage.rows.shelves import everything, insert, table
from yunbox.storage.rows import aging, catalogue
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.keys import encoder
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change

HOUR_US = 3_600_000_000


@pytest.fixture
def now() -> int:
    return time.time_ns() // 1000


def living(store: RowStore, relation: Relation, seconds: int | None) -> Relation:
    given = {} if seconds is None else {"time_to_live_in_seconds": str(seconds)}
    after = msgspec.structs.replace(relation, properties=given)
    store.write_sync(lambda change: catalogue.replace(change, relation, after))
    with store.reading() as view:
        return store.catalogue(view).relations[relation.oid]


def swept(store: RowStore, relation: Relation, now_us: int) -> None:
    while store.write_sync(lambda change: aging.remove(change, relation.oid, now_us)):
        pass
    with store.reading() as view:
        assert not aging.is_due(view, store.catalogue(view).relations[relation.oid], now_us)


def upsert(store: RowStore, relation: Relation, key: int, value: int) -> None:
    row = Form(relation).row((key, value))
    store.write_sync(lambda change: change.set_row(relation, encoder(relation)((key,)), row))


def remove(store: RowStore, relation: Relation, key: int) -> None:
    store.write_sync(lambda change: change.set_row(relation, encoder(relation)((key,)), None))


def kept(store: RowStore, relation: Relation) -> list[int]:
    with store.reading() as view:
        births = len(list(view.prefixed("births", relation.aging_prefix)))
        ages = len(list(view.prefixed("ages", relation.aging_prefix, (1).to_bytes(8, "big"))))
        assert view.totals(relation).rows == len(everything(store, relation))
    found = [int(row[0] or 0) for row in everything(store, relation)]
    assert births == ages == (len(found) if relation.aging else 0)
    return found


def test_what_is_old_goes(store: RowStore, now: int) -> None:
    relation = living(store, table(store, "t", "k int8, v int8"), 3600)
    insert(store, relation, (1, 1), (2, 2))
    swept(store, relation, now)
    assert kept(store, relation) == [1, 2]
    upsert(store, relation, 1, 5)  # which makes it no younger
    remove(store, relation, 2)
    upsert(store, relation, 2, 6)
    upsert(store, relation, 3, 7)
    swept(store, relation, now + HOUR_US // 2)
    assert kept(store, relation) == [1, 2, 3]
    swept(store, relation, now + 2 * HOUR_US)
    assert kept(store, relation) == []


def test_rows_that_were_there_before_begin_with_the_rule(store: RowStore, now: int) -> None:
    plain = table(store, "t", "k int8, v int8")
    insert(store, plain, *((key, key) for key in range(2500)))
    relation = living(store, plain, 3600)
    insert(store, relation, (5000, 1))
    swept(store, relation, now + 10 * HOUR_US)  # they are looked at first, and the new one is
    assert kept(store, relation) == list(range(2500))
    swept(store, relation, now + 12 * HOUR_US)
    assert kept(store, relation) == []


def test_one_who_keeps_them_after_all_begins_anew(store: RowStore, now: int) -> None:
    relation = living(store, table(store, "t", "k int8, v int8"), 60)
    insert(store, relation, (1, 1))
    forever = living(store, relation, None)
    remove(store, forever, 1)
    insert(store, forever, (1, 2))
    assert store.write_sync(lambda change: catalogue.sweep(change, 1000)) == 2
    again = living(store, forever, 60)
    swept(store, again, now + HOUR_US)
    assert kept(store, again) == [1]
    swept(store, again, now + 2 * HOUR_US)
    assert kept(store, again) == []


def test_what_goes_otherwise_takes_its_ages_with_it(store: RowStore, now: int) -> None:
    relation = living(store, table(store, "t", "k int8, v int8"), 60)
    insert(store, relation, (1, 1))
    emptied = store.write_sync(lambda change: catalogue.truncate(change, relation))
    insert(store, emptied, (1, 1))
    assert kept(store, emptied) == [1]
    store.write_sync(lambda change: catalogue.drop(change, emptied))
    while store.write_sync(lambda change: catalogue.sweep(change, 1000)):
        pass
    with store.reading() as view:
        assert not list(view.prefixed("ages", b"")) + list(view.prefixed("births", b""))


def test_rows_without_a_key_go_too(store: RowStore, now: int) -> None:
    relation = living(store, table(store, "t", "k int8, v int8", ()), 60)
    insert(store, relation, (1, 1), (1, 1), (2, 2))
    swept(store, relation, now)
    assert kept(store, relation) == [1, 1, 2]
    swept(store, relation, now + HOUR_US)
    assert kept(store, relation) == []


@pytest.fixture
def shared(store: RowStore) -> Iterator[Relation]:
    yield living(store, table(store, "drawn", "k int8, v int8"), 3600)


_STEP = st.tuples(st.sampled_from(("set", "remove", "many", "age")), st.integers(0, 6), st.integers(1, 90))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEP, max_size=25))
def test_any_order_of_changes(store: RowStore, shared: Relation, steps: list[tuple[str, int, int]]) -> None:
    """Against a dictionary of when each key came."""
    key_of, form, born = encoder(shared), Form(shared), dict[int, int]()
    for key in range(10):
        remove(store, shared, key)
    at = time.time_ns() // 1000
    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr("yunbox.storage.rows.view.time.time_ns", lambda: at * 1000)
        for what, key, minutes in steps:
            if what == "set":
                upsert(store, shared, key, minutes)
                born.setdefault(key, at)
            elif what == "remove":
                remove(store, shared, key)
                born.pop(key, None)
            elif what == "many":
                keys = [key_of((one,)) for one in (key, key + 1)]

                def work(change: Change, keys: list[bytes] = keys, key: int = key) -> None:
                    present = [change.row(one) for one in keys]
                    change.set_rows(shared, keys, [form.row((one, 0)) for one in (key, key + 1)], present)

                store.write_sync(work)
                born.setdefault(key, at)
                born.setdefault(key + 1, at)
            else:
                at += minutes * 60_000_000
                swept(store, shared, at)
                born = {one: since for one, since in born.items() if since > at - HOUR_US}
            assert kept(store, shared) == sorted(born)
