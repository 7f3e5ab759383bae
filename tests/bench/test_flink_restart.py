"""A job with much state, killed and started again: how long until it works as before.

`YUNBOX_STATE_GB` says how much state, 5 by default. It is the rows of one side of a join: when the other side's row has
its partner in Hologres, the job has been started again, has found its place, and has found a row of its state.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.bench.test_flink import connect
from tests.datahub import Client
from tests.flink import Flink, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.clients.datahub import DataHubClient
from yunbox.testing.server import Server
from yunbox.wire.datahub.messages import body_of

GB = float(os.environ.get("YUNBOX_STATE_GB", "5"))
PAD, BATCH = 2_000, 1_500
ROWS = int(GB * 1e9 / PAD)
KILLS = 3
JOB = "INSERT INTO found SELECT asked.id, CHAR_LENGTH(big.pad) FROM asked JOIN big ON asked.id = big.id"


def prepared(server: Server) -> None:
    with Client(server) as client:
        client.call("POST", "/projects/bench", Comment="")
        for name, fields in (("big", "id:BIGINT pad:STRING"), ("asked", "id:BIGINT")):
            schema = ",".join(
                f'{{"name":"{field}","type":"{kind}"}}' for field, kind in (one.split(":") for one in fields.split())
            )
            client.call("POST", f"/projects/bench/topics/{name}", ShardCount=1, Lifecycle=1, RecordType="TUPLE",
                        Comment="", RecordSchema=f'{{"fields":[{schema}]}}')  # fmt: skip
    with connect(server) as client:
        client.execute("CREATE TABLE found (id bigint PRIMARY KEY, n bigint) WITH (orientation = 'row')")


def put(server: Server, topic: str, first: int, end: int, *pads: bytes) -> None:
    client = DataHubClient(server.endpoints["datahub"], server.access_key_id, server.access_key_secret)
    for at in range(first, end, BATCH):
        bodies = [body_of([str(one).encode(), *pads], {})[0] for one in range(at, min(at + BATCH, end))]
        client.put("bench", topic, "0", bodies)
    client.close()


def state_bytes(server: Server, job: str) -> tuple[int, int]:
    """How many rows a job has read, and the bytes of its state."""
    with Flink(server) as flink:
        named = flink.job(job, "/metrics?get=numRecordsIn,lastCheckpointSize")
    found: dict[str, Any] = {one["id"]: one["value"] for one in named}
    return int(float(found.get("numRecordsIn", 0))), int(float(found.get("lastCheckpointSize", 0)))


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_a_start_with_much_state(tmp_path: Path, report: Callable[[str], None]) -> None:
    server = Server(tmp_path / "data", options=("--services", "datahub,hologres,flink")).start()
    try:
        prepared(server)
        with Flink(server) as flink:
            job = flink.run(
                clicks(server, "bench", "big", "id BIGINT, pad STRING", "big"),
                clicks(server, "bench", "asked", "id BIGINT", "asked"),
                hologres(server, "found", "id BIGINT, n BIGINT", "found"),
                "SET 'table.exec.state.ttl' = '1 d'",
                JOB,
            )
        began = time.monotonic()
        put(server, "big", 0, ROWS, b"x" * PAD)
        until(lambda: state_bytes(server, job)[0] >= ROWS, 3000)
        loaded_s, size = time.monotonic() - began, state_bytes(server, job)[1]
        times = [resumed(server, job, ROWS // (at + 2)) for at in range(KILLS)]
        took = ", ".join(f"{wall_s:.2f} ({cpu_s:.2f})" for wall_s, cpu_s in times)
        report(f"{size / 1e9:.2f} GB of state, {ROWS:,} rows, made in {loaded_s:.0f} s; kill -9 to a row's partner in "
               f"Hologres: {took} s, and of the job's core")  # fmt: skip
    finally:
        server.stop()


def resumed(server: Server, job: str, asked: int) -> tuple[float, float]:
    """Kill the job, and ask for the partner of a row: how long until it is there, and what the job used of its core."""
    with connect(server) as client:
        process(server, job).kill()
        began = time.monotonic()
        put(server, "asked", asked, asked + 1)
        until(lambda: client.execute("SELECT n FROM found WHERE id = %s", (asked,)).fetchall() == [(PAD,)], 600)
        wall_s, used = time.monotonic() - began, process(server, job).cpu_times()
        return wall_s, used.user + used.system


def process(server: Server, job: str) -> psutil.Process:
    [found] = [one for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]
    return found
