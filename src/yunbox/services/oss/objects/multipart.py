"""Multipart uploads over REST."""

from dataclasses import dataclass

from yunbox.kernel.call import Access, Call, Operation, Shape
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.services.oss.buckets.listing import speller
from yunbox.services.oss.http.callback import callback_of
from yunbox.services.oss.http.route import BUCKET, OBJECT, Route, empty, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.body import body_chunks, received
from yunbox.services.oss.objects.callbacks import answered, call_back
from yunbox.services.oss.objects.headers import (
    attributes,
    check_conditions,
    check_digest,
    encryption_headers,
    is_frozen,
    sum_header,
    version_header,
)
from yunbox.services.oss.objects.reads import follow
from yunbox.services.oss.objects.transfer import overwrite_check
from yunbox.services.oss.objects.writes import Copying, Writing, Written, copies, copying, writing
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss, iso_time, retrieve, write
from yunbox.storage.objects.model import Bucket, Part, Upload
from yunbox.storage.objects.ports import Bytes
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.uploads import PARTS_MAX
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element, parse_body

_UPLOADS_MAX = 1000


@dataclass(frozen=True)
class PartWriting:
    """A part to write."""

    request: OssRequest
    upload_id: str
    number: int


@dataclass(frozen=True)
class PartCopying:
    """A part to copy from an object."""

    source: Copying
    upload_id: str
    number: int


@dataclass(frozen=True)
class PartsQuery:
    """Which parts to list."""

    request: OssRequest
    upload_id: str
    after: int
    limit: int


@dataclass(frozen=True)
class Completion:
    """The parts to make an object of; None for all that are there."""

    request: OssRequest
    upload_id: str
    parts: tuple[tuple[int, str], ...] | None


@dataclass(frozen=True)
class UploadsQuery:
    """Which uploads to list."""

    request: OssRequest
    prefix: str
    delimiter: str
    key_marker: str
    id_marker: str
    limit: int


# -- begin


async def _begin(service: Oss, call: Call[Writing]) -> tuple[Bucket, Upload]:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    check = overwrite_check(request)
    if check is not None:
        check(await service.backend(bucket).find(bucket, request.key))
    given = attributes(request, call.principal.account_id, bucket)
    upload = await service.store.uploads.begin(bucket, request.key, given, sequential="sequential" in request.query)
    write(call, request.bucket)
    return bucket, upload


def _render_begun(result: tuple[Bucket, Upload], request: OssRequest) -> Response:
    bucket, upload = result
    spell = speller(request)
    return xml(
        element(
            "InitiateMultipartUploadResult",
            element("EncodingType", "url") if request.query.get("encoding-type") else None,
            element("Bucket", bucket.name),
            element("Key", spell(upload.key)),
            element("UploadId", upload.id),
        ),
        headers=encryption_headers(upload.headers),
    )


# -- parts


def _number(request: OssRequest) -> int:
    number = request.integer("partNumber", 0, low=0)
    if not 1 <= number <= PARTS_MAX:
        raise InvalidArgument(f"Part number must be an integer between 1 and {PARTS_MAX}, inclusive.")
    return number


async def _part_writing(request: OssRequest) -> PartWriting:
    return PartWriting(request, request.query["uploadId"], _number(request))


async def _put_part(service: Oss, call: Call[PartWriting]) -> tuple[Upload, Part]:
    params, request = call.params, call.params.request
    bucket = service.bucket(request.bucket)
    upload = service.store.uploads.get(bucket, request.key, params.upload_id)
    chunks = body_chunks(service, request, OBJECT_BYTES_MAX)
    digest = request.headers.get("content-md5", "")
    content = await received(service, chunks, lambda found: check_digest(found, digest))
    part = await service.store.uploads.put_part(bucket, request.key, params.upload_id, params.number, content)
    call.usage.uploaded_bytes = part.size
    write(call, request.bucket)
    return upload, part


def _render_part(result: tuple[Upload, Part], request: OssRequest) -> Response:
    upload, part = result
    headers = {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)}
    return empty(200, headers | encryption_headers(upload.headers))


