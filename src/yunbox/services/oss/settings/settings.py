"""The sub-resources of a bucket: documents that are checked, kept and returned, and obeyed elsewhere.

``acl``, ``versioning`` and ``tagging`` are fields of the bucket; the others are kept as the client wrote them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import Forbidden, InvalidArgument, NotFound
from yunbox.services.oss.access import check_public, is_public
from yunbox.services.oss.buckets.buckets import (
    OPEN,
    BucketFound,
    bucket_acl,
    check_bucket_name,
    done,
    look,
    no_content,
    on_bucket,
    owner_element,
)
from yunbox.services.oss.http import s3_bodies
from yunbox.services.oss.http.documents import read_document, read_text
from yunbox.services.oss.http.route import BUCKET, OssRoute, Parse, on, xml
from yunbox.services.oss.http.shapes import malformed
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.services.oss.operation import READ, WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, at_bucket
from yunbox.services.oss.service import Oss
from yunbox.services.oss.settings.documents import CHECKS, check_overlap, logging_target, markup
from yunbox.services.oss.settings.policies import check_bucket_policy
from yunbox.storage.objects.model import ENABLED, PUBLIC_BLOCK, SUSPENDED, Bucket
from yunbox.storage.objects.retention import versioned
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element, parse_body

_DOCUMENT_BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True)
class NewSetting(OnBucket):
    """A value for a sub-resource."""

    value: str


@dataclass(frozen=True)
class Document:
    """A sub-resource that is kept as its document.

    ``name`` is the query's, ``noun`` the operations', ``absent`` the code for a bucket that has none, or the
    document that it then answers with. ``mounted`` ones there are on mounted buckets too.
    """

    name: str
    noun: str
    absent: str | Markup
    deletes: bool = True
    mounted: bool = False


_DOCUMENTS = (
    Document("cors", "BucketCors", "NoSuchCORSConfiguration", mounted=True),
    Document("encryption", "BucketEncryption", "NoSuchServerSideEncryptionRule"),
    Document("lifecycle", "BucketLifecycle", "NoSuchLifecycle"),
    Document("logging", "BucketLogging", element("BucketLoggingStatus")),
    Document("website", "BucketWebsite", "NoSuchWebsiteConfiguration"),
    Document("tagging", "BucketTags", element("Tagging", element("TagSet"))),
    Document(
        "referer",
        "BucketReferer",
        element(
            "RefererConfiguration",
            element("AllowEmptyReferer", "true"),
            element("AllowTruncateQueryString", "true"),
            element("RefererList"),
        ),
        deletes=False,
        mounted=True,
    ),
    Document(
        PUBLIC_BLOCK,
        "BucketPublicAccessBlock",
        OPEN,
    ),
    Document(
        "requestPayment",
        "BucketRequestPayment",
        element("RequestPaymentConfiguration", element("Payer", "BucketOwner")),
        deletes=False,
    ),
    Document(
        "transferAcceleration",
        "BucketTransferAcceleration",
        "NoSuchTransferAccelerationConfiguration",
        deletes=False,
    ),
)


def _parse(name: str) -> Parse:
    async def parse(request: OssRequest) -> NewSetting:
        check_bucket_name(request.bucket)
        body = await read_text(request, _DOCUMENT_BYTES_MAX)
        body = s3_bodies.to_oss(body) if request.dialect == S3 else body
        document = CHECKS[name](body)
        if name == "lifecycle":
            check_overlap(body, allowed=request.headers.get("x-oss-allow-same-action-overlap", "").lower() == "true")
        return NewSetting(request.bucket, document)

    return parse


def _put(name: str) -> Callable[[Oss, Call[NewSetting]], Awaitable[None]]:
    async def put(service: Oss, call: Call[NewSetting]) -> None:
        bucket = service.bucket(call.params.bucket)
        if name == "logging":
            _check_target(service, bucket, logging_target(call.params.value))
        await service.store.buckets.set(call.params.bucket, name, call.params.value)

    return put


def _check_target(service: Oss, bucket: Bucket, target: str) -> None:
    """Refuse logs for a bucket that is none, or another's: the vendor's pages of 0032-00000004, -08 and -09."""
    found = service.store.buckets.find(target) if target else bucket
    if found is None or found.account_id != bucket.account_id:
        raise InvalidArgument(
            f"The target bucket for logging does not exist, or is not yours: {target[:64]}",
            code="InvalidTargetBucketForLogging",
            ec="0032-00000008" if found is None else "0032-00000009",
        )


def _delete(name: str) -> Callable[[Oss, Call[OnBucket]], Awaitable[None]]:
    async def delete(service: Oss, call: Call[OnBucket]) -> None:
        await service.store.buckets.set(call.params.bucket, name, None)

    return delete


def _render(document: Document) -> Callable[[BucketFound, OssRequest], Response]:
    def render(result: BucketFound, request: OssRequest) -> Response:
        kept = result.bucket.settings.get(document.name)
        if kept is not None:
            return xml(s3_bodies.of_oss(kept) if request.dialect == S3 else Markup(kept))
        if isinstance(document.absent, Markup):
            return xml(document.absent)
        raise NotFound(f"The bucket has no {document.name} configuration.", code=document.absent, bucket=request.bucket)

    return render


def _puts(
    name: str, run: Callable[[Oss, Call[NewSetting]], Awaitable[None]], *, mounted: bool = False
) -> Operation[Oss, NewSetting, None]:
    return operation(name, NewSetting, run, touches_bucket(name), charge=WRITE, place=at_bucket, mounted=mounted)


def _gets(name: str, action: str = "", *, mounted: bool = False) -> Operation[Oss, OnBucket, BucketFound]:
    touches = touches_bucket(action or name)
    return operation(name, OnBucket, look, touches, charge=READ, place=at_bucket, mounted=mounted)


def _deletes(name: str, setting: str, *, mounted: bool = False) -> Operation[Oss, OnBucket, None]:
    touches = touches_bucket(name)
    return operation(name, OnBucket, _delete(setting), touches, charge=WRITE, place=at_bucket, mounted=mounted)


def _document_routes(document: Document) -> list[OssRoute]:
    noun = document.noun
    put = _puts(f"Put{noun}", _put(document.name), mounted=document.mounted)
    get = _gets(f"Get{noun}", mounted=document.mounted)
    delete = _deletes(f"Delete{noun}", document.name, mounted=document.mounted)
    routes = [
        on("PUT", BUCKET, put, _parse(document.name), done, when=document.name),
        on("GET", BUCKET, get, on_bucket, _render(document), when=document.name),
    ]
    if document.name == "tagging":
        routes.append(
            on("DELETE", BUCKET, _puts(f"Delete{noun}", _delete_tags), _some_tags, no_content, when="tagging")
        )
    elif document.deletes:
        routes.append(on("DELETE", BUCKET, delete, on_bucket, no_content, when=document.name))
    return routes


# -- ACL


@dataclass(frozen=True, slots=True)
class NewAcl(NewSetting):
    """An ACL, or the grants of the S3 dialect that stand for one."""

    grants: bytes = b""


async def _some_tags(request: OssRequest) -> NewSetting:
    return NewSetting(check_bucket_name(request.bucket), request.query["tagging"])


async def _delete_tags(service: Oss, call: Call[NewSetting]) -> None:
    """Take away all tags of a bucket, or those of the keys that are named (DeleteBucketTags)."""
    params = call.params
    kept = service.bucket(params.bucket).settings.get("tagging")
    named = [key.strip() for key in params.value.split(",") if key.strip()]
    if kept is not None and named:
        tags = [tag for tag in parse_body(kept.encode()).all("TagSet/Tag") if tag.value("Key") not in named]
        kept = str(element("Tagging", element("TagSet", *map(markup, tags)))) if tags else None
        await service.store.buckets.set(params.bucket, "tagging", kept)
        return
    await service.store.buckets.set(params.bucket, "tagging", None)


async def _new_acl(request: OssRequest) -> NewAcl:
    check_bucket_name(request.bucket)
    body = await read_text(request)
    if body.strip() and request.dialect == S3 and "x-oss-acl" not in request.headers:
        return NewAcl(request.bucket, "", body)
    return NewAcl(request.bucket, bucket_acl(request.headers.get("x-oss-acl", "")))


async def _put_acl(service: Oss, call: Call[NewAcl]) -> None:
    bucket, params = service.bucket(call.params.bucket), call.params
    acl = params.value or s3_bodies.acl_of(params.grants, bucket.account_id)
    check_public(blocked=bucket.blocks_public, acl=acl, noun="bucket")
    await service.store.buckets.update(params.bucket, acl=acl)


def _render_acl(result: BucketFound, request: OssRequest) -> Response:
    if request.dialect == S3:
        return xml(s3_bodies.acl_document(result.bucket.account_id, result.bucket.acl))
    grants = element("AccessControlList", element("Grant", result.bucket.acl))
    return xml(element("AccessControlPolicy", owner_element(result.bucket), grants))


# -- versioning


async def _new_versioning(request: OssRequest) -> NewSetting:
    check_bucket_name(request.bucket)
    root = await read_document(request, "VersioningConfiguration")
    status = root.value("Status")
    if status not in (ENABLED, SUSPENDED):
        raise malformed("The Status is Enabled or Suspended.")
    return NewSetting(request.bucket, status)


async def _put_versioning(service: Oss, call: Call[NewSetting]) -> None:
    await service.store.buckets.amend(call.params.bucket, versioned(call.params.value))


def _render_versioning(result: BucketFound, request: OssRequest) -> Response:
    status = element("Status", result.bucket.versioning) if result.bucket.versioning else None
    return xml(element("VersioningConfiguration", status))


# -- policy


async def _new_policy(request: OssRequest) -> NewSetting:
    check_bucket_name(request.bucket)
    return NewSetting(request.bucket, check_bucket_policy(await read_text(request)))


async def _put_policy(service: Oss, call: Call[NewSetting]) -> None:
    bucket = service.bucket(call.params.bucket)
    if bucket.blocks_public and is_public(call.params.value):
        raise Forbidden("Put public bucket policy is not allowed", code="AccessDenied")
    await service.store.buckets.set(call.params.bucket, "policy", call.params.value)


def _render_policy(result: BucketFound, request: OssRequest) -> Response:
    kept = result.bucket.settings.get("policy")
    if kept is None:
        raise NotFound("The bucket policy does not exist", code="NoSuchBucketPolicy", bucket=request.bucket)
    return Response(200, {"Content-Type": "application/json"}, kept.encode())


def _render_policy_status(result: BucketFound, request: OssRequest) -> Response:
    kept = result.bucket.settings.get("policy")
    public = kept is not None and is_public(kept)
    return xml(element("PolicyStatus", element("IsPublic", str(public).lower())))


_PUT_ACL = operation(
    "PutBucketAcl", NewAcl, _put_acl, touches_bucket("PutBucketAcl"), charge=WRITE, place=at_bucket, mounted=True
)
_FIXED = (
    on("PUT", BUCKET, _PUT_ACL, _new_acl, done, when="acl"),
    on("GET", BUCKET, _gets("GetBucketAcl", mounted=True), on_bucket, _render_acl, when="acl"),
    on("PUT", BUCKET, _puts("PutBucketVersioning", _put_versioning), _new_versioning, done, when="versioning"),
    on("GET", BUCKET, _gets("GetBucketVersioning", mounted=True), on_bucket, _render_versioning, when="versioning"),
    on("PUT", BUCKET, _puts("PutBucketPolicy", _put_policy, mounted=True), _new_policy, done, when="policy"),
    on("GET", BUCKET, _gets("GetBucketPolicy", mounted=True), on_bucket, _render_policy, when="policy"),
    on("DELETE", BUCKET, _deletes("DeleteBucketPolicy", "policy", mounted=True), on_bucket, no_content, when="policy"),
    on(
        "GET",
        BUCKET,
        _gets("GetBucketPolicyStatus", "GetBucketPolicy", mounted=True),
        on_bucket,
        _render_policy_status,
        when="policyStatus",
    ),
)
ROUTES = (*_FIXED, *(route for document in _DOCUMENTS for route in _document_routes(document)))
