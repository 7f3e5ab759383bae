"""Kill a server whose Hologres is being written to, again and again: look-ups and statements agree on what is there.

Each client keeps to keys of its own and remembers what it was told. What was acknowledged must be there after the kill;
of the statement or block that nobody answered, all or nothing.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.binlogs import replayed
from yunbox.services.hologres.gateway.config import ROWS
from yunbox.storage.rows.store import RowStore
from yunbox.testing.server import Server

KEYS = 100
MANY = 80
"""So many rows are written at once, and logged as a chunk."""
Rows = dict[int, int]


class Writer(threading.Thread):
    """One client. ``rows`` is what it was told, ``unsure`` what is there if the last one was done, too."""

    def __init__(self, server: Server, first: int, rows: Rows, seed: int) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._first = first
        self._chance = random.Random(seed)
        self.rows = rows
        self.unsure: Rows = rows
        self.done = 0

    def run(self) -> None:
        """Write until the server is gone."""
        with suppress(psycopg.Error), connected(self._server) as client:
            while True:
                after = dict(self.rows)
                change = self._chance.choice(self._changes)(after)
                self.unsure = after
                change(client)
                self.rows = after
                self.done += 1

    @property
    def _changes(self) -> tuple[Callable[[Rows], Any], ...]:
        return self._upsert, self._arrays, self._remove, self._block, self._pipeline, self._copy, self._computed

    def _picked(self, count: int) -> dict[int, int]:
        keys = self._chance.sample(range(self._first, self._first + KEYS), count)
        return {key: self._chance.randrange(1 << 30) for key in keys}

    def _upsert(self, after: Rows) -> Any:
        picked = self._picked(self._chance.choice((3, MANY)))
        after |= picked
        values = ", ".join(f"({key}, {value})" for key, value in picked.items())
        sql = f"insert into t values {values} on conflict (k) do update set v = excluded.v"
        return lambda client: client.execute(sql)

    def _arrays(self, after: Rows) -> Any:
        picked = self._picked(MANY)
        after |= picked
        upsert = (
            "insert into t select unnest(%s::int[]), unnest(%s::int[]) on conflict (k) do update set v = excluded.v"
        )
        return lambda client: client.execute(upsert, (list(picked), list(picked.values())))

    def _remove(self, after: Rows) -> Any:
        picked = list(self._picked(2))
        for key in picked:
            after.pop(key, None)
        return lambda client: client.execute("delete from t where k = any(%s)", (picked,))

    def _block(self, after: Rows) -> Any:
        picked = self._picked(2)
        after |= picked

        def change(client: psycopg.Connection[Any]) -> None:
            with client.transaction():
                for key, value in picked.items():
                    client.execute("delete from t where k = %s", (key,))
                    client.execute("insert into t values (%s, %s)", (key, value))

        return change

    def _pipeline(self, after: Rows) -> Any:
        picked = self._picked(self._chance.choice((4, MANY)))
        after |= picked
        upsert = "insert into t values (%s, %s) on conflict (k) do update set v = excluded.v"
        return lambda client: client.cursor().executemany(upsert, list(picked.items()))

    def _copy(self, after: Rows) -> Any:
        picked = self._picked(self._chance.choice((5, MANY)))
        after |= picked

        def change(client: psycopg.Connection[Any]) -> None:
            statement = "copy t from stdin with (on_conflict update)"
            with client.cursor() as cursor, cursor.copy(statement) as copy:
                for row in picked.items():
                    copy.write_row(row)

        return change

    def _computed(self, after: Rows) -> Any:
        """What the engine computes: an update by other than keys, and the insertion of a query."""
        low, high = self._first, self._first + KEYS
        limit = self._chance.randrange(1 << 30)
        after |= {key: value + 1 for key, value in after.items() if value < limit}
        update = f"update t set v = v + 1 where v < {limit} and k >= {low} and k < {high}"
        picked = self._picked(3)
        after |= picked
        rows = " union all ".join(f"select {key}, {value}" for key, value in picked.items())
        upsert = f"insert into t {rows} on conflict (k) do update set v = excluded.v"

        def change(client: psycopg.Connection[Any]) -> None:
            with client.transaction():
                client.execute(update)
                client.execute(upsert)

        return change


def connected(server: Server) -> psycopg.Connection[Any]:
    """A client of a server."""
    where = server.endpoints["hologres"]
    return psycopg.connect(
        user=server.access_key_id, password=server.access_key_secret, autocommit=True, connect_timeout=10, **where
    )


def check_ages(data: Path) -> None:
    """Each row of a table that does not keep them for ever has one birth, and nothing else has."""
    with closing(RowStore(data / ROWS)) as store, store.reading() as view:
        for one in store.catalogue(view).aging:
            keys = [key[8:] for key, _ in view.prefixed("rows", one.prefix)]
            born = [(key[8:], number) for key, number in view.prefixed("births", one.aging_prefix)]
            ages = {key[8:]: value[8:] for key, value in view.prefixed("ages", one.aging_prefix, (1).to_bytes(8))}
            assert [key for key, _ in born] == keys
            assert ages == {number: key for key, number in born}


class Crasher:
    """Kills a server under its writers, and looks at what is left."""

    def __init__(self, data: Path, writers: int = 3) -> None:
        self._server, self._data = Server(data), data
        self._rows: list[Rows] = [{} for _ in range(writers)]
        self._unsure: list[tuple[Rows, Rows]] = []
        self.done = 0

    def run(self, cycles: int) -> None:
        """Kill it so many times."""
        with self._server, connected(self._server) as client:
            client.execute(
                "create table t (k int primary key, v int)"
                " with (binlog_level = 'replica', time_to_live_in_seconds = '86400')"
            )
        for cycle in range(cycles):
            with self._server:
                self._check()
                writers = [
                    Writer(self._server, number * KEYS, rows, cycle * 100 + number)
                    for number, rows in enumerate(self._rows)
                ]
                for writer in writers:
                    writer.start()
                time.sleep(random.Random(cycle).uniform(0.05, 0.5))  # the moment of the kill is what is tried
                self._server.kill()
                for writer in writers:
                    writer.join()
                self.done += sum(writer.done for writer in writers)
                self._unsure = [(writer.rows, writer.unsure) for writer in writers]
            check_ages(self._data)
            self._rows = self._found()

    def _found(self) -> list[Rows]:
        """What each writer's keys have, which must be what it was told, or that and its last."""
        with self._server:
            found = self._read()
        for rows, allowed in zip(found, self._unsure, strict=True):
            assert rows in allowed
        return found

    def _check(self) -> None:
        assert self._read() == self._rows

    def _read(self) -> list[Rows]:
        with connected(self._server) as client:
            keys = list(range(len(self._rows) * KEYS))
            rows = dict(client.execute("select k, v from t where k = any(%s)", (keys,)).fetchall())
            scanned = client.execute("select k, v from t where k + 0 >= 0").fetchall()
            log = client.execute("select hg_binlog_event_type, k, v from t order by hg_binlog_lsn").fetchall()
        assert sorted(scanned) == sorted(rows.items()), "the engine's copy has what the row store has"
        assert replayed(log) == {row[0]: row for row in scanned}, "each change is logged once"
        return [
            {key: value for key, value in rows.items() if number * KEYS <= key < (number + 1) * KEYS}
            for number in range(len(self._rows))
        ]
