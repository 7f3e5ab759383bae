"""Statements that are stopped leave the engine as it is: nobody else's statement fails with them."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import psycopg
import pytest

from tests.clients.hologres.clients import connected
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

STATEMENTS = (
    "select max(g) from generate_series(1, 500000000) g",
    "select count(*) from generate_series(1, 100000) a join generate_series(1, 100000) b on a % 7 < b % 11",
    "select stddev(g::numeric(18, 2)), variance(g) from generate_series(1, 500000000) g",
    "select g, row_number() over (order by g % 1001, g) from generate_series(1, 50000000) g",
    "select max(g) from (select generate_series(1, 500000000) g) s",
    "select sum(g) from (values (500000000), (400000000)) s(n), generate_series(1, n) g",
    "select max(g + interval '1 h') from generate_series(timestamp '2000-01-01', '2020-01-01', '1 s') g",
    "select max(g) from generate_series(1, (select 500000000)) g",
    "select max(g) from generate_series(0, 900000, 1.0) g",
    "select sum(length(repeat('abc', 3000000 + g))) from generate_series(1, 2000) g",
    "select sum(length(lpad('abc', 3000000 + g)) + length(rpad('a', 9000000, 'bc'))) from generate_series(1, 2000) g",
    "select sum(length(format('%*s', 90000000, g))) from generate_series(1, 2000) g",
    "select count(*) from generate_series(1, 100000000) g where g::text ~ '^([0-9]+)+x$'",
    "select (repeat('[', 300) || repeat(']', 300))::jsonb @? '$.**.**.**.**.**.** ? (@ == 1)'",
    "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
)


@pytest.fixture
def client(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        made.execute("select max(g) from generate_series(1, 1000) g")
        yield made


def engine(server: Server) -> psutil.Process:
    """The engine's process."""
    [found] = children(server, "engine.holo.main")
    return found


def is_idle(process: psutil.Process) -> bool:
    """Whether it computes nothing for a while."""
    before = process.cpu_times()
    time.sleep(0.3)
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system < 0.1


@pytest.mark.parametrize("text", STATEMENTS)
def test_the_engine_goes_on(server: Server, client: psycopg.Connection[Any], text: str) -> None:
    process = engine(server)
    client.execute("set statement_timeout = '300ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        client.execute(text.encode())
    until(lambda: is_idle(process), 20)
    assert engine(server).pid == process.pid
    client.execute("set statement_timeout = 0")
    assert client.execute("select sum(g) from generate_series(1, 1000) g").fetchone() == (500500,)


REFUSED = (
    ("select id, generate_series(1, 500000000) from (values (1), (2)) t(id)", "54000"),
    ("select id, generate_series(1, id) from (values (500000000), (2)) t(id)", "54000"),
    ("select id, generate_series(timestamp '2000-01-01', '2020-01-01', '1 s') from (values (1), (2)) t(id)", "54000"),
    ("select array_fill(1, array[500000000])", "54000"),
    ("select (repeat('a', 200) || '!') ~ '^(a|aa)+$'", "54000"),
    ("select length(replace(repeat('a', 20000000), 'a', repeat('b', 1000)))", "54000"),
    ("select length(format('%2000000000s', 'a'))", "54000"),
)
"""What needs more memory than there is: a statement fails alone."""


@pytest.mark.parametrize(("text", "state"), REFUSED)
def test_what_is_too_large(server: Server, client: psycopg.Connection[Any], text: str, state: str) -> None:
    process = engine(server)
    with pytest.raises(psycopg.Error) as caught:
        client.execute(text.encode())
    assert caught.value.sqlstate == state
    assert engine(server).pid == process.pid
    assert client.execute("select sum(g) from generate_series(1, 1000) g").fetchone() == (500500,)


def test_series_beside_no_table_are_rows(client: psycopg.Connection[Any]) -> None:
    """They give the same as a list of them would."""
    for text, rows in (
        ("select generate_series(1, 3)", [(1,), (2,), (3,)]),
        ("select generate_series(3, 1, -1) as n order by n", [(1,), (2,), (3,)]),
        ("select 'a' || generate_series(1, 2), generate_series(1, 2) order by 2 desc", [("a2", 2), ("a1", 1)]),
        ("select generate_series(1, 2), generate_series(1, 3)", [(1, 1), (2, 2), (None, 3)]),
        ("select distinct generate_series(1, 4) % 2 order by 1", [(0,), (1,)]),
        ("select generate_series(1, 4) where false", []),
        ("select array(select generate_series(1, 3) order by 1 desc)", [([3, 2, 1],)]),
        ("select array(select generate_series(1, n)) from (values (2), (0)) t(n) order by n", [([],), ([1, 2],)]),
        ("select generate_series(1, null)", []),
        ("select array(select g::date::text from generate_series(t.d, '2020-01-02', '12 hours') g) "
         "from (values (timestamp '2020-01-01 12:00:00')) t(d)", [(["2020-01-01", "2020-01-02"],)]),
        ("select sum(g) from (values (10000), (-3), (null)) t(n), generate_series(20001, n, -2) g", [(175039998,)]),
        ("select count(*) from (select generate_series(1, 3000000)) s", [(3000000,)]),
        ("select generate_series('2020-01-01'::timestamp, '2020-01-02', '12 hours')::text",
         [("2020-01-01 00:00:00",), ("2020-01-01 12:00:00",), ("2020-01-02 00:00:00",)]),
    ):  # fmt: skip
        assert client.execute(text.encode()).fetchall() == rows, text
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        client.execute("select generate_series(1, 3, 0)")


def test_a_regular_expression_keeps_nobody_else(server: Server, client: psycopg.Connection[Any]) -> None:
    process = engine(server)
    with connected(server) as other:
        for text in ("^(a+)+$", "^(a|aa)+$", "(a*)*(a*)*b"):
            with ThreadPoolExecutor(1) as thread:
                taking = thread.submit(client.execute, "select (repeat('a', 200) || '!') ~ %s", (text,))
                assert other.execute("select sum(g) from generate_series(1, 1000) g").fetchone() == (500500,)
                with contextlib.suppress(psycopg.errors.ProgramLimitExceeded):
                    assert taking.result().fetchone() == (False,)
    assert engine(server).pid == process.pid
    found = client.execute("select length(regexp_replace(repeat('a', 300000), 'a', 'bb', 'g'))")
    assert found.fetchone() == (600000,)
