"""What becomes of objects in other ways than whole: sequential uploads, appendable objects; and names that are none.

Each case names the vendor's page, or oss2's own tests where those say what the real service does.
"""

import base64
import functools
import hashlib
import hmac
import time
from urllib.parse import quote, unquote, urlencode

import oss2
import pytest
import requests
from oss2.models import PartInfo

from tests.clients.oss.test_green_there import refusal
from tests.clients.oss.test_writers import parts_of
from tests.clients.oss.whole_query import whole
from yunbox.testing.server import Server

# -- sequential uploads


def test_the_parts_of_a_sequential_upload_come_one_after_another(bucket: oss2.Bucket) -> None:
    """oss2's tests (PartNotSequential, Content-MD5), and the vendor's error 0042-00000108 (PartAlreadyExist)."""
    data = [b"a" * 102400, b"b" * 102400, b"c"]
    upload = bucket.init_multipart_upload("k", params={"sequential": ""}).upload_id
    at = {"uploadId": upload}
    assert refusal(bucket, "PUT", "k", at | {"partNumber": "2"}, {}, b"x") == (400, "PartNotSequential")
    parts = [PartInfo(n, bucket.upload_part("k", upload, n, piece).etag) for n, piece in enumerate(data, 1)]
    for number in ("1", "3"):
        assert refusal(bucket, "PUT", "k", at | {"partNumber": number}, {}, b"x") == (409, "PartAlreadyExist")
    assert refusal(bucket, "PUT", "k", at | {"partNumber": "5"}, {}, b"x") == (400, "PartNotSequential")
    bucket.complete_multipart_upload("k", upload, parts)
    bucket.copy_object(bucket.bucket_name, "k", "copy")
    digest = base64.b64encode(hashlib.md5(b"".join(data)).digest()).decode()
    for key in ("k", "copy"):
        assert bucket.head_object(key).headers["Content-MD5"] == digest
    upload, parts = parts_of(bucket, "plain")
    bucket.complete_multipart_upload("plain", upload, parts)
    assert "Content-MD5" not in bucket.head_object("plain").headers


@pytest.mark.parametrize(
    ("number", "ec"),
    [("", "0017-00000219"), ("0", "0017-00000220"), ("10001", "0017-00000220"), ("STR", "0017-00000220"),
     ("1.0", "0017-00000220"), ("-1", "0017-00000220")],
)  # fmt: skip
def test_the_number_of_a_part(bucket: oss2.Bucket, number: str, ec: str) -> None:
    """The vendor's pages of 0017-00000219 and -220."""
    upload = bucket.init_multipart_upload("k").upload_id
    with pytest.raises(oss2.exceptions.InvalidArgument) as caught:
        bucket._do("PUT", bucket.bucket_name, "k", params={"uploadId": upload, "partNumber": number}, data=b"x")
    assert caught.value.details["EC"] == ec


# -- appendable objects


@pytest.mark.parametrize("storage_class", ["ColdArchive", "DeepColdArchive"])
def test_an_appendable_object_is_never_cold(bucket: oss2.Bucket, storage_class: str) -> None:
    """The vendor's page of 0016-00000503: not converted in any form; a sealed one is none any more."""
    said = {"x-oss-storage-class": storage_class}
    onto_itself = said | {"x-oss-copy-source": f"/{bucket.bucket_name}/k"}
    with pytest.raises(oss2.exceptions.OperationNotSupported) as caught:
        bucket.append_object("k", 0, b"x", headers=said)
    assert caught.value.details["EC"] == "0016-00000503"
    bucket.append_object("k", 0, b"x")
    assert refusal(bucket, "PUT", "k", {}, onto_itself) == (400, "OperationNotSupported")
    bucket.copy_object(bucket.bucket_name, "k", "copy", headers=said)


def test_an_appendable_object_has_no_key_of_kms_that_is_named(bucket: oss2.Bucket) -> None:
    """AppendObject, on limits."""
    said = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-encryption-key-id": "9468da86-3509-4f8d-a61e"}
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.append_object("k", 0, b"x", headers=said)
    bucket.append_object("k", 0, b"x", headers={"x-oss-server-side-encryption": "KMS"})


