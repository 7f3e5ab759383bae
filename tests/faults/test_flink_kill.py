"""kill -9 of a Flink job, of its gateway, of what it reads and writes, or of all of it, while records are put: what is
in Hologres at the end is what would be there without, row by row, each once."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.datahub import Client
from tests.faults.datahub_producer import Producer
from tests.flink import Flink, Refused, clicks, hologres
from tests.processes import kill_some
from tests.waiting import until
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "12"))
SHARDS, KEYS = 2, 7
OPTIONS = ("--services", "datahub,hologres,flink")
VICTIMS = ("engine.stream.main", "engine.stream.main", "flink.gateway.main", "datahub.broker.main",
           "hologres.gateway.main", "engine.holo.main")  # fmt: skip


def record(shard: int, number: int) -> bytes:
    return f"{(shard + number * 3) % KEYS},{shard},{number}".encode()


def holo(server: Server) -> psycopg.Connection[Any]:
    at = server.endpoints["hologres"]
    return psycopg.connect(
        host=at["host"], port=at["port"], dbname=at["dbname"], user=server.access_key_id,
        password=server.access_key_secret, autocommit=True,
    )  # fmt: skip


def submit(server: Server) -> list[str]:
    """One job of sums into a table with a key, and one of all records into a table without."""
    with closing(holo(server)) as connection:
        connection.execute("CREATE TABLE totals (k bigint PRIMARY KEY, n bigint, s bigint) WITH (orientation = 'row')")
        connection.execute("CREATE TABLE lines (k bigint, shard bigint, number bigint)")
    source = clicks(server, "crash", "t", "data BYTES", "put")
    view = """CREATE VIEW events AS SELECT CAST(SPLIT_INDEX(d, ',', 0) AS BIGINT) AS k,
        CAST(SPLIT_INDEX(d, ',', 1) AS BIGINT) AS shard, CAST(SPLIT_INDEX(d, ',', 2) AS BIGINT) AS number
        FROM (SELECT CAST(data AS STRING) AS d FROM put)"""
    with Flink(server) as flink:
        flink.run(source, view)
        flink.run(hologres(server, "totals", "k BIGINT, n BIGINT, s BIGINT", "totals"))
        flink.run(hologres(server, "lines", "k BIGINT, shard BIGINT, number BIGINT", "lines_"))
        return [
            flink.run("INSERT INTO totals SELECT k, COUNT(*), SUM(number) FROM events GROUP BY k"),
            flink.run("INSERT INTO lines_ SELECT k, shard, number FROM events"),
        ]


def found(server: Server, sql: str) -> list[tuple[Any, ...]]:
    try:
        with closing(holo(server)) as connection:
            return connection.execute(sql).fetchall()
    except psycopg.Error:  # it is being started again
        return []


def states(server: Server, jobs: list[str]) -> set[str]:
    try:
        with Flink(server) as flink:
            return {flink.state(job) for job in jobs}
    except (OSError, Refused):
        return set()


@pytest.mark.slow
@pytest.mark.timeout(300 + 60 * CYCLES)
def test_every_record_counts_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with Client(server) as client:
        client.create("crash", "t", shards=SHARDS)
    jobs = submit(server)
    producers = [Producer(server, "crash", shard, 0, record).begin(shard, (1, 7, 200), 0.05) for shard in range(SHARDS)]
    for cycle in range(CYCLES):
        kill_some(server, cycle, VICTIMS, every=3)
        for producer in producers:
            producer.join(0.5)
        fresh = []
        for producer in producers:
            if producer.is_alive():
                fresh.append(producer)
                continue
            until(lambda shard=producer.shard: stored(server, shard) is not None, 60)
            again = Producer(server, "crash", producer.shard, last(server, producer.shard) + 1, record)
            fresh.append(again.begin(cycle * SHARDS + producer.shard, (1, 7, 200), 0.05))
        producers = fresh
    server.kill()
    for producer in producers:
        producer.join()
    server.start()
    expected = [line for shard in range(SHARDS) for line in stored(server, shard) or []]
    assert len(expected) > 50 * CYCLES
    lines = sorted(tuple(int(part) for part in line.split(b",")) for line in expected)
    sums: dict[int, list[int]] = {}
    for key, _, number in lines:
        total = sums.setdefault(key, [0, 0])
        total[0] += 1
        total[1] += number
    until(lambda: len(found(server, "SELECT k FROM lines")) >= len(lines), 120)
    assert sorted(found(server, "SELECT k, shard, number FROM lines")) == lines
    totals = [(key, *values) for key, values in sorted(sums.items())]
    until(lambda: found(server, "SELECT * FROM totals ORDER BY k") == totals, 30)
    until(lambda: states(server, jobs) == {"RUNNING"}, 30)
    server.stop()


def stored(server: Server, shard: int) -> list[bytes] | None:
    """All that a shard has; None while nobody says."""
    try:
        with Client(server) as client:
            return [value for _, value in client.read("crash", "t", str(shard))]
    except Exception:
        return None


def last(server: Server, shard: int) -> int:
    """The number of a shard's last record."""
    return int((stored(server, shard) or [b"0,0,-1"])[-1].split(b",")[2])
