"""TABLESAMPLE: how many rows come, that they are the table's, and that REPEATABLE gives the same ones again.

https://www.postgresql.org/docs/11/sql-select.html
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
ROWS = 20_000


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create table sampled (id int primary key, part text)")
        made.execute("create table sampled_keyless (id int)")
        made.execute(f"insert into sampled select g, 'p' || g % 4 from generate_series(1, {ROWS}) g")
        made.execute("insert into sampled_keyless select id from sampled")
        yield made
        made.execute("drop table sampled, sampled_keyless")


@pytest.mark.parametrize("method", ["bernoulli", "system"])
@pytest.mark.parametrize("table", ["sampled", "sampled_keyless"])
def test_a_part_of_the_rows_comes(client: Client, method: str, table: str) -> None:
    query = f"select id from {table} tablesample {method} (%s)"
    one, other = ({id for (id,) in client.execute(query.encode(), (10,))} for _ in range(2))
    assert one != other
    for found in (one, other):
        assert 0.08 * ROWS < len(found) < 0.12 * ROWS
        assert found <= set(range(1, ROWS + 1))


@pytest.mark.parametrize("table", ["sampled", "sampled_keyless"])
def test_a_seed_gives_the_same_rows_again(client: Client, table: str) -> None:
    query = f"select id from {table} tablesample bernoulli (5) repeatable (%s)".encode()
    first, again, other = (sorted(client.execute(query, (seed,))) for seed in (7, 7, 8))
    assert first == again != other
    assert 0.03 * ROWS < len(first) < 0.07 * ROWS
    wider = set(client.execute(query.replace(b"(5)", b"(20)"), (7,)))
    assert set(first) < wider
    counted = f"select count(*), min(id) from {table} tablesample bernoulli (5) repeatable (7) where id > 100".encode()
    assert client.execute(counted).fetchone() == (sum(id > 100 for (id,) in first), min(i for (i,) in first if i > 100))


def test_a_join_and_a_partitioned_table(client: Client) -> None:
    client.execute("create table sampled_days (id int, day text not null) partition by list (day)")
    client.execute("create table sampled_monday partition of sampled_days for values in ('mon')")
    client.execute("insert into sampled_monday select id, 'mon' from sampled")
    found = client.execute(
        "select count(*), count(distinct d.id) from sampled_days d tablesample system (10) join sampled s using (id)"
    ).fetchone()
    assert found is not None and found[0] == found[1] and 0.08 * ROWS < found[0] < 0.12 * ROWS
    client.execute("drop table sampled_days")


@pytest.mark.parametrize(("query", "sqlstate"), [
    ("select 1 from sampled tablesample bernoulli (%s)", "2202H"),
    ("select 1 from sampled tablesample bernoulli (10) repeatable (%s)", "2202G"),
    ("select 1 from pg_class tablesample system (10) repeatable (coalesce(%s, 1))", "0A000"),
])  # fmt: skip
def test_what_is_no_sample(client: Client, query: str, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as found:
        client.execute(query.encode(), (None,))
    assert found.value.sqlstate == sqlstate


def test_system_tables_and_keys(client: Client) -> None:
    assert client.execute("select count(*) > 10 from pg_class tablesample bernoulli (100)").fetchone() == (True,)
    assert client.execute("select part from sampled tablesample bernoulli (100) where id = 5").fetchall() == [("p1",)]
    assert client.execute("select part from sampled tablesample bernoulli (0) where id = 5").fetchall() == []
