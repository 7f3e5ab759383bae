"""INSERT of a query that gives many rows, which are packed as they come: as if each were looked at."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
MANY = 20_000


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("drop schema if exists many cascade")
        made.execute("create schema many")
        made.execute("set search_path to many")
        yield made


def state(client: Client, statement: str) -> tuple[str | None, str | None]:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate, caught.value.diag.message_detail


def test_rows_of_all_types_come_back(client: Client) -> None:
    client.execute("""
        create table t (n int8, k text, b bool, f float8, d date, z timestamptz, m numeric(20, 4), a int[], j jsonb,
            y bytea, c char(4), primary key (k, n))
    """)
    query = f"""
        select g as n, 'key ' || g % 7 as k, g % 2 = 0 as b,
            case when g % 5 = 0 then 'NaN' else g / 3.0::float8 end as f,
            date '2000-01-01' + g as d,
            case when g % 3 > 0 then timestamptz '2020-01-01 00:00:00+00' + g * interval '1 s' end as z,
            (g / 7.0)::numeric(20, 4) as m, array[g, null] as a, case when g % 11 > 0 then
            json_build_object('a', g)::jsonb end as j, ('\\x00' || lpad((g % 100)::text, 2, '0'))::bytea as y,
            'ü'::char(4) as c
        from generate_series(1, {MANY}) g
    """
    assert client.execute(f"insert into t {query}").rowcount == MANY
    same = f"select count(*) from t join ({query}) q using (n, k) where t.b = q.b and t.d = q.d and t.m = q.m"
    assert client.execute(same).fetchone() == (MANY,)
    for name in ("f", "z", "a", "j", "y", "c"):
        more = (
            f"select count(*) from t join ({query}) q using (n, k) where t.{name}::text is distinct from q.{name}::text"
        )
        assert client.execute(more).fetchone() == (0,), name
    assert client.execute("select n from t where k = 'key 3' and n = 10").fetchall() == [(10,)], "a fixed plan finds it"


def test_what_is_wrong_is_told_and_nothing_is_written(client: Client) -> None:
    client.execute("create table t (k int primary key, v text not null)")
    rows = f"generate_series(1, {MANY}) g"
    wrong = f"insert into t select g, case when g <> 15000 then 'x' end from {rows}"
    assert state(client, wrong) == ("23502", "Failing row contains (15000, null).")
    wrong = f"insert into t select case when g <> 15000 then g end, 'x' from {rows}"
    assert state(client, wrong) == ("23502", "Failing row contains (null, x).")
    wrong = f"insert into t select g % 19999, 'x' from {rows}"
    assert state(client, wrong) == ("23505", "Key (k)=(1) already exists.")
    assert client.execute("select count(*) from t").fetchone() == (0,)
    client.execute("insert into t values (19000, 'there')")
    assert state(client, f"insert into t select g, 'x' from {rows}") == ("23505", "Key (k)=(19000) already exists.")
    assert state(client, f"insert into t select g, (1 / (g - 18000))::text from {rows}")[0] == "22012"
    assert client.execute("select k, v from t").fetchall() == [(19000, "there")]
    done = client.execute(f"insert into t select g, 'x' from {rows} on conflict do nothing")
    assert done.rowcount == MANY - 1


def test_partitions_take_their_own(client: Client) -> None:
    client.execute("create table t (v int, p text not null) partition by list (p)")
    client.execute("create table t_a partition of t for values in ('a')")
    rows = f"generate_series(1, {MANY}) g"
    wrong = f"insert into t_a select g, case when g = 16000 then 'b' else 'a' end from {rows}"
    assert state(client, wrong) == ("23514", "Failing row contains (16000, b).")
    assert client.execute(f"insert into t_a select g, 'a' from {rows}").rowcount == MANY
    assert client.execute("select count(*), sum(v) from t").fetchone() == (MANY, MANY * (MANY + 1) // 2)


def test_in_blocks_and_binlogs(client: Client) -> None:
    rows = f"generate_series(1, {MANY}) g"
    with client.transaction():
        client.execute("create table t (k int primary key, v int) with (binlog_level = 'replica')")
        client.execute(f"insert into t select g, g from {rows}")
        assert client.execute("select count(*) from t").fetchone() == (MANY,)
        client.execute(f"insert into t select g + {MANY}, g from {rows}")
        client.execute("update t set v = 0 where k = 7")
    assert client.execute("select count(*), sum(v) from t").fetchone() == (2 * MANY, MANY * (MANY + 1) - 7)
    client.execute(f"insert into t select k + {2 * MANY}, v from t where k <= {MANY}")
    events = "select hg_binlog_event_type, count(*) from t where hg_binlog_lsn > 0 group by 1 order by 1"
    assert dict(client.execute(events).fetchall()).get(5) == 3 * MANY
    with pytest.raises(ZeroDivisionError), client.transaction():
        client.execute(f"insert into t select g + {9 * MANY}, g from {rows}")
        raise ZeroDivisionError
    assert client.execute("select count(*) from t").fetchone() == (3 * MANY,)


def test_names_and_texts_that_look_like_ours(client: Client) -> None:
    """What stands for a read within the engine's SQL is not taken for it within names and texts."""
    client.execute('create table t (id int primary key, "a""b" int, "__scan_2"" AS t1" int, "t1" text)')
    client.execute("insert into t values (1, 2, 3, E'\f\"__scan_2\" AS t1')")
    client.execute("insert into t values (2, 5, 7, 't1.\"id\"')")
    same = "E'\f\"__scan_2\" AS t1'"
    assert client.execute(f"select {same}, count(*) from t where t1 = {same}").fetchall() == [('\f"__scan_2" AS t1', 1)]
    assert client.execute('select sum("a""b" + "__scan_2"" AS t1") from t').fetchall() == [(17,)]
    assert client.execute("select count(*) from t a, t b").fetchall() == [(4,)]
    assert client.execute("select t.*, tableoid::regclass::text from t where id + 0 = 2").fetchall() == [
        (2, 5, 7, 't1."id"', "t")
    ]
    within = "select max(a.id) from t a where a.id in (select b.id from t b where b.t1 = a.t1)"
    assert client.execute(within).fetchone() == (2,)
    assert client.execute(f"update t set id = id where t1 = {same}").rowcount == 1


@pytest.mark.parametrize("binary", [False, True])
def test_many_rows_are_taken_while_more_are_made(client: Client, binary: bool) -> None:
    client.execute("create table t (id int primary key, n numeric(3, 3), d date, note text)")
    client.execute(
        f"insert into t select g, 0.5 - g % 10 / 10.0, date '2026-01-01' + g, case when g % 3 > 0 then 'row ' || g end "
        f"from generate_series(1, {MANY}) g"
    )
    query = "select id, n, d, note from t order by id"
    with client.cursor(binary=binary) as cursor:
        rows = cursor.execute(query).fetchall()
    assert len(rows) == MANY
    assert [str(row[1]) for row in rows[:9]] == [
        "0.400", "0.300", "0.200", "0.100", "0.000", "-0.100", "-0.200", "-0.300", "-0.400"
    ]  # fmt: skip
    assert rows[-1][3] == "row 20000"
    with client.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout (format csv)") as copy:
        lines = b"".join(copy).decode().splitlines()
    assert lines == [f"{row[0]},{row[1]},{row[2]},{row[3] or ''}" for row in rows]
    with client.cursor() as cursor:
        cursor.execute(query)  # and another behind one that is not read to its end
        with client.transaction(), client.cursor("some") as named:
            named.execute(query)
            assert len(named.fetchmany(7)) == 7
    assert client.execute("select count(*) from t").fetchone() == (MANY,)
