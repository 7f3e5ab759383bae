"""Writing objects: put, appended, copied and deleted."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, unquote_plus

from yunbox.kernel.call import Access, Call, Operation, Shape
from yunbox.kernel.errors import Conflict, InvalidArgument, KernelError
from yunbox.services.oss import faults
from yunbox.services.oss.buckets.buckets import check_bucket_name
from yunbox.services.oss.http.callback import callback_of
from yunbox.services.oss.http.route import BUCKET, OBJECT, Route, empty, xml
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.services.oss.objects.body import body_chunks, received
from yunbox.services.oss.objects.callbacks import answered, call_back
from yunbox.services.oss.objects.headers import (
    attributes,
    check_conditions,
    check_digest,
    encryption,
    encryption_headers,
    is_frozen,
    kept_headers,
    sum_header,
    version_header,
    written_headers,
)
from yunbox.services.oss.objects.reads import follow
from yunbox.services.oss.objects.transfer import Origin, overwrite_check, transfer
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss, iso_time, retrieve, write
from yunbox.services.oss.settings.lifecycle import expiration_header
from yunbox.storage.objects.model import MULTIPART, NORMAL, SSE_HEADERS, Bucket, ObjectRecord
from yunbox.storage.objects.objects import Addition, check_key
from yunbox.storage.objects.versions import version_id
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, Node, element, parse_body

DELETE_MAX = 1000
_REFERENCE = re.compile(rb"&#(?:x0*([0-9a-fA-F]{1,2})|0*([0-9]{1,2}));")


@dataclass(frozen=True)
class Writing:
    """A request that writes one object."""

    request: OssRequest

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.request.bucket

    @property
    def key(self) -> str:
        """The object's key."""
        return self.request.key


@dataclass(frozen=True)
class Written:
    """An object that was written, and what the callback answered, if the writer asked for one."""

    bucket: Bucket
    record: ObjectRecord
    request: OssRequest | None = None
    answer: Response | None = None


async def writing(request: OssRequest) -> Writing:
    """The parameters of a request that writes one object."""
    check_key(request.key)
    return Writing(request)


async def _put(service: Oss, call: Call[Writing]) -> Written:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    callback = callback_of(request)
    given = attributes(request, call.principal.account_id, bucket)
    chunks = body_chunks(service, request, OBJECT_BYTES_MAX)
    digest = request.headers.get("content-md5", "")
    content = await received(service, chunks, lambda found: check_digest(found, digest))
    record = await service.backend(bucket).put(bucket, request.key, content, given, overwrite_check(request))
    call.usage.uploaded_bytes = content.size
    write(call, request.bucket)
    return Written(bucket, record, answer=await call_back(service, call, callback, bucket, record))


def puts(service: Oss, params: Writing) -> tuple[Access, ...]:
    """The accesses of a write: of the object, and of the tags and the ACL that it gives it."""
    accesses = [service.touch("PutObject", params.bucket, params.key)]
    if params.request.headers.get("x-oss-tagging"):
        accesses.append(service.touch("PutObjectTagging", params.bucket, params.key))
    if params.request.headers.get("x-oss-object-acl", "default") != "default":
        accesses.append(service.touch("PutObjectAcl", params.bucket, params.key))
    return tuple(accesses)


def _render_written(result: Written, request: OssRequest) -> Response:
    headers = written_headers(result.bucket, result.record)
    return answered(empty(200, headers | expiration_header(result.bucket, request.key, result.record)), result.answer)


# -- append


async def _append(service: Oss, call: Call[Writing]) -> Written:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    position = request.integer("position", -1)
    if position < 0:
        raise InvalidArgument("The append position is missing or is no number.")
    if bucket.versioning:
        raise Conflict("Objects of a bucket with versions cannot be appended to.", code="ObjectNotAppendable")
    given = attributes(request, call.principal.account_id, bucket)
    chunks = body_chunks(service, request, OBJECT_BYTES_MAX)
    digest = request.headers.get("content-md5", "")
    addition = Addition(position, chunks, given, OBJECT_BYTES_MAX, lambda found: check_digest(found, digest))
    record = await service.backend(bucket).append(bucket, request.key, addition)
    call.usage.uploaded_bytes = record.size - position
    write(call, request.bucket)
    return Written(bucket, record)


def _render_appended(result: Written, request: OssRequest) -> Response:
    position = {"x-oss-next-append-position": str(result.record.size)}
    return empty(200, written_headers(result.bucket, result.record) | position)


# -- copy


@dataclass(frozen=True)
class Copying:
    """A copy: from where, and the request that says the rest."""

    request: OssRequest
    source_bucket: str
    source_key: str
    source_version: str | None


async def copying(request: OssRequest) -> Copying:
    """The parameters of a copy. The vendor's Go SDK and ossutil send a space as a plus. Raises InvalidArgument."""
    check_key(request.key)
    text, _, query = request.headers["x-oss-copy-source"].partition("?")
    bucket, _, key = unquote_plus(text).lstrip("/").partition("/")
    if not bucket or not key:
        raise InvalidArgument("Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.")
    check_bucket_name(bucket)
    check_key(key)
    wanted = unquote(query.removeprefix("versionId=")) if query.startswith("versionId=") else None
    return Copying(request, bucket, key, wanted)


