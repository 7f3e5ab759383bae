"""DataHub's topics by Kafka's clients: kafka-python, and confluent-kafka on librdkafka, as they come."""

import contextlib
import json
import socket
import struct
import threading
import time
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.datahub import Client
from tests.waiting import until
from yunbox.testing.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
    from kafka import TopicPartition as Partition
    from kafka import errors as kafka_errors


@pytest.fixture
def raw(server: Server) -> Iterator[Client]:
    with Client(server) as client:
        yield client


@pytest.fixture
def project(raw: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"k_{abs(hash(request.node.nodeid)) % 10**12}"
    raw.call("POST", f"/projects/{name}", Comment="")
    yield name
    for topic in raw.call("GET", f"/projects/{name}/topics")["TopicNames"]:
        raw.call("DELETE", f"/projects/{name}/topics/{topic}")
    raw.call("DELETE", f"/projects/{name}")


def topic(raw: Client, project: str, name: str = "t", *, shards: int = 3, fields: tuple[str, ...] = ()) -> str:
    body: dict[str, Any] = {"ShardCount": shards, "Lifecycle": 1, "RecordType": "BLOB", "Comment": ""}
    if fields:
        parts = ",".join(f'{{"name":"{one.split(":")[0]}","type":"{one.split(":")[1]}"}}' for one in fields)
        body |= {"RecordType": "TUPLE", "RecordSchema": f'{{"fields":[{parts}]}}'}
    raw.call("POST", f"/projects/{project}/topics/{name}", **body)
    return f"{project}.{name}"


def where(server: Server, secret: str | None = None) -> dict[str, Any]:
    return {
        "bootstrap_servers": server.endpoints["kafka"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": server.access_key_id,
        "sasl_plain_password": secret or server.access_key_secret,
    }


def confluent(server: Server, **more: Any) -> dict[str, Any]:
    return {
        "bootstrap.servers": server.endpoints["kafka"],
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": server.access_key_id,
        "sasl.password": server.access_key_secret,
        **{name.replace("_", "."): value for name, value in more.items()},
    }


@contextlib.contextmanager
def producing(server: Server, secret: str | None = None, **more: Any) -> Iterator[Any]:
    """One that is closed whatever happens: what it holds open would be found by another test's garbage collection."""
    producer = KafkaProducer(**where(server, secret), **more)
    try:
        yield producer
    finally:
        producer.close(5)


@contextlib.contextmanager
def consuming(server: Server, *topics: str, group: str | None = None, **more: Any) -> Iterator[Any]:
    consumer = KafkaConsumer(
        *topics, group_id=group, auto_offset_reset="earliest", consumer_timeout_ms=3000, **where(server), **more
    )
    try:
        yield consumer
    finally:
        consumer.close()


def drained(consumer: Any, count: int, seconds: float = 30.0) -> list[Any]:
    """So many messages of confluent's consumer."""
    found: list[Any] = []
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            found.append(message)
    return found


def test_what_is_produced_is_consumed(server: Server, raw: Client, project: str) -> None:
    name = topic(raw, project)
    with producing(server) as producer:
        sent = [
            producer.send(name, key=b"k%d" % at, value=b"v%d" % at, headers=[("trace", b"x%d" % at)])
            for at in range(100)
        ]
        producer.flush()
    placed = {(one.get().partition, one.get().offset) for one in sent}
    assert {partition for partition, _ in placed} == {0, 1, 2}
    with consuming(server, name) as consumer:
        got = [next(consumer) for _ in range(100)]
    assert {(one.partition, one.offset) for one in got} == placed
    assert sorted((one.key, one.value, tuple(one.headers)) for one in got) == sorted(
        (b"k%d" % at, b"v%d" % at, (("trace", b"x%d" % at),)) for at in range(100)
    )
    assert all(abs(one.timestamp - time.time() * 1000) < 600_000 for one in got)


def test_keys_and_headers_are_attributes(server: Server, raw: Client, project: str, dh: Any, sdk: ModuleType) -> None:
    """By DataHub's own client, and the other way round."""
    name = topic(raw, project, shards=1)
    with producing(server) as producer:
        producer.send(name, key=b"key", value=b"\x00\xff", headers=[("h", b"1")]).get(10)
    cursor = dh.get_cursor(project, "t", "0", sdk.models.CursorType.OLDEST).cursor
    record = dh.get_blob_records(project, "t", "0", cursor, 1).records[0]
    assert (record.blob_data, record.attributes) == (b"\x00\xff", {"__kafka_key__": "key", "h": "1"})
    back = sdk.models.BlobRecord(blob_data=b"back")
    back.attributes = {"__kafka_key__": "other", "h": "2"}
    dh.put_records(project, "t", [back])
    with consuming(server, name) as consumer:
        _, got = next(consumer), next(consumer)
    assert (got.offset, got.key, got.value, got.headers) == (1, b"other", b"back", [("h", b"2")])


def test_topics_of_fields(server: Server, raw: Client, project: str) -> None:
    """One field of type STRING is the value, two are key and value; others take no records of Kafka's."""
    one = topic(raw, project, "one", shards=1, fields=("v:STRING",))
    two = topic(raw, project, "two", shards=1, fields=("k:STRING", "v:STRING"))
    other = topic(raw, project, "other", shards=1, fields=("k:BIGINT", "v:STRING"))
    with producing(server, max_block_ms=3000) as producer:
        producer.send(one, value="ä".encode()).get(10)
        producer.send(two, key=b"k", value=b"v").get(10)
        producer.send(two, key=None, value=b"w").get(10)
        producer.send(two, key=b"gone", value=None).get(10)
        with pytest.raises(kafka_errors.KafkaError):
            producer.send(other, value=b"x").get(10)
    path = f"/projects/{project}/topics/two/shards/0"
    cursor = raw.call("POST", path, Action="cursor", Type="OLDEST")["Cursor"]
    records = raw.call("POST", path, Action="sub", Cursor=cursor, Limit=9)["Records"]
    assert [record["Data"] for record in records] == [["k", "v"], [None, "w"], ["gone", None]]
    with consuming(server, one, two) as consumer:
        got = sorted(((message.topic, message.key, message.value) for message in consumer), key=repr)
    wanted = [(one, None, "ä".encode()), (two, b"k", b"v"), (two, None, b"w"), (two, b"gone", None)]
    assert got == sorted(wanted, key=repr)


FIELDS = (
    "i:TINYINT", "n:BIGINT", "f:DOUBLE", "d:DECIMAL", "b:BOOLEAN", "t:TIMESTAMP", "s:STRING", "j:JSON", "x:DOUBLE",
)  # fmt: skip


def test_topics_of_fields_as_json(server: Server, raw: Client, project: str) -> None:
    """Every TUPLE topic has a view, which is read only and has its topic's offsets."""
    name = topic(raw, project, "wide", shards=1, fields=FIELDS)
    values = ["+5", "9007199254740993", "+.5", "10.50", "1", "1577836800123456", 'ä"\n', '{"a": 1}', "NaN"]
    raw.put(project, "wide", "0", [values, [None] * len(FIELDS)])  # type: ignore[list-item]
    raw.call("POST", f"/projects/{project}/topics/wide", Action="appendfield", FieldName="late", FieldType="BIGINT")
    raw.put(project, "wide", "0", [[*values, "7"]])
    with consuming(server, f"{name}.json", group=f"{project}.g", enable_auto_commit=False) as consumer:
        got = [next(consumer) for _ in range(3)]
        consumer.commit()
    with consuming(server, group=f"{project}.g") as consumer:
        assert consumer.committed(Partition(name, 0)) == consumer.committed(Partition(f"{name}.json", 0)) == 3
        assert not any(one.startswith(f"{project}.") for one in consumer.topics())
    objects = [json.loads(one.value) for one in got]
    first = {
        "i": 5, "n": 9007199254740993, "f": 0.5, "d": "10.50", "b": True, "t": "2020-01-01 00:00:00.123456",
        "s": 'ä"\n', "j": '{"a": 1}', "x": "NaN",
    }  # fmt: skip
    assert objects == [first, dict.fromkeys(first), {**first, "late": 7}]
    assert [(one.offset, one.key) for one in got] == [(0, None), (1, None), (2, None)]
    assert all(abs(one.timestamp - time.time() * 1000) < 600_000 for one in got)
    with producing(server, max_block_ms=3000) as producer, pytest.raises(kafka_errors.InvalidRecordError):
        producer.send(f"{name}.json", value=b"{}").get(10)


def test_a_topic_that_is_called_json(server: Server, raw: Client, project: str) -> None:
    """It is itself; bytes have no fields, and no view."""
    name = topic(raw, project, "json", shards=1)
    raw.put(project, "json", "0", [b"x"])
    with consuming(server, name) as consumer:
        assert next(consumer).value == b"x"
        assert not consumer.partitions_for_topic(f"{name}.json")


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_compression_and_idempotence(server: Server, raw: Client, project: str, compression: str) -> None:
    name = topic(raw, project, shards=1)
    failed: list[Any] = []
    producer = Producer(confluent(server, compression_type=compression, enable_idempotence=True, linger_ms=20))
    for at in range(500):
        producer.produce(name, value=b"%d-" % at * 30, callback=lambda error, _: error and failed.append(error))
    assert (producer.flush(30), failed) == (0, [])
    consumer = Consumer(confluent(server, group_id=f"{project}.g", auto_offset_reset="earliest"))
    consumer.subscribe([name])
    got = drained(consumer, 500)
    consumer.close()
    assert [(one.offset(), one.value()) for one in got] == [(at, b"%d-" % at * 30) for at in range(500)]


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
def test_compression_by_kafka_python(server: Server, raw: Client, project: str, compression: str) -> None:
    name = topic(raw, project, shards=1)
    with producing(server, compression_type=compression, linger_ms=20) as producer:
        for at in range(50):
            producer.send(name, value=b"%d-" % at * 100)
        producer.flush()
    assert [value for _, value in raw.read(project, "t", "0")] == [b"%d-" % at * 100 for at in range(50)]


def test_a_group_goes_on_where_it_was(server: Server, raw: Client, project: str) -> None:
    name, group = topic(raw, project, shards=1), f"{project}.readers"
    raw.put(project, "t", "0", [b"%d" % at for at in range(10)])
    with consuming(server, name, group=group, enable_auto_commit=False) as consumer:
        assert [next(consumer).value for _ in range(4)] == [b"0", b"1", b"2", b"3"]
        consumer.commit()
        assert consumer.committed(Partition(name, 0)) == 4
    with consuming(server, name, group=group) as consumer:
        assert [one.value for one in consumer] == [b"4", b"5", b"6", b"7", b"8", b"9"]
    admin = KafkaAdminClient(**where(server))
    offsets = admin.list_group_offsets(group) if hasattr(admin, "list_group_offsets") else None
    admin.close()
    assert offsets is None or offsets


def test_a_group_shares_its_partitions(server: Server, raw: Client, project: str) -> None:
    """Two share four; when one goes the other has them all."""
    name, group = topic(raw, project, shards=4), f"{project}.shared"
    held: dict[int, set[int]] = {0: set(), 1: set()}
    stop = [threading.Event(), threading.Event()]

    def run(number: int) -> None:
        consumer = Consumer(confluent(server, group_id=group, auto_offset_reset="earliest", session_timeout_ms=6000))
        consumer.subscribe([name])
        while not stop[number].is_set():
            consumer.poll(0.1)
            held[number] = {one.partition for one in consumer.assignment()}
        consumer.close()
        held[number] = set()

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: [len(held[0]), len(held[1])] == [2, 2] and held[0] | held[1] == {0, 1, 2, 3}, 30)
        stop[1].set()
        until(lambda: held[0] == {0, 1, 2, 3}, 30)
        admin = AdminClient(confluent(server))
        described = admin.describe_consumer_groups([group])[group].result()
        assert (described.state.name, len(described.members)) == ("STABLE", 1)
        assert group in [one.group_id for one in admin.list_consumer_groups().result().valid]
    finally:
        for event in stop:
            event.set()
        for thread in threads:
            thread.join()


def test_offsets_of_times_and_ends(server: Server, raw: Client, project: str) -> None:
    name = topic(raw, project, shards=1)
    raw.put(project, "t", "0", [b"a", b"b"])
    raw.put(project, "t", "0", [b"c"])
    at = Partition(name, 0)
    with consuming(server) as consumer:
        assert consumer.beginning_offsets([at]) == {at: 0}
        assert consumer.end_offsets([at]) == {at: 3}
        assert consumer.offsets_for_times({at: 0})[at].offset == 0
        assert consumer.offsets_for_times({at: int(time.time() * 1000) + 3_600_000})[at] is None
        consumer.assign([at])
        consumer.seek(at, 2)
        assert next(consumer).value == b"c"


def test_a_consumer_waits_for_what_comes(server: Server, raw: Client, project: str) -> None:
    name = topic(raw, project, shards=1)
    consumer = Consumer(
        confluent(server, group_id=f"{project}.w", auto_offset_reset="earliest", fetch_wait_max_ms=5000)
    )
    consumer.assign([TopicPartition(name, 0, 0)])
    assert consumer.poll(0.5) is None
    began = time.monotonic()
    raw.put(project, "t", "0", [b"now"])
    message = drained(consumer, 1)[0]
    consumer.close()
    assert message.value() == b"now" and time.monotonic() - began < 4


def test_an_offset_that_is_not_there(server: Server, raw: Client, project: str) -> None:
    name = topic(raw, project, shards=1)
    consumer = Consumer(confluent(server, group_id=f"{project}.x", auto_offset_reset="error"))
    consumer.assign([TopicPartition(name, 0, 99)])
    found = None
    end = time.monotonic() + 20
    while found is None and time.monotonic() < end:
        found = consumer.poll(0.5)
    consumer.close()
    assert found is not None and found.error().code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


def test_who_cannot_prove_it(server: Server) -> None:
    version = {"api_version": (2, 6)}  # asked for by itself, it fails before there is anything to close
    with producing(server, "wrong", max_block_ms=3000, **version) as producer, pytest.raises(kafka_errors.KafkaError):
        producer.send("a.b", b"x").get(5)


def test_a_group_that_is_none(server: Server, raw: Client, project: str) -> None:
    name = topic(raw, project, shards=1)
    with pytest.raises(kafka_errors.InvalidGroupIdError), consuming(server, name, group="nameless") as consumer:
        next(consumer)


def test_topics_are_not_made_here(server: Server, raw: Client, project: str) -> None:
    with producing(server, max_block_ms=2000) as producer, pytest.raises(kafka_errors.KafkaError):
        producer.send(f"{project}.nothing", b"x").get(5)
    assert raw.call("GET", f"/projects/{project}/topics")["TopicNames"] == []


def test_a_closed_shard_takes_nothing(server: Server, raw: Client, project: str) -> None:
    name = topic(raw, project, shards=1)
    raw.put(project, "t", "0", [b"old"])
    raw.call("POST", f"/projects/{project}/topics/t/shards", Action="split", ShardId="0", SplitKey="8" * 32)
    with producing(server, retries=0) as producer:
        with pytest.raises(kafka_errors.KafkaError):
            producer.send(name, b"x", partition=0).get(10)
        producer.send(name, b"new", partition=1).get(10)
    with consuming(server, name) as consumer:
        assert sorted(one.value for one in consumer) == [b"new", b"old"]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">i", 2_000_000_000),
        struct.pack(">i", -1),
        struct.pack(">ihhih", 10, 3, 1, 7, -1),  # nothing before one has said who it is
        struct.pack(">ihhih", 10, 999, 0, 7, -1),
        struct.pack(">ihhih", 9, 18, 3, 7, -1),
    ],
)
def test_what_cannot_be_a_request(server: Server, sent: bytes) -> None:
    """The connection ends, and the others go on."""
    host, port = server.endpoints["kafka"].split(":")
    with socket.create_connection((host, int(port)), 10) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while line.recv(4096):
                pass
    admin = KafkaAdminClient(**where(server))
    admin.close()
