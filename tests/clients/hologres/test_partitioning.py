"""Partitions that come and go by themselves: the vendor's page "Dynamic partition management"."""

import datetime
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

until = partial(waiting.until, seconds=30.0)
Client = psycopg.Connection[Any]
TODAY = datetime.datetime.now(datetime.UTC).date
DAILY = """with (auto_partitioning_enable = 'true', auto_partitioning_time_unit = 'DAY',
    auto_partitioning_time_zone = 'UTC', auto_partitioning_num_precreate = '2')"""


def day(days: int) -> str:
    return (TODAY() + datetime.timedelta(days)).strftime("%Y%m%d")


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists rolling; set search_path to rolling")
        yield made


def parts(client: Client, table: str) -> list[str]:
    sought = "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where inhparent = %s::regclass"
    return sorted(name for (name,) in client.execute(sought, [table]).fetchall())


def made(client: Client, name: str, rest: str = DAILY, of: str = "text") -> str:
    client.execute(f"drop table if exists {name}")
    client.execute(f"create table {name} (ds {of} not null, v int, primary key (ds, v)) partition by list (ds) {rest}")
    return name


def test_partitions_come(client: Client) -> None:
    name = made(client, "daily")
    until(lambda: parts(client, name) == [f"daily_{day(0)}", f"daily_{day(1)}"])
    client.execute(f"insert into daily_{day(0)} values (%s, 1)", [day(0)])
    assert client.execute("select v from daily where ds = %s", [day(0)]).fetchone() == (1,)
    found = client.execute("""
        select nsp_name, tbl_name, enable, time_unit, time_zone, num_precreate, num_retention, b.usename = current_user,
            cret_time <= schd_start_time, schd_start_time <= now()
        from hologres.hg_partitioning_config a left join pg_user b on a.cret_user = b.usesysid
        where nsp_name = 'rolling' and tbl_name = 'daily'
    """)
    assert found.fetchone() == ("rolling", "daily", True, "DAY", "UTC", 2, -1, True, True, True)
    log = "select status, message, precreate, discard from hologres.hg_partitioning_log where relname = 'rolling.daily'"
    assert client.execute(log).fetchall()[-1] == ("SUCCESS", "", f"daily_{day(0)},daily_{day(1)}", "")


def test_the_page_s_calls(client: Client) -> None:
    client.execute("drop table if exists tbl1")
    with client.transaction():
        client.execute("create table tbl1 (c1 text not null, c2 text) partition by list (c2)")
        for name, value in (("enable", "true"), ("time_unit", "DAY"), ("time_zone", "UTC"), ("num_precreate", "3"),
                            ("num_retention", "2")):  # fmt: skip
            client.execute(f"call set_table_property ('tbl1', 'auto_partitioning.{name}', '{value}')")
    until(lambda: parts(client, "tbl1") == [f"tbl1_{day(ahead)}" for ahead in range(3)])


def test_old_ones_cool_and_go(client: Client) -> None:
    name = made(client, "aging", "")
    for days in (-1, -2, -3, -4, -400):
        client.execute(f"create table aging_{day(days)} partition of aging for values in ('{day(days)}')")
        client.execute(f"insert into aging_{day(days)} values ('{day(days)}', 1)")
    client.execute("create table other partition of aging for values in ('other')")
    client.execute(f"alter table aging_{day(-400)} set (keep_alive = 'true')")
    client.execute("""alter table aging set (auto_partitioning_enable = 'true', auto_partitioning_time_unit = 'DAY',
        auto_partitioning_time_zone = 'UTC', auto_partitioning_num_precreate = '1', auto_partitioning_num_hot = '1',
        auto_partitioning_num_retention = '3')""")
    kept = [f"aging_{day(days)}" for days in (-400, -3, -2, -1, 0)]
    until(lambda: parts(client, name) == [*kept, "other"])
    modes = dict(
        client.execute("""
        select table_name, property_value from hologres.hg_table_properties
        where table_namespace = 'rolling' and table_name like 'aging%' and property_key = 'storage_mode'
    """).fetchall()
    )
    assert modes == {f"aging_{day(days)}": "cold" for days in (-400, -3, -2)}
    assert client.execute("select count(*) from aging").fetchone() == (4,)  # no row of those that are kept is missed
    client.execute(f"alter table aging_{day(-400)} set (keep_alive = 'false')")
    until(lambda: parts(client, name) == [*kept[1:], "other"])
    log = "select discard from hologres.hg_partitioning_log where relname = 'rolling.aging'"
    assert client.execute(log).fetchall() == [(f"aging_{day(-4)}",), (f"aging_{day(-400)}",)]


