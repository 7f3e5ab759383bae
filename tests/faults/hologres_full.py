"""A server of Hologres on a disk that fills up; run in a mount namespace of its own, on a small file system.

`unshare -rm sh -c 'mount -t tmpfs -o size=64m tmpfs /mnt && exec "$@"' sh python tests/faults/hologres_full.py /mnt`
"""

import contextlib
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by its path, this file has no package around it

from tests import waiting
from tests.faults.filler import fill
from tests.processes import children
from yunbox.testing.server import Server

ROWS = 2000
LEFT_BYTES = (0, 4096, 65_536, 262_144)
ROUNDS, ROUNDS_MAX = 3, 30
"""How often is written on a full disk, and until something is refused: what was removed before has left room."""
Client = psycopg.Connection[Any]


def connected(server: Server) -> Client:
    at = server.endpoints["hologres"]
    user, password = server.access_key_id, server.access_key_secret
    return psycopg.connect(user=user, password=password, autocommit=True, connect_timeout=20, **at)


def gateways(server: Server) -> list[psutil.Process]:
    """The processes that clients speak to."""
    return children(server, "hologres.gateway.main")


class FullDisk:
    """A server, the file that takes its space, and what must be in its tables."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self.filler = disk / "filler"
        self.server = Server(disk / "data", options=("--services", "hologres"))
        self.rows = dict.fromkeys(range(ROWS), 0)
        self.refused = 0
        self.before: set[Path] = set()
        self.numbers = itertools.count()
        self.whole = 0

    def try_write(self, after: dict[int, int], write: Callable[[], Any]) -> None:
        """A write that is done or refused, by the code of a full disk."""
        if self.is_done(write):
            self.rows = after
        else:
            self.refused += 1

    def is_done(self, write: Callable[[], Any]) -> bool:
        """Whether a write is done; what is not is refused by the code of a full disk."""
        try:
            write()
        except psycopg.errors.DiskFull:
            return False
        except psycopg.OperationalError as error:  # psycopg may fail to leave a pipeline that has failed
            assert isinstance(error.__context__, psycopg.errors.DiskFull), error
            return False
        return True

    def write(self, client: Client, turn: int, number: int = 0) -> None:
        """Rows by every way in; each writes more than is left."""
        large = "x" * 3000
        first = 10_000 * (turn + 1) + 200 * number
        keys = range(first, first + 200)
        statement = "insert into t values (%s, %s, %s) on conflict (k) do update set v = excluded.v"

        def pipelined() -> None:
            with connected(self.server) as another:
                another.cursor().executemany(statement, [(key, 2, large) for key in keys])

        def copied() -> None:
            with client.cursor() as cursor, cursor.copy("copy t from stdin with (on_conflict update)") as copy:
                for key in keys:
                    copy.write_row((key, 3, large))

        self.try_write({**self.rows, 1: turn}, lambda: client.execute(statement, [1, turn, large]))
        self.try_write({**self.rows, **dict.fromkeys(keys, 2)}, pipelined)
        self.try_write({**self.rows, **dict.fromkeys(keys, 3)}, copied)
        self.try_write({key: value + 1 for key, value in self.rows.items()},
                       lambda: client.execute("update t set v = v + 1, w = w || 'y'"))  # fmt: skip
        self.define(client)
        self.overwrite(client)

    def overwrite(self, client: Client) -> None:
        """All rows of a table are others, or none is."""
        number = next(self.numbers)
        rows = f"select g, {number}, repeat('x', 3000) from generate_series(1, 100) g"
        if self.is_done(lambda: client.execute(f"insert overwrite whole {rows}")):
            self.whole = number
        else:
            self.refused += 1

    def define(self, client: Client) -> None:
        """A table is there once that is answered, until it is answered that it is gone: either may be refused."""
        table = f"made_{next(self.numbers)}"
        is_made = self.is_done(lambda: client.execute(f"create table {table} (k int primary key)"))
        assert self.is_there(client, table) == is_made, "what is refused is not there"
        is_dropped = is_made and self.is_done(lambda: client.execute(f"drop table {table}"))
        assert self.is_there(client, table) == (is_made and not is_dropped), "what was not dropped is there"

    def is_there(self, client: Client, table: str) -> bool:
        """Whether the catalogue knows a table."""
        return client.execute("select 1 from pg_class where relname = %s", [table]).fetchone() is not None

    def leave_work(self, client: Client, turn: int) -> None:
        """Have something be due that a gateway does by itself, and needs room for: rows that are over, and trash."""
        client.execute(f"create table over_{turn} (k int primary key, v text) with (time_to_live_in_seconds = '1')")
        client.execute(f"create table trash_{turn} (k int primary key, v text)")
        for name in (f"over_{turn}", f"trash_{turn}"):
            client.execute(f"insert into {name} select g, repeat('x', 200) from generate_series(1, 5000) g")
        client.execute(f"drop table trash_{turn}")

    def read(self, client: Client) -> None:
        """Everything that was acknowledged is there, by key and by queries."""
        for key in (1, ROWS - 1, max(self.rows)):
            assert client.execute("select v from t where k = %s", [key]).fetchone() == (self.rows[key],)
        found = client.execute("select k, v from t where v + k >= 0").fetchall()
        assert dict(found) == self.rows, "a query sees what was acknowledged"
        whole = client.execute("select v, count(*), sum(length(w)) from whole group by v").fetchall()
        assert whole == ([(self.whole, 100, 300_000)] if self.whole else []), "all of one statement, or nothing yet"
        assert client.execute("select count(*) from other o join t using (k)").fetchone() == (5,)

    def restart_gateways(self) -> Client:
        """Have the gateways die, and others answer in their place, which find no room for a file of their usage."""
        self.before = self.tallies()
        victims = gateways(self.server)
        for victim in victims:
            victim.kill()
        psutil.wait_procs(victims, 30)
        found: list[Client] = []
        waiting.until(lambda: self.is_connected(found), 60)
        [client] = found
        for key in (1, ROWS - 1):
            assert client.execute("select v from t where k = %s", [key]).fetchone() == (self.rows[key],)
        assert not self.tallies() - self.before, "there is no room for a file"
        return client

    def is_connected(self, found: list[Client]) -> bool:
        """Whether a gateway is there, which a connection is ``found`` to."""
        with contextlib.suppress(psycopg.OperationalError):
            found.append(connected(self.server))
        return bool(found)

    def tallies(self) -> set[Path]:
        """The files of usage that are there of gateways."""
        return set((self.disk / "data" / "usage").glob("hologres-*/*.jsonl"))

    def run(self) -> None:
        """On each disk with so much left."""
        with self.server:
            client = connected(self.server)
            client.execute("create table t (k int primary key, v int, w text)")
            client.execute(f"insert into t select g, 0, 'row' from generate_series(0, {ROWS - 1}) g")
            client.execute("create table other (k int primary key)")
            client.execute("create table whole (k int primary key, v int, w text)")
            client.execute("insert into other select generate_series(1, 5)")
            for turn, left in enumerate(LEFT_BYTES):
                if turn % 2:
                    self.read(client)  # with copies of the tables that are there before, and without
                self.leave_work(client, turn)
                fill(self.filler, left)
                for number in range(ROUNDS_MAX):
                    self.write(client, turn, number)
                    with connected(self.server) as another:
                        self.read(another)
                    if number + 1 >= ROUNDS and (self.refused or left > 100_000):
                        break
                client.close()
                client = self.restart_gateways()
                assert self.refused or left > 100_000, f"with {left} bytes left nothing was refused"
                self.filler.unlink()
                refused, self.refused = self.refused, 0
                self.write(client, turn)
                waiting.until(lambda: bool(self.tallies() - self.before), 30)
                assert not self.refused, "with space again all goes on"
                self.read(client)
                client.execute("delete from t where k >= 10000")
                self.rows = {key: value for key, value in self.rows.items() if key < 10_000}
                print(f"{left} bytes left: {refused} writes refused", flush=True)
            client.close()
        with self.server, connected(self.server) as client:
            self.read(client)


if __name__ == "__main__":
    FullDisk(Path(sys.argv[1])).run()
