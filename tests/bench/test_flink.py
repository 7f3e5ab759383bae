"""The article's job on the embedded engine: DataHub, GROUP BY a million users, upserts into Hologres.

How many events a second, and a second of its process, it works through when they are there already; and how long an
event takes to a row that can be seen when they come at a pace.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.datahub import Client
from tests.flink import Flink, clicks, hologres
from tests.processes import children
from yunbox.clients.datahub import DataHubClient
from yunbox.testing.server import Server
from yunbox.wire.datahub.messages import body_of

EVENTS, USERS, BATCH = 1_000_000, 1_000_000, 5_000
PACE, PACED_S = 20_000, 10
TOTALS = "user_id BIGINT, n BIGINT, amount DOUBLE"
JOB = "INSERT INTO totals SELECT user_id, COUNT(*), SUM(amount) FROM clicks GROUP BY user_id"


def prepared(server: Server) -> None:
    schema = {"fields": [{"name": "user_id", "type": "BIGINT"}, {"name": "amount", "type": "DOUBLE"}]}
    with Client(server) as client:
        client.call("POST", "/projects/bench", Comment="")
        client.call("POST", "/projects/bench/topics/clicks", ShardCount=1, Lifecycle=1, RecordType="TUPLE", Comment="",
                    RecordSchema=json.dumps(schema))  # fmt: skip
    with connect(server) as client:
        client.execute("CREATE TABLE totals (user_id bigint PRIMARY KEY, n bigint, amount float8) "
                       "WITH (orientation = 'row')")  # fmt: skip


def connect(server: Server) -> psycopg.Connection[Any]:
    key = {"user": server.access_key_id, "password": server.access_key_secret}
    return psycopg.connect(**server.endpoints["hologres"], **key, autocommit=True)


def put(server: Server, count: int, pace: float = 0.0, first: int = 0) -> None:
    """Put so many events, by users in no order or, at a pace, by users from one on."""
    chance = random.Random(7)
    client = DataHubClient(server.endpoints["datahub"], server.access_key_id, server.access_key_secret)
    size = BATCH if not pace else int(pace / 50)
    began = time.monotonic()
    for at in range(0, count, size):
        users = [first + at + one if pace else chance.randrange(USERS) for one in range(size)]
        client.put("bench", "clicks", "0", [body_of([str(user).encode(), b"1.5"], {})[0] for user in users])
        if pace:
            time.sleep(max(began + (at + size) / pace - time.monotonic(), 0))
    client.close()


def submitted(server: Server) -> str:
    with Flink(server) as flink:
        return flink.run(
            clicks(server, "bench", "clicks", "user_id BIGINT, amount DOUBLE"),
            hologres(server, "totals", TOTALS, "totals"),
            "SET 'table.exec.state.ttl' = '1 d'",
            JOB,
        )


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_the_articles_job(tmp_path: Path, report: Callable[[str], None]) -> None:
    server = Server(tmp_path / "data", options=("--services", "datahub,hologres,flink")).start()
    try:
        prepared(server)
        put(server, EVENTS)
        began = time.monotonic()
        job = submitted(server)
        [process] = [one for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]
        with connect(server) as client:
            while client.execute("SELECT coalesce(sum(n), 0) FROM totals").fetchone() != (EVENTS,):
                time.sleep(0.1)
        wall_s, used = time.monotonic() - began, psutil.Process(process.pid).cpu_times()
        cpu_s = used.user + used.system
        rates = f"{EVENTS / wall_s:,.0f} events/s up to the last row, {EVENTS / cpu_s:,.0f} a second of the job's core"
        latencies = paced(server)
        p50, p99 = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
        report(f"{rates}\nat {PACE:,}/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms from put to row")
    finally:
        server.stop()


def paced(server: Server) -> list[float]:
    """For events at a pace: how long each of some takes from its put to the row that can be seen, in milliseconds."""
    first = USERS * 10
    putting = threading.Thread(target=put, args=(server, PACE * PACED_S, PACE, first))
    latencies = []
    with connect(server) as client:
        putting.start()
        began = time.monotonic()
        step = 0
        while putting.is_alive():
            user = first + int((time.monotonic() - began) * PACE) + int(PACE * 0.1)
            due = began + (user - first) / PACE
            while not client.execute("SELECT 1 FROM totals WHERE user_id = %s", (user,)).fetchall():
                if not putting.is_alive() and time.monotonic() > due + 2:
                    return sorted(latencies)
                time.sleep(0.002)
            latencies.append(max(time.monotonic() - due, 0) * 1000)
            step += 1
    putting.join()
    return sorted(latencies)
