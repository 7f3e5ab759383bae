"""What comes in counts as it came, or is refused: sums of documents, their elements, conditions, bytes of headers.

Sources: the vendor's pages DeleteMultipleObjects (Content-MD5 is required), PutBucketLifecycle, PutObject and
GetObject; RFC 9110 on If-Range; XML 1.0 on the characters of a document.
"""

import base64
import hashlib
import http.client
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import unquote, urlencode, urlsplit
from xml.etree import ElementTree

import boto3
import oss2
import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.clients.oss.test_every_route import BODIES
from yunbox.services.oss.http.shapes import SHAPES, Shape
from yunbox.services.oss.routes import ROUTES
from yunbox.testing.server import Server
from yunbox.wire.oss.signing import canonical_v1, sign_v1

Answer = tuple[int, str]
Send = Callable[..., requests.Response]

pytestmark = pytest.mark.public


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@pytest.fixture
def send(server: Server, bucket: oss2.Bucket) -> Send:
    """Send a request by V1 about the bucket, or an object in it."""

    def run(method: str, key: str = "", query: dict | None = None, headers: dict | None = None, data: bytes = b""):
        resource, named = f"/{bucket.bucket_name}/{key}", {"date": formatdate(usegmt=True), **(headers or {})}
        text = canonical_v1(method, resource, tuple((query or {}).items()), named, named["date"])
        named["authorization"] = f"OSS {server.access_key_id}:{sign_v1(server.access_key_secret, text)}"
        url = f"{server.endpoints['oss']}{resource}" + (f"?{urlencode(query)}" if query else "")
        return requests.request(method, url, headers=named, data=data, timeout=30)

    return run


# -- the sums of documents

DOCUMENTS = {
    route.operation.name: (route.method, "k" if "key" in route.level else "", route.marks.when)
    for route in ROUTES
    if route.operation.name in BODIES and route.operation.name.startswith("Put") and "{bucket}" in route.level
}


@pytest.mark.parametrize("name", [*DOCUMENTS, "DeleteMultipleObjects"])
def test_a_document_is_compared_with_its_sums(name: str, send: Send, bucket: oss2.Bucket, server: Server) -> None:
    method, key, mark = DOCUMENTS.get(name, ("POST", "", "delete"))
    bucket.put_object("k", b"x")
    data = BODIES[name].encode()
    for claimed, expected in ((md5(b"other"), "BadDigest"), ("nonsense", "InvalidDigest")):
        answer = send(method, key, {mark: ""}, {"content-md5": claimed}, data)
        assert (answer.status_code, code(answer)) == (400, expected)
    url = f"{server.endpoints['oss']}/{bucket.bucket_name}/{key}?{mark}"
    signed = AWSRequest(method, url, {"content-md5": md5(data)}, b"other")
    credentials = Credentials(server.access_key_id, server.access_key_secret)
    S3SigV4Auth(credentials, "s3", "cn-local").add_auth(signed)
    answer = requests.request(method, signed.url, headers=dict(signed.headers), data=data, timeout=30)
    assert (answer.status_code, code(answer)) == (400, "XAmzContentSHA256Mismatch")
    assert bucket.object_exists("k")
    if name == "DeleteMultipleObjects":
        answer = send(method, key, {mark: ""}, {}, data)
        assert (answer.status_code, code(answer)) == (400, "MissingArgument")
        assert bucket.object_exists("k")
    assert send(method, key, {mark: ""}, {"content-md5": md5(data)}, data).status_code == 200


# -- their elements


def _documents(shape: Shape, tag: str) -> str:
    inner = "".join(_documents(part or {}, name.rstrip("*")) for name, part in shape.items() if not name.endswith("+"))
    return f"<{tag}>{inner}</{tag}>"


def _once(name: str) -> str | None:
    """An element of a document that may stand there once."""
    return next((part for part in SHAPES[ElementTree.fromstring(BODIES[name]).tag] if part[-1] not in "*+"), None)


SPOILT = [
    (name, spoil)
    for spoil in ("a stranger", "a small letter", "twice", "an attribute")
    for name in DOCUMENTS
    if BODIES[name].startswith("<") and (spoil in ("a stranger", "an attribute") or _once(name))
]
"""Documents in XML, and what of them is spoilt; those in JSON are in test_rights.py."""


@pytest.mark.parametrize(("name", "spoil"), SPOILT)
def test_an_element_that_is_not_known_is_refused(name: str, spoil: str, send: Send, bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"x")
    root = ElementTree.fromstring(BODIES[name])
    deepest = max(root.iter(), key=lambda node: sum(1 for _ in node.iter()))
    if spoil == "a stranger":
        ElementTree.SubElement(deepest, "Surprise").text = "x"
    elif spoil == "an attribute":
        deepest.set("surprise", "x")
    else:
        first = _once(name) or ""
        for _ in range(1 if spoil == "a small letter" else 2):
            ElementTree.SubElement(root, first.lower() if spoil == "a small letter" else first)
    data = ElementTree.tostring(root)
    method, key, mark = DOCUMENTS[name]
    answer = send(method, key, {mark: ""}, {"content-md5": md5(data)}, data)
    assert (answer.status_code, code(answer)) == (400, "MalformedXML"), answer.text


