"""hologres.hg_table_info, of once a day, and hg_worker_info. Sources: the vendor's pages "View and analyze table
statistics" and "Query the shard allocation among workers"."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

COLUMNS = (
    "db_name schema_name table_name table_id type partition_spec is_partition owner_name create_time last_ddl_time "
    "last_modify_time last_access_time view_def comment hot_storage_size cold_storage_size hot_file_count "
    "cold_file_count table_meta row_count collect_time partition_count parent_schema_name parent_table_name "
    "total_read_count total_write_count read_sql_count_1d write_sql_count_1d"
)
MADE = """
create table t (k int primary key, v text, at timestamptz) with (segment_key = 'at');
comment on table t is 'mine';
insert into t values (1, 'a', now()), (2, 'b', now());
create table p (k int, ds text not null) partition by list (ds);
create table p_1 partition of p for values in ('1') with (storage_mode = 'cold');
create table p_2 partition of p for values in ('2');
insert into p_1 values (1, '1'); insert into p_2 select g, '2' from generate_series(1, 5) g;
create view seen as select k from t;
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose tables are collected again at its second start."""
    with Server(tmp_path_factory.mktemp("days") / "data") as server:
        with connected(server) as client:
            waiting.until(lambda: list(days(server).glob("*.jsonl")))
            assert client.execute("select * from hologres.hg_table_info").fetchall() == []
            client.execute(MADE)
            client.execute("create database second")
        with connected(server, dbname="second") as client:
            client.execute("create table elsewhere (k int)")
        server.stop()
        for path in days(server).glob("*.jsonl"):
            path.unlink()
        server.start()
        connected(server).close()
        waiting.until(lambda: list(days(server).glob("*.jsonl")))
        yield server


def days(server: Server) -> Path:
    return server.data / "holo" / "days"


@pytest.fixture
def client(own: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(own) as made:
        yield made


def asked(client: psycopg.Connection[Any], columns: str, more: str = "") -> list[Any]:
    return client.execute(f"select {columns} from hologres.hg_table_info {more} order by table_name").fetchall()


def test_its_columns(client: psycopg.Connection[Any]) -> None:
    found = client.execute("select * from hologres.hg_table_info limit 1").description
    assert " ".join(one.name for one in found or ()) == COLUMNS


def test_what_tables_were(client: psycopg.Connection[Any]) -> None:
    found = asked(client, "db_name, table_name, type, is_partition, row_count, partition_count, comment")
    assert found == [
        ("second", "elsewhere", "TABLE", False, 0, None, None),
        ("yunbox", "p", "PARTITION TABLE", False, 6, 2, None), ("yunbox", "p_1", "TABLE", True, 1, None, None),
        ("yunbox", "p_2", "TABLE", True, 5, None, None), ("yunbox", "seen", "VIEW", False, None, None, None),
        ("yunbox", "t", "TABLE", False, 2, None, "mine"),
    ]  # fmt: skip
    sized = asked(client, "hot_storage_size > 0, cold_storage_size > 0", "where type = 'TABLE' and row_count > 0")
    assert sized == [(False, True), (True, False), (True, False)]
    parents = asked(client, "parent_schema_name, parent_table_name, partition_spec", "where is_partition")
    assert parents == [("public", "p", "FOR VALUES IN ('1')"), ("public", "p", "FOR VALUES IN ('2')")]
    assert "select k" in asked(client, "view_def", "where type = 'VIEW'")[0][0].lower()
    assert asked(client, "table_id = 't'::regclass::oid::text", "where table_name = 't'") == [(True,)]


def test_the_vendors_queries(client: psycopg.Connection[Any]) -> None:
    """Of the pages "View and analyze table statistics" and "Event time column (segment key)"."""
    scenario = """SELECT db_name, schema_name, table_name, collect_time :: date AS collect_date, hot_storage_size,
        cold_storage_size, hot_file_count, cold_file_count, read_sql_count_1d, write_sql_count_1d, row_count
        FROM hologres.hg_table_info WHERE collect_time > (current_date - interval '1 week')::timestamptz
        AND type ='TABLE' ORDER BY collect_date desc"""
    assert len(client.execute(scenario).fetchall()) == 4
    grouped = """SELECT table_name, tmp_table_info.table_meta ->> 'table_group' AS table_group, tg_info.shard_count
        FROM hologres.hg_table_info tmp_table_info LEFT JOIN (SELECT tablegroup_name, property_value AS shard_count
        FROM hologres.hg_table_group_properties WHERE property_key = 'shard_count') tg_info
        ON tmp_table_info.table_meta ->> 'table_group' = tg_info.tablegroup_name WHERE table_name = 't'"""
    assert client.execute(grouped).fetchall() == [("t", "yunbox_tg_default", "1")]
    nullable = """WITH t1 AS (SELECT table_name, jsonb_array_elements(table_meta::jsonb -> 'columns') cols
        FROM hologres.hg_table_info WHERE table_name = 't')
        SELECT cols ->> 'name' FROM t1 WHERE cols -> 'nullable' = 'true'::jsonb ORDER BY 1"""
    assert client.execute(nullable).fetchall() == [("at",), ("v",)]
    key = "select table_meta::jsonb ->> 'segment_key' from hologres.hg_table_info where table_name = 't'"
    assert client.execute(key).fetchone() == ("at",)


def test_others_see_their_own_tables(own: Server, client: psycopg.Connection[Any]) -> None:
    client.execute("create user plain; set role plain")
    assert asked(client, "table_name") == []
    client.execute("reset role; grant pg_read_all_stats to plain; set role plain")
    assert len(asked(client, "table_name")) == 6
    client.execute("reset role; drop user plain")


def test_workers(client: psycopg.Connection[Any]) -> None:
    client.execute("call hg_create_table_group('empty', 1)")
    found = client.execute("select * from hologres.hg_worker_info order by 2")
    assert [one.name for one in found.description or ()] == [
        "worker_id",
        "table_group_name",
        "shard_id",
        "warehouse_id",
    ]
    assert found.fetchall() == [("id/0", "empty", 0, 1), ("worker_1", "yunbox_tg_default", 0, 1)]
    by_worker = """SELECT worker_id, count(shard_id) AS shard_count, array_agg(shard_id) AS shards
        FROM hologres.hg_worker_info GROUP BY worker_id ORDER BY shard_count DESC"""
    assert len(client.execute(by_worker).fetchall()) == 2
    client.execute("call hg_drop_table_group('empty')")
