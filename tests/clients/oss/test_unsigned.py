"""What is added to a request after it was signed has no effect, or the request is refused; whatever the scheme.

Sources: the vendor's pages "Include a V1 signature in the Authorization header" and "Include a V1 signature in a URL",
their V4 counterparts, and AWS's "Authenticating requests (Signature Version 4)", whose service answers a header that
was not signed with AccessDenied and HeadersNotSigned.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import quote, urlencode

import oss2
import pytest
import requests
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from yunbox.services.oss.http import covered, s3
from yunbox.services.oss.http.route import NOT_OFFERED
from yunbox.testing.server import Server
from yunbox.wire.oss import signing
from yunbox.wire.oss.signing import SUBRESOURCES
from yunbox.wire.oss.signing_v2 import canonical_oss2, sign_oss2

SCHEMES = ("v1-header", "v1-url", "v2-header", "v2-url", "v4-header", "v4-url", "s3-header", "s3-url", "s3v2-header",
           "s3v2-url")  # fmt: skip
DATA = b"data"


@dataclass
class Signed:
    """A request that is ready to be sent, and may be changed before it is."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, headers: dict[str, str] | None = None, query: dict[str, str] | None = None, data: bytes = DATA
    ) -> requests.Response:
        """Send it with more headers, and a longer query, than were signed."""
        more = "&".join(f"{name}={quote(value, safe='')}" if value else name for name, value in (query or {}).items())
        url = self.url + (("&" if "?" in self.url else "?") + more if more else "")
        return requests.request(self.method, url, headers=self.headers | (headers or {}), data=data, timeout=30)


@dataclass
class Signer:
    """Signs requests about objects of a bucket."""

    server: Server
    bucket: str

    def __call__(self, scheme: str, method: str, key: str, headers: dict[str, str] | None = None) -> Signed:
        """A request, signed by one scheme."""
        version, _, place = scheme.partition("-")
        return getattr(self, f"_{version}")(method, f"/{self.bucket}/{key}", place == "url", dict(headers or {}))

    def _v1(self, method: str, resource: str, in_url: bool, headers: dict[str, str]) -> Signed:
        key_id, secret = self.server.access_key_id, self.server.access_key_secret
        when = str(int(time.time()) + 600) if in_url else formatdate(usegmt=True)
        text = signing.canonical_v1(method, resource, (), headers, when)
        signature = signing.sign_v1(secret, text)
        url = self.server.endpoints["oss"] + resource
        if in_url:
            named = {"OSSAccessKeyId": key_id, "Expires": when, "Signature": signature}
            return Signed(method, f"{url}?{urlencode(named)}", headers)
        return Signed(method, url, headers | {"date": when, "authorization": f"OSS {key_id}:{signature}"})

    def _v2(self, method: str, resource: str, in_url: bool, headers: dict[str, str]) -> Signed:
        key_id, secret = self.server.access_key_id, self.server.access_key_secret
        when = str(int(time.time()) + 600) if in_url else formatdate(usegmt=True)
        query = {"x-oss-signature-version": "OSS2", "x-oss-expires": when, "x-oss-access-key-id": key_id}
        pairs = tuple(query.items()) if in_url else ()
        signature = sign_oss2(secret, canonical_oss2(method, resource, pairs, headers, (), when))
        url = self.server.endpoints["oss"] + resource
        if in_url:
            return Signed(method, f"{url}?{urlencode(query | {'x-oss-signature': signature})}", headers)
        authorization = f"OSS2 AccessKeyId:{key_id},Signature:{signature}"
        return Signed(method, url, headers | {"date": when, "authorization": authorization})

    def _s3v2(self, method: str, resource: str, in_url: bool, headers: dict[str, str]) -> Signed:
        credentials = Credentials(self.server.access_key_id, self.server.access_key_secret)
        request = AWSRequest(method, self.server.endpoints["oss"] + resource, headers)
        if in_url:
            HmacV1QueryAuth(credentials, expires=600).add_auth(request)
        else:
            HmacV1Auth(credentials).add_auth(request)
        return Signed(method, request.url, dict(request.headers))

    def _v4(self, method: str, resource: str, in_url: bool, headers: dict[str, str]) -> Signed:
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = signing.Scope(self.server.access_key_id, date[:8], "cn-local", "oss", "aliyun_v4_request")
        url = self.server.endpoints["oss"] + resource
        query: dict[str, str] = {}
        if in_url:
            query = {
                "x-oss-signature-version": signing.V4_ALGORITHM,
                "x-oss-credential": f"{scope.access_key_id}/{scope.text}",
                "x-oss-date": date,
                "x-oss-expires": "600",
            }
        else:
            headers = headers | {"x-oss-date": date, "x-oss-content-sha256": signing.UNSIGNED}
        pairs = tuple((quote(name, safe="-"), quote(value, safe="")) for name, value in query.items())
        text = signing.canonical_v4(method, resource, pairs, headers, (), date, scope)
        signature = signing.sign_v4(self.server.access_key_secret, text, date[:8], scope.region, scope.service)
        if in_url:
            return Signed(method, f"{url}?{urlencode(query | {'x-oss-signature': signature})}", headers)
        credential = f"Credential={scope.access_key_id}/{scope.text},Signature={signature}"
        return Signed(method, url, headers | {"authorization": f"{signing.V4_ALGORITHM} {credential}"})

    def _s3(self, method: str, resource: str, in_url: bool, headers: dict[str, str]) -> Signed:
        credentials = Credentials(self.server.access_key_id, self.server.access_key_secret)
        request = AWSRequest(method, self.server.endpoints["oss"] + resource, headers, DATA if not in_url else b"")
        if in_url:
            S3SigV4QueryAuth(credentials, "s3", "cn-local", expires=600).add_auth(request)
        else:
            S3SigV4Auth(credentials, "s3", "cn-local").add_auth(request)
        return Signed(method, request.url, dict(request.headers))