def copies(service: Oss, params: Copying) -> tuple[Access, ...]:
    """The accesses of a copy."""
    return (
        service.touch("GetObject", params.source_bucket, params.source_key),
        service.touch("PutObject", params.request.bucket, params.request.key),
    )


async def _copy(service: Oss, call: Call[Copying]) -> tuple[Written, str]:
    params, request = call.params, call.params.request
    origin, bucket = service.bucket(params.source_bucket), service.bucket(request.bucket)
    _, source, held = await follow(service, origin, params.source_key, params.source_version)
    try:
        check_conditions(source, request.headers, "x-oss-copy-source-")
        if is_frozen(source, service.store.objects.now_ms()):
            raise Conflict("The operation is not valid for the object's state.", code="InvalidObjectState")
        record = _copied_record(source, request, bucket, call.principal.account_id, service.store.objects.now_ms())
        if _changes_nothing(params, source, record):
            raise InvalidArgument(
                "This copy request is illegal because it tries to copy an object to itself without changing its "
                "metadata, storage class or encryption.",
                code="InvalidRequest",
            )
        retrieve(call, source, source.size)
        written = await transfer(service, Origin(origin, params.source_key, source, held), request, bucket, record)
    finally:
        held.close()
    write(call, request.bucket)
    return Written(bucket, written), version_id(source) if origin.versioning else ""


def _copied_record(source: ObjectRecord, request: OssRequest, bucket: Bucket, owner: str, now_ms: int) -> ObjectRecord:
    """The record of a copy: an object of many parts becomes one whole object with the same bytes."""
    headers = request.headers
    given = attributes(request, owner, bucket)
    replaced = headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE"
    retagged = headers.get("x-oss-tagging-directive", "COPY").upper() == "REPLACE"
    plain = {name: value for name, value in source.headers.items() if name not in SSE_HEADERS}
    return ObjectRecord(
        source.kind if source.kind == MULTIPART else NORMAL,
        source.size,
        now_ms,
        source.etag,
        source.crc64,
        given.storage_class or bucket.storage_class,
        headers=bucket.encrypted(kept_headers(headers) if replaced else plain | encryption(headers)),
        tags=given.tags if retagged else source.tags,
        owner=owner,
        acl=given.acl,
    )


def _changes_nothing(params: Copying, source: ObjectRecord, record: ObjectRecord) -> bool:
    """S3 refuses a copy onto itself that changes nothing; OSS takes it for a touch."""
    request = params.request
    same = (params.source_bucket, params.source_key) == (request.bucket, request.key) and params.source_version is None
    return (
        request.dialect == S3
        and same
        and request.headers.get("x-oss-metadata-directive", "COPY").upper() == "COPY"
        and record.storage_class == source.storage_class
        and encryption_headers(record.headers) == encryption_headers(source.headers)
    )


def _render_copied(result: tuple[Written, str], request: OssRequest) -> Response:
    written, origin = result
    headers = version_header(written.bucket, written.record)
    headers |= sum_header(written.record) | encryption_headers(written.record.headers)
    if origin:
        headers["x-oss-copy-source-version-id"] = origin
    body = element(
        "CopyObjectResult",
        element("LastModified", iso_time(written.record.modified_ms)),
        element("ETag", f'"{written.record.etag}"'),
    )
    return xml(body, headers=headers)


# -- delete


@dataclass(frozen=True)
class Deletion:
    """One key, or one version of it."""

    bucket: str
    key: str
    version: str | None


@dataclass(frozen=True)
class Deleted:
    """What was asked to go, and the delete marker that was made or removed."""

    asked: Deletion
    marker: ObjectRecord | None
    versioned: bool
    error: KernelError | None = None


async def _deletion(request: OssRequest) -> Deletion:
    check_key(request.key)
    return Deletion(request.bucket, request.key, request.query.get("versionId"))


def _delete_access(service: Oss, asked: Deletion) -> Access:
    action = "DeleteObject" if asked.version is None else "DeleteObjectVersion"
    return service.touch(action, asked.bucket, asked.key)


async def _delete(service: Oss, call: Call[Deletion]) -> Deleted:
    asked = call.params
    bucket = service.bucket(asked.bucket)
    gone = await service.backend(bucket).delete(bucket, asked.key, call.principal.account_id, asked.version)
    write(call, asked.bucket)
    return Deleted(asked, gone if gone is not None and gone.is_marker else None, bool(bucket.versioning))


def _render_deleted(result: Deleted, request: OssRequest) -> Response:
    headers: dict[str, str] = {}
    if result.marker is not None:
        headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": version_id(result.marker)}
    elif result.asked.version is not None:
        headers["x-oss-version-id"] = result.asked.version
    return empty(204, headers)


@dataclass(frozen=True)
class Deletions:
    """Many keys at once; ``quiet`` leaves out of the answer what went well."""

    bucket: str
    items: tuple[Deletion, ...]
    quiet: bool
    encoded: bool


