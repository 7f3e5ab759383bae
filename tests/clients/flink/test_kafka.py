"""Tables of Kafka against our own broker's front: kafka-python produces and consumes beside the jobs."""

import contextlib
import json
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.flink.conftest import Topic
from tests.datahub import Client
from tests.flink import Flink, Refused, clicks, written
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kafka import KafkaConsumer, KafkaProducer
    from kafka import TopicPartition as Partition

Blob = Callable[..., str]
Send = Callable[..., None]
Read = Callable[..., list[Any]]


@pytest.fixture
def blob(raw: Client, project: str) -> Blob:
    """Makes a topic that takes any records; its name among Kafka's."""

    def make(name: str, shards: int = 1) -> str:
        body = {"ShardCount": shards, "Lifecycle": 1, "RecordType": "BLOB", "Comment": ""}
        raw.call("POST", f"/projects/{project}/topics/{name}", **body)
        return f"{project}.{name}"

    return make


def where(server: Server) -> dict[str, Any]:
    return {
        "bootstrap_servers": server.endpoints["kafka"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": server.access_key_id,
        "sasl_plain_password": server.access_key_secret,
    }


@pytest.fixture
def send(server: Server) -> Iterator[Send]:
    producer = KafkaProducer(**where(server))

    def work(topic: str, *values: bytes | None, **more: Any) -> None:
        for one in [producer.send(topic, value=value, **more) for value in values]:
            one.get(20)

    yield work
    producer.close(5)


@pytest.fixture
def read(server: Server) -> Iterator[Read]:
    """Reads all that is in a topic of one partition."""
    with contextlib.ExitStack() as stack:

        def work(topic: str) -> list[Any]:
            consumer = KafkaConsumer(**where(server), enable_auto_commit=False)
            stack.callback(consumer.close)
            partition = Partition(topic, 0)
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            end = consumer.end_offsets([partition])[partition]
            found: list[Any] = []
            while consumer.position(partition) < end:
                found += [one for some in consumer.poll(500).values() for one in some]
            return found

        yield work


def kafka(server: Server, of: str, columns: str, name: str = "k", **more: str) -> str:
    """CREATE TABLE of a topic."""
    user, password = server.access_key_id, server.access_key_secret
    options = {
        "connector": "kafka",
        "topic": of,
        "properties.bootstrap.servers": str(server.endpoints["kafka"]),
        "properties.security.protocol": "SASL_PLAINTEXT",
        "properties.sasl.mechanism": "PLAIN",
        "properties.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{user}" password="{password}";',
        "scan.startup.mode": "earliest-offset",
        "format": "json",
        **more,
    }
    return f"CREATE TABLE {name} ({columns}) WITH ({written({k: v for k, v in options.items() if v})})"


def processes(server: Server, job: str) -> list[int]:
    return [one.pid for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]


def batch(flink: Flink) -> None:
    flink.run("SET 'execution.runtime-mode' = 'batch'", "SET 'table.dml-sync' = 'true'")


def test_a_batch_reads_to_the_present_end(flink: Flink, server: Server, blob: Blob, send: Send) -> None:
    topic = blob("t", shards=3)
    began_ms = int(time.time() * 1000)
    for partition in range(3):
        send(topic, *(json.dumps({"n": n, "s": f"ä{n}"}).encode() for n in range(100)), partition=partition)
    send(topic, b'{"n": 100, "s": "x"}', partition=1, key=b"key", headers=[("h", "ä".encode())])
    batch(flink)
    columns = (
        "n INT, s STRING, `partition` INT METADATA, `offset` BIGINT METADATA, of_ STRING METADATA FROM 'topic', "
        "came TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', kind STRING METADATA FROM 'timestamp-type', "
        "headers MAP<STRING, BYTES> METADATA, epoch INT METADATA FROM 'leader-epoch'"
    )
    flink.run(kafka(server, topic, columns))
    assert flink.rows("SELECT COUNT(*), SUM(n), COUNT(DISTINCT `partition`) FROM k") == [[301, 3 * 4950 + 100, 3]]
    [row] = flink.rows("SELECT s, `partition`, `offset`, of_, kind, headers['h'] FROM k WHERE n = 100")
    assert row[:4] == ["x", 1, 100, topic]
    assert row[4] in ("CreateTime", "LogAppendTime")
    assert row[5] == "w6Q=", row
    assert flink.rows("SELECT s FROM k WHERE n = 7 AND `offset` = 7 AND `partition` = 0") == [["ä7"]]
    assert flink.rows(f"SELECT COUNT(*) FROM k WHERE came >= TO_TIMESTAMP_LTZ({began_ms - 1000}, 3)") == [[301]]


def test_where_reading_begins_and_ends(flink: Flink, server: Server, blob: Blob, send: Send, project: str) -> None:
    topic = blob("t", shards=2)
    for partition in range(2):
        send(topic, *(b'{"n": %d}' % n for n in range(10)), partition=partition)
    batch(flink)

    def count(**more: str) -> Any:
        name = f"k{abs(hash(str(more)))}"
        flink.run(kafka(server, topic, "n INT", name, **more))
        return flink.rows(f"SELECT COUNT(*) FROM {name}")[0][0]

    offsets = "partition:0,offset:4;partition:1,offset:9"
    assert count(**{"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": offsets}) == 7
    assert count(**{"scan.bounded.mode": "specific-offsets", "scan.bounded.specific-offsets": offsets}) == 13
    assert count(**{"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1000"}) == 20
    later = str(int(time.time() * 1000) + 3_600_000)
    assert count(**{"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": later}) == 0
    group = f"{project}.readers"
    with pytest.raises(Refused, match="no reset policy"):
        count(**{"scan.startup.mode": "group-offsets", "properties.group.id": group})
    consumer = KafkaConsumer(**where(server), group_id=group, enable_auto_commit=False)
    consumer.assign([Partition(topic, 0)])
    consumer.seek(Partition(topic, 0), 6)
    consumer.commit()
    consumer.close()
    more = {"scan.startup.mode": "", "properties.group.id": group, "properties.auto.offset.reset": "earliest"}
    assert count(**more) == 14
    assert count(**{"scan.startup.mode": "latest-offset"}) == 0


def test_a_stream_that_ends_goes_on_to_its_end(
    flink: Flink, server: Server, blob: Blob, send: Send, read: Read
) -> None:
    """Where it is to end is said when it begins; a query that is changed to end does so too."""
    source, target = blob("from", shards=2), blob("to")
    send(source, *(b'{"n": %d}' % n for n in range(10)), partition=0)
    bounded = {"scan.bounded.mode": "latest-offset"}
    flink.run(kafka(server, source, "n INT"), kafka(server, target, "n INT", "out_"))
    job = flink.run("INSERT INTO out_ SELECT n FROM k")
    until(lambda: len(read(target)) == 10, 30)
    [[path]] = flink.rows(f"STOP JOB '{job}' WITH SAVEPOINT")
    send(source, b'{"n": 10}', partition=1)
    flink.run("DROP TABLE k", kafka(server, source, "n INT", **bounded))
    flink.run(f"SET 'execution.state-recovery.path' = '{path}'")
    again = flink.run("INSERT INTO out_ SELECT n FROM k")
    until(lambda: flink.state(again) == "FINISHED", 30)
    assert sorted(json.loads(one.value)["n"] for one in read(target)) == list(range(11))


def test_keys_and_values_are_written_and_read(flink: Flink, server: Server, blob: Blob, send: Send, read: Read) -> None:
    topic = blob("t")
    batch(flink)
    more = {
        "format": "",
        "value.format": "json",
        "key.format": "json",
        "key.fields": "k_id;k_at",
        "key.fields-prefix": "k_",
        "value.fields-include": "EXCEPT_KEY",
    }
    columns = "k_id INT, v STRING, k_at DATE, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'"
    flink.run(
        kafka(server, topic, columns, **more),
        "INSERT INTO k VALUES (1, 'one', DATE '2024-01-02', TO_TIMESTAMP_LTZ(1700000000123, 3)), "
        "(2, NULL, NULL, TO_TIMESTAMP_LTZ(1700000000124, 3))",
    )
    found = read(topic)
    assert [(json.loads(one.key), json.loads(one.value)) for one in found] == [
        ({"id": 1, "at": "2024-01-02"}, {"v": "one"}),
        ({"id": 2, "at": None}, {"v": None}),
    ]
    assert flink.rows("SELECT k_id, v, k_at FROM k") == [[1, "one", "2024-01-02"], [2, None, None]]
    send(topic, b'{"v": "no key"}')  # as Flink does: a key that is nothing is no row
    assert flink.rows("SELECT COUNT(*) FROM k") == [[2]]


@pytest.mark.parametrize(("form", "value"), [("csv", b'1,"a b",'), ("raw", b"a,b\n")])
def test_other_formats(
    flink: Flink, server: Server, blob: Blob, send: Send, read: Read, form: str, value: bytes
) -> None:
    topic = blob("t")
    batch(flink)
    columns, row = ("n INT, s STRING, x STRING", "1, 'a b', CAST(NULL AS STRING)") if form == "csv" else (
        "s STRING", "U&'a,b\\000a'")  # fmt: skip
    flink.run(kafka(server, topic, columns, format=form), f"INSERT INTO k SELECT {row}")
    assert [one.value for one in read(topic)] == [value]
    send(topic, value)
    again = flink.rows("SELECT * FROM k")
    assert again[0] == again[1]
    assert again[0] == ([1, "a b", ""] if form == "csv" else ["a,b\n"])


def test_headers_are_written(flink: Flink, server: Server, blob: Blob, read: Read) -> None:
    topic = blob("t")
    batch(flink)
    flink.run(
        kafka(server, topic, "n INT, headers MAP<STRING, BYTES> METADATA"),
        "INSERT INTO k VALUES (1, MAP['a', CAST('x\"y' AS BYTES), 'b', x'61'])",
    )
    [one] = read(topic)
    assert one.headers == [("a", b'x"y'), ("b", b"a")]


def test_a_job_that_is_killed_goes_on(flink: Flink, server: Server, blob: Blob, send: Send, read: Read) -> None:
    """Nothing is lost, of what came before, between and after; what was on its way may be there twice."""
    source, target = blob("from", shards=2), blob("to")
    flink.run(kafka(server, source, "n INT"), kafka(server, target, "n INT", "out_"))
    job = flink.run("INSERT INTO out_ SELECT n FROM k")
    numbers = iter(range(10_000))

    def some(count: int) -> None:
        for partition in range(2):
            send(source, *(b'{"n": %d}' % next(numbers) for _ in range(count)), partition=partition)

    def got() -> set[int]:
        return {json.loads(one.value)["n"] for one in read(target)}

    some(200)
    until(lambda: len(got()) > 0, 30)
    for _ in range(2):
        [before] = processes(server, job)
        some(100)
        os.kill(before, signal.SIGKILL)
        some(100)
        until(lambda before=before: [one for one in processes(server, job) if one != before] != [], 30)
    until(lambda: got() == set(range(1200)), 60)
    assert len(read(target)) < 2400, "it has begun anew"
    flink.cancel(job)


def test_windows_by_partition(flink: Flink, server: Server, blob: Blob, send: Send, read: Read) -> None:
    """The watermark is the least of the partitions': what is behind in one is not late."""
    source, target = blob("from", shards=2), blob("to")
    flink.run(
        kafka(server, source, "n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts"),
        kafka(server, target, "w TIMESTAMP(3), n BIGINT", "out_"),
    )
    send(source, b'{"n": 1, "ts": "2024-01-01 00:05:00"}', partition=1)
    job = flink.run(
        "INSERT INTO out_ SELECT window_start, COUNT(*) FROM "
        "TABLE(TUMBLE(TABLE k, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end"
    )
    until(lambda: int(flink.job(job, "/metrics?get=numberOfCompletedCheckpoints")[0]["value"]) > 0, 20)
    send(source, b'{"n": 1, "ts": "2024-01-01 00:00:01"}', b'{"n": 1, "ts": "2024-01-01 00:02:01"}', partition=0)
    until(lambda: len(read(target)) == 1, 30)
    assert json.loads(read(target)[0].value) == {"w": "2024-01-01 00:00:00", "n": 1}
    flink.cancel(job)


def test_a_group_is_told(flink: Flink, server: Server, blob: Blob, send: Send, project: str) -> None:
    topic, group = blob("t"), f"{project}.job"
    send(topic, b'{"n": 1}', b'{"n": 2}')
    sink = "CREATE TABLE b (n INT) WITH ('connector' = 'blackhole')"
    flink.run(kafka(server, topic, "n INT", **{"properties.group.id": group}), sink)
    job = flink.run("INSERT INTO b SELECT n FROM k")
    consumer = KafkaConsumer(**where(server), group_id=group, enable_auto_commit=False)
    try:
        until(lambda: consumer.committed(Partition(topic, 0)) == 2, 30)
    finally:
        consumer.close()
    flink.cancel(job)


def test_topics_of_fields_are_read(flink: Flink, server: Server, project: str, topic: Topic, put: Any) -> None:
    """By the view that DataHub's front gives of them."""
    topic("clicks", "user_id:BIGINT", "page:STRING")
    put("clicks", [1, "/home"], [2, None])
    batch(flink)
    flink.run(kafka(server, f"{project}.clicks.json", "user_id BIGINT, page STRING"))
    assert flink.rows("SELECT * FROM k") == [[1, "/home"], [2, None]]


def test_records_that_are_none(flink: Flink, server: Server, blob: Blob, send: Send) -> None:
    topic = blob("t")
    send(topic, b'{"n": 1}', b"oops", b"[1]", b"null", b'{"n": "x"}', b'{"n": 2}')
    batch(flink)
    flink.run(kafka(server, topic, "n INT"))
    with pytest.raises(Refused, match=rf"topic {topic}, partition 0, offset 1: "):
        flink.rows("SELECT n FROM k")
    flink.run(kafka(server, topic, "n INT", "lenient", **{"json.ignore-parse-errors": "true"}))
    assert flink.rows("SELECT n FROM lenient") == [[1], [None], [2]]


def test_what_is_said_of_a_broker(flink: Flink, server: Server, blob: Blob, project: str) -> None:
    topic = blob("t")
    batch(flink)
    flink.run(kafka(server, f"{project}.none", "n INT", "none_"))
    with pytest.raises(Refused, match=rf"Kafka has no topic '{project}.none'"):
        flink.rows("SELECT n FROM none_")
    wrong = 'a.PlainLoginModule required username="nobody" password="wrong-secret";'
    flink.run(kafka(server, topic, "n INT", "wrong", **{"properties.sasl.jaas.config": wrong}))
    with pytest.raises(Refused, match="Kafka at") as caught:
        flink.rows("SELECT n FROM wrong")
    assert "wrong-secret" not in str(caught.value)
    [[shown]] = flink.rows("SHOW CREATE TABLE wrong")
    assert "wrong-secret" not in shown
    assert "'properties.sasl.jaas.config' = '******'" in shown


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"sink.delivery-guarantee": "exactly-once"}, "'exactly-once' is not offered: it needs Kafka's transactions"),
        ({"properties.no.such": "1"}, "'properties.no.such' is not offered"),
        ({"format": "debezium-json"}, "Could not find any format factory for identifier 'debezium-json'"),
        ({"topic": ""}, "Either 'topic' or 'topic-pattern' must be set"),
        ({"properties.bootstrap.servers": ""}, "Missing required options are: properties.bootstrap.servers"),
        ({"topik": "x"}, "Unsupported options: topik"),
    ],
)
def test_what_is_refused(flink: Flink, server: Server, more: dict[str, str], error: str) -> None:
    flink.run(kafka(server, "p.t", "n INT", **more))
    with pytest.raises(Refused, match=error):
        flink.run("INSERT INTO k VALUES (1)")


