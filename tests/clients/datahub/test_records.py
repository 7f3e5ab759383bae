"""Records by pydatahub: what is put in one protocol is got in every other; cursors; what is refused, by which code."""

import itertools
import time
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

FULL = [
    -128,
    32767,
    -2147483648,
    9223372036854775807,
    "Ünï ☃ 漢",
    1.5,
    -2.25e-300,
    True,
    1455869335000011,
    Decimal("12.30"),
]
PROTOCOLS = ("JSON", "PB", "BATCH")
WAYS = list(itertools.product(PROTOCOLS, PROTOCOLS))


def oldest(dh: Any, sdk: ModuleType, project: str, topic: str = "t", shard: str = "0") -> str:
    return dh.get_cursor(project, topic, shard, sdk.models.CursorType.OLDEST).cursor


def put(client: Any, protocol: str, project: str, records: list[Any]) -> None:
    if protocol == "BATCH":
        client.put_records_by_shard(project, "t", "0", records)
        return
    for record in records:
        record.shard_id = "0"
    assert client.put_records(project, "t", records).failed_record_count == 0


@pytest.mark.parametrize(("into", "out"), WAYS)
def test_every_type_in_every_protocol(
    connect: Any, dh: Any, project: str, schema: Any, sdk: ModuleType, into: str, out: str
) -> None:
    dh.create_tuple_topic(project, "t", 1, 3, schema, "")
    records = []
    for number in range(12):
        record = sdk.models.TupleRecord(schema=schema, values=[number, *FULL[1:]])
        record.put_attribute("trace", f"ä{number}" if into != "BATCH" else f"a{number}")  # it counts letters for bytes
        records.append(record)
    put(connect(into), into, project, records)
    got = connect(out).get_tuple_records(project, "t", "0", schema, oldest(dh, sdk, project), 100)
    assert [list(one.values) for one in got.records] == [[number, *FULL[1:]] for number in range(12)]
    assert [one.sequence for one in got.records] == list(range(12))
    assert got.records[3].attributes == records[3].attributes
    assert got.record_count == 12 and got.start_seq == 0
    assert abs(got.records[0].system_time - time.time() * 1000) < 600_000


@pytest.mark.parametrize(("into", "out"), WAYS)
def test_bytes_in_every_protocol(connect: Any, dh: Any, project: str, sdk: ModuleType, into: str, out: str) -> None:
    dh.create_blob_topic(project, "t", 1, 3, "")
    data = [bytes(range(256)), b"\x00", b"1234567", b"12345678", bytes(300_000)]
    put(connect(into), into, project, [sdk.models.BlobRecord(blob_data=one) for one in data])
    got = connect(out).get_blob_records(project, "t", "0", oldest(dh, sdk, project), 100)
    assert [one.blob_data for one in got.records] == data