async def _part_copying(request: OssRequest) -> PartCopying:
    return PartCopying(await copying(request), request.query["uploadId"], _number(request))


async def _copy_part(service: Oss, call: Call[PartCopying]) -> Part:
    params = call.params
    request = params.source.request
    origin, bucket = service.bucket(params.source.source_bucket), service.bucket(request.bucket)
    _, record, held = await follow(service, origin, params.source.source_key, params.source.source_version)
    try:
        check_conditions(record, request.headers, "x-oss-copy-source-")
        if is_frozen(record, service.store.objects.now_ms()):
            raise Conflict("The operation is not valid for the object's state.", code="InvalidObjectState")
        start, length = _copied_range(request.headers.get("x-oss-copy-source-range", ""), record.size)
        retrieve(call, record, length)
        part = await _part_of(service, params, bucket, held, (start, length))
    finally:
        held.close()
    write(call, request.bucket)
    return part


async def _part_of(service: Oss, params: PartCopying, bucket: Bucket, held: Bytes, span: tuple[int, int]) -> Part:
    """A part of a range of an object: of links to a local one's files, of bytes that a remote sends."""
    key, uploads = params.source.request.key, service.store.uploads
    if isinstance(held, Source):
        return await uploads.copy_part(bucket, key, params.upload_id, params.number, held, *span)
    uploads.get(bucket, key, params.upload_id)
    content = await service.store.objects.receive(held.pieces(*span), size_max=OBJECT_BYTES_MAX)
    return await uploads.put_part(bucket, key, params.upload_id, params.number, content)


def _copied_range(text: str, size: int) -> tuple[int, int]:
    """Start and length of ``bytes=a-b``; all of the source for no range. Raises InvalidArgument."""
    if not text:
        return 0, size
    first, dash, last = text.removeprefix("bytes=").partition("-")
    if not dash or not first.isdigit() or not (last.isdigit() or not last):
        raise InvalidArgument("The x-oss-copy-source-range value must be of the form bytes=first-last.")
    start, end = int(first), int(last) if last else size - 1
    if start > end or end >= size:
        raise InvalidArgument("The requested range cannot be satisfied.", code="InvalidRange")
    return start, end - start + 1


def _render_copied_part(result: Part, request: OssRequest) -> Response:
    body = element(
        "CopyPartResult", element("LastModified", iso_time(result.modified_ms)), element("ETag", f'"{result.etag}"')
    )
    return xml(body, headers={"ETag": f'"{result.etag}"', "x-oss-hash-crc64ecma": str(result.crc64)})


async def _parts_query(request: OssRequest) -> PartsQuery:
    limit = request.integer("max-parts", _UPLOADS_MAX, high=1 << 31)
    return PartsQuery(
        request, request.query["uploadId"], request.integer("part-number-marker", 0), min(limit, _UPLOADS_MAX)
    )


async def _list_parts(service: Oss, call: Call[PartsQuery]) -> tuple[Upload, list[Part], bool]:
    params, request = call.params, call.params.request
    bucket = service.bucket(request.bucket)
    upload = service.store.uploads.get(bucket, request.key, params.upload_id)
    after = min(params.after, PARTS_MAX)
    found = service.store.uploads.parts(bucket, request.key, params.upload_id, after=after, limit=params.limit + 1)
    write(call, request.bucket)
    return upload, found[: params.limit], len(found) > params.limit


def _render_parts(result: tuple[Upload, list[Part], bool], request: OssRequest) -> Response:
    upload, parts, truncated = result
    spell = speller(request)
    last = parts[-1].number if parts else request.integer("part-number-marker", 0)
    return xml(
        element(
            "ListPartsResult",
            element("EncodingType", "url") if request.query.get("encoding-type") else None,
            element("Bucket", request.bucket),
            element("Key", spell(upload.key)),
            element("UploadId", upload.id),
            element("StorageClass", upload.storage_class),
            element("PartNumberMarker", request.integer("part-number-marker", 0)),
            element("NextPartNumberMarker", last),
            element("MaxParts", min(request.integer("max-parts", _UPLOADS_MAX, high=1 << 31), _UPLOADS_MAX)),
            element("IsTruncated", str(truncated).lower()),
            *(_part_element(part) for part in parts),
        )
    )


