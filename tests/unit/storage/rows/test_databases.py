"""Databases in one store: each with its own definitions and their version, in blocks too, and nothing left of one that
went."""

import pytest

from tests.unit.storage.rows.shelves import insert, table
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import add_database, drop_database, load, sweep, version
from yunbox.storage.rows.databases import DatabaseGone, database_oids
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.model import FIRST_DATABASE
from yunbox.storage.rows.roles import Role
from yunbox.storage.rows.statistics.kept import is_automatic, set_automatic
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import TABLES, Change


def another(store: RowStore, name: str = "sales") -> RowStore:
    """The store as a new database sees it."""
    return store.of(store.write_sync(lambda change: add_database(change, name, "")).oid)


def names(store: RowStore) -> set[str]:
    with store.reading() as view:
        return {one.name for one in store.catalogue(view).relations.values()}


def versions(*stores: RowStore) -> list[bytes]:
    found = []
    for one in stores:
        with one.reading() as view:
            found.append(version(view))
    return found


def test_each_has_its_own_definitions(store: RowStore) -> None:
    other = another(store)
    first, second = table(store, "t", "k int8"), table(other, "t", "k int8, v text")
    table(other, "u", "k int8")
    insert(store, first, (1,))
    insert(other, second, (1, "a"), (2, "b"))
    assert (names(store), names(other)) == ({"t"}, {"t", "u"})
    assert first.node != second.node
    with store.reading() as view:
        assert (view.totals(first).rows, view.totals(second).rows) == (1, 2)
        assert {one.name for one in store.by_node(view).values() if one.node in (first.node, second.node)} == {"t"}
        assert {first.node, second.node} <= {*store.by_node(view)}
    other.write_sync(lambda change: catalogue.add_schema(change, "s"))
    other.write_sync(lambda change: set_automatic(change, on=False))
    for one, has in ((store, False), (other, True)):
        with one.reading() as view:
            assert ("s" in one.catalogue(view).schemas, is_automatic(view)) == (has, not has)


def test_a_definition_moves_the_version_of_its_database_alone_and_a_role_all(store: RowStore) -> None:
    other = another(store)
    table(store, "t", "k int8")
    before = versions(store, other)
    table(other, "t", "k int8")
    now = versions(store, other)
    assert now[0] == before[0] and now[1] != before[1]
    other.write_sync(lambda change: catalogue.put_role(change, Role(catalogue.next_oid(change), "r")))
    later = versions(store, other)
    assert later[0] != now[0] and later[1] != now[1] and later[0] != later[1]
    with store.reading() as view:
        assert "r" in store.catalogue(view).roles


def test_a_look_up_holds_until_its_database_moves(store: RowStore) -> None:
    other = another(store)
    relation = table(other, "t", "k int8")
    insert(other, relation, (1,))
    with other.reading() as view:
        [(key, row)] = view.prefixed("rows", relation.prefix)
    [at] = versions(other)
    table(store, "u", "k int8")
    assert other.look_up(at, [key]) == [row]
    table(other, "v", "k int8")
    assert other.look_up(at, [key]) is None


def test_a_block_is_of_one_database(store: RowStore) -> None:
    other, block = another(store), Block()

    def work(change: Change) -> int:
        return catalogue.add_schema(change, "s").oid and 0

    with other.reading() as view:
        block.try_out(view, work)
        assert "s" in load(block.see(view)).schemas
    other.write_sync(block.redo)
    with store.reading() as view:
        assert "s" not in store.catalogue(view).schemas
    with other.reading() as view:
        assert "s" in other.catalogue(view).schemas


def test_a_work_that_fails_leaves_the_next_one_where_it_was(store: RowStore) -> None:
    other = another(store)

    def fails(change: Change) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        other.write_sync(fails)
    assert store.write_sync(lambda change: change.database) == FIRST_DATABASE
    assert other.write_sync(lambda change: change.database) == other.database


def test_one_that_goes_takes_all_with_it(store: RowStore) -> None:
    kept = table(store, "kept", "k int8")
    insert(store, kept, (1,))
    before = contents(store)
    other = another(store)
    relation = table(other, "t", "k int8, v text")
    insert(other, relation, *((at, "x") for at in range(10)))
    other.write_sync(lambda change: catalogue.add_schema(change, "s"))
    store.write_sync(lambda change: drop_database(change, load(change).databases["sales"]))
    while store.write_sync(lambda change: sweep(change, 4)):
        pass
    assert contents(store) == before
    with store.reading() as view:
        assert database_oids(view) == [FIRST_DATABASE]
    with other.reading() as view, pytest.raises(DatabaseGone):
        other.catalogue(view)
    with pytest.raises(DatabaseGone):
        other.write_sync(lambda change: catalogue.add_schema(change, "late"))
    assert contents(store) == before


def contents(store: RowStore) -> dict[tuple[str, bytes], bytes]:
    """All that there is, but what is another with every change."""
    moving = (b"version", b"oid", b"node", b"sequence", b"journal")
    with store.reading() as view:
        return {
            (name, key): value for name in TABLES for key, value in view.prefixed(name, b"")
            if not (name == "meta" and key.startswith(moving))
        }  # fmt: skip
