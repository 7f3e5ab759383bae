"""kill -9 of a server that moves DataHub's records on while they are put, or of its broker alone: each record
arrives once. Every other kill comes when a move has been written down and is not finished."""

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import oss2
import pytest
from odps import ODPS

from tests.clients.hologres.clients import connected
from tests.datahub import Client, Value
from tests.faults.datahub_producer import Producer
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "15"))
SHARDS = 2
OPTIONS = ("--services", "maxcompute,oss,hologres,datahub")


def text(shard: int, number: int) -> str:
    return f"{shard}:{number}\n"


class Bytes:
    """A topic of bytes, and a connector to something made of them."""

    topic: Mapping[str, str] = {}
    fields: tuple[str, ...] = ()

    @staticmethod
    def record(shard: int, number: int) -> Value:
        return text(shard, number).encode()

    @staticmethod
    def value(data: Any) -> str:
        return data.decode()


class Fields:
    """The same of a topic whose records have a field."""

    topic: Mapping[str, str] = {
        "RecordType": "TUPLE",
        "RecordSchema": '{"fields": [{"name": "value", "type": "STRING"}]}',
    }
    fields = ("value",)

    @staticmethod
    def record(shard: int, number: int) -> Value:
        return [text(shard, number)]

    @staticmethod
    def value(data: Any) -> str:
        return data[0]


class Table(Bytes):
    """A table of MaxCompute that records are moved to."""

    connector = "/projects/moved/topics/t/connectors/sink_odps"

    def create(self, server: Server) -> None:
        self._entry(server).create_table("lines", "line string, `__rowkey__` string")

    def config(self, server: Server) -> dict[str, Any]:
        """A server that is started again has other ports."""
        return {
            "Project": server.project,
            "Table": "lines",
            "OdpsEndpoint": server.endpoint,
            "AccessId": server.access_key_id,
            "AccessKey": server.access_key_secret,
        }

    def found(self, server: Server) -> list[Any]:
        with self._entry(server).execute_sql("SELECT * FROM lines").open_reader(tunnel=True) as reader:
            return [tuple(record.values) for record in reader]

    def row(self, value: str, shard: int, sequence: int) -> Any:
        return value, f"{shard}-{sequence}"

    def _entry(self, server: Server) -> ODPS:
        return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)


class Objects(Bytes):
    """Objects of OSS that records are moved to."""

    connector = "/projects/moved/topics/t/connectors/sink_oss"

    def create(self, server: Server) -> None:
        self._bucket(server).create_bucket()

    def config(self, server: Server) -> dict[str, Any]:
        return {
            "Endpoint": server.endpoints["oss"],
            "Bucket": "lines",
            "AccessId": server.access_key_id,
            "AccessKey": server.access_key_secret,
        }

    def found(self, server: Server) -> list[Any]:
        bucket = self._bucket(server)
        bodies = [bucket.get_object(one.key).read().decode() for one in oss2.ObjectIterator(bucket)]
        return [line for body in bodies for line in body.splitlines(keepends=True)]

    def row(self, value: str, shard: int, sequence: int) -> Any:
        return value

    def _bucket(self, server: Server) -> oss2.Bucket:
        auth = oss2.Auth(server.access_key_id, server.access_key_secret)
        return oss2.Bucket(auth, server.endpoints["oss"], "lines")


class Rows(Fields):
    """Rows of Hologres that records are moved to: a table without a key has each as often as it was written."""

    connector = "/projects/moved/topics/t/connectors/sink_hologres"

    def create(self, server: Server) -> None:
        with connected(server) as client:
            client.execute("CREATE TABLE lines (value text)")

    def config(self, server: Server) -> dict[str, Any]:
        where = server.endpoints["hologres"]
        return {
            "Project": where["dbname"],
            "Topic": "lines",
            "Endpoint": f"{where['host']}:{where['port']}",
            "AccessId": server.access_key_id,
            "AccessKey": server.access_key_secret,
        }

    def found(self, server: Server) -> list[Any]:
        with connected(server) as client:
            return [value for (value,) in client.execute("SELECT value FROM lines")]

    def row(self, value: str, shard: int, sequence: int) -> Any:
        return value


Sink = Table | Objects | Rows


def kept(server: Server, sink: Sink) -> list[Any]:
    """All records that the topic has, as they should be found."""
    with Client(server) as client:
        return [
            sink.row(sink.value(value), shard, sequence)
            for shard in range(SHARDS)
            for sequence, value in client.read("moved", "t", str(shard))
        ]


def moved(server: Server, sink: Sink) -> int:
    """How many records the connector counts as moved."""
    with Client(server) as client:
        found = client.call("POST", sink.connector, Action="Status")["ShardStatusInfos"]
    return sum(one["CurrentSequence"] + 1 for one in found.values())


def begun(server: Server) -> int:
    """How many moves are written down and not finished."""
    with sqlite3.connect(f"file:{server.data}/datahub/meta.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM connector_shards WHERE move != ''").fetchone()[0]


def broker_of(server: Server) -> int:
    """The broker's process."""
    brokers = children(server, "datahub.broker.main")
    assert brokers, "there is no broker"
    return brokers[0].pid


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
@pytest.mark.timeout(max(900, 30 * CYCLES))
@pytest.mark.parametrize("sink", [Table(), Objects(), Rows()], ids=["maxcompute", "oss", "hologres"])
def test_every_record_arrives_once(tmp_path: Path, sink: Sink) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    sink.create(server)
    with Client(server) as client:
        client.create("moved", "t", shards=SHARDS, **sink.topic)
        client.call("POST", sink.connector, Action="Create", ColumnFields=sink.fields, Config=sink.config(server))
    sent, on_their_way = [0] * SHARDS, 0
    for cycle in range(CYCLES):
        producers = [
            Producer(server, "moved", shard, sent[shard], sink.record).begin(cycle * SHARDS + shard, (1, 3, 40), 0.05)
            for shard in range(SHARDS)
        ]
        on_their_way += kill(server, cycle)
        for producer in producers:
            producer.join()
        sent = [producer.sent for producer in producers]
        with Client(server) as client:
            client.call("POST", sink.connector, Action="updateconfig", Config=sink.config(server))
        if cycle % 3 == 2:
            check(server, sink)
    check(server, sink)
    server.stop()
    assert on_their_way > 0


def check(server: Server, sink: Sink) -> None:
    """What the topic has was moved, each record once."""
    records = kept(server, sink)
    until(lambda: moved(server, sink) == len(records), seconds=60)
    found = Counter(sink.found(server))
    assert found == Counter(records), (found - Counter(records), Counter(records) - found)


@pytest.mark.slow
def test_connectors_wait_for_no_client(tmp_path: Path) -> None:
    """The broker is started with the server where there are connectors, and else with the first client."""
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with pytest.raises(AssertionError):
        broker_of(server)
    sink = Table()
    sink.create(server)
    with Client(server) as client:
        client.create("moved", "t", shards=SHARDS)
        client.call("POST", sink.connector, Action="Create", Config=sink.config(server))
    server.stop()
    server.start()
    until(lambda: has_broker(server), seconds=30)
    server.stop()


def has_broker(server: Server) -> bool:
    """Whether there is one."""
    with suppress(AssertionError):
        return broker_of(server) > 0
    return False
