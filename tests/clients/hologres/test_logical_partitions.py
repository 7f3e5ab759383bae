"""Logical partitioned tables. Sources: the vendor's pages "CREATE LOGICAL PARTITION TABLE", "ALTER LOGICAL PARTITION
TABLE", "INSERT OVERWRITE" and "Migrate from physical to logical partitioned tables"."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import allow, connected, made_user, role_of
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
PARENT = """CREATE TABLE hologres_logical_parent_1 (
    a TEXT, b INT, c TIMESTAMP, ds DATE NOT NULL, PRIMARY KEY (b, ds))
LOGICAL PARTITION BY LIST (ds)
WITH (orientation = 'column', distribution_key = 'b', partition_expiration_time = '30 day',
    partition_keep_hot_window = '15 day', partition_require_filter = TRUE, binlog_level = 'replica',
    partition_generate_binlog_window = '3 day')"""
TABLE_A = """CREATE TABLE tablea (a TEXT, b INT, c TIMESTAMP, d TEXT, ds TEXT, PRIMARY KEY (ds, b))
    LOGICAL PARTITION BY LIST (ds)"""
LISTED = "select partition from hologres.hg_list_logical_partition('logical.{}') order by 1"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create extension if not exists hg_toolkit")
        made.execute("drop schema if exists logical cascade")
        made.execute("create schema logical")
        made.execute("set search_path to logical")
        yield made


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def rows(client: Client, query: str) -> list[Any]:
    return sorted(client.execute(query).fetchall())


def listed(client: Client, table: str) -> list[str]:
    return [one for (one,) in client.execute(LISTED.format(table)).fetchall()]


def properties(client: Client, table: str) -> dict[str, str]:
    asked = """select property_key, property_value from hologres.hg_table_properties
        where table_namespace = 'logical' and table_name = %s"""
    return dict(client.execute(asked, (table,)).fetchall())


def today(days: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_the_vendors_table_of_one_key(client: Client) -> None:
    told: list[str] = []
    client.add_notice_handler(lambda one: told.append(one.message_primary or ""))
    assert client.execute(PARENT).statusmessage == "CREATE TABLE"
    assert told == ["partition_keep_hot_window of logical partitions has no effect here"]
    found = properties(client, "hologres_logical_parent_1")
    assert found["is_logical_partitioned_table"] == "true"
    assert found["logical_partition_columns"] == "ds"
    assert (found["partition_expiration_time"], found["partition_require_filter"]) == ("30 day", "true")
    days = [today(-2), today(-1), today()]
    client.execute(f"""INSERT INTO hologres_logical_parent_1 VALUES ('a', 1, '2025-03-16 10:00:00', '{days[0]}'),
        ('b', 2, '2025-03-17 11:00:00', '{days[1]}'), ('c', 3, '2025-03-18 12:00:00', '{days[2]}')""")
    assert listed(client, "hologres_logical_parent_1") == days
    assert rows(client, f"select a, b from hologres_logical_parent_1 where ds = '{days[0]}'") == [("a", 1)]
    client.execute(f"delete from hologres_logical_parent_1 where ds = '{days[0]}' or ds = '{days[1]}'")
    assert listed(client, "hologres_logical_parent_1") == days[2:]
    client.execute("set hg_experimental_generate_binlog = off")
    client.execute("truncate hologres_logical_parent_1")
    assert listed(client, "hologres_logical_parent_1") == []


def test_the_vendors_table_of_two_keys(client: Client) -> None:
    client.execute("""CREATE TABLE hologres_logical_parent_3 (a TEXT, b INT, yy TEXT NOT NULL, mm TEXT NOT NULL)
        LOGICAL PARTITION BY LIST (yy, mm)
        WITH (orientation = 'column', distribution_key = 'b', partition_require_filter = TRUE)""")
    client.execute("insert into hologres_logical_parent_3 values ('a', 1, '2025', '03'), ('b', 2, '2025', '04')")
    assert properties(client, "hologres_logical_parent_3")["logical_partition_columns"] == "yy,mm"
    assert listed(client, "hologres_logical_parent_3") == ["2025,03", "2025,04"]
    client.execute("insert into hologres_logical_parent_3 partition (yy = '2025', mm = '03') "
                   "values ('c', 3, '2025', '03'), ('d', 4, '2025', '04')")  # fmt: skip
    assert rows(client, "select a from hologres_logical_parent_3 where yy = '2025'") == [("a",), ("b",), ("c",)]
    client.execute("insert overwrite hologres_logical_parent_3 partition (yy = '2025', mm = '03') "
                   "select 'e', 5, '2025', '03'")  # fmt: skip
    assert rows(client, "select a from hologres_logical_parent_3 where yy = '2025'") == [("b",), ("e",)]
    assert state(client, "call hg_insert_overwrite('hologres_logical_parent_3', '03', 'select 1')") == "0A000"
    told = "insert into hologres_logical_parent_3 partition (yy = '2025') values ('c', 3, '2025', '03')"
    assert state(client, told) == "22023"


def test_a_key_that_is_generated(client: Client) -> None:
    """As on the page, but without a primary key: one of generated columns is not supported."""
    client.execute("""create table generated (b int, c timestamp,
        ds timestamp generated always as (date_trunc('day', c)) stored not null) logical partition by list (ds)""")
    client.execute("insert into generated values (1, '2025-03-16 10:00:00'), (2, '2025-03-17 11:00:00')")
    assert listed(client, "generated") == ["2025-03-16 00:00:00", "2025-03-17 00:00:00"]
    client.execute("insert into generated partition (ds = '2025-03-16') "
                   "values (3, '2025-03-16 23:00:00'), (4, '2025-03-18')")  # fmt: skip
    assert rows(client, "select b from generated") == [(1,), (2,), (3,)]
    client.execute("insert overwrite generated partition (ds = '2025-03-16') select 5, timestamp '2025-03-16 07:00'")
    assert rows(client, "select b from generated") == [(2,), (5,)]


def test_rows_that_are_of_other_partitions_are_passed_over(client: Client) -> None:
    client.execute(TABLE_A)
    made = client.execute("""insert into tablea partition (ds = '20250316')
        values ('a', 1, '2025-03-16 10:00:00', 'x', '20250316'), ('b', 2, '2025-03-17', 'y', '20250317')""")
    assert made.statusmessage == "INSERT 0 1"
    assert rows(client, "select a, ds from tablea") == [("a", "20250316")]
    [found] = client.execute(
        "insert into tablea partition (ds = '20250316') partition (ds = '20250317') values "
        "(%s, 1, null, 'z', %s) on conflict (ds, b) do update set a = excluded.a returning a, ds", ("n", "20250316")
    ).fetchall()  # fmt: skip
    assert found == ("n", "20250316")
    assert (
        state(client, "insert into tablea partition (ds = '20250316') values ('a', 1, null, 'x', '20250316')")
        == "23505"
    )


def test_partitions_are_overwritten(client: Client) -> None:
    """The example of the page "INSERT OVERWRITE": from a physical partitioned table."""
    client.execute(TABLE_A)
    client.execute(
        "create table tableb (a text, b int, c timestamp, d text, ds text, primary key (ds, b)) partition by list (ds)"
    )
    for child, ds in (("3a", "20201215"), ("3b", "20201216"), ("3c", "20201217")):
        client.execute(f"create table holo_child_{child} partition of tableb for values in ('{ds}')")
        client.execute(f"insert into holo_child_{child} values ('{child}', 1, '2034-10-19', 'a', '{ds}')")
    client.execute("insert into tablea values ('old', 7, null, 'a', '20201215'), ('other', 8, null, 'a', '20201216')")
    made = client.execute(
        "INSERT OVERWRITE tablea PARTITION (ds = '20201215') SELECT * FROM tableb WHERE ds='20201215'"
    )
    assert made.statusmessage == "INSERT 0 1"
    assert rows(client, "select a, ds from tablea") == [("3a", "20201215"), ("other", "20201216")]
    client.execute(
        "insert overwrite table tablea partition (ds = '20201216'), partition (ds = '20201217') select * from tableb"
    )
    assert rows(client, "select a from tablea") == [("3a",), ("3b",), ("3c",)]
    client.execute("insert overwrite tablea partition (ds = '20201216') select * from tableb where ds = '20201217'")
    assert rows(client, "select a from tablea") == [("3a",), ("3c",)], "it is emptied where nothing is of it"
    client.execute("insert overwrite tablea partition (ds = '20201215') select a || '+', b, c, d, ds from tablea")
    assert rows(client, "select a from tablea") == [("3a+",), ("3c",)], "of what it had itself"
    client.execute(
        "call hg_insert_overwrite('tablea', '{20201215,20201216}'::text[], $$select * from logical.tableb$$)"
    )
    assert rows(client, "select a from tablea") == [("3a",), ("3b",), ("3c",)]
    client.execute(
        "call hg_insert_overwrite('tablea', '20201217', $$select 'q', 1, null::timestamp, 'a', '20201217'$$)"
    )
    assert rows(client, "select a from tablea") == [("3a",), ("3b",), ("q",)]


def test_overwriting_within_a_block(client: Client) -> None:
    client.execute(TABLE_A)
    client.execute("insert into tablea values ('a', 1, null, 'x', 'p'), ('b', 2, null, 'x', 'q')")
    with client.transaction(force_rollback=True):
        client.execute("insert overwrite tablea partition (ds = 'p') values ('n', 3, null, 'x', 'p')")
        assert rows(client, "select a from tablea") == [("b",), ("n",)]
    assert rows(client, "select a from tablea") == [("a",), ("b",)]
    with client.transaction():
        client.execute("insert overwrite tablea partition (ds = 'p') values ('n', 3, null, 'x', 'p')")
        client.execute("insert overwrite tablea partition (ds = 'q') values ('m', 4, null, 'x', 'q')")
    assert rows(client, "select a from tablea") == [("m",), ("n",)]
    with client.transaction():
        client.execute("update tablea set a = 'own' where ds = 'p' and b = 3")
        client.execute(
            "insert overwrite tablea partition (ds = 'p') select a || '!', b, c, d, ds from tablea where b = 3"
        )
        client.execute(
            "insert overwrite tablea partition (ds = 'p') select a || '?', b, c, d, ds from tablea where b = 3"
        )
    assert rows(client, "select a from tablea") == [("m",), ("own!?",)]
    with pytest.raises(psycopg.errors.FeatureNotSupported), client.transaction():
        client.execute("create table made (a int)")
        client.execute("insert overwrite tablea partition (ds = 'p') values ('n', 3, null, 'x', 'p')")


def test_partitions_are_emptied(client: Client) -> None:
    client.execute(TABLE_A)
    client.execute("insert into tablea select 'a', g, null, 'x', (g % 4)::text from generate_series(1, 40) g")
    made = client.execute("TRUNCATE tablea PARTITION (ds = '0') PARTITION (ds = '1')")
    assert made.statusmessage == "TRUNCATE TABLE"
    assert rows(client, "select ds, count(*) from tablea group by 1") == [("2", 10), ("3", 10)]
    assert listed(client, "tablea") == ["2", "3"]


def test_what_is_said_of_single_partitions(client: Client) -> None:
    asked = """select partition, property_key, property_value from hologres.hg_logical_partitioned_table_properties
        where table_namespace = 'logical' and table_name = 'hologres_logical_parent_1' order by partition desc, 2"""
    client.execute(PARENT)
    assert client.execute(asked).fetchall() == []
    table = "hologres_logical_parent_1"
    client.execute(
        f"alter table {table} partition (ds = '2025-03-16') set (keep_alive = TRUE, generate_binlog = 'off')"
    )
    client.execute(
        f"alter table {table} partition (ds = '2025-03-16') partition (ds = '2025-03-17') set (storage_mode = 'cold')"
    )
    assert client.execute(asked).fetchall() == [
        ("2025-03-17", "storage_mode", "cold"), ("2025-03-16", "generate_binlog", "off"),
        ("2025-03-16", "keep_alive", "true"), ("2025-03-16", "storage_mode", "cold"),
    ]  # fmt: skip
    client.execute(f"alter table {table} partition (ds = '2025-03-17') reset (storage_mode)")
    client.execute(f"alter table {table} partition (ds = '2025-03-16') reset (storage_mode, generate_binlog)")
    assert client.execute(asked).fetchall() == [("2025-03-16", "keep_alive", "true")]
    script = client.execute(f"select hg_dump_script('logical.{table}')").fetchone()
    assert script is not None
    assert "LOGICAL PARTITION BY LIST (ds)" in script[0]
    assert f"ALTER TABLE logical.{table} PARTITION (ds = '2025-03-16') SET (keep_alive = 'true');" in script[0]
    client.execute(f"drop table {table}")
    client.execute(script[0])
    assert client.execute(asked).fetchall() == [("2025-03-16", "keep_alive", "true")]
    client.execute(
        f"alter table {table} set (partition_expiration_time = '12 month', partition_require_filter = false)"
    )
    client.execute(f"select * from {table}")
    client.execute(f"alter table {table} reset (partition_expiration_time)")
    found = properties(client, table)
    assert found["partition_require_filter"] == "false" and "partition_expiration_time" not in found


def test_a_query_says_of_which_partitions_it_is(client: Client) -> None:
    client.execute(TABLE_A + " with (partition_require_filter = true)")
    client.execute("insert into tablea values ('a', 1, null, 'x', 'p'), ('b', 2, null, 'x', 'q')")
    for query in (
        "select * from tablea", "select count(*) from tablea where b = 1", "update tablea set a = 'z'",
        "delete from tablea",
        "select (select max(a) from tablea)", "select 1 from tablea x join tablea y on x.b = y.b where x.ds = 'p'",
        "insert into tablea select a, b + 1, c, d, ds from tablea", "select ds from tablea group by ds",
    ):  # fmt: skip
        assert state(client, query) == "0A000", query
    assert rows(client, "select a from tablea where ds = 'p'") == [("a",)]
    assert rows(client, "select a from tablea where ds = 'p' and b = 1") == [("a",)]
    assert rows(client, "select x.a from tablea x join tablea y on x.ds = y.ds and x.b = y.b") == [("a",), ("b",)]
    assert client.execute("update tablea set a = 'z' where ds in ('p', 'q')").rowcount == 2
    assert listed(client, "tablea") == ["p", "q"]


def test_old_partitions_go(client: Client) -> None:
    client.execute("""create table old (k int, ds date not null, primary key (k, ds)) logical partition by list (ds)
        with (partition_expiration_time = '2 days')""")
    client.execute(f"alter table old partition (ds = '{today(-9)}') set (keep_alive = true)")
    client.execute("insert into old select g, current_date - g from generate_series(0, 9) g")
    waiting.until(lambda: len(listed(client, "old")) < 10, 60)
    assert listed(client, "old") in ([today(-9), today(-1), today()], [today(-9), today()])
    client.execute(f"insert into old values (1, '{today(-5)}')")
    waiting.until(lambda: today(-5) not in listed(client, "old"), 60)


def test_the_log_has_new_partitions_only(client: Client) -> None:
    client.execute("""create table followed (k int, ds date not null, primary key (k, ds))
        logical partition by list (ds) with (binlog_level = 'replica', partition_generate_binlog_window = '3 day')""")
    client.execute(f"alter table followed partition (ds = '{today(-8)}') set (generate_binlog = 'on')")
    client.execute(f"alter table followed partition (ds = '{today()}') set (generate_binlog = 'off')")
    client.execute("insert into followed select g, current_date - g from generate_series(0, 9) g")
    client.execute(f"insert into followed values (20, '{today(-1)}'), (21, '{today(-5)}')")
    client.execute("delete from followed where k in (1, 5)")
    found = client.execute(
        "select hg_binlog_event_type, k from followed where hg_binlog_lsn > 0 order by hg_binlog_lsn"
    )
    kinds = found.fetchall()
    assert sorted(kinds) in (
        [(2, 1), (5, 1), (5, 2), (5, 8), (5, 20)],
        [(2, 1), (5, 1), (5, 2), (5, 3), (5, 8), (5, 20)],
    )
    assert state(client, f"insert overwrite followed partition (ds = '{today()}') values (1, '{today()}')") == "0A000"
    assert state(client, f"truncate followed partition (ds = '{today()}')") == "0A000"
    client.execute("set hg_experimental_generate_binlog = off")
    client.execute(f"insert overwrite followed partition (ds = '{today(-1)}') values (99, '{today(-1)}')")
    client.execute(f"truncate followed partition (ds = '{today(-2)}')")
    assert len(client.execute("select 1 from followed where hg_binlog_lsn > 0").fetchall()) == len(kinds)


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("create table t (a int) logical partition by list (b)", "42703"),
        ("create table t (a int) logical partition by list (a)", "42P16"),
        ("create table t (a float8 not null) logical partition by list (a)", "0A000"),
        ("create table t (a int not null, b int primary key) logical partition by list (a)", "0A000"),
        (
            "create table t (a int not null, b int not null, c int not null) logical partition by list (a, b, c)",
            "0A000",
        ),
        ("create table t (a int not null) logical partition by range (a)", "0A000"),
        (
            "create table t (a int not null) logical partition by list (a) with (partition_expiration_time = '3 day')",
            "22023",
        ),
        (
            "create table t (a date not null) logical partition by list (a) with (partition_expiration_time = 'soon')",
            "22023",
        ),
        ("create table t (a int) with (partition_require_filter = true)", "22023"),
        (
            "create table t (a date not null) logical partition by list (a) with (auto_partitioning_enable = true)",
            "22023",
        ),
        ("insert into plain partition (a = 1) values (1)", "42809"),
        ("insert overwrite plain partition (a = 1) values (1)", "42809"),
        ("truncate plain partition (a = 1)", "42809"),
        ("alter table plain partition (a = 1) set (keep_alive = true)", "42809"),
        ("insert overwrite tablea select * from tablea", "0A000"),
        ("call hg_insert_overwrite('logical.tablea', 'select * from logical.tablea')", "0A000"),
        ("insert overwrite tablea partition (ds = '1') values ('a', 1, null, 'x', '1') returning a", "0A000"),
        (
            "insert overwrite tablea partition (ds = '1') values ('a', 1, null, 'x', '1') on conflict do nothing",
            "0A000",
        ),
        ("insert into tablea partition (b = 1) values ('a', 1, null, 'x', '1')", "22023"),
        ("insert into tablea partition (nothing = 1) values ('a', 1, null, 'x', '1')", "42703"),
        ("alter table tablea partition (ds = '1') set (orientation = 'row')", "22023"),
        ("alter table tablea partition (ds = '1') set (keep_alive = 3)", "22023"),
        ("alter table tablea drop column ds", "0A000"),
        ("alter table keyless drop column ds", "42P16"),
        ("alter table keyless alter column ds type text", "42P16"),
        ("async rebuild table plain to logical partition by list (a)", "42P16"),
        ("async rebuild table plain to partition by list (a)", "0A000"),
        ("select * from hologres.hg_list_logical_partition('logical.plain')", "42809"),
        ("select * from hologres.hg_list_logical_partition('logical.missing')", "42P01"),
        ("select * from hologres.hg_list_logical_partition('a b')", "42602"),
        ("select hologres.hg_list_logical_partition('logical.plain')", "42809"),
        ("select hologres.hg_list_logical_partition()", "42883"),
        ("select max_pt('logical.plain')", "0A000"),
        ("select max_pt('logical.missing')", "42P01"),
        ("select max_pt()", "42883"),
        ("select max_pt(a) from plain", "0A000"),
        ("select * from max_pt('logical.tablea')", "0A000"),
        ("select 1 where hologres.hg_list_logical_partition('logical.tablea') = 'x'", "0A000"),
    ],
)
def test_what_is_refused(client: Client, statement: str, sqlstate: str) -> None:
    client.execute(TABLE_A)
    client.execute("create table plain (a int)")
    client.execute("create table keyless (a int, ds varchar(5) not null) logical partition by list (ds)")
    assert state(client, statement) == sqlstate


def test_who_may(server: Server, client: Client) -> None:
    key, role = made_user(server, "overwriter", allow()), ""
    role = role_of(server, "overwriter")
    client.execute(TABLE_A)
    client.execute(f'grant usage on schema logical to "{role}"; grant insert, select on tablea to "{role}"')
    with connected(server, key) as other:
        other.execute("set search_path to logical")
        other.execute("insert into tablea partition (ds = 'p') values ('a', 1, null, 'x', 'p')")
        overwriting = "insert overwrite tablea partition (ds = 'p') values ('b', 1, null, 'x', 'p')"
        assert state(other, overwriting) == "42501"
        assert state(other, "truncate tablea partition (ds = 'p')") == "42501"
        assert state(other, "alter table tablea partition (ds = 'p') set (keep_alive = true)") == "42501"
        client.execute(f'grant truncate on tablea to "{role}"')
        other.execute(overwriting)
        other.execute("truncate tablea partition (ds = 'p')")
        assert rows(other, "select * from tablea") == []


@pytest.mark.parametrize(
    ("of", "one", "other"),
    [("int", "-5", "7"), ("varchar(9)", "it''s", "b"), ("date", "2025-03-16", "2025-03-17"),
     ("timestamp", "2025-03-16", "2025-03-16 00:00:00.5"),
     ("timestamptz", "2025-03-16 08:00:00+08", "2025-03-16 08:00+00")],
)  # fmt: skip
def test_keys_of_all_types(client: Client, of: str, one: str, other: str) -> None:
    client.execute("set timezone to 'Asia/Shanghai'")
    client.execute(f"create table typed (k int, ds {of} not null, primary key (k, ds)) logical partition by list (ds)")
    client.execute(f"insert into typed values (1, '{one}'), (2, '{other}')")
    client.execute(f"insert into typed partition (ds = '{one}') values (3, '{one}'), (4, '{other}')")
    assert rows(client, "select k from typed") == [(1,), (2,), (3,)]
    client.execute(f"insert overwrite typed partition (ds = '{other}') select k + 10, ds from typed")
    assert rows(client, "select k from typed") == [(1,), (3,), (12,)]
    client.execute(f"truncate typed partition (ds = '{one}')")
    assert rows(client, "select k from typed") == [(12,)]
    assert len(listed(client, "typed")) == 1


def test_no_update_is_lost_to_an_overwrite(server: Server, client: Client) -> None:
    """Whoever reads what it overwrites reads it again where others have changed it meanwhile."""
    client.execute("create table counted (k int, n int, ds text, primary key (k, ds)) logical partition by list (ds)")
    client.execute("insert into counted select g, 0, p from generate_series(1, 3000) g, unnest(array['p', 'q']) p")
    overwriting = "insert overwrite counted partition (ds = 'p') select k, n + 1, ds from counted where ds = 'p'"

    def repeat(statement: str, times: int) -> None:
        with connected(server) as other:
            other.execute("set search_path to logical")
            for _ in range(times):
                other.execute(statement, prepare=True)  # ty: ignore[no-matching-overload]

    work = [(overwriting, 8), (overwriting, 8), ("update counted set n = n + 1 where k = 7 and ds = 'p'", 60),
            ("update counted set n = n + 1 where k = 7 and ds = 'q'", 60)]  # fmt: skip
    with ThreadPoolExecutor(len(work)) as threads:
        for done in [threads.submit(repeat, *one) for one in work]:
            done.result()
    assert rows(client, "select n, count(*) from counted where ds = 'p' group by n") == [(16, 2999), (76, 1)]
    assert rows(client, "select n, count(*) from counted where ds = 'q' group by n") == [(0, 2999), (60, 1)]


def test_they_are_listed_outside_from(client: Client) -> None:
    client.execute(TABLE_A)
    client.execute("insert into tablea (b, ds) values (1, 'x'), (2, 'y'), (3, 'x')")
    asked = "select hologres.hg_list_logical_partition('logical.tablea') order by 1"
    found = client.execute(asked)
    assert [one.name for one in found.description or ()] == ["hg_list_logical_partition"]
    assert found.fetchall() == [("x",), ("y",)]
    client.execute("alter table tablea set (partition_require_filter = true)")
    assert client.execute(asked).fetchall() == [("x",), ("y",)]
    assert client.execute("select count(*) from (" + asked + ") s").fetchone() == (2,)


def test_the_latest_one(client: Client) -> None:
    """https://www.alibabacloud.com/help/en/hologres/developer-reference/max-pt"""
    client.execute(TABLE_A)
    found = client.execute("select max_pt('logical.tablea')")
    assert [one.name for one in found.description or ()] == ["max_pt"]
    assert found.fetchall() == [(None,)]
    client.execute("insert into tablea (b, ds) values (1, '20250101'), (2, '20250103'), (3, '20250102')")
    client.execute("alter table tablea set (partition_require_filter = true)")
    assert client.execute("select MAX_PT('tablea')").fetchall() == [("20250103",)]
    assert client.execute("select b from tablea where ds = max_pt('tablea')").fetchall() == [(2,)]
    client.execute("create table numbered (a int, n int not null) logical partition by list (n)")
    client.execute("insert into numbered values (1, 9), (2, 10)")
    assert client.execute(
        "select max_pt('numbered'), a from numbered where n = max_pt('numbered')::int"
    ).fetchall() == [("10", 2)]
    client.execute("create table two (a int not null, b int not null) logical partition by list (a, b)")
    assert state(client, "select max_pt('two')") == "0A000"
