"""The newer client alibabacloud-oss-v2, and boto3 in the S3 dialect: what each does its own way."""

import base64
import hashlib
import io
import os
from collections.abc import Iterator

import alibabacloud_oss_v2 as oss
import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.oss.second_client import client_of
from yunbox.testing.server import Server

BIG = os.urandom(12 * 1024 * 1024 + 5)


@pytest.fixture(params=["v4", "v1"])
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[oss.Client]:
    key = (server.access_key_id, server.access_key_secret)
    with client_of(server.endpoints["oss"], key, request.param) as made:
        made.put_bucket(oss.PutBucketRequest(bucket="newer"))
        yield made
        for page in made.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket="newer")):
            for item in page.contents or []:
                made.delete_object(oss.DeleteObjectRequest(bucket="newer", key=item.key))


def test_objects_with_their_sums(client: oss.Client) -> None:
    put = client.put_object(oss.PutObjectRequest(bucket="newer", key="a/é +", body=BIG, metadata={"k": "v"}))
    got = client.get_object(oss.GetObjectRequest(bucket="newer", key="a/é +"))
    assert got.body.read() == BIG
    assert (got.hash_crc64, got.metadata["k"]) == (put.hash_crc64, "v")
    assert client.is_object_exist("newer", "a/é +")
    assert not client.is_object_exist("newer", "nope")


def test_uploader_downloader_and_copier(client: oss.Client, tmp_path) -> None:
    source, target = tmp_path / "s", tmp_path / "t"
    source.write_bytes(BIG)
    request = oss.PutObjectRequest(bucket="newer", key="up")
    assert client.uploader(part_size=1 << 20, parallel_num=3).upload_file(request, str(source)).status_code == 200
    client.downloader(part_size=1 << 20).download_file(oss.GetObjectRequest(bucket="newer", key="up"), str(target))
    assert target.read_bytes() == BIG
    copy = oss.CopyObjectRequest(bucket="newer", key="copy", source_bucket="newer", source_key="up")
    client.copier().copy(copy)
    assert client.head_object(oss.HeadObjectRequest(bucket="newer", key="copy")).content_length == len(BIG)


def test_append_file_and_file_like(client: oss.Client) -> None:
    with client.append_file("newer", "log") as file:
        file.write(b"abc")
        file.write(b"def")
    with client.open_file("newer", "log") as file:
        file.seek(2)
        assert file.read(3) == b"cde"


def test_errors_are_told_apart(client: oss.Client) -> None:
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.get_object(oss.GetObjectRequest(bucket="newer", key="nope"))
    cause = error.value.unwrap()
    assert isinstance(cause, oss.exceptions.ServiceError)
    assert (cause.status_code, cause.code) == (404, "NoSuchKey")
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.head_object(oss.HeadObjectRequest(bucket="newer", key="nope"))
    assert "NoSuchKey" in str(error.value)


def test_presigned(client: oss.Client) -> None:
    put = client.presign(oss.PutObjectRequest(bucket="newer", key="p"))
    assert requests.put(put.url, data=b"1", headers=put.signed_headers, timeout=10).status_code == 200
    got = client.presign(oss.GetObjectRequest(bucket="newer", key="p"))
    assert requests.get(got.url, headers=got.signed_headers, timeout=10).content == b"1"


@pytest.fixture
def s3(server: Server) -> Iterator[boto3.client]:
    made = boto3.client(
        "s3", endpoint_url=server.endpoints["oss"], aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret, region_name="cn-local",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )  # fmt: skip
    made.create_bucket(Bucket="dialect")
    yield made
    for item in made.list_objects_v2(Bucket="dialect").get("Contents", []):
        made.delete_object(Bucket="dialect", Key=item["Key"])


