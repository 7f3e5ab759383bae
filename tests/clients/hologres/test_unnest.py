"""Batches as arrays, which are fixed plans: they come to what the engine makes of the same query in another form."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.services.hologres.fixed.plan import fixed
from yunbox.services.hologres.fixed.writes import Insert
from yunbox.sql.hologres.parser.statements import parse
from yunbox.storage.rows.model import Column, Relation
from yunbox.testing.server import Server

TYPES = ("int8[]", "int4[]", "text[]", "float8[]", "timestamp[]")
ROWS: list[tuple[Any, ...]] = [
    (1, 10, "a", 0.5, "2026-01-01 00:00:00"), (2, None, "ä\\,{}", -1.25, None), (3, -3, None, None, "infinity"),
]  # fmt: skip
CONFLICT = " on conflict (k) do update set n = excluded.n, v = excluded.v"


@pytest.fixture
def client(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        yield made


@pytest.fixture
def table(client: psycopg.Connection[Any]) -> Iterator[str]:
    name = f"t_{uuid4().hex}"
    client.execute(
        f"create table {name} (k bigint primary key, n int, v varchar(9), f float8, at timestamp, w int default 7)"
    )
    yield name
    client.execute(f"drop table {name}")


def insert(table: str, behind: str = CONFLICT) -> str:
    arrays = ", ".join(f"unnest(%s::{of})" for of in TYPES)
    return f"insert into {table} (k, n, v, f, at) select {arrays}{behind}"


def columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def rows(client: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    return client.execute(f"select k, n, v, f, at::text, w from {table} order by k").fetchall()


@pytest.mark.parametrize(
    ("query", "types", "is_fixed"),
    [
        ("select unnest($1::int8[]), unnest($2::text[])", (), True),
        ("select unnest($1::int8[]), unnest($2::text[])", (1007, 1009), True),
        ("select unnest($1::int4[])", (), True),
        ("select unnest($1::int8[]), 'x'", (), False),
        ("select unnest($1::int8[]) limit 1", (), False),
        ("select distinct unnest($1::int8[])", (), False),
        ("select unnest($1::int8[]) from t", (), False),
        ("select unnest($1)", (), False),
        ("select unnest('{1}'::int8[])", (), False),
        ("select unnest($1::float8[])", (), False),
        ("select unnest($1::int8[]), unnest($2::int8[])", (), False),
    ],
)
def test_which_batches_of_arrays_are_fixed_plans(query: str, types: tuple[int, ...], is_fixed: bool) -> None:
    made = Relation(9, "public", "t", 7, (Column("k", 1, 20), Column("v", 2, 25)), primary_key=(1,))
    found = fixed(parse(f"insert into t {query} on conflict (k) do nothing"), lambda names: made, types)
    assert isinstance(found, Insert) == is_fixed


def test_rows_are_inserted_and_updated(client: psycopg.Connection[Any], table: str) -> None:
    assert client.execute(insert(table), columns(ROWS)).rowcount == 3
    assert rows(client, table) == [(*row, 7) for row in ROWS]
    again = [(row[0], 5, "new", 9.0, "2027-01-01") for row in ROWS[:2]]
    assert client.execute(insert(table), columns(again)).rowcount == 2
    assert [row[1:4] for row in rows(client, table)] == [(5, "new", 0.5), (5, "new", -1.25), (-3, None, None)]


def test_shorter_arrays_go_on_with_nulls(client: psycopg.Connection[Any], table: str) -> None:
    assert client.execute(insert(table), ([1, 2], [5], None, [], ["2026-01-01"])).rowcount == 2
    assert rows(client, table) == [(1, 5, None, None, "2026-01-01 00:00:00", 7), (2, None, None, None, None, 7)]
    assert client.execute(insert(table), ([], [], [], [], [])).rowcount == 0
    with pytest.raises(psycopg.errors.NotNullViolation):
        client.execute(insert(table), ([3], [1, 2], [], [], []))
    assert len(rows(client, table)) == 2


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (([1, 1], [1, 2], [], [], []), "21000"),
        (([1], [1], ["much too long"], [], []), "22001"),
        (([1], [1 << 40], [], [], []), "22003"),
        (([1], [1], [], [], ["no time"]), "22007"),
    ],
)
def test_what_is_wrong_is_told(client: psycopg.Connection[Any], table: str, given: Any, state: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(insert(table), given)
    assert caught.value.sqlstate == state
    assert rows(client, table) == []


def test_a_key_twice_without_a_clause(client: psycopg.Connection[Any], table: str) -> None:
    client.execute(insert(table, ""), columns(ROWS))
    with pytest.raises(psycopg.errors.UniqueViolation):
        client.execute(insert(table, ""), columns(ROWS[2:]))
    assert client.execute(insert(table, " on conflict do nothing"), columns(ROWS)).rowcount == 0


def test_what_is_more_than_that_is_for_the_engine(client: psycopg.Connection[Any], table: str) -> None:
    client.execute(f"insert into {table} (k, n) select unnest(%s::int8[]), 4", ([1, 2],))
    client.execute(f"insert into {table} (k) select unnest(%s::int8[]) + 10 where true", ([1, 2],))
    assert [row[:2] for row in rows(client, table)] == [(1, 4), (2, 4), (11, None), (12, None)]


@pytest.mark.parametrize("count", [3, 100])
def test_in_a_block_rows_are_as_the_table_is_when_it_is_committed(
    server: Server, client: psycopg.Connection[Any], table: str, count: int
) -> None:
    """They are made when they are sent, and made anew for a table that is another by then."""
    given = columns([(number, number, "a", 0.5, None) for number in range(count)])
    with connected(server) as other, client.transaction():
        client.execute(insert(table), given)
        other.execute(f"alter table {table} add column x int default 9")
    assert client.execute(f"select count(*), min(x), max(x), sum(n) from {table}").fetchone() == (
        count, 9, 9, sum(range(count)),
    )  # fmt: skip
    with client.transaction():
        for _ in range(2):
            client.execute(insert(table), given)
        client.execute(f"update {table} set n = -1 where k = 1")
    assert [row[1] for row in rows(client, table)][:3] == [0, -1, 2]
