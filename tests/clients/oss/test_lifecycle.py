"""Lifecycle rules through oss2, on a server whose clock is moved."""

from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest
from oss2.models import (
    AbortMultipartUpload,
    BucketLifecycle,
    BucketVersioningConfig,
    FilterNot,
    FilterNotTag,
    LifecycleExpiration,
    LifecycleFilter,
    LifecycleRule,
    NoncurrentVersionExpiration,
    NoncurrentVersionStorageTransition,
    StorageTransition,
)

from tests.clients.moved_clock import START_S, Moved, moved
from tests.waiting import until
from yunbox.kernel.clock import ManualClock


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    with pytest.MonkeyPatch.context() as patch, moved(tmp_path_factory.mktemp("d"), ManualClock(START_S), patch) as it:
        yield it


def keys(bucket: oss2.Bucket) -> list[str]:
    return [item.key for item in oss2.ObjectIterator(bucket)]


def versions(bucket: oss2.Bucket) -> int:
    found = bucket.list_object_versions()
    return len(found.versions) + len(found.delete_marker)


def class_of(bucket: oss2.Bucket, key: str) -> str:
    return bucket.head_object(key).headers["x-oss-storage-class"]


def settle(server: Moved) -> None:
    """Let the run of the day end: the last thing it does is to expire a key of the bucket whose name comes last."""
    last = server.bucket("zzz-last")
    last.put_bucket_lifecycle(BucketLifecycle([LifecycleRule("all", "", expiration=LifecycleExpiration(days=1))]))
    last.put_object("probe", b"")
    server.advance(days=2)
    until(lambda: not keys(last))


def test_objects_go_when_they_should(server: Moved) -> None:
    bucket = server.bucket("aging")
    rule = LifecycleRule("short lived", "logs/", expiration=LifecycleExpiration(days=30))
    rule.filter = LifecycleFilter([FilterNot("logs/keep/", FilterNotTag("keep", "yes"))], object_size_greater_than=2)
    bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
    for key, data in (("logs/a", b"abc"), ("logs/small", b"ab"), ("logs/keep/b", b"abc"), ("doc", b"abc")):
        put = bucket.put_object(key, data, headers={"x-oss-tagging": "keep=yes"} if "keep" in key else None)
        assert ("x-oss-expiration" in put.headers) == (key == "logs/a")
    told = bucket.head_object("logs/a").headers["x-oss-expiration"]
    assert told == 'expiry-date="Sun, 01 Feb 2026 00:00:00 GMT", rule-id="short lived"'
    assert bucket.get_object("logs/a").headers["x-oss-expiration"] == told
    server.advance(days=30)  # it is 2026-01-31, 10:00
    settle_at_midnight(server)
    assert keys(bucket) == ["doc", "logs/keep/b", "logs/small"]


def settle_at_midnight(server: Moved) -> None:
    """Go to the next midnight, and until its run has ended."""
    server.advance(hours=14)
    settle(server)


def test_objects_get_colder(server: Moved) -> None:
    bucket = server.bucket("cooling")
    transitions = [
        StorageTransition(days=10, storage_class="IA"),
        StorageTransition(days=20, storage_class="Archive"),
        StorageTransition(days=40, storage_class="DeepColdArchive"),
    ]
    bucket.put_bucket_lifecycle(BucketLifecycle([LifecycleRule("cool", "", storage_transitions=transitions)]))
    bucket.put_object("a", b"data")
    bucket.put_object("later", b"data")
    etag, changed = bucket.head_object("a").etag, bucket.head_object("a").last_modified
    for days, expected in ((11, "IA"), (10, "Archive"), (20, "DeepColdArchive")):
        server.advance(days=days)
        until(lambda expected=expected: class_of(bucket, "a") == expected)
    now = bucket.head_object("a")
    assert (now.etag, now.last_modified) == (etag, changed), "another class is no change of the object"
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket.get_object("a")
    assert refused.value.code == "InvalidObjectState"
    assert class_of(bucket, "later") == "DeepColdArchive"
    assert bucket.get_bucket_stat().standard_object_count == 0


