"""kill -9 of a server whose dynamic tables are refreshed: each has the rows of one moment, and refreshes go on."""

import contextlib
import os
import random
import threading
import time
from pathlib import Path

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "6"))
OPTIONS = ("--services", "hologres", "--hologres-gateways", "2")
MADE = """
create table t (k int primary key, turn int);
insert into t select g, 0 from generate_series(1, 40000) g;
create dynamic table itself with (freshness = '1 hours') as select k, turn from t;
create dynamic table asked with (freshness = '1 hours', auto_refresh_enable = false) as select k, turn from t;
"""


class Turner(threading.Thread):
    """One who changes all rows at once, and has a table be refreshed, until the server dies."""

    def __init__(self, server: Server, turn: int, refreshed: int) -> None:
        super().__init__(daemon=True)
        self._server = server
        self.turn = turn
        self.refreshed = refreshed
        self.begun = turn

    def run(self) -> None:
        """Turn by turn."""
        with contextlib.suppress(psycopg.OperationalError), connected(self._server) as client:
            while True:
                self.begun = self.turn + 1
                client.execute(f"insert overwrite t select k, {self.begun} from t")
                self.turn = self.begun
                client.execute("refresh dynamic table asked")
                self.refreshed = self.turn


def turn_of(client: psycopg.Connection[tuple[int]], table: str) -> int:
    """The one turn that all rows of a table are of; -1 for a table without rows."""
    found = client.execute(f"select turn, count(*), count(distinct k) from {table} group by turn").fetchall()
    if not found:
        return -1
    [(turn, rows, keys)] = found
    assert (rows, keys) == (40_000, 40_000)
    return turn


@pytest.mark.slow
@pytest.mark.timeout(max(600, 60 * CYCLES))
def test_refreshes_are_whole_and_go_on(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with connected(server) as client:
        client.execute(MADE)
    turn, refreshed = 0, -1
    for cycle in range(CYCLES):
        turner = Turner(server, turn, refreshed)
        turner.start()
        time.sleep(random.Random(cycle).uniform(0.2, 2.5))  # the moment of the kill: any
        server.kill()
        turner.join()
        server.start()
        with connected(server) as client:
            turn = turn_of(client, "t")
            assert turn in (turner.turn, turner.begun)
            refreshed = turn_of(client, "asked")
            assert refreshed in (turner.refreshed, turner.turn, turner.begun)
            waiting.until(lambda of=client: turn_of(of, "itself") >= 0, 30)  # once, as an hour is long
            client.execute("refresh dynamic table itself")
            assert turn_of(client, "itself") == turn
    server.stop()
    assert turn > CYCLES