def _part_element(part: Part) -> Markup:
    return element(
        "Part",
        element("PartNumber", part.number),
        element("LastModified", iso_time(part.modified_ms)),
        element("ETag", f'"{part.etag}"'),
        element("HashCrc64ecma", part.crc64),
        element("Size", part.size),
    )


# -- complete and abort


async def _completion(request: OssRequest) -> Completion:
    upload_id = request.query["uploadId"]
    if request.headers.get("x-oss-complete-all", "").lower() == "yes":
        return Completion(request, upload_id, None)
    root = parse_body(await request.body.read())
    if root.tag != "CompleteMultipartUpload":
        raise InvalidArgument("The XML you provided was not well-formed.", code="MalformedXML")
    parts: list[tuple[int, str]] = []
    for node in root.all("Part"):
        number = node.value("PartNumber")
        if not number.isdigit():
            raise InvalidArgument("The XML you provided was not well-formed.", code="MalformedXML")
        parts.append((int(number), node.value("ETag")))
    return Completion(request, upload_id, tuple(parts))


async def _complete(service: Oss, call: Call[Completion]) -> Written:
    params, request = call.params, call.params.request
    bucket = service.bucket(request.bucket)
    check, callback = overwrite_check(request), callback_of(request)
    record = await service.backend(bucket).complete(bucket, request.key, params.upload_id, params.parts, check)
    write(call, request.bucket)
    return Written(bucket, record, answer=await call_back(service, call, callback, bucket, record))


def _render_completed(result: Written, request: OssRequest) -> Response:
    spell = speller(request)
    record = result.record
    body = element(
        "CompleteMultipartUploadResult",
        element("EncodingType", "url") if request.query.get("encoding-type") else None,
        element("Location", f"http://{request.host}{request.raw_path}"),
        element("Bucket", request.bucket),
        element("Key", spell(request.key)),
        element("ETag", f'"{record.etag}"'),
    )
    headers = {"ETag": f'"{record.etag}"', **sum_header(record), **encryption_headers(record.headers)}
    return answered(xml(body, headers=headers | version_header(result.bucket, record)), result.answer)


@dataclass(frozen=True)
class Abort:
    """An upload to give up."""

    request: OssRequest
    upload_id: str


async def _aborting(request: OssRequest) -> Abort:
    return Abort(request, request.query["uploadId"])


async def _abort(service: Oss, call: Call[Abort]) -> None:
    request = call.params.request
    await service.store.uploads.abort(service.bucket(request.bucket), request.key, call.params.upload_id)
    write(call, request.bucket)


# -- list


async def _uploads_query(request: OssRequest) -> UploadsQuery:
    query = request.query
    limit = min(request.integer("max-uploads", _UPLOADS_MAX, high=1 << 31), _UPLOADS_MAX)
    return UploadsQuery(
        request,
        query.get("prefix", ""),
        query.get("delimiter", ""),
        query.get("key-marker", ""),
        query.get("upload-id-marker", "") if query.get("key-marker") else "",
        limit,
    )


@dataclass
class UploadsPage:
    """A page of uploads."""

    query: UploadsQuery
    uploads: list[Upload]
    prefixes: list[str]
    truncated: bool = False


async def _list_uploads(service: Oss, call: Call[UploadsQuery]) -> UploadsPage:
    params = call.params
    bucket = service.bucket(params.request.bucket)
    page = UploadsPage(params, [], [])
    for upload in service.store.uploads.under_way(bucket):
        if not upload.key.startswith(params.prefix) or not _is_behind(upload, params):
            continue
        at = upload.key.find(params.delimiter, len(params.prefix)) if params.delimiter else -1
        common = upload.key[: at + len(params.delimiter)] if at >= 0 else ""
        if common and (common in page.prefixes or common == params.key_marker):
            continue
        if len(page.uploads) + len(page.prefixes) >= params.limit:
            page.truncated = True
            break
        if common:
            page.prefixes.append(common)
        else:
            page.uploads.append(upload)
    write(call, params.request.bucket)
    return page


