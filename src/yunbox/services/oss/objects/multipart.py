"""Multipart uploads over REST."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass

from yunbox.kernel.call import Access, Call, Shape
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.services.oss.access import check_public
from yunbox.services.oss.buckets.listing import spelling
from yunbox.services.oss.http.body import payload_of
from yunbox.services.oss.http.callback import callback_of
from yunbox.services.oss.http.documents import read_document, read_text
from yunbox.services.oss.http.pace import lasting, rate_of
from yunbox.services.oss.http.route import OBJECT, empty, on, xml
from yunbox.services.oss.http.shapes import malformed
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.callback import Callback
from yunbox.services.oss.objects.callbacks import answered, call_back
from yunbox.services.oss.objects.copies import CopySource, at_both, from_source, open_source, source_of
from yunbox.services.oss.objects.headers import (
    OF_CLIENT,
    Traits,
    encryption_headers,
    object_acl,
    sum_header,
    traits,
    version_header,
)
from yunbox.services.oss.objects.overwrite import Overwrite, overwrite_of
from yunbox.services.oss.objects.payload import Payload, arriving, received
from yunbox.services.oss.objects.reads import MarkerOpened
from yunbox.services.oss.objects.writes import Written, makes
from yunbox.services.oss.operation import WRITE, operation, touches_object
from yunbox.services.oss.params import OnObject, at_object
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss, iso_time, retrieve
from yunbox.storage.objects.content import Content
from yunbox.storage.objects.model import SSE_HEADERS, Bucket, Part, Upload
from yunbox.storage.objects.objects import check_key
from yunbox.storage.objects.ports import Bytes as Opened
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.uploads import PARTS_MAX, NoSuchUpload
from yunbox.storage.objects.versions import version_id
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, Node, element

_PARTS_LISTED_MAX = 1000
_OF_CLIENT = ("key", "start", "cek-alg", "wrap-alg", "data-size", "part-size")


@dataclass(frozen=True, slots=True)
class Beginning(OnObject):
    """An upload to begin, and what is said of the object that it will be."""

    traits: Traits
    overwrite: Overwrite
    sequential: bool


@dataclass(frozen=True, slots=True)
class OnUpload(OnObject):
    """A call about one upload under way."""

    upload_id: str


@dataclass(frozen=True, slots=True)
class PartWriting(OnUpload):
    """A part to write."""

    number: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class PartCopying(OnUpload):
    """A part to copy from an object; ``range`` is ``bytes=first-last``, or empty for all of it."""

    number: int
    source: CopySource
    range: str
    rate: int = 0


@dataclass(frozen=True, slots=True)
class PartsQuery(OnUpload):
    """Which parts to list."""

    after: int
    limit: int


@dataclass(frozen=True, slots=True)
class Completion(OnUpload):
    """The parts to make an object of; None for all that are there."""

    parts: tuple[tuple[int, str], ...] | None
    overwrite: Overwrite
    callback: Callback | None
    acl: str = ""


# -- begin


async def _beginning(request: OssRequest) -> Beginning:
    check_key(request.key)
    sequential = "sequential" in request.query
    return Beginning(request.bucket, request.key, traits(request.headers), overwrite_of(request), sequential)


async def _begin(service: Oss, call: Call[Beginning]) -> tuple[Bucket, Upload]:
    params = call.params
    bucket = service.bucket(params.bucket)
    check = params.overwrite.check(bucket)
    if check is not None:
        check(await service.backend(bucket).find(bucket, params.key))
    given = params.traits.given(call.principal.account_id, bucket)
    return bucket, await service.store.uploads.begin(bucket, params.key, given, sequential=params.sequential)


def _render_begun(result: tuple[Bucket, Upload], request: OssRequest) -> Response:
    bucket, upload = result
    spell, encoding = spelling(request, (upload.key,))
    return xml(
        element(
            "InitiateMultipartUploadResult",
            encoding,
            element("Bucket", bucket.name),
            element("Key", spell(upload.key)),
            element("UploadId", upload.id),
        ),
        headers=encryption_headers(upload.headers),
    )


# -- parts


def _number(request: OssRequest) -> int:
    """The number of a part. Sources: the vendor's pages of 0017-00000219 and -220."""
    text = request.query.get("partNumber", "")
    if not text:
        raise InvalidArgument("Unexpected query string parameter", ec="0017-00000219")
    number = whole_number(text, 0)
    if not 1 <= number <= PARTS_MAX:
        raise InvalidArgument(
            f"Part number must be an integer between 1 and {PARTS_MAX}, inclusive.",
            ec="0017-00000220", argument="PartNumber", value=text[:64],
        )  # fmt: skip
    return number


