"""PostObject: browsers' forms, sent by requests, and by boto3's own presigned posts."""

import base64
import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import boto3
import oss2
import pytest
import requests

from yunbox.testing.server import Server

Fields = dict[str, str]

pytestmark = pytest.mark.public


@pytest.fixture
def at(oss_url: str, bucket: oss2.Bucket) -> str:
    """Where the bucket is."""
    return f"{oss_url}/{bucket.bucket_name}"


def policy(conditions: list, seconds: float = 60) -> str:
    expiration = datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return base64.b64encode(json.dumps({"expiration": expiration, "conditions": conditions}).encode()).decode()


def signed_v1(key: tuple[str, str], text: str) -> Fields:
    signature = base64.b64encode(hmac.digest(key[1].encode(), text.encode(), "sha1")).decode()
    return {"OSSAccessKeyId": key[0], "policy": text, "Signature": signature}


def signed_v4(key: tuple[str, str], text: str, region: str) -> Fields:
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{region}/oss/aliyun_v4_request"
    secret = ("aliyun_v4" + key[1]).encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    return {
        "policy": text,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{key[0]}/{scope}",
        "x-oss-date": date,
        "x-oss-signature": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(),
    }


@pytest.fixture
def key(server: Server) -> tuple[str, str]:
    """The account's key."""
    return server.access_key_id, server.access_key_secret


@pytest.fixture
def post(at: str, key: tuple[str, str]) -> Callable[..., requests.Response]:
    """Post a form with a signed policy."""

    def send(
        fields: Fields, data: bytes = b"hello", conditions: list | None = None, seconds: float = 60, name: str = "a.txt"
    ) -> requests.Response:
        form = {**fields, **signed_v1(key, policy(conditions or [], seconds))}
        return requests.post(at, data=form, files={"file": (name, data)}, timeout=30, allow_redirects=False)

    return send


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_form_writes_an_object(post, bucket: oss2.Bucket) -> None:
    answer = post(
        {"key": "dir/${filename}", "x-oss-meta-who": "me", "Content-Type": "text/css", "Cache-Control": "no-cache"}
    )
    assert answer.status_code == 204
    assert answer.headers["ETag"] == '"5D41402ABC4B2A76B9719D911017C592"'
    found = bucket.get_object("dir/a.txt")
    assert found.read() == b"hello"
    assert found.headers["x-oss-meta-who"] == "me"
    assert found.headers["Content-Type"] == "text/css"
    assert found.headers["Cache-Control"] == "no-cache"


def test_version_4_signs_forms_too(at: str, key, server: Server, bucket: oss2.Bucket) -> None:
    fields = {"key": "k", **signed_v4(key, policy([["eq", "$key", "k"]]), server.region)}
    assert requests.post(at, data=fields, files={"file": b"4"}, timeout=10).status_code == 204
    assert bucket.get_object("k").read() == b"4"
    fields["x-oss-signature"] = "0" * 64
    answer = requests.post(at, data=fields, files={"file": b"4"}, timeout=10)
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")


def test_botos_presigned_post(server: Server, oss_url: str, bucket: oss2.Bucket) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=oss_url,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret,
        region_name=server.region,
    )
    signed = client.generate_presigned_post(
        bucket.bucket_name,
        "up/${filename}",
        Fields={"x-amz-meta-a": "b", "success_action_status": "201"},
        Conditions=[{"x-amz-meta-a": "b"}, {"success_action_status": "201"}, ["content-length-range", 1, 10]],
    )
    answer = requests.post(signed["url"], data=signed["fields"], files={"file": ("x.bin", b"12345")}, timeout=10)
    assert answer.status_code == 201, answer.text
    assert "<Key>up/x.bin</Key>" in answer.text
    assert client.head_object(Bucket=bucket.bucket_name, Key="up/x.bin")["Metadata"] == {"a": "b"}
    large = requests.post(signed["url"], data=signed["fields"], files={"file": ("x.bin", b"12345678901")}, timeout=10)
    assert (large.status_code, code(large)) == (400, "EntityTooLarge")


