"""kill -9 of a server that DataHub's records are put to: what was acknowledged is there once, in its order."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.datahub import Client
from tests.faults.datahub_producer import Producer
from tests.kafka import Answer, NumberingProducer
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "15"))
SHARDS = 3
OPTIONS = ("--services", "datahub")
ALL_EVERY = 15
"""After so many kills everything is read, and else what is new and some of what was there."""
BACK = 500


def record(shard: int, number: int) -> bytes:
    return f"{shard}:{number}:".encode() + bytes(number % 300)


def checked(server: Server, shard: int, producer: Producer, first: int) -> int:
    """How many records a shard has: all that were acknowledged, and of what nobody answered all or nothing. Those from
    a sequence on are looked at."""
    with Client(server) as client:
        found = client.read("crash", "t", str(shard), first)
    end = first + len(found)
    assert [sequence for sequence, _ in found] == list(range(first, end))
    assert [value for _, value in found] == [record(shard, number) for number in range(first, end)]
    assert end in (producer.acknowledged, producer.sent), (end, producer.acknowledged, producer.sent)
    return end


@pytest.mark.slow
@pytest.mark.timeout(max(900, 30 * CYCLES))
def test_what_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with Client(server) as client:
        client.create("crash", "t", shards=SHARDS)
    counts = [0] * SHARDS
    for cycle in range(CYCLES):
        producers = [
            Producer(server, "crash", shard, counts[shard], record).begin(cycle * SHARDS + shard, (1, 1, 7, 400))
            for shard in range(SHARDS)
        ]
        time.sleep(random.Random(cycle).uniform(0.02, 0.4))  # the moment of the kill: any
        server.kill()
        for producer in producers:
            producer.join()
        server.start()
        is_all = cycle % ALL_EVERY == ALL_EVERY - 1 or cycle == CYCLES - 1
        firsts = [0 if is_all else max(count - BACK, 0) for count in counts]
        counts = [checked(server, one.shard, one, first) for one, first in zip(producers, firsts, strict=True)]
    server.stop()
    assert sum(counts) > 20 * CYCLES


@pytest.mark.slow
def test_offsets_and_shards_outlive_a_kill(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    topic = "/projects/kept/topics/t"
    with Client(server) as client:
        client.create("kept", "t", shards=1)
        client.put("kept", "t", "0", [b"a", b"b"])
        sub = client.call("POST", f"{topic}/subscriptions", Action="create", Comment="")["SubId"]
        path = f"{topic}/subscriptions/{sub}/offsets"
        opened = client.call("POST", path, Action="open", ShardIds=["0"])["Offsets"]["0"]
        client.call("PUT", path, Action="commit", Offsets={"0": {**opened, "Sequence": 1, "Timestamp": 5}})
        client.call("POST", f"{topic}/shards", Action="split", ShardId="0", SplitKey="8" * 32)
    server.kill()
    server.start()
    with Client(server) as client:
        kept = client.call("POST", path, Action="get", ShardIds=["0"])["Offsets"]["0"]
        assert (kept["Sequence"], kept["Timestamp"], kept["SessionId"]) == (1, 5, opened["SessionId"])
        states = {one["ShardId"]: one["State"] for one in client.call("GET", f"{topic}/shards")["Shards"]}
        assert states == {"0": "CLOSED", "1": "ACTIVE", "2": "ACTIVE"}
        client.put("kept", "t", "1", [b"c"])
        assert client.read("kept", "t", "1") == [(0, b"c")]
    server.stop()


@pytest.mark.slow
def test_what_kafka_sends_again_is_put_once(tmp_path: Path) -> None:
    """Before a kill and behind it, by the codes of Kafka's protocol guide: 45 is out of order, 47 an old epoch."""
    server = Server(tmp_path / "data", options=OPTIONS).start()
    with Client(server) as client:
        client.create("again", "t", shards=1)
    batches = [(0, [b"a", b"b"]), (2, [b"c"]), (3, [b"d", b"e", b"f"])]
    with NumberingProducer(server, 4711) as producer:
        for first, values in (batches[0], batches[0], *batches, batches[2]):
            assert producer.produce("again.t", first, values) == Answer(0, first)
        assert producer.produce("again.t", 7, [b"x"]).error == 45
    server.kill()
    server.start()
    with NumberingProducer(server, 4711) as producer, NumberingProducer(server, 4712) as other:
        for first, values in batches:
            assert producer.produce("again.t", first, values) == Answer(0, first)
        assert producer.produce("again.t", 7, [b"x"]).error == 45
        assert producer.produce("again.t", 6, [b"g"]) == Answer(0, 6)
        assert other.produce("again.t", 0, [b"a", b"b"]) == Answer(0, 7)
        assert producer.produce("again.t", 1, [b"x"], epoch=1).error == 45
        assert producer.produce("again.t", 0, [b"h"], epoch=1) == Answer(0, 9)
        assert producer.produce("again.t", 7, [b"x"], epoch=0).error == 47
    with Client(server) as client:
        assert [value for _, value in client.read("again", "t", "0")] == [b"%c" % one for one in b"abcdefgabh"]
    server.stop()
