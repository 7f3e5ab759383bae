"""Rows: a model beside the store, statements that fail, what the log and the totals say, and many writers at once."""

import asyncio
import multiprocessing
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.unit.storage.rows.shelves import everything, get, insert, table
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import split
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, failure

WRITERS, EACH = 32, 25


def test_a_row_is_stored_as_its_data_row(store: RowStore) -> None:
    relation = table(store, "t", "k int8, v text, n numeric, d date, b bytea, a _int4")
    insert(store, relation, [1, "ä", None, 0, b"\0\1", None])
    assert get(store, relation, 1) == [b"1", "ä".encode(), None, b"2000-01-01", b"\\x0001", None]
    with store.reading() as view:
        ((_, row),) = view.prefixed("rows", relation.prefix)
    assert row[:9] == b"\0\0\0\x011\0\0\0\x02"
    assert split(row)[2] is None


def test_a_key_twice_is_refused_as_postgresql_does(store: RowStore) -> None:
    relation = table(store, "t", "k int8, j text, v text", (1, 2))
    insert(store, relation, [1, "a", "x"])
    with pytest.raises(PgError) as caught:
        insert(store, relation, [2, "b", "y"], [1, "a", "z"])
    report = caught.value.report
    assert (report.sqlstate, report.detail) == ("23505", "Key (k, j)=(1, a) already exists.")
    assert report.message == 'duplicate key value violates unique constraint "t_pkey"'
    assert everything(store, relation) == [[b"1", b"a", b"x"]]
    with pytest.raises(PgError):
        insert(store, relation, [3, "c", "1"], [3, "c", "2"])
    assert len(everything(store, relation)) == 1


def test_null_is_refused_in_a_key_and_where_a_column_says_so(store: RowStore) -> None:
    relation = table(store, "t", "k int8, v text")
    with pytest.raises(PgError) as caught:
        insert(store, relation, [None, "x"])
    report = caught.value.report
    assert (report.sqlstate, report.column, report.detail) == ("23502", "k", "Failing row contains (null, x).")


def test_rows_without_a_key_are_all_kept(store: RowStore) -> None:
    relation = table(store, "t", "v text", ())
    insert(store, relation, ["a"], ["a"])
    insert(store, relation, ["b"])
    assert everything(store, relation) == [[b"a"], [b"a"], [b"b"]]


def test_a_row_that_is_older_than_a_column_has_its_missing_value(store: RowStore) -> None:
    relation = table(store, "t", "k int8")
    insert(store, relation, [1])
    wider = msgspec.structs.replace(relation, columns=(*relation.columns, Column("v", 2, 25, missing="new")))
    store.write_sync(lambda change: catalogue.replace(change, relation, wider))
    insert(store, wider, [2, "own"])
    assert everything(store, wider) == [[b"1", b"new"], [b"2", b"own"]]


def test_the_log_has_each_changed_key_behind_a_position(store: RowStore) -> None:
    one, two = table(store, "one", "k int8"), table(store, "two", "k int8")
    insert(store, one, [0])
    for relation in (one, two):
        store.write_sync(lambda change, relation=relation: change.follow(relation))
    insert(store, one, [1], [2])
    insert(store, two, [7])
    with store.reading() as view:
        assert view.position(table(store, "three", "k int8")) == 0
        first = view.position(one)
        assert [view.row(key) is not None for _, key in view.changed(one)] == [True, True]
    insert(store, one, [3])
    with store.reading() as view:
        assert len(list(view.changed(one, first))) == 1
        assert len(list(view.changed(two))) == 1
        last = view.position(one)
    assert store.write_sync(lambda change: change.forget(one, first)) == 2
    with store.reading() as view:
        assert [at for at, _ in view.changed(one)] == [last]


def test_what_nobody_follows_is_not_logged(store: RowStore) -> None:
    relation = table(store, "t", "k int8")
    insert(store, relation, [1])
    store.write_sync(lambda change: change.follow(relation))
    insert(store, relation, [2])
    store.write_sync(lambda change: change.follow_no_more(relation))
    insert(store, relation, [3])
    with store.reading() as view:
        assert list(view.changed(relation)) == []
        assert view.sequence == 3


def test_truncate_gives_new_rows_a_new_place_and_the_trash_is_emptied(store: RowStore) -> None:
    relation = table(store, "t", "k int8")
    store.write_sync(lambda change: change.follow(relation))
    insert(store, relation, *([n] for n in range(10)))
    emptied = store.write_sync(lambda change: catalogue.truncate(change, relation))
    insert(store, emptied, [1])
    assert everything(store, emptied) == [[b"1"]]
    swept = []
    while swept[-1:] != [0]:
        swept.append(store.write_sync(lambda change: catalogue.sweep(change, 7)))
    assert sum(swept) == 20  # ten rows and their log
    assert everything(store, relation) == []
    assert everything(store, emptied) == [[b"1"]]