def test_boto3_objects(s3: boto3.client) -> None:
    s3.put_object(Bucket="dialect", Key="x y/é+", Body=b"data", Metadata={"a": "b"}, ContentType="text/x")
    got = s3.get_object(Bucket="dialect", Key="x y/é+", Range="bytes=1-2")
    assert (got["Body"].read(), got["Metadata"], got["ContentRange"]) == (b"at", {"a": "b"}, "bytes 1-2/4")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="dialect", Key="nope")
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket="dialect", Key="x y/é+", Range="bytes=9-")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="dialect", Key="x y/é+", Body=b"2", IfNoneMatch="*")
    s3.copy_object(Bucket="dialect", Key="copy", CopySource={"Bucket": "dialect", "Key": "x y/é+"})
    assert s3.head_object(Bucket="dialect", Key="copy")["ContentLength"] == 4


def test_boto3_goes_on_after_a_put_that_was_refused(s3: boto3.client) -> None:
    """It waits for ``100 Continue`` before it sends a body, and uses the connection again if there is none."""
    for size in (1, 5000):
        with pytest.raises(ClientError, match="InvalidStorageClass"):
            s3.put_object(Bucket="dialect", Key="k", Body=b"x" * size, StorageClass="NO_SUCH_CLASS")
        assert s3.list_objects_v2(Bucket="dialect")["KeyCount"] == 0


def test_boto3_transfers_and_chunked_bodies(s3: boto3.client) -> None:
    s3.upload_fileobj(io.BytesIO(BIG), "dialect", "big")
    out = io.BytesIO()
    s3.download_fileobj("dialect", "big", out)
    assert out.getvalue() == BIG
    s3.put_object(Bucket="dialect", Key="crc", Body=io.BytesIO(BIG), ChecksumAlgorithm="CRC32")
    assert s3.head_object(Bucket="dialect", Key="crc")["ContentLength"] == len(BIG)


def with_md5(params: dict, **_: object) -> None:
    """What the real service asks of a batch delete, and boto3 has ceased to send."""
    params["headers"]["Content-MD5"] = base64.b64encode(hashlib.md5(params["body"]).digest()).decode()


def test_boto3_pages_folders_and_deletes(s3: boto3.client) -> None:
    for number in range(5):
        s3.put_object(Bucket="dialect", Key=f"d/{number}", Body=b"1")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="dialect", PaginationConfig={"PageSize": 2})
    assert [item["Key"] for page in pages for item in page["Contents"]] == [f"d/{n}" for n in range(5)]
    page = s3.list_objects_v2(Bucket="dialect", Delimiter="/")
    assert [prefix["Prefix"] for prefix in page["CommonPrefixes"]] == ["d/"]
    s3.meta.events.register("before-call.s3.DeleteObjects", with_md5)
    done = s3.delete_objects(Bucket="dialect", Delete={"Objects": [{"Key": f"d/{n}"} for n in range(5)]})
    assert len(done["Deleted"]) == 5


def test_boto3_settings_that_are_not_offered(s3: boto3.client) -> None:
    """They say so, and the object is not overwritten with what was to be set."""
    s3.put_object(Bucket="dialect", Key="k", Body=b"1")
    for call in (
        lambda: s3.put_object_legal_hold(Bucket="dialect", Key="k", LegalHold={"Status": "ON"}),
        lambda: s3.put_object_retention(Bucket="dialect", Key="k", Retention={"Mode": "GOVERNANCE"}),
        lambda: s3.get_object_attributes(Bucket="dialect", Key="k", ObjectAttributes=["ETag"]),
        lambda: s3.put_bucket_notification_configuration(Bucket="dialect", NotificationConfiguration={}),
        lambda: s3.delete_bucket_ownership_controls(Bucket="dialect"),
    ):
        with pytest.raises(ClientError, match="NotImplemented"):
            call()
    assert s3.get_object(Bucket="dialect", Key="k")["Body"].read() == b"1"


def test_boto3_presigned_and_tampered(s3: boto3.client) -> None:
    s3.put_object(Bucket="dialect", Key="k", Body=b"1")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "dialect", "Key": "k"})
    assert requests.get(url, timeout=10).content == b"1"
    assert requests.get(url.replace("Expires=3600", "Expires=3601"), timeout=10).status_code == 403