@pytest.fixture
def sign(server: Server, bucket: oss2.Bucket) -> Signer:
    return Signer(server, bucket.bucket_name)


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


VALUES = {"range": "bytes=0-1", "if-match": "*", "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-type": "text/x"}
TRANSPORT = {"authorization", "host", "date", "content-length", "transfer-encoding", "content-md5", "content-encoding",
             "x-amz-content-sha256"}  # fmt: skip
"""Without them there is no request, or they tell of the body that comes with it."""
OSS_HEADERS = sorted({*s3._REQUEST.values(), "x-oss-callback", "x-oss-rename-source", "x-oss-symlink-target",
                      "x-oss-forbid-overwrite", "x-oss-meta-a", "x-oss-security-token", "x-oss-acl",
                      "x-oss-complete-all", "x-oss-range-behavior"})  # fmt: skip
S3_HEADERS = sorted({*s3._REQUEST, "x-amz-meta-a", "x-amz-callback", "x-amz-rename-source", "x-amz-checksum-crc32",
                     "x-amz-trailer", "x-amz-security-token", "x-amz-object-lock-mode"} - TRANSPORT)  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_header_that_was_not_signed(scheme: str, sign: Signer, bucket: oss2.Bucket) -> None:
    of_s3 = scheme.startswith("s3")
    for number, name in enumerate((*OSS_HEADERS, *S3_HEADERS)):
        key = f"k{number}"
        answer = sign(scheme, "PUT", key).send({name: VALUES.get(name, "1")})
        if name.startswith("x-amz-") == of_s3:
            expected = "AccessDenied" if scheme.startswith("s3-") else "SignatureDoesNotMatch"
            if name.endswith("security-token") and scheme.endswith("header"):  # the key is none of that token
                expected = "InvalidSecurityToken"
            assert (answer.status_code, code(answer)) == (403, expected), name
            assert not bucket.object_exists(key)
            assert expected != "AccessDenied" or f"<HeadersNotSigned>{name}</HeadersNotSigned>" in answer.text
        else:  # of the other dialect: it has no effect
            assert (answer.status_code, code(answer)) == (200, ""), name
            assert bucket.get_object(key).read() == DATA
            found = bucket.head_object(key).headers
            assert found["x-oss-storage-class"] == "Standard"
            assert not [each for each in found if each.startswith("x-oss-meta-") or "encryption" in each]
            assert bucket.get_object_acl(key).acl == "default"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_header_that_no_scheme_needs_to_sign(scheme: str, sign: Signer, bucket: oss2.Bucket) -> None:
    signs = ("content-type",) if not scheme.startswith("s3-") else ()
    for number, name in enumerate(sorted(set(covered.HEADERS) - TRANSPORT)):
        key = f"k{number}"
        bucket.put_object(key, b"before")
        answer = sign(scheme, "GET" if name.startswith(("if-", "range")) else "PUT", key).send(
            {name: VALUES.get(name, "1")}
        )
        if name in signs:
            assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch"), name
        else:
            assert answer.status_code in (200, 206, 304), (name, answer.text)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_name_of_a_query_that_was_not_signed(scheme: str, sign: Signer, bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"before")
    own = ("yunboxSink", "yunboxCompact", "yunboxMount", "yunboxUnmount")
    paging = {"continuation-token"} if scheme.startswith("s3v2") else set()  # botocore does not sign it
    for name in (*sorted(SUBRESOURCES - paging), *own):
        for method in ("PUT", "GET", "POST"):
            answer = sign(scheme, method, "k").send(query={name: "1"})
            assert (answer.status_code, code(answer)) in REFUSALS, (name, method, answer.text)
    for name in covered.V1_QUERY:
        answer = sign(scheme, "GET", "k").send(query={name: "1"})
        assert answer.status_code == (200 if scheme.startswith(("v1", "s3v2")) else 403), name
    for name in sorted(set(NOT_OFFERED) - SUBRESOURCES):
        answer = sign(scheme, "DELETE", "k").send(query={name: "1"})
        assert (answer.status_code, code(answer)) in REFUSALS, name
    assert bucket.get_object("k").read() == b"before"


