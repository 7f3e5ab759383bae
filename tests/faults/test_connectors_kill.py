"""kill -9 of a server that moves DataHub's records to a table while they are put, or of its broker alone: each record
is in the table once. Every other kill comes when a move has been written down and is not finished."""

import http.client
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from odps import ODPS

from tests.datahub import Client
from tests.waiting import until
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "15"))
SHARDS = 2
OPTIONS = ("--services", "maxcompute,datahub")
CONNECTOR = "/projects/moved/topics/t/connectors/sink_odps"


class Producer(threading.Thread):
    """Puts numbered records into one shard; ``sent`` is how many it has made."""

    def __init__(self, server: Server, shard: int, done: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._chance = random.Random(seed)
        self.shard = shard
        self.sent = done

    def run(self) -> None:
        """Put until the server is gone."""
        with suppress(OSError, http.client.HTTPException), Client(self._server) as client:
            while True:
                count = self._chance.choice((1, 3, 40))
                values = [f"{self.shard}:{self.sent + at}".encode() for at in range(count)]
                self.sent += count
                client.put("moved", "t", str(self.shard), values)
                time.sleep(self._chance.uniform(0, 0.05))


def config(server: Server) -> dict[str, Any]:
    """A server that is started again has other ports."""
    return {
        "Project": server.project,
        "Table": "lines",
        "OdpsEndpoint": server.endpoint,
        "AccessId": server.access_key_id,
        "AccessKey": server.access_key_secret,
    }


def entry(server: Server) -> ODPS:
    return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)


def rows(server: Server) -> list[tuple[Any, ...]]:
    with entry(server).execute_sql("SELECT * FROM lines").open_reader(tunnel=True) as reader:
        return [tuple(record.values) for record in reader]


def kept(server: Server) -> list[tuple[str, str]]:
    """All records that the topic has, as rows."""
    with Client(server) as client:
        return [
            (value.decode(), f"{shard}-{sequence}")
            for shard in range(SHARDS)
            for sequence, value in client.read("moved", "t", str(shard))
        ]


def moved(server: Server) -> int:
    """How many records the connector counts as moved."""
    with Client(server) as client:
        found = client.call("POST", CONNECTOR, Action="Status")["ShardStatusInfos"]
    return sum(one["CurrentSequence"] + 1 for one in found.values())


def begun(server: Server) -> int:
    """How many moves are written down and not finished."""
    with sqlite3.connect(f"file:{server.data}/datahub/meta.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM connector_shards WHERE move != ''").fetchone()[0]


def broker_of(server: Server) -> int:
    """The broker's process."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_broker = b"datahub.broker.main" in (folder / "cmdline").read_bytes()
            if is_broker and f"\nPPid:\t{server.pid}\n" in (folder / "status").read_text():
                return int(folder.name)
    raise AssertionError("there is no broker")


def kill(server: Server, cycle: int) -> int:
    """Kill all of the server, and in every third cycle its broker alone; returns how many moves were on their way."""
    chance = random.Random(cycle)
    broker = broker_of(server)
    if cycle % 2:
        until(lambda: begun(server) > 0, seconds=30)
        time.sleep(chance.uniform(0, 0.01))
    else:
        time.sleep(chance.uniform(0.9, 2.2))
    if cycle % 3 == 2:
        os.kill(broker, signal.SIGKILL)
        return begun(server)
    server.kill()
    found = begun(server)
    server.start()
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_record_is_in_the_table_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    entry(server).create_table("lines", "line string, `__rowkey__` string")
    with Client(server) as client:
        client.create("moved", "t", shards=SHARDS)
        client.call("POST", CONNECTOR, Action="Create", Config=config(server))
    sent, on_their_way = [0] * SHARDS, 0
    for cycle in range(CYCLES):
        producers = [Producer(server, shard, sent[shard], cycle * SHARDS + shard) for shard in range(SHARDS)]
        for producer in producers:
            producer.start()
        on_their_way += kill(server, cycle)
        for producer in producers:
            producer.join()
        sent = [producer.sent for producer in producers]
        with Client(server) as client:
            client.call("POST", CONNECTOR, Action="updateconfig", Config=config(server))
        if cycle % 3 == 2:
            check(server)
    check(server)
    server.stop()
    assert on_their_way > 0


def check(server: Server) -> None:
    """The table has what the topic has, each record once."""
    records = kept(server)
    until(lambda: moved(server) == len(records), seconds=60)
    found = Counter(rows(server))
    assert found == Counter(records), (found - Counter(records), Counter(records) - found)


@pytest.mark.slow
def test_connectors_wait_for_no_client(tmp_path: Path) -> None:
    """The broker is started with the server where there are connectors, and else with the first client."""
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with pytest.raises(AssertionError):
        broker_of(server)
    entry(server).create_table("lines", "line string")
    with Client(server) as client:
        client.create("moved", "t", shards=SHARDS)
        client.call("POST", CONNECTOR, Action="Create", Config=config(server))
    server.stop()
    server.start()
    until(lambda: has_broker(server), seconds=30)
    server.stop()


def has_broker(server: Server) -> bool:
    """Whether there is one."""
    with suppress(AssertionError):
        return broker_of(server) > 0
    return False
