"""Many rows written together: a model beside them, whatever their order, and what the log and the totals say."""

import random
from collections.abc import Sequence

import pytest

from tests.unit.storage.rows.shelves import everything, insert, table
from yunbox.storage.rows.bulk.load import Conflict, Load
from yunbox.storage.rows.bulk.packed import Packed
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import PgError

Row = tuple[object, str]
COLUMNS = ("k int8, v text", "k text, v text")


def load_of(relation: Relation, rows: Sequence[Row], conflict: Conflict, parts: int = 3) -> Load:
    form = Form(relation)
    load = Load(form, conflict)
    for at in range(parts):
        some = rows[at * len(rows) // parts : (at + 1) * len(rows) // parts]
        keys = [key for row in some if (key := form.key(row)) is not None]
        load.add(Packed.of(keys, [form.row(row) for row in some]))
    return load


def written(store: RowStore, relation: Relation, load: Load) -> int:
    write = load.prepared()
    return store.write_sync(lambda change: write(change, relation))


def expected(before: dict[object, str], rows: Sequence[Row], conflict: Conflict) -> dict[object, str] | object:
    """What is there afterwards, or the first key that makes it fail."""
    after = dict(before)
    for key, value in rows:
        if key in after and conflict == "none":
            return key
        if key not in after or conflict == "update":
            after[key] = value
    return after


def counted(store: RowStore, relation: Relation) -> tuple[int, int]:
    with store.reading() as view:
        pairs = list(view.prefixed("rows", relation.prefix))
        totals = view.totals(relation)
    assert (totals.rows, totals.size_bytes) == (len(pairs), sum(len(key) + len(row) for key, row in pairs))
    return totals.rows, totals.size_bytes


@pytest.mark.parametrize("conflict", ["none", "ignore", "update"])
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("seed", range(12))
def test_rows_in_any_order_are_as_in_a_model(store: RowStore, columns: str, conflict: Conflict, seed: int) -> None:
    drawn = random.Random(seed)
    numbers = columns.startswith("k int8")

    def key() -> object:
        number = drawn.randrange(-400, 400)
        return number if numbers else "x" * (number % 7) + str(number)

    relation = table(store, "t", columns)
    before: dict[object, str] = {key(): f"old {n}" for n in range(drawn.choice((0, 30)))}
    insert(store, relation, *before.items())
    store.write_sync(lambda change: change.follow(relation))
    rows: list[Row] = [(key(), f"new {n}") for n in range(drawn.choice((1, 5, 60)))]
    if drawn.random() < 0.4:
        rows = sorted(dict(rows).items(), key=lambda row: Form(relation).key(row) or b"")
    wanted = expected(before, rows, conflict)
    load = load_of(relation, rows, conflict)
    if seed % 3:
        load.spill(store.folder)
        more = [(f"z{n}", f"late {n}") for n in range(3)] if seed % 3 > 1 and not numbers else []
        load.add(Packed.of([Form(relation).key(row) or b"" for row in more], [Form(relation).row(row) for row in more]))
        rows, wanted = [*rows, *more], expected(before, [*rows, *more], conflict)
    if not isinstance(wanted, dict):
        with pytest.raises(PgError) as caught:
            written(store, relation, load)
        assert caught.value.report.detail == f"Key (k)=({wanted}) already exists."
        wanted = before
    else:
        assert written(store, relation, load) == len(rows)
    assert {str(k): v for k, v in wanted.items()} == {
        (k or b"").decode(): (v or b"").decode() for k, v in everything(store, relation)
    }
    counted(store, relation)
    changed = {str(k) for k, v in wanted.items() if before.get(k) != v}
    with store.reading() as view:
        prefix = len(relation.prefix)
        logged = {key for _, key in view.changed(relation)}
        assert {Form(relation).key((k, "")) for k in wanted if str(k) in changed} <= logged
        assert all(len(key) > prefix for key in logged)
        assert view.position(relation) <= view.sequence


def test_rows_without_a_key_are_all_kept_in_their_order(store: RowStore) -> None:
    relation = table(store, "t", "k int8, v text", ())
    rows: list[Row] = [(n % 3, f"{n}") for n in range(100)]
    assert written(store, relation, load_of(relation, rows, "none")) == 100
    assert [v for _, v in everything(store, relation)] == [str(n).encode() for n in range(100)]
    insert(store, relation, (1, "last"))
    assert everything(store, relation)[-1][1] == b"last"
    counted(store, relation)


@pytest.mark.parametrize("key", [(1,), ()])
def test_rows_of_a_block_are_seen_in_it_and_written_when_it_ends(store: RowStore, key: tuple[int, ...]) -> None:
    relation = table(store, "t", "k int8, v text", key)
    block = Block()
    load = load_of(relation, [(n, f"v{n}") for n in range(50)], "none")
    with store.reading() as view:
        assert block.try_out(view, lambda change: load.prepared()(change, relation)) == 50
        assert len(list(block.see(view).prefixed("rows", relation.prefix))) == 50
    assert everything(store, relation) == []
    store.write_sync(block.redo)
    assert len(everything(store, relation)) == 50
    counted(store, relation)


@pytest.mark.parametrize("conflict", ["none", "ignore", "update"])
def test_rows_go_where_their_table_is_now(store: RowStore, conflict: Conflict) -> None:
    """A block makes its table again when it ends, with another place for its rows."""
    drafted, relation = table(store, "t", "k int8, v text"), table(store, "u", "k int8, v text")
    insert(store, relation, (3, "old"))
    write = load_of(drafted, [(n, f"v{n}") for n in (5, 3, 4)], conflict).prepared()
    if conflict == "none":
        with pytest.raises(PgError, match="duplicate key"):
            store.write_sync(lambda change: write(change, relation))
        return
    store.write_sync(lambda change: write(change, relation))
    kept = b"old" if conflict == "ignore" else b"v3"
    assert everything(store, relation) == [[b"3", kept], [b"4", b"v4"], [b"5", b"v5"]]
    assert everything(store, drafted) == []


def test_no_rows_are_none(store: RowStore) -> None:
    relation = table(store, "t", "k int8, v text")
    assert written(store, relation, Load(Form(relation), "none")) == 0


def test_more_rows_than_are_written_at_once(store: RowStore) -> None:
    relation = table(store, "t", "k int8, v text")
    rows: list[Row] = [(n, f"value {n}") for n in range(20_000)]
    random.Random(1).shuffle(rows)
    assert written(store, relation, load_of(relation, rows, "none")) == 20_000
    assert everything(store, relation) == [[str(n).encode(), f"value {n}".encode()] for n in range(20_000)]
    assert written(store, relation, load_of(relation, rows, "update")) == 20_000
    assert counted(store, relation)[0] == 20_000