async def _part_writing(request: OssRequest) -> PartWriting:
    upload_id, number = request.query["uploadId"], _number(request)
    _check_unencrypted(request)
    return PartWriting(request.bucket, request.key, upload_id, number, payload_of(request))


def _upload(service: Oss, bucket: Bucket, params: PartWriting | PartCopying, ec: str) -> Upload:
    """The upload of a part. Raises NoSuchUpload with the vendor's fine code of the operation (its Go SDK's tests)."""
    try:
        return service.store.uploads.get(bucket, params.key, params.upload_id)
    except NoSuchUpload as error:
        error.details["ec"] = ec
        raise


async def _put_part(service: Oss, call: Call[PartWriting]) -> tuple[Upload, Part]:
    params = call.params
    bucket = service.bucket(params.bucket)
    upload = _upload(service, bucket, params, "0042-00000104")
    content = await received(service, arriving(service, call, params.payload), _inspecting(params.payload))
    part = await service.store.uploads.put_part(bucket, params.key, params.upload_id, params.number, content)
    return upload, part


def _inspecting(payload: Payload) -> Callable[[Content], None]:
    """Compare the MD5 of a part. A wrong one is InvalidDigest, where that of an object is BadDigest (oss2's tests)."""

    def inspect(content: Content) -> None:
        try:
            payload.check(content)
        except InvalidArgument as error:
            raise InvalidArgument(error.message, code="InvalidDigest") from None

    return inspect


def _render_part(result: tuple[Upload, Part], request: OssRequest) -> Response:
    upload, part = result
    digest = base64.b64encode(bytes.fromhex(part.etag)).decode()  # alibabacloud-oss-v2's tests read it
    headers = {"ETag": f'"{part.etag}"', "Content-MD5": digest, "x-oss-hash-crc64ecma": str(part.crc64)}
    return empty(200, headers | encryption_headers(upload.headers))


def _check_unencrypted(request: OssRequest) -> None:
    """Refuse what says how it is encrypted when the upload has said so when it began (oss2's tests)."""
    if any(name in request.headers for name in SSE_HEADERS):
        raise InvalidArgument("An upload is encrypted as it was begun, and what goes on with it says nothing of that.")


async def _part_copying(request: OssRequest) -> PartCopying:
    check_key(request.key)
    _check_unencrypted(request)
    return PartCopying(
        request.bucket,
        request.key,
        request.query["uploadId"],
        _number(request),
        source_of(request),
        request.headers.get("x-oss-copy-source-range", ""),
        rate_of(request),
    )


async def _copy_part(service: Oss, call: Call[PartCopying]) -> tuple[Part, str]:
    params, began = call.params, time.monotonic()
    bucket = service.bucket(params.bucket)
    try:
        record, held = await open_source(service, call, params.source)
    except MarkerOpened:  # a copy of a whole object finds nothing there ("UploadPartCopy", on versions)
        raise InvalidArgument("The source of a part is a delete marker.") from None
    try:
        _upload(service, bucket, params, "0042-00000311")
        start, length = _copied_range(params.range, record.size)
        retrieve(call, record, length)
        part = await _part_of(service, params, bucket, held, (start, length))
        await lasting(length, params.rate, began)
        return part, version_id(record) if service.bucket(params.source.bucket).versioning else ""
    finally:
        held.close()


async def _part_of(service: Oss, params: PartCopying, bucket: Bucket, held: Opened, span: tuple[int, int]) -> Part:
    """A part of a range of an object: of links to a local one's files, of bytes that a remote sends."""
    key, uploads = params.key, service.store.uploads
    if isinstance(held, Source):
        return await uploads.copy_part(bucket, key, params.upload_id, params.number, held, *span)
    content = await service.store.objects.receive(held.pieces(*span), size_max=OBJECT_BYTES_MAX)
    return await uploads.put_part(bucket, key, params.upload_id, params.number, content)


