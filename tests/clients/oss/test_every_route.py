"""Every route of OSS leads through the spine: without a signature nobody gets in, nor a user without policies."""

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import urlencode

import oss2
import pytest
import requests

from tests.clients.ram import new_user
from yunbox.services.oss.http.route import BUCKET, OBJECT, SERVICE, OssRoute, on
from yunbox.services.oss.routes import ROUTES
from yunbox.testing.server import Server
from yunbox.wire.oss.signing import canonical_v1, sign_v1

OPEN = {"OptionObject"}
"""A browser's preflight is unsigned by its nature, and tells no more than the bucket's CORS rules."""
PER_ITEM = {"DeleteMultipleObjects"}
"""Each of its keys is authorised by itself, and refused by itself."""
FORMS = {"PostObject"}
"""Its signature is in the form."""
# ruff: noqa: E501
_BLOCK = "<PublicAccessBlockConfiguration><BlockPublicAccess>false</BlockPublicAccess></PublicAccessBlockConfiguration>"
BODIES = {
    "PutBucketVersioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "PutBucketPolicy": '{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:b/*"]}]}',
    "PutBucketCors": "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
    "PutBucketEncryption": "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
    "PutBucketLifecycle": "<LifecycleConfiguration><Rule><ID>a</ID><Prefix/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "PutBucketLogging": "<BucketLoggingStatus/>",
    "PutBucketWebsite": "<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument></WebsiteConfiguration>",
    "PutBucketPublicAccessBlock": _BLOCK,
    "PutPublicAccessBlock": _BLOCK,
    "InitiateBucketWorm": "<InitiateWormConfiguration><RetentionPeriodInDays>1</RetentionPeriodInDays></InitiateWormConfiguration>",
    "ExtendBucketWorm": "<ExtendWormConfiguration><RetentionPeriodInDays>2</RetentionPeriodInDays></ExtendWormConfiguration>",
    "PutBucketTags": "<Tagging><TagSet/></Tagging>",
    "PutObjectTagging": "<Tagging><TagSet/></Tagging>",
    "PutBucketReferer": "<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer></RefererConfiguration>",
    "PutBucketRequestPayment": "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    "PutBucketTransferAcceleration": "<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>",
    "SelectObject": "<SelectRequest><Expression>c2VsZWN0ICogZnJvbSBvc3NvYmplY3Q=</Expression></SelectRequest>",
    "CreateSelectObjectMeta": "<CsvMetaRequest/>",
    "CompleteMultipartUpload": "<CompleteMultipartUpload/>",
    "YunboxMountRemote": '{"scheme":"s3","endpoint":"http://127.0.0.1:9","remote_bucket":"bbb","access_key_id":"i","access_key_secret":"s"}',
    "DeleteMultipleObjects": "<Delete><Object><Key>k</Key></Object></Delete>",
}  # fmt: skip
HEADERS = {
    "PutBucketAcl": {"x-oss-acl": "private"},
    "PutObjectAcl": {"x-oss-object-acl": "private"},
    "PutSymlink": {"x-oss-symlink-target": "t"},
    "Rename": {"x-oss-rename-source": "k2"},
    "CopyObject": {"x-oss-copy-source": "/private/k"},
    "UploadPartCopy": {"x-oss-copy-source": "/private/k"},
}
QUERIES = {"UploadPart": {"partNumber": "1"}, "UploadPartCopy": {"partNumber": "1"}, "AppendObject": {"position": "0"}, "SealAppendObject": {"position": "0"}, "ExtendBucketWorm": {"wormId": "1"},
           "ListObjectsV2": {"list-type": "2"}, "SelectObject": {"x-oss-process": "csv/select"}, "CreateSelectObjectMeta": {"x-oss-process": "csv/meta"}}  # fmt: skip


def identify(route: OssRoute) -> str:
    return f"{route.operation.name} {route.method} {route.level}{'?' + route.marks.when if route.marks.when else ''}"


@pytest.fixture(scope="module")
def private(server: Server) -> str:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], "private")
    bucket.create_bucket()
    bucket.put_object("k", b"secret")
    return "private"


@pytest.fixture(scope="module")
def nobody(server: Server) -> tuple[str, str]:
    return new_user(server, "oss-nobody")


Send = Callable[[OssRoute, tuple[str, str] | None], requests.Response]


@pytest.fixture
def send(server: Server, private: str) -> Send:
    def run(route: OssRoute, key: tuple[str, str] | None) -> requests.Response:
        resource = {SERVICE: "/", BUCKET: f"/{private}/", OBJECT: f"/{private}/k"}[route.level]
        pairs = {**({route.marks.when: ""} if route.marks.when else {}), **QUERIES.get(route.operation.name, {})}
        body = BODIES.get(route.operation.name, "").encode()
        sum_ = base64.b64encode(hashlib.md5(body).digest()).decode()
        headers = {"Date": _now(), "Content-MD5": sum_, **HEADERS.get(route.operation.name, {})}
        if key:
            lowered = {name.lower(): value for name, value in headers.items()}
            text = canonical_v1(route.method, resource, tuple(pairs.items()), lowered, headers["Date"])
            headers["Authorization"] = f"OSS {key[0]}:{sign_v1(key[1], text)}"
        url = f"{server.endpoints['oss']}{resource}" + (f"?{urlencode(pairs)}" if pairs else "")
        return requests.request(route.method, url, headers=headers, data=body, timeout=30)

    return run


def _now() -> str:
    from email.utils import formatdate

    return formatdate(usegmt=True)


CLOSED = [route for route in ROUTES if route.operation.name not in OPEN | FORMS]


@pytest.mark.parametrize("route", CLOSED, ids=identify)
def test_nobody_gets_in_unsigned_or_without_policies(route: OssRoute, send: Send, nobody: tuple[str, str]) -> None:
    for key in (None, nobody, (nobody[0], "wrong")):
        answer = send(route, key)
        assert answer.headers["x-oss-request-id"]
        if route.operation.name in PER_ITEM and key != (nobody[0], "wrong"):
            assert b"AccessDenied" in answer.content
        else:
            assert answer.status_code == 403, answer.text
            assert route.method == "HEAD" or b"<Code>" in answer.content
    assert send(on("GET", OBJECT, ROUTES[0].operation, ROUTES[0].parse, ROUTES[0].render), None).status_code == 403
