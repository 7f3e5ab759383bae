"""Connectors by pydatahub, to OSS: what is put arrives in objects, once; by the vendor's own ``SinkOssTest``."""

import csv
import io
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import oss2
import pytest

from tests.waiting import until
from yunbox.testing.server import Server

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def bucket(server: Server) -> Iterator[oss2.Bucket]:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    made = oss2.Bucket(auth, server.endpoints["oss"], f"sunk-{time.time_ns()}")
    made.create_bucket()
    yield made
    for one in oss2.ObjectIterator(made):
        made.delete_object(one.key)
    made.delete_bucket()


@pytest.fixture
def config(server: Server, sdk: ModuleType, bucket: oss2.Bucket) -> Callable[..., Any]:
    def make(prefix: str = "to/here", form: str = "%Y%m%d%H%M", minutes: int = 5, mode: str = "AK", **more: str) -> Any:
        key = more.get("key", server.access_key_secret)
        where = (server.endpoints["oss"], more.get("bucket", bucket.bucket_name), prefix, form, minutes)
        return sdk.models.OssConnectorConfig(*where, sdk.models.connector.AuthMode[mode], server.access_key_id, key)

    return make


@pytest.fixture
def oss(sdk: ModuleType) -> Any:
    return sdk.models.ConnectorType.SINK_OSS


def objects(bucket: oss2.Bucket) -> dict[str, bytes]:
    return {one.key: bucket.get_object(one.key).read() for one in oss2.ObjectIterator(bucket)}


def moved(dh: Any, project: str, topic: str, oss: Any) -> int:
    shards = dh.get_connector_shard_status(project, topic, oss).shard_status_infos.values()
    assert not [shard.last_error_message for shard in shards if shard.last_error_message]
    return sum(shard.current_sequence + 1 for shard in shards)


def test_lines_arrive(dh: Any, project: str, sdk: ModuleType, bucket: oss2.Bucket, config: Any, oss: Any) -> None:
    kinds = sdk.models.FieldType
    schema = sdk.models.RecordSchema.from_lists(["f1", "f2", "f3"], [kinds.STRING, kinds.BIGINT, kinds.DOUBLE])
    dh.create_tuple_topic(project, "t", 2, 3, schema, "")
    connector = dh.create_connector(project, "t", oss, ["f2", "f1"], config()).connector_id
    found = dh.get_connector(project, "t", oss)
    assert (found.type, found.column_fields) == (oss, ["f2", "f1"])
    assert (found.config.bucket, found.config.prefix, found.config.access_key) == (bucket.bucket_name, "to/here", "")
    assert (found.config.time_format, found.config.time_range) == ("%Y%m%d%H%M", 5)
    texts = ['test"test', "", "a,b", "two\nlines", "plain", None]
    records = []
    for at, text in enumerate(texts):
        record = sdk.models.TupleRecord(schema=schema)
        record.shard_id = str(at % 2)
        record.set_value(1, at)
        if text is not None:
            record.set_value(0, text)
        records.append(record)
    before = datetime.now(SHANGHAI)
    assert dh.put_records(project, "t", records).failed_record_count == 0
    until(lambda: moved(dh, project, "t", oss) == len(texts), seconds=30)
    there = objects(bucket)
    assert len(there) == 2, there
    lines = []
    for key, body in there.items():
        root, folder, name = key.rsplit("/", 2)
        assert (root, name.split("_")[0]) == ("to/here", connector)
        assert folder in {
            datetime.fromtimestamp(stamp // 300 * 300, SHANGHAI).strftime("%Y%m%d%H%M")
            for stamp in (int(before.timestamp()), int(time.time()))
        }
        lines += list(csv.reader(io.StringIO(body.decode(), newline="")))
    assert sorted(lines) == sorted([str(at), text or ""] for at, text in enumerate(texts))
    assert b'1,""\n' in b"".join(there.values()) and b"5,\n" in b"".join(there.values())
    dh.delete_connector(project, "t", connector)


def test_bytes_arrive_as_they_are(
    dh: Any, project: str, sdk: ModuleType, bucket: oss2.Bucket, config: Any, oss: Any
) -> None:
    dh.create_blob_topic(project, "raw", 1, 3, "")
    connector = dh.create_connector(project, "raw", oss, [], config("", "%Y%m%d", 24 * 60)).connector_id
    dh.put_records(project, "raw", [sdk.models.BlobRecord(blob_data=value) for value in (b"one\n", b"\xff\x00")])
    until(lambda: moved(dh, project, "raw", oss) == 2, seconds=30)
    ((key, body),) = objects(bucket).items()
    assert body == b"one\n\xff\x00"
    assert key.endswith(f"/{connector}_0_0_2") and key.count("/") == 1
    dh.delete_connector(project, "raw", connector)


def test_what_cannot_be(dh: Any, project: str, sdk: ModuleType, config: Any, oss: Any) -> None:
    schema = sdk.models.RecordSchema.from_lists(["f1"], [sdk.models.FieldType.STRING])
    dh.create_tuple_topic(project, "t", 1, 3, schema, "")
    for told, fields in (
        (config("sdf\\sdf"), ["f1"]),
        (config("%*!#"), ["f1"]),
        (config(form="%Y%m", minutes=24 * 60), ["f1"]),
        (config(form="%Y%m%d", minutes=23 * 60), ["f1"]),
        (config(form="%Y%m%d%H"), ["f1"]),
        (config(form="%Y%m%d%M"), ["f1"]),
        (config(minutes=1000 * 24 * 60 + 1), ["f1"]),
        (config(minutes=0), ["f1"]),
        (config(minutes=-1), ["f1"]),
        (config(mode="STS"), ["f1"]),
        (config(key="wrong"), ["f1"]),
        (config(bucket="no-such-bucket-at-all"), ["f1"]),
        (config(), []),
        (config(), ["f1", "f1"]),
        (config(), ["f2"]),
    ):
        with pytest.raises(sdk.exceptions.InvalidParameterException) as error:
            dh.create_connector(project, "t", oss, fields, told)
        assert error.value.error_code == "InvalidParameter"
    assert dh.list_connector(project, "t").connector_ids == []