REFUSALS = ((403, "SignatureDoesNotMatch"), (403, "AccessDenied"), (403, "InvalidSecurityToken"),
            (405, "MethodNotAllowed"), (501, "NotImplemented"))  # fmt: skip
"""The last two say that there is no such operation, whoever asks."""
Attack = tuple[dict[str, str], dict[str, str]]
CALLBACK = b64encode(json.dumps({"callbackUrl": "http://127.0.0.1:9/", "callbackBody": "a=1"}).encode()).decode()
ATTACKS: dict[str, Callable[[str], Attack]] = {
    "copy": lambda name: ({"x-amz-copy-source": f"/{name}/secret"}, {}),
    "copy-oss": lambda name: ({"x-oss-copy-source": f"/{name}/secret"}, {}),
    "acl": lambda name: ({"x-amz-acl": "public-read"}, {}),
    "acl-oss": lambda name: ({"x-oss-object-acl": "public-read"}, {}),
    "public copy": lambda name: ({"x-amz-copy-source": f"/{name}/secret", "x-amz-acl": "public-read"}, {}),
    "rename": lambda name: ({"x-amz-rename-source": "secret"}, {"x-oss-rename": ""}),
    "rename-oss": lambda name: ({"x-oss-rename-source": "secret"}, {"x-oss-rename": ""}),
    "callback": lambda name: ({"x-amz-callback": CALLBACK}, {}),
    "callback-oss": lambda name: ({"x-oss-callback": CALLBACK}, {}),
    "callback in the query": lambda name: ({}, {"callback": CALLBACK}),
    "tags": lambda name: ({"x-amz-tagging": "a=b"}, {}),
    "class": lambda name: ({"x-amz-storage-class": "GLACIER"}, {}),
    "metadata": lambda name: ({"x-amz-meta-a": "b"}, {}),
    "link": lambda name: ({"x-oss-symlink-target": "secret"}, {"symlink": ""}),
    "acl of the object": lambda name: ({"x-oss-object-acl": "public-read"}, {"acl": ""}),
    "append": lambda name: ({}, {"append": "", "position": "0"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_who_has_a_signed_upload_can_only_upload(scheme: str, attack: str, sign: Signer, bucket: oss2.Bucket) -> None:
    """The attacks of whoever is handed a signed URL, or sees a signed request pass."""
    bucket.put_object("secret", b"secret")
    headers, query = ATTACKS[attack](bucket.bucket_name)
    answer = sign(scheme, "PUT", "mine").send(headers, query)
    assert bucket.get_object("secret").read() == b"secret"
    if answer.status_code == 200:
        assert not query
        assert bucket.get_object("mine").read() == DATA
        assert bucket.get_object_acl("mine").acl == "default"
        assert not bucket.get_object_tagging("mine").tag_set.tagging_rule
        found = bucket.head_object("mine").headers
        assert found["x-oss-storage-class"] == "Standard"
        assert not [name for name in found if name.startswith("x-oss-meta-")]
    else:
        assert (answer.status_code, code(answer)) in REFUSALS
        assert not bucket.object_exists("mine")
    url = f"{sign.server.endpoints['oss']}/{bucket.bucket_name}/mine"
    assert requests.get(url, timeout=10).status_code in (403, 404)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_was_signed_has_its_effect(scheme: str, sign: Signer, bucket: oss2.Bucket) -> None:
    bucket.put_object("secret", b"secret")
    prefix = "x-amz" if scheme.startswith("s3") else "x-oss"
    copy = {f"{prefix}-copy-source": f"/{bucket.bucket_name}/secret"}
    assert sign(scheme, "PUT", "copy", copy).send(data=b"").status_code == 200
    assert bucket.get_object("copy").read() == b"secret"
    kept = {f"{prefix}-meta-a": "b"}
    assert sign(scheme, "PUT", "kept", kept).send().status_code == 200
    assert bucket.head_object("kept").headers["x-oss-meta-a"] == "b"


def test_s3_signs_the_host_as_it_may_name_the_bucket(server: Server, bucket: oss2.Bucket) -> None:
    """As the vendor's page 0002-00000420 has it."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = signing.Scope(server.access_key_id, date[:8], "cn-local", "s3", "aws4_request")
    headers = {"x-amz-date": date, "x-amz-content-sha256": signing.UNSIGNED}
    signed = ["x-amz-content-sha256", "x-amz-date"]
    text = signing.canonical_s3("PUT", "/k", (), headers, signed, date, scope, signing.UNSIGNED)
    signature = signing.sign_s3(server.access_key_secret, text, date[:8], scope.region, scope.service)
    headers["authorization"] = (
        f"{signing.S3_ALGORITHM} Credential={scope.access_key_id}/{scope.text}, "
        f"SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    headers["host"] = f"{bucket.bucket_name}.localhost"
    answer = requests.put(f"{server.endpoints['oss']}/k", data=DATA, headers=headers, timeout=10)
    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    assert "<HeadersNotSigned>host</HeadersNotSigned>" in answer.text


@pytest.mark.parametrize("added", [{"x-oss-signature-version": signing.V4_ALGORITHM}, {"X-Amz-Signature": "1"}])
def test_a_second_signature_does_not_change_the_scheme(
    added: dict[str, str], sign: Signer, bucket: oss2.Bucket
) -> None:
    bucket.put_object("secret", b"secret")
    answer = sign("v1-header", "PUT", "mine").send({"x-amz-copy-source": f"/{bucket.bucket_name}/secret"}, added)
    assert answer.status_code == 200
    assert bucket.get_object("mine").read() == DATA


def test_the_headers_of_a_forms_request_say_nothing_of_its_object(server: Server, bucket: oss2.Bucket) -> None:
    """The policy that was signed is asked about the fields alone."""
    key_id, secret = server.access_key_id, server.access_key_secret
    conditions = [["starts-with", "$key", "u/"], {"bucket": bucket.bucket_name}]
    policy = b64encode(json.dumps({"expiration": "2099-01-01T00:00:00Z", "conditions": conditions}).encode()).decode()
    fields = {"key": "u/k", "OSSAccessKeyId": key_id, "policy": policy, "Signature": signing.sign_v1(secret, policy)}
    bucket.put_object("secret", b"secret")
    headers = {
        "x-oss-object-acl": "public-read", "x-oss-storage-class": "IA", "x-oss-tagging": "a=b", "x-oss-meta-a": "b",
        "x-oss-copy-source": f"/{bucket.bucket_name}/secret", "x-oss-callback": CALLBACK, "x-amz-acl": "public-read",
        "x-oss-forbid-overwrite": "true", "Cache-Control": "no-store", "Content-MD5": "x",
    }  # fmt: skip
    for _ in range(2):
        url = f"{server.endpoints['oss']}/{bucket.bucket_name}"
        answer = requests.post(url, data=fields, files={"file": ("f", DATA)}, headers=headers, timeout=10)
        assert answer.status_code == 204, answer.text
    found = bucket.get_object("u/k")
    assert found.read() == DATA
    assert bucket.get_object_acl("u/k").acl == "default"
    assert not bucket.get_object_tagging("u/k").tag_set.tagging_rule
    assert found.headers["x-oss-storage-class"] == "Standard"
    assert "x-oss-meta-a" not in found.headers
    assert "Cache-Control" not in found.headers


def test_a_refusal_is_in_the_log_by_the_name_of_what_was_tried(
    sign: Signer, bucket: oss2.Bucket, cli: Callable[..., str]
) -> None:
    sign("s3-url", "PUT", "mine").send({"x-amz-copy-source": f"/{bucket.bucket_name}/secret"})
    events = [json.loads(line) for line in cli("logs", "--output", "json", "-n", "50").splitlines()]
    assert [event["operation"] for event in events if event.get("code") == "AccessDenied"][-1:] == ["CopyObject"]