def _copied_range(text: str, size: int) -> tuple[int, int]:
    """Start and length of ``bytes=a-b``; all of the source for no range. Raises InvalidArgument."""
    if not text:
        return 0, size
    first, dash, last = text.removeprefix("bytes=").partition("-")
    numbers = whole_number(first), whole_number(last or "0")
    if not dash or not text.startswith("bytes=") or None in numbers:
        raise InvalidArgument("The x-oss-copy-source-range value must be of the form bytes=first-last.")
    start, end = int(first), int(last) if last else size - 1
    if start > end or end >= size:
        raise InvalidArgument("The requested range cannot be satisfied.", code="InvalidRange")
    return start, end - start + 1


def _render_copied_part(result: tuple[Part, str], request: OssRequest) -> Response:
    part, origin = result
    etag = f'"{part.etag}"'
    body = element("CopyPartResult", element("LastModified", iso_time(part.modified_ms)), element("ETag", etag))
    told = {"x-oss-copy-source-version-id": origin} if origin else {}
    return xml(body, headers={"ETag": etag, "x-oss-hash-crc64ecma": str(part.crc64), **told})


async def _parts_query(request: OssRequest) -> PartsQuery:
    limit = request.page_limit("max-parts", _PARTS_LISTED_MAX)
    after = request.integer("part-number-marker", 0)
    return PartsQuery(request.bucket, request.key, request.query["uploadId"], after, limit)


async def _list_parts(service: Oss, call: Call[PartsQuery]) -> tuple[Upload, list[Part], bool]:
    params = call.params
    bucket = service.bucket(params.bucket)
    upload = service.store.uploads.get(bucket, params.key, params.upload_id)
    after = min(params.after, PARTS_MAX)
    found = service.store.uploads.parts(bucket, params.key, params.upload_id, after=after, limit=params.limit + 1)
    return upload, found[: params.limit], len(found) > params.limit


def _render_parts(result: tuple[Upload, list[Part], bool], request: OssRequest) -> Response:
    upload, parts, truncated = result
    spell, encoding = spelling(request, (upload.key,))
    last = parts[-1].number if parts else request.integer("part-number-marker", 0)
    return xml(
        element(
            "ListPartsResult",
            encoding,
            element("Bucket", request.bucket),
            element("Key", spell(upload.key)),
            element("UploadId", upload.id),
            element("StorageClass", upload.storage_class),
            *_of_client(upload),
            element("PartNumberMarker", request.integer("part-number-marker", 0)),
            element("NextPartNumberMarker", last),
            element("MaxParts", request.page_limit("max-parts", _PARTS_LISTED_MAX)),
            element("IsTruncated", str(truncated).lower()),
            *(_part_element(part) for part in parts),
        )
    )


def _of_client(upload: Upload) -> list[Markup]:
    """How a client encrypts what it uploads: ``ClientEncryptionKey`` and its like (alibabacloud-oss-v2 reads them)."""
    told = ((name, upload.headers.get(OF_CLIENT + name)) for name in _OF_CLIENT)
    return [element(f"ClientEncryption{name.title().replace('-', '')}", value) for name, value in told if value]


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
    _check_unencrypted(request)
    return Completion(
        request.bucket,
        request.key,
        request.query["uploadId"],
        await _named_parts(request),
        overwrite_of(request),
        callback_of(request),
        object_acl(request.headers.get("x-oss-object-acl", "")),
    )


async def _named_parts(request: OssRequest) -> tuple[tuple[int, str], ...] | None:
    """The parts of a document; None for all, whose request has no body ("CompleteMultipartUpload")."""
    everything = request.headers.get("x-oss-complete-all")
    if everything is None:
        return _parts(await read_document(request, "CompleteMultipartUpload"))
    if everything.lower() != "yes":
        raise InvalidArgument("The value of x-oss-complete-all is yes.")
    if (await read_text(request)).strip():  # the vendor's own words and number, as its Go SDK's tests have them
        text = "Should not speficy both complete all header and http body."  # codespell:ignore speficy
        raise InvalidArgument(text, ec="0042-00000216")
    return None


