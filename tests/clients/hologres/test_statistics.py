"""What is known of tables' rows: PostgreSQL's counts, and the vendor's tables of ANALYZE.

Sources: the PostgreSQL 11 documentation, "The Statistics Collector" and "pg_class"; the vendor's pages "ANALYZE and
AUTO ANALYZE" and that of missing statistics; the vendor's MCP server for ``hg_table_statistic``.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import allow, connected, made_user
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
FOUND = """select table_name, schema_version, statistic_version, total_rows, analyze_timestamp
    from hologres_statistic.hg_table_statistic where schema_name = 'counted' order by 1"""
MISSING = "select * from hologres_statistic.hg_stats_missing where schemaname = 'counted' order by tablename"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("alter database yunbox set hg_enable_start_auto_analyze_worker = off")
        made.execute("create schema counted")
        made.execute("set search_path to counted")
        made.execute("create table t (id int primary key, v text)")
        made.execute("insert into t select g, 'x' from generate_series(1, 300) g")
        made.execute("create table p (id int, day text not null) partition by list (day)")
        made.execute("create table p_a partition of p for values in ('a')")
        made.execute("insert into p_a values (1, 'a'), (2, 'a')")
        yield made
        made.execute("rollback")
        made.execute("drop schema counted cascade")
        made.execute("alter database yunbox reset hg_enable_start_auto_analyze_worker")


def rows(client: Client, statement: str) -> list[Any]:
    return client.execute(statement).fetchall()


def test_rows_are_counted_when_somebody_asks(client: Client) -> None:
    asked = """select relname, reltuples from pg_class
        where relnamespace = 'counted'::regnamespace and relkind = 'r' order by 1"""
    assert rows(client, asked) == [("p_a", 2.0), ("t", 300.0)]
    client.execute("delete from t where id > 250")
    assert rows(client, asked) == [("p_a", 2.0), ("t", 250.0)]
    assert rows(client, "select c.reltuples::bigint from pg_class c where c.oid = 't'::regclass") == [(250,)]
    assert rows(client, "select sum(reltuples) from pg_class where relname = 'pg_class'") == [(0.0,)]
    live = """select relname, n_live_tup, last_analyze, analyze_count from pg_stat_user_tables
        where schemaname = 'counted' order by 1"""
    assert rows(client, live) == [("p_a", 2, None, 0), ("t", 250, None, 0)]


def test_analyze_is_kept(client: Client) -> None:
    assert rows(client, FOUND) == []
    assert rows(client, MISSING) == [("counted", name, 2, "table", None) for name in ("p", "p_a", "t")]
    before = datetime.now(UTC)
    client.execute("analyze t")
    client.execute("alter table t add column w int")
    client.execute("insert into t values (999, 'y', 1)")
    [(*found, at)] = rows(client, FOUND)
    assert found == ["t", 1, 1, 300] and before <= at <= datetime.now(UTC)
    client.execute("analyze p, t (v)")
    assert [tuple(one[:4]) for one in rows(client, FOUND)] == [("p", 1, 1, 2), ("t", 2, 2, 301)]
    assert [name for _, name, *_ in rows(client, MISSING)] == ["p_a"]
    asked = "select last_analyze, analyze_count from pg_stat_user_tables where relid = 't'::regclass"
    [(last, count)] = rows(client, asked)
    assert count == 2 and at <= last <= datetime.now(UTC)
    client.execute("drop table t")
    client.execute("create table t (id int)")
    assert [one[0] for one in rows(client, FOUND)] == ["p"]


def test_analyze_goes_with_its_block(client: Client) -> None:
    client.execute("begin")
    client.execute("insert into t values (1000, 'z')")
    client.execute("analyze t")
    client.execute("rollback")
    assert rows(client, FOUND) == []
    client.execute("begin")
    client.execute("insert into t values (1000, 'z')")
    client.execute("analyze t")
    client.execute("commit")
    assert [one[3] for one in rows(client, FOUND)] == [301]


def test_who_does_not_own_a_table_analyzes_nothing(server: Server, client: Client) -> None:
    with connected(server, made_user(server, "counter", allow())) as other:
        client.execute('grant usage on schema counted to "RAM$counter"')
        client.execute('grant select on t to "RAM$counter"')
        other.execute("analyze counted.t")
        other.execute("analyze")
    assert rows(client, FOUND) == []
    client.execute("analyze")
    assert [one[0] for one in rows(client, FOUND)] == ["p", "p_a", "t"]


def test_what_a_block_has_removed_is_not_counted_at_its_end(client: Client) -> None:
    with client.transaction():
        client.execute("delete from t")
        client.execute("alter table t add column needed int not null")
    assert rows(client, "select count(*) from t where needed > 0") == [(0,)]
