"""Objects through oss2, with both signatures: written, read, appended, copied, deleted, in parts and versions."""

import gc
import hashlib
import os
import warnings
from collections.abc import Iterator

import oss2
import pytest
import requests
from oss2.exceptions import (
    NoSuchKey,
    NoSuchUpload,
    NotFound,
    NotModified,
    ObjectNotAppendable,
    PositionNotEqualToLength,
    PreconditionFailed,
    ServerError,
)

from tests.clients.oss.second_client import open_to_public
from yunbox.testing.server import Server

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a refused upload is answered before its body is read, and then oss2 drops its connection without closing it
BIG = os.urandom(3 * 1024 * 1024 + 17)


@pytest.fixture(params=[oss2.Auth, oss2.AuthV4], ids=["v1", "v4"])
def bucket(server: Server, request: pytest.FixtureRequest) -> Iterator[oss2.Bucket]:
    auth = request.param(server.access_key_id, server.access_key_secret)
    session = oss2.Session()
    made = oss2.Bucket(auth, server.endpoints["oss"], "objects", region="cn-local", session=session)
    made.create_bucket()
    open_to_public(made)
    yield made
    empty(made)
    made.delete_bucket()
    session.session.close()
    with warnings.catch_warnings(action="ignore"):
        gc.collect()


def empty(bucket: oss2.Bucket) -> None:
    for upload in oss2.MultipartUploadIterator(bucket):
        bucket.abort_multipart_upload(upload.key, upload.upload_id)
    while True:
        page = bucket.list_object_versions()
        versions = [
            oss2.models.BatchDeleteObjectVersion(v.key, v.versionid) for v in (*page.versions, *page.delete_marker)
        ]
        if not versions:
            return
        bucket.delete_object_versions(oss2.models.BatchDeleteObjectVersionList(versions))


def named(bucket: oss2.Bucket, name: str) -> oss2.Bucket:
    return oss2.Bucket(bucket.auth, bucket.endpoint, name, region="cn-local", session=bucket.session)


def code_of(error: pytest.ExceptionInfo[ServerError]) -> str:
    return error.value.code


@pytest.mark.parametrize("key", ["a", "a/b c+d%e&f=g?h#i", "中文/é", "a/../b", "x" * 1023, "trailing/", " space "])
def test_any_key_comes_back(bucket: oss2.Bucket, key: str) -> None:
    put = bucket.put_object(key, b"hello", headers={"x-oss-meta-who": "me", "Content-Type": "text/plain"})
    assert put.etag == hashlib.md5(b"hello").hexdigest().upper()
    got = bucket.get_object(key)
    assert got.read() == b"hello"
    assert (got.headers["x-oss-meta-who"], got.content_type, got.object_type) == ("me", "text/plain", "Normal")
    assert [item.key for item in oss2.ObjectIterator(bucket)] == [key]
    assert [item.key for item in oss2.ObjectIteratorV2(bucket)] == [key]
    bucket.delete_object(key)
    assert not bucket.object_exists(key)


def test_large_objects_and_ranges(bucket: oss2.Bucket) -> None:
    bucket.put_object("big", BIG)
    assert bucket.get_object("big").read() == BIG
    assert bucket.get_object("big", byte_range=(10, 99)).read() == BIG[10:100]
    assert bucket.get_object("big", byte_range=(None, 5)).read() == BIG[-5:]
    assert bucket.get_object("big", byte_range=(len(BIG) - 3, None)).read() == BIG[-3:]
    assert bucket.get_object("big", byte_range=(len(BIG) + 1, None)).read() == BIG
    with pytest.raises(ServerError) as error:
        bucket.get_object("big", byte_range=(len(BIG) + 1, None), headers={"x-oss-range-behavior": "standard"})
    assert (error.value.status, code_of(error)) == (416, "InvalidRange")


