"""kill -9 of a server that rebuilds a table: another goes on with it, and no row that was acknowledged is missing."""

import contextlib
import itertools
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "8"))
OPTIONS = ("--services", "hologres", "--hologres-gateways", "2")
ROWS = 40_000
KEYS = ("k", "v, k")
STATES = "select status, message from hologres.rebuild_progress(%s)"


class Writer(threading.Thread):
    """One who adds rows until the server dies; ``told`` are those that were acknowledged."""

    def __init__(self, server: Server, keys: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._keys = keys
        self.told: list[int] = []

    def run(self) -> None:
        """Add rows; while nobody may, wait."""
        with contextlib.suppress(psycopg.OperationalError), connected(self._server) as client:
            for key in self._keys:
                while not self._is_added(client, key):
                    time.sleep(0.002)
                self.told.append(key)

    @staticmethod
    def _is_added(client: psycopg.Connection[tuple[int]], key: int) -> bool:
        try:
            client.execute(f"insert into t values ({key}, 'new')")
        except psycopg.errors.UniqueViolation:  # it was, though nobody was told
            return True
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.SerializationFailure,
                psycopg.errors.FeatureNotSupported):  # fmt: skip
            return False
        return True


def ended(server: Server, number: str) -> None:
    """Return once a rebuild has ended. Whoever connects first has a gateway start, which goes on with it."""
    with connected(server) as client:
        found = waiting.until(lambda: [
            row for row in client.execute(STATES, (number,)).fetchall()[-1:] if row[0] in ("done", "error")
        ] or [row for row in client.execute(STATES, (number,)).fetchall() if row[0] == "error"], 60)  # fmt: skip
    assert found == [("done", None)], found


@pytest.mark.slow
@pytest.mark.timeout(max(600, 60 * CYCLES))
def test_rebuilds_go_on_and_rows_stay(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with connected(server) as client:
        client.execute("create table t (k int not null, v text)")
        client.execute(f"insert into t select g, 'row' from generate_series(1, {ROWS}) g")
    keys, told = itertools.count(ROWS + 1), set(range(1, ROWS + 1))
    for cycle in range(CYCLES):
        writer = Writer(server, keys)
        writer.start()
        waiting.until(lambda of=writer: of.told or not of.is_alive())
        with connected(server) as client:
            key, orientation = KEYS[cycle % 2], ("row", "row,column")[cycle % 2]
            [(number,)] = client.execute(
                f"async rebuild table t alter primary key ({key}), set (orientation = '{orientation}')"
            ).fetchall()
        time.sleep(random.Random(cycle).uniform(0.02, 0.8))  # the moment of the kill: any
        server.kill()
        writer.join()
        told |= set(writer.told)
        server.start()
        ended(server, number)
        with connected(server) as client:
            found = [k for (k,) in client.execute("select k from t").fetchall()]
            assert len(found) == len(set(found)) and told <= set(found)
            assert len(found) - len(told) <= cycle + 1  # what nobody was told of
            [(name,)] = client.execute(
                "select string_agg(attname, ', ' order by array_position(indkey::int2[], attnum)) from pg_index "
                "join pg_attribute on attrelid = indrelid and attnum = any(indkey) where indrelid = 't'::regclass"
            ).fetchall()
            assert name == key
            client.execute("insert into t values (-1, 'now'); delete from t where k = -1 and v = 'now'")
    server.stop()
