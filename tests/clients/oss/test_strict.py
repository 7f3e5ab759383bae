"""What the real service refuses of S3's clients is refused here, unless ``--oss-lenient`` was asked for.

Sources: the vendor's pages of the errors 0017-00000804 and 0016-00000502, and "Use Amazon S3 SDKs to access OSS".
"""

import io
from collections.abc import Iterator

import boto3
import oss2
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from tests.clients.oss.test_dialect import DATA, framed, send
from yunbox.testing.server import Server


def client(server: Server, calculation: str) -> boto3.client:
    return boto3.client(
        "s3", endpoint_url=server.endpoints["oss"], aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret, region_name="cn-local",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1},
                      request_checksum_calculation=calculation),
    )  # fmt: skip


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("lenient"), options=("--port", "0", "--oss-lenient")) as made:
        yield made


def test_a_lenient_server_blocks_nothing(lenient: Server) -> None:
    made = oss2.Bucket(oss2.Auth(lenient.access_key_id, lenient.access_key_secret), lenient.endpoints["oss"], "opened")
    made.create_bucket("public-read")
    made.put_object("k", b"1")
    assert oss2.Bucket(oss2.AnonymousAuth(), lenient.endpoints["oss"], "opened").get_object("k").read() == b"1"


PAYLOADS = ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_checksums_behind_a_body_are_refused(server: Server, payload: str) -> None:
    s3 = client(server, "when_required")
    s3.create_bucket(Bucket="strict")
    assert send(server, "strict/k", framed(DATA), payload) == (400, "InvalidArgument")
    assert s3.list_objects_v2(Bucket="strict")["KeyCount"] == 0
    s3.put_object(Bucket="strict", Key="k", Body=io.BytesIO(DATA))
    assert s3.get_object(Bucket="strict", Key="k")["Body"].read() == DATA
    s3.delete_object(Bucket="strict", Key="k")


def test_boto3_as_it_is_over_tls(server: Server, lenient: Server) -> None:
    """boto3 frames a body only over TLS: the same framing is asked for here."""

    def frame(params: dict, **_: object) -> None:
        params["url"] = params["url"].replace("https://", "http://")

    for where, passes in ((server, False), (lenient, True)):
        s3 = boto3.client(
            "s3", endpoint_url=where.endpoints["oss"].replace("http://", "https://"),
            aws_access_key_id=where.access_key_id, aws_secret_access_key=where.access_key_secret,
            region_name="cn-local", config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )  # fmt: skip
        client(where, "when_required").create_bucket(Bucket="framed")
        s3.meta.events.register_last("before-call.s3.PutObject", frame)
        if passes:
            s3.put_object(Bucket="framed", Key="k", Body=DATA)
            assert client(where, "when_required").get_object(Bucket="framed", Key="k")["Body"].read() == DATA
        else:
            with pytest.raises(ClientError, match='request_checksum_calculation="when_required"'):
                s3.put_object(Bucket="framed", Key="k", Body=DATA)


def test_a_batch_delete_brings_its_md5(server: Server, lenient: Server) -> None:
    for where, passes in ((server, False), (lenient, True)):
        s3 = client(where, "when_required")
        s3.create_bucket(Bucket="batch")
        s3.put_object(Bucket="batch", Key="k", Body=b"x")
        if passes:
            s3.delete_objects(Bucket="batch", Delete={"Objects": [{"Key": "k"}]})
        else:
            with pytest.raises(ClientError, match="MissingArgument"):
                s3.delete_objects(Bucket="batch", Delete={"Objects": [{"Key": "k"}]})
        assert s3.list_objects_v2(Bucket="batch")["KeyCount"] == (0 if passes else 1)
