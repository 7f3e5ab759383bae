"""A topic far larger than what its broker may hold: it is put and read by many, and lies on disk alone."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.datahub import Client
from tests.processes import children
from yunbox.testing.server import Server

CLIENTS, REQUESTS = 4, 20
RECORD_BYTES, RECORDS = 500_000, 6
MORE_BYTES = 120 << 20
TOPIC = "/projects/large/topics/t/shards/"


def broker_of(server: Server) -> psutil.Process:
    [found] = children(server, "datahub.broker.main")
    return found


def most_bytes(process: psutil.Process) -> int:
    """The most memory that a process has had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def fill(server: Server, shard: int) -> None:
    with Client(server) as client:
        for number in range(REQUESTS):
            client.put("large", "t", str(shard), [bytes([number]) * RECORD_BYTES] * RECORDS)


def empty(server: Server, shard: int) -> int:
    """Read a shard as fast as it comes: how many bytes that were."""
    found = 0
    with Client(server) as client:
        cursor = client.call("POST", TOPIC + str(shard), Action="cursor", Type="OLDEST")["Cursor"]
        while True:
            page = client.call("POST", TOPIC + str(shard), Action="sub", Cursor=cursor, Limit=1000)
            found += sum(len(base64.b64decode(one["Data"])) for one in page["Records"])
            cursor = page["NextCursor"]
            if not page["Records"]:
                return found


@pytest.mark.slow
def test_a_large_topic_does_not_use_memory(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=("--services", "datahub")).start()
    with Client(server) as client, ThreadPoolExecutor(CLIENTS) as pool:
        client.create("large", "t", shards=CLIENTS)
        broker = broker_of(server)
        before = most_bytes(broker)
        list(pool.map(lambda shard: fill(server, shard), range(CLIENTS)))
        put = most_bytes(broker) - before
        read = list(pool.map(lambda shard: empty(server, shard), range(CLIENTS)))
        more = most_bytes(broker) - before
    server.stop()
    assert read == [REQUESTS * RECORDS * RECORD_BYTES] * CLIENTS
    print(f"{sum(read) >> 20} MB put and read: {put >> 20} and {more >> 20} MB of memory more than without")
    assert more < MORE_BYTES
