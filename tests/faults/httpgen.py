# ruff: noqa: E501 - tables of words are read across
"""Requests made by chance and signed rightly: most of them make sense, some nearly, a few not at all.

Each begins as a request of a route that there is, and is then changed: its method, its path, its query, its headers, its
body. The signature is made last, over what is sent, so that it is never the reason for a refusal.
"""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TypeVar
from urllib.parse import quote, unquote

from tests.clients.oss.test_every_route import BODIES, HEADERS, QUERIES
from yunbox.services.oss.http.covered import V1_QUERY
from yunbox.services.oss.http.route import NOT_OFFERED_IN_S3, OBJECT, SERVICE, OssRoute
from yunbox.services.oss.routes import ROUTES
from yunbox.wire.oss import signing
from yunbox.wire.oss.chunked import SIGNED, STREAMING, chunk_text
from yunbox.wire.oss.signing_v2 import canonical_aws, canonical_oss2, sign_oss2

BUCKETS = ("fuzz-plain", "fuzz-versions", "fuzz-open", "fuzz-site")
KEYS = (
    "k",
    "k",
    "k",
    "folder/",
    "folder/k",
    "é",
    "字/字",
    "a b+c",
    "x&<>",
    "log",
    "link",
    "data.csv",
    "data.json",
    "index.html",
)
ODD_KEYS = (
    "a%01b",
    "%ff",
    "%zz",
    "..%2f..%2fx",
    "//",
    "%00",
    "k" * 1100,
    "/k",
    "%5Ck",
    "?",
    "a%0d%0ab",
    "%F0%9F%98%80",
)
WORDS = (
    "", "0", "1", "2", "-1", "10001", "²", "1e3", " 1", "0x1", "99999999999999999999", "9" * 400, "true", "false", "TRUE", "url",
    "yes", "null", "k", "/fuzz-plain/k", "fuzz-plain/k?versionId=null", "/fuzz-versions/k", "/no-such-bucket/k", "a=b&c=d", "a=b=c",
    "%80", "%", "é", "字", "😀", "a,b", "*", "bytes=0-1", "bytes=5-1", "bytes=-1", "bytes=0-", "bytes=", "bytes=²-", "private",
    "public-read", "public-read-write", "default", "Standard", "IA", "Archive", "ColdArchive", "STANDARD_IA", "AES256", "KMS",
    "aws:kms", "SM4", "COPY", "REPLACE", "Enabled", "2026-02-30T00:00:00.000Z", "2020-01-01T00:00:00.000Z", "19700101T000000Z",
    "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Foo 2026 99:99:99 GMT", "requester", "819200", "csv/select", "csv/meta", "json/select",
    "image/resize,w_1", "sys/saveas,o_eA", "e30=", "bm9uc2Vuc2U=", "=", "1B2M2Y8AsgTpgAmY7PhCfg==", '"zz"', 'W/"a"', "text/xml",
    "multipart/form-data; boundary=B", "multipart/form-data", "gzip", "aws-chunked", "chunked", "UNSIGNED-PAYLOAD", "a" * 9000,
    "\x07", "\x7f", "\x85", "\xff", "http://127.0.0.1:9/", "localhost", "{}", "[]", "arn:aws:s3:::b", "CAEQ", "10.0.0.1",
)  # fmt: skip
HEADER_NAMES = (
    "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "content-md5", "content-type",
    "content-encoding", "content-disposition", "cache-control", "content-language", "expires", "origin", "referer", "date",
    "accept-encoding", "access-control-request-method", "access-control-request-headers", "encoding-type", "expect", "x-forwarded-for",
    "transfer-encoding", "connection", "cookie",
)  # fmt: skip
OWN_NAMES = (
    "copy-source", "copy-source-range", "copy-source-if-match", "copy-source-if-modified-since", "metadata-directive",
    "tagging-directive", "object-acl", "acl", "tagging", "storage-class", "server-side-encryption", "server-side-encryption-key-id",
    "server-side-encryption-aws-kms-key-id", "server-side-data-encryption", "server-side-encryption-customer-algorithm", "meta-a",
    "meta-é", "callback", "callback-var", "forbid-overwrite", "traffic-limit", "request-payer", "symlink-target", "range-behavior",
    "complete-all", "rename-source", "date", "content-sha256", "decoded-content-length", "trailer", "checksum-crc32",
    "checksum-sha256", "sdk-checksum-algorithm", "security-token", "surprise", "allow-same-action-overlap", "hash-ctx",
    "object-lock-mode", "object-lock-retain-until-date", "grant-read", "website-redirect-location", "expected-bucket-owner",
    "mfa", "resource-group-id", "bucket-tagging", "process", "version-id", "if-match", "process-a",
)  # fmt: skip
QUERY_NAMES = (
    *sorted(signing.SUBRESOURCES), *V1_QUERY, *NOT_OFFERED_IN_S3, "x-oss-surprise", "x-amz-surprise", "x-id", "tag-key", "tag-value",
    "list-type", "versionId", "versionId", "uploadId", "partNumber", "yunboxSink", "yunboxHotspots", "expectedbucketowner",
    "x-amz-tagging", "x-oss-object-acl", "OSSAccessKeyId", "x-oss-signature-version", "X-Amz-Algorithm", "callback", "%00", "é",
)  # fmt: skip
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "PROPFIND", "TRACE")
SCHEMES = (
    "v1",
    "v1",
    "v1-url",
    "v4",
    "v4",
    "v4-url",
    "v2",
    "aws",
    "s3",
    "s3",
    "s3-url",
    "s3-chunks",
    "anonymous",
    "form",
)
DOCUMENTS = (*BODIES.values(), "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>",
             "<RestoreRequest><Days>1</Days><JobParameters><Tier>Standard</Tier></JobParameters></RestoreRequest>",
             "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
             "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part></CompleteMultipartUpload>",
             "<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>IA"
             "</StorageClass></Transition><Expiration><Days>60</Days></Expiration></Rule></LifecycleConfiguration>",
             "<SelectRequest><Expression>c2VsZWN0IF8xIGZyb20gb3Nzb2JqZWN0IHdoZXJlIF8xID4gMQ==</Expression><InputSerialization>"
             "<CSV><FileHeaderInfo>NONE</FileHeaderInfo></CSV></InputSerialization></SelectRequest>",
             "<SelectRequest><Expression>c2VsZWN0ICogZnJvbSBvc3NvYmplY3QuYVsqXQ==</Expression><InputSerialization><JSON><Type>LINES"
             "</Type></JSON></InputSerialization></SelectRequest>",
             "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>0</Type>"
             "</IndexDocument><ErrorDocument><Key>e</Key></ErrorDocument><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber>"
             "<Condition><KeyPrefixEquals>a/</KeyPrefixEquals></Condition><Redirect><RedirectType>External</RedirectType>"
             "<ReplaceKeyWith>b/${key}</ReplaceKeyWith></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>",
             "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>http://*.a.com</Referer>"
             "</RefererList></RefererConfiguration>")  # fmt: skip