def test_history_goes_and_its_markers(server: Moved) -> None:
    bucket = server.bucket("history")
    config = BucketVersioningConfig()
    config.status = "Enabled"
    bucket.put_bucket_versioning(config)
    rule = LifecycleRule(
        "history", "",
        expiration=LifecycleExpiration(expired_detete_marker=True),
        noncurrent_version_expiration=NoncurrentVersionExpiration(20),
        noncurrent_version_sotrage_transitions=[NoncurrentVersionStorageTransition(5, "IA")],
    )  # fmt: skip
    bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
    for number in range(3):
        bucket.put_object("kept", str(number))
    bucket.put_object("gone", b"x")
    bucket.delete_object("gone")
    assert versions(bucket) == 5
    server.advance(days=6)

    def classes() -> list[str]:
        return sorted(item.storage_class for item in bucket.list_object_versions().versions)

    until(lambda: classes() == ["IA", "IA", "IA", "Standard"])
    server.advance(days=15)
    until(lambda: versions(bucket) == 2)  # the present version of one key, and the other's marker
    server.advance(days=1)
    until(lambda: versions(bucket) == 1)
    assert bucket.get_object("kept").read() == b"2"


def test_expiring_the_present_version_leaves_a_marker(server: Moved) -> None:
    bucket = server.bucket("marked")
    config = BucketVersioningConfig()
    config.status = "Enabled"
    bucket.put_bucket_versioning(config)
    bucket.put_bucket_lifecycle(BucketLifecycle([LifecycleRule("x", "", expiration=LifecycleExpiration(days=1))]))
    version = bucket.put_object("a", b"data").versionid
    server.advance(days=2)
    until(lambda: not keys(bucket))
    assert bucket.get_object("a", params={"versionId": version}).read() == b"data"
    settle(server)
    assert versions(bucket) == 2, "a marker does not expire into another one"


def test_uploads_that_nobody_ended(server: Moved) -> None:
    bucket = server.bucket("parts")
    rule = LifecycleRule("abort", "up/", abort_multipart_upload=AbortMultipartUpload(days=3))
    bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
    for key in ("up/a", "else"):
        upload = bucket.init_multipart_upload(key).upload_id
        bucket.upload_part(key, upload, 1, b"x" * 200_000)
    server.advance(days=4)
    until(lambda: [item.key for item in bucket.list_multipart_uploads().upload_list] == ["else"])


def test_rules_that_overlap(server: Moved) -> None:
    bucket = server.bucket("overlapping")
    rules = [LifecycleRule(key, key, expiration=LifecycleExpiration(days=9)) for key in ("a/", "a/b/")]
    with pytest.raises(oss2.exceptions.InvalidArgument, match="Overlap for same action type Expiration"):
        bucket.put_bucket_lifecycle(BucketLifecycle(rules))
    bucket.put_bucket_lifecycle(BucketLifecycle(rules), headers={"x-oss-allow-same-action-overlap": "true"})
    assert [rule.id for rule in bucket.get_bucket_lifecycle().rules] == ["a/", "a/b/"]
    bucket.put_bucket_lifecycle(BucketLifecycle(rules[:1]))


def test_a_run_goes_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server was down at midnight; it runs when it is there again, once."""
    clock = ManualClock(START_S)
    with moved(tmp_path, clock, monkeypatch) as server:
        bucket = server.bucket("late")
        bucket.put_bucket_lifecycle(BucketLifecycle([LifecycleRule("x", "a", expiration=LifecycleExpiration(days=1))]))
        for number in range(50):
            bucket.put_object(f"a/{number}", b"x")
        bucket.put_object("b", b"x")
    clock.advance(5 * 86_400)
    with moved(tmp_path, clock, monkeypatch) as server:
        bucket = server.bucket("late")
        until(lambda: keys(bucket) == ["b"])