def test_a_large_file_passes_through(post, bucket: oss2.Bucket) -> None:
    data = hashlib.shake_128(b"seed").digest(9 << 20) + b"\r\n--almost a boundary\r\n--"
    assert post({"key": "big"}, data).status_code == 204
    assert bucket.get_object("big").read() == data


@pytest.mark.parametrize("size", [0, 1, 2, 65535, 65536, 65537])
def test_files_of_awkward_sizes(post, bucket: oss2.Bucket, size: int) -> None:
    data = (b"\r\n--" * size)[:size]
    assert post({"key": "k"}, data).status_code == 204
    assert bucket.get_object("k").read() == data


def test_success_is_told_as_the_form_asks(post, bucket: oss2.Bucket, at: str) -> None:
    assert post({"key": "k", "success_action_status": "200"}).status_code == 200
    assert post({"key": "k", "success_action_status": "299"}).status_code == 204
    created = post({"key": "k", "success_action_status": "201"})
    assert created.status_code == 201
    assert f"<Bucket>{bucket.bucket_name}</Bucket>" in created.text
    assert "<ETag>" in created.text
    moved = post({"key": "k e", "success_action_redirect": "http://example.com/done?a=1"})
    assert moved.status_code == 303
    query = parse_qs(urlsplit(moved.headers["Location"]).query)
    assert query["a"] == ["1"]
    assert query["bucket"] == [bucket.bucket_name]
    assert query["key"] == ["k e"]
    assert query["etag"] == ['"5D41402ABC4B2A76B9719D911017C592"']


@pytest.mark.parametrize(
    ("conditions", "fields", "passes"),
    [
        ([{"bucket": "?"}], {}, True),
        ([{"bucket": "other"}], {}, False),
        ([["eq", "$key", "user/a"]], {}, True),
        ([["eq", "$key", "user/b"]], {}, False),
        ([["starts-with", "$key", "user/"]], {}, True),
        ([["starts-with", "$key", "other/"]], {}, False),
        ([["starts-with", "$x-oss-meta-a", ""]], {}, True),
        ([["in", "$content-type", ["image/jpg", "image/png"]]], {"Content-Type": "image/png"}, True),
        ([["in", "$content-type", ["image/jpg", "image/png"]]], {"Content-Type": "text/html"}, False),
        ([["not-in", "$cache-control", ["no-cache"]]], {"Cache-Control": "no-store"}, True),
        ([["not-in", "$cache-control", ["no-cache"]]], {"Cache-Control": "no-cache"}, False),
    ],
)
def test_conditions_hold_or_refuse(post, bucket: oss2.Bucket, conditions: list, fields: Fields, passes: bool) -> None:
    stated = json.loads(json.dumps(conditions).replace("?", bucket.bucket_name))
    answer = post({"key": "user/a", **fields}, conditions=stated)
    if passes:
        assert answer.status_code == 204, answer.text
    else:
        assert (answer.status_code, code(answer)) == (403, "AccessDenied")
        assert "Invalid according to Policy: Policy Condition failed" in answer.text
        assert not bucket.object_exists("user/a")


IMAGES = [["in", "$content-type", ["image/png"]]]


@pytest.mark.parametrize(
    ("fields", "of_file", "told"),
    [
        ({"x-oss-content-type": "image/png"}, "text/html", "image/png"),
        ({"x-oss-content-type": "image/png", "Content-Type": "text/html"}, "text/html", "image/png"),
        ({"Content-Type": "image/png"}, "text/html", "image/png"),
        ({}, "image/png", "image/png"),
        ({"Content-Type": "image/png", "x-oss-content-type": "text/html"}, "image/png", ""),
        ({"x-oss-content-type": "text/html", "Content-Type": "image/png"}, "image/png", ""),
        ({}, "text/html", ""),
        ({}, "", ""),
    ],
)
def test_a_policy_is_about_the_type_that_counts(
    at: str, key, bucket: oss2.Bucket, fields: Fields, of_file: str, told: str
) -> None:
    """PostObject, on the fields x-oss-content-type and file, and the appendix on $content-type."""
    form = {"key": "k", **fields, **signed_v1(key, policy(IMAGES))}
    answer = requests.post(at, data=form, files={"file": ("a", b"x", of_file)}, timeout=30)
    assert answer.status_code == (204 if told else 403)
    if told:
        assert bucket.head_object("k").content_type == told


