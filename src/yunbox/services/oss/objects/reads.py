"""Reading objects: the bytes, the headers alone, and the few that GetObjectMeta gives."""

from typing import Any

from yunbox.kernel.call import Call, Shape
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.services.oss.http.pace import paced
from yunbox.services.oss.http.route import OBJECT, empty, on
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.gzipped import compressed, compressed_headers, is_compressed
from yunbox.services.oss.objects.headers import META as USER_META
from yunbox.services.oss.objects.headers import (
    Span,
    identity_headers,
    is_frozen,
    object_headers,
    sum_header,
    version_header,
)
from yunbox.services.oss.objects.reading import Bytes, Reading, as_is, on_version, reading, reads
from yunbox.services.oss.objects.site import through_site
from yunbox.services.oss.operation import READ, operation
from yunbox.services.oss.params import OnVersion, at_object
from yunbox.services.oss.service import Oss, retrieve
from yunbox.services.oss.settings.lifecycle import expiration_header
from yunbox.storage.objects.model import SYMLINK, Bucket, ObjectRecord
from yunbox.storage.objects.objects import NoSuchKey
from yunbox.storage.objects.ports import Bytes as Opened
from yunbox.storage.objects.ports import Stale
from yunbox.wire.http import Response


class MarkerOpened(Conflict):
    """A version that was asked for is a delete marker, which has no bytes."""


async def follow(
    service: Oss, call: Call[Any], bucket: Bucket, key: str, wanted: str | None = None
) -> tuple[ObjectRecord, ObjectRecord, Opened]:
    """What a key names, what a symbolic link under it leads to, and the open bytes of that. Raises NoSuchKey.

    Who reads through a link needs the right to read what it leads to as well. Source: the vendor's page PutSymlink,
    by which both are checked when the target is accessed. Raises Forbidden.
    """
    record, source = await _open(service, bucket, key, wanted)
    if record.kind != SYMLINK:
        return record, record, source
    source.close()
    service.authoriser.reach(call, service.touch("GetObject", bucket.name, record.target))
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
        raise _marker_opened(bucket, record)
    return record, source


def _marker_opened(bucket: Bucket, record: ObjectRecord) -> MarkerOpened:
    return MarkerOpened(
        "The specified method is not allowed against this resource.",
        code="MethodNotAllowed",
        headers={"x-oss-delete-marker": "true", **version_header(bucket, record), "Allow": "DELETE"},
    )


async def _get(service: Oss, call: Call[Reading]) -> Response | Bytes:
    try:
        return await _opened(service, call)
    except Stale:  # it was changed at the remote since it was looked at, and is looked at anew
        return await _opened(service, call)


async def _opened(service: Oss, call: Call[Reading]) -> Response | Bytes:
    params = call.params
    bucket = service.bucket(params.bucket)
    link, record, source = await follow(service, call, bucket, params.key, params.version)
    try:
        return await _answer(service, call, bucket, (link, record), source)
    except BaseException:
        source.close()
        raise


async def _answer(
    service: Oss, call: Call[Reading], bucket: Bucket, found: tuple[ObjectRecord, ObjectRecord], source: Opened
) -> Response | Bytes:
    params = call.params
    link, record = found
    now_ms = service.store.objects.now_ms()
    params.conditions.check(record)
    if is_frozen(record, now_ms):
        raise Conflict("The operation is not valid for the object's state.", code="InvalidObjectState", key=params.key)
    span = params.span(record)
    headers = _headers(bucket, link, record, now_ms)
    headers |= _expiration(params, bucket, link)
    headers |= params.overrides
    retrieve(call, record)
    status = _told_of(span, record, headers)
    await source.ready(span.start, span.length)
    if params.accepted and status == 200 and is_compressed(params.accepted, record.size, headers):
        packed = compressed(source.pieces(0, record.size))
        return Bytes(paced(packed, params.rate) if params.rate else packed, all_headers=compressed_headers(headers))
    data = source.small(span.start, span.length)
    if data is None or params.rate:
        pieces = source.pieces(span.start, span.length)
        return Bytes(paced(pieces, params.rate) if params.rate else pieces, status=status, all_headers=headers)
    source.close()
    call.usage.downloaded_bytes = len(data)
    return Response(status, headers, data)


def _told_of(span: Span, record: ObjectRecord, headers: dict[str, str]) -> int:
    """Tell in the headers which bytes an answer has; the status."""
    headers["Content-Length"] = str(span.length)
    if not span.partial:
        return 200
    headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{record.size}"
    return 206


def _expiration(params: Reading, bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    return expiration_header(bucket, params.key, record) if params.version is None else {}


def _headers(bucket: Bucket, link: ObjectRecord, record: ObjectRecord, now_ms: int) -> dict[str, str]:
    headers = object_headers(bucket, record, now_ms)
    if link is not record:
        headers |= {"x-oss-object-type": SYMLINK, **version_header(bucket, link)}
        headers |= {name: value for name, value in link.headers.items() if name.startswith(USER_META)}
        headers["Last-Modified"] = identity_headers(link)["Last-Modified"]
    return headers


def _render_get(result: Response | Bytes, request: OssRequest) -> Response:
    if isinstance(result, Bytes):
        return Response(result.status, result.all_headers, result.chunks)
    return result


async def _head(service: Oss, call: Call[Reading]) -> Response:
    params = call.params
    bucket = service.bucket(params.bucket)
    link, record, source = await follow(service, call, bucket, params.key, params.version)
    source.close()
    params.conditions.check(record)
    headers = _headers(bucket, link, record, service.store.objects.now_ms()) | _expiration(params, bucket, link)
    status = _told_of(params.span(record), record, headers)
    return Response(status, headers)


async def _meta(service: Oss, call: Call[OnVersion]) -> Response:
    params = call.params
    bucket = service.bucket(params.bucket)
    record = await service.backend(bucket).get(bucket, params.key, params.version)
    if record.is_marker:
        raise _marker_opened(bucket, record)
    headers = {
        **identity_headers(record),
        "Content-Length": str(record.size),
        **sum_header(record),
        **version_header(bucket, record),
    }
    return empty(200, headers)


GET = operation(
    "GetObject", Reading, through_site(_get), reads, charge=READ, place=at_object, mounted=True, shape=Shape.STREAM
)
HEAD = operation("HeadObject", Reading, through_site(_head), reads, charge=READ, place=at_object, mounted=True)
META = operation("GetObjectMeta", OnVersion, _meta, reads, charge=READ, place=at_object, mounted=True)
ROUTES = (
    on("GET", OBJECT, GET, reading, _render_get),
    on("HEAD", OBJECT, HEAD, reading, as_is),
    on("HEAD", OBJECT, META, on_version, as_is, when="objectMeta"),
)
