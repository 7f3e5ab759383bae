"""kill -9 of a server whose databases come and go: what was acknowledged holds, with all that was written in each, and
nothing is left of what went."""

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.storage.rows.databases import database_oids
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import own_of
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "8"))
OPTIONS = ("--services", "hologres", "--hologres-gateways", "2")
NAMES = ("red", "green", "blue", "grey")
GONE = -1


@dataclass
class Changes:
    """One who makes, fills and drops databases until the server dies: how many rows were acknowledged in the table of
    each, or that it is gone, and what nobody has answered."""

    server: Server
    known: dict[str, int]
    seed: int
    begun: tuple[str, int] | None = None
    done: int = 0
    wrong: list[BaseException] = field(default_factory=list)

    def begin(self) -> "Changes":
        """Change one after another, in a thread."""
        self._random = random.Random(self.seed)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def join(self) -> None:
        """Return once the server has died under it."""
        self._thread.join()
        assert not self.wrong, self.wrong

    def _run(self) -> None:
        try:
            with connected(self.server) as client:
                while True:
                    self._one(client, self._random.choice(NAMES))
                    self.done += 1
        except psycopg.OperationalError:  # the server has died
            return
        except BaseException as error:
            self.wrong.append(error)

    def _one(self, client: psycopg.Connection[Any], name: str) -> None:
        rows = self.known.get(name, GONE)
        if rows == GONE:
            self._doing(client, name, 0, f"create database {name}")
        elif self._random.random() < 0.3:
            self._dropped(client, name)
        else:
            with connected(self.server, dbname=name) as inside:
                inside.execute("create table if not exists t (id int primary key, name text)")
                self._doing(inside, name, rows + 1, f"insert into t values ({rows}, current_database())")

    def _dropped(self, client: psycopg.Connection[Any], name: str) -> None:
        while True:
            try:
                return self._doing(client, name, GONE, f"drop database {name}")
            except psycopg.errors.ObjectInUse:  # who has just left is still seen
                self.begun = None

    def _doing(self, client: psycopg.Connection[Any], name: str, rows: int, statement: str) -> None:
        self.begun = name, rows
        client.execute(statement)
        self.known[name] = rows
        self.begun = None


def checked(server: Server, changes: Changes) -> dict[str, int]:
    """What is in each database: what was acknowledged, or what was asked for and not answered."""
    with connected(server) as client:
        there = {row[0] for row in client.execute("select datname from pg_database where datname <> 'yunbox'")}
    found = {name: counted(server, name) if name in there else GONE for name in NAMES}
    for name, rows in found.items():
        expected = changes.known.get(name, GONE)
        assert rows == expected or (name, rows) == changes.begun, (name, rows, expected, changes.begun)
    return found


def counted(server: Server, name: str) -> int:
    """How many rows the table of a database has, all of which were written there."""
    with connected(server, dbname=name) as client:
        if not client.execute("select 1 from pg_class where relname = 't'").fetchone():
            return 0
        rows = client.execute("select id, name from t order by id").fetchall()
    assert rows == [(at, name) for at in range(len(rows))]
    return len(rows)


def left_behind(data: Path) -> Iterator[tuple[str, bytes]]:
    """What lies among the definitions and is of no database."""
    with contextlib.closing(RowStore(data / "holo" / "rows")) as store, store.reading() as view:
        known = tuple(own_of(oid) for oid in database_oids(view))[1:]
        for table in ("relations", "schemas", "defaults", "meta"):
            for key, _ in view.prefixed(table, b"\xff"):
                if not key.startswith(known):
                    yield table, key


@pytest.mark.slow
@pytest.mark.timeout(max(600, 60 * CYCLES))
def test_what_was_acknowledged_of_databases_holds(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    known: dict[str, int] = {}
    done = 0
    for cycle in range(CYCLES):
        connected(server).close()
        changes = Changes(server, known, cycle).begin()
        time.sleep(random.Random(cycle).uniform(0.3, 1.2))  # the moment of the kill: any
        server.kill()
        changes.join()
        assert not list(left_behind(server.data))
        server.start()
        known, done = checked(server, changes), done + changes.done
    server.stop()
    assert done > 5 * CYCLES
