"""Changes of rows by other than their keys, which the engine computes: as PostgreSQL makes them, and exact."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from tests.differential import connect, differences
from tests.postgres import running
from tests.unit.sql.hologres.tables import POSTGRES
from tests.unit.sql.hologres.test_changes import CASES, There
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
WRITERS, EACH = 16, 6
TABLES = POSTGRES.split("create view")[0]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists changing")
        made.execute("set search_path to changing")
        yield made


def filled(client: Client, name: str) -> None:
    client.execute(f"drop table if exists {name}")
    client.execute(f"create table {name} (k int primary key, v int, t text not null default 'new')")
    client.execute(f"insert into {name} select g, g * 10, 'row ' || g from generate_series(1, 6) g")


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def test_as_postgres_in_blocks(client: Client) -> None:
    """What a statement gives, and what a block sees behind it: the states are read by the engine."""
    client.execute("drop table if exists shop; drop table if exists sale")
    client.execute(TABLES)
    with running("timezone=UTC") as server, connect(server) as theirs:
        theirs.execute(POSTGRES)
        wrong, refused = differences(CASES, There(theirs), There(client))
    assert not wrong, "\n".join(wrong)
    assert refused == []


def test_each_is_there_for_all_who_come_after(client: Client, server: Server) -> None:
    filled(client, "t")
    assert client.execute("update t set v = v + k where v % 20 = 0").statusmessage == "UPDATE 3"
    assert client.execute("delete from t where t like '%5' or v = 66").statusmessage == "DELETE 2"
    inserted = client.execute("insert into t (k, v) select k + 10, v from t where k > 2 on conflict do nothing")
    assert inserted.statusmessage == "INSERT 0 2"
    with connected(server) as other:
        found = other.execute("select * from changing.t order by k").fetchall()
        one = other.execute("select v from changing.t where k = 14").fetchone()
    assert found == [(1, 10, "row 1"), (2, 22, "row 2"), (3, 30, "row 3"), (4, 44, "row 4"), (13, 30, "new"),
                     (14, 44, "new")]  # fmt: skip
    assert one == (44,)


def test_what_fails_changes_nothing(client: Client) -> None:
    filled(client, "t")
    before = client.execute("select * from t order by k").fetchall()
    assert state(client, "update t set t = case when k < 5 then 'x' end where k > 0 + 0") == "23502"
    assert state(client, "update t set v = 1 / (k - 4) where t like 'row%'") == "22012"
    assert state(client, "insert into t select k + 3, v from t") == "23505"
    assert state(client, "update t set k = 1 where v > 10") == "23505"
    assert state(client, "insert into t (k) select 9 union all select 9 on conflict (k) do update set v = 0") == "21000"
    assert state(client, "insert into t (k) select 2147483647 + k from t") == "22003"
    assert client.execute("select * from t order by k").fetchall() == before


def test_returning_in_binary_and_under_other_settings(client: Client) -> None:
    filled(client, "t")
    client.execute("set timezone to 'Asia/Shanghai'")
    asked = "update t set v = v + 1 where v in (select 10) returning k, v::numeric(10, 2), array[t, 'x'], k > 0,"
    texts = client.execute(f"{asked} '2026-01-01 00:00+00'::timestamptz").fetchone()
    client.execute("update t set v = v - 1 where k + 0 = 1")
    packed = client.execute(f"{asked} '2026-01-01 00:00+00'::timestamptz", binary=True).fetchone()
    assert texts is not None and texts == packed
    assert texts[:1] + texts[2:4] == (1, ["row 1", "x"], True)
    assert texts[4].utcoffset().total_seconds() == 8 * 3600


def test_prepared_with_parameters(client: Client) -> None:
    filled(client, "t")
    upsert = (
        "insert into t (k, v, t) select g, %s, %s from generate_series(%s::int, %s::int) g"
        " on conflict (k) do update set v = t.v + excluded.v * %s, t = excluded.t || '/' || t.t"
    )
    for _ in range(3):
        client.execute(upsert, (1, "p", 5, 8, 2), prepare=True)
    found = client.execute("select k, v, t from t where k + 0 > 3 order by k").fetchall()
    assert found == [(4, 40, "row 4"), (5, 56, "p/p/p/row 5"), (6, 66, "p/p/p/row 6"), (7, 5, "p/p/p"), (8, 5, "p/p/p")]


def test_a_table_without_a_key(client: Client) -> None:
    client.execute("drop table if exists loose")
    client.execute("create table loose (a int, b text)")
    client.execute("insert into loose select g % 2, 'x' from generate_series(1, 4) g")
    with client.transaction():
        client.execute("insert into loose values (5, 'in the block')")
        assert client.execute("update loose set b = b || '!' where a > 0").statusmessage == "UPDATE 3"
        with client.transaction(force_rollback=True):
            client.execute("insert into loose values (6, 'undone')")
        client.execute("insert into loose values (7, 'kept')")
        assert client.execute("delete from loose where a = 0").statusmessage == "DELETE 2"
    found = client.execute("select * from loose order by a, b").fetchall()
    assert found == [(1, "x!"), (1, "x!"), (5, "in the block!"), (7, "kept")]


def test_a_block_that_makes_its_tables(client: Client, server: Server) -> None:
    client.execute("drop table if exists made, moved")
    with client.transaction(), connected(server) as other:
        client.execute("create table made (k int primary key, v text)")
        client.execute("insert into made select g, 'v' || g from generate_series(1, 3) g")
        other.execute("create table changing.moved (k int, a numeric, b date)")  # takes the numbers that ours has
        other.execute("insert into changing.moved select 1, 2.5, '2026-01-01'")
        assert client.execute("select k, v from made order by k").fetchall() == [(1, "v1"), (2, "v2"), (3, "v3")]
        client.execute("truncate made")
        assert client.execute("select count(*) from made").fetchone() == (0,)
        client.execute("insert into made select k + 5, b::text from moved")
        assert other.execute("select count(*) from changing.moved where k + 0 = 1").fetchone() == (1,)
    assert client.execute("select * from made where v > ''").fetchall() == [(6, "2026-01-01")]


def test_a_block_that_was_overtaken(client: Client, server: Server) -> None:
    filled(client, "t")
    with connected(server) as other, pytest.raises(psycopg.errors.SerializationFailure), client.transaction():
        client.execute("update t set v = v + 1 where t = 'row 3'")
        other.execute("update changing.t set v = 0 where k = 3")
    assert client.execute("select v from t where k = 3").fetchone() == (0,)


def test_no_update_is_lost(client: Client, server: Server) -> None:
    """Writers by keys and by other than keys add to the same rows."""
    filled(client, "t")
    statements = [
        "update changing.t set v = v + 1 where t in ('row 1', 'row 2')",
        "update changing.t set v = v + 1 where k in (1, 2)",
        "insert into changing.t (k, v) select g, 1 from generate_series(1, 2) g"
        " on conflict (k) do update set v = t.v + abs(excluded.v)",
    ]
    failures: list[BaseException] = []

    def write(statement: str) -> None:
        try:
            with connected(server) as own:
                for _ in range(EACH):
                    own.execute(statement)
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(statements[at % 3],)) for at in range(WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []
    found = client.execute("select k, v from t where k < 3 order by k").fetchall()
    assert found == [(1, 10 + WRITERS * EACH), (2, 20 + WRITERS * EACH)]


@pytest.mark.parametrize("in_block", [False, True])
def test_one_that_takes_too_long_has_done_nothing(client: Client, in_block: bool) -> None:
    filled(client, "t")
    client.execute("begin" if in_block else "select 1")
    client.execute("update t set v = v + 1 where v % 20 = 10")
    client.execute("savepoint before" if in_block else "select 1")
    client.execute("set statement_timeout = 100")
    heavy = "(select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b where a % 7 = b % 5)"
    assert state(client, f"update t set v = {heavy} where t like 'row%'") == "57014"
    client.execute("rollback to before" if in_block else "reset statement_timeout")
    assert client.execute("select sum(v), count(*) from t").fetchone() == (213, 6)
    client.execute("commit" if in_block else "select 1")
    assert client.execute("select v from t where k = 1").fetchone() == (11,)
    client.execute("reset statement_timeout")
