"""Retention policies of buckets (WORM): their states, and that nothing gets round them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from tests.clients.moved_clock import START_S, Moved, moved
from tests.clients.oss.second_client import client_of
from tests.clients.oss.whole_query import whole
from tests.waiting import until
from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA
from yunbox.storage.database import Database
from yunbox.testing.server import Server

BUCKET = "kept"
MB = 1 << 20


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moved]:
    with moved(tmp_path, ManualClock(START_S), monkeypatch) as made:
        yield made


@pytest.fixture
def bucket(clocked: Moved) -> oss2.Bucket:
    return clocked.bucket(BUCKET)


def locked(bucket: oss2.Bucket, days: int) -> str:
    found = bucket.init_bucket_worm(days).worm_id
    bucket.complete_bucket_worm(found)
    return found


def immutable(work: Callable[[], object]) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        work()
    assert (raised.value.status, raised.value.code) == (409, "FileImmutable")


def test_a_policy_is_begun_locked_and_extended(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchWORMConfiguration):
        bucket.get_bucket_worm()
    with pytest.raises(oss2.exceptions.NoSuchWORMConfiguration):
        bucket.abort_bucket_worm()
    for days in (0, 25_551):
        with pytest.raises(oss2.exceptions.InvalidWORMConfiguration):
            bucket.init_bucket_worm(days)
    given_up = bucket.init_bucket_worm(1).worm_id
    assert bucket.abort_bucket_worm().status == 204
    with pytest.raises(oss2.exceptions.NoSuchWORMConfiguration):
        bucket.complete_bucket_worm(given_up)
    begun = bucket.init_bucket_worm(1).worm_id
    found = bucket.get_bucket_worm()
    assert (found.worm_id, found.state, found.retention_period_days) == (begun, "InProgress", 1)
    assert found.creation_date == "2026-01-01T10:00:00.000Z"
    with pytest.raises(oss2.exceptions.InvalidWORMConfiguration):
        bucket.extend_bucket_worm(begun, 2)
    with pytest.raises(oss2.exceptions.NoSuchWORMConfiguration):
        bucket.complete_bucket_worm(given_up)
    bucket.complete_bucket_worm(begun)
    for refused in (bucket.abort_bucket_worm, lambda: bucket.init_bucket_worm(1)):
        with pytest.raises(oss2.exceptions.WORMConfigurationLocked):
            refused()
    bucket.extend_bucket_worm(begun, 25_550)
    with pytest.raises(oss2.exceptions.InvalidWORMConfiguration):
        bucket.extend_bucket_worm(begun, 25_549)
    found = bucket.get_bucket_worm()
    assert (found.worm_id, found.state, found.retention_period_days) == (begun, "Locked", 25_550)
    bucket.delete_bucket()


def test_the_second_client_speaks_of_policies_too(server: Server) -> None:
    name, key = "kept-v2", (server.access_key_id, server.access_key_secret)
    with client_of(server.endpoints["oss"], key) as client:
        client.put_bucket(oss.PutBucketRequest(bucket=name))
        days = oss.InitiateWormConfiguration(retention_period_in_days=3)
        request = oss.InitiateBucketWormRequest(bucket=name, initiate_worm_configuration=days)
        client.initiate_bucket_worm(request)
        client.abort_bucket_worm(oss.AbortBucketWormRequest(bucket=name))
        begun = client.initiate_bucket_worm(request).worm_id
        client.complete_bucket_worm(oss.CompleteBucketWormRequest(bucket=name, worm_id=begun))
        more = oss.ExtendWormConfiguration(retention_period_in_days=4)
        client.extend_bucket_worm(
            oss.ExtendBucketWormRequest(bucket=name, worm_id=begun, extend_worm_configuration=more)
        )
        found = client.get_bucket_worm(oss.GetBucketWormRequest(bucket=name)).worm_configuration
        assert (found.worm_id, found.state, found.retention_period_in_days) == (begun, "Locked", 4)
        client.delete_bucket(oss.DeleteBucketRequest(bucket=name))


def test_one_that_is_not_locked_is_none_after_a_day(clocked: Moved, bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"1")
    begun = bucket.init_bucket_worm(100).worm_id
    immutable(lambda: bucket.delete_object("a"))
    clocked.advance(hours=24)
    with pytest.raises(oss2.exceptions.NoSuchWORMConfiguration):
        bucket.get_bucket_worm()
    with pytest.raises(oss2.exceptions.NoSuchWORMConfiguration):
        bucket.complete_bucket_worm(begun)
    bucket.delete_object("a")
    assert bucket.init_bucket_worm(1).worm_id != begun


def test_objects_stay_until_they_are_old_enough(clocked: Moved, bucket: oss2.Bucket) -> None:
    bucket.put_object("old", b"1")
    clocked.advance(days=3)
    for key in ("a", "folder/b"):
        bucket.put_object(key, b"1")
    bucket.append_object("log", 0, b"1")
    locked(bucket, 2)
    bucket.put_object("old", b"2")  # its age had passed the period
    bucket.put_object("new", b"2")
    upload = bucket.init_multipart_upload("a").upload_id
    part = bucket.upload_part("a", upload, 1, b"x" * MB)
    immutable(lambda: bucket.complete_multipart_upload("a", upload, [oss2.models.PartInfo(1, part.etag)]))
    assert bucket.list_parts("a", upload).parts, "the upload is still under way"
    bucket.abort_multipart_upload("a", upload)
    for refused in (
        lambda: bucket.put_object("a", b"2"),
        lambda: bucket.put_object("a", b"2" * MB),
        lambda: bucket.delete_object("a"),
        lambda: bucket.delete_object("a", params={"versionId": "null"}),
        lambda: bucket.append_object("log", 1, b"2"),
        lambda: bucket.copy_object(BUCKET, "a", "a", headers={"x-oss-metadata-directive": "REPLACE"}),
        lambda: bucket.copy_object(BUCKET, "new", "a"),
        lambda: bucket.put_symlink("new", "a"),
        lambda: bucket._do("PUT", BUCKET, "b", params={"x-oss-rename": ""}, headers={"x-oss-rename-source": "a"}),
        lambda: bucket._do(
            "PUT", BUCKET, "moved/", params={"x-oss-rename": ""}, headers={"x-oss-rename-source": "folder/"}
        ),
    ):
        immutable(refused)
    bucket.put_object_tagging("a", _tags())
    bucket.put_object_acl("a", "private")
    bucket.copy_object(BUCKET, "a", "copy")
    assert [item.key for item in oss2.ObjectIterator(bucket)] == ["a", "copy", "folder/b", "log", "new", "old"]
    assert bucket.get_object("a").read() == b"1"
    assert bucket.get_object("log").read() == b"1"
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    clocked.advance(days=2)
    immutable(lambda: bucket.delete_object("a"))
    clocked.advance(hours=1)
    bucket.append_object("log", 1, b"2")
    bucket.delete_object("a")
    bucket.put_object("new", b"3")
    immutable(lambda: bucket.delete_object("new"))


def _tags() -> oss2.models.Tagging:
    rule = oss2.models.TaggingRule()
    rule.add("k", "v")
    return oss2.models.Tagging(rule)


def test_each_of_many_keys_is_answered_for_itself(clocked: Moved, bucket: oss2.Bucket) -> None:
    for key in ("a", "b"):
        bucket.put_object(key, b"1")
    clocked.advance(days=2)
    bucket.put_object("young", b"1")
    locked(bucket, 1)
    answer = bucket._do("POST", BUCKET, "", data=_delete("a", "young", "b"), params={"delete": ""},
                        headers={"Content-MD5": oss2.utils.content_md5(_delete("a", "young", "b"))})  # fmt: skip
    text = answer.read().decode()
    assert "<Error><Key>young</Key><Code>FileImmutable</Code>" in text
    assert text.count("<Deleted>") == 2
    assert [item.key for item in oss2.ObjectIterator(bucket)] == ["young"]


def _delete(*keys: str) -> bytes:
    return f"<Delete>{''.join(f'<Object><Key>{key}</Key></Object>' for key in keys)}</Delete>".encode()


def test_of_a_bucket_with_versions_none_goes(clocked: Moved, bucket: oss2.Bucket) -> None:
    versioning = oss2.models.BucketVersioningConfig
    bucket.put_bucket_versioning(versioning("Suspended"))
    with pytest.raises(oss2.exceptions.InvalidWORMConfiguration):
        bucket.init_bucket_worm(2)
    bucket.put_bucket_versioning(versioning("Enabled"))
    first = bucket.put_object("a", b"1").versionid
    locked(bucket, 2)
    with pytest.raises(oss2.exceptions.InvalidWORMConfiguration):
        bucket.put_bucket_versioning(versioning("Suspended"))
    bucket.put_bucket_versioning(versioning("Enabled"))
    second = bucket.put_object("a", b"2").versionid
    marker = bucket.delete_object("a").versionid
    assert not bucket.object_exists("a")
    for wanted in (first, second):
        immutable(lambda: bucket.delete_object("a", params={"versionId": wanted}))  # noqa: B023
    bucket.delete_object("a", params={"versionId": marker})
    assert bucket.get_object("a").read() == b"2"
    clocked.advance(days=2, hours=1)
    for wanted in (first, second):
        bucket.delete_object("a", params={"versionId": wanted})
    assert not bucket.object_exists("a")


def test_lifecycle_passes_what_a_policy_keeps(clocked: Moved, bucket: oss2.Bucket) -> None:
    bucket.put_object("old", b"1")
    clocked.advance(days=2)
    bucket.put_object("a-young", b"1")
    locked(bucket, 3)
    gone = oss2.models.LifecycleExpiration(days=1)
    rule = oss2.models.LifecycleRule("gone", "", status="Enabled", expiration=gone)
    bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule]))
    clocked.advance(days=2)
    until(lambda: not bucket.object_exists("old"))
    assert bucket.object_exists("a-young"), "the rule would have it gone"
    clocked.advance(days=2)
    until(lambda: not bucket.object_exists("a-young"))


def test_compaction_and_spreading_leave_what_a_policy_keeps(bucket: oss2.Bucket) -> None:
    for number in range(3):
        bucket.put_object(f"rows/{number}.json", b'{"a": 1}\n')
    locked(bucket, 1)
    for params in (
        {"yunboxCompact": "", "prefix": "rows/", "remove": "true"},
        {"yunboxRehash": "", "prefix": "rows/"},
    ):
        assert b"immutable" in whole(bucket)._do("POST", BUCKET, "", params=params).read()
    assert [item.key for item in oss2.ObjectIterator(bucket)] == [f"rows/{number}.json" for number in range(3)]


def test_a_sink_that_a_policy_stops_holds_nothing_up(clocked: Moved, bucket: oss2.Bucket) -> None:
    locked(bucket, 1)
    sink = {"yunboxSink": "", "prefix": "in/", "seconds": "1"}
    whole(bucket)._do("POST", BUCKET, "", data=b'{"a": 1}\n', params=sink)
    clocked.advance(hours=2)
    bucket.put_object("later", b"1")
    tallied = clocked.data / "meta.db"
    until(lambda: billed(tallied, BUCKET) > 0)
    assert bucket.object_exists("in/.open.json")


def billed(path: Path, bucket: str) -> int:
    database = Database(path, LEDGER_SCHEMA)
    rows = database.read("SELECT count(*) FROM ledger WHERE project = ? AND item LIKE '%storage%'", f"oss://{bucket}")
    database.close()
    return rows[0][0]
