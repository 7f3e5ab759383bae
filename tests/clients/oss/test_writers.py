"""What writers ask and say: of what is there, of all parts at once, of a copy's source, of an encryption.

Each case names the vendor's page, or oss2's own tests where those say what the real service does.
"""

import oss2
import pytest
from oss2.models import BucketVersioningConfig, PartInfo

from tests.clients.oss.test_green_there import refusal

pytestmark = pytest.mark.public


def versioned(bucket: oss2.Bucket) -> None:
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))


@pytest.mark.parametrize("value", ["abc", "yes", "1", ""])
def test_a_ban_on_overwriting_is_true_or_false(bucket: oss2.Bucket, value: str) -> None:
    """0017-00000279."""
    asked = {"x-oss-forbid-overwrite": value}
    source = {"x-oss-copy-source": f"/{bucket.bucket_name}/k", **asked}
    bucket.put_object("k", b"x")
    for call in (("PUT", "new", None, asked, b"x"), ("PUT", "new", None, source),
                 ("POST", "new", {"uploads": ""}, asked),
                 ("PUT", "new", {"symlink": ""}, asked | {"x-oss-symlink-target": "k"})):  # fmt: skip
        assert refusal(bucket, *call) == (400, "InvalidArgument"), call
    assert not bucket.object_exists("new")


def test_where_there_are_versions_nothing_is_overwritten(bucket: oss2.Bucket) -> None:
    """PutObject, on x-oss-forbid-overwrite; 0026-00000002 names versions as the way to keep both."""
    bucket.put_object("k", b"1")
    never = {"x-oss-forbid-overwrite": "true"}
    assert refusal(bucket, "PUT", "k", None, never, b"2") == (409, "FileAlreadyExists")
    assert refusal(bucket, "DELETE", "k", None, never) == (204, "")  # no writer, and not asked
    versioned(bucket)
    for data in (b"2", b"3"):
        bucket.put_object("k", data, headers=never)
    assert bucket.get_object("k").read() == b"3"


def parts_of(bucket: oss2.Bucket, key: str) -> tuple[str, list[PartInfo]]:
    upload = bucket.init_multipart_upload(key).upload_id
    return upload, [PartInfo(1, bucket.upload_part(key, upload, 1, b"x").etag)]


@pytest.mark.parametrize(("acl", "told"), [("public-read", "public-read"), ("default", "default"), ("", "default")])
def test_the_acl_of_an_object_may_come_with_its_last_call(bucket: oss2.Bucket, acl: str, told: str) -> None:
    """oss2's resumable uploads and alibabacloud_oss_v2's CompleteMultipartUploadRequest send it so."""
    upload, parts = parts_of(bucket, "k")
    bucket.complete_multipart_upload("k", upload, parts, headers={"x-oss-object-acl": acl} if acl else None)
    assert bucket.get_object_acl("k").acl == told
    upload, parts = parts_of(bucket, "other")
    bad = {"x-oss-object-acl": "world"}
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.complete_multipart_upload("other", upload, parts, headers=bad)


@pytest.mark.parametrize(("value", "body", "status"), [("yes", b"", 200), ("yes", b"<a/>", 400), ("no", b"", 400)])
def test_all_parts_are_named_by_a_header_or_by_a_body(
    bucket: oss2.Bucket, value: str, body: bytes, status: int
) -> None:
    """CompleteMultipartUpload, on x-oss-complete-all."""
    upload, _ = parts_of(bucket, "k")
    asked = refusal(bucket, "POST", "k", {"uploadId": upload}, {"x-oss-complete-all": value}, body)
    assert asked == (status, "" if status == 200 else "InvalidArgument")


def test_a_part_says_nothing_of_its_encryption(bucket: oss2.Bucket) -> None:
    """oss2's tests: the upload has said it."""
    bucket.put_object("s", b"x")
    upload = bucket.init_multipart_upload("k", headers={"x-oss-server-side-encryption": "KMS"}).upload_id
    part, said = {"uploadId": upload, "partNumber": "1"}, {"x-oss-server-side-encryption": "KMS"}
    assert refusal(bucket, "PUT", "k", part, said, b"x") == (400, "InvalidArgument")
    copied = said | {"x-oss-copy-source": f"/{bucket.bucket_name}/s"}
    assert refusal(bucket, "PUT", "k", part, copied) == (400, "InvalidArgument")
    sent = bucket.upload_part("k", upload, 1, b"x")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.complete_multipart_upload("k", upload, [PartInfo(1, sent.etag)], headers=said)
    assert bucket.complete_multipart_upload("k", upload, [PartInfo(1, sent.etag)]).status == 200


