"""EXPLAIN in PostgreSQL's layout: fixed plans under their name, the engine's with what it expects and what it took."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
FIGURES = re.compile(r"  \(cost=\d+\.\d\d\.\.\d+\.\d\d rows=\d+ width=\d+\)")


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema explaining")
        made.execute("set search_path to explaining")
        made.execute("create table t (id int primary key, a int, b text)")
        made.execute("create table u (k int primary key, v numeric(10, 2))")
        made.execute("insert into t select g, g % 7, 'x' || g from generate_series(1, 1000) g")
        made.execute("insert into u select g, g * 1.5 from generate_series(1, 50) g")
        yield made
        made.execute("drop schema explaining cascade")


def lines(client: Client, statement: str) -> list[str]:
    cursor = client.execute(statement)
    assert [(one.name, one.type_code) for one in cursor.description or ()] == [("QUERY PLAN", 25)]
    return [line for (line,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("statement", "node"),
    [("select a from t where id = 5", "Select"), ("select * from t where id in (1, 2)", "Select"),
     ("insert into t values (0, 1, 'n')", "Insert"), ("update t set a = 1 where id = 3", "Update"),
     ("delete from t where id = 3", "Delete")],
)  # fmt: skip
def test_a_fixed_plan_is_called_so(client: Client, statement: str, node: str) -> None:
    first, second = lines(client, f"explain {statement}")
    assert FIGURES.sub("", first) == "Fixed Plan"
    assert FIGURES.sub("", second) == f"  ->  Fixed{node}Node on t"
    assert client.execute("select count(*) from t").fetchone() == (1000,)


@pytest.mark.parametrize(
    ("query", "key"),
    [("select a, count(*) from t group by a", "a"), ("select distinct b from t", "b"),
     ("select t.b, sum(u.v) from t join u on id = k group by t.b", "b"),
     ("select a, b, max(id) from t where id > 3 group by a, b", "a, b"), ("select count(*) from t group by a", "a")],
)  # fmt: skip
def test_groups_are_told_by_their_columns(client: Client, query: str, key: str) -> None:
    assert f"Group Key: {key}" in [line.strip() for line in lines(client, f"explain {query}")]


def test_a_query_as_postgres_lays_it_out(client: Client) -> None:
    found = lines(
        client, "explain select a, count(*) from t join u on id = k where a > 2 group by 1 order by 1 limit 2"
    )
    assert all(FIGURES.search(line) for line in found if "->" in line)
    nodes = [FIGURES.sub("", line) for line in found]
    assert nodes[0] == "Limit" and nodes[1] == "  ->  Sort"
    assert nodes[2].startswith("        Sort Key: ")
    assert "        ->  HashAggregate" in nodes
    assert "              ->  Hash Join" in nodes
    assert "                    Hash Cond: (id = k)" in nodes
    scan = next(at for at, line in enumerate(nodes) if line == "                    ->  Seq Scan on t")
    assert "a > 2" in nodes[scan + 1]


def test_analyze_runs_it_and_says_what_it_took(client: Client) -> None:
    found = lines(client, "explain analyze select * from t where a = 3")
    assert re.search(r"Seq Scan on t .*\(actual time=0\.000\.\.\d+\.\d{3} rows=143 loops=1\)", found[0])
    assert found[-2].startswith("Planning Time: ") and found[-1].startswith("Execution Time: ")
    bare = lines(client, "explain (analyze, costs off, timing off, summary off) select * from t where a = 3")
    assert bare == ["Seq Scan on t (actual rows=143 loops=1)", "  Filter: (a = 3)"]


def test_analyze_of_a_change_changes(client: Client) -> None:
    with client.transaction(force_rollback=True):
        found = lines(client, "explain analyze update t set a = 100 where b like 'x1%'")
        assert found[0].startswith("Update on t  (") and found[1].startswith("  ->  Seq Scan on t")
        assert client.execute("select count(*) from t where a = 100").fetchone() == (112,)
        lines(client, "explain analyze insert into t values (5000, 100, '')")
        lines(client, "explain delete from t using u where u.k = t.id")
        assert client.execute("select count(*) from t where a = 100").fetchone() == (113,)
    client.execute("begin read only")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        client.execute("explain analyze delete from t where a > 0")
    client.execute("rollback")
    assert lines(client, "explain delete from t where a > 0")


def test_json(client: Client) -> None:
    cursor = client.execute("explain (format json, analyze) select count(*) from t, u where a = k")
    assert [(one.name, one.type_code) for one in cursor.description or ()] == [("QUERY PLAN", 114)]
    [(found,)] = cursor.fetchall()
    [plan] = found
    assert plan["Plan"]["Node Type"] == "Aggregate" and plan["Plan"]["Actual Rows"] == 1
    [join] = plan["Plan"]["Plans"]
    assert {one["Relation Name"] for one in join["Plans"]} == {"t", "u"}
    assert plan["Execution Time"] > 0


def test_of_a_prepared_statement(client: Client) -> None:
    found = client.execute("explain select * from t where a = %s and b > %s", (3, "x"), prepare=True).fetchall()
    assert found[0][0].startswith("Seq Scan on t")


@pytest.mark.parametrize(
    ("statement", "state"),
    [("explain (buffers) select 1", "0A000"), ("explain (nosuch) select 1", "42601"),
     ("explain (format xml) select 1", "0A000"), ("explain (timing) select 1", "22023"),
     ("explain create table x (a int)", "0A000"), ("explain", "42601"), ("explain select nosuch from t", "42703")],
)  # fmt: skip
def test_mistakes(client: Client, statement: str, state: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    assert caught.value.sqlstate == state


def test_where_the_mistake_is(client: Client) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        client.execute("  explain select nosuch from t")
    assert caught.value.diag.statement_position == "18"
