"""What hangs on an object: its ACL, its tags, a symbolic link, and the restoring of an archived one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.services.oss import prices
from yunbox.services.oss.access import check_public
from yunbox.services.oss.http import s3_bodies
from yunbox.services.oss.http.documents import parse_document, read_document, read_text
from yunbox.services.oss.http.route import OBJECT, empty, on, xml
from yunbox.services.oss.http.shapes import malformed
from yunbox.services.oss.http.target import S3, OssRequest, named
from yunbox.services.oss.objects.headers import Traits, check_tags, object_acl, restore_header, traits, version_header
from yunbox.services.oss.objects.overwrite import Overwrite, overwrite_of
from yunbox.services.oss.objects.reading import on_version
from yunbox.services.oss.objects.writes import Written, makes
from yunbox.services.oss.operation import READ, WRITE, operation, touches_object
from yunbox.services.oss.params import NamesObject, OnObject, OnVersion, at_object
from yunbox.services.oss.service import Oss, http_time
from yunbox.storage.objects.model import APPENDABLE, SYMLINK, Bucket, ObjectRecord
from yunbox.storage.objects.objects import NoSuchKey, NotAppendable, PositionNotEqualToLength, check_key
from yunbox.wire.http import Response
from yunbox.wire.xml import Node, element

P = TypeVar("P", bound=NamesObject)
R = TypeVar("R")
_HOUR_MS = 3600 * 1000
_DAY_MS = 24 * _HOUR_MS
_RESTORE_MS = {
    "Archive": {"": 60_000},
    "ColdArchive": {"Expedited": _HOUR_MS, "Standard": 5 * _HOUR_MS, "Bulk": 12 * _HOUR_MS, "": 5 * _HOUR_MS},
    "DeepColdArchive": {"Expedited": 12 * _HOUR_MS, "Standard": 48 * _HOUR_MS, "": 48 * _HOUR_MS},
}
"""How long restoring takes by class and priority; the vendor names ranges, and these are their upper ends."""
_TIERS = ("", "Expedited", "Standard", "Bulk")
_CLEANED = ("ColdArchive", "DeepColdArchive")
"""The classes whose restored copy costs extra, so that one may want it gone."""
_RESTORE_DAYS_MAX = {"Archive": 7, "ColdArchive": 365, "DeepColdArchive": 365}


@dataclass(frozen=True)
class Found:
    """A record and its bucket."""

    bucket: Bucket
    record: ObjectRecord


async def _look(service: Oss, call: Call[OnVersion]) -> Found:
    params = call.params
    bucket = service.bucket(params.bucket)
    record = service.store.objects.get(bucket, params.key, params.version)
    if record.is_marker:
        raise NoSuchKey(params.key, record)
    return Found(bucket, record)


async def _amend(service: Oss, about: OnVersion, edit: Callable[[ObjectRecord], ObjectRecord]) -> Found:
    bucket = service.bucket(about.bucket)
    return Found(bucket, await service.store.objects.amend(bucket, about.key, about.version, edit))


# -- ACL


@dataclass(frozen=True, slots=True)
class NewAcl(OnVersion):
    """An ACL for an object or version; empty where the bucket's is to count."""

    acl: str = ""
    grants: bytes = b""
    """Those of the S3 dialect, that stand for an ACL."""


async def _new_acl(request: OssRequest) -> NewAcl:
    check_key(request.key)
    acl, body = request.headers.get("x-oss-object-acl", ""), await read_text(request)
    if not acl and body.strip() and request.dialect == S3:
        return NewAcl(request.bucket, request.key, request.query.get("versionId"), "", body)
    if not acl:
        raise InvalidArgument("no such object access control exists", code="InvalidArgument")
    return NewAcl(request.bucket, request.key, request.query.get("versionId"), object_acl(acl))


async def _put_acl(service: Oss, call: Call[NewAcl]) -> Found:
    acl, bucket = call.params.acl, service.bucket(call.params.bucket)
    if call.params.grants:
        acl = s3_bodies.acl_of(call.params.grants, bucket.account_id)
    check_public(blocked=bucket.blocks_public, acl=acl, noun="object")
    return await _amend(service, call.params, lambda record: msgspec.structs.replace(record, acl=acl))


def _render_acl(result: Found, request: OssRequest) -> Response:
    if request.dialect == S3:
        document = s3_bodies.acl_document(result.bucket.account_id, result.record.acl or result.bucket.acl)
        return xml(document, headers=version_header(result.bucket, result.record))
    owner = element("Owner", element("ID", result.bucket.account_id), element("DisplayName", result.bucket.account_id))
    grants = element("AccessControlList", element("Grant", result.record.acl or "default"))
    return xml(element("AccessControlPolicy", owner, grants), headers=version_header(result.bucket, result.record))


def _render_changed(result: Found, request: OssRequest) -> Response:
    return empty(200, version_header(result.bucket, result.record))


