"""Encryption by the server, as writers and buckets name it: checked, kept with the object, told to whoever asks."""

from collections.abc import Iterator

import boto3
import oss2
import pytest
from botocore.client import Config
from oss2.models import PartInfo, ServerSideEncryptionRule

from yunbox.testing.server import Server

BUCKET = "encrypted"
SSE = "x-oss-server-side-encryption"
KEY = f"{SSE}-key-id"
CIPHER = "x-oss-server-side-data-encryption"
KMS = {SSE: "KMS", KEY: "9468da86-3509-4f8d-a61e-6eab1eac1111", CIPHER: "SM4"}


@pytest.fixture
def bucket(server: Server) -> Iterator[oss2.Bucket]:
    made = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], BUCKET)
    made.create_bucket()
    yield made
    for item in list(oss2.ObjectIterator(made)):
        made.delete_object(item.key)
    made.delete_bucket()


def told(headers: object) -> dict[str, str]:
    return {name: headers[name] for name in (SSE, KEY, CIPHER) if name in headers}  # ty: ignore


def test_what_a_writer_names_is_kept_and_told(bucket: oss2.Bucket) -> None:
    for headers in ({SSE: "AES256"}, {SSE: "SM4"}, {SSE: "KMS", KEY: "k"}, KMS):
        assert told(bucket.put_object("k", b"1", headers=headers).headers) == headers
        assert told(bucket.head_object("k").headers) == headers
        assert told(bucket.get_object("k").headers) == headers
    bucket.put_object("plain", b"1")
    assert told(bucket.head_object("plain").headers) == {}
    appended = told(bucket.append_object("log", 0, b"1", headers={SSE: "KMS", CIPHER: "SM4"}).headers)
    assert appended == KMS | {KEY: appended[KEY]}  # with no key of its own: "AppendObject", on limits
    assert told(bucket.append_object("log", 1, b"2").headers) == appended
    upload = bucket.init_multipart_upload("parts", headers=KMS)
    assert told(upload.headers) == KMS
    part = bucket.upload_part("parts", upload.upload_id, 1, b"1")
    assert told(part.headers) == KMS
    done = bucket.complete_multipart_upload("parts", upload.upload_id, [PartInfo(1, part.etag)])
    assert told(done.headers) == told(bucket.head_object("parts").headers) == KMS


@pytest.mark.parametrize("said", [{}, {SSE: "AES256"}, {SSE: "SM4"}])
def test_an_algorithm_of_its_own_without_kms_is_taken_and_not_kept(bucket: oss2.Bucket, said: dict[str, str]) -> None:
    """As the vendor's oss2 has it of the real service (its tests/test_server_side_encryotion.py)."""
    headers = said | {CIPHER: "SM4"}
    assert told(bucket.put_object("k", b"1", headers=headers).headers) == said
    assert told(bucket.append_object("log", 0, b"1", headers=headers).headers) == said
    assert told(bucket.copy_object(BUCKET, "k", "copy", headers=headers).headers) == said
    upload = bucket.init_multipart_upload("parts", headers=headers)
    bucket.abort_multipart_upload("parts", upload.upload_id)
    assert told(upload.headers) == said
    assert [told(bucket.head_object(key).headers) for key in ("k", "log", "copy")] == [said] * 3


def test_a_copy_is_encrypted_as_its_own_request_says(bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"1", headers={**KMS, "x-oss-meta-a": "b"})
    assert told(bucket.copy_object(BUCKET, "k", "plain").headers) == {}
    found = bucket.head_object("plain").headers
    assert told(found) == {} and found["x-oss-meta-a"] == "b"
    assert told(bucket.copy_object(BUCKET, "k", "other", headers={SSE: "AES256"}).headers) == {SSE: "AES256"}
    found = bucket.head_object("other").headers
    assert told(found) == {SSE: "AES256"} and found["x-oss-meta-a"] == "b"


def test_a_bucket_says_it_for_those_who_do_not(bucket: oss2.Bucket) -> None:
    bucket.put_object("before", b"1")
    bucket.put_bucket_encryption(ServerSideEncryptionRule("KMS", KMS[KEY], "SM4"))
    rule = bucket.get_bucket_info().bucket_encryption_rule
    assert (rule.sse_algorithm, rule.kms_master_keyid, rule.kms_data_encryption) == ("KMS", KMS[KEY], "SM4")
    assert told(bucket.put_object("k", b"1").headers) == KMS
    assert told(bucket.put_object("own", b"1", headers={SSE: "AES256"}).headers) == {SSE: "AES256"}
    bucket.append_object("log", 0, b"1")
    bucket.copy_object(BUCKET, "before", "copy")
    upload = bucket.init_multipart_upload("parts").upload_id
    part = bucket.upload_part("parts", upload, 1, b"1")
    bucket.complete_multipart_upload("parts", upload, [PartInfo(1, part.etag)])
    found = {item.key: told(bucket.head_object(item.key).headers) for item in oss2.ObjectIterator(bucket)}
    assert found == {
        "before": {}, "copy": KMS, "k": KMS, "log": KMS, "own": {SSE: "AES256"}, "parts": KMS,
    }  # fmt: skip
    bucket.delete_bucket_encryption()
    assert bucket.get_bucket_info().bucket_encryption_rule.sse_algorithm is None
    bucket.put_object("after", b"1")
    assert told(bucket.head_object("after").headers) == {}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({SSE: "DES"}, "InvalidEncryptionAlgorithmError"),
        ({SSE: "aes256"}, "InvalidEncryptionAlgorithmError"),
        ({KEY: "k"}, "InvalidEncryptionAlgorithmError"),
        ({SSE: "AES256", KEY: "k"}, "InvalidArgument"),
        ({SSE: "KMS", KEY: ""}, "InvalidArgument"),
        ({SSE: "KMS", CIPHER: "DES"}, "InvalidArgument"),
        ({f"{SSE}-customer-algorithm": "AES256"}, "NotImplemented"),
    ],
)
def test_what_there_is_not_is_refused(bucket: oss2.Bucket, headers: dict[str, str], code: str) -> None:
    bucket.put_object("source", b"1")
    for write in (
        lambda: bucket.put_object("k", b"1", headers=headers),
        lambda: bucket.append_object("k", 0, b"1", headers=headers),
        lambda: bucket.copy_object(BUCKET, "source", "k", headers=headers),
        lambda: bucket.init_multipart_upload("k", headers=headers),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            write()
        assert raised.value.code == code
    assert not bucket.object_exists("k")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (ServerSideEncryptionRule("DES"), "InvalidEncryptionAlgorithmError"),
        (ServerSideEncryptionRule("AES256", "k"), "InvalidArgument"),
        (ServerSideEncryptionRule("KMS", "k\nSet-Cookie: a"), "InvalidArgument"),
        (ServerSideEncryptionRule("KMS", None, "DES"), "InvalidArgument"),
    ],
)
def test_a_bucket_cannot_say_it_either(bucket: oss2.Bucket, rule: ServerSideEncryptionRule, code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_bucket_encryption(rule)
    assert raised.value.code == code


def test_the_s3_dialect_has_its_own_words(server: Server, bucket: oss2.Bucket) -> None:
    client = boto3.client(
        "s3", endpoint_url=server.endpoints["oss"], aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret, region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    named = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key-1"}
    put = client.put_object(Bucket=BUCKET, Key="k", Body=b"1", **named)
    head = client.head_object(Bucket=BUCKET, Key="k")
    assert named.items() <= put.items() and named.items() <= head.items()
    assert told(bucket.head_object("k").headers) == {SSE: "KMS", KEY: "key-1"}
