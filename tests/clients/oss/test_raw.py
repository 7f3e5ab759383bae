"""Requests that no client sends: whatever comes, the answer is the vendor's, and never a 500."""

import http.client
import socket
import string
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import oss2
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yunbox.testing.server import Server

pytestmark = pytest.mark.public


def send(server: Server, data: bytes) -> tuple[int, bytes]:
    """Bytes as they are; the status and all that was answered."""
    parts = urlsplit(server.endpoints["oss"])
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(data)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def code(body: bytes) -> str:
    return body.decode("utf-8", "replace").partition("<Code>")[2].partition("</Code>")[0]


def request(target: bytes, method: bytes = b"GET", headers: bytes = b"", body: bytes = b"") -> bytes:
    length = f"Content-Length: {len(body)}\r\n".encode() if body else b""
    return (
        method
        + b" "
        + target
        + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        + length
        + headers
        + b"\r\n"
        + body
    )


@pytest.fixture
def writable(bucket: oss2.Bucket) -> oss2.Bucket:
    """A bucket that anybody writes, so that what is tested is not the signature."""
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    return bucket


@pytest.mark.parametrize("unit", ["k", "é", "字"])
def test_keys_have_up_to_1023_bytes(writable: oss2.Bucket, unit: str) -> None:
    size = len(unit.encode())
    longest = unit * (1023 // size) + "x" * (1023 % size)
    writable.put_object(longest, b"x")
    assert writable.get_object(longest).read() == b"x"
    assert [item.key for item in oss2.ObjectIterator(writable)] == [longest]
    for act in (writable.get_object, lambda key: writable.put_object(key, b"x"), writable.delete_object):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            act(longest + "x")
        assert (caught.value.status, caught.value.code) == (400, "InvalidObjectName")


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        (b"/{}/%ff", 400, "InvalidObjectName"),
        (b"/{}/a%00b", 400, "InvalidObjectName"),
        (b"/{}//a", 400, "InvalidObjectName"),
        (b"/{}/%5Ca", 400, "InvalidObjectName"),
        (b"/{}/" + b"k" * 1024, 400, "InvalidObjectName"),
        (b"/{}/" + b"k" * 60_000, 400, "InvalidObjectName"),
        (b"/{}/../../etc/passwd", 404, "NoSuchKey"),
        (b"/{}/%2e%2e/%2e%2e/etc/passwd", 404, "NoSuchKey"),
        (b"/{}/a?versionId=%00", 400, "InvalidArgument"),
        (b"/../etc/passwd", 400, "InvalidBucketName"),
        (b"/%2e%2e/%2e%2e/passwd", 400, "InvalidBucketName"),
        (b"/" + b"b" * 600 + b"/k", 400, "InvalidBucketName"),
        (b"/UPPER/k", 400, "InvalidBucketName"),
        (b"/%ff/k", 400, "InvalidBucketName"),
        (b"/no-such-bucket-here/k", 403, "AccessDenied"),
        (b"/{}?max-keys=x", 400, "InvalidArgument"),
        (b"/{}?max-keys=99999999999999999999999", 400, "InvalidArgument"),
    ],
)
def test_paths_that_are_none(server: Server, writable: oss2.Bucket, path: bytes, status: int, expected: str) -> None:
    found, body = send(server, request(path.replace(b"{}", writable.bucket_name.encode())))
    assert (found, code(body)) in ((status, expected), (404, "NoSuchBucket")), body
    if expected != "AccessDenied":
        assert code(body) == expected


def test_a_key_of_dots_is_a_key_like_any_other(server: Server, writable: oss2.Bucket) -> None:
    target = f"/{writable.bucket_name}/..%2F..%2Fx".encode()
    status, _ = send(server, request(target, b"PUT", body=b"dots"))
    assert status == 200
    assert [item.key for item in oss2.ObjectIterator(writable)] == ["../../x"]
    assert send(server, request(target)) == (200, b"dots")