# -- tags


@dataclass(frozen=True, slots=True)
class NewTags(OnVersion):
    """The tags that an object or version is to have."""

    tags: dict[str, str] = field(default_factory=dict)


async def _new_tags(request: OssRequest) -> NewTags:
    check_key(request.key)
    tags = read_tags(await read_document(request, "Tagging"))
    return NewTags(request.bucket, request.key, request.query.get("versionId"), tags)


def read_tags(root: Node) -> dict[str, str]:
    """The tags of a ``Tagging`` document."""
    if root.find("TagSet") is None:
        raise malformed("A Tagging has a TagSet.")
    return check_tags([(tag.value("Key"), tag.value("Value")) for tag in root.all("TagSet/Tag")])


async def _put_tags(service: Oss, call: Call[NewTags]) -> Found:
    tags = call.params.tags
    return await _amend(service, call.params, lambda record: msgspec.structs.replace(record, tags=tags))


async def _no_tags(request: OssRequest) -> NewTags:
    check_key(request.key)
    return NewTags(request.bucket, request.key, request.query.get("versionId"))


def _render_tags(result: Found, request: OssRequest) -> Response:
    tags = [element("Tag", element("Key", key), element("Value", value)) for key, value in result.record.tags.items()]
    return xml(element("Tagging", element("TagSet", *tags)), headers=version_header(result.bucket, result.record))


def _render_untagged(result: Found, request: OssRequest) -> Response:
    return empty(204, version_header(result.bucket, result.record))


# -- symbolic links


@dataclass(frozen=True, slots=True)
class Linking(OnObject):
    """A symbolic link to make."""

    target: str
    traits: Traits
    overwrite: Overwrite


async def _new_link(request: OssRequest) -> Linking:
    check_key(request.key)
    target = named(request.headers.get("x-oss-symlink-target", ""))
    check_key(target)
    return Linking(request.bucket, request.key, target, traits(request.headers), overwrite_of(request))


async def _put_link(service: Oss, call: Call[Linking]) -> Written:
    params = call.params
    bucket = service.bucket(params.bucket)
    given = params.traits.given(call.principal.account_id, bucket)
    check = params.overwrite.check(bucket)
    return Written(bucket, await service.store.objects.link(bucket, params.key, params.target, given, check))


def _render_linked(result: Written, request: OssRequest) -> Response:
    return empty(200, {"ETag": f'"{result.record.etag}"', **version_header(result.bucket, result.record)})


def _render_link(result: Found, request: OssRequest) -> Response:
    if result.record.kind != SYMLINK:
        raise Conflict("The object is not a symlink.", code="NotSymlink", key=request.key)
    headers = {
        "x-oss-symlink-target": quote(result.record.target, safe="/"),
        "ETag": f'"{result.record.etag}"',
        **version_header(result.bucket, result.record),
        **{name: value for name, value in result.record.headers.items() if name.startswith("x-oss-meta-")},
    }
    return empty(200, headers)


# -- restore


@dataclass(frozen=True, slots=True)
class Restoring(OnVersion):
    """An archived object to make readable, for some days; the tier says how fast."""

    days: int = 1
    tier: str = ""


async def _restoring(request: OssRequest) -> Restoring:
    check_key(request.key)
    version, body = request.query.get("versionId"), await read_text(request)
    if not body.strip():
        return Restoring(request.bucket, request.key, version)
    root = parse_document(body, "RestoreRequest")
    days = whole_number(root.value("Days", "1"))
    if days is None:
        raise malformed("Days is a number.")
    return Restoring(request.bucket, request.key, version, days, root.value("JobParameters/Tier"))


@dataclass(frozen=True)
class Restored:
    """Whether an object was restored already, and until when it is."""

    already: bool
    tier: str


def _wrong_class() -> InvalidArgument:
    """Source: the vendor's page of 0016-00000702."""
    text = "The operation is not valid for the object's storage class."
    return InvalidArgument(text, code="OperationNotSupported", ec="0016-00000702")


async def _restore(service: Oss, call: Call[Restoring]) -> Restored:
    days, tier = call.params.days, call.params.tier
    now_ms = service.store.objects.now_ms()
    already = False

    def edit(record: ObjectRecord) -> ObjectRecord:
        nonlocal already
        times = _RESTORE_MS.get(record.storage_class)
        if times is None:
            raise _wrong_class()
        if tier not in _TIERS:
            raise InvalidArgument("The tier of the restore request is not valid.")
        if tier not in times or not 1 <= days <= _RESTORE_DAYS_MAX[record.storage_class]:
            raise InvalidArgument(
                "The days or the tier of the restore request are not those of its class.", code="MalformedXML"
            )
        if 'ongoing-request="true"' in restore_header(record, now_ms):
            raise Conflict("The restore operation is in progress.", code="RestoreAlreadyInProgress")
        already = record.restored_until_ms > now_ms
        ready_ms = record.restore_ready_ms if already else now_ms + times[tier]
        until_ms = (now_ms if already else ready_ms) + days * _DAY_MS
        return msgspec.structs.replace(record, restore_ready_ms=ready_ms, restored_until_ms=until_ms)

    record = (await _amend(service, call.params, edit)).record
    if not already:
        call.usage.items[prices.RESTORE + record.storage_class] = record.size
    return Restored(already, tier)