def test_a_sealed_object_stays_sealed_under_other_metadata(bucket: oss2.Bucket) -> None:
    """SealAppendObject."""
    bucket.append_object("k", 0, b"x")
    whole(bucket)._do("POST", bucket.bucket_name, "k", params={"seal": "", "position": "1"})
    bucket.update_object_meta("k", {"x-oss-meta-a": "b"})
    assert "x-oss-sealed-time" in bucket.head_object("k").headers
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("k", 1, b"y")


def test_what_is_no_archive_is_not_restored(bucket: oss2.Bucket) -> None:
    """The vendor's page of 0016-00000702; the status is oss2's."""
    bucket.put_object("k", b"x")
    with pytest.raises(oss2.exceptions.OperationNotSupported) as caught:
        bucket.restore_object("k")
    assert caught.value.details["EC"] == "0016-00000702"


# -- names and headers that are no UTF-8


@pytest.mark.parametrize("name", ["%ff", "a%D6%D0"])
def test_a_name_that_is_no_utf_8_is_none(bucket: oss2.Bucket, name: str) -> None:
    """PutObject, on names of objects: they are UTF-8. Another object's name is not made of them."""
    bucket.put_object(unquote(name, errors="replace"), b"another")
    asked = refusal(bucket, "PUT", "k", {"symlink": ""}, {"x-oss-symlink-target": name})
    assert asked == (400, "InvalidObjectName")
    asked = refusal(bucket, "PUT", "k", {}, {"x-oss-copy-source": f"/{bucket.bucket_name}/{name}"})
    assert asked == (400, "InvalidObjectName")
    url = f"{bucket.endpoint}/{bucket.bucket_name}"
    assert requests.get(f"{url}?prefix={name}", timeout=10).status_code == 400
    bucket.put_symlink("\u4e2d", "k")
    assert bucket.get_symlink("k").target_key == "\u4e2d"


def test_the_bytes_of_a_header_that_is_asked_for_are_the_clients(bucket: oss2.Bucket, server: Server) -> None:
    """GetObject, on response headers: a file's name may be in GBK."""
    bucket.put_object("k", b"x")
    text = "attachment;filename=\u4e2d.txt".encode("gbk")
    expires = str(int(time.time()) + 60)
    query = b"response-content-disposition=" + text
    signed = b"GET\n\n\n%s\n/%s/k?%s" % (expires.encode(), bucket.bucket_name.encode(), query)
    digest = hmac.digest(server.access_key_secret.encode(), signed, "sha1")
    pairs = {"OSSAccessKeyId": server.access_key_id, "Expires": expires, "Signature": base64.b64encode(digest).decode()}
    url = f"{server.endpoints['oss']}/{bucket.bucket_name}/k?response-content-disposition={quote(text)}"
    answer = requests.get(f"{url}&{urlencode(pairs)}", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].encode("latin-1") == text


# -- what the integration tests of the vendor's alibabacloud-oss-v2 find


def test_a_part_tells_its_md5_and_an_upload_how_its_client_encrypts(bucket: oss2.Bucket) -> None:
    said = {
        "key": "k",
        "start": "s",
        "cek-alg": "AES/CTR/NoPadding",
        "wrap-alg": "RSA",
        "data-size": "9",
        "part-size": "9",
    }
    headers = {f"x-oss-meta-client-side-encryption-{name}": value for name, value in said.items()}
    upload = bucket.init_multipart_upload("k", headers=headers).upload_id
    part = bucket.upload_part("k", upload, 1, b"x")
    assert part.headers["Content-MD5"] == base64.b64encode(hashlib.md5(b"x").digest()).decode()
    told = bucket._do("GET", bucket.bucket_name, "k", params={"uploadId": upload}).read().decode()
    assert "<ClientEncryptionCekAlg>AES/CTR/NoPadding</ClientEncryptionCekAlg>" in told
    assert "<ClientEncryptionPartSize>9</ClientEncryptionPartSize>" in told