def test_what_is_in_the_way_is_told(client: Client) -> None:
    name = made(client, "hindered", "")
    client.execute(f"create table hindered_{day(-9)} partition of hindered for values in ('{day(-9)}')")
    client.execute(f"create view upon as select v from hindered_{day(-9)}")
    client.execute(f"create table hindered_{day(1)} (of_another int)")
    client.execute("""alter table hindered set (auto_partitioning_enable = 'true', auto_partitioning_time_unit = 'DAY',
        auto_partitioning_time_zone = 'UTC', auto_partitioning_num_precreate = '3',
        auto_partitioning_num_retention = '0')""")
    until(lambda: parts(client, name) == [f"hindered_{day(days)}" for days in (-9, 0, 2)])
    log = "select status, message from hologres.hg_partitioning_log where relname = 'rolling.hindered'"
    [(status, message)] = client.execute(log).fetchall()
    assert status == "FAILED"
    assert f'relation "hindered_{day(1)}" already exists' in message
    assert f'partition "hindered_{day(-9)}" was not dropped: views depend on it' in message
    client.execute("drop view upon")
    until(lambda: f"hindered_{day(-9)}" not in parts(client, name))


@pytest.mark.parametrize(("of", "value"), [("date", "%Y-%m-%d"), ("int", "%Y%m%d"), ("varchar(20)", "%Y%m%d")])
def test_keys_of_every_type(client: Client, of: str, value: str) -> None:
    name = made(client, "typed", DAILY, of)
    until(lambda: len(parts(client, name)) == 2)
    found = client.execute(f"select pg_get_expr(relpartbound, oid) from pg_class where relname = 'typed_{day(0)}'")
    assert TODAY().strftime(value) in str(found.fetchone())
    client.execute(f"insert into typed_{day(0)} values ('{TODAY().strftime(value)}', 1)")
    assert client.execute("select count(*) from typed").fetchone() == (1,)


def test_one_that_is_to_begin_later_waits(client: Client) -> None:
    late = DAILY.replace(")", ", auto_partitioning_schd_start_time = '2999-01-01 03:00')")
    waiting, other = made(client, "waiting", late), made(client, "other_one")
    until(lambda: len(parts(client, other)) == 2)
    assert parts(client, waiting) == []
    client.execute("alter table waiting set (auto_partitioning_schd_start_time = '2020-01-01')")
    until(lambda: len(parts(client, waiting)) == 2)


@pytest.mark.parametrize(("said", "sqlstate"), [
    ("auto_partitioning_time_unit = 'WEEK'", "22023"), ("auto_partitioning_num_precreate = '513'", "22023"),
    ("auto_partitioning_num_retention = '-2'", "22023"), ("auto_partitioning_num_hot = 'x'", "22023"),
    ("auto_partitioning_time_zone = 'Nowhere'", "22023"), ("auto_partitioning_schd_start_time = 'noon'", "22007"),
    ("auto_partitioning_enable = 'perhaps'", "22023"), ("auto_partitioning_speed = '1'", "22023"),
    ("auto_partitioning_time_unit = 'DAY', auto_partitioning_time_format = 'YYYY-MM'", "22023"),
    ("keep_alive = 'true'", "22023"),
])  # fmt: skip
def test_what_cannot_be(client: Client, said: str, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(f"create table never (ds text) partition by list (ds) with ({said})")
    assert caught.value.sqlstate == sqlstate
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("select * from never")


def test_what_can_be_said_once(client: Client) -> None:
    name = made(client, "settled")
    for said in ("time_unit = 'HOUR'", "time_zone = 'PRC'"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cannot be changed once it is set"):
            client.execute(f"alter table {name} set (auto_partitioning_{said})")
    client.execute(f"alter table {name} set (auto_partitioning_time_unit = 'day', auto_partitioning_enable = 'false')")
    client.execute("drop table if exists plain; create table plain (a int)")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match='"plain" is not a partitioned table'):
        client.execute("alter table plain set (auto_partitioning_enable = 'true')")


def test_what_was_due_while_nobody_was_there(tmp_path: Path) -> None:
    server = Server(tmp_path, options=("--services", "hologres"))
    server.start()
    with connected(server) as client:
        client.execute(f"create table t (ds text) partition by list (ds) {DAILY}")
        server.kill()
    server.start()
    with connected(server) as client:
        assert parts(client, "t") == [f"t_{day(0)}", f"t_{day(1)}"]
    server.stop()