def _render_restored(result: Restored, request: OssRequest) -> Response:
    return empty(200 if result.already else 202, {"x-oss-object-restore-priority": result.tier} if result.tier else {})


async def _cleaning(request: OssRequest) -> OnVersion:
    await read_text(request)
    return await on_version(request)


async def _clean(service: Oss, call: Call[OnVersion]) -> Found:
    """Put a restored object away before its days are over."""
    now_ms = service.store.objects.now_ms()

    def edit(record: ObjectRecord) -> ObjectRecord:
        if record.storage_class not in _CLEANED:
            raise _wrong_class()
        if record.restored_until_ms <= now_ms:
            raise Conflict("The archive file or restore info stale", code="ArchiveRestoreFileStale")
        if record.restore_ready_ms > now_ms:
            raise Conflict("The archive file's restore is not finished.", code="ArchiveRestoreNotFinished")
        return msgspec.structs.replace(record, restore_ready_ms=0, restored_until_ms=0)

    return await _amend(service, call.params, edit)


# -- seal


@dataclass(frozen=True, slots=True)
class Sealing(OnVersion):
    """An appendable object to end, which has to be as long as ``position``."""

    position: int = 0


async def _sealing(request: OssRequest) -> Sealing:
    check_key(request.key)
    position = request.integer("position", -1)
    if position < 0:
        raise InvalidArgument("The append position is missing or is no number.")
    return Sealing(request.bucket, request.key, None, position)


async def _seal(service: Oss, call: Call[Sealing]) -> Found:
    """End the appending to an object; the time of the first call stays."""
    now_ms, position = service.store.objects.now_ms(), call.params.position

    def edit(record: ObjectRecord) -> ObjectRecord:
        if record.kind != APPENDABLE:
            raise NotAppendable("The object is not appendable", code="ObjectNotAppendable")
        if record.size != position:
            raise PositionNotEqualToLength(record.size, record.crc64)
        return record if record.sealed_ms else msgspec.structs.replace(record, sealed_ms=now_ms)

    return await _amend(service, call.params, edit)


def _render_sealed(result: Found, request: OssRequest) -> Response:
    return empty(200, {"x-oss-sealed-time": http_time(result.record.sealed_ms // 1000)})


def _writes(
    name: str, params: type[P], run: Callable[[Oss, Call[P]], Awaitable[R]], action: str = ""
) -> Operation[Oss, P, R]:
    return operation(name, params, run, touches_object(action or name), charge=WRITE, place=at_object)


def _reads(name: str, action: str = "") -> Operation[Oss, OnVersion, Found]:
    return operation(name, OnVersion, _look, touches_object(action or name), charge=READ, place=at_object)


CLEAN = _writes("CleanRestoredObject", OnVersion, _clean)
SEAL = _writes("SealAppendObject", Sealing, _seal)
PUT_ACL = _writes("PutObjectAcl", NewAcl, _put_acl)
PUT_TAGS = _writes("PutObjectTagging", NewTags, _put_tags)
DELETE_TAGS = _writes("DeleteObjectTagging", NewTags, _put_tags)
PUT_LINK = operation("PutSymlink", Linking, _put_link, makes, charge=WRITE, place=at_object)
RESTORE = _writes("RestoreObject", Restoring, _restore)
ROUTES = (
    on("POST", OBJECT, CLEAN, _cleaning, _render_changed, when="cleanRestoredObject"),
    on("POST", OBJECT, SEAL, _sealing, _render_sealed, when="seal"),
    on("PUT", OBJECT, PUT_ACL, _new_acl, _render_changed, when="acl"),
    on("GET", OBJECT, _reads("GetObjectAcl"), on_version, _render_acl, when="acl"),
    on("PUT", OBJECT, PUT_TAGS, _new_tags, _render_changed, when="tagging"),
    on("GET", OBJECT, _reads("GetObjectTagging"), on_version, _render_tags, when="tagging"),
    on("DELETE", OBJECT, DELETE_TAGS, _no_tags, _render_untagged, when="tagging"),
    on("PUT", OBJECT, PUT_LINK, _new_link, _render_linked, when="symlink"),
    on("GET", OBJECT, _reads("GetSymlink", "GetObject"), on_version, _render_link, when="symlink"),
    on("POST", OBJECT, RESTORE, _restoring, _render_restored, when="restore"),
)
