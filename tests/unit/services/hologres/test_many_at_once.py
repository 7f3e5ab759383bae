"""INSERT of many rows by a fixed plan: what is written at once is what would be written row by row."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.storage.rows.shelves import everything, insert, table
from yunbox.services.hologres.fixed import writes
from yunbox.services.hologres.fixed.plan import fixed
from yunbox.services.hologres.fixed.together import Together
from yunbox.services.hologres.fixed.values import Row
from yunbox.services.hologres.fixed.writes import Insert
from yunbox.sql.hologres.parser.statements import parse
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import BY_NAME

CONFLICTS = {
    "": "",
    "nothing": " on conflict do nothing",
    "overwrite": " on conflict (k) do update set a = excluded.a, v = excluded.v, d = excluded.d",
    "with key": " on conflict (k) do update set k = excluded.k, a = excluded.a, v = excluded.v, d = excluded.d",
    "some": " on conflict (k) do update set a = excluded.a",
    "crossed": " on conflict (k) do update set a = excluded.a + 1, v = excluded.v, d = excluded.d",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RowStore]:
    made = RowStore(tmp_path / "rows")
    yield made
    made.close()


def strict(relation: Relation) -> Relation:
    """The same table, whose column a may not be NULL."""
    first, second, *others = relation.columns
    return msgspec.structs.replace(relation, columns=(first, msgspec.structs.replace(second, not_null=True), *others))


def statement(text: str, relation: Relation, oids: tuple[int, ...]) -> Insert:
    made = fixed(parse(text), lambda _: relation, oids)
    assert isinstance(made, Insert)
    return made


def outcome(store: RowStore, made: Insert, values: list[Any]) -> Any:
    try:
        return store.write_sync(lambda change: made.run(change, Row(values, Style())))
    except PgError as error:
        return error.report


def each(store: RowStore, made: Insert, rows: list[tuple[Any, ...]], chance: random.Random) -> Any:
    """What comes of some values after others, of which some are made ready before the others come."""
    together = Together(made, Style())
    for row in rows:
        together.rows.append(list(row))
        if chance.random() < 0.1:
            together.prepare(len(together.rows), least=chance.choice((1, 16)))
    if chance.random() < 0.2:
        together.rows.append(list(rows[0]))
        together.prepare(len(together.rows) - chance.randrange(2))
        together.rows.pop()
    try:
        return store.write_sync(lambda change: together.run(change, made))
    except PgError as error:
        return error.report


def one_by_one(store: RowStore, made: Insert, rows: list[tuple[Any, ...]]) -> Any:
    try:
        return store.write_sync(lambda change: [made.run(change, Row(list(row), Style()))[0] for row in rows])
    except PgError as error:
        return error.report


def rows_of(chance: random.Random, key: str, count: int) -> list[tuple[Any, ...]]:
    kind: Any = int if key == "int4" else lambda n: f"{n}{' ' * chance.randrange(3)}"
    keys = chance.sample(range(60), count)
    if chance.random() < 0.2:
        keys[-1] = keys[0]
    return [
        (kind(at), chance.choice((at, at, at, None)) if chance.random() < 0.05 else at, chance.choice((None, "", "ä")),
         chance.choice((None, 0, 86_400_000_000)))
        for at in keys
    ]  # fmt: skip


@pytest.mark.parametrize("conflict", CONFLICTS)
@pytest.mark.parametrize("key", ["int4", "text", "bpchar"])
@pytest.mark.parametrize("seed", range(4))
def test_many_rows_are_as_one_by_one(
    store: RowStore, monkeypatch: pytest.MonkeyPatch, conflict: str, key: str, seed: int
) -> None:
    ours, theirs = (strict(table(store, name, f"k {key},a int4,v text,d timestamp")) for name in ("ours", "theirs"))
    of = [key, "int4", "text", "timestamp"]
    arrays = ", ".join(f"unnest(${at}::{one}[])" for at, one in enumerate(of, 1))
    chance = random.Random(f"{conflict}{key}{seed}")
    for number in range(12):
        rows = rows_of(chance, key, chance.choice((1, 20, 40)))
        if number % 2:
            oids = tuple(BY_NAME[one].array for one in of)
            values: list[Any] = [list(column) for column in zip(*rows, strict=True)]
            source = f"select {arrays}"
        else:
            oids = tuple(BY_NAME[one].oid for one in of) * len(rows)
            values = [value for row in rows for value in row]
            places = iter(range(1, len(values) + 1))
            source = "values " + ", ".join("(" + ", ".join(f"${next(places)}" for _ in of) + ")" for _ in rows)
        text = f"insert into t {source}{CONFLICTS[conflict]} returning *"
        monkeypatch.setattr(writes, "MANY", 16)
        found = outcome(store, statement(text, ours, oids), values)
        monkeypatch.setattr(writes, "MANY", 1 << 30)
        wanted = outcome(store, replace(statement(text, theirs, oids), overwrites=False), values)
        assert repr(found).replace("ours", "theirs") == repr(wanted)
        assert everything(store, ours) == everything(store, theirs)
        with store.reading() as view:
            assert view.totals(ours) == view.totals(theirs)


@pytest.mark.parametrize("conflict", CONFLICTS)
@pytest.mark.parametrize("seed", range(8))
def test_statements_that_come_together_are_as_one_after_another(store: RowStore, conflict: str, seed: int) -> None:
    ours, theirs = (strict(table(store, name, "k int4,a int4,v text,d timestamp")) for name in ("ours", "theirs"))
    oids = tuple(BY_NAME[one].oid for one in ("int4", "int4", "text", "timestamp"))
    text, chance = f"insert into t values ($1, $2, $3, $4){CONFLICTS[conflict]}", random.Random(f"{conflict}{seed}")
    for _ in range(12):
        rows = rows_of(chance, "int4", chance.choice((3, 20, 40)))
        found = each(store, statement(text, ours, oids), rows, chance)
        wanted = one_by_one(store, replace(statement(text, theirs, oids), overwrites=False), rows)
        assert repr(found).replace("ours", "theirs") == repr(wanted)
        assert everything(store, ours) == everything(store, theirs)


def test_statements_without_a_key_that_come_together(store: RowStore) -> None:
    relation = table(store, "t", "v int4", ())
    made = statement("insert into t values ($1)", relation, (BY_NAME["int4"].oid,))
    assert each(store, made, [(n,) for n in range(100, 0, -1)], random.Random(1)) == [1] * 100
    assert [v for (v,) in everything(store, relation)] == [str(n).encode() for n in range(100, 0, -1)]


def test_rows_without_a_key_are_added_in_their_order(store: RowStore) -> None:
    relation = table(store, "t", "v int4", ())
    insert(store, relation, [0])
    made = statement("insert into t select unnest($1::int4[])", relation, (1007,))
    assert outcome(store, made, [list(range(100, 0, -1))])[0] == 100
    assert [v for (v,) in everything(store, relation)] == [b"0", *(str(n).encode() for n in range(100, 0, -1))]


def test_arrays_of_other_lengths_go_on_with_nulls(store: RowStore) -> None:
    relation = table(store, "t", "k int4,v text")
    made = statement("insert into t select unnest($1::int4[]), unnest($2::text[])", relation, (1007, 1009))
    assert outcome(store, made, [list(range(20)), ["a", None]])[0] == 20
    assert everything(store, relation)[:3] == [[b"0", b"a"], [b"1", None], [b"2", None]]
    report = outcome(store, made, [[30], ["a"] * 20])
    assert report.sqlstate == "23502"