@pytest.mark.parametrize("compression", ["NONE", "LZ4", "ZLIB", "DEFLATE"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_compression(
    connect: Any, dh: Any, project: str, pair: Any, sdk: ModuleType, protocol: str, compression: str
) -> None:
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    client = connect(protocol, compression)
    put(client, protocol, project, [sdk.models.TupleRecord(schema=pair, values=[1, "a" * 5000])])
    got = client.get_tuple_records(project, "t", "0", pair, oldest(dh, sdk, project), 1)
    assert got.records[0].values == (1, "a" * 5000)


@pytest.mark.parametrize("into", ["JSON", "PB"])
def test_null_and_empty(connect: Any, dh: Any, project: str, pair: Any, sdk: ModuleType, into: str) -> None:
    """NULL is not ''. pydatahub's own protobuf reads a NULL text as '', so what is kept is read in JSON."""
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    rows = [[None, None], [1, ""], [None, "x"], [2, None]]
    put(connect(into), into, project, [sdk.models.TupleRecord(schema=pair, values=row) for row in rows])
    got = dh.get_tuple_records(project, "t", "0", pair, oldest(dh, sdk, project), 10)
    assert [list(one.values) for one in got.records] == rows
    batch = connect("BATCH").get_tuple_records(project, "t", "0", pair, oldest(dh, sdk, project), 10)
    assert [list(one.values) for one in batch.records] == rows


def test_a_field_that_was_added(connect: Any, dh: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    """Old records are padded with NULL in JSON, and readers with the old schema keep working in protobuf."""
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    put(dh, "JSON", project, [sdk.models.TupleRecord(schema=pair, values=[1, "old"])])
    dh.append_field(project, "t", "score", sdk.models.FieldType.DOUBLE)
    wide = dh.get_topic(project, "t").record_schema
    put(dh, "JSON", project, [sdk.models.TupleRecord(schema=wide, values=[2, "new", 0.5])])
    put(connect("PB"), "PB", project, [sdk.models.TupleRecord(schema=pair, values=[3, "late"])])
    start = oldest(dh, sdk, project)
    wanted = [(1, "old", None), (2, "new", 0.5), (3, "late", None)]
    for protocol in PROTOCOLS:
        got = connect(protocol).get_tuple_records(project, "t", "0", wide, start, 10)
        assert [(*one.values, None)[:3] for one in got.records] == wanted, protocol
    narrow = connect("PB").get_tuple_records(project, "t", "0", pair, start, 10)
    assert [one.values for one in narrow.records] == [row[:2] for row in wanted]


def test_pages(dh: Any, connect: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    for start in range(0, 100, 25):
        rows = [sdk.models.TupleRecord(schema=pair, values=[start + at, "x"]) for at in range(25)]
        put(dh, "JSON", project, rows)
    for protocol in PROTOCOLS:
        client, cursor, seen = connect(protocol), oldest(dh, sdk, project), []
        while (got := client.get_tuple_records(project, "t", "0", pair, cursor, 7)).records:
            assert got.start_seq == len(seen)
            seen += [one.values[0] for one in got.records]
            cursor = got.next_cursor
        assert seen == list(range(100))
        assert client.get_tuple_records(project, "t", "0", pair, cursor, 7).next_cursor == cursor


def test_cursors(dh: Any, project: str, sdk: ModuleType) -> None:
    kinds = sdk.models.CursorType
    dh.create_blob_topic(project, "t", 1, 3, "")
    empty = dh.get_cursor(project, "t", "0", kinds.OLDEST)
    assert (empty.sequence, empty.record_time) == (0, 0)
    for at in range(3):
        put(dh, "JSON", project, [sdk.models.BlobRecord(blob_data=b"%d" % at)])
    times = [one.system_time for one in dh.get_blob_records(project, "t", "0", empty.cursor, 9).records]
    latest = dh.get_cursor(project, "t", "0", kinds.LATEST)
    assert (latest.sequence, latest.record_time) == (2, times[2])
    assert dh.get_blob_records(project, "t", "0", latest.cursor, 9).records[0].blob_data == b"2"
    assert dh.get_cursor(project, "t", "0", kinds.SEQUENCE, 1).record_time == times[1]
    assert dh.get_cursor(project, "t", "0", kinds.SEQUENCE, 3).sequence == 3  # where the next will be
    assert dh.get_cursor(project, "t", "0", kinds.SYSTEM_TIME, 0).sequence == 0
    at = dh.get_cursor(project, "t", "0", kinds.SYSTEM_TIME, times[1])
    assert (at.record_time, at.sequence) == (times[1], times.index(times[1]))
    for kind, value in ((kinds.SEQUENCE, 8), (kinds.SYSTEM_TIME, int(time.time() * 1000) + 3_600_000)):
        with pytest.raises(sdk.exceptions.SeekOutOfRangeException):
            dh.get_cursor(project, "t", "0", kind, value)
    for cursor in ("20000000000000000000000000000000", "x", latest.cursor[:-1] + "9"):
        with pytest.raises(sdk.exceptions.InvalidCursorException):
            dh.get_blob_records(project, "t", "0", cursor, 1)


def test_a_record_that_is_none_of_the_topic(connect: Any, dh: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    """By shard nothing of such a request is stored; else each record is taken for itself."""
    models = sdk.models
    dh.create_tuple_topic(project, "t", 2, 3, pair, "")
    texts = models.RecordSchema.from_lists(["id", "name"], [models.FieldType.STRING] * 2)
    one = models.RecordSchema.from_lists(["id"], [models.FieldType.BIGINT])
    bad = [
        (models.TupleRecord(schema=texts, values=["seven", "x"]), "Parse field value [seven] to BIGINT failed"),
        (models.TupleRecord(schema=texts, values=["9223372036854775808", "x"]), "Parse field value"),
        (models.TupleRecord(schema=one, values=[1]), "Record field size not match"),
    ]
    good = models.TupleRecord(schema=pair, values=[1, "x"])
    client = connect("PB")
    for record, told in bad:
        for padding in (0, 20):  # few are looked at one by one, many at once
            with pytest.raises(sdk.exceptions.InvalidParameterException) as error:
                client.put_records_by_shard(project, "t", "0", [good] * padding + [record, good])
            assert error.value.error_code == "MalformedRecord"
            assert error.value.error_msg.startswith(told)
    assert dh.get_tuple_records(project, "t", "0", pair, oldest(dh, sdk, project), 9).record_count == 0
    good.shard_id = "0"
    lost = models.TupleRecord(schema=pair, values=[2, "nowhere"])
    lost.shard_id = "9"
    for way in (dh, client):
        failed = way.put_records(project, "t", [good, lost, bad[0][0], good])
        found = [(one.index, one.error_code) for one in failed.failed_records]
        assert (failed.failed_record_count, found) == (2, [(1, "InvalidShardId"), (2, "MalformedRecord")])
    assert dh.get_tuple_records(project, "t", "0", pair, oldest(dh, sdk, project), 9).record_count == 4
    with pytest.raises(sdk.exceptions.ResourceNotFoundException) as error:
        client.put_records_by_shard(project, "t", "9", [good])
    assert error.value.error_msg == f"Shard is not exist: {project}/t/9"


def test_a_field_that_must_be_there(dh: Any, project: str, sdk: ModuleType) -> None:
    models = sdk.models
    strict = models.RecordSchema([models.Field("id", models.FieldType.BIGINT, allow_null=False)])
    loose = models.RecordSchema([models.Field("id", models.FieldType.BIGINT)])
    dh.create_tuple_topic(project, "t", 1, 3, strict, "")
    failed = dh.put_records(project, "t", [models.TupleRecord(schema=loose, values=[None])]).failed_records
    assert [one.error_code for one in failed] == ["MalformedRecord"]


def test_bytes_are_no_fields(dh: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    failed = dh.put_records(project, "t", [sdk.models.BlobRecord(blob_data=b"x")]).failed_records
    assert [one.error_code for one in failed] == ["MalformedRecord"]
    dh.create_blob_topic(project, "b", 1, 3, "")
    failed = dh.put_records(project, "b", [sdk.models.TupleRecord(schema=pair, values=[1, "x"])]).failed_records
    assert [one.error_code for one in failed] == ["MalformedRecord"]


def test_many_at_once(connect: Any, dh: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    rows = [sdk.models.TupleRecord(schema=pair, values=[at, "x"]) for at in range(10_001)]
    client = connect("PB")
    with pytest.raises(sdk.exceptions.InvalidParameterException):
        client.put_records_by_shard(project, "t", "0", rows)
    client.put_records_by_shard(project, "t", "0", rows[:-1])
    got = client.get_tuple_records(project, "t", "0", pair, oldest(dh, sdk, project), 10_000)
    assert [one.values[0] for one in got.records] == list(range(10_000))