def test_headers_are_bounded(server: Server, writable: oss2.Bucket) -> None:
    target = f"/{writable.bucket_name}/k".encode()
    status, body = send(server, request(target, b"PUT", b"x-oss-meta-a: " + b"v" * 9000 + b"\r\n", b"x"))
    assert (status, code(body)) == (400, "MetadataTooLarge")
    status, body = send(server, request(target, b"GET", b"x-a: " + b"v" * 40_000 + b"\r\n"))
    assert (status, code(body)) == (400, "RequestHeaderSectionTooLarge")
    many = b"".join(b"x-oss-meta-%d: %s\r\n" % (number, b"v" * 100) for number in range(1000))
    status, _ = send(server, request(target, b"PUT", many, b"x"))
    assert 400 <= status < 500


@pytest.mark.parametrize("headers", [b"x-oss-object-acl: private\r\nx-oss-object-acl: public-read\r\n",
                                     b"Range: bytes=0-1\r\nRANGE: bytes=1-2\r\n"])  # fmt: skip
def test_a_header_stands_once(server: Server, writable: oss2.Bucket, headers: bytes) -> None:
    target = f"/{writable.bucket_name}/k".encode()
    status, body = send(server, request(target, b"PUT", headers, b"x"))
    assert (status, code(body)) == (400, "InvalidArgument")
    status, body = send(server, request(target + b"?acl&%61cl", b"GET"))
    assert (status, code(body)) == (400, "InvalidArgument")
    status, body = send(server, request(target, b"PUT", b"Accept: a\r\nAccept: b\r\n", b"x"))
    assert status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"GET\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_told_so(server: Server, data: bytes) -> None:
    parts = urlsplit(server.endpoints["oss"])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 4"), answer
    assert b"<RequestId>" in answer
    assert b"x-oss-request-id:" in answer
    assert requests.get(server.endpoints["oss"], timeout=10).status_code == 403  # and the server lives


DOCUMENTS = (
    "cors",
    "website",
    "lifecycle",
    "referer",
    "logging",
    "tagging",
    "encryption",
    "versioning",
    "requestPayment",
)