def _is_behind(upload: Upload, params: UploadsQuery) -> bool:
    if not params.key_marker or upload.key.encode() > params.key_marker.encode():
        return True
    return upload.key == params.key_marker and bool(params.id_marker) and upload.id > params.id_marker


def _render_uploads(page: UploadsPage, request: OssRequest) -> Response:
    spell, query = speller(request), page.query
    last = page.uploads[-1] if page.uploads else None
    key = max([*page.prefixes[-1:], *([last.key] if last else [])], default="")
    return xml(
        element(
            "ListMultipartUploadsResult",
            element("EncodingType", "url") if request.query.get("encoding-type") else None,
            element("Bucket", request.bucket),
            element("KeyMarker", spell(query.key_marker)),
            element("UploadIdMarker", query.id_marker),
            element("NextKeyMarker", spell(key)),
            element("NextUploadIdMarker", last.id if last and last.key == key else ""),
            element("Delimiter", spell(query.delimiter)),
            element("Prefix", spell(query.prefix)),
            element("MaxUploads", query.limit),
            element("IsTruncated", str(page.truncated).lower()),
            *(_upload_element(upload, spell(upload.key)) for upload in page.uploads),
            *(element("CommonPrefixes", element("Prefix", spell(prefix))) for prefix in page.prefixes),
        )
    )


def _upload_element(upload: Upload, key: str) -> Markup:
    return element(
        "Upload",
        element("Key", key),
        element("UploadId", upload.id),
        element("StorageClass", upload.storage_class),
        element("Initiated", iso_time(upload.started_ms)),
    )


def _puts(service: Oss, params: Writing | PartWriting | Completion) -> tuple[Access, ...]:
    return (service.touch("PutObject", params.request.bucket, params.request.key),)


def _copies(service: Oss, params: PartCopying) -> tuple[Access, ...]:
    return copies(service, params.source)


def _aborts(service: Oss, params: Abort) -> tuple[Access, ...]:
    return (service.touch("AbortMultipartUpload", params.request.bucket, params.request.key),)


def _lists_parts(service: Oss, params: PartsQuery) -> tuple[Access, ...]:
    return (service.touch("ListParts", params.request.bucket, params.request.key),)


def _lists_uploads(service: Oss, params: UploadsQuery) -> tuple[Access, ...]:
    return (service.touch("ListMultipartUploads", params.request.bucket),)


def _no_content(result: None, request: OssRequest) -> Response:
    return empty(204)


BEGIN = Operation("oss", "InitiateMultipartUpload", Writing, _begin, _puts)
PUT_PART = Operation("oss", "UploadPart", PartWriting, _put_part, _puts, Shape.STREAM)
COPY_PART = Operation("oss", "UploadPartCopy", PartCopying, _copy_part, _copies)
COMPLETE = Operation("oss", "CompleteMultipartUpload", Completion, _complete, _puts)
ABORT = Operation("oss", "AbortMultipartUpload", Abort, _abort, _aborts)
LIST_PARTS = Operation("oss", "ListParts", PartsQuery, _list_parts, _lists_parts)
LIST_UPLOADS = Operation("oss", "ListMultipartUploads", UploadsQuery, _list_uploads, _lists_uploads)
ROUTES = (
    Route("POST", OBJECT, BEGIN, writing, _render_begun, when="uploads"),
    Route("PUT", OBJECT, COPY_PART, _part_copying, _render_copied_part, when="uploadId", header="x-oss-copy-source"),
    Route("PUT", OBJECT, PUT_PART, _part_writing, _render_part, when="uploadId"),
    Route("POST", OBJECT, COMPLETE, _completion, _render_completed, when="uploadId"),
    Route("DELETE", OBJECT, ABORT, _aborting, _no_content, when="uploadId"),
    Route("GET", OBJECT, LIST_PARTS, _parts_query, _render_parts, when="uploadId"),
    Route("GET", BUCKET, LIST_UPLOADS, _uploads_query, _render_uploads, when="uploads"),
)
