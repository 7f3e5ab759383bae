"""Rows of one key that one upsert has several times, and the settings by which the first or the last of them counts.

https://www.alibabacloud.com/help/en/hologres/developer-reference/insert-on-conflict
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
SETTING = "hg_experimental_affect_row_multiple_times_keep_"
UPSERTS = {
    "values": "insert into twice values (1, 'a', 1), (2, 'b', 1), (1, 'c', 1), (3, 'd', 1), (1, 'e', 1) {}",
    "query": "insert into twice select k, v, 1 from (values (1,'a'), (2,'b'), (1,'c'), (3,'d'), (1,'e')) t(k, v) {}",
    "unnest": "insert into twice select unnest(array[1, 2, 1, 3, 1]), unnest(array['a', 'b', 'c', 'd', 'e']), 1 {}",
}  # fmt: skip
WHOLE = "on conflict (id) do update set (id, v, n) = row (excluded.*)"
ADDED = "on conflict (id) do update set v = excluded.v, n = twice.n + excluded.n"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema repeated")
        made.execute("set search_path to repeated")
        made.execute("create table twice (id int primary key, v text, n int)")
        yield made
        made.execute("drop schema repeated cascade")


@pytest.fixture(autouse=True)
def rows(client: Client) -> Iterator[None]:
    client.execute("truncate twice")
    client.execute("insert into twice values (3, 'old', 10)")
    yield
    client.execute(f"reset {SETTING}first")
    client.execute(f"reset {SETTING}last")


def now(client: Client) -> list[tuple[Any, ...]]:
    return client.execute("select * from twice order by id").fetchall()


@pytest.mark.parametrize("way", UPSERTS)
@pytest.mark.parametrize("conflict", [WHOLE, ADDED])
def test_it_is_an_error(client: Client, way: str, conflict: str) -> None:
    with pytest.raises(psycopg.errors.CardinalityViolation, match="cannot affect row a second time"):
        client.execute(UPSERTS[way].format(conflict))  # ty: ignore[no-matching-overload]
    assert now(client) == [(3, "old", 10)]


@pytest.mark.parametrize("way", UPSERTS)
@pytest.mark.parametrize(("which", "counts"), [("first", "a"), ("last", "e")])
def test_one_counts(client: Client, way: str, which: str, counts: str) -> None:
    client.execute(f"set {SETTING}{which} = on")  # ty: ignore[no-matching-overload]
    done = client.execute(UPSERTS[way].format(WHOLE))  # ty: ignore[no-matching-overload]
    assert (done.statusmessage, now(client)) == ("INSERT 0 3", [(1, counts, 1), (2, "b", 1), (3, "d", 1)])
    client.execute(UPSERTS[way].format(ADDED))  # ty: ignore[no-matching-overload]
    assert now(client) == [(1, counts, 2), (2, "b", 2), (3, "d", 2)]
    client.execute(f"set {SETTING}{which} = off")  # ty: ignore[no-matching-overload]
    with pytest.raises(psycopg.errors.CardinalityViolation):
        client.execute(UPSERTS[way].format(WHOLE))  # ty: ignore[no-matching-overload]


@pytest.mark.parametrize(("which", "counts"), [("first", "x"), ("last", "y")])
def test_prepared_and_in_pipelines_and_blocks(client: Client, which: str, counts: str) -> None:
    sql = f"insert into twice values (%s, %s, 1), (%s, %s, 1) {WHOLE}"
    client.execute(f"set {SETTING}{which} = on")  # ty: ignore[no-matching-overload]
    for _ in range(3):
        client.execute(sql, (7, "x", 7, "y"), prepare=True)  # ty: ignore[no-matching-overload]
    with client.pipeline(), client.cursor() as cursor:
        cursor.executemany(sql, [(at, "x", at, "y") for at in range(20, 60)])  # ty: ignore[invalid-argument-type]
    with client.transaction():
        client.execute(sql, (8, "x", 8, "y"))  # ty: ignore[no-matching-overload]
        client.execute(sql, (8, "x", 8, "y"))  # ty: ignore[no-matching-overload]
    assert now(client) == [(3, "old", 10), *((at, counts, 1) for at in (7, 8, *range(20, 60)))]


def test_do_nothing_keeps_the_first_anyway(client: Client) -> None:
    client.execute(f"set {SETTING}last = on")  # ty: ignore[no-matching-overload]
    for way in UPSERTS.values():
        client.execute(way.format("on conflict do nothing"))  # ty: ignore[no-matching-overload]
    assert now(client) == [(1, "a", 1), (2, "b", 1), (3, "old", 10)]


def test_returning_has_what_counts(client: Client) -> None:
    client.execute(f"set {SETTING}last = on")  # ty: ignore[no-matching-overload]
    for way in UPSERTS.values():
        found = client.execute(way.format(WHOLE + " returning id, v"))  # ty: ignore[no-matching-overload]
        assert sorted(found.fetchall()) == [(1, "e"), (2, "b"), (3, "d")]