def test_conditions(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("k", b"1").etag
    assert bucket.get_object("k", headers={"If-Match": f'"{etag}"'}).read() == b"1"
    with pytest.raises(PreconditionFailed):
        bucket.get_object("k", headers={"If-Match": '"0"'})
    with pytest.raises(NotModified):
        bucket.get_object("k", headers={"If-None-Match": etag})
    modified = bucket.head_object("k").headers["Last-Modified"]
    with pytest.raises(NotModified):
        bucket.get_object("k", headers={"If-Modified-Since": modified})
    with pytest.raises(PreconditionFailed):
        bucket.get_object("k", headers={"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"})
    with pytest.raises(ServerError) as error:
        bucket.put_object("k", b"2", headers={"x-oss-forbid-overwrite": "true"})
    assert (error.value.status, code_of(error)) == (409, "FileAlreadyExists")


def test_what_is_not_there(bucket: oss2.Bucket) -> None:
    with pytest.raises(NoSuchKey) as error:
        bucket.get_object("nope")
    assert error.value.request_id
    with pytest.raises(NotFound):
        bucket.head_object("nope")
    assert bucket.delete_object("nope").status == 204


def test_content_md5_is_checked_and_nothing_stays(bucket: oss2.Bucket) -> None:
    for value, code in (("AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"), ("nonsense", "InvalidDigest")):
        with pytest.raises(ServerError) as error:
            bucket.put_object("k", b"body", headers={"Content-MD5": value})
        assert (error.value.status, code_of(error)) == (400, code)
    assert not bucket.object_exists("k")


def test_append(bucket: oss2.Bucket) -> None:
    first = bucket.append_object("log", 0, b"abc")
    second = bucket.append_object("log", first.next_position, b"def" * 100_000, init_crc=first.crc)
    assert second.next_position == 300_003
    assert bucket.get_object("log").read() == b"abc" + b"def" * 100_000
    with pytest.raises(PositionNotEqualToLength) as error:
        bucket.append_object("log", 1, b"x")
    assert error.value.next_position == 300_003
    bucket.put_object("plain", b"1")
    with pytest.raises(ObjectNotAppendable):
        bucket.append_object("plain", 1, b"x")


def test_copy(bucket: oss2.Bucket) -> None:
    bucket.put_object("from/é +", BIG, headers={"x-oss-meta-a": "1"})
    bucket.copy_object("objects", "from/é +", "to")
    got = bucket.get_object("to")
    assert (got.read(), got.headers["x-oss-meta-a"]) == (BIG, "1")
    bucket.copy_object("objects", "to", "to", headers={"x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2"})
    headers = bucket.head_object("to").headers
    assert "x-oss-meta-a" not in headers
    assert headers["x-oss-meta-b"] == "2"
    bucket.delete_object("from/é +")
    assert bucket.get_object("to").read() == BIG
    with pytest.raises(PreconditionFailed):
        bucket.copy_object("objects", "to", "no", headers={"x-oss-copy-source-if-match": "0"})


def test_multipart(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("m", headers={"x-oss-meta-a": "1"}).upload_id
    bucket.put_object("source", BIG)
    parts = []
    for number in (2, 1):
        done = bucket.upload_part("m", upload, number, BIG)
        parts.append(oss2.models.PartInfo(number, done.etag, size=len(BIG), part_crc=done.crc))
    copied = bucket.upload_part_copy("objects", "source", (5, 200_004), "m", upload, 3)
    parts.append(oss2.models.PartInfo(3, copied.etag))
    assert [part.part_number for part in oss2.PartIterator(bucket, "m", upload, max_parts=1)] == [1, 2, 3]
    assert [(u.key, u.upload_id) for u in oss2.MultipartUploadIterator(bucket)] == [("m", upload)]
    with pytest.raises(ServerError) as error:
        bucket.complete_multipart_upload("m", upload, [oss2.models.PartInfo(1, "0" * 32)])
    assert code_of(error) == "InvalidPart"
    done = bucket.complete_multipart_upload("m", upload, sorted(parts, key=lambda part: part.part_number))
    assert done.etag.endswith("-3")
    got = bucket.get_object("m")
    assert got.read() == BIG + BIG + BIG[5:200_005]
    assert (got.object_type, got.headers["x-oss-meta-a"]) == ("Multipart", "1")
    with pytest.raises(NoSuchUpload):
        bucket.upload_part("m", upload, 1, b"x")


def test_aborting_a_multipart_upload(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("m").upload_id
    bucket.upload_part("m", upload, 1, BIG)
    bucket.abort_multipart_upload("m", upload)
    assert list(oss2.MultipartUploadIterator(bucket)) == []
    with pytest.raises(NoSuchUpload):
        bucket.list_parts("m", upload)


def test_resumable_transfers(bucket: oss2.Bucket, tmp_path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(BIG)
    store = oss2.ResumableStore(root=str(tmp_path))
    oss2.resumable_upload(
        bucket, "r", str(source), store=store, multipart_threshold=1, part_size=1 << 20, num_threads=3
    )
    downloads = oss2.ResumableDownloadStore(root=str(tmp_path))
    oss2.resumable_download(
        bucket, "r", str(target), store=downloads, multiget_threshold=1, part_size=1 << 20, num_threads=3
    )
    assert target.read_bytes() == BIG


def test_listing_with_folders_markers_and_pages(bucket: oss2.Bucket) -> None:
    keys = [f"{folder}/{number}" for folder in ("a", "b", "é") for number in range(7)] + ["top"]
    for key in keys:
        bucket.put_object(key, b"")
    found = [item.key for item in oss2.ObjectIterator(bucket, max_keys=4)]
    assert found == sorted(keys, key=str.encode)
    folders = [(item.key, item.is_prefix()) for item in oss2.ObjectIterator(bucket, delimiter="/", max_keys=2)]
    assert folders == [("a/", True), ("b/", True), ("top", False), ("é/", True)]
    assert [item.key for item in oss2.ObjectIteratorV2(bucket, prefix="b/", max_keys=3)] == [f"b/{n}" for n in range(7)]
    page = bucket.list_objects_v2(start_after="b/5", max_keys=1)
    assert ([item.key for item in page.object_list], page.is_truncated) == (["b/6"], True)
    with pytest.raises(ServerError):
        bucket.list_objects(max_keys=1001)


def test_deleting_many(bucket: oss2.Bucket) -> None:
    keys = [f"k{number} <&>é" for number in range(50)]
    for key in keys:
        bucket.put_object(key, b"1")
    assert sorted(bucket.batch_delete_objects([*keys, "never"]).deleted_keys) == sorted([*keys, "never"])
    assert list(oss2.ObjectIterator(bucket)) == []


def test_links_acls_and_tags(bucket: oss2.Bucket) -> None:
    bucket.put_object("target/é", b"1")
    bucket.put_symlink("target/é", "link")
    assert bucket.get_symlink("link").target_key == "target/é"
    assert bucket.get_object("link").read() == b"1"
    assert bucket.head_object("link").object_type == "Symlink"
    bucket.delete_object("target/é")
    with pytest.raises(ServerError) as error:
        bucket.get_object("link")
    assert code_of(error) == "SymlinkTargetNotExist"
    bucket.put_object("k", b"1")
    assert bucket.get_object_acl("k").acl == "default"
    bucket.put_object_acl("k", oss2.OBJECT_ACL_PUBLIC_READ)
    assert bucket.get_object_acl("k").acl == "public-read"
    tags = oss2.models.Tagging()
    tags.tag_set.add("a b", "c=d")
    bucket.put_object_tagging("k", tags)
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"a b": "c=d"}
    assert bucket.head_object("k").headers["x-oss-tagging-count"] == "1"
    bucket.delete_object_tagging("k")
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {}


def test_versions(bucket: oss2.Bucket) -> None:
    config = oss2.models.BucketVersioningConfig()
    config.status = oss2.BUCKET_VERSIONING_ENABLE
    bucket.put_object("k", b"before")
    bucket.put_bucket_versioning(config)
    ids = [bucket.put_object("k", data).versionid for data in (b"1", b"2")]
    assert bucket.get_object("k").read() == b"2"
    assert bucket.get_object("k", params={"versionId": ids[0]}).read() == b"1"
    assert bucket.get_object("k", params={"versionId": "null"}).read() == b"before"
    marker = bucket.delete_object("k")
    assert marker.delete_marker
    with pytest.raises(NoSuchKey):
        bucket.get_object("k")
    page = bucket.list_object_versions()
    assert [v.versionid for v in page.versions] == [ids[1], ids[0], "null"]
    assert [d.versionid for d in page.delete_marker] == [marker.versionid]
    bucket.delete_object("k", params={"versionId": marker.versionid})
    assert bucket.get_object("k").read() == b"2"
    config.status = oss2.BUCKET_VERSIONING_SUSPEND
    bucket.put_bucket_versioning(config)
    bucket.put_object("k", b"null again")
    assert [v.versionid for v in bucket.list_object_versions().versions] == ["null", ids[1], ids[0]]


def test_signed_urls(bucket: oss2.Bucket) -> None:
    url = bucket.sign_url("PUT", "a/é b", 60, headers={"Content-Type": "text/x"}, slash_safe=True)
    assert requests.put(url, data=b"1", headers={"Content-Type": "text/x"}, timeout=10).status_code == 200
    url = bucket.sign_url("GET", "a/é b", 60, params={"response-content-type": "text/y"}, slash_safe=True)
    answer = requests.get(url, timeout=10)
    assert (answer.content, answer.headers["Content-Type"]) == (b"1", "text/y")
    assert requests.get(url.replace("text%2Fy", "text%2Fz"), timeout=10).status_code == 403


def test_archived_objects_are_read_after_a_restore(bucket: oss2.Bucket) -> None:
    bucket.put_object("cold", b"1", headers={"x-oss-storage-class": "Archive"})
    with pytest.raises(ServerError) as error:
        bucket.get_object("cold")
    assert (error.value.status, code_of(error)) == (403, "InvalidObjectState")
    assert bucket.restore_object("cold").status == 202
    assert bucket.head_object("cold").headers["x-oss-restore"] == 'ongoing-request="true"'
    with pytest.raises(ServerError) as error:
        bucket.restore_object("cold")
    assert code_of(error) == "RestoreAlreadyInProgress"


def test_buckets(bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"12345")
    info, stat = bucket.get_bucket_info(), bucket.get_bucket_stat()
    assert (info.name, info.acl.grant, info.storage_class) == ("objects", "private", "Standard")
    assert (stat.storage_size_in_bytes, stat.object_count, stat.multi_part_upload_count) == (5, 1, 0)
    assert bucket.get_bucket_location().location == "oss-cn-local"
    service = oss2.Service(bucket.auth, bucket.endpoint, region="cn-local", session=bucket.session)
    assert "objects" in [found.name for found in oss2.BucketIterator(service)]
    with pytest.raises(ServerError) as error:
        bucket.delete_bucket()
    assert code_of(error) == "BucketNotEmpty"
    for name in ("Upper", "a", "under_score"):
        with pytest.raises((ServerError, oss2.exceptions.ClientError)):
            named(bucket, name).create_bucket()
    with pytest.raises(ServerError) as error:
        named(bucket, "no-such-bucket").get_object("k")
    assert code_of(error) == "NoSuchBucket"


def test_hosts_that_name_the_bucket(bucket: oss2.Bucket, server: Server) -> None:
    bucket.put_object("k", b"hosted")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    for host in ("objects.localhost", "objects.oss-cn-local.aliyuncs.com"):
        answer = requests.get(f"{server.endpoints['oss']}/k", headers={"Host": host}, timeout=10)
        assert answer.content == b"hosted", host