def _parts(root: Node) -> tuple[tuple[int, str], ...]:
    """The numbers and ETags of a document's parts. Raises InvalidArgument."""
    found = tuple((whole_number(node.value("PartNumber"), -1), node.value("ETag")) for node in root.all("Part"))
    if any(number < 0 for number, _ in found):
        raise malformed("A PartNumber is a number.")
    return found


async def _complete(service: Oss, call: Call[Completion]) -> Written:
    params = call.params
    bucket = service.bucket(params.bucket)
    check = params.overwrite.check(bucket)
    check_public(blocked=bucket.blocks_public, acl=params.acl, noun="object")
    backend = service.backend(bucket)
    record = await backend.complete(bucket, params.key, params.upload_id, params.parts, check, params.acl)
    return Written(bucket, record, await call_back(service, call, params.callback, bucket, record))


def _render_completed(result: Written, request: OssRequest) -> Response:
    spell, encoding = spelling(request, (request.key,))
    record = result.record
    body = element(
        "CompleteMultipartUploadResult",
        encoding,
        element("Location", f"http://{request.host}{request.raw_path}"),
        element("Bucket", request.bucket),
        element("Key", spell(request.key)),
        element("ETag", f'"{record.etag}"'),
    )
    headers = {"ETag": f'"{record.etag}"', **sum_header(record), **encryption_headers(record.headers)}
    return answered(xml(body, headers=headers | version_header(result.bucket, record)), result.called, request)


async def _aborting(request: OssRequest) -> OnUpload:
    return OnUpload(request.bucket, request.key, request.query["uploadId"])


async def _abort(service: Oss, call: Call[OnUpload]) -> None:
    params = call.params
    await service.store.uploads.abort(service.bucket(params.bucket), params.key, params.upload_id)


def _no_content(result: None, request: OssRequest) -> Response:
    return empty(204)


def _copies_part(service: Oss, params: PartCopying) -> tuple[Access, ...]:
    return (from_source(service, params.source), *_PUTS(service, params))


def _completes(service: Oss, params: Completion) -> tuple[Access, ...]:
    acl = (service.touch("PutObjectAcl", params.bucket, params.key),) if params.acl else ()
    return (*_PUTS(service, params), *acl)


_PUTS = touches_object("PutObject")
BEGIN = operation("InitiateMultipartUpload", Beginning, _begin, makes, charge=WRITE, place=at_object, mounted=True)
PUT_PART = operation(
    "UploadPart", PartWriting, _put_part, _PUTS, charge=WRITE, place=at_object, mounted=True, uploads=True,
    shape=Shape.STREAM,
)  # fmt: skip
COPY_PART = operation(
    "UploadPartCopy", PartCopying, _copy_part, _copies_part, charge=WRITE, place=at_both, mounted=True
)
COMPLETE = operation(
    "CompleteMultipartUpload", Completion, _complete, _completes, charge=WRITE, place=at_object, mounted=True
)
ABORT = operation(
    "AbortMultipartUpload", OnUpload, _abort, touches_object("AbortMultipartUpload"), charge=WRITE, place=at_object,
    mounted=True,
)  # fmt: skip
LIST_PARTS = operation(
    "ListParts", PartsQuery, _list_parts, touches_object("ListParts"), charge=WRITE, place=at_object, mounted=True
)
ROUTES = (
    on("POST", OBJECT, BEGIN, _beginning, _render_begun, when="uploads"),
    on("PUT", OBJECT, COPY_PART, _part_copying, _render_copied_part, when="uploadId", header="x-oss-copy-source"),
    on("PUT", OBJECT, PUT_PART, _part_writing, _render_part, when="uploadId"),
    on("POST", OBJECT, COMPLETE, _completion, _render_completed, when="uploadId"),
    on("DELETE", OBJECT, ABORT, _aborting, _no_content, when="uploadId"),
    on("GET", OBJECT, LIST_PARTS, _parts_query, _render_parts, when="uploadId"),
)
