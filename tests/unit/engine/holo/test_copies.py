"""Copies of tables in DuckDB: they have what the row store has, whatever happened since, and values come through."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pytest

from tests.unit.storage.rows.shelves import insert, table
from yunbox.engine.holo import copies as copies_module
from yunbox.engine.holo.column_store import ColumnStore
from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.copies import Copies
from yunbox.engine.holo.messages import Run, Take
from yunbox.engine.holo.opened import Opened
from yunbox.engine.holo.reads import read_of
from yunbox.engine.holo.statement import Statement
from yunbox.storage.rows import catalogue, chunks
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.bulk import logged
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.datarows import rows_of
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
def opened(store: RowStore, tmp_path: Path) -> Opened:
    return again(store, tmp_path)


def again(store: RowStore, folder: Path) -> Opened:
    """What an engine opens that is started."""
    return Opened.of(EngineConfig(str(folder), 1 << 29, 1 << 30, 2, 0, str(folder / "rows")), store)


def copied(opened: Opened, relation: Relation) -> list[tuple[Any, ...]]:
    with opened.copies.brought([relation]):
        return opened.db.execute(f"SELECT * EXCLUDE ctid FROM {read_of(relation)} ORDER BY ALL").fetchall()


def change(store: RowStore, relation: Relation, rows: dict[Any, str | None]) -> None:
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


def test_a_copy_follows_its_table(store: RowStore, opened: Opened) -> None:
    relation, copies, chance = table(store, "t", "k int8, v text"), opened.copies, random.Random(7)
    model: dict[int, str] = {}
    for number in range(60):
        rows = {chance.randrange(40): chance.choice((None, f"v{number}")) for _ in range(5)}
        change(store, relation, rows)
        model = {key: value for key, value in {**model, **rows}.items() if value is not None}
        if chance.random() < 0.3:
            copies.upkeep()
        if chance.random() < 0.5:
            assert copied(opened, relation) == sorted(model.items())
    assert copied(opened, relation) == sorted(model.items())
    copies.upkeep()
    with store.reading() as view:
        assert list(view.changed(relation)) == []
    assert copied(opened, relation) == sorted(model.items())


def load(store: RowStore, relation: Relation, rows: dict[Any, str]) -> None:
    """Set many rows at once."""
    form = Form(relation)

    def work(change: Change) -> None:
        keys = [form.key([key, None]) or b"" for key in rows]
        present = [change.row(key) for key in keys]
        change.set_rows(relation, keys, [form.row(row) for row in rows.items()], present)

    store.write_sync(work)


@pytest.mark.parametrize("of", ["int8", "text"])
@pytest.mark.parametrize("seed", range(6))
def test_a_copy_follows_what_is_written_many_at_once(
    store: RowStore, opened: Opened, monkeypatch: pytest.MonkeyPatch, of: str, seed: int
) -> None:
    """Among single changes of the same rows, and in whatever shares."""
    relation, chance = table(store, "t", f"k {of}, v text"), random.Random(seed)
    kind: Any = int if of == "int8" else str
    model: dict[Any, str] = {}
    monkeypatch.setattr(copies_module, "_ROWS", chance.choice((1, 7, 1000)))
    monkeypatch.setattr(logged, "CHANGES", chance.choice((3, 100, 1000)))
    monkeypatch.setattr(chunks, "_BYTES_MAX", chance.choice((100, 10_000)))
    copied(opened, relation)
    for number in range(60):
        step, first = chance.choice((-3, 1, 2)), chance.randrange(300)
        rows = {kind(key): f"v{number}" for key in range(first, first + 80 * step, step)}
        if chance.random() < 0.5:
            load(store, relation, rows)
            model |= rows
        else:
            single = {key: chance.choice((None, value)) for key, value in list(rows.items())[:5]}
            change(store, relation, single)
            model = {key: value for key, value in {**model, **single}.items() if value is not None}
        if chance.random() < 0.1:
            opened.copies.upkeep()
        if chance.random() < 0.3:
            assert copied(opened, relation) == sorted(model.items())
    assert copied(opened, relation) == sorted(model.items())
    opened.copies.upkeep()
    with store.reading() as view:
        assert view.logged() == []


def rows_in(opened: Opened, relation: Relation) -> Any:
    """How many rows a copy has, whatever its table has."""
    return opened.db.execute(f"SELECT count(*) FROM copies.n{relation.node}").fetchone()


def test_copies_that_are_read_follow_unasked(store: RowStore, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (table(store, name, "k int8, v text") for name in ("a", "b"))
    copied(opened, one), copied(opened, other)
    change(store, one, {1: "a"}), change(store, other, {1: "a"})
    opened.copies.keep_up()
    assert rows_in(opened, one) == rows_in(opened, other) == (1,)
    monkeypatch.setattr(copies_module, "_READ_S", 0.0)
    change(store, one, {2: "a"})
    opened.copies.keep_up()
    assert rows_in(opened, one) == (1,), "nobody has read it lately"


def test_much_that_was_written_is_waited_for(store: RowStore, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    relation, statement = table(store, "t", "k int8, v text"), Statement(opened)
    copied(opened, relation)
    load(store, relation, dict.fromkeys(range(100), "a"))
    statement.settle()
    assert rows_in(opened, relation) == (0,), "it is little"
    monkeypatch.setattr(copies_module, "_FAR", 100)
    statement.settle()
    assert rows_in(opened, relation) == (100,)


def test_columns_that_came_since_a_statement_was_planned_are_kept(store: RowStore, opened: Opened) -> None:
    for is_copied in (False, True):
        relation = table(store, f"t{is_copied}", "k int8")
        if is_copied:
            copied(opened, relation)
        more = msgspec.structs.replace(relation, columns=(*relation.columns, Column("n", 2, 23, added=True)))
        store.write_sync(lambda change, old=relation, new=more: catalogue.replace(change, old, new))
        insert(store, more, [1, 7])
        assert copied(opened, relation) == [(1,)], "as it was planned"
        assert copied(opened, more) == [(1, 7)]


@pytest.mark.parametrize("is_copied", [False, True])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_column_of_a_block_that_was_rolled_back_leaves_nothing(
    store: RowStore, opened: Opened, tmp_path: Path, is_copied: bool, is_restarted: bool
) -> None:
    relation = table(store, "t", "k int8")
    insert(store, relation, [1])
    if is_copied:
        copied(opened, relation)
    drafted, column = (Column("n", 2, oid, missing=missing, added=True) for oid, missing in ((23, "7"), (25, "seven")))
    draft = msgspec.structs.replace(relation, columns=(*relation.columns, drafted))
    assert copied(opened, draft) == copied(opened, draft) == [(1, 7)]
    assert copied(opened, relation) == [(1,)], "as it is for all others"
    if is_restarted:
        opened.db.close()
        opened = again(store, tmp_path)
    more = msgspec.structs.replace(relation, columns=(*relation.columns, column))
    store.write_sync(lambda change: catalogue.replace(change, relation, more))
    insert(store, more, [2, "two"])
    assert copied(opened, more) == copied(opened, more) == [(1, "seven"), (2, "two")]


def test_upkeep_follows_and_cuts_in_one_go(store: RowStore, opened: Opened) -> None:
    relation = table(store, "t", "k int8, v text")
    copied(opened, relation)
    change(store, relation, {1: "a", 2: "b"})
    opened.copies.upkeep()
    with store.reading() as view:
        assert view.logged() == []
    assert len(copied(opened, relation)) == 2


def test_a_copy_that_cannot_be_made_is_made_by_the_next_statement(
    store: RowStore, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    relation = table(store, "t", "k int8, v text")
    change(store, relation, dict.fromkeys(range(50), "a"))
    monkeypatch.setattr(copies_module, "_ROWS", 10)
    made, entries_batch = [], copies_module.entries_batch

    def failing(*given: Any) -> Any:
        made.append(given)
        if len(made) == 3:
            raise MemoryError
        return entries_batch(*given)

    monkeypatch.setattr(copies_module, "_BATCHES", 1)
    monkeypatch.setattr(copies_module, "entries_batch", failing)
    with pytest.raises(MemoryError):
        copied(opened, relation)
    assert len(copied(opened, relation)) == 50


def test_a_table_that_nobody_reads_has_no_log(store: RowStore, opened: Opened) -> None:
    relation, copies = table(store, "t", "k int8, v text"), opened.copies
    change(store, relation, {1: "a"})
    copies.upkeep()
    with store.reading() as view:
        assert view.position(relation) == 0
    assert copied(opened, relation) == [(1, "a")]
    change(store, relation, {1: None, 2: "b"})
    assert copied(opened, relation) == [(2, "b")]


def test_rows_without_a_key_are_copied_each_once(store: RowStore, opened: Opened) -> None:
    relation = table(store, "t", "v text", ())
    insert(store, relation, ["a"], ["a"])
    assert copied(opened, relation) == [("a",), ("a",)]
    insert(store, relation, ["a"])
    assert copied(opened, relation) == [("a",)] * 3


def test_a_table_that_is_altered_or_emptied(store: RowStore, opened: Opened) -> None:
    relation, copies = table(store, "t", "k int8, v text"), opened.copies
    change(store, relation, {1: "a"})
    assert copied(opened, relation) == [(1, "a")]
    new = Column("n", 3, 1007, missing="{1,2}", added=True)
    columns = (relation.columns[0], msgspec.structs.replace(relation.columns[1], dropped=True), new)
    altered = msgspec.structs.replace(relation, columns=columns)
    store.write_sync(lambda change: catalogue.replace(change, relation, altered))
    assert copied(opened, altered) == [(1, [1, 2])]
    insert(store, altered, [2, None, [7]])
    assert copied(opened, altered) == [(1, [1, 2]), (2, [7])]
    emptied = store.write_sync(lambda change: catalogue.truncate(change, altered))
    assert copied(opened, emptied) == []
    copies.upkeep()
    with pytest.raises(duckdb.CatalogException):
        opened.db.execute(f"SELECT * FROM copies.n{relation.node}")


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
    "_float4": [([0.5, -0.0, 1e10, 2.0**-30], None), ([], None), ([1.0], None), ([None, float("inf"), 2.5], None)],
    "_float8": [([0.1, 1e300, -5e-324, 123456789.125], None), ([], None), ([3.0], None), ([1.0, None], None)],
    "_date": [("{2026-01-02,NULL}", "[2026-01-02, NULL]")],
}  # fmt: skip


@pytest.mark.parametrize("name", _VALUES)
def test_values_come_through(store: RowStore, opened: Opened, name: str) -> None:
    relation = table(store, "t", f"k int8, v {name}")
    codec = BY_NAME[name].codec
    given = [codec.read(one, Style()) if isinstance(one, str) else one for one, _ in _VALUES[name]]
    insert(store, relation, *enumerate(given), (len(given), None))
    with opened.copies.brought([relation]):
        found = opened.db.execute(f"SELECT v, CAST(v AS VARCHAR) FROM {read_of(relation)} ORDER BY k").fetchall()
    assert found.pop() == (None, None)
    for (value, text), (wanted, shown) in zip(found, _VALUES[name], strict=True):
        assert (value == wanted) if shown is None else text == shown


@pytest.mark.parametrize(("name", "kind"), [("_float4", np.float32), ("_float8", np.float64)])
def test_arrays_of_floats_come_through_bit_by_bit(store: RowStore, opened: Opened, name: str, kind: Any) -> None:
    relation, chance = table(store, "t", f"k int8, v {name}"), np.random.default_rng(7)
    drawn = np.frombuffer(chance.bytes(8000), kind)
    arrays = [one.tolist() for one in np.array_split(drawn[np.isfinite(drawn)], 100)]
    arrays[3:5] = [[], chance.standard_normal(200).astype(kind).tolist()]
    insert(store, relation, *enumerate(arrays))
    with opened.copies.brought([relation]):
        found = opened.db.execute(f"SELECT v FROM {read_of(relation)} ORDER BY k").fetchall()
    assert [repr(value) for (value,) in found] == [repr(one) for one in arrays]


def test_a_numeric_with_digits_is_a_decimal(store: RowStore, opened: Opened) -> None:
    relation = table(store, "t", "k int8, v numeric")
    typed = msgspec.structs.replace(relation.columns[1], modifier=(38 << 16 | 18) + 4)
    before, relation = relation, msgspec.structs.replace(relation, columns=(relation.columns[0], typed))
    store.write_sync(lambda change: catalogue.replace(change, before, relation))
    exact = Decimal("12345678901234567890.123456789012345678")
    insert(store, relation, [1, exact])
    assert copied(opened, relation) == [(1, exact)]


def test_copies_outlive_the_engine(store: RowStore, opened: Opened, tmp_path: Path) -> None:
    relation = table(store, "t", "k int8, v text")
    change(store, relation, dict.fromkeys(range(5), "a"))
    assert len(copied(opened, relation)) == 5
    opened.db.close()
    change(store, relation, {1: None, 9: "b"})
    later = again(store, tmp_path)
    before = later.db.execute(f"SELECT count(*) FROM copies.n{relation.node}").fetchone()
    assert before == (5,), "it is the same copy"
    assert [key for key, _ in copied(later, relation)] == [0, 2, 3, 4, 9]
    later.copies.upkeep()
    with store.reading() as view:
        assert view.logged() == []


def test_a_copy_whose_log_was_cut_is_made_anew(store: RowStore, opened: Opened, tmp_path: Path) -> None:
    relation = table(store, "t", "k int8, v text")
    change(store, relation, {1: "a"})
    copied(opened, relation)
    opened.db.close()
    change(store, relation, {2: "b"})
    store.write_sync(lambda change: change.follow(relation))  # as if its log began only here
    assert copied(again(store, tmp_path), relation) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("harm", ["other store", "damaged", "died while it opened", "gone"])
def test_a_file_in_doubt_is_thrown_away(store: RowStore, opened: Opened, tmp_path: Path, harm: str) -> None:
    relation = table(store, "t", "k int8, v text")
    change(store, relation, {1: "a"})
    copied(opened, relation)
    opened.db.execute("CHECKPOINT copies")
    opened.db.close()
    file = tmp_path / "copies" / "copies.duckdb"
    if harm == "other store":
        with duckdb.connect() as db:
            ColumnStore(db, file.parent, "another")
    elif harm == "damaged":
        file.write_bytes(bytes(10_000) + file.read_bytes()[10_000:])
    elif harm == "gone":
        file.unlink()
    else:
        (file.parent / "opening").touch()
    change(store, relation, {2: "b"})
    later = again(store, tmp_path)
    later.copies.upkeep()
    with store.reading() as view:
        assert view.logged() == [], "nobody follows it any more"
    assert copied(later, relation) == [(1, "a"), (2, "b")]
    change(store, relation, {3: "c"})
    assert len(copied(later, relation)) == 3


@pytest.mark.parametrize(("columns", "key"), [("k text, n int4", (1, 2)), ("k uuid", (1,)), ("k date", (1,))])
def test_keys_of_all_kinds(store: RowStore, opened: Opened, columns: str, key: tuple[int, ...]) -> None:
    relation = table(store, "t", columns, key)
    texts = {"text": ["", "a", "ab", "ä"], "date": ["0044-03-15 BC", "1970-01-01", "infinity"],
             "uuid": [f"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1{n}" for n in range(3)]}  # fmt: skip
    first = relation.columns[0]
    values = [BY_NAME[first.type.name].codec.read(one, Style()) for one in texts[first.type.name]]
    rows = [[value, *range(number, number + len(key) - 1)] for number, value in enumerate(values)]
    insert(store, relation, *rows)
    assert len(copied(opened, relation)) == len(rows)
    form = Form(relation)

    def remove(change: Change) -> None:
        batch = Batch(change, form)
        at = form.key(rows[0])
        assert at is not None
        batch.remove(at)
        batch.apply()

    store.write_sync(remove)
    assert len(copied(opened, relation)) == len(rows) - 1
    with opened.copies.brought([relation]), store.reading() as view:
        found = opened.db.execute(f"SELECT ctid FROM {read_of(relation)} ORDER BY ctid").fetchall()
        assert [bytes(key) for (key,) in found] == [key[8:] for key, _ in view.prefixed("rows", relation.prefix)]


def test_rows_of_before_some_columns(store: RowStore, opened: Opened) -> None:
    relation = table(store, "t", "k int8, v text")
    change(store, relation, {1: "a", 2: None})
    more = (Column("n", 3, 23, missing="7", added=True), Column("o", 4, 25, added=True),
            Column("p", 5, 25, missing="äö", added=True))  # fmt: skip
    altered = msgspec.structs.replace(relation, columns=(*relation.columns, *more))
    store.write_sync(lambda change: catalogue.replace(change, relation, altered))
    insert(store, altered, [3, None, None, "x", ""], [4, "d", 1, None, None])
    wanted = [(1, "a", 7, None, "äö"), (3, None, None, "x", ""), (4, "d", 1, None, None)]
    assert copied(opened, altered) == wanted


def test_tables_are_read_as_they_were_at_one_moment(store: RowStore, opened: Opened) -> None:
    """What changes two tables at once is seen in both of them or in neither, whoever else reads one meanwhile."""
    ours = [table(store, name, "k int8, v text") for name in ("a", "b")]
    statement, ended = Statement(opened), threading.Event()

    def write() -> None:
        for number in range(150):

            def work(changing: Change, number: int = number) -> None:
                for relation in ours:
                    batch = Batch(changing, Form(relation))
                    batch.insert([number, None])
                    batch.apply()

            store.write_sync(work)
            copied(opened, ours[0])
        ended.set()

    counts = ", ".join(f"(SELECT count(*) FROM copies.n{one.node})" for one in ours)
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not ended.is_set() and not writing.done():
            statement.run(Run(f"SELECT {counts}", (20, 20), reads=tuple(ours)))
            first, second = rows_of(statement.take(Take(0, (0, 0), Style())).data)[0]
            assert first == second
        writing.result()


def test_a_statement_that_is_stopped_does_not_wait_for_a_copy(
    store: RowStore, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    relation, go_on, begun = table(store, "t", "k int8, v text"), threading.Event(), threading.Event()
    change(store, relation, dict.fromkeys(range(300), "a"))
    insert_all = Copies._insert_all

    def slow(copies: Copies, relation: Relation, batches: Any) -> None:
        begun.set()
        go_on.wait(30)
        insert_all(copies, relation, batches)

    monkeypatch.setattr(Copies, "_insert_all", slow)
    monkeypatch.setattr(copies_module, "_FAR", 100)
    first, second = Statement(opened), Statement(opened)
    counting = Run(f"SELECT count(*) FROM copies.n{relation.node}", (20,), reads=(relation,))
    with ThreadPoolExecutor(2) as threads:
        try:
            for statement in (first, second):  # the one waits for the copy, the other for the first one
                waiting = threads.submit(statement.run, counting)
                assert begun.wait(30)
                while not waiting.done():
                    statement.interrupt()
                    wait([waiting], timeout=0.05)
                with pytest.raises(duckdb.InterruptException):
                    waiting.result()
        finally:
            go_on.set()
        second.run(counting)
        assert rows_of(second.take(Take(0, (0,), Style())).data) == [[b"300"]]
