"""kill -9 of a server whose tables are overwritten: each has the rows of one statement, the last that was acknowledged
or the one that nobody answered, and what was on its way goes."""

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
from yunbox.storage.rows import staging
from yunbox.storage.rows.catalogue import KEPT_US, sweep
from yunbox.storage.rows.store import RowStore
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "10"))
OPTIONS = ("--services", "hologres", "--hologres-gateways", "2")
ROWS = 60_000
LATER_NS = 2 * KEPT_US * 1000
TABLES = """
create table t (k int primary key, turn int) with (orientation = 'row,column', time_to_live_in_seconds = '864000');
create table p (k int, turn int, ds text) partition by list (ds);
create table p_1 partition of p for values in ('1');
create table l (k int, turn int, ds int, primary key (k, ds)) logical partition by list (ds);
insert into l select g, 0, 1 from generate_series(1, 6000) g;
"""
WHOLE = "insert overwrite t select g * 7919 % 60013, {} from generate_series(1, 60000) g"
PARTS = "call hg_insert_overwrite('p', $$select g, {}, (g % 2 + 1)::text from generate_series(1, 6000) g$$, true)"
LOGICAL = "insert overwrite l partition (ds = 2) select g, {}, g % 2 + 1 from generate_series(1, 12000) g"


class Overwriter(threading.Thread):
    """One client. ``told`` is what it was told of each table, ``begun`` what it asked for last."""

    def __init__(self, server: Server, turn: int) -> None:
        super().__init__(daemon=True)
        self._server = server
        self.told: dict[str, int] = {}
        self.begun: dict[str, int] = {}
        self.turn = turn

    def run(self) -> None:
        """Overwrite until the server is gone."""
        with contextlib.suppress(psycopg.OperationalError), connected(self._server) as client:
            while True:
                self.turn += 1
                for table, statement in (("t", WHOLE), ("p", PARTS), ("l", LOGICAL)):
                    self.begun[table] = self.turn
                    client.execute(statement.format(self.turn))
                    self.told[table] = self.turn


def turn_of(server: Server, table: str, rows: int) -> int:
    """The one statement whose rows a table has; 0 for an empty one."""
    where = "where ds = 2" if table == "l" else ""
    with connected(server) as client:
        found = client.execute(
            f"select turn, count(*), count(distinct k) from {table} {where} group by turn"
        ).fetchall()
        if not found:
            return 0
        [(turn, count, keys)] = found
        assert (count, keys) == (rows, rows)
        if table == "l":
            assert client.execute("select count(*) from l where ds = 1 and turn = 0").fetchone() == (6000,)
        if table == "t":
            one = client.execute("select turn from t where k = 7919").fetchone()
            assert one == (turn,)
    return turn


def strays(store: RowStore) -> set[int]:
    """The places that have rows, or ages of them, and are no table's."""
    with store.reading() as view:
        known = store.catalogue(view).relations.values()
        nodes = {one.node for one in known} | {one.aging for one in known}
        found = {int.from_bytes(key[:8], "big") for table in ("rows", "ages", "births")
                 for key, _ in view.prefixed(table, b"")}  # fmt: skip
    return found - nodes


def forsaken_in(store: RowStore) -> list[int]:
    """The places that nobody fills any more behind a 0, once that are all; nothing before."""
    with store.reading() as view:
        noted = [key for key, _ in view.prefixed("meta", b"staged/")]
        forsaken = staging.forsaken(view, store.holding)
    return [0, *forsaken] if len(forsaken) == len(noted) else []


@pytest.mark.slow
@pytest.mark.timeout(max(600, 60 * CYCLES))
def test_rows_are_those_of_one_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with connected(server) as client:
        client.execute(TABLES)
    there = {"t": 0, "p": 0, "l": 0}
    begun = turn = 0
    for cycle in range(CYCLES):
        writer = Overwriter(server, turn)
        writer.start()
        time.sleep(random.Random(cycle).uniform(0.3, 1.5))  # the moment of the kill: any
        server.kill()
        writer.join()
        turn = writer.turn
        with contextlib.closing(RowStore(server.data / "holo" / "rows")) as store:
            forsaken = waiting.until(lambda of=store: forsaken_in(of), 20)[1:]  # gateways die behind the server
            begun += bool(forsaken)
            store.write_sync(lambda change, nodes=forsaken: staging.discard(change, nodes))
            if cycle % 2:
                with monkeypatch.context() as patched:
                    later_ns = time.time_ns() + LATER_NS
                    patched.setattr(time, "time_ns", lambda at=later_ns: at)
                    while store.write_sync(lambda change: sweep(change, 5000)):
                        pass
                assert not strays(store)
        server.start()
        for table, rows in (("t", ROWS), ("p", 6000), ("l", 6000)):
            found = turn_of(server, table, rows)
            allowed = {writer.told.get(table, there[table]), writer.begun.get(table, there[table])}
            assert found in allowed, (table, found, allowed)
            there[table] = found
    server.stop()
    assert turn > CYCLES
    assert begun, "no kill came while rows were on their way"