def test_from_a_topic_of_fields_to_kafka(
    flink: Flink, server: Server, project: str, topic: Topic, put: Any, blob: Blob, read: Read
) -> None:
    topic("clicks", "user_id:BIGINT")
    put("clicks", [1], [2])
    target = blob("to")
    flink.run(clicks(server, project, "clicks", "user_id BIGINT"), kafka(server, target, "user_id BIGINT"))
    job = flink.run("INSERT INTO k SELECT user_id FROM clicks")
    until(lambda: [json.loads(one.value) for one in read(target)] == [{"user_id": 1}, {"user_id": 2}], 30)
    flink.cancel(job)


@pytest.mark.parametrize(("name", "expected"), [("fixed", [6, 0, 0]), ("round-robin", [2, 2, 2])])
def test_partitioners(flink: Flink, server: Server, blob: Blob, name: str, expected: list[int]) -> None:
    topic = blob("t", shards=3)
    batch(flink)
    flink.run(
        kafka(server, topic, "n INT, p INT METADATA FROM 'partition' VIRTUAL", **{"sink.partitioner": name}),
        "INSERT INTO k VALUES (1), (2), (3), (4), (5), (6)",
    )
    found = dict(flink.rows("SELECT p, COUNT(*) FROM k GROUP BY p"))
    assert [found.get(partition, 0) for partition in range(3)] == expected


