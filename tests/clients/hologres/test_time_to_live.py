"""Rows that live for some time, as `time_to_live_in_seconds` says: they go some time after it is over."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

until = partial(waiting.until, seconds=30.0)
Client = psycopg.Connection[Any]
COLUMNS = "k int primary key, v text"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists living; set search_path to living")
        yield made


def made(client: Client, name: str, rest: str) -> str:
    client.execute(f"drop table if exists {name}")
    client.execute(f"create table {name} ({COLUMNS}) {rest}")
    return name


@pytest.mark.parametrize("orientation", ["row", "column", "row,column"])
def test_rows_go_from_look_ups_and_from_queries(client: Client, orientation: str) -> None:
    name = made(client, "short", f"with (orientation = '{orientation}', time_to_live_in_seconds = '1')")
    client.execute(f"insert into {name} select g, 'row ' || g from generate_series(1, 3000) g")
    with client.cursor() as cursor, cursor.copy(f"copy {name} from stdin") as copy:
        copy.write("".join(f"{k}\tcopied\n" for k in range(4000, 5000)))
    client.execute(f"insert into {name} values (6000, 'one')")
    until(lambda: client.execute(f"select count(*), count(distinct v) from {name}").fetchone() == (0, 0))
    assert client.execute(f"select * from {name} where k = 7").fetchall() == []
    assert client.execute(f"select hologres.hg_relation_size('living.{name}') < 100000").fetchone() == (True,)
    client.execute(f"insert into {name} values (7, 'again')")
    assert client.execute(f"select v from {name} where k = 7").fetchone() == ("again",)


def test_others_stay(client: Client) -> None:
    name = made(client, "long", "with (time_to_live_in_seconds = '86400')")
    forever = made(client, "forever", "")
    for table in (name, forever):
        client.execute(f"insert into {table} values (1, 'x')")
    short = made(client, "gone", "with (time_to_live_in_seconds = '1')")
    client.execute(f"insert into {short} values (1, 'x')")
    until(lambda: client.execute(f"select count(*) from {short}").fetchone() == (0,))
    for table in (name, forever):
        assert client.execute(f"select count(*) from {table}").fetchone() == (1,)
    said = "select property_value from hologres.hg_table_properties where table_name = %s and property_key = %s"
    assert client.execute(said, ["long", "time_to_live_in_seconds"]).fetchone() == ("86400",)


def test_a_rule_for_rows_that_are_there(client: Client) -> None:
    name = made(client, "before", "")
    client.execute(f"insert into {name} select g, 'x' from generate_series(1, 2500) g")
    client.execute(f"call set_table_property('{name}', 'time_to_live_in_seconds', '1')")
    until(lambda: client.execute(f"select count(*) from {name}").fetchone() == (0,))
    client.execute(f"alter table {name} set (time_to_live_in_seconds = '3153600000')")
    client.execute(f"insert into {name} values (1, 'kept')")
    assert client.execute(f"select count(*) from {name}").fetchone() == (1,)


def test_partitions_take_the_rule_over(client: Client) -> None:
    client.execute("drop table if exists parted")
    client.execute("create table parted (ds text, v int) partition by list (ds) with (time_to_live_in_seconds = '1')")
    client.execute("create table parted_a partition of parted for values in ('a')")
    client.execute("insert into parted_a values ('a', 1), ('a', 2)")
    until(lambda: client.execute("select count(*) from parted").fetchone() == (0,))


def test_it_is_no_change_of_anybody(client: Client) -> None:
    name = made(client, "logged", "with (binlog_level = 'replica', time_to_live_in_seconds = '1')")
    client.execute(f"insert into {name} values (1, 'x')")
    until(lambda: client.execute(f"select count(*) from {name}").fetchone() == (0,))
    assert client.execute(f"select hg_binlog_event_type, k from {name}").fetchall() == [(5, 1)]


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5"])
def test_what_is_no_time(client: Client, value: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="time_to_live_in_seconds"):
        client.execute(f"create table never (k int) with (time_to_live_in_seconds = '{value}')")