def rule(text: str, prefix: str = "<Prefix/>") -> bytes:
    document = f"<LifecycleConfiguration><Rule><ID>a</ID>{prefix}<Status>Enabled</Status>{text}</Rule>"
    return f"{document}</LifecycleConfiguration>".encode()


@pytest.mark.parametrize(
    "document",
    [
        rule("<Expiration><Days>1</Days></Expiration>", "<prefix>logs/</prefix>"),
        rule("<Expiration><Days>1</Days></Expiration>", "<Filter><prefix>logs/</prefix></Filter>"),
        rule("<Expiration><Days>1</Days></Expiration>", "<Prefix/><Tag><Key>a</Key><value>b</value></Tag>"),
        rule("<Expiration><Days>2147483647</Days></Expiration>"),
        rule("<Expiration><Days>99999999999999999999</Days></Expiration>"),
        rule("<Expiration><Days>\u00b2</Days></Expiration>"),
        rule("<Expiration><Days>0</Days></Expiration>"),
        rule("<Expiration><Date>2026-02-30T00:00:00.000Z</Date></Expiration>"),
        rule("<Expiration><Date>0000-01-01T00:00:00.000Z</Date></Expiration>"),
        rule("<Expiration><CreatedBeforeDate>2026-13-01T00:00:00.000Z</CreatedBeforeDate></Expiration>"),
        rule("<Transition><Days>2147483647</Days><StorageClass>IA</StorageClass></Transition>"),
        rule("<NoncurrentVersionExpiration><NoncurrentDays>2147483647</NoncurrentDays></NoncurrentVersionExpiration>"),
        rule("<AbortMultipartUpload><Days>2147483647</Days></AbortMultipartUpload>"),
    ],
)
def test_a_rule_that_cannot_be_obeyed_is_not_kept(document: bytes, send: Send, bucket: oss2.Bucket) -> None:
    answer = send("PUT", "", {"lifecycle": ""}, {"content-md5": md5(document)}, document)
    assert (answer.status_code, code(answer)) == (400, "MalformedXML")
    bucket.put_object("logs/k", b"x")
    assert bucket.get_object("logs/k").read() == b"x"


# -- conditions


@pytest.fixture
def s3(server: Server) -> object:
    return boto3.client(
        "s3",
        endpoint_url=server.endpoints["oss"],
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret,
        region_name="cn-local",
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )


def test_a_condition_of_a_delete(s3, bucket: oss2.Bucket) -> None:
    name = bucket.bucket_name
    etag = bucket.put_object("k", b"x").etag
    for wanted in ('"zz"', f'"{etag}", "zz"'):
        with pytest.raises(ClientError):
            s3.delete_object(Bucket=name, Key="k", IfMatch=wanted)
        assert bucket.object_exists("k")
    with pytest.raises(ClientError):
        s3.delete_object(Bucket=name, Key="missing", IfMatch="*")
    s3.delete_object(Bucket=name, Key="k", IfMatch=f'"{etag}"')
    assert not bucket.object_exists("k")


@pytest.mark.parametrize("headers", [{"if-match": '"zz"'}, {"if-none-match": "*"}, {"if-none-match": '"zz"'}])
def test_a_condition_of_a_write_is_not_overlooked(headers: dict, send: Send, bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"old")
    assert send("PUT", "k", {}, headers, b"new").status_code in (412, 501)
    assert bucket.get_object("k").read() == b"old"


