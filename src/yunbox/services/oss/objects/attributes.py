"""What hangs on an object: its ACL, its tags, a symbolic link, and the restoring of an archived one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus

import msgspec

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.meter.prices import OSS_RESTORE
from yunbox.services.oss.access import check_public
from yunbox.services.oss.http.route import OBJECT, Route, empty, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.headers import attributes, check_tags, object_acl, restore_header, version_header
from yunbox.services.oss.objects.reads import Reading, reading
from yunbox.services.oss.objects.transfer import overwrite_check
from yunbox.services.oss.objects.writes import Written
from yunbox.services.oss.service import Oss, http_time, read, write
from yunbox.storage.objects.model import APPENDABLE, SYMLINK, Bucket, ObjectRecord
from yunbox.storage.objects.objects import NotAppendable, PositionNotEqualToLength, check_key
from yunbox.wire.http import Response
from yunbox.wire.xml import element, parse_body

_HOUR_MS = 3600 * 1000
_DAY_MS = 24 * _HOUR_MS
_RESTORE_MS = {
    "Archive": {"": 60_000},
    "ColdArchive": {"Expedited": _HOUR_MS, "Standard": 5 * _HOUR_MS, "Bulk": 12 * _HOUR_MS, "": 5 * _HOUR_MS},
    "DeepColdArchive": {"Expedited": 12 * _HOUR_MS, "Standard": 48 * _HOUR_MS, "": 48 * _HOUR_MS},
}
"""How long restoring takes by class and priority; the vendor names ranges, and these are their upper ends."""
_CLEANED = ("ColdArchive", "DeepColdArchive")
"""The classes whose restored copy costs extra, so that one may want it gone."""
_RESTORE_DAYS_MAX = {"Archive": 7, "ColdArchive": 365, "DeepColdArchive": 365}


def _touching(action: str) -> Callable[[Oss, Any], tuple[Access, ...]]:
    def touches(service: Oss, params: Any) -> tuple[Access, ...]:
        request = params.request
        return (service.touch(action, request.bucket, request.key),)

    return touches


@dataclass(frozen=True)
class Found:
    """A record and its bucket."""

    bucket: Bucket
    record: ObjectRecord


async def _look(service: Oss, call: Call[Reading]) -> Found:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    record = service.store.objects.get(bucket, request.key, call.params.version)
    read(call, request.bucket)
    return Found(bucket, record)


# -- ACL


@dataclass(frozen=True)
class Setting:
    """A request that changes one thing about an object or version."""

    request: OssRequest
    version: str | None
    value: Any


async def _new_acl(request: OssRequest) -> Setting:
    check_key(request.key)
    acl = request.headers.get("x-oss-object-acl", "")
    if not acl:
        raise InvalidArgument("no such object access control exists", code="InvalidArgument")
    return Setting(request, request.query.get("versionId"), object_acl(acl))


async def _put_acl(service: Oss, call: Call[Setting]) -> Found:
    blocked = service.bucket(call.params.request.bucket).blocks_public
    check_public(blocked=blocked, acl=call.params.value, noun="object")
    return await _amend(service, call, lambda record: msgspec.structs.replace(record, acl=call.params.value))


async def _amend(service: Oss, call: Call[Setting], edit: Callable[[ObjectRecord], ObjectRecord]) -> Found:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    record = await service.store.objects.amend(bucket, request.key, call.params.version, edit)
    write(call, request.bucket)
    return Found(bucket, record)


def _render_acl(result: Found, request: OssRequest) -> Response:
    owner = element("Owner", element("ID", result.bucket.account_id), element("DisplayName", result.bucket.account_id))
    grants = element("AccessControlList", element("Grant", result.record.acl or "default"))
    return xml(element("AccessControlPolicy", owner, grants), headers=version_header(result.bucket, result.record))


def _render_changed(result: Found, request: OssRequest) -> Response:
    return empty(200, version_header(result.bucket, result.record))


# -- tags


async def _new_tags(request: OssRequest) -> Setting:
    check_key(request.key)
    return Setting(request, request.query.get("versionId"), read_tags(await request.body.read()))


def read_tags(body: bytes) -> dict[str, str]:
    """The tags of a ``Tagging`` document."""
    root = parse_body(body)
    if root.tag != "Tagging" or root.find("TagSet") is None:
        raise InvalidArgument("The XML you provided was not well-formed.", code="MalformedXML")
    return check_tags([(tag.value("Key"), tag.value("Value")) for tag in root.all("TagSet/Tag")])


async def _put_tags(service: Oss, call: Call[Setting]) -> Found:
    return await _amend(service, call, lambda record: msgspec.structs.replace(record, tags=call.params.value))


async def _no_tags(request: OssRequest) -> Setting:
    check_key(request.key)
    return Setting(request, request.query.get("versionId"), {})


def _render_tags(result: Found, request: OssRequest) -> Response:
    tags = [element("Tag", element("Key", key), element("Value", value)) for key, value in result.record.tags.items()]
    return xml(element("Tagging", element("TagSet", *tags)), headers=version_header(result.bucket, result.record))


def _render_untagged(result: Found, request: OssRequest) -> Response:
    return empty(204, version_header(result.bucket, result.record))


# -- symbolic links


async def _new_link(request: OssRequest) -> Setting:
    check_key(request.key)
    target = unquote_plus(request.headers.get("x-oss-symlink-target", ""))
    check_key(target)
    return Setting(request, None, target)


async def _put_link(service: Oss, call: Call[Setting]) -> Written:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    given = attributes(request, call.principal.account_id, bucket)
    record = await service.store.objects.link(bucket, request.key, call.params.value, given, overwrite_check(request))
    write(call, request.bucket)
    return Written(bucket, record)


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


async def _restoring(request: OssRequest) -> Setting:
    check_key(request.key)
    body = await request.body.read()
    days, tier = 1, ""
    if body.strip():
        root = parse_body(body)
        text = root.value("Days", "1")
        if root.tag != "RestoreRequest" or not text.isdigit():
            raise InvalidArgument("The XML you provided was not well-formed.", code="MalformedXML")
        days, tier = int(text), root.value("JobParameters/Tier")
    return Setting(request, request.query.get("versionId"), (days, tier))


@dataclass(frozen=True)
class Restored:
    """Whether an object was restored already, and until when it is."""

    already: bool
    tier: str


async def _restore(service: Oss, call: Call[Setting]) -> Restored:
    request = call.params.request
    days, tier = call.params.value
    now_ms = service.store.objects.now_ms()
    already = False

    def edit(record: ObjectRecord) -> ObjectRecord:
        nonlocal already
        times = _RESTORE_MS.get(record.storage_class)
        if times is None:
            raise Conflict("The operation is not valid for the object's storage class.", code="OperationNotSupported")
        if tier not in times or not 1 <= days <= _RESTORE_DAYS_MAX[record.storage_class]:
            raise InvalidArgument("The days or the tier of the restore request are not valid.", code="MalformedXML")
        if 'ongoing-request="true"' in restore_header(record, now_ms):
            raise Conflict("The restore operation is in progress.", code="RestoreAlreadyInProgress")
        already = record.restored_until_ms > now_ms
        ready_ms = record.restore_ready_ms if already else now_ms + times[tier]
        until_ms = (now_ms if already else ready_ms) + days * _DAY_MS
        return msgspec.structs.replace(record, restore_ready_ms=ready_ms, restored_until_ms=until_ms)

    bucket = service.bucket(request.bucket)
    record = await service.store.objects.amend(bucket, request.key, call.params.version, edit)
    write(call, request.bucket)
    if not already:
        call.usage.items[OSS_RESTORE + record.storage_class] = record.size
    return Restored(already, tier)


def _render_restored(result: Restored, request: OssRequest) -> Response:
    return empty(200 if result.already else 202, {"x-oss-object-restore-priority": result.tier} if result.tier else {})


async def _cleaning(request: OssRequest) -> Setting:
    check_key(request.key)
    await request.body.read()
    return Setting(request, request.query.get("versionId"), None)


async def _clean(service: Oss, call: Call[Setting]) -> Found:
    """Put a restored object away before its days are over."""
    now_ms = service.store.objects.now_ms()

    def edit(record: ObjectRecord) -> ObjectRecord:
        if record.storage_class not in _CLEANED:
            raise Conflict("The operation is not valid for the object's storage class.", code="OperationNotSupported")
        if record.restored_until_ms <= now_ms:
            raise Conflict("The archive file or restore info stale", code="ArchiveRestoreFileStale")
        if record.restore_ready_ms > now_ms:
            raise Conflict("The archive file's restore is not finished.", code="ArchiveRestoreNotFinished")
        return msgspec.structs.replace(record, restore_ready_ms=0, restored_until_ms=0)

    return await _amend(service, call, edit)


# -- seal


async def _sealing(request: OssRequest) -> Setting:
    check_key(request.key)
    position = request.integer("position", -1)
    if position < 0:
        raise InvalidArgument("The append position is missing or is no number.")
    return Setting(request, None, position)


async def _seal(service: Oss, call: Call[Setting]) -> Found:
    """End the appending to an object; the time of the first call stays."""
    now_ms, position = service.store.objects.now_ms(), call.params.value

    def edit(record: ObjectRecord) -> ObjectRecord:
        if record.kind != APPENDABLE:
            raise NotAppendable("The object is not appendable", code="ObjectNotAppendable")
        if record.size != position:
            raise PositionNotEqualToLength(record.size, record.crc64)
        return record if record.sealed_ms else msgspec.structs.replace(record, sealed_ms=now_ms)

    return await _amend(service, call, edit)


def _render_sealed(result: Found, request: OssRequest) -> Response:
    return empty(200, {"x-oss-sealed-time": http_time(result.record.sealed_ms // 1000)})


ROUTES = (
    Route(
        "POST",
        OBJECT,
        Operation("oss", "CleanRestoredObject", Setting, _clean, _touching("CleanRestoredObject")),
        _cleaning,
        _render_changed,
        when="cleanRestoredObject",
    ),
    Route(
        "POST",
        OBJECT,
        Operation("oss", "SealAppendObject", Setting, _seal, _touching("SealAppendObject")),
        _sealing,
        _render_sealed,
        when="seal",
    ),
    Route(
        "PUT",
        OBJECT,
        Operation("oss", "PutObjectAcl", Setting, _put_acl, _touching("PutObjectAcl")),
        _new_acl,
        _render_changed,
        when="acl",
    ),
    Route(
        "GET",
        OBJECT,
        Operation("oss", "GetObjectAcl", Reading, _look, _touching("GetObjectAcl")),
        reading,
        _render_acl,
        when="acl",
    ),
    Route(
        "PUT",
        OBJECT,
        Operation("oss", "PutObjectTagging", Setting, _put_tags, _touching("PutObjectTagging")),
        _new_tags,
        _render_changed,
        when="tagging",
    ),
    Route(
        "GET",
        OBJECT,
        Operation("oss", "GetObjectTagging", Reading, _look, _touching("GetObjectTagging")),
        reading,
        _render_tags,
        when="tagging",
    ),
    Route(
        "DELETE",
        OBJECT,
        Operation("oss", "DeleteObjectTagging", Setting, _put_tags, _touching("DeleteObjectTagging")),
        _no_tags,
        _render_untagged,
        when="tagging",
    ),
    Route(
        "PUT",
        OBJECT,
        Operation("oss", "PutSymlink", Setting, _put_link, _touching("PutObject")),
        _new_link,
        _render_linked,
        when="symlink",
    ),
    Route(
        "GET",
        OBJECT,
        Operation("oss", "GetSymlink", Reading, _look, _touching("GetObject")),
        reading,
        _render_link,
        when="symlink",
    ),
    Route(
        "POST",
        OBJECT,
        Operation("oss", "RestoreObject", Setting, _restore, _touching("RestoreObject")),
        _restoring,
        _render_restored,
        when="restore",
    ),
)
