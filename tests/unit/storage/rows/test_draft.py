"""Blocks: they see their own changes, nothing of them is there before the end, and the end is as was told."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.unit.storage.rows.shelves import everything, insert, table
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import fields_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError

T = TypeVar("T")


def tried(store: RowStore, block: Block, work: Callable[[Change], T]) -> T:
    with store.reading() as view:
        return block.try_out(view, work)


def put(relation: Relation, key: int, value: str) -> Callable[[Change], bool]:
    """Set a row; whether there was one."""

    def work(change: Change) -> bool:
        batch = Batch(change, Form(relation))
        at = batch.form.key([key, None])
        assert at is not None
        before = batch.present(at) is not None
        batch.put(at, at, batch.form.row([key, value]))
        batch.apply()
        return before

    return work


def remove(relation: Relation, key: int) -> Callable[[Change], int]:
    def work(change: Change) -> int:
        batch = Batch(change, Form(relation))
        at = batch.form.key([key, None])
        assert at is not None
        batch.remove(at)
        return batch.apply()

    return work


def seen(store: RowStore, block: Block, relation: Relation) -> dict[bytes | None, bytes | None]:
    with store.reading() as view:
        rows = block.see(view).prefixed("rows", relation.prefix)
        fields = [fields_of(relation, row) for _, row in rows]
        return {field[0]: field[1] for field in fields}


def test_a_block_sees_its_changes_and_others_see_them_at_its_end(store: RowStore) -> None:
    relation, block = table(store, "t", "k int8, v text"), Block()
    insert(store, relation, [1, "a"], [3, "c"], [5, "e"])
    tried(store, block, put(relation, 2, "b"))
    tried(store, block, remove(relation, 3))
    tried(store, block, put(relation, 5, "E"))
    assert list(seen(store, block, relation).items()) == [(b"1", b"a"), (b"2", b"b"), (b"5", b"E")]
    assert len(everything(store, relation)) == 3
    store.write_sync(block.redo)
    assert everything(store, relation) == [[b"1", b"a"], [b"2", b"b"], [b"5", b"E"]]
    with store.reading() as view:
        assert view.totals(relation).rows == 3


def test_what_is_undone_to_a_mark_is_not_done(store: RowStore) -> None:
    relation, block = table(store, "t", "k int8, v text"), Block()
    tried(store, block, put(relation, 1, "a"))
    block.mark()
    tried(store, block, put(relation, 1, "b"))
    block.mark()
    tried(store, block, put(relation, 2, "x"))
    block.keep()
    assert seen(store, block, relation) == {b"1": b"b", b"2": b"x"}
    block.undo()
    assert seen(store, block, relation) == {b"1": b"a"}
    store.write_sync(block.redo)
    assert everything(store, relation) == [[b"1", b"a"]]


def test_a_statement_that_fails_leaves_the_block_as_it_was(store: RowStore) -> None:
    relation, block = table(store, "t", "k int8, v text"), Block()

    def failing(change: Change) -> None:
        put(relation, 1, "half")(change)
        catalogue.add(change, relation)

    with pytest.raises(PgError, match="42P07"):
        tried(store, block, failing)
    assert block.is_empty
    assert seen(store, block, relation) == {}


def test_a_block_whose_ground_has_changed_fails_as_a_whole(store: RowStore) -> None:
    relation, block = table(store, "t", "k int8, v text"), Block()
    tried(store, block, put(relation, 1, "mine"))
    tried(store, block, put(relation, 2, "mine"))
    insert(store, relation, [2, "other"])
    with pytest.raises(PgError, match="40001"):
        store.write_sync(block.redo)
    assert everything(store, relation) == [[b"2", b"other"]]


def test_definitions_are_part_of_a_block(store: RowStore) -> None:
    relation, block = table(store, "t", "k int8, v text"), Block()
    tried(store, block, lambda change: catalogue.drop(change, relation))
    with store.reading() as view:
        assert catalogue.load(block.see(view)).find("public", "t") is None
        assert store.catalogue(view).find("public", "t") == relation
    with pytest.raises(PgError, match="42P01"):
        tried(store, block, lambda change: catalogue.drop(change, relation))
    store.write_sync(block.redo)
    with store.reading() as view:
        assert store.catalogue(view).find("public", "t") is None