def test_a_copy_with_other_metadata_keeps_its_type_and_its_clients_encryption(bucket: oss2.Bucket) -> None:
    encrypted = {"x-oss-meta-client-side-encryption-key": "k"}
    bucket.put_object("k", b"x", headers={"Content-Type": "text/plain", "x-oss-meta-a": "1", **encrypted})
    directive = {"x-oss-metadata-directive": "REPLACE", "Content-Type": ""}
    bucket.copy_object(bucket.bucket_name, "k", "copy", headers=directive)
    told = bucket.head_object("copy").headers
    assert (told["Content-Type"], told["x-oss-meta-client-side-encryption-key"]) == ("text/plain", "k")
    assert "x-oss-meta-a" not in told


def test_a_bucket_that_is_none_is_told_before_a_key_that_is_none(server: Server, bucket: oss2.Bucket) -> None:
    auth = oss2.Auth("nobody", "secret")
    missing = oss2.Bucket(auth, server.endpoints["oss"], "there-is-no-such")
    for call in (missing.get_bucket_acl, missing.list_objects, lambda: missing.head_object("k"), missing.delete_bucket):
        with pytest.raises(oss2.exceptions.NotFound):
            call()
    put_acl = functools.partial(missing.put_bucket_acl, "private")
    for call in (
        missing.create_bucket,
        put_acl,
        oss2.Bucket(auth, server.endpoints["oss"], bucket.bucket_name).get_bucket_acl,
    ):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            call()
        assert (caught.value.status, caught.value.code) == (403, "InvalidAccessKeyId")


def test_buckets_are_listed_by_several_tags(server: Server, open_bucket) -> None:
    names = {"tagged-1": {"env": "test"}, "tagged-2": {"env": "test", "team": "dev"}, "tagged-3": {"env": "prod"}}
    service = oss2.Service(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"])
    for name, tags in names.items():
        made = open_bucket(name)
        made.create_bucket()
        tagging = oss2.models.Tagging(oss2.models.TaggingRule())
        for key, value in tags.items():
            tagging.tag_set.add(key, value)
        made.put_bucket_tagging(tagging)
    for asked, found in (('"env":"test","team":"dev"', 1), ('"env":"test"', 2), ('"env","team":"dev"', 1)):
        assert len(service.list_buckets(prefix="tagged-", params={"tagging": asked}).buckets) == found


# -- what the integration tests of alibabacloud-oss-go-sdk-v2 find


def test_errors_of_uploads_have_the_number_of_their_operation(bucket: oss2.Bucket) -> None:
    bucket.put_object("s", b"x")
    upload, parts = parts_of(bucket, "k")
    gone = bucket.init_multipart_upload("k").upload_id
    bucket.abort_multipart_upload("k", gone)
    for call, ec in (
        (lambda: bucket.upload_part("k", gone, 1, b"x"), "0042-00000104"),
        (lambda: bucket.upload_part_copy(bucket.bucket_name, "s", None, "k", gone, 1), "0042-00000311"),
        (lambda: bucket.complete_multipart_upload("k", gone, parts), "0042-00000002"),
        (
            lambda: bucket.complete_multipart_upload("k", upload, parts, headers={"x-oss-complete-all": "yes"}),
            "0042-00000216",
        ),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            call()
        assert caught.value.details["EC"] == ec


def test_a_copied_part_names_the_version_that_it_is_of(bucket: oss2.Bucket) -> None:
    def copied() -> object:
        upload = bucket.init_multipart_upload("k").upload_id
        return bucket.upload_part_copy(bucket.bucket_name, "s", None, "k", upload, 1).headers.get(
            "x-oss-copy-source-version-id"
        )

    bucket.put_object("s", b"x")
    assert copied() is None
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    made = bucket.put_object("s", b"y").versionid
    assert copied() == made


def test_a_version_is_named_where_there_are_versions(bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"x")
    assert bucket.delete_object("k", params={"versionId": "null"}).versionid is None
