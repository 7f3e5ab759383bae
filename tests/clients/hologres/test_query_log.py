"""The log of slow and failed statements: what is in it, what never is, who sees it, and that it outlives a kill."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import account_id, allow, connected, made_user, role_of
from yunbox.testing.server import Server

COLUMNS = (
    "usename", "status", "query_id", "digest", "datname", "command_tag", "duration", "message", "query_start",
    "query_date", "query", "result_rows", "result_bytes", "read_rows", "read_bytes", "affected_rows", "affected_bytes",
    "memory_bytes", "shuffle_bytes", "cpu_time_ms", "physical_reads", "pid", "application_name", "engine_type",
    "client_addr", "table_write", "table_read", "session_id", "session_start", "command_id", "optimization_cost",
    "start_query_cost", "get_next_cost", "extended_cost", "plan", "statistics", "visualization_info", "query_detail",
    "query_extinfo",
)  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, whose log nobody else writes to."""
    with Server(tmp_path_factory.mktemp("queries"), options=("--hologres-gateways", "2")) as made:
        yield made


@pytest.fixture
def boss(own: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(own, application_name="boss") as made:
        yield made


def logged(client: psycopg.Connection[Any], condition: str, *columns: str, many: int = 1) -> list[tuple[Any, ...]]:
    """Entries, once there are so many: they are written once a second."""
    asked = f"select {', '.join(columns)} from hologres.hg_query_log where {condition} order by query_start"
    end = time.monotonic() + 15
    while len(found := client.execute(asked).fetchall()) < many:
        assert time.monotonic() < end, f"nothing of {condition}"
        time.sleep(0.1)
    return found


def test_its_columns_are_the_vendors(boss: psycopg.Connection[Any]) -> None:
    found = boss.execute("select * from hologres.hg_query_log limit 0").description
    assert [one.name for one in found or ()] == list(COLUMNS)


def test_definitions_are_logged_however_fast(own: Server, boss: psycopg.Connection[Any]) -> None:
    boss.execute("create table logged_one (id int primary key, v text default 'a secret default')")
    [(user, status, tag, query, duration, message, date, application, pid)] = logged(
        boss, "query like 'create table logged_one%'", "usename", "status", "command_tag", "query", "duration",
        "message", "query_date = to_char(query_start, 'YYYYMMDD')", "application_name", "pid",
    )  # fmt: skip
    assert (user, status, tag, message, date) == (account_id(own), "SUCCESS", "CREATE TABLE", None, True)
    assert query == "create table logged_one (id int primary key, v text default ?)"
    assert duration >= 0 and (application, pid) == ("boss", boss.info.backend_pid)


def test_slow_ones_are_logged_and_fast_ones_are_not(boss: psycopg.Connection[Any]) -> None:
    boss.execute("create table logged_slow (id int primary key, v text)")
    boss.execute("insert into logged_slow select g, 'x' from generate_series(1, 10) g")
    boss.execute("set log_min_duration_statement = '1min'")
    boss.execute("select 1 as never_logged")
    boss.execute("set log_min_duration_statement = 0")
    boss.execute("select id as soon_logged from logged_slow where v = 'a secret constant' or id < 4")
    boss.execute("select v as looked_up from logged_slow where id = %s", (7,), prepare=True)
    boss.execute("update logged_slow set v = %s where id = %s", ("a secret value", 3), prepare=True)
    boss.execute("set log_min_duration_statement = -1")
    boss.execute("select 1 as never_logged")
    found = logged(boss, "query like '%logged_slow%' and command_tag in ('SELECT', 'UPDATE')",
                   "query", "result_rows", "affected_rows", "digest is not null", many=3)  # fmt: skip
    assert found == [
        ("select id as soon_logged from logged_slow where v = ? or id < ?", 3, None, True),
        ("select v as looked_up from logged_slow where id = $1", 1, None, True),
        ("update logged_slow set v = $1 where id = $2", None, 1, True),
    ]
    assert not boss.execute("select 1 from hologres.hg_query_log where query like '%never_logged%'"
                            " and query not like '%hg_query_log%'").fetchall()  # fmt: skip


def test_failed_ones_are_logged_without_what_they_were_given(boss: psycopg.Connection[Any]) -> None:
    for statement in ("select 'a secret number'::int as failed_here", "select * from nowhere where x = 'a secret text'",
                      "select 1 frm 'a secret slip' failed_here"):  # fmt: skip
        with pytest.raises(psycopg.Error):
            boss.execute(statement)
    with pytest.raises(psycopg.Error):
        boss.execute("select %s::text::int as failed_bound", ("a secret parameter",), prepare=True)
    found = logged(boss, "status = 'FAILED' and query ~ 'failed|nowhere'", "query", "message", "command_tag", many=4)
    assert found == [
        ("select ?::int as failed_here", '22P02: invalid input syntax for type integer: "?"', "SELECT"),
        ("select * from nowhere where x = ?", '42P01: relation "nowhere" does not exist', "SELECT"),
        ("select 1 frm ? failed_here".replace("1", "?"), '42601: syntax error at or near "?"', "SELECT"),
        ("select $1::text::int as failed_bound", '22P02: invalid input syntax for type integer: "?"', "SELECT"),
    ]


def test_nothing_that_was_given_is_on_disk(own: Server, boss: psycopg.Connection[Any]) -> None:
    boss.execute("create table a_last_one (id int primary key)")
    logged(boss, "query like 'create table a_last_one%'", "query")
    files = list((own.data / "holo" / "queries").glob("*.jsonl"))
    assert files and all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    for path in files:
        assert "secret" not in path.read_text()


def test_others_see_their_own_only(own: Server, boss: psycopg.Connection[Any]) -> None:
    key = made_user(own, "slow", allow())
    role = role_of(own, "slow")
    with connected(own, key) as client:
        with pytest.raises(psycopg.Error):
            client.execute("select * from nobody_has_this")
        logged(client, "query like '%nobody_has_this%' and status = 'FAILED'", "query")
        assert client.execute("select distinct usename from hologres.hg_query_log").fetchall() == [(role,)]
        boss.execute(f'grant pg_read_all_stats to "{role}"')
        assert client.execute("select count(distinct usename) from hologres.hg_query_log").fetchone() == (2,)


def test_it_outlives_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        with connected(server) as client:
            client.execute("create table before_the_kill (id int primary key)")
            logged(client, "query like '%before_the_kill%' and command_tag = 'CREATE TABLE'", "query")
        server.kill()
    with Server(tmp_path) as server, connected(server) as client:
        logged(client, "query like '%before_the_kill%' and command_tag = 'CREATE TABLE'", "query")


def test_texts_are_whole_where_that_was_asked_for(tmp_path: Path) -> None:
    with Server(tmp_path, options=("--hologres-query-texts",)) as server, connected(server) as client:
        with pytest.raises(psycopg.Error):
            client.execute("select 'whole'::int")
        assert logged(client, "status = 'FAILED'", "query", "message") == [
            ("select 'whole'::int", '22P02: invalid input syntax for type integer: "whole"')]  # fmt: skip