def test_several_topics(flink: Flink, server: Server, blob: Blob, project: str, send: Send) -> None:
    """Rows say which one they go to; a list and a pattern are read, also a topic that comes later."""
    one, two = blob("some_1"), blob("some_2")
    batch(flink)
    columns = "n INT, topic STRING METADATA"
    flink.run(kafka(server, f"{one};{two}", columns), f"INSERT INTO k VALUES (1, '{one}'), (2, '{two}')")
    assert sorted(flink.rows("SELECT n, topic FROM k")) == [[1, one], [2, two]]
    with pytest.raises(Refused, match="The topic of the sink record is not valid"):
        flink.run("SET 'restart-strategy.type' = 'none'", "INSERT INTO k VALUES (1, 'other')")
    pattern = {"topic-pattern": f"{project}.some_.*", "scan.topic-partition-discovery.interval": "200 ms"}
    flink.run("SET 'execution.runtime-mode' = 'streaming'", "SET 'table.dml-sync' = 'false'")
    target = blob("to")
    flink.run(kafka(server, "", columns, "all_", **pattern), kafka(server, target, "n INT", "out_"))
    job = flink.run("INSERT INTO out_ SELECT n FROM all_")
    late = blob("some_3")
    send(late, b'{"n": 3}')
    flink.run(kafka(server, target, "n INT", "back"), "SET 'execution.runtime-mode' = 'batch'")
    until(lambda: sorted(flink.rows("SELECT n FROM back")) == [[1], [2], [3]], 30)
    flink.cancel(job)