T = TypeVar("T")
_BOUNDARY = "XyZ"
_CALM = 0.55
"""How often a request keeps each part as its route has it."""


@dataclass
class Draft:
    """A request that is being made; texts stand for bytes as in latin-1, names of headers are in lower case."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    scheme: str = "v1"

    @property
    def target(self) -> str:
        """The path and the query as they are sent."""
        pairs = "&".join(f"{name}={value}" if value else name for name, value in self.query)
        return self.path + (f"?{pairs}" if pairs else "")

    def named(self) -> dict[str, str]:
        """The headers as the server keeps them."""
        return {name: value.strip() for name, value in self.headers}


class Generator:
    """A stream of requests that a seed determines, signed by one key."""

    def __init__(self, seed: int, key_id: str, secret: str, host: str) -> None:
        self.random = random.Random(seed)
        self._key_id, self._secret, self._host = key_id, secret, host
        self._routes = [route for route in ROUTES if "Mount" not in route.operation.name]

    def request(self) -> bytes:
        """The next one, as it goes over the wire."""
        draft = self._draft(self.pick(self._routes))
        self._change(draft)
        signer: dict[str, Callable[[Draft], None]] = {
            "v2": self._v2, "aws": self._aws, "v1": self._v1, "v1-url": self._v1_url, "v4": self._v4, "v4-url": self._v4_url, "s3": self._s3,
            "s3-url": self._s3_url, "s3-chunks": self._s3_chunks, "form": self._form,
        }  # fmt: skip
        signer.get(draft.scheme, lambda _draft: None)(draft)
        return self._bytes(draft)

    def pick(self, choices: Sequence[T]) -> T:
        """One of some things."""
        return choices[self.random.randrange(len(choices))]

    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return self.random.random() < probability

    # -- a request of a route

    def _draft(self, route: OssRoute) -> Draft:
        name = route.operation.name
        query = (
            [(route.marks.when, self.pick(route.marks.values) if route.marks.values else "")]
            if route.marks.when
            else []
        )
        query += [(key, quote(value)) for key, value in QUERIES.get(name, {}).items() if key != route.marks.when]
        headers = [
            (key.lower(), value.replace("/private/", "/fuzz-plain/")) for key, value in HEADERS.get(name, {}).items()
        ]
        body = BODIES.get(name, "").encode()
        if not body and route.method in ("PUT", "POST"):
            body = self.random.choice(
                (b"", b"data", b"1,2\n3,4\n", b'{"a":[{"b":1}]}\n', self.pick(DOCUMENTS).encode())
            )
        return Draft(route.method, self._path(route.level), query, headers, body, self.pick(SCHEMES))

    def _path(self, level: str) -> str:
        if level == SERVICE:
            return "/"
        bucket = self.pick(BUCKETS)
        if level != OBJECT:
            return f"/{bucket}/" if self.chance(0.8) else f"/{bucket}"
        key = self.pick(ODD_KEYS) if self.chance(0.05) else quote(self.pick(KEYS), safe="/")
        return f"/{bucket}/{key}"

    # -- its changes

    def _change(self, draft: Draft) -> None:
        if self.chance(0.05):
            draft.method = self.pick(METHODS)
        if self.chance(0.03):
            draft.path = self.pick(
                (
                    "",
                    "/",
                    "//",
                    "/..",
                    "/%2e%2e/k",
                    "/UPPER/k",
                    "/" + "b" * 70,
                    "/%ff",
                    "*",
                    "/x/" + self.pick(ODD_KEYS),
                )
            )
        if not self.chance(_CALM):
            self._change_query(draft)
        if not self.chance(_CALM):
            self._change_headers(draft)
        if not self.chance(_CALM):
            draft.body = self._changed(draft.body)
        if draft.body and self.chance(0.3):
            draft.headers.append(("content-md5", base64.b64encode(hashlib.md5(draft.body).digest()).decode()))

    def _change_query(self, draft: Draft) -> None:
        for _ in range(self.random.randrange(1, 4)):
            value = self.pick(WORDS)
            draft.query.append((self.pick(QUERY_NAMES), value if self.chance(0.1) else quote(value)))
        if self.chance(0.1):
            draft.query.append(self.pick(draft.query))
        draft.query = [
            (n.replace(" ", "+"), v.replace(" ", "+"))
            for n, v in draft.query
            if (n + v).isascii() and (n + v).isprintable()
        ]

    def _change_headers(self, draft: Draft) -> None:
        for _ in range(self.random.randrange(1, 4)):
            name = (
                self.pick(HEADER_NAMES)
                if self.chance(0.4)
                else self.pick(("x-oss-", "x-oss-", "x-amz-")) + self.pick(OWN_NAMES)
            )
            value = self.pick(WORDS)
            if name in ("transfer-encoding", "connection", "expect") and not self.chance(0.1):
                continue
            if name.isascii():
                draft.headers.append((name, value if value.isascii() else value.encode().decode("latin-1")))
        if draft.headers and self.chance(0.05):
            draft.headers.append((draft.headers[0][0], self.pick(WORDS[:30]).encode().decode("latin-1")))

    def _changed(self, body: bytes) -> bytes:
        if self.chance(0.2):
            return self.random.choice(
                (b"", b"<", b"\0\xff", b"{}", b"<a/>", self.random.randbytes(40), self.pick(DOCUMENTS).encode())
            )
        text = bytearray(body or self.pick(DOCUMENTS).encode())
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(text) + 1)
            how = self.random.randrange(5)
            if how == 0:
                text[at:at] = self.pick(WORDS[:60]).encode()
            elif how == 1:
                del text[at : at + self.random.randrange(1, 12)]
            elif how == 2 and text:
                text[at % len(text)] = self.random.randrange(256)
            elif how == 3:
                self._retext(text)
            else:
                text[at:at] = text[at : at + 30]
        return bytes(text)

    def _retext(self, text: bytearray) -> None:
        """Give an element of a document another text."""
        ends = [at for at in range(len(text)) if text[at : at + 1] == b">"]
        if ends:
            at = self.pick(ends) + 1
            until = text.find(b"<", at)
            text[at : max(until, at)] = self.pick(WORDS).encode().replace(b"<", b"").replace(b"&", b"&amp;")

    # -- its signature

    def _resource(self, draft: Draft) -> str:
        """The bucket and the key as they are signed: a bucket alone has its slash."""
        path = unquote(draft.path)
        return path if path.count("/") > 1 or path in ("", "/") else f"{path}/"

    def _v1(self, draft: Draft) -> None:
        draft.headers.append(("date", formatdate(usegmt=True)))
        headers = _texts(draft.named())
        text = signing.canonical_v1(
            draft.method, self._resource(draft), _decoded(draft.query), headers, headers["date"]
        )
        draft.headers.append(("authorization", f"OSS {self._key_id}:{signing.sign_v1(self._secret, text)}"))

    def _v1_url(self, draft: Draft) -> None:
        expires = str(int(time.time()) + 600)
        text = signing.canonical_v1(
            draft.method, self._resource(draft), _decoded(draft.query), _texts(draft.named()), expires, overridden=False
        )
        signature = quote(signing.sign_v1(self._secret, text), safe="")
        draft.query += [("OSSAccessKeyId", self._key_id), ("Expires", expires), ("Signature", signature)]

    def _v2(self, draft: Draft) -> None:
        draft.headers.append(("date", formatdate(usegmt=True)))
        headers = _texts(draft.named())
        text = canonical_oss2(draft.method, self._resource(draft), draft.query, headers, (), headers["date"])
        signature = sign_oss2(self._secret, text)
        draft.headers.append(("authorization", f"OSS2 AccessKeyId:{self._key_id},Signature:{signature}"))

    def _aws(self, draft: Draft) -> None:
        draft.headers.append(("x-amz-date", formatdate(usegmt=True)))
        text = canonical_aws(draft.method, draft.path, draft.query, _texts(draft.named()), "")
        draft.headers.append(("authorization", f"AWS {self._key_id}:{signing.sign_v1(self._secret, text)}"))

    def _scope(self, service: str, end: str) -> tuple[str, signing.Scope]:
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return date, signing.Scope(self._key_id, date[:8], "cn-local", service, end)

    def _v4(self, draft: Draft) -> None:
        date, scope = self._scope("oss", "aliyun_v4_request")
        draft.headers += [("x-oss-date", date), ("x-oss-content-sha256", signing.UNSIGNED)]
        headers = _texts(draft.named())
        extra = [name for name in ("range", "if-match", "host") if name in headers and self.chance(0.5)]
        text = signing.canonical_v4(draft.method, self._resource(draft), draft.query, headers, extra, date, scope)
        signature = signing.sign_v4(self._secret, text, scope.date, scope.region, scope.service)
        fields = f"Credential={self._key_id}/{scope.text}"
        fields += f",AdditionalHeaders={';'.join(extra)}" if extra else ""
        draft.headers.append(("authorization", f"{signing.V4_ALGORITHM} {fields},Signature={signature}"))

    def _v4_url(self, draft: Draft) -> None:
        date, scope = self._scope("oss", "aliyun_v4_request")
        draft.query += [("x-oss-signature-version", signing.V4_ALGORITHM), ("x-oss-date", date), ("x-oss-expires", "600"),
                        ("x-oss-credential", quote(f"{self._key_id}/{scope.text}", safe=""))]  # fmt: skip
        text = signing.canonical_v4(
            draft.method, self._resource(draft), draft.query, _texts(draft.named()), (), date, scope
        )
        draft.query.append(("x-oss-signature", signing.sign_v4(self._secret, text, *scope.text.split("/")[:3])))

    def _s3(self, draft: Draft, payload: str = "") -> tuple[str, str]:
        """The date and the signature."""
        date, scope = self._scope("s3", "aws4_request")
        payload = payload or (signing.UNSIGNED if self.chance(0.5) else hashlib.sha256(draft.body).hexdigest())
        draft.headers += [("host", self._host), ("x-amz-date", date), ("x-amz-content-sha256", payload)]
        headers = _texts(draft.named())
        signed = sorted(name for name in headers if name == "host" or name.startswith("x-amz-"))
        text = signing.canonical_s3(draft.method, draft.path, draft.query, headers, signed, date, scope, payload)
        signature = signing.sign_s3(self._secret, text, scope.date, scope.region, scope.service)
        fields = f"Credential={self._key_id}/{scope.text}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        draft.headers.append(("authorization", f"{signing.S3_ALGORITHM} {fields}"))
        return date, signature

    def _s3_url(self, draft: Draft) -> None:
        date, scope = self._scope("s3", "aws4_request")
        draft.headers.append(("host", self._host))
        headers = _texts(draft.named())
        signed = sorted(name for name in headers if name == "host" or name.startswith("x-amz-"))
        draft.query += [("X-Amz-Algorithm", signing.S3_ALGORITHM), ("X-Amz-Date", date), ("X-Amz-Expires", "600"),
                        ("X-Amz-Credential", quote(f"{self._key_id}/{scope.text}", safe="")),
                        ("X-Amz-SignedHeaders", quote(";".join(signed), safe=""))]  # fmt: skip
        text = signing.canonical_s3(
            draft.method, draft.path, draft.query, headers, signed, date, scope, signing.UNSIGNED
        )
        draft.query.append(("X-Amz-Signature", signing.sign_s3(self._secret, text, *scope.text.split("/")[:3])))

    def _s3_chunks(self, draft: Draft) -> None:
        """A body in chunks, which are now and then damaged."""
        data, payload = draft.body, self.pick(STREAMING)
        draft.headers += [("x-amz-decoded-content-length", str(len(data))), ("content-encoding", "aws-chunked")]
        if payload.endswith("-TRAILER"):
            draft.headers.append(
                ("x-amz-trailer", self.pick(("x-amz-checksum-crc32", "x-amz-checksum-sha256", "", "x")))
            )
        date, before = self._s3(draft, payload)
        scope = f"{date[:8]}/cn-local/s3/aws4_request"
        body = b""
        for part in (data, b"") if data else (b"",):
            before = signing.sign_s3(
                self._secret,
                chunk_text(date, scope, before, hashlib.sha256(part).hexdigest(), False),
                *scope.split("/")[:3],
            )
            extension = f";chunk-signature={before}" if payload.startswith(SIGNED) else ""
            body += f"{len(part):x}{extension}\r\n".encode() + part + (b"\r\n" if part else b"")
        if payload.endswith("-TRAILER"):
            body += self.random.choice((b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n", b"nonsense\r\n", b""))
        draft.body = self._changed(body) if self.chance(0.2) else body + b"\r\n"

    def _form(self, draft: Draft) -> None:
        """A form of the request: its headers are the form's fields."""
        policy = {
            "expiration": "2099-01-01T00:00:00Z",
            "conditions": [{"bucket": "fuzz-plain"}][: self.random.randrange(2)],
        }
        text = json.dumps(policy).encode()
        if self.chance(0.1):
            text = self._changed(text)
        encoded = base64.b64encode(text).decode()
        signature = base64.b64encode(hmac.digest(self._secret.encode(), encoded.encode(), "sha1")).decode()
        fields = {"key": self.pick((*KEYS, "${filename}")), "policy": encoded, "OSSAccessKeyId": self._key_id,
                  "Signature": signature, **dict(draft.headers)}  # fmt: skip
        if self.chance(0.1):
            fields.pop(self.pick(sorted(fields)))
        body = b"".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
            + value.encode()
            + b"\r\n"
            for name, value in fields.items()
        )
        body += f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
        body += draft.body + f"\r\n--{_BOUNDARY}--\r\n".encode()
        draft.method, draft.path, draft.query = "POST", f"/{self.pick(BUCKETS)}/", []
        draft.headers = [("content-type", f"multipart/form-data; boundary={_BOUNDARY}")]
        draft.body = self._changed(body) if self.chance(0.2) else body

    # -- its bytes

    def _bytes(self, draft: Draft) -> bytes:
        names = {name for name, _ in draft.headers}
        lines = [] if "host" in names else [("host", self._host)]
        lines += draft.headers
        body = draft.body
        if draft.body and not names & {"content-length", "transfer-encoding"} and self.chance(0.15):
            lines.append(("transfer-encoding", "chunked"))
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:]) if piece]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        elif not names & {"content-length", "transfer-encoding"}:
            lines.append(("content-length", str(len(body))))
        if draft.scheme in ("anonymous",) and self.chance(0.3):
            lines.append(
                ("authorization", self.pick(("OSS a:b", "AWS a:b", "OSS4-HMAC-SHA256 x", "Basic eDp4", "nonsense")))
            )
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        return f"{draft.method} {draft.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def _decoded(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(signing.decoded(name), signing.decoded(value)) for name, value in query]


def _texts(headers: dict[str, str]) -> dict[str, str]:
    """Headers as texts: what clients sign of bytes that are UTF-8."""
    return {name: value.encode("latin-1").decode("utf-8", "surrogateescape") for name, value in headers.items()}
