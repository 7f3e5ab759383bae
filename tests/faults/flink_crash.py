"""kill -9 of a Flink job, of its gateway, of what it reads and writes, or of all of it, while records are put: what is
in Hologres at the end is what would be there without, row by row, each once.

The cycles are shared out among several tests, which run beside each other; ``YUNBOX_CRASH_CYCLES=1000`` makes it a
thousand. Two kills in three come when rows have arrived since the last one, the others while things are starting.
"""

import http.client
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.datahub import Client
from tests.datahub import Refused as Denied
from tests.faults.datahub_producer import Producer
from tests.flink import Flink, Refused, clicks
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

PARTS = 4
"""Of all cycles: tests, each with a server of its own."""
CYCLES = max(int(os.environ.get("YUNBOX_CRASH_CYCLES", "200")) // PARTS, 1)
SHARDS, KEYS = 2, 7
OPTIONS = ("--services", "datahub,hologres,flink")
JOB, WORKER = "engine.stream.main", "engine.stream.parallel.worker"
VICTIMS = (JOB, JOB, JOB, JOB, "flink.gateway.main", "datahub.broker.main", "hologres.gateway.main", "engine.holo.main")
EVERYTHING = 0.1
"""How many of the kills are of all of the server."""
AT_ONCE = 1 / 3
END = 1 << 40
"""A number behind all others: with it all windows before it are over."""
Line = tuple[int, int, int]
"""A key, a shard, and a number, of which each shard has every one."""


def record(shard: int, number: int) -> bytes:
    return f"{(shard + number * 3) % KEYS},{shard},{number}".encode()


def parsed(value: bytes) -> Line:
    key, shard, number = value.split(b",")
    return int(key), int(shard), int(number)


@dataclass(frozen=True)
class Work:
    """What jobs do with the records: their tables, what is in each of them for certain lines, and what is killed.

    A job's own processes are sent one of ``signals``: one that is stopped is to be missed, and killed.
    """

    tables: dict[str, str]
    submit: Callable[[Server], list[str]]
    expected: Callable[[list[Line]], dict[str, list[tuple[Any, ...]]]]
    victims: tuple[str, ...] = VICTIMS
    signals: tuple[signal.Signals, ...] = (signal.SIGKILL,)


def events(server: Server) -> str:
    """CREATE TABLE of the records: ``k``, ``shard``, ``number``, and that as milliseconds of event time."""
    columns = [
        f"{name} AS CAST(SPLIT_INDEX(CAST(data AS STRING), ',', {at}) AS BIGINT)"
        for at, name in enumerate(("k", "shard", "number"))
    ]
    time = "ts AS TO_TIMESTAMP_LTZ(CAST(SPLIT_INDEX(CAST(data AS STRING), ',', 2) AS BIGINT), 3)"
    columns = ["data BYTES", *columns, time, "WATERMARK FOR ts AS ts"]
    return clicks(server, "crash", "t", ", ".join(columns), "events")


class Crash:
    """A server under kills, with those who put records into it."""

    def __init__(self, folder: Path, work: Work, seed: int) -> None:
        self.server = Server(folder, options=OPTIONS).start()
        self._work = work
        self._chance = random.Random(seed)
        with Client(self.server) as client:
            client.create("crash", "t", shards=SHARDS)
        with closing(holo(self.server)) as connection:
            for name, columns in work.tables.items():
                connection.execute(f"CREATE TABLE {name} ({columns})")
        self.jobs = work.submit(self.server)
        self._producers = [self._producer(shard, 0) for shard in range(SHARDS)]
        self._seen = 0

    def _producer(self, shard: int, done: int) -> Producer:
        made = Producer(self.server, "crash", shard, done, record)
        return made.begin(self._chance.randrange(1 << 30), (1, 7, 90), 0.1)

    def cycle(self) -> None:
        """Wait for some moment, kill something, and have records put again if it was where they go."""
        if self._chance.random() >= AT_ONCE:
            until(self._has_more, 120)
        time.sleep(self._chance.uniform(0, 0.4))  # the moment of the kill: any
        if self._kill():
            for producer in self._producers:
                producer.join()
            until(lambda: all(last(self.server, shard) is not None for shard in range(SHARDS)), 60)
            ends = [last(self.server, shard) or 0 for shard in range(SHARDS)]
            self._producers = [self._producer(shard, end) for shard, end in enumerate(ends)]

    def _has_more(self) -> bool:
        name = next(iter(self._work.tables))
        found = rows(self.server, f"SELECT {'SUM(n)' if name == 'totals' else 'COUNT(*)'} FROM {name}")
        before, self._seen = self._seen, int(found[0][0] or 0) if found else self._seen
        return self._seen > before

    def _kill(self) -> bool:
        """Kill something; whether records cannot be put any more."""
        if self._chance.random() < EVERYTHING:
            self.server.kill()
            self.server.start()
            return True
        chosen = self._chance.choices(self._work.victims, k=self._chance.choice((1, 1, 2)))
        hit = [name for name in chosen if self._hit(name)]
        return "datahub.broker.main" in hit

    def _hit(self, name: str) -> bool:
        found = children(self.server, name)
        if found:
            number = self._chance.choice(self._work.signals) if name in (JOB, WORKER) else signal.SIGKILL
            os.kill(self._chance.choice(found).pid, number)
        return bool(found)

    def finish(self) -> list[Line]:
        """Kill all of it once more and start it; all lines that were put, in the end."""
        self.server.kill()
        for producer in self._producers:
            producer.join()
        self.server.start()
        with Client(self.server) as client:
            for shard in range(SHARDS):
                client.put("crash", "t", str(shard), [record(shard, END)])
        return [parsed(value) for shard in range(SHARDS) for value in stored(self.server, shard) or []]


def check(folder: Path, work: Work, seed: int) -> None:
    """Kill things for as many cycles as a test has, and look whether all is there once."""
    crash = Crash(folder, work, seed)
    for _ in range(CYCLES):
        crash.cycle()
    lines = crash.finish()
    for shard in range(SHARDS):
        numbers = [number for _, one, number in lines if one == shard]
        assert numbers == [*range(len(numbers) - 1), END], "a record is lost or doubled in DataHub"
    assert len(lines) > 10 * CYCLES
    for table, expected in work.expected(lines).items():
        try:
            until(lambda table=table, expected=expected: same(crash.server, table, expected), 120)
        except AssertionError:
            found = Counter(rows(crash.server, f"SELECT * FROM {table}"))
            lost, more = Counter(expected) - found, found - Counter(expected)
            raise AssertionError(f"{table}: lost {sorted(lost.items())[:9]}, more {sorted(more.items())[:9]}") from None
    until(lambda: states(crash.server, crash.jobs) == {"RUNNING"}, 30)
    crash.server.stop()


# -- looking


def holo(server: Server) -> psycopg.Connection[Any]:
    at = server.endpoints["hologres"]
    return psycopg.connect(
        host=at["host"], port=at["port"], dbname=at["dbname"], user=server.access_key_id,
        password=server.access_key_secret, autocommit=True,
    )  # fmt: skip


def rows(server: Server, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query; none while Hologres is being started again."""
    try:
        with closing(holo(server)) as connection:
            return connection.execute(sql).fetchall()
    except psycopg.Error:
        return []


def same(server: Server, table: str, expected: list[tuple[Any, ...]]) -> bool:
    """Whether a table has those rows, each as often."""
    return Counter(rows(server, f"SELECT * FROM {table}")) == Counter(expected)


def states(server: Server, jobs: list[str]) -> set[str]:
    try:
        with Flink(server) as flink:
            return {flink.state(job) for job in jobs}
    except (OSError, http.client.HTTPException, Refused):
        return set()


def stored(server: Server, shard: int) -> list[bytes] | None:
    """All that a shard has; None while nobody says."""
    try:
        with Client(server) as client:
            return [value for _, value in client.read("crash", "t", str(shard))]
    except (OSError, http.client.HTTPException, Denied):
        return None


def last(server: Server, shard: int) -> int | None:
    """How many records a shard has; None while nobody says."""
    path = f"/projects/crash/topics/t/shards/{shard}"
    try:
        with Client(server) as client:
            cursor = client.call("POST", path, Action="cursor", Type="LATEST")["Cursor"]
            found = client.call("POST", path, Action="sub", Cursor=cursor, Limit=1)["Records"]
    except (OSError, http.client.HTTPException, Denied):
        return None
    return int(found[-1]["Sequence"]) + 1 if found else 0