def test_dead_letters(flink: Flink, server: Server, blob: Blob, project: str, topic: Topic, send: Send) -> None:
    source, target = blob("from"), blob("to")
    letters = topic("dead", "topic:STRING", "shard:STRING", "offset:BIGINT", "record:STRING")
    send(source, b'{"n": 1}', b"oops", b"[1]", b'{"n": 2}', key=b"k")
    flink.run(
        kafka(server, source, "n INT"),
        kafka(server, target, "n INT", "out_"),
        clicks(server, project, letters, "topic STRING, shard STRING, `offset` BIGINT, record STRING", "dead"),
        "SET 'yunbox.dead-letter.table' = 'dead'",
    )
    job = flink.run("INSERT INTO out_ SELECT n FROM k")
    flink.run("SET 'execution.runtime-mode' = 'batch'", "RESET 'yunbox.dead-letter.table'")
    until(lambda: len(flink.rows("SELECT * FROM dead")) == 2, 30)
    assert flink.rows("SELECT * FROM dead") == [
        [source, f"{source}-0", 1, '{"key": "k", "value": "oops"}'],
        [source, f"{source}-0", 2, '{"key": "k", "value": "[1]"}'],
    ]
    flink.run(kafka(server, target, "n INT", "back"))
    until(lambda: sorted(flink.rows("SELECT n FROM back")) == [[1], [2]], 30)
    flink.cancel(job)


