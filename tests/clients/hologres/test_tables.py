"""Tables that clients make, fill and read by primary key, and what blocks make of that; through psycopg 3."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.clients.hologres.clients import connected, raw
from tests.unit.services.hologres.raw import FLUSH, SYNC, bind, execute, fields, parse
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
WRITERS, EACH = 32, 10


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists own")
        made.execute("set search_path to own, public")
        yield made


@pytest.fixture
def table() -> str:
    return f"t_{uuid4().hex}"


def state(caught: pytest.ExceptionInfo[psycopg.Error]) -> str | None:
    return caught.value.sqlstate


def test_rows_come_back_as_they_went_in(client: Client, table: str) -> None:
    client.execute(
        f"create table {table} (k bigint primary key, i int, t text, n numeric(12,3), d date, ts timestamptz,"
        " b boolean, y bytea, a int[], j jsonb, f double precision) with (orientation = 'row')"
    )
    now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    given = (1, -7, "ä\n'", Decimal("1.5"), date(1999, 12, 31), now, True, b"\0\xff", [1, None], '{"b": 1}', 0.1)
    insert = f"insert into {table} values (" + ", ".join(["%s"] * 11) + ")"
    assert client.execute(insert, given).statusmessage == "INSERT 0 1"
    wanted = (1, -7, "ä\n'", Decimal("1.500"), date(1999, 12, 31), now, True, b"\0\xff", [1, None], {"b": 1}, 0.1)
    for binary in (False, True):
        found = client.execute(f"select * from {table} where k = %s", (1,), binary=binary).fetchone()
        assert found == wanted
    client.execute("set timezone to 'Asia/Shanghai'")
    found = client.execute(f"select ts from {table} where k = 1").fetchone()
    assert found is not None
    assert (found[0], found[0].utcoffset().total_seconds()) == (now, 8 * 3600)


def test_columns_are_named_and_typed_as_they_are(client: Client, table: str) -> None:
    client.execute(f'create table {table} (k int primary key, "Aa" varchar(5), n numeric)')
    cursor = client.execute(f'select "Aa" as x, n, k from {table} where k = 1')
    assert cursor.description is not None
    assert [(one.name, one.type_code) for one in cursor.description] == [("x", 1043), ("n", 1700), ("k", 23)]
    assert (cursor.description[0].display_size, cursor.description[1].precision) == (5, 38)


def test_many_keys_are_looked_up_at_once(client: Client, table: str) -> None:
    client.execute(f"create table {table} (a int, b text, v int, primary key (b, a))")
    client.execute(f"insert into {table} values (1, 'x', 10), (2, 'x', 20), (1, 'y', 30)")
    query = f"select v from {table} where "
    assert client.execute(query + "a in (1, 2, 9) and b = 'x'").fetchall() == [(10,), (20,)]
    assert client.execute(query + "a = any(%s) and b = any(%s)", ([1], ["x", "y"])).fetchall() == [(10,), (30,)]
    assert client.execute(query + "a = %s and b = %s", (2, None)).fetchall() == []


def test_keys_that_are_there_and_nulls_are_refused(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v text not null)")
    client.execute(f"insert into {table} values (1, 'a')")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        client.execute(f"insert into {table} values (2, 'b'), (1, 'c')")
    assert caught.value.diag.message_detail == "Key (k)=(1) already exists."
    assert caught.value.diag.constraint_name == f"{table}_pkey"
    with pytest.raises(psycopg.errors.NotNullViolation):
        client.execute(f"insert into {table} (k) values (3)")
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        client.execute(f"insert into {table} values (3000000000, 'x')")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        client.execute(f"insert into {table} values ('x', 'x')")
    assert client.execute(f"select * from {table} where k in (1, 2, 3)").fetchall() == [(1, "a")]


def test_values_are_made_to_fit_their_columns(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v varchar(3), c char(3), n numeric(4,1))")
    client.execute(f"insert into {table} values (1, 'ab   ', 'x', 12.34)")
    assert client.execute(f"select v, c, n from {table} where k = 1").fetchone() == ("ab ", "x  ", Decimal("12.3"))
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        client.execute(f"insert into {table} values (2, 'abcd', 'x', 1)")
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        client.execute(f"insert into {table} values (2, 'a', 'x', 1234)")


@pytest.mark.parametrize(
    ("column", "value", "sqlstate"),
    [("numeric", "NaN", "0A000"), ("timestamp", "294270-01-01", "22008"), ("int[]", "{{1,2},{3,4}}", "0A000")],
)
def test_values_that_no_copy_could_have_are_refused(
    client: Client, table: str, column: str, value: str, sqlstate: str
) -> None:
    client.execute(f"create table {table} (k int primary key, v {column})")
    for statement in (f"insert into {table} values (1, %s)", f"insert into {table} values (1, '{value}')"):
        with pytest.raises(psycopg.Error) as caught:
            client.execute(statement, (value,) if "%s" in statement else None)
        assert state(caught) == sqlstate
    with pytest.raises(psycopg.Error) as caught:
        copied(client, f"copy {table} from stdin", (1, value))
    assert state(caught) == sqlstate


def test_upserts(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int default 5, w text)")
    upsert = (
        f"insert into {table} as t (k, w) values (%s, %s) on conflict (k) do update set v = t.v + 1, w = excluded.w"
    )
    for word in ("a", "b", "c"):
        assert client.execute(upsert, (1, word)).statusmessage == "INSERT 0 1"
    assert client.execute(f"select * from {table} where k = 1").fetchone() == (1, 7, "c")
    ignore = f"insert into {table} values (1, 0, ''), (2, default, 'n') on conflict do nothing"
    assert client.execute(ignore).statusmessage == "INSERT 0 1"
    assert client.execute(f"select v from {table} where k = 2").fetchone() == (5,)
    with pytest.raises(psycopg.errors.CardinalityViolation):
        client.execute(f"insert into {table} values (7, 1), (7, 2) on conflict (k) do update set v = excluded.v")
    with pytest.raises(psycopg.Error) as caught:
        client.execute(f"insert into {table} values (7, 1) on conflict (v) do nothing")
    assert state(caught) == "42P10"
    assert client.execute(f"select * from {table} where k = 7").fetchone() is None


def test_updates_and_deletes_by_key_give_back_rows(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    client.execute(f"insert into {table} values (1, 10), (2, 20)")
    update = f"update {table} set v = v - 3 where k = %s returning *"
    assert client.execute(update, (1,)).fetchall() == [(1, 7)]
    assert client.execute(update, (9,)).fetchall() == []
    assert client.execute(f"delete from {table} where k in (1, 2) returning v").fetchall() == [(7,), (20,)]
    assert client.execute(f"delete from {table} where k = 1").statusmessage == "DELETE 0"
    client.execute(f"insert into {table} values (1, 2147483647)")
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        client.execute(f"update {table} set v = v + 1 where k = 1")


def test_no_update_is_lost_between_many_clients(server: Server, client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")

    def work() -> None:
        with connected(server) as own:
            for _ in range(EACH):
                own.execute(
                    f"insert into own.{table} as t values (1, 1) on conflict (k) do update set v = t.v + excluded.v"
                )

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.execute(f"select v from {table} where k = 1").fetchone() == (WRITERS * EACH,)


# -- blocks


def test_a_block_is_done_whole_or_not_at_all(server: Server, client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    with connected(server, options="-c search_path=own", autocommit=False) as block:
        block.execute(f"insert into {table} values (1, 1)")
        assert block.execute(f"select v from {table} where k = 1").fetchone() == (1,)
        assert client.execute(f"select v from {table} where k = 1").fetchone() is None
        block.rollback()
        assert block.execute(f"select v from {table} where k = 1").fetchone() is None
        with pytest.raises(psycopg.errors.UniqueViolation):
            block.execute(f"insert into {table} values (2, 2), (2, 3)")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            block.execute(f"insert into {table} values (2, 2)")
        block.rollback()
        block.execute(f"insert into {table} values (3, 3)")
        block.execute(f"update {table} set v = 4 where k = 3")
        block.commit()
    assert client.execute(f"select k, v from {table} where k in (1, 2, 3)").fetchall() == [(3, 4)]


def test_savepoints_undo_what_came_after_them(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key)")
    with client.transaction():
        client.execute(f"insert into {table} values (1)")
        with pytest.raises(ZeroDivisionError), client.transaction():
            client.execute(f"insert into {table} values (2)")
            raise ZeroDivisionError
        with pytest.raises(psycopg.errors.UniqueViolation), client.transaction():
            client.execute(f"insert into {table} values (1)")
        with client.transaction():
            client.execute(f"insert into {table} values (3)")
    assert client.execute(f"select * from {table} where k in (1, 2, 3)").fetchall() == [(1,), (3,)]


def test_a_block_that_others_have_overtaken_fails(server: Server, client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    with connected(server, options="-c search_path=own", autocommit=False) as block:
        block.execute(f"insert into {table} values (1, 1)")
        client.execute(f"insert into {table} values (1, 2)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            block.commit()
        assert block.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert client.execute(f"select v from {table} where k = 1").fetchone() == (2,)


def test_several_statements_in_one_text_are_done_together(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        client.execute(f"insert into {table} values (1); insert into {table} values (1)")
    assert client.execute(f"select * from {table} where k = 1").fetchone() is None
    client.execute(f"insert into {table} values (1); insert into {table} values (2)")
    assert len(client.execute(f"select * from {table} where k in (1, 2)").fetchall()) == 2


# -- definitions


def test_tables_are_made_with_their_properties_in_a_block(client: Client, table: str) -> None:
    with client.transaction():
        client.execute(f"create table {table} (k int not null, v text, primary key (k))")
        client.execute(f"call set_table_property('{table}', 'orientation', 'row')")
        client.execute(f"call set_table_property('{table}', 'time_to_live_in_seconds', '3153600000')")
        client.execute(f"insert into {table} values (1, 'x')")
    assert client.execute(f"select v from {table} where k = 1").fetchone() == ("x",)
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        client.execute(f"call set_table_property('{table}', 'orientation', 'column')")
    client.execute(f"call set_table_property('{table}', 'bitmap_columns', 'v:on')")


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("create table {t} (k int primary key)", "42P07"),
        ("create table {t}2 (k int, k text)", "42701"),
        ("create table {t}2 (k nothing)", "42704"),
        ("create table {t}2 (k float8 primary key)", "0A000"),
        ("create table {t}2 (k int primary key, primary key (k))", "42P16"),
        ("create table {t}2 (k int, primary key (x))", "42703"),
        ("create table {t}2 (k int) with (orientation = 'row')", "42P16"),
        ("create table {t}2 (k int) with (orientation = 'diagonal')", "22023"),
        ("create table {t}2 (k int) with (colour = 'red')", "22023"),
        ("create table {t}2 (k int primary key, v int) with (distribution_key = 'v')", "42P16"),
        ("create table {t}2 (k int primary key) with (time_to_live_in_seconds = '0')", "22023"),
        ("create table {t}2 (k serial[])", "0A000"),
        ('create table {t}2 (k "char")', "0A000"),
        ("create table {t}2 (k int primary key, n numeric(39, 1))", "22023"),
        ("create table {t}2 (k int primary key, n numeric(3, 4))", "22023"),
        ("create table {t}2 (k int unique)", "0A000"),
        ("create table none.{t}2 (k int)", "3F000"),
        ("create table pg_catalog.{t}2 (k int)", "42501"),
        ("create table {t}2 (k int", "42601"),
        ("drop table {t}2", "42P01"),
        ("truncate {t}2", "42P01"),
        ("create schema own", "42P06"),
        ("drop schema own", "2BP01"),
        ("alter table {t} add column k int", "42701"),
        ("alter table {t} drop column x", "42703"),
        ("alter table {t} drop column k", "0A000"),
        ("comment on table {t}2 is 'x'", "42P01"),
    ],
)
def test_what_cannot_be_defined_is_refused(client: Client, table: str, statement: str, sqlstate: str) -> None:
    client.execute(f"create table {table} (k int primary key)")
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement.format(t=table))
    assert state(caught) == sqlstate


def test_tables_are_altered_emptied_and_dropped(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v text)")
    client.execute(f"insert into {table} values (1, 'old')")
    query = f"select * from {table} where k = 1"
    client.execute(f"alter table {table} add column n int, add column if not exists v text")
    assert client.execute(query).fetchone() == (1, "old", None)
    client.execute(f"alter table {table} drop column v")
    client.execute(f"alter table {table} rename column n to m")
    client.execute(f"insert into {table} (k, m) values (2, 7)")
    assert client.execute(f"select * from {table} where k in (1, 2)").fetchall() == [(1, None), (2, 7)]
    client.execute(f"alter table {table} rename to {table}_new")
    client.execute(f"truncate table {table}_new")
    assert client.execute(f"select m from {table}_new where k = 2").fetchone() is None
    client.execute(f"drop table {table}_new")
    client.execute(f"drop table if exists {table}_new")


def test_a_prepared_statement_goes_on_with_a_table_that_was_made_again(client: Client, table: str) -> None:
    query = f"select v from {table} where k = %s"
    client.execute(f"create table {table} (k int primary key, v int)")
    client.execute(f"insert into {table} values (1, 1)")
    assert client.execute(query, (1,), prepare=True).fetchone() == (1,)
    client.execute(f"truncate {table}")
    assert client.execute(query, (1,), prepare=True).fetchone() is None
    client.execute(f"alter table {table} rename v to w")
    with pytest.raises(psycopg.Error) as caught:
        client.execute(query, (1,), prepare=True)
    assert state(caught) in ("42703", "0A000")


def test_queries_see_what_was_written_just_before(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    for number in range(5):
        client.execute(f"insert into {table} values (%s, %s)", (number, number * 10))
        found = client.execute(f"select count(*), sum(v) from {table}").fetchone()
        assert found == (number + 1, sum(range(number + 1)) * 10)
    client.execute(f"delete from {table} where k = 0")
    assert client.execute(f"select min(k) from {table}").fetchone() == (1,)


def test_a_query_amid_a_block_sees_what_the_block_has_changed(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    client.execute(f"insert into {table} values (1, 1), (2, 2), (3, 3)")
    with client.transaction(force_rollback=True):
        assert client.execute(f"select sum(v) from {table}").fetchone() == (6,)
        client.execute(f"insert into {table} values (4, 10)")
        client.execute(f"delete from {table} where k = 1")
        client.execute(f"update {table} set v = 5 where k = 2")
        assert client.execute(f"select sum(v), count(*) from {table}").fetchone() == (18, 3)
    assert client.execute(f"select sum(v) from {table}").fetchone() == (6,)


def test_a_prepared_query_follows_its_table(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    client.execute(f"prepare {table} as select sum(v) from {table}")
    client.execute(f"insert into {table} values (1, 7)")
    assert client.execute(f"execute {table}").fetchone() == (7,)
    client.execute(f"truncate {table}")
    assert client.execute(f"execute {table}").fetchone() == (None,)
    client.execute(f"drop table {table}")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute(f"execute {table}")


def test_a_prepared_statement_whose_table_is_gone(server: Server, client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key)")
    with connected(server, options="-c search_path=own") as other:
        query = f"select k from {table} where k = %s"
        assert other.execute(query, (1,), prepare=True).fetchone() is None
        client.execute(f"drop table {table}")
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.execute(query, (1,), prepare=True)
        client.execute(f"create table {table} (k text primary key)")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            other.execute(query, (1,), prepare=True)


def test_rows_outlive_the_server(server: Server, client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v int)")
    client.execute(f"insert into {table} values (1, 1)")
    server.stop()
    server.start()
    with connected(server) as again:
        assert again.execute(f"select v from own.{table} where k = 1").fetchone() == (1,)


# -- COPY


def copied(client: Client, statement: str, *rows: tuple[Any, ...]) -> int:
    with client.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return cursor.rowcount


def test_rows_are_copied_in_whole_or_not_at_all(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k int primary key, v varchar(3) default 'new', n numeric(5,2))")
    assert copied(client, f"copy {table} (k, n) from stdin", (1, Decimal("1.005")), (2, None)) == 2
    query = f"select * from {table} where k in (1, 2, 3, 4)"
    assert client.execute(query).fetchall() == [(1, "new", Decimal("1.01")), (2, "new", None)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        copied(client, f"copy {table} (k) from stdin", (3,), (1,))
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        copied(client, f"copy {table} (k, v) from stdin", (3, "a"), (4, "abcd"))
    assert len(client.execute(query).fetchall()) == 2
    given = f"copy {table} (k, v) from stdin with (stream_mode true, on_conflict "
    assert copied(client, given + "update)", (1, "x"), (3, "y"), (1, "z")) == 3
    copied(client, given + "ignore)", (1, "no"), (4, "w"))
    found = client.execute(f"select k, v from {table} where k in (1, 2, 3, 4)").fetchall()
    assert found == [(1, "z"), (2, "new"), (3, "y"), (4, "w")]


def sent(client: Client, statement: str, data: str) -> int:
    with client.cursor() as cursor:
        with cursor.copy(statement) as copy:
            copy.write(data)
        return cursor.rowcount


@pytest.mark.parametrize(("columns", "state"), [("", "0A000"), ("(k)", "0A000"), ("(k, e)", "42P10")])
def test_generated_columns_are_not_copied_in(client: Client, table: str, columns: str, state: str) -> None:
    client.execute(f"create table {table} (k int primary key, e int generated always as (k + 1) stored)")
    with pytest.raises(psycopg.Error) as caught:
        sent(client, f"copy {table} {columns} from stdin", "1\t9\n")
    assert caught.value.sqlstate == state
    assert client.execute(f"select count(*) from {table}").fetchone() == (0,)


def test_many_lines_among_which_are_odd_ones(client: Client, table: str) -> None:
    client.execute(f"create table {table} (k bigint primary key, v text, f float8, at timestamp, n int default 7)")
    lines = [f"{k}\tname {k}\t{k / 2}\t2026-01-01 00:00:{k % 60:02}\n" for k in range(20_000)]
    lines[7777] = "+7777\ta\\tb\t1e3\tJan 2 2026\n"
    lines[9999] = "9999\t\\N\t\\N\t\\N\n"
    into = f"copy {table} (k, v, f, at) from stdin"
    assert sent(client, into, "".join(lines)) == 20_000
    query = f"select v, f, at::text, n from {table} where k = %s"
    assert client.execute(query, (7777,)).fetchone() == ("a\tb", 1000.0, "2026-01-02 00:00:00", 7)
    assert client.execute(query, (9999,)).fetchone() == (None, None, None, 7)
    assert client.execute(query, (20_000 - 1,)).fetchone() == ("name 19999", 9999.5, "2026-01-01 00:00:19", 7)
    assert client.execute(f"select count(*), sum(k) from {table}").fetchone() == (20_000, sum(range(20_000)))
    with pytest.raises(psycopg.errors.UniqueViolation, match=r"Key \(k\)=\(12345\) already exists"):
        sent(client, into, "30000\ta\t1\t2026-01-01\n" + lines[12_345] + lines[5])
    lines[15_000] = "x\tname\t1\t2026-01-01\n"
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as caught:
        sent(client, into, "".join(line.replace("\t", "0000\t", 1) for line in lines[14_000:16_000]))
    assert caught.value.diag.context == f'COPY {table}, line 1001, column k: "x0000"'
    assert client.execute(f"select count(*) from {table}").fetchone() == (20_000,)
    csv = "k,v\n" + "".join(f'{k},"a ""quoted""\nline"\n{k + 1},plain\n{k + 2},\n' for k in range(50_000, 80_000, 3))
    assert sent(client, f"copy {table} (k, v) from stdin (format csv, header)", csv) == 30_000
    found = client.execute(f"select k, v from {table} where k in (50000, 50001, 50002, 79999)").fetchall()
    assert found == [(50_000, 'a "quoted"\nline'), (50_001, "plain"), (50_002, None), (79_999, None)]


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("copy {t}2 from stdin", "42P01"),
        ("copy {t} (x) from stdin", "42703"),
        ("copy {t} (k, k) from stdin", "42701"),
        ("copy {t} from stdin with (on_conflict perhaps)", "22023"),
    ],
)
def test_what_cannot_be_copied_is_refused(client: Client, table: str, statement: str, sqlstate: str) -> None:
    client.execute(f"create table {table} (k int primary key)")
    with pytest.raises(psycopg.Error) as caught:
        copied(client, statement.format(t=table), (1,))
    assert state(caught) == sqlstate


class TestPipelines:
    def test_it_is_done_whole_or_not_at_all(self, client: Client, table: str) -> None:
        client.execute(f"create table {table} (k int primary key, v int)")
        client.execute(f"insert into {table} values (1, 1)")
        with pytest.raises(psycopg.errors.UniqueViolation), client.pipeline():
            for key in (10, 11, 1, 12):
                client.execute(f"insert into {table} values ({key}, 0)")
        assert client.execute(f"select k from {table} where k > 0 + 0").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.cursor().executemany(f"insert into {table} values (%s, 0)", [(20,), (21,), (1,)])
        assert client.execute(f"select k from {table} where k in (1, 20, 21)").fetchall() == [(1,)]
        cursor = client.cursor()
        cursor.executemany(f"insert into {table} values (%s, %s)", [(key, key) for key in range(100, 400)])
        assert cursor.rowcount == 300
        assert client.execute(f"select count(*) from {table}").fetchone() == (301,)

    def test_it_sees_what_it_has_done(self, client: Client, server: Server, table: str) -> None:
        with client.pipeline() as pipeline, connected(server) as other:
            client.execute(f"create table {table} (k int primary key, v int)")
            client.execute(f"insert into {table} values (1, 1)")
            by_key = client.execute(f"select v from {table} where k = 1")
            counted = client.execute(f"select count(*) from {table}")
            assert by_key.fetchone() == (1,) and counted.fetchone() == (1,)  # they sync
            client.execute(f"insert into {table} values (2, 2)")
            pipeline.sync()
            assert other.execute(f"select count(*) from own.{table}").fetchone() == (2,)

    def test_many_rows_behind_a_definition_that_is_not_done_yet(self, client: Client, table: str) -> None:
        with client.pipeline(), client.cursor() as cursor:
            client.execute(f"create table {table} (k int primary key, v int)")
            cursor.executemany(f"insert into {table} values (%s, %s)", [(k, k) for k in range(40)])
        assert client.execute(f"select count(*), sum(v) from {table}").fetchone() == (40, 780)

    def test_who_was_overtaken_is_told_at_its_end(self, client: Client, server: Server, table: str) -> None:
        client.execute(f"create table {table} (k int primary key, v int)")
        raw_client = raw(server)
        insert = parse(f"insert into own.{table} values (1, 1)")
        raw_client.sock.sendall(insert + bind() + execute() + FLUSH)
        assert [raw_client.receive()[0] for _ in range(3)] == ["1", "2", "C"]
        client.execute(f"insert into {table} values (1, 7)")
        raw_client.sock.sendall(SYNC)
        kind, body = raw_client.receive()
        assert (kind, fields(body)["C"]) == ("E", "23505")
        assert raw_client.receive() == ("Z", b"I")
        assert client.execute(f"select v from {table} where k = 1").fetchone() == (7,)
        raw_client.close()
