"""Copies of tables in DuckDB: they have what the row store has, whatever happened since, and values come through."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from tests.unit.storage.rows.shelves import insert, table
from yunbox.engine.holo.copies import Copies
from yunbox.engine.holo.reads import read_of
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.intervals import Interval
from yunbox.wire.pgwire.values.types import BY_NAME

Db = duckdb.DuckDBPyConnection


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RowStore]:
    made = RowStore(tmp_path / "rows")
    yield made
    made.close()


@pytest.fixture
def db() -> Iterator[Db]:
    with duckdb.connect() as made:
        yield made


def copied(db: Db, copies: Copies, relation: Relation) -> list[tuple[Any, ...]]:
    copies.bring([relation])
    return db.execute(f"SELECT * EXCLUDE ctid FROM {read_of(relation)} ORDER BY ALL").fetchall()


def change(store: RowStore, relation: Relation, rows: dict[int, str | None]) -> None:
    def work(change: Change) -> None:
        batch = Batch(change, Form(relation))
        for key, value in rows.items():
            at = batch.form.key([key, None])
            assert at is not None
            if value is None:
                batch.remove(at)
            else:
                batch.put(at, at, batch.form.row([key, value]))
        batch.apply()

    store.write_sync(work)


def test_a_copy_follows_its_table(store: RowStore, db: Db) -> None:
    relation, copies, chance = table(store, "t", "k int8, v text"), Copies(db, store), random.Random(7)
    model: dict[int, str] = {}
    for number in range(60):
        rows = {chance.randrange(40): chance.choice((None, f"v{number}")) for _ in range(5)}
        change(store, relation, rows)
        model = {key: value for key, value in {**model, **rows}.items() if value is not None}
        if chance.random() < 0.3:
            copies.upkeep()
        if chance.random() < 0.5:
            assert copied(db, copies, relation) == sorted(model.items())
    assert copied(db, copies, relation) == sorted(model.items())
    copies.upkeep()
    with store.reading() as view:
        assert list(view.changed(relation)) == []
    assert copied(db, copies, relation) == sorted(model.items())


def test_a_table_that_nobody_reads_has_no_log(store: RowStore, db: Db) -> None:
    relation, copies = table(store, "t", "k int8, v text"), Copies(db, store)
    change(store, relation, {1: "a"})
    copies.upkeep()
    with store.reading() as view:
        assert view.position(relation) == 0
    assert copied(db, copies, relation) == [(1, "a")]
    change(store, relation, {1: None, 2: "b"})
    assert copied(db, copies, relation) == [(2, "b")]


def test_rows_without_a_key_are_copied_each_once(store: RowStore, db: Db) -> None:
    relation, copies = table(store, "t", "v text", ()), Copies(db, store)
    insert(store, relation, ["a"], ["a"])
    assert copied(db, copies, relation) == [("a",), ("a",)]
    insert(store, relation, ["a"])
    assert copied(db, copies, relation) == [("a",)] * 3


def test_a_table_that_is_altered_or_emptied(store: RowStore, db: Db) -> None:
    relation, copies = table(store, "t", "k int8, v text"), Copies(db, store)
    change(store, relation, {1: "a"})
    assert copied(db, copies, relation) == [(1, "a")]
    new = Column("n", 3, 1007, missing="{1,2}", added=True)
    columns = (relation.columns[0], msgspec.structs.replace(relation.columns[1], dropped=True), new)
    altered = msgspec.structs.replace(relation, columns=columns)
    store.write_sync(lambda change: catalogue.replace(change, relation, altered))
    assert copied(db, copies, altered) == [(1, [1, 2])]
    insert(store, altered, [2, None, [7]])
    assert copied(db, copies, altered) == [(1, [1, 2]), (2, [7])]
    emptied = store.write_sync(lambda change: catalogue.truncate(change, altered))
    assert copied(db, copies, emptied) == []
    copies.upkeep()
    with pytest.raises(duckdb.CatalogException):
        db.execute(f"SELECT * FROM n{relation.node}")


_VALUES: dict[str, list[tuple[Any, str]]] = {
    "bool": [(True, "true"), (False, "false")],
    "bytea": [(b"\0\xff", "\\x00\\xFF"), (b"", "")],
    "int8": [(-(1 << 63), "-9223372036854775808")],
    "float8": [(float("-inf"), "-inf"), (5e-324, "5e-324"), (-0.0, "-0.0")],
    "date": [("4713-01-01 BC", "4713-01-01 (BC)"), ("infinity", "infinity"), ("5874897-12-31", "5874897-12-31")],
    "time": [("24:00:00", "24:00:00"), ("00:00:00.000001", "00:00:00.000001")],
    "timestamp": [
        ("4713-01-02 03:04:05.6 BC", "4713-01-02 (BC) 03:04:05.6"),
        ("-infinity", "-infinity"),
        ("12026-01-02 03:04:05", "12026-01-02 03:04:05"),
    ],
    "timestamptz": [
        ("2026-01-02 03:04:05+08", "2026-01-01 19:04:05"),
        ("0001-01-01 00:00:00+00 BC", "0001-01-01 (BC) 00:00:00"),
    ],
    "interval": [(Interval(-14, 3, -1), "-1 year -2 months 3 days -00:00:00.000001"), (Interval(0, 0, 0), "00:00:00")],
    "uuid": [("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")],
    "jsonb": [('{"a": [1, null]}', '{"a": [1, null]}')],
    "text": [("ä\n'\"\\", "ä\n'\"\\"), ("", "")],
    "_text": [(["a,b", None, "", 'q"\\'], None)],
    "_int4": [([1, None, -1], "[1, NULL, -1]")],
    "_date": [("{2026-01-02,NULL}", "[2026-01-02, NULL]")],
}  # fmt: skip


@pytest.mark.parametrize("name", _VALUES)
def test_values_come_through(store: RowStore, db: Db, name: str) -> None:
    relation, copies = table(store, "t", f"k int8, v {name}"), Copies(db, store)
    codec = BY_NAME[name].codec
    given = [codec.read(one, Style()) if isinstance(one, str) else one for one, _ in _VALUES[name]]
    insert(store, relation, *enumerate(given), (len(given), None))
    copies.bring([relation])
    found = db.execute(f"SELECT v, CAST(v AS VARCHAR) FROM {read_of(relation)} ORDER BY k").fetchall()
    assert found.pop() == (None, None)
    for (value, text), (wanted, shown) in zip(found, _VALUES[name], strict=True):
        assert (value == wanted) if shown is None else text == shown


def test_a_numeric_with_digits_is_a_decimal(store: RowStore, db: Db) -> None:
    relation, copies = table(store, "t", "k int8, v numeric"), Copies(db, store)
    typed = msgspec.structs.replace(relation.columns[1], modifier=(38 << 16 | 18) + 4)
    relation = msgspec.structs.replace(relation, columns=(relation.columns[0], typed))
    exact = Decimal("12345678901234567890.123456789012345678")
    insert(store, relation, [1, exact])
    assert copied(db, copies, relation) == [(1, exact)]