@pytest.mark.parametrize("names", [("acl", "x-oss-object-acl"), ("x-oss-object-acl", "acl")])
def test_a_field_has_one_name(post, bucket: oss2.Bucket, names: tuple[str, str]) -> None:
    """A policy that knows the one would not see the other."""
    answer = post({"key": "k", names[0]: "private", names[1]: "public-read"}, conditions=[{names[0]: "private"}])
    assert (answer.status_code, code(answer)) == (400, "InvalidArgument")
    assert not bucket.object_exists("k")


def test_sizes_are_bounded(post, bucket: oss2.Bucket) -> None:
    bounds = [["content-length-range", 3, 5]]
    assert post({"key": "k"}, b"123", bounds).status_code == 204
    large, small = post({"key": "l"}, b"123456", bounds), post({"key": "s"}, b"12", bounds)
    assert (large.status_code, code(large)) == (400, "EntityTooLarge")
    assert (small.status_code, code(small)) == (400, "EntityTooSmall")
    assert [item.key for item in oss2.ObjectIterator(bucket)] == ["k"]


def test_a_policy_expires(post) -> None:
    answer = post({"key": "k"}, seconds=-10)
    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    assert "Invalid according to Policy: Policy expired." in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b'{"expiration": "2099-01-01T00:00:00.000Z"}',
        b'{"conditions": []}',
        b'{"expiration": "soon", "conditions": []}',
        b'{"expiration": "2099-01-01", "conditions": []}',
        b'{"expiration": "2099-01-01T00:00:00", "conditions": []}',
        b'{"expiration": "2099-W01-1", "conditions": []}',
        b'{"expiration": "2099-02-30T00:00:00Z", "conditions": []}',
        b'{"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["content-length-range", -1, 1]]}',
        b'{"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["content-length-range", 2, 1]]}',
        b'{"expiration": "2099-01-01T00:00:00.000Z", "conditions": [{}]}',
        b'{"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["not-in", "$cache-control", "no-cache"]]}',
        b'{"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["like", "$key", "x"]]}',
        b'{"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["content-length-range", "a", 1]]}',
        b"[" * 20_000,
    ],
)
def test_a_policy_that_is_none(at: str, key, body: bytes) -> None:
    form = {"key": "k", **signed_v1(key, base64.b64encode(body).decode())}
    answer = requests.post(at, data=form, files={"file": b""}, timeout=10)
    assert (answer.status_code, code(answer)) == (400, "InvalidPolicyDocument")


def test_wrong_keys_and_signatures(at: str, key) -> None:
    text = policy([])
    for wrong, expected in (((key[0], "x"), "SignatureDoesNotMatch"), (("LTAI5tUnknown", "x"), "InvalidAccessKeyId")):
        answer = requests.post(at, data={"key": "k", **signed_v1(wrong, text)}, files={"file": b""}, timeout=10)
        assert (answer.status_code, code(answer)) == (403, expected)
    form = {"key": "k", **signed_v1(key, text)}
    form["policy"] = policy([], 3600)
    answer = requests.post(at, data=form, files={"file": b""}, timeout=10)
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")


def test_half_a_claim_is_none(at: str, key) -> None:
    form = {"key": "k", **signed_v1(key, policy([]))}
    for name in ("OSSAccessKeyId", "Signature", "policy"):
        rest = {field: value for field, value in form.items() if field != name}
        answer = requests.post(at, data=rest, files={"file": b""}, timeout=10)
        assert (answer.status_code, code(answer)) == (400, "InvalidArgument")
        assert name in answer.text


def test_anybody_writes_where_anybody_may(at: str, bucket: oss2.Bucket) -> None:
    answer = requests.post(at, data={"key": "k"}, files={"file": b"x"}, timeout=10)
    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    assert requests.post(at, data={"key": "k"}, files={"file": b"x"}, timeout=10).status_code == 204
    assert bucket.get_object("k").read() == b"x"


