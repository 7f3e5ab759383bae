"""DataHub's puts and gets against NATS JetStream: the same records in batches of 1,000, on disk when acknowledged."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.nats import Line, running
from tests.datahub import Client
from yunbox.testing.server import Server
from yunbox.wire.datahub.envelope import unwrap, wrap
from yunbox.wire.datahub.messages import body_of
from yunbox.wire.varint import read_varint, varint

BATCH, CLIENTS, BATCHES = 1000, 4, 150
PROTOBUF = {"Content-Type": "application/x-protobuf"}
TOPIC = "/projects/bench/topics/clicks"
SCHEMA = (
    '{"fields":[{"name":"user_id","type":"BIGINT"},{"name":"page","type":"STRING"},{"name":"ts","type":"TIMESTAMP"},'
    '{"name":"amount","type":"DOUBLE"},{"name":"country","type":"STRING"}]}'
)
Report = Callable[[str], None]


def values(number: int) -> list[bytes]:
    page = b"/product/%d/view?ref=home&campaign=autumn" % (number % 500)
    moment = b"%d" % (1_790_000_000_000_000 + number)
    return [b"%d" % (number * 7919 % 1_000_000), page, moment, b"%d.25" % (number % 97), b"CN"]


def request(start: int) -> bytes:
    """A PutRecordsRequest in its frame."""
    parts = []
    for number in range(start, start + BATCH):
        body, _ = body_of(values(number), {})
        parts.append(b"\x0a" + varint(len(body)) + body)
    return wrap(b"".join(parts))


def rate(works: list[Callable[[], int]]) -> float:
    """Records a second, of clients side by side."""
    done: list[int] = []
    threads = [threading.Thread(target=lambda work=work: done.append(work())) for work in works]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(works)
    return sum(done) / (time.perf_counter() - began)


def here(server: Server, requests: list[bytes]) -> tuple[float, float]:
    with Client(server) as client:
        client.call("POST", "/projects/bench", Comment="")
        client.call("POST", TOPIC, ShardCount=CLIENTS, Lifecycle=1, RecordType="TUPLE", RecordSchema=SCHEMA, Comment="")

    def put(shard: int, batches: int) -> int:
        headers = {**PROTOBUF, "x-datahub-request-action": "pub"}
        with Client(server) as client:
            for at in range(batches):
                body = requests[(shard + at) % len(requests)]
                status, answer = client.send("POST", f"{TOPIC}/shards/{shard}", body, headers)
                assert status == 200, answer
        return batches * BATCH

    def get(shard: int) -> int:
        headers = {**PROTOBUF, "x-datahub-request-action": "sub"}
        path, found = f"{TOPIC}/shards/{shard}", 0
        with Client(server) as client:
            cursor = client.call("POST", path, Action="cursor", Type="OLDEST")["Cursor"].encode()
            while True:
                body = wrap(b"\x0a\x20%b\x10%b" % (cursor, varint(BATCH)))
                status, answer = client.send("POST", path, body, headers)
                assert status == 200, answer
                message = unwrap(answer)
                count, _ = read_varint(message, 35)
                if not count:
                    return found
                cursor, found = message[2:34], found + count

    for shard in range(CLIENTS):
        put(shard, 3)  # so that both are warm
    put_rate = rate([lambda shard=shard: put(shard, BATCHES) for shard in range(CLIENTS)])
    return put_rate, rate([lambda shard=shard: get(shard) for shard in range(CLIENTS)])


def there(folder: Path, records: list[list[bytes]]) -> tuple[float, float]:
    with running(folder) as port:
        with Line(port) as line:
            line.create()

        def put(shard: int, batches: int) -> int:
            with Line(port) as line:
                for at in range(batches):
                    line.put(f"bench.{shard}", records[(shard + at) % len(records)])
            return batches * BATCH

        def get(shard: int) -> int:
            found = 0
            with Line(port) as line:
                line.follow(f"bench.{shard}", f"c{shard}")
                while (count := line.get(f"c{shard}", BATCH)) > 0:
                    found += count
            return found

        for shard in range(CLIENTS):
            put(shard, 3)
        put_rate = rate([lambda shard=shard: put(shard, BATCHES) for shard in range(CLIENTS)])
        return put_rate, rate([lambda shard=shard: get(shard) for shard in range(CLIENTS)])


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_puts_and_gets(tmp_path: Path, yunbox: Server, report: Report) -> None:
    starts = range(0, 16 * BATCH, BATCH)
    requests = [request(start) for start in starts]
    records = [[b",".join(values(number)) for number in range(start, start + BATCH)] for start in starts]
    put, got = here(yunbox, requests)
    put_there, got_there = there(tmp_path, records)
    size = len(requests[0]) / BATCH
    report(f"DataHub, {CLIENTS} clients, batches of {BATCH:,}, {size:.0f} bytes a record, flushed before the answer")
    report(f"put {put:,.0f} records/s; NATS JetStream {put_there:,.0f}; ratio {put / put_there:.2f}")
    report(f"get {got:,.0f} records/s; NATS JetStream {got_there:,.0f}; ratio {got / got_there:.2f}")
