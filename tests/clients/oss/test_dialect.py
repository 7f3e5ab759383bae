"""The S3 dialect to the letter: queries as AWS's older clients send them, chunks, trailers and checksums."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from zlib import crc32

import boto3
import oss2
import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from yunbox.testing.server import Server

SUMS = {"CRC32": "AAAAAA==", "SHA1": "A" * 27 + "=", "SHA256": "A" * 43 + "="}
DATA = b"data" * 5000
SUM = b64encode(crc32(DATA).to_bytes(4, "big"))
Change = Callable[[AWSPreparedRequest], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes what other S3 stores take."""
    with Server(tmp_path_factory.mktemp("lenient"), options=("--port", "0", "--oss-lenient")) as made:
        yield made


@pytest.fixture
def s3(server: Server, bucket: oss2.Bucket) -> Iterator[boto3.client]:
    """A client that sends no checksums of its own accord."""
    made = boto3.client(
        "s3", endpoint_url=server.endpoints["oss"], aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret, region_name="cn-local",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1},
                      request_checksum_calculation="when_required"),
    )  # fmt: skip
    yield made
    made.close()


def on_the_way(s3: boto3.client, operation: str, change: Change) -> None:
    """Change requests after they are signed."""
    s3.meta.events.register(f"before-send.s3.{operation}", lambda request, **_: change(request))


def test_a_space_in_a_query_may_be_a_plus(s3: boto3.client, bucket: oss2.Bucket) -> None:
    """As version 1 of the Java SDK sends it, and signs ``%20``."""

    def spell(request: AWSPreparedRequest) -> None:
        request.url = request.url.replace("%20", "+")

    on_the_way(s3, "ListObjectsV2", spell)
    for key in ("a b+c/中", "a+b+c/1"):
        bucket.put_object(key, b"1")
    page = s3.list_objects_v2(Bucket=bucket.bucket_name, Prefix="a b+c/")
    assert [item["Key"] for item in page["Contents"]] == ["a b+c/中"]


def test_what_is_read_of_a_query_is_what_was_signed(s3: boto3.client, bucket: oss2.Bucket) -> None:
    def spell(request: AWSPreparedRequest) -> None:
        request.url = request.url.replace("%2B", "+")

    on_the_way(s3, "ListObjectsV2", spell)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3.list_objects_v2(Bucket=bucket.bucket_name, Prefix="a+b")


@pytest.mark.parametrize("algorithm", SUMS)
def test_a_checksum_is_compared(s3: boto3.client, bucket: oss2.Bucket, algorithm: str) -> None:
    put = {"Bucket": bucket.bucket_name, "Key": "k", "Body": b"data"}
    s3.put_object(**put, ChecksumAlgorithm=algorithm)
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(**put | {"Key": "bad"}, **{f"Checksum{algorithm}": SUMS[algorithm]})
    with pytest.raises(ClientError, match="InvalidRequest"):
        s3.put_object(**put | {"Key": "bad"}, **{f"Checksum{algorithm}": "AAA="})
    assert [item.key for item in oss2.ObjectIterator(bucket)] == ["k"]


class Announced(S3SigV4Auth):
    """Signs what a client announces of its body, whatever that is."""

    def __init__(self, server: Server, payload: str) -> None:
        super().__init__(Credentials(server.access_key_id, server.access_key_secret), "s3", "cn-local")
        self._payload = payload

    def payload(self, request: AWSRequest) -> str:
        return self._payload


def send(
    server: Server, path: str, body: bytes, payload: str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", **params: str
) -> tuple[int, str]:
    """Send a body in chunks; the status, and the code of an error."""
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
        "X-Amz-Decoded-Content-Length": str(len(DATA)),
    }
    request = AWSRequest("PUT", f"{server.endpoints['oss']}/{path}", headers, body, params)
    Announced(server, payload).add_auth(request)
    sent = request.prepare()
    answer = requests.put(sent.url, sent.body, headers=dict(sent.headers), timeout=10)
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def framed(data: bytes, trailer: bytes = b"x-amz-checksum-crc32:" + SUM) -> bytes:
    return b"%x\r\n%s\r\n3\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(data) - 3, data[:-3], data[-3:], trailer)


def test_a_checksum_behind_a_body_is_compared(server: Server, bucket: oss2.Bucket) -> None:
    path = f"{bucket.bucket_name}/k"
    assert send(server, path, framed(DATA)) == (200, "")
    assert send(server, path, framed(DATA[:-1] + b"x")) == (400, "BadDigest")
    assert bucket.get_object("k").read() == DATA
    assert "Content-Encoding" not in bucket.head_object("k").headers


def test_a_checksum_behind_a_part_is_compared(server: Server, bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    for number, body, told in ((1, framed(DATA), (200, "")), (2, framed(DATA[:-1] + b"x"), (400, "BadDigest"))):
        part = {"uploadId": upload, "partNumber": str(number)}
        assert send(server, f"{bucket.bucket_name}/k", body, **part) == told
    assert [found.part_number for found in bucket.list_parts("k", upload).parts] == [1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (framed(DATA, b""), "MalformedTrailerError"),
        (framed(DATA, b"x-amz-checksum-sha1:" + SUM), "MalformedTrailerError"),
        (framed(DATA, b"what is this"), "MalformedTrailerError"),
        (framed(DATA, b"x-amz-meta-a:" + b"a" * 9000), "MalformedTrailerError"),
        (framed(DATA, b"x-amz-checksum-crc32:" + SUM[:-1]), "InvalidRequest"),
        (framed(DATA[:-1]), "IncompleteBody"),
        (framed(DATA + b"1"), "IncompleteBody"),
        (framed(DATA)[:-60], "IncompleteBody"),
    ],
)
def test_bodies_that_are_not_as_announced(server: Server, bucket: oss2.Bucket, body: bytes, code: str) -> None:
    assert send(server, f"{bucket.bucket_name}/k", body) == (400, code)
    assert list(oss2.ObjectIterator(bucket)) == []


@pytest.mark.parametrize("payload", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
def test_chunks_that_are_not_announced_are_refused(server: Server, bucket: oss2.Bucket, payload: str) -> None:
    """As the real service does: their frames are no data."""
    assert send(server, f"{bucket.bucket_name}/k", framed(DATA), payload) == (400, "InvalidArgument")
    assert list(oss2.ObjectIterator(bucket)) == []
