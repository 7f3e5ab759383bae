"""Copies: of an object to another, and what a copy of a part needs of its source."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from yunbox.kernel.call import Access, Call, Place
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.services.oss.buckets.buckets import check_bucket_name
from yunbox.services.oss.http.pace import lasting, rate_of
from yunbox.services.oss.http.route import OBJECT, on, xml
from yunbox.services.oss.http.target import S3, OssRequest, named
from yunbox.services.oss.objects.headers import (
    ANY,
    OF_CLIENT,
    SOURCE,
    Conditions,
    Traits,
    check_appendable,
    conditions,
    encryption_headers,
    is_frozen,
    sum_header,
    traits,
    version_header,
)
from yunbox.services.oss.objects.overwrite import Overwrite, overwrite_of
from yunbox.services.oss.objects.reads import MarkerOpened, follow
from yunbox.services.oss.objects.transfer import Origin, transfer
from yunbox.services.oss.objects.writes import Written, makes
from yunbox.services.oss.operation import WRITE, operation
from yunbox.services.oss.params import NamesObject, OnObject, OnVersion
from yunbox.services.oss.service import Oss, iso_time, retrieve
from yunbox.storage.objects.model import APPENDABLE, MULTIPART, NORMAL, SSE_HEADERS, Bucket, ObjectRecord
from yunbox.storage.objects.objects import NoSuchKey, check_key
from yunbox.storage.objects.ports import Bytes
from yunbox.storage.objects.versions import version_id
from yunbox.wire.http import Response
from yunbox.wire.xml import element

_VERSION = re.compile(r"versionId=[^&]+")


@dataclass(frozen=True, slots=True)
class CopySource(OnVersion):
    """Where a copy is from, and what is asked of it."""

    conditions: Conditions = ANY


@dataclass(frozen=True, slots=True)
class Copying(OnObject):
    """A copy: from where, and what becomes of what the source has. ``must_change`` refuses one that changes nothing."""

    source: CopySource
    traits: Traits
    overwrite: Overwrite
    replaces_headers: bool
    replaces_tags: bool
    must_change: bool
    rate: int = 0


def source_of(request: OssRequest) -> CopySource:
    """The source of a copy. The vendor's Go SDK and ossutil send a space as a plus. Raises InvalidArgument.

    It begins with a slash, bar in the S3 dialect: the vendor's page of the error 0042-00000301.
    """
    text, asked, query = request.headers["x-oss-copy-source"].partition("?")
    bucket, _, key = named(text).removeprefix("/").partition("/")
    if not bucket or not key or not (text.startswith(("/", "%2F", "%2f")) or request.dialect == S3):
        raise InvalidArgument(
            "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.", ec="0042-00000301"
        )
    if asked and not _VERSION.fullmatch(query):
        raise InvalidArgument("Behind the source of a copy stands nothing but its ?versionId=.")
    check_bucket_name(bucket)
    check_key(key)
    wanted = unquote(query.removeprefix("versionId=")) if query else None
    return CopySource(bucket, key, wanted, conditions(request.headers, SOURCE))


def _replaces(directive: str) -> bool:
    """Whether a copy says anew what its source has. Raises InvalidArgument for a directive that is none."""
    if directive.upper() not in ("COPY", "REPLACE"):
        raise InvalidArgument(f"A directive is COPY or REPLACE, and not {directive[:64]}.")
    return directive.upper() == "REPLACE"


async def _copying(request: OssRequest) -> Copying:
    check_key(request.key)
    replaces_headers = _replaces(request.headers.get("x-oss-metadata-directive", "COPY"))
    return Copying(
        request.bucket,
        request.key,
        source_of(request),
        traits(request.headers),
        overwrite_of(request),
        replaces_headers,
        _replaces(request.headers.get("x-oss-tagging-directive", "COPY")),
        # S3 refuses a copy onto itself that changes nothing; OSS takes it for a touch
        request.dialect == S3 and not replaces_headers,
        rate_of(request),
    )


class Copies(NamesObject, Protocol):
    """Parameters of a copy."""

    @property
    def source(self) -> CopySource:
        """Where it is from."""


def from_source(service: Oss, source: CopySource) -> Access:
    """The access of a copy to what it is from."""
    return service.touch("GetObject", source.bucket, source.key, source.version)


def _copies(service: Oss, params: Copying) -> tuple[Access, ...]:
    return (from_source(service, params.source), *makes(service, params))


def at_both(params: Copies) -> tuple[Place, ...]:
    """The load of a copy falls on what it makes, and on what it is from."""
    return Place(params.bucket, params.key), Place(params.source.bucket, params.source.key)


async def open_source(service: Oss, call: Call[Any], source: CopySource) -> tuple[ObjectRecord, Bytes]:
    """The source of a copy and its open bytes. Raises what its conditions raise, and Conflict for a frozen one.

    Raises MarkerOpened for a version that is a delete marker.
    """
    _, record, held = await follow(service, call, service.bucket(source.bucket), source.key, source.version)
    try:
        source.conditions.check(record)
        if is_frozen(record, service.store.objects.now_ms()):
            raise Conflict("The operation is not valid for the object's state.", code="InvalidObjectState")
    except BaseException:
        held.close()
        raise
    return record, held


async def _copy(service: Oss, call: Call[Copying]) -> tuple[Written, str]:
    params, started = call.params, time.monotonic()
    origin, bucket = service.bucket(params.source.bucket), service.bucket(params.bucket)
    try:
        source, held = await open_source(service, call, params.source)
    except MarkerOpened:  # there is nothing there (the vendor's page CopyObject)
        raise NoSuchKey(params.source.key) from None
    try:
        now_ms = service.store.objects.now_ms()
        record = _copied_record(source, params, bucket, call.principal.account_id, now_ms)
        if _changes_nothing(params, source, record):
            raise InvalidArgument(
                "This copy request is illegal because it tries to copy an object to itself without changing its "
                "metadata, storage class or encryption.",
                code="InvalidRequest",
            )
        retrieve(call, source, source.size)
        from_there = Origin(origin, params.source.key, source, held)
        written = await transfer(service, from_there, bucket, params.key, record, params.overwrite.check(bucket))
    finally:
        held.close()
    await lasting(source.size, params.rate, started)
    return Written(bucket, written), version_id(source) if origin.versioning else ""


def _copied_record(source: ObjectRecord, params: Copying, bucket: Bucket, owner: str, now_ms: int) -> ObjectRecord:
    """The record of a copy: an object of many parts becomes one whole object with the same bytes."""
    given = params.traits.given(owner, bucket)
    plain = {name: value for name, value in source.headers.items() if name not in SSE_HEADERS}
    kept = _staying(plain) | given.headers if params.replaces_headers else plain | encryption_headers(given.headers)
    kind = _copied_kind(source, params)
    if kind == APPENDABLE and not source.sealed_ms:
        check_appendable(given.storage_class)
    return ObjectRecord(
        kind,
        source.size,
        now_ms,
        source.etag,
        source.crc64,
        given.storage_class or bucket.storage_class,
        headers=bucket.encrypted(kept),
        tags=given.tags if params.replaces_tags else source.tags,
        owner=owner,
        acl=given.acl,
        sealed_ms=source.sealed_ms if kind == APPENDABLE else 0,
    )


def _staying(headers: Mapping[str, str]) -> dict[str, str]:
    """What a copy keeps that says anew what it is: its type, and how its client encrypted it.

    Source: the integration tests of the vendor's alibabacloud-oss-v2.
    """
    return {name: value for name, value in headers.items() if name == "Content-Type" or name.startswith(OF_CLIENT)}


def _copied_kind(source: ObjectRecord, params: Copying) -> str:
    """What a copy is: whole, or of parts as its source; one onto itself, for its metadata, stays what it is."""
    itself = (params.source.bucket, params.source.key) == (params.bucket, params.key) and params.source.version is None
    return source.kind if source.kind == MULTIPART or (itself and source.kind == APPENDABLE) else NORMAL


def _changes_nothing(params: Copying, source: ObjectRecord, record: ObjectRecord) -> bool:
    return (
        params.must_change
        and (params.source.bucket, params.source.key) == (params.bucket, params.key)
        and params.source.version is None
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


COPY = operation("CopyObject", Copying, _copy, _copies, charge=WRITE, place=at_both, mounted=True)
ROUTES = (on("PUT", OBJECT, COPY, _copying, _render_copied, header="x-oss-copy-source"),)