def test_a_cipher_goes_with_kms(bucket: oss2.Bucket) -> None:
    """oss2's tests: without KMS it is not kept, and nothing is refused."""
    said = {"x-oss-server-side-encryption": "AES256", "x-oss-server-side-data-encryption": "SM4"}
    told = bucket.put_object("k", b"x", headers=said).headers
    assert told["x-oss-server-side-encryption"] == "AES256"
    assert "x-oss-server-side-data-encryption" not in told


def test_later_appends_say_nothing_of_tags(bucket: oss2.Bucket) -> None:
    """oss2's tests."""
    bucket.append_object("k", 0, b"a", headers={"x-oss-tagging": "a=b"})
    bucket.append_object("k", 1, b"b", headers={"x-oss-tagging": "c=d&" * 20})
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"a": "b"}


@pytest.mark.parametrize(
    "source", ["@/k", "//@/k", "/@", "/@/", "", "/@/k?foo=bar", "/@/k?versionId=", "/@/k?versionId=1&a"]
)
def test_the_source_of_a_copy(bucket: oss2.Bucket, source: str) -> None:
    """0042-00000301 and -302: it begins with a slash; behind it stands nothing but a version."""
    bucket.put_object("k", b"x")
    said = {"x-oss-copy-source": source.replace("@", bucket.bucket_name)}
    upload = bucket.init_multipart_upload("u").upload_id
    assert refusal(bucket, "PUT", "new", None, said)[0] == 400
    assert refusal(bucket, "PUT", "u", {"uploadId": upload, "partNumber": "1"}, said)[0] == 400


@pytest.mark.parametrize("what", ["metadata", "tagging"])
def test_a_directive_is_copy_or_replace(bucket: oss2.Bucket, what: str) -> None:
    """CopyObject, on x-oss-metadata-directive and x-oss-tagging-directive."""
    bucket.put_object("k", b"x")
    for value, status in (("Replace", 200), ("copy", 200), ("MOVE", 400), ("", 400)):
        said = {"x-oss-copy-source": f"/{bucket.bucket_name}/k", f"x-oss-{what}-directive": value}
        assert refusal(bucket, "PUT", "new", None, said)[0] == status, value


def test_a_delete_marker_has_neither_parts_nor_anything_else(bucket: oss2.Bucket) -> None:
    """UploadPartCopy, on versions: 400 for a marker that is named, 404 where it is the present state."""
    versioned(bucket)
    bucket.put_object("k", b"x")
    marker = bucket.delete_object("k").versionid
    source, of_marker = f"/{bucket.bucket_name}/k", {"versionId": marker}
    part = {"uploadId": bucket.init_multipart_upload("u").upload_id, "partNumber": "1"}
    named = {"x-oss-copy-source": f"{source}?versionId={marker}"}
    assert refusal(bucket, "PUT", "u", part, named) == (400, "InvalidArgument")
    assert refusal(bucket, "PUT", "u", part, {"x-oss-copy-source": source}) == (404, "NoSuchKey")
    for mark in ("acl", "tagging", "symlink"):
        assert refusal(bucket, "GET", "k", {mark: ""} | of_marker) == (404, "NoSuchKey")
    assert refusal(bucket, "HEAD", "k", {"objectMeta": ""} | of_marker)[0] == 405


@pytest.mark.parametrize("text", ["bytes=0-", "0-0", "bytes=-1", "bytes=0-9", "bytes=a-b"])
def test_the_range_of_a_part(bucket: oss2.Bucket, text: str) -> None:
    """UploadPartCopy and 0042-00000306: bytes=first-last, within the source."""
    bucket.put_object("s", b"xyz")
    part = {"uploadId": bucket.init_multipart_upload("k").upload_id, "partNumber": "1"}
    said = {"x-oss-copy-source": f"/{bucket.bucket_name}/s", "x-oss-copy-source-range": text}
    assert refusal(bucket, "PUT", "k", part, said)[0] == (200 if text == "bytes=0-" else 416 if "9" in text else 400)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=1-9223372036854775807", b"yz"),  # Long.MAX_VALUE, as clients in Java say "to the end"
        ("bytes=1-99999999999999999999999999", b"yz"),
        ("bytes=-99999999999999999999999999", b"xyz"),
        ("bytes=0-0,2-2", b"xyz"),
        ("bytes=\u00b2-", b"xyz"),
    ],
)
def test_a_range_of_any_length(bucket: oss2.Bucket, text: str, expected: bytes) -> None:
    """GetObject, on Range and x-oss-range-behavior."""
    bucket.put_object("k", b"xyz")
    asked = {"range": text.encode().decode("latin-1"), "x-oss-range-behavior": "standard"}
    assert bucket.get_object("k", headers=asked).read() == expected