def test_names_are_unique_and_definitions_are_seen_at_once(store: RowStore, tmp_path: Path) -> None:
    relation = table(store, "t", "k int8")
    with pytest.raises(PgError, match="42P07"):
        table(store, "t", "k int8")
    with pytest.raises(PgError, match="3F000"):
        table(store, "t", "k int8", schema="none")
    store.write_sync(lambda change: catalogue.add_schema(change, "s"))
    table(store, "t", "k int8", schema="s")
    with pytest.raises(PgError, match="2BP01"):
        store.write_sync(lambda change: catalogue.drop_schema(change, "s"))
    with store.reading() as view:
        known = store.catalogue(view)
        assert known is store.catalogue(view)
        assert known.find("public", "t") == relation
    store.write_sync(lambda change: catalogue.drop(change, relation))
    with store.reading() as view:
        assert store.catalogue(view).find("public", "t") is None
    with pytest.raises(PgError, match="42P01"):
        store.write_sync(lambda change: catalogue.drop(change, relation))


def add_one(relation: Relation, key: int) -> Callable[[Change], int]:
    def work(change: Change) -> int:
        batch = Batch(change, Form(relation))
        at = batch.form.key([key, None])
        assert at is not None
        found = batch.present(at)
        count = int(split(found)[1] or b"") if found is not None else 0
        batch.put(at, at, batch.form.row([key, count + 1]))
        return batch.apply()

    return work


def test_no_update_is_lost_between_many_writers(store: RowStore) -> None:
    relation = table(store, "t", "k int8, n int8")

    async def writer() -> None:
        for number in range(EACH):
            await store.write(add_one(relation, number % 3))
            with pytest.raises(PgError):
                await store.write(failing)

    def failing(change: Change) -> None:
        batch = Batch(change, Form(relation))
        batch.insert([1_000, 0])
        batch.apply()
        raise failure("22012", "division by zero")

    async def run() -> None:
        await asyncio.gather(*(writer() for _ in range(WRITERS)))

    asyncio.run(run())
    counts = [int(row[1] or b"") for row in everything(store, relation)]
    assert (len(counts), sum(counts)) == (3, WRITERS * EACH)


def _adds(folder: Path, relation: Relation, times: int) -> None:
    store = RowStore(folder)
    for _ in range(times):
        store.write_sync(add_one(relation, 1))
    store.close()


def test_no_update_is_lost_between_processes(tmp_path: Path) -> None:
    store = RowStore(tmp_path)
    relation = table(store, "t", "k int8, n int8")
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_adds, args=(tmp_path, relation, 50)) for _ in range(2)]
    for child in children:
        child.start()
    for _ in range(50):
        store.write_sync(add_one(relation, 1))
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert get(store, relation, 1) == [b"1", b"150"]
    store.close()


class Model(RuleBasedStateMachine):
    """A dictionary beside the store."""

    keys = st.integers(0, 8)
    values = st.integers(0, 99)

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = RowStore(Path(self.folder.name))
        self.relation = table(self.store, "t", "k int8, v int8")
        self.store.write_sync(lambda change: change.follow(self.relation))
        self.rows: dict[int, int] = {}

    @rule(rows=st.lists(st.tuples(keys, values), max_size=4))
    def insert(self, rows: list[tuple[int, int]]) -> None:
        keys = [key for key, _ in rows]
        if len(set(keys)) < len(keys) or self.rows.keys() & set(keys):
            with pytest.raises(PgError, match="23505"):
                insert(self.store, self.relation, *rows)
        else:
            assert insert(self.store, self.relation, *rows) == len(rows)
            self.rows |= dict(rows)

    @rule(key=keys, to=keys, value=values)
    def move(self, key: int, to: int, value: int) -> None:
        if key not in self.rows:
            return

        def work(change: Change) -> int:
            batch = Batch(change, Form(self.relation))
            at = batch.form.key([key, None])
            assert at is not None
            batch.put(at, batch.form.key([to, value]) or b"", batch.form.row([to, value]))
            return batch.apply()

        if to != key and to in self.rows:
            with pytest.raises(PgError, match="23505"):
                self.store.write_sync(work)
        else:
            self.store.write_sync(work)
            del self.rows[key]
            self.rows[to] = value

    @rule(key=keys)
    def remove(self, key: int) -> None:
        def work(change: Change) -> int:
            batch = Batch(change, Form(self.relation))
            at = batch.form.key([key, None])
            assert at is not None
            batch.remove(at)
            return batch.apply()

        self.store.write_sync(work)
        self.rows.pop(key, None)

    @invariant()
    def agree(self) -> None:
        found = {int(k or b""): int(v or b"") for k, v in everything(self.store, self.relation)}
        assert found == self.rows
        with self.store.reading() as view:
            assert view.totals(self.relation).rows == len(self.rows)
            changed = {key for _, key in view.changed(self.relation)}
            stored = {key for key, _ in view.prefixed("rows", self.relation.prefix)}
            assert stored <= changed

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
