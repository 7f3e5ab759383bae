"""Reading objects: the bytes, the headers alone, and the few that GetObjectMeta gives."""

from dataclasses import dataclass, field

from yunbox.kernel.call import Access, Call, Operation, Shape, Stream
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.services.oss.http.route import OBJECT, Route, empty
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.headers import (
    check_conditions,
    identity_headers,
    is_frozen,
    is_strict,
    object_headers,
    overridden,
    span_of,
    sum_header,
    version_header,
)
from yunbox.services.oss.objects.site import through_site
from yunbox.services.oss.service import Oss, read, retrieve
from yunbox.services.oss.settings.lifecycle import expiration_header
from yunbox.storage.objects.model import SYMLINK, Bucket, ObjectRecord
from yunbox.storage.objects.objects import NoSuchKey, check_key
from yunbox.storage.objects.ports import Bytes as Opened
from yunbox.storage.objects.ports import Stale
from yunbox.wire.http import Response


@dataclass(frozen=True)
class Reading:
    """A request that reads one object or version."""

    request: OssRequest
    version: str | None


@dataclass
class Bytes(Stream):
    """Bytes of an object that are sent as they are read."""

    status: int = 200
    all_headers: dict[str, str] = field(default_factory=dict)


async def reading(request: OssRequest) -> Reading:
    """The parameters of a request that reads one object."""
    check_key(request.key)
    return Reading(request, request.query.get("versionId"))


def reads(service: Oss, params: Reading) -> tuple[Access, ...]:
    """The access of a read."""
    action = "GetObject" if params.version is None else "GetObjectVersion"
    return (service.touch(action, params.request.bucket, params.request.key),)


async def follow(
    service: Oss, bucket: Bucket, key: str, wanted: str | None = None
) -> tuple[ObjectRecord, ObjectRecord, Opened]:
    """What a key names, what a symbolic link under it leads to, and the open bytes of that. Raises NoSuchKey."""
    record, source = await _open(service, bucket, key, wanted)
    if record.kind != SYMLINK:
        return record, record, source
    source.close()
    try:
        target, source = await _open(service, bucket, record.target, None)
    except NoSuchKey:
        raise NotFound("The symlink target object does not exist", code="SymlinkTargetNotExist", key=key) from None
    if target.kind == SYMLINK:
        source.close()
        raise Conflict("The symlink's target is another symlink.", code="InvalidTargetType", key=key)
    return record, target, source


async def _open(service: Oss, bucket: Bucket, key: str, wanted: str | None) -> tuple[ObjectRecord, Opened]:
    record, source = await service.backend(bucket).open(bucket, key, wanted)
    if record.is_marker:
        source.close()
        raise Conflict(
            "The specified method is not allowed against this resource.",
            code="MethodNotAllowed",
            headers={"x-oss-delete-marker": "true", **version_header(bucket, record), "Allow": "DELETE"},
        )
    return record, source


async def _get(service: Oss, call: Call[Reading]) -> Response | Bytes:
    read(call, call.params.request.bucket)
    try:
        return await _opened(service, call)
    except Stale:  # it was changed at the remote since it was looked at, and is looked at anew
        return await _opened(service, call)


async def _opened(service: Oss, call: Call[Reading]) -> Response | Bytes:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    link, record, source = await follow(service, bucket, request.key, call.params.version)
    try:
        return await _answer(service, call, bucket, (link, record), source)
    except BaseException:
        source.close()
        raise


async def _answer(
    service: Oss, call: Call[Reading], bucket: Bucket, found: tuple[ObjectRecord, ObjectRecord], source: Opened
) -> Response | Bytes:
    request = call.params.request
    link, record = found
    now_ms = service.store.objects.now_ms()
    check_conditions(record, request.headers)
    if is_frozen(record, now_ms):
        raise Conflict("The operation is not valid for the object's state.", code="InvalidObjectState", key=request.key)
    span = span_of(request.headers.get("range", ""), record.size, strict=is_strict(request))
    headers = _headers(bucket, link, record, now_ms) | _expiration(call, bucket, link) | overridden(request)
    retrieve(call, record)
    headers["Content-Length"] = str(span.length)
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{record.size}"
    status = 206 if span.partial else 200
    await source.ready(span.start, span.length)
    data = source.small(span.start, span.length)
    if data is None:
        return Bytes(source.pieces(span.start, span.length), status=status, all_headers=headers)
    source.close()
    call.usage.downloaded_bytes = len(data)
    return Response(status, headers, data)


def _expiration(call: Call[Reading], bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    return expiration_header(bucket, call.params.request.key, record) if call.params.version is None else {}


def _headers(bucket: Bucket, link: ObjectRecord, record: ObjectRecord, now_ms: int) -> dict[str, str]:
    headers = object_headers(bucket, record, now_ms)
    if link is not record:
        headers |= {"x-oss-object-type": SYMLINK, **version_header(bucket, link)}
        headers["Last-Modified"] = identity_headers(link)["Last-Modified"]
    return headers


def _render_get(result: Response | Bytes, request: OssRequest) -> Response:
    if isinstance(result, Bytes):
        return Response(result.status, result.all_headers, result.chunks)
    return result


async def _head(service: Oss, call: Call[Reading]) -> Response:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    link, record, source = await follow(service, bucket, request.key, call.params.version)
    source.close()
    check_conditions(record, request.headers)
    now_ms = service.store.objects.now_ms()
    headers = _headers(bucket, link, record, now_ms) | _expiration(call, bucket, link)
    span = span_of(request.headers.get("range", ""), record.size, strict=is_strict(request))
    headers["Content-Length"] = str(span.length)
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{record.size}"
    read(call, request.bucket)
    return Response(206 if span.partial else 200, headers)


async def _meta(service: Oss, call: Call[Reading]) -> Response:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    record = await service.backend(bucket).get(bucket, request.key, call.params.version)
    read(call, request.bucket)
    headers = {
        **identity_headers(record),
        "Content-Length": str(record.size),
        **sum_header(record),
        **version_header(bucket, record),
    }
    return empty(200, headers)


def as_is(result: Response, request: OssRequest) -> Response:
    """A result that is a response already."""
    return result


GET = Operation("oss", "GetObject", Reading, through_site(_get), reads, Shape.STREAM)
HEAD = Operation("oss", "HeadObject", Reading, through_site(_head), reads)
META = Operation("oss", "GetObjectMeta", Reading, _meta, reads)
ROUTES = (
    Route("GET", OBJECT, GET, reading, _render_get),
    Route("HEAD", OBJECT, HEAD, reading, as_is),
    Route("HEAD", OBJECT, META, reading, as_is, when="objectMeta"),
)