@pytest.mark.parametrize(
    "body",
    [
        "", "<", "no xml", "<a/>", "<a>" * 1000, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "\0", "<a>\xff</a>",
        '<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)  # fmt: skip
def test_documents_that_are_none(bucket: oss2.Bucket, body: str) -> None:
    for name in DOCUMENTS:
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            bucket._do("PUT", bucket.bucket_name, "", data=body.encode("latin-1"), params={name: ""})
        assert (caught.value.status, caught.value.code) == (400, "MalformedXML"), name


@pytest.mark.parametrize("body", ["", "<", "<a/>", "<Delete/>", "<Delete><Object/></Delete>"])
def test_deletions_that_are_none(bucket: oss2.Bucket, body: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket._do("POST", bucket.bucket_name, "", data=body, params={"delete": ""})
    assert caught.value.status == 400


TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30).map(
    lambda s: s.encode("latin-1")
)
PATH = st.one_of(
    st.binary(max_size=40).map(lambda raw: quote(raw, safe="/").encode()),
    st.text(string.ascii_letters + string.digits + "%/.?&=~-", max_size=40).map(str.encode),
)
QUERIES = (
    "acl", "cors", "website", "lifecycle", "uploads", "uploadId", "partNumber", "versionId", "delete", "tagging",
    "symlink", "append&position", "x-oss-process", "list-type", "max-keys", "continuation-token", "encoding-type",
    "restore", "Expires", "OSSAccessKeyId", "x-oss-signature-version", "X-Amz-Signature", "X-Amz-Credential", "policy",
    "callback", "versions", "versioning", "referer", "objectMeta", "location", "stat", "bucketInfo", "response-expires",
)  # fmt: skip
HEADERS = (
    "Range", "Content-MD5", "x-oss-copy-source", "x-oss-copy-source-range", "x-oss-object-acl", "x-oss-tagging",
    "x-oss-storage-class", "If-Match", "If-Modified-Since", "Date", "x-oss-date", "Authorization", "Origin", "Referer",
    "x-oss-callback", "x-oss-meta-x", "Content-Type", "x-amz-content-sha256", "x-amz-date", "x-oss-symlink-target",
    "Access-Control-Request-Method", "Expect", "x-oss-content-sha256",
)  # fmt: skip
VALUES = st.one_of(
    TEXT,
    st.sampled_from([
        b"bytes=0-1", b"bytes=5-1", b"/b/k", b"OSS a:b", b"OSS4-HMAC-SHA256 Credential=a/b/c/d/e", b"1", b"-1", b"e30=",
        b"AWS4-HMAC-SHA256 Credential=a/b/c/d/e", b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 
        b"multipart/form-data; boundary=B",
        b"STREAMING-UNSIGNED-PAYLOAD-TRAILER", b"csv/select", b"a" * 600,
    ]),
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from([b"<Delete><Object><Key>k</Key></Object></Delete>", b"<SelectRequest/>", b"<a/>",
                     b"--B\r\n\r\n--B--"]),
)  # fmt: skip


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    method=st.sampled_from([b"GET", b"PUT", b"POST", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH"]),
    path=PATH,
    inside=st.booleans(),
    query=st.lists(st.tuples(st.sampled_from(QUERIES), VALUES), max_size=3),
    headers=st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=4),
    body=BODIES,
)
def test_no_request_is_our_fault(
    server: Server, writable: oss2.Bucket, method, path, inside, query, headers, body
) -> None:
    base = f"/{writable.bucket_name}/".encode() if inside else b"/"
    pairs = b"&".join(name.encode() + b"=" + quote(value).encode() for name, value in query)
    fields = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers)
    data = request(base + path + (b"&" if b"?" in path else b"?") + pairs, method, fields, body)
    try:
        status, answer = send(server, data)
    except (http.client.HTTPException, ConnectionError):
        return  # what is no HTTP at all may end without an answer
    assert status < 500 or status == 501, (data, answer)
    if status >= 400 and method != b"HEAD":
        assert code(answer), (data, answer)


WORDS = st.one_of(
    st.text(string.ascii_letters + string.digits + "=-/:;,*?%&<> é字", max_size=20),
    st.sampled_from(["bytes=0-1", "1", "0", "-1", "e30=", "url", "2", "true", "public-read", "a=b", "null", "x" * 300]),
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    key=st.sampled_from(["", "k", "folder/", "é"]),
    params=st.dictionaries(st.sampled_from([name for name in QUERIES if name[0] not in "EOX"]), WORDS, max_size=3),
    headers=st.dictionaries(st.sampled_from([name for name in HEADERS if "uth" not in name]), WORDS, max_size=3),
    body=BODIES,
)
def test_no_signed_request_is_our_fault(bucket: oss2.Bucket, method, key, params, headers, body) -> None:
    if method == "DELETE" and not key:
        return  # the bucket is needed
    spelled = {name: quote(value) if not value.isascii() else value.strip() for name, value in headers.items()}
    try:
        bucket._do(method, bucket.bucket_name, key, params=params, headers=spelled, data=body)
    except oss2.exceptions.RequestError:
        return  # not sent, or no answer for want of HTTP
    except oss2.exceptions.ServerError as error:
        assert error.status < 500 or error.status in (501, 503), (error, method, key, params, spelled, body)
    except (requests.exceptions.RequestException, UnicodeError, oss2.exceptions.ClientError):
        return


def test_an_acl_that_says_nothing_is_private(open_bucket: Callable[..., oss2.Bucket]) -> None:
    """Terraform's provider sends the header of a new bucket empty where no ACL is chosen."""
    made = open_bucket("acl-of-nothing")
    made.create_bucket(headers={"x-oss-acl": ""})
    assert made.get_bucket_acl().acl == "private"
    made.delete_bucket()
