"""Statements that are stopped leave the engine as it is: nobody else's statement fails with them."""

import time
from collections.abc import Iterator
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
