"""kill -9 of a Flink job that writes into a topic, of its gateway, of DataHub, or of all of it, while the topic's
shards are split and merged: at the end each record is in the topic, once."""

import base64
import http.client
import json
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.datahub import Client
from tests.datahub import Refused as Denied
from tests.faults.datahub_producer import Producer
from tests.faults.flink_crash import last, states, stored
from tests.flink import Flink, clicks
from tests.processes import kill_some
from tests.waiting import until
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "12"))
SHARDS = 2
OPTIONS = ("--services", "datahub,flink")
VICTIMS = ("engine.stream.main", "engine.stream.main", "flink.gateway.main", "datahub.broker.main")


def record(shard: int, number: int) -> bytes:
    return f"{shard},0,{number}".encode()


def submit(server: Server) -> list[str]:
    """Jobs that put records where there is room, by their hash, and those that are bad into a topic of dead letters."""
    bad = "CASE WHEN MOD(CAST(SPLIT_INDEX(CAST(data AS STRING), ',', 2) AS BIGINT), 1999) = 0 THEN 'x' ELSE '1' END"
    with Flink(server) as flink:
        flink.run(
            clicks(server, "crash", "t", "data BYTES", "put"),
            clicks(server, "crash", "plain", "data BYTES", "plain"),
            clicks(server, "crash", "hashed", "data BYTES", "hashed", hashFields="data"),
        )
        jobs = [flink.run(f"INSERT INTO {name} SELECT data FROM put") for name in ("plain", "hashed")]
        flink.run(
            clicks(server, "crash", "good", "data BYTES", "good"),
            clicks(server, "crash", "dead", "record STRING", "dead"),
            "SET 'yunbox.dead-letter.table' = 'dead'",
        )
        return [*jobs, flink.run(f"INSERT INTO good SELECT data FROM put WHERE CAST({bad} AS BIGINT) = 1")]


def reshape(server: Server, cycle: int) -> None:
    """Split a shard of each topic, or merge two, while the jobs are coming back."""
    with Client(server) as client:
        for name in ("plain", "hashed", "dead"):
            path = f"/projects/crash/topics/{name}/shards"
            active = [one for one in client.call("GET", path)["Shards"] if one["State"] == "ACTIVE"]
            if cycle % 2:
                client.call("POST", path, Action="split", ShardId=active[0]["ShardId"], SplitKey="")
            else:
                ids = [one["ShardId"] for one in sorted(active, key=lambda one: one["BeginHashKey"])]
                client.call("POST", path, Action="merge", ShardId=ids[0], AdjacentShardId=ids[1])


def all_of(server: Server, topic: str) -> list[bytes]:
    """What all shards of a topic have, also those that are closed; less while the server is coming back."""
    found: list[bytes] = []
    with suppress(OSError, http.client.HTTPException, Denied), Client(server) as client:
        for shard in client.call("GET", f"/projects/crash/topics/{topic}/shards")["Shards"]:
            found += values_of(client, f"/projects/crash/topics/{topic}/shards/{shard['ShardId']}")
    return found


def values_of(client: Client, shard: str) -> list[bytes]:
    """What a shard has; one that is closed says that it has no more."""
    found: list[bytes] = []
    with suppress(Denied):
        cursor = client.call("POST", shard, Action="cursor", Type="OLDEST")["Cursor"]
        while (page := client.call("POST", shard, Action="sub", Cursor=cursor, Limit=1000))["Records"]:
            found += [base64.b64decode(one["Data"]) for one in page["Records"]]
            cursor = page["NextCursor"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(300 + 60 * CYCLES)
def test_every_record_is_put_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with Client(server) as client:
        client.create("crash", "t", shards=SHARDS)
        for name in ("plain", "hashed", "good", "dead"):
            client.call(
                "POST", f"/projects/crash/topics/{name}", RecordType="BLOB", Comment="", ShardCount=SHARDS, Lifecycle=1
            )
    jobs = submit(server)
    producers = [Producer(server, "crash", shard, 0, record).begin(shard, (1, 7, 90), 0.02) for shard in range(SHARDS)]
    for cycle in range(CYCLES):
        kill_some(server, cycle, VICTIMS, every=4)
        with suppress(Denied, OSError):
            reshape(server, cycle)
        for at, producer in enumerate(producers):
            producer.join(0.5)
            if not producer.is_alive():
                until(lambda shard=producer.shard: stored(server, shard) is not None, 60)
                again = Producer(server, "crash", producer.shard, last(server, producer.shard) or 0, record)
                producers[at] = again.begin(cycle * SHARDS + producer.shard, (1, 7, 90), 0.02)
    server.kill()
    for producer in producers:
        producer.join()
    server.start()
    expected = Counter(line for shard in range(SHARDS) for line in stored(server, shard) or [])
    assert len(expected) > 50 * CYCLES
    for name in ("plain", "hashed"):
        until(lambda name=name: len(all_of(server, name)) >= len(expected), 60)
        assert Counter(all_of(server, name)) == expected
    good = Counter(line for line in expected.elements() if int(line.split(b",")[2]) % 1999)
    until(lambda: len(all_of(server, "good")) >= len(good), 120)
    until(lambda: len(all_of(server, "dead")) >= len(expected) - len(good), 60)
    dead = Counter(json.loads(line)["data"].encode() for line in all_of(server, "dead"))
    assert (Counter(all_of(server, "good")), dead) == (good, expected - good)
    until(lambda: states(server, jobs) == {"RUNNING"}, 30)
    server.stop()