def test_a_temporary_key_posts_with_its_token(at: str, cli, bucket: oss2.Bucket) -> None:
    body = json.loads(cli("credentials", "--session", "900", "--output", "json"))
    form = {"key": "k", **signed_v1((body["access_key_id"], body["access_key_secret"]), policy([]))}
    answer = requests.post(at, data=form, files={"file": b"x"}, timeout=10)
    assert (answer.status_code, code(answer)) == (403, "InvalidAccessKeyId")
    form["x-oss-security-token"] = body["security_token"]
    assert requests.post(at, data=form, files={"file": b"x"}, timeout=10).status_code == 204


def test_an_object_is_not_overwritten_when_the_form_says_so(post) -> None:
    assert post({"key": "k", "x-oss-forbid-overwrite": "true"}).status_code == 204
    answer = post({"key": "k", "x-oss-forbid-overwrite": "true"})
    assert (answer.status_code, code(answer)) == (409, "FileAlreadyExists")


def raw(at: str, body: bytes, kind: str = "multipart/form-data; boundary=B") -> requests.Response:
    return requests.post(at, data=body, headers={"Content-Type": kind}, timeout=10)


def part(name: str, value: bytes, extra: str = "") -> bytes:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + value + b"\r\n"


FILE = part("file", b"data", '; filename="f"')


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "MalformedPOSTRequest"),
        (b"--B", "MalformedPOSTRequest"),
        (b"--B--\r\n", "IncorrectNumberOfFilesInPOSTRequest"),
        (part("key", b"k") + b"--B--\r\n", "IncorrectNumberOfFilesInPOSTRequest"),
        (part("key", b"k") + FILE + FILE + b"--B--\r\n", "IncorrectNumberOfFilesInPOSTRequest"),
        (FILE + b"--B--\r\n", "InvalidArgument"),
        (FILE + part("key", b"k") + b"--B--\r\n", "InvalidArgument"),
        (part("key", b"k" * 9000) + FILE + b"--B--\r\n", "FieldItemTooLong"),
        (part("key", b"k" * 1024) + FILE + b"--B--\r\n", "InvalidObjectName"),
        (b"".join(part(f"f{n}", b"x" * 8000) for n in range(20)) + FILE, "MaxPOSTPreDataLengthExceeded"),
        (part("key", b"k") + FILE, "MalformedPOSTRequest"),
        (part("key", b"k") + FILE[:-4], "MalformedPOSTRequest"),
        (b"--B\r\nno colon\r\n\r\nx\r\n--B--", "MalformedPOSTRequest"),
        (b"--B\r\n" + b"h: " + b"x" * 10_000 + b"\r\n\r\nx\r\n--B--", "MalformedPOSTRequest"),
        (b"\x00" * 100_000, "MalformedPOSTRequest"),
    ],
)
def test_forms_that_are_none(at: str, bucket: oss2.Bucket, body: bytes, expected: str) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    answer = raw(at, body)
    assert (answer.status_code, code(answer)) == (400, expected), answer.text
    assert not list(oss2.ObjectIterator(bucket))


def test_the_fields_after_the_file_do_not_count(at: str, bucket: oss2.Bucket) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    assert raw(at, part("key", b"k") + FILE + part("x-oss-meta-a", b"1") + b"--B--\r\n").status_code == 204
    assert "x-oss-meta-a" not in bucket.head_object("k").headers


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_post_to_a_bucket_is_a_form(at: str, kind: str) -> None:
    answer = raw(at, b"key=k", kind)
    assert (answer.status_code, code(answer)) == (400, "RequestIsNotMultiPartContent")


def test_a_form_in_single_bytes(server: Server, bucket: oss2.Bucket) -> None:
    """Boundaries are found wherever the network cuts."""
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    body = (
        part("key", b"k")
        + part("file", b"\r\n--\r\n--Bx\r\r\n-", '; filename="f"').replace(b"--Bx", b"--Ax")
        + b"--B--\r\n"
    )
    parts = urlsplit(server.endpoints["oss"])
    head = (
        f"POST /{bucket.bucket_name} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(head.encode())
        for number in range(len(body)):
            connection.sendall(body[number : number + 1])
            time.sleep(0.001)
        answer = connection.recv(65536)
    assert re.match(rb"HTTP/1.1 204", answer), answer
    assert bucket.get_object("k").read() == b"\r\n--\r\n--Ax\r\r\n-"
