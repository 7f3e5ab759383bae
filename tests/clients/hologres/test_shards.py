"""Shards: each table has one, which every client that reads shard by shard finds its rows in.

Sources: the vendor's pages "Optimize query performance" (``hg_shard_id``), "HG_SHARD_ID_FOR_DISTRIBUTION_KEY" and
"Subscribe to Hologres binlogs" (``hg_get_binlog_cursor``).
"""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import allow, connected, made_user
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create extension if not exists hg_toolkit")
        made.execute("create schema sharded")
        made.execute("set search_path to sharded")
        made.execute("create table t (id int primary key, v text) with (binlog_level = 'replica')")
        made.execute("insert into t values (1, 'a'), (2, 'b')")
        yield made
        made.execute("rollback")
        made.execute("drop schema sharded cascade")


def rows(client: Client, statement: str, values: Any = None) -> list[Any]:
    return client.execute(statement, values).fetchall()


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def test_every_row_lies_in_the_one_shard(client: Client) -> None:
    count = ("select count(*)::int from hologres.hg_table_group_properties g join hologres.hg_table_properties t on"
             " g.tablegroup_name = t.property_value where t.property_key = 'table_group'"
             " and t.table_namespace = 'sharded' and t.table_name = 't'"
             " and g.property_key = 'shard_count' and g.property_value = '1'")  # fmt: skip
    assert rows(client, count) == [(1,)]
    assert rows(client, "select hg_shard_id, count(1) from t group by hg_shard_id") == [(0, 2)]
    assert rows(client, "select id from t where hg_shard_id in (0) and id > 1") == [(2,)]
    assert rows(client, "select id from t where hg_shard_id >= 1 and hg_shard_id < 2") == []
    assert rows(client, "select * from t where id = 1") == [(1, "a")]
    assert rows(client, "select id, hg_shard_id from t where id = 1 and hg_shard_id = 0") == [(1, 0)]
    assert rows(client, "select x.id, y.hg_shard_id from t x left join t y on y.id = x.id + 1 order by 1") == [
        (1, 0), (2, None)]  # fmt: skip
    with client.cursor().copy("copy (select id from t where hg_shard_id = 0 order by id) to stdout") as copy:
        assert b"".join(copy) == b"1\n2\n"
    client.execute("create table p (day text not null, id int) partition by list (day)")
    client.execute("create table p_a partition of p for values in ('a')")
    client.execute("insert into p_a values ('a', 1)")
    assert rows(client, "select hg_shard_id, day from p") == [(0, "a")]


def test_what_has_no_shard_says_so(client: Client) -> None:
    client.execute("create view v as select id from t")
    for source in ("v", "pg_class", "(select 1 as x) s", "generate_series(1, 2) g"):
        assert state(client, f"select hg_shard_id from {source}") == "42703"
    client.execute("create table own (hg_shard_id text)")
    client.execute("insert into own values ('mine')")
    assert rows(client, "select hg_shard_id from own") == [("mine",)]


def test_the_shard_of_a_key(client: Client) -> None:
    assert rows(client, "select hg_shard_id_for_distribution_key('sharded.t', id), id from t order by 2") == [
        (0, 1), (0, 2)]  # fmt: skip
    assert rows(client, "select hg_shard_id_for_distribution_key('t', 1, 'x')") == [(0,)]
    assert state(client, "select hg_shard_id_for_distribution_key('nowhere', 1)") == "42P01"
    assert state(client, "select hg_shard_id_for_distribution_key('t')") == "42883"


def test_the_number_of_a_connection(server: Server, client: Client) -> None:
    with connected(server, options="type=fixed") as fixed:
        numbers = [one.execute("select hg_fixed_conn_id()").fetchone() for one in (client, fixed)]
    assert numbers[0] == rows(client, "select pg_backend_pid()::bigint")[0] and numbers[0] != numbers[1]


def test_the_ends_of_a_binlog(client: Client) -> None:
    names = "select * from hg_get_binlog_cursor('t', 'OLDEST', 0)"
    assert [one.name for one in client.execute(names).description or ()] == [
        "hg_shard_id", "hg_binlog_lsn", "hg_binlog_timestamp_us"]  # fmt: skip
    log = "select 0, hg_binlog_lsn, hg_binlog_timestamp_us from t order by 2"
    assert rows(client, names) == rows(client, log)[:1]
    client.execute("update t set v = 'c' where id = 1")
    last = "select * from hg_get_binlog_cursor('sharded.t', 'LATEST', 0)"
    assert rows(client, last) == rows(client, log)[-1:]
    client.execute("create table empty (id int primary key) with (binlog_level = 'replica')")
    client.execute("create table after (id int primary key) with (binlog_level = 'replica')")
    client.execute("insert into after values (1)")
    for end in ("OLDEST", "LATEST"):
        assert rows(client, f"select * from hg_get_binlog_cursor('empty', '{end}', 0)") == []


def test_a_place_by_number_and_by_time(client: Client) -> None:
    for number in range(3, 40):
        client.execute("insert into t values (%s, 'x')", [number])
    log = rows(client, "select hg_binlog_lsn, hg_binlog_timestamp_us from t order by 1")
    for lsn, at_us in (log[0], log[7], log[-1]):
        assert rows(client, "select * from hg_get_binlog_cursor_by_lsn('t', %s, 0)", [lsn]) == [(0, lsn, at_us)]
        first = next(entry for entry in log if entry[1] >= at_us)
        moment = "to_timestamp(0) + %s * interval '1 microsecond'"
        found = f"select * from hg_get_binlog_cursor_by_timestamp('t', {moment}, 0)"
        assert rows(client, found, [at_us]) == [(0, *first)]
    assert rows(client, "select * from hg_get_binlog_cursor_by_lsn('t', -5, 0)") == [(0, *log[0])]
    assert rows(client, "select * from hg_get_binlog_cursor_by_timestamp('t', '2000-01-01', 0)") == [(0, *log[0])]
    before_us = time.time_ns() // 1000
    for asked in ("_by_lsn('t', 9223372036854775807, 0)", "_by_timestamp('t', now(), 0)"):
        [(shard, lsn, at_us)] = rows(client, f"select * from hg_get_binlog_cursor{asked}")
        assert shard == 0 and lsn > log[-1][0] and before_us <= at_us <= time.time_ns() // 1000
    client.execute("insert into t values (99, 'next')")
    assert lsn <= rows(client, "select max(hg_binlog_lsn) from t")[0][0], "the next one is not passed over"


def test_what_has_no_place_is_refused(server: Server, client: Client) -> None:
    client.execute("create table plain (id int primary key)")
    for asked, code in (
        ("('plain', 'LATEST', 0)", "55000"), ("('nowhere', 'LATEST', 0)", "42P01"), ("('t', 'LATEST', 1)", "22023"),
        ("('t', 'NEWEST', 0)", "22023"), ("('t', 'lsn', 0)", "22023"), ("('pg_class', 'LATEST', 0)", "42809"),
        ("_by_timestamp('t', now() + interval '1 hour', 0)", "22023"),
    ):  # fmt: skip
        assert state(client, f"select * from hg_get_binlog_cursor{asked}") == code, asked
    with connected(server, made_user(server, "sharder", allow())) as other:
        client.execute('grant usage on schema sharded to "RAM$sharder"')
        assert state(other, "select * from hg_get_binlog_cursor('sharded.t', 'LATEST', 0)") == "42501"
