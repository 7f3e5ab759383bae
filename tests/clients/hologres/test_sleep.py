"""pg_sleep, by which users and their tests hold a statement up: it waits, and stops when it is told to.

Source: the PostgreSQL documentation, "Delaying Execution".
"""

import threading
import time

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

FOREVER = (
    "select pg_sleep(3600)", "select pg_sleep_for('1 month')", "select pg_sleep_until('infinity')",
    "select count(pg_sleep(60)) from generate_series(1, 1000)", "select pg_sleep('infinity')",
)  # fmt: skip


def test_it_waits_for_each_row(server: Server) -> None:
    with connected(server) as client:
        before = time.monotonic()
        found = client.execute("select pg_sleep(0.05), g from generate_series(1, 3) g")
        assert found.description is not None
        assert (found.description[0].name, found.description[0].type_code) == ("pg_sleep", 2278)
        assert found.fetchall() == [("", 1), ("", 2), ("", 3)]
        client.execute("select pg_sleep_for(%s), pg_sleep_until(clock_timestamp() + '100 ms')", ["50 ms"])
        assert time.monotonic() - before >= 0.29  # a moment is one of the wall clock, which may be set meanwhile


@pytest.mark.parametrize("given", ["-1", "0", "'-infinity'", "'nan'"])
def test_there_is_nothing_to_wait_for(server: Server, given: str) -> None:
    with connected(server) as client:
        assert client.execute(f"select pg_sleep({given})").fetchone() == ("",)
        assert client.execute("select pg_sleep(null), pg_sleep_until('-infinity')").fetchone() == (None, "")


@pytest.mark.parametrize("statement", FOREVER)
def test_it_stops_and_leaves_its_session_usable(server: Server, statement: str) -> None:
    with connected(server) as client:
        timer = threading.Timer(0.3, client.cancel)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled, match="user request"):
            client.execute(statement)
        timer.join()
        client.execute("set statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            client.execute(statement)
        client.execute("reset statement_timeout")
        assert client.execute("select 1").fetchone() == (1,)