def upserts(server: Server, of: str, columns: str, name: str, **more: str) -> str:
    """CREATE TABLE of a topic by key."""
    formats = {"format": "", "key.format": "json", "value.format": "json", "scan.startup.mode": ""}
    return kafka(server, of, columns, name, connector="upsert-kafka", **{**formats, **more})


def state_of(records: list[Any]) -> dict[int, Any]:
    """What a topic of upserts says at its end."""
    found: dict[int, Any] = {}
    for one in records:
        key = json.loads(one.key)["k"]
        if one.value is None:
            found.pop(key, None)
        else:
            found[key] = json.loads(one.value)
    return found


def key(number: int) -> bytes:
    return b'{"k": %d}' % number


KEYED = "k INT, v INT, PRIMARY KEY (k) NOT ENFORCED"


@pytest.mark.parametrize("form", ["json", "csv"])
def test_upserts_are_changes(
    flink: Flink, server: Server, project: str, topic: Topic, send: Send, read: Read, form: str
) -> None:
    """Sums follow what comes, is replaced and goes; a kill between changes none of them."""
    source, target = (f"{project}.{topic(name, 'key:STRING', 'value:STRING')}" for name in ("from", "to"))

    def value(number: int, v: int) -> bytes:
        return b'{"k": %d, "v": %d}' % (number, v) if form == "json" else b"%d,%d" % (number, v)

    for number in range(1, 5):
        send(source, value(number, number * 10), key=key(number))
    send(source, None, key=key(1))
    send(source, value(2, 1), value(2, 2), key=key(2))
    flink.run(
        upserts(server, source, KEYED, "k", **{"value.format": form}),
        upserts(server, target, "k INT, total INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "out_"),
    )
    job = flink.run("INSERT INTO out_ SELECT MOD(k, 2), SUM(v), COUNT(*) FROM k GROUP BY MOD(k, 2)")
    expected = {0: {"k": 0, "total": 42, "n": 2}, 1: {"k": 1, "total": 30, "n": 1}}
    until(lambda: state_of(read(target)) == expected, 30)
    [process] = processes(server, job)
    os.kill(process, signal.SIGKILL)
    send(source, None, key=key(3))
    send(source, value(4, 5), key=key(4))
    send(source, None, key=key(77))
    until(lambda: state_of(read(target)) == {0: {"k": 0, "total": 7, "n": 2}}, 30)
    flink.cancel(job)


def test_changes_become_upserts(flink: Flink, server: Server, blob: Blob, send: Send, read: Read) -> None:
    """Of what comes at once only the last change of a key is sent."""
    source, target = blob("from"), blob("to")
    send(source, *(b'{"n": %d}' % (n % 3) for n in range(300)))
    flink.run(
        kafka(server, source, "n INT"), upserts(server, target, "k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "out_")
    )
    job = flink.run("INSERT INTO out_ SELECT n, COUNT(*) FROM k GROUP BY n")
    until(lambda: state_of(read(target)) == {n: {"k": n, "n": 100} for n in range(3)}, 30)
    assert len(read(target)) < 150
    flink.cancel(job)


def test_upserts_that_are_refused(flink: Flink, server: Server, blob: Blob) -> None:
    topic = blob("t")
    flink.run(upserts(server, topic, "k INT, v INT", "none_"), upserts(server, topic, KEYED, "k"))
    with pytest.raises(Refused, match="'upsert-kafka' tables require to define a PRIMARY KEY constraint"):
        flink.rows("SELECT * FROM none_")
    flink.run(kafka(server, topic, "k INT, v INT", "lines_"))
    with pytest.raises(Refused, match="doesn't support consuming update changes"):
        flink.run("INSERT INTO lines_ SELECT * FROM k")
    [[plan]] = flink.rows("EXPLAIN SELECT k, COUNT(*) FROM k GROUP BY k")
    assert "ChangelogNormalize(key=[k]" in plan
    batch(flink)
    with pytest.raises(Refused, match="only possible for INSERT-only table sources"):
        flink.rows("SELECT * FROM k")