async def _deletions(request: OssRequest) -> Deletions:
    body = await request.body.read(2 * 1024 * 1024)
    root, restored = _parse_keys(body)
    if root.tag != "Delete":
        raise InvalidArgument("The XML you provided was not well-formed.", code="MalformedXML")
    items = tuple(
        Deletion(request.bucket, restored(_raw(node, "Key")), _raw(node, "VersionId") or None)
        for node in root.all("Object")
    )
    if not 1 <= len(items) <= DELETE_MAX:
        raise InvalidArgument(f"A request deletes 1 to {DELETE_MAX} objects.", code="MalformedXML")
    encoding = request.query.get("encoding-type") or request.headers.get("encoding-type") or root.value("EncodingType")
    if encoding == "url2":  # `url` asks for encoded keys in the answer alone, and those of the request are plain
        items = tuple(replace(item, key=unquote(item.key)) for item in items)
    for item in items:
        check_key(item.key)
    return Deletions(request.bucket, items, root.value("Quiet").lower() == "true", encoding in ("url", "url2"))


def _parse_keys(body: bytes) -> tuple[Node, Callable[[str], str]]:
    """A document with keys, and what gives them back the control characters that XML cannot spell.

    The vendor's Go SDKs write them as ``&#x07;``, which no parser takes, and the real service does.
    """
    mark = secrets.token_hex(8)

    def hidden(found: re.Match[bytes]) -> bytes:
        number = int(found[1], 16) if found[1] else int(found[2])
        return found[0] if number > 0x1F or number in b"\t\n\r" else f"{mark}{number:02x}".encode()

    def restored(text: str) -> str:
        return re.sub(f"{mark}(..)", lambda found: chr(int(found[1], 16)), text) if mark in text else text

    return parse_body(_REFERENCE.sub(hidden, body)), restored


def _raw(node: Node, tag: str) -> str:
    """Text as it is: a key may begin or end with spaces."""
    child = node.find(tag)
    return child.text if child is not None else ""


async def _delete_many(service: Oss, call: Call[Deletions]) -> tuple[Deletions, list[Deleted]]:
    params = call.params
    bucket = service.bucket(params.bucket)
    allowed: list[Deletion] = []
    results: list[Deleted] = []
    for item in params.items:
        decision = service.authoriser.decide(call.principal, _delete_access(service, item), call.context)
        if decision.allowed:
            allowed.append(item)
        else:
            error = KernelError("You have no right to access this object.", code="AccessDenied")
            results.append(Deleted(item, None, False, error))
    gone = await service.backend(bucket).delete_many(
        bucket, [(item.key, item.version) for item in allowed], call.principal.account_id
    )
    for item, record in zip(allowed, gone, strict=True):
        refused = record if isinstance(record, KernelError) else None
        marker = record if isinstance(record, ObjectRecord) and record.is_marker else None
        results.append(Deleted(item, marker, bool(bucket.versioning), refused))
    write(call, params.bucket)
    return params, results


def _render_deletions(result: tuple[Deletions, list[Deleted]], request: OssRequest) -> Response:
    params, results = result
    shown = [_deletion_element(item, params.encoded) for item in results if item.error or not params.quiet]
    if not shown and request.dialect != S3:
        return empty(200)
    encoding = element("EncodingType", "url") if params.encoded else None
    return xml(element("DeleteResult", encoding, *shown))


def _deletion_element(item: Deleted, encoded: bool) -> Markup:
    key = quote(item.asked.key, safe="/") if encoded else item.asked.key
    wanted = element("VersionId", item.asked.version) if item.asked.version is not None else None
    if item.error is not None:
        _, code, message = faults.reply(item.error)
        return element("Error", element("Key", key), wanted, element("Code", code), element("Message", message))
    marks: list[Markup] = []
    if item.marker is not None:
        marks = [element("DeleteMarker", "true"), element("DeleteMarkerVersionId", version_id(item.marker))]
    return element("Deleted", element("Key", key), wanted, *marks)


PUT = Operation("oss", "PutObject", Writing, _put, puts, Shape.STREAM)
APPEND = Operation("oss", "AppendObject", Writing, _append, puts, Shape.STREAM)
COPY = Operation("oss", "CopyObject", Copying, _copy, copies)
DELETE = Operation("oss", "DeleteObject", Deletion, _delete, lambda service, params: (_delete_access(service, params),))
DELETE_MANY = Operation("oss", "DeleteMultipleObjects", Deletions, _delete_many, lambda service, params: ())
ROUTES = (
    Route("PUT", OBJECT, PUT, writing, _render_written),
    Route("PUT", OBJECT, COPY, copying, _render_copied, header="x-oss-copy-source"),
    Route("POST", OBJECT, APPEND, writing, _render_appended, when="append"),
    Route("DELETE", OBJECT, DELETE, _deletion, _render_deleted),
    Route("POST", BUCKET, DELETE_MANY, _deletions, _render_deletions, when="delete"),
)
