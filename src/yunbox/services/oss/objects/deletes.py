"""Deleting objects and versions, one or a thousand at a time."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from yunbox.kernel.call import Access, Call, Place
from yunbox.kernel.errors import Forbidden, InvalidArgument, KernelError, Unsupported
from yunbox.services.oss import faults
from yunbox.services.oss.buckets.listing import spelling
from yunbox.services.oss.http.documents import parse_document, read_text
from yunbox.services.oss.http.route import BUCKET, OBJECT, empty, on, xml
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.services.oss.objects.overwrite import ANYTHING, Overwrite, state_of
from yunbox.services.oss.objects.reading import on_version
from yunbox.services.oss.operation import WRITE, operation
from yunbox.services.oss.params import OnVersion, at_object
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.objects import check_key
from yunbox.storage.objects.versions import version_id
from yunbox.wire.http import Response
from yunbox.wire.oss.sums import PREFIX
from yunbox.wire.xml import Markup, Node, element

DELETE_MAX = 1000
_DELETE_BYTES_MAX = 2 * 1024 * 1024
_REFERENCE = re.compile(rb"&#(?:x0*([0-9a-fA-F]{1,2})|0*([0-9]{1,2}));|([\x01-\x08\x0b\x0c\x0e-\x1f])")


@dataclass(frozen=True)
class Deleted:
    """What was asked to go, and the delete marker that was made or removed."""

    asked: OnVersion
    marker: ObjectRecord | None
    versioned: bool
    error: KernelError | None = None


def _delete_access(service: Oss, asked: OnVersion) -> Access:
    return service.touch("DeleteObject", asked.bucket, asked.key, asked.version)


def _deletes(service: Oss, params: OnVersion) -> tuple[Access, ...]:
    return (_delete_access(service, params),)


@dataclass(frozen=True, slots=True)
class Deleting(OnVersion):
    """A key or a version to delete, if what is there is as it is asked to be."""

    overwrite: Overwrite = ANYTHING


async def _deleting(request: OssRequest) -> Deleting:
    asked = await on_version(request)
    return Deleting(asked.bucket, asked.key, asked.version, state_of(request))


async def _delete(service: Oss, call: Call[Deleting]) -> Deleted:
    asked = call.params
    bucket = service.bucket(asked.bucket)
    owner, check = call.principal.account_id, asked.overwrite.check(bucket)
    if check is None:
        gone = await service.backend(bucket).delete(bucket, asked.key, owner, asked.version)
    elif bucket.remote:
        raise Unsupported("A condition on DeleteObject is not offered on a mounted bucket.", code="NotImplemented")
    else:
        gone = await service.store.objects.delete(bucket, asked.key, owner, asked.version, check)
    return Deleted(asked, gone if gone is not None and gone.is_marker else None, bool(bucket.versioning))


def _render_deleted(result: Deleted, request: OssRequest) -> Response:
    headers: dict[str, str] = {}
    if result.marker is not None:
        headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": version_id(result.marker)}
    elif result.asked.version is not None and result.versioned:
        headers["x-oss-version-id"] = result.asked.version
    return empty(204, headers)


@dataclass(frozen=True)
class Deletions:
    """Many keys at once; ``quiet`` leaves out of the answer what went well.

    ``each_alone`` says that the answer can name what was refused, as in the S3 dialect. OSS's own has no place for it
    ("DeleteMultipleObjects"): one key that may not be deleted has all of them refused (oss2's tests, on paying).
    """

    bucket: str
    items: tuple[OnVersion, ...]
    quiet: bool
    encoded: bool
    each_alone: bool


def _at_each(params: Deletions) -> tuple[Place, ...]:
    return tuple(Place(item.bucket, item.key) for item in params.items)


def _deletes_many(service: Oss, params: Deletions) -> tuple[Access, ...]:
    """The accesses of a batch, but for one whose keys are authorised and refused by themselves."""
    return () if params.each_alone else tuple(_delete_access(service, item) for item in params.items)


async def _deletions(request: OssRequest) -> Deletions:
    body = await read_text(request, _DELETE_BYTES_MAX)
    if not any(name == "content-md5" or name.startswith(PREFIX) for name in request.headers):
        raise InvalidArgument("Missing Some Required Arguments: Content-MD5.", code="MissingArgument")
    root, restored = _parse_keys(body)
    items = tuple(
        OnVersion(request.bucket, restored(_raw(node, "Key")), _raw(node, "VersionId") or None)
        for node in root.all("Object")
    )
    if not 1 <= len(items) <= DELETE_MAX:
        raise InvalidArgument(f"A request deletes 1 to {DELETE_MAX} objects.", code="MalformedXML")
    encoding = request.query.get("encoding-type") or request.headers.get("encoding-type") or root.value("EncodingType")
    if encoding == "url2":  # `url` asks for encoded keys in the answer alone, and those of the request are plain
        items = tuple(replace(item, key=_unquoted(item.key)) for item in items)
    for item in items:
        check_key(item.key)
    return Deletions(
        request.bucket, items, root.value("Quiet").lower() == "true", encoding in ("url", "url2"), request.dialect == S3
    )


def _parse_keys(body: bytes) -> tuple[Node, Callable[[str], str]]:
    """A document with keys, and what gives them back the control characters that XML cannot spell.

    The vendor's Go SDKs write them as ``&#x07;``, and oss2 as they are, which no parser takes, and the real service
    does.
    """
    mark = secrets.token_hex(8)

    def hidden(found: re.Match[bytes]) -> bytes:
        number = found[3][0] if found[3] else int(found[1], 16) if found[1] else int(found[2])
        return found[0] if number > 0x1F or number in b"\t\n\r" else f"{mark}{number:02x}".encode()

    def restored(text: str) -> str:
        return re.sub(f"{mark}(..)", lambda found: chr(int(found[1], 16)), text) if mark in text else text

    return parse_document(_REFERENCE.sub(hidden, body), "Delete"), restored


def _unquoted(key: str) -> str:
    try:
        return unquote(key, errors="strict")
    except UnicodeDecodeError:
        raise InvalidArgument("A key is not valid UTF-8.", code="InvalidObjectName") from None


def _raw(node: Node, tag: str) -> str:
    """Text as it is: a key may begin or end with spaces."""
    child = node.find(tag)
    return child.text if child is not None else ""


async def _delete_many(service: Oss, call: Call[Deletions]) -> tuple[Deletions, list[Deleted]]:
    params = call.params
    bucket = service.bucket(params.bucket)
    allowed: list[OnVersion] = []
    results: list[Deleted] = []
    for item in params.items:
        try:
            if params.each_alone:
                service.authoriser.reach(call, _delete_access(service, item))
            allowed.append(item)
        except Forbidden:
            error = KernelError("You have no right to access this object.", code="AccessDenied")
            results.append(Deleted(item, None, False, error))
    gone = await service.backend(bucket).delete_many(
        bucket, [(item.key, item.version) for item in allowed], call.principal.account_id
    )
    for item, record in zip(allowed, gone, strict=True):
        refused = record if isinstance(record, KernelError) else None
        marker = record if isinstance(record, ObjectRecord) and record.is_marker else None
        results.append(Deleted(item, marker, bool(bucket.versioning), refused))
    return params, results


def _render_deletions(result: tuple[Deletions, list[Deleted]], request: OssRequest) -> Response:
    params, results = result
    _, encoding = spelling(request, (item.asked.key for item in results))
    encoded = params.encoded or encoding is not None
    shown = [_deletion_element(item, encoded) for item in results if item.error or not params.quiet]
    if not shown and request.dialect != S3:
        return empty(200)
    encoding = element("EncodingType", "url") if encoded else None
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


DELETE = operation("DeleteObject", Deleting, _delete, _deletes, charge=WRITE, place=at_object, mounted=True)
DELETE_MANY = operation(
    "DeleteMultipleObjects", Deletions, _delete_many, _deletes_many, charge=WRITE, place=_at_each, mounted=True
)
ROUTES = (
    on("DELETE", OBJECT, DELETE, _deleting, _render_deleted),
    on("DELETE", OBJECT, DELETE, _deleting, _render_deleted, when="symlink"),  # a link, as oss2's clients name it
    on("POST", BUCKET, DELETE_MANY, _deletions, _render_deletions, when="delete"),
)