def test_a_range_of_what_has_changed_is_the_whole(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("k", b"abc").etag
    date = bucket.head_object("k").headers["last-modified"]
    earlier = formatdate(0, usegmt=True)
    for wanted, expected in ((f'"{etag}"', 206), (date, 206), ('"zz"', 200), (earlier, 200), (f'W/"{etag}"', 200)):
        found = bucket.get_object("k", headers={"Range": "bytes=0-1", "If-Range": wanted})
        assert (found.status, found.read()) == (expected, b"ab" if expected == 206 else b"abc"), wanted


def test_an_appendable_object_stays_one_when_its_metadata_changes(bucket: oss2.Bucket) -> None:
    bucket.append_object("log", 0, b"a")
    bucket.update_object_meta("log", {"x-oss-meta-a": "b"})
    assert bucket.head_object("log").headers["x-oss-object-type"] == "Appendable"
    bucket.append_object("log", 1, b"b")
    bucket.copy_object(bucket.bucket_name, "log", "copy")
    assert bucket.head_object("copy").headers["x-oss-object-type"] == "Normal"
    bucket.append_object("log", 2, b"c")
    found = bucket.get_object("log")
    assert (found.read(), found.headers["x-oss-meta-a"], bucket.get_object("copy").read()) == (b"abc", "b", b"ab")


# -- characters

CONTROLS = ["\x00", "\x07", "\x1f", "\x7f"]


@pytest.mark.parametrize("control", CONTROLS)
def test_control_characters_get_into_no_header(control: str, bucket: oss2.Bucket, server: Server) -> None:
    bucket.put_bucket_acl("public-read-write")
    url = f"{server.endpoints['oss']}/{bucket.bucket_name}"
    for name in ("x-oss-meta-a", "Content-Disposition", "Content-Type"):
        fields = {"key": (None, "k"), name: (None, f"a{control}b"), "file": ("f", b"data")}
        answer = requests.post(f"{url}/", files=fields, timeout=10)
        assert (answer.status_code, code(answer)) == (400, "InvalidArgument"), name
        assert not bucket.object_exists("k")
    bucket.put_object("k", b"x")
    answer = requests.get(f"{url}/k", params={"response-content-type": f"a{control}"}, timeout=10)
    assert (answer.status_code, code(answer)) == (400, "InvalidArgument")
    assert requests.get(f"{url}/k", timeout=10).content == b"x"


def test_a_form_field_that_stands_twice(bucket: oss2.Bucket, server: Server) -> None:
    bucket.put_bucket_acl("public-read-write")
    fields = [("key", (None, "k")), ("x-oss-meta-a", (None, "1")), ("x-oss-meta-a", (None, "2")), ("file", ("f", b"x"))]
    answer = requests.post(f"{server.endpoints['oss']}/{bucket.bucket_name}/", files=fields, timeout=10)
    assert (answer.status_code, code(answer)) == (400, "InvalidArgument")


@pytest.mark.parametrize(("value", "signed_as"), [("文件 é".encode(), "utf-8"), ("é".encode("latin-1"), "latin-1")])
@pytest.mark.parametrize("name", ["content-disposition", "x-oss-meta-a"])
def test_the_bytes_of_a_header_go_out_as_they_came_in(
    name: str, value: bytes, signed_as: str, bucket: oss2.Bucket, server: Server
) -> None:
    address, resource = urlsplit(server.endpoints["oss"]).netloc, f"/{bucket.bucket_name}/k"
    date = formatdate(usegmt=True)
    headers = {"date": date, name: value.decode(signed_as)}
    signature = sign_v1(server.access_key_secret, canonical_v1("PUT", resource, (), headers, date))
    connection = http.client.HTTPConnection(address)
    connection.putrequest("PUT", resource)
    for key, text in (("Date", date), (name, value), ("Content-Length", "1"),
                      ("Authorization", f"OSS {server.access_key_id}:{signature}")):  # fmt: skip
        connection.putheader(key, text)
    connection.endheaders(b"x")
    assert connection.getresponse().status == 200
    connection.close()
    answer = requests.get(bucket.sign_url("GET", "k", 60), timeout=10)
    assert answer.headers[name].encode("latin-1") == value


@pytest.mark.parametrize(
    "query",
    [{}, {"list-type": "2"}, {"delimiter": "\x01"}, {"prefix": "a\x01"}, {"versions": ""}, {"uploads": ""}],
)
def test_keys_with_control_characters_are_told_apart(query: dict, send: Send, bucket: oss2.Bucket) -> None:
    keys = {"a\x01b", "a%01b", "a b"}
    for key in keys:
        bucket.put_object(key, b"")
        bucket.init_multipart_upload(key)
    root = ElementTree.fromstring(send("GET", "", query).content)
    found = {item.text or "" for tag in ("Key", "Prefix") for item in root.iter(tag)} - {""}
    assert root.findtext("EncodingType") == "url"
    asked = query.get("prefix", "a")
    expected = {"a\x01", "a%01b", "a b"} if "delimiter" in query else {k for k in keys if k.startswith(asked)}
    assert {unquote(name) for name in found} - {"a\x01"} == expected - {"a\x01"}
    root = ElementTree.fromstring(send("GET", "", {**query, "prefix": "a b"}).content)
    assert (root.findtext("EncodingType") == "url") == ("delimiter" in query)
    assert "a b" in {item.text for item in root.iter("Key")} or "delimiter" in query


def test_a_batch_delete_names_keys_with_control_characters(send: Send, bucket: oss2.Bucket) -> None:
    data = b"<Delete><Object><Key>a&#x01;b</Key></Object></Delete>"
    answer = send("POST", "", {"delete": ""}, {"content-md5": md5(data)}, data)
    assert unquote(ElementTree.fromstring(answer.content).findtext("Deleted/Key") or "") == "a\x01b"


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("", {"max-keys": "--5"}),
        ("", {"max-keys": "\u00b2"}),
        ("", {"uploads": "", "max-uploads": "-1"}),
        ("k", {"Expires": "\u00b2", "Signature": "x", "OSSAccessKeyId": "y"}),
    ],
)
def test_a_number_that_is_none(key: str, query: dict, bucket: oss2.Bucket, server: Server) -> None:
    bucket.put_bucket_acl("public-read-write")
    answer = requests.get(f"{server.endpoints['oss']}/{bucket.bucket_name}/{key}", params=query, timeout=10)
    assert (answer.status_code, code(answer)) in ((400, "InvalidArgument"), (403, "AccessDenied"))
