"""INSERT OVERWRITE and hg_insert_overwrite. Source: the vendor's page "INSERT OVERWRITE"."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
PARTS = """
drop table if exists sale;
create table sale (shop text, total int, ds text not null, primary key (shop, ds)) partition by list (ds);
create table sale_1 partition of sale for values in ('1');
create table sale_2 partition of sale for values in ('2');
insert into sale_1 values ('a', 1, '1');
insert into sale_2 values ('b', 2, '2');
"""


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists over")
        made.execute("set search_path to over")
        made.execute("drop table if exists t cascade; drop table if exists s")
        made.execute("create table t (k int primary key, v text default 'x', n int) with (orientation = 'row,column')")
        made.execute("create table s (k int, v text, n int)")
        made.execute("insert into t values (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)")
        made.execute("insert into s values (2, 'zwei', 20), (7, 'sieben', 70)")
        yield made


def rows(client: Client, table: str = "t") -> list[Any]:
    return sorted(client.execute(f"select * from {table}").fetchall())


def state(client: Client, statement: str, values: Any = None) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement, values)
    return caught.value.sqlstate


def test_the_rows_of_a_query_are_all_there_is(client: Client, server: Server) -> None:
    with connected(server) as other:
        assert other.execute("select v from over.t where k = 1").fetchone() == ("one",)
        assert client.execute("insert overwrite t select * from s").statusmessage == "INSERT 0 2"
        assert rows(client) == [(2, "zwei", 20), (7, "sieben", 70)]
        assert other.execute("select v from over.t where k = 1").fetchone() is None
        assert other.execute("select v from over.t where k = 7").fetchone() == ("sieben",)
        assert other.execute("select sum(n), count(*) from over.t").fetchone() == (90, 2)


def test_values_columns_parameters_and_nothing(client: Client) -> None:
    client.execute("insert overwrite table t (n, k) values (5, 50), (6, 60)")
    assert rows(client) == [(50, "x", 5), (60, "x", 6)]
    client.execute("insert overwrite t values (%s, %s, %s)", (8, "acht", None))
    assert rows(client) == [(8, "acht", None)]
    client.execute("insert overwrite t select k + %s, v, n from t where n is null", (1,), prepare=True)
    assert rows(client) == [(9, "acht", None)]
    assert client.execute("insert overwrite over.t select * from s where false").statusmessage == "INSERT 0 0"
    assert rows(client) == []
    client.execute("insert into t values (1, 'again')")
    assert rows(client) == [(1, "again", None)]


def test_what_fails_changes_nothing(client: Client) -> None:
    before = rows(client)
    assert state(client, "insert overwrite t select 1, v, n from s") == "23505"
    assert state(client, "insert overwrite t select null::int, v, n from s") == "23502"
    assert state(client, "insert overwrite t select k, v, 1 / (n - 70) from s") == "22012"
    assert state(client, "insert overwrite t select v, v, n from s") == "42804"
    assert state(client, "insert overwrite nowhere select 1") == "42P01"
    assert state(client, "insert overwrite t select * from s on conflict do nothing") == "0A000"
    assert state(client, "insert overwrite t select * from s returning k") == "0A000"
    assert state(client, "insert overwrite t partition (v = 'x') select * from s") == "42809"
    assert state(client, "explain insert overwrite t select * from s") == "0A000"
    with pytest.raises(psycopg.errors.SyntaxError, match="syntax error at end of input"):
        client.execute("insert overwrite t")
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        client.execute("insert overwrite table t select wrong from s")
    assert caught.value.diag.statement_position == str(len("insert overwrite table t select ") + 1)
    assert rows(client) == before


def test_a_table_without_a_key_and_of_its_own_rows(client: Client) -> None:
    client.execute("insert overwrite s select k + 1, v, n from s union all select k, v, n from s")
    assert rows(client, "s") == [(2, "zwei", 20), (3, "zwei", 20), (7, "sieben", 70), (8, "sieben", 70)]
    client.execute("insert overwrite s select * from s union all select * from s")
    assert client.execute("select count(*) from s").fetchone() == (8,)


def test_a_table_stays_what_it_is(client: Client) -> None:
    client.execute("alter table t set (time_to_live_in_seconds = '8640000', bitmap_columns = 'v')")
    client.execute("comment on table t is 'mine'; create view seen as select k, n from t where n > 10")
    told = "select oid, relname, obj_description(oid, 'pg_class') from pg_class where relname = 't' and relkind = 'r'"
    kept = "select property_key, property_value from hologres.hg_table_properties where table_name = 't' order by 1"
    before = client.execute(told).fetchall(), client.execute(kept).fetchall()
    client.execute("insert overwrite t select * from s")
    assert (client.execute(told).fetchall(), client.execute(kept).fetchall()) == before
    assert rows(client, "seen") == [(2, 20), (7, 70)]


def test_blocks(client: Client, server: Server) -> None:
    before = rows(client)
    with connected(server, autocommit=False) as block:
        block.execute("set search_path to over")
        block.execute("insert overwrite t select * from s")
        block.execute("update t set n = n + 1 where k = 7")
        block.execute("insert into t values (9, 'neun')")
        mine = [(2, "zwei", 20), (7, "sieben", 71), (9, "neun", None)]
        assert rows(block) == mine
        assert block.execute("select v from t where k = 7").fetchone() == ("sieben",)
        assert rows(client) == before
        assert state(block, "create table u (k int)") == "0A000"
        block.rollback()
        assert rows(client) == before
        block.execute("set search_path to over")
        block.execute("insert overwrite t select * from s")
        block.execute("update t set n = n + 1 where k = 7")
        block.execute("delete from t where v = 'zwei'")
        block.commit()
        assert rows(client) == [(7, "sieben", 71)]
        block.execute("set search_path to over")
        block.execute("create table if not exists u (k int)")
        assert state(block, "insert overwrite t select * from s") == "0A000"
    assert state(client, "begin; call hg_insert_overwrite('t', 'select * from s')") == "25001"
    client.execute("rollback")
    with connected(server, autocommit=False) as block:
        block.execute("insert overwrite over.t select k, v, n + 1 from over.t")
        client.execute("update t set n = 500 where k = 7")
        with pytest.raises(psycopg.errors.SerializationFailure):
            block.commit()
    assert rows(client) == [(7, "sieben", 500)]


def test_a_cursor_that_is_open_goes_on(client: Client, server: Server) -> None:
    client.execute("insert overwrite t select g, 'old', g from generate_series(1, 20000) g")
    with connected(server, autocommit=False) as reader:
        reader.execute("declare c cursor for select v, count(*) over () from over.t")
        assert reader.execute("fetch 1 from c").fetchall() == [("old", 20000)]
        client.execute("insert overwrite t select g, 'new', g from generate_series(1, 10) g")
        assert len(reader.execute("fetch all from c").fetchall()) == 19999


def test_rights(client: Client, server: Server) -> None:
    client.execute("drop user if exists writer")
    client.execute("create user writer; grant usage on schema over to writer")
    client.execute("grant select on s to writer; grant select, insert on t to writer; set role writer")
    assert state(client, "insert overwrite t select * from s") == "42501"
    client.execute("reset role; grant truncate on t to writer; set role writer")
    client.execute("insert overwrite t select * from s")
    assert state(client, "call hg_insert_overwrite('t', 'select * from s')") == "42501"
    client.execute("reset role; drop owned by writer; drop user writer")
    client.execute("set default_transaction_read_only to on")
    assert state(client, "insert overwrite t select * from s") == "25006"


def test_binlogs_are_to_be_off(client: Client) -> None:
    client.execute("alter table t set (binlog_level = 'replica')")
    assert state(client, "insert overwrite t select * from s") == "0A000"
    assert state(client, "call hg_insert_overwrite('t', 'select * from s')") == "0A000"
    client.execute("set hg_experimental_generate_binlog to off")
    client.execute("insert overwrite t select * from s")
    assert rows(client) == [(2, "zwei", 20), (7, "sieben", 70)]
    assert client.execute("select count(hg_binlog_lsn) from t").fetchone() == (0,)


def test_the_procedure(client: Client) -> None:
    assert client.execute("call hg_insert_overwrite('t', 'select * from s;')").statusmessage == "CALL"
    assert rows(client) == [(2, "zwei", 20), (7, "sieben", 70)]
    client.execute("CALL HG_INSERT_OVERWRITE('over.t'::regclass, $$select k, 'it''s', n from s -- all$$)")
    assert rows(client) == [(2, "it's", 20), (7, "it's", 70)]
    client.execute("call hg_insert_overwrite(%s, %s)", ("t", "select 1, 'p', 2"))
    assert rows(client) == [(1, "p", 2)]
    with pytest.raises(psycopg.errors.InvalidColumnReference, match='table "hg_alias" has 2 columns available but 3'):
        client.execute("call hg_insert_overwrite('t', 'select k, v from s')")
    with pytest.raises(psycopg.errors.DatatypeMismatch, match='column "n" is of type integer but expression is of'):
        client.execute("call hg_insert_overwrite('t', 'select k, v, v from s')")
    assert state(client, "call hg_insert_overwrite('t', 'select k, v, n, 1 from s')") == "42601"
    assert state(client, "call hg_insert_overwrite('t', 'delete from s')") == "42601"
    assert state(client, "call hg_insert_overwrite('t', 'select 1; select 2')") == "42601"
    assert state(client, "call hg_insert_overwrite('t')") == "42883"
    assert state(client, "call hg_insert_overwrite('t', null)") == "22004"
    assert state(client, "call hg_insert_overwrite('t', '1', 'select * from s')") == "22023"
    assert state(client, "call hg_insert_overwrite('nowhere', 'select 1')") == "42P01"
    client.execute("create table g (k int primary key, d int generated always as (k + 1) stored)")
    assert state(client, "call hg_insert_overwrite('g', 'select 1, 2')") == "0A000"
    client.execute("insert overwrite g select 4")
    assert rows(client, "g") == [(4, 5)]
    client.execute("drop table g")


def test_partitions(client: Client) -> None:
    client.execute(PARTS)
    assert state(client, "insert overwrite sale select 'x', 9, '1'") == "0A000"
    client.execute("insert overwrite sale_1 select 'x', 9, '1'")
    assert rows(client, "sale") == [("b", 2, "2"), ("x", 9, "1")]
    assert state(client, "insert overwrite sale_1 select 'x', 9, '2'") == "23514"
    # of no partition in particular: those of the rows
    client.execute("call hg_insert_overwrite('sale', $$values ('y', 1, '2'), ('z', 2, '2')$$)")
    assert rows(client, "sale") == [("x", 9, "1"), ("y", 1, "2"), ("z", 2, "2")]
    missing = "call hg_insert_overwrite('sale', $$values ('n', 1, '1'), ('z', 2, '3')$$"
    assert state(client, missing + ")") == "23514"
    assert state(client, missing + ", false)") == "23514"
    assert rows(client, "sale") == [("x", 9, "1"), ("y", 1, "2"), ("z", 2, "2")]
    client.execute(missing + ", true)")
    assert rows(client, "sale") == [("n", 1, "1"), ("y", 1, "2"), ("z", 2, "2"), ("z", 2, "3")]
    assert rows(client, "sale_3") == [("z", 2, "3")]
    # of some: others are left, and those without rows are emptied
    call = "call hg_insert_overwrite('sale', {}, $$select 'q', 5, '1' union all select 'q', 5, '3'$$)"
    client.execute(call.format("'{1,2}'::text[]"))
    assert rows(client, "sale") == [("q", 5, "1"), ("z", 2, "3")]
    assert state(client, call.format("array['1', '4']").replace("'3'", "'4'")) == "23514"
    client.execute(call.format("'3'"))
    assert rows(client, "sale") == [("q", 5, "1"), ("q", 5, "3")]
    client.execute("call hg_insert_overwrite('sale', '5', $$select 'f', 5, '5' union all select 'f', 6, '1'$$)")
    assert rows(client, "sale") == [("f", 5, "5"), ("q", 5, "1"), ("q", 5, "3")]
    client.execute("call hg_insert_overwrite('sale', %s::text[], %s, %s)", (["1", "6"], "values ('g', 1, '6')", True))
    assert rows(client, "sale") == [("f", 5, "5"), ("g", 1, "6"), ("q", 5, "3")]
    assert state(client, "call hg_insert_overwrite('sale', $$values ('n', 1, null)$$)") == "23514"
    assert state(client, "call hg_insert_overwrite('sale', $$values ('n', 1, '1'), ('n', 2, '1')$$)") == "23505"
    client.execute("drop table sale")


def test_readers_see_the_old_rows_or_the_new_ones(client: Client, server: Server) -> None:
    client.execute("insert overwrite t select g, '0', 0 from generate_series(1, 500) g")
    stop, wrong = threading.Event(), []

    def read(statement: str) -> None:
        with connected(server) as reader:
            while not stop.is_set():
                found = reader.execute(statement).fetchall()
                if len({row[0] for row in found}) != 1 or len(found) not in (1, 500):
                    wrong.append(found[:3])

    asked = (
        "select n from over.t",
        "select v from over.t where k = 250",
        "select count(*) from over.t having count(*) = 500",
    )
    readers = [threading.Thread(target=read, args=(one,)) for one in asked]
    for one in readers:
        one.start()
    for turn in range(1, 30):
        client.execute(f"insert overwrite t select g, '{turn}', {turn} from generate_series(1, 500) g")
    stop.set()
    for one in readers:
        one.join()
    assert not wrong


def test_no_update_is_lost(client: Client, server: Server) -> None:
    """Each client counts up, by itself or by an overwrite that reads what it overwrites."""
    client.execute("insert overwrite t values (1, 'c', 0)")
    done = []

    def count(statement: str) -> None:
        with connected(server) as writer:
            writer.execute("set search_path to over")
            for _ in range(12):
                while True:
                    try:
                        writer.execute(statement)
                    except psycopg.errors.SerializationFailure:
                        continue
                    done.append(1)
                    break

    asked = ("insert overwrite t select k, v, n + 1 from t", "update t set n = n + 1 where k = 1")
    writers = [threading.Thread(target=count, args=(one,)) for one in asked * 2]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert rows(client) == [(1, "c", len(done))] == [(1, "c", 48)]


def test_many_rows(client: Client) -> None:
    client.execute(
        "insert overwrite t select g::bigint * 7919 % 400009, 'row ' || g, g from generate_series(1, 400000) g"
    )
    assert client.execute("select count(*), sum(n), min(v) from t").fetchone() == (400000, 80000200000, "row 1")
    assert client.execute("select n from t where k = 7919").fetchone() == (1,)
    again = "insert overwrite t select g % 399999, 'row', g from generate_series(1, 400000) g"
    assert state(client, again) == "23505"
    assert client.execute("select count(*) from t").fetchone() == (400000,)


def test_a_statement_that_is_cancelled_leaves_nothing(client: Client) -> None:
    before = rows(client)
    timer = threading.Timer(0.7, client.cancel)
    timer.start()
    began = time.monotonic()
    assert state(client, "insert overwrite t select g, 'new', g from generate_series(1, 50000000) g") == "57014"
    assert time.monotonic() - began < 5
    assert rows(client) == before
    client.execute("set statement_timeout to '300ms'")
    assert state(client, "call hg_insert_overwrite('t', 'select g, null::text, g from generate_series(1, 50000000) g')")
    client.execute("reset statement_timeout")
    client.execute("insert overwrite t select * from s")
    assert rows(client) == [(2, "zwei", 20), (7, "sieben", 70)]
