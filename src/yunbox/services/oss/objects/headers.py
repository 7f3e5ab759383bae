"""What OSS says in headers: attributes of an object on its way in, conditions and ranges, and all on its way out."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus
from uuid import NAMESPACE_DNS, uuid5

import msgspec

from yunbox.kernel.errors import Conflict, InvalidArgument, Unsupported
from yunbox.services.oss.access import OBJECT_ACLS, check_public
from yunbox.services.oss.http.target import S3, OssRequest, as_sent
from yunbox.services.oss.service import http_time
from yunbox.services.oss.settings.documents import LEGAL_TAG, check_encryption
from yunbox.storage.objects.model import (
    APPENDABLE,
    NOT_OF_APPENDABLE,
    SSE,
    SSE_CIPHER,
    SSE_HEADERS,
    SSE_KEY,
    STORAGE_CLASSES,
    SYMLINK,
    Bucket,
    ObjectRecord,
)
from yunbox.storage.objects.objects import Attributes
from yunbox.storage.objects.ports import UNKNOWN_SUM
from yunbox.storage.objects.versions import version_id
from yunbox.wire.http import time_of

META = "x-oss-meta-"
OF_CLIENT = "x-oss-meta-client-side-encryption-"
"""How the headers begin by which a client says how it has encrypted an object itself."""
_KEPT = {
    "cache-control": "Cache-Control",
    "content-disposition": "Content-Disposition",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "content-type": "Content-Type",
    "expires": "Expires",
}
_OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}
_DEFAULT_KEY = str(uuid5(NAMESPACE_DNS, "default.kms.yunbox"))
"""The id of the key that KMS uses where none is named."""
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OF_CUSTOMER = "x-oss-server-side-encryption-customer"
META_BYTES_MAX = 8 * 1024
TAGS_MAX = 10
_TAG_KEY_MAX, _TAG_VALUE_MAX = 128, 256
_DIGITS_MAX = 24
FROZEN = ("Archive", "ColdArchive", "DeepColdArchive")


class NotModified(Conflict):
    """The client has this version already."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a writer says of an object beside its bytes, whoever that is and whichever the bucket."""

    storage_class: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    acl: str = ""

    def given(self, owner: str, bucket: Bucket) -> Attributes:
        """The same as an owner's in a bucket. Raises Forbidden for an ACL that the bucket blocks."""
        check_public(blocked=bucket.blocks_public, acl=self.acl, noun="object")
        return Attributes(owner, self.storage_class, self.headers, self.tags, self.acl)


def traits(headers: Mapping[str, str]) -> Traits:
    """What the headers of a writing request say of the object. Raises InvalidArgument."""
    if any(name.startswith(_OF_CUSTOMER) for name in headers):
        raise Unsupported("Encryption with keys that the client gives is not offered.", code="NotImplemented")
    return Traits(
        storage_class(headers.get("x-oss-storage-class", "")),
        kept_headers(headers),
        tags_of(headers.get("x-oss-tagging", "")),
        object_acl(headers.get("x-oss-object-acl", "")),
    )


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are kept with an object: standard ones and the user's own metadata."""
    meta = {name: value for name, value in headers.items() if name.startswith(META)}
    if sum(len(name) - len(META) + len(value) for name, value in meta.items()) > META_BYTES_MAX:
        raise InvalidArgument(
            "Your metadata headers exceed the maximum allowed metadata size.", code="MetadataTooLarge"
        )
    kept = {spelled: headers[name] for name, spelled in _KEPT.items() if headers.get(name)} | encryption(headers)
    if kept.get("Content-Encoding", "").startswith("aws-chunked"):
        rest = kept.pop("Content-Encoding").removeprefix("aws-chunked").lstrip(", ")
        kept |= {"Content-Encoding": rest} if rest else {}
    for name, value in (kept | meta).items():
        check_header(name, value)
    return kept | meta


def check_header(name: str, value: str) -> None:
    """Refuse a value that no answer can carry in a header. Raises InvalidArgument."""
    if not value.isprintable() and _CONTROLS.search(value):
        raise InvalidArgument(f"The value of {name[:64]} has a control character.")


def encryption(headers: Mapping[str, str]) -> dict[str, str]:
    """What a writer says of an object's encryption. Raises InvalidArgument."""
    found = {name: headers[name] for name in SSE_HEADERS if name in headers}
    if found.get(SSE) != "KMS":
        found.pop(SSE_CIPHER, None)  # the real service takes it and does not keep it, as oss2's tests have it
    if not found:
        return {}
    check_encryption(found.get(SSE, ""), found.get(SSE_KEY), found.get(SSE_CIPHER))
    return found


def storage_class(text: str) -> str:
    """A storage class, or nothing for the bucket's. Raises InvalidArgument."""
    if text and text not in STORAGE_CLASSES:
        raise InvalidArgument(
            f"The storage class you specified is invalid: {text[:64]}", code="InvalidStorageClass", ec="0017-00000132"
        )
    return text


def check_appendable(storage_class: str) -> None:
    """Refuse a class that an appendable object never has. Source: the vendor's page of 0016-00000503."""
    if storage_class in NOT_OF_APPENDABLE:
        raise InvalidArgument(
            "An appendable object is Standard, IA or Archive.", code="OperationNotSupported", ec="0016-00000503"
        )


def object_acl(text: str) -> str:
    """An object's own ACL, or nothing when the bucket's counts. Raises InvalidArgument."""
    if text and text not in OBJECT_ACLS:
        raise InvalidArgument("no such object access control exists", code="InvalidArgument")
    return "" if text == "default" else text


def tags_of(text: str) -> dict[str, str]:
    """Tags from the header's form, ``a=1&b=2``, percent-encoded. Raises InvalidArgument."""
    pairs = [item.split("=") for item in text.split("&")] if text else []
    try:
        if any(len(pair) > 2 for pair in pairs):
            raise _invalid_tag()
        return check_tags([(_plain(key), _plain("".join(value))) for key, *value in pairs])
    except UnicodeDecodeError:
        raise _invalid_tag() from None


def _plain(text: str) -> str:
    return unquote_plus(text, errors="strict")


def _invalid_tag() -> InvalidArgument:
    return InvalidArgument("The TagKey or TagValue you have provided is invalid", code="InvalidTag")


def check_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Tags within the vendor's bounds, and of its characters ("PutObjectTagging"). Raises InvalidArgument."""
    tags = dict(pairs)
    if len(tags) != len(pairs):
        raise InvalidArgument("Cannot provide multiple Tags with the same key", code="InvalidTag")
    if len(tags) > TAGS_MAX:
        raise InvalidArgument(f"Object tags cannot be greater than {TAGS_MAX}", code="InvalidTag")
    for key, value in tags.items():
        if not 1 <= len(key) <= _TAG_KEY_MAX or len(value) > _TAG_VALUE_MAX or not LEGAL_TAG.fullmatch(key + value):
            raise _invalid_tag()
    return tags


# -- conditions


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a reader, or a copy of its source, asks of an object; times in seconds. ``of_source`` is a copy's."""

    match: str | None = None
    none_match: str | None = None
    unmodified_since: float | None = None
    modified_since: float | None = None
    of_source: bool = False

    def check(self, record: ObjectRecord) -> None:
        """Raise PreconditionFailed or NotModified for an object that is not as asked."""
        if self is ANY:
            return
        modified = record.modified_ms // 1000
        if not _agrees(self.match, record) or (
            self.match is None and self.unmodified_since is not None and modified > self.unmodified_since
        ):
            raise _precondition_failed()
        if (self.none_match is not None and _lists(self.none_match, record.etag)) or (
            self.none_match is None and self.modified_since is not None and modified <= self.modified_since
        ):
            if self.of_source:
                raise _precondition_failed()
            raise NotModified("Not Modified", code="NotModified", headers=identity_headers(record))


ANY = Conditions()
"""No condition: any object will do."""
SOURCE = "x-oss-copy-source-"
"""What stands before the conditions that are about the source of a copy."""
_CONDITIONS = {
    prefix: tuple(f"{prefix}if-{name}" for name in ("match", "none-match", "unmodified-since", "modified-since"))
    for prefix in ("", SOURCE)
}


def conditions(headers: Mapping[str, str], prefix: str = "") -> Conditions:
    """The conditional headers of a read, or with a prefix those about the source of a copy."""
    match, none_match, before, after = map(headers.get, _CONDITIONS[prefix])
    if match is None and none_match is None and not before and not after:
        return ANY
    return Conditions(match, none_match, time_of(before or ""), time_of(after or ""), of_source=bool(prefix))


def _precondition_failed() -> Conflict:
    return Conflict("At least one of the pre-conditions you specified did not hold.", code="PreconditionFailed")


def _agrees(wanted: str | None, record: ObjectRecord) -> bool:
    return wanted is None or _lists(wanted, record.etag)


def _lists(text: str, etag: str) -> bool:
    names = [name.strip().removeprefix("W/").strip('"').upper() for name in text.split(",")]
    return "*" in names or etag.upper() in names


class Span(msgspec.Struct, frozen=True):
    """The bytes a read asks for. ``partial`` is a 206."""

    start: int
    length: int
    partial: bool


def span_of(request_range: str, size: int, *, strict: bool) -> Span:
    """The bytes of a Range header. OSS answers one it cannot serve with the whole object, unless told to be strict."""
    whole = Span(0, size, False)
    if not request_range:
        return whole
    unit, _, spec = request_range.partition("=")
    first, dash, last = spec.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in spec:
        return whole
    first, last = first.strip(), last.strip()
    if not all(part.isascii() and part.isdecimal() for part in (first or "0", last or "0")) or not first + last:
        return whole
    first, last = first[:_DIGITS_MAX], last[:_DIGITS_MAX]  # Long.MAX_VALUE has 19 of them, and no object is so long
    if first:
        start = int(first)
        end = min(int(last), size - 1) if last else size - 1
        bad = start >= size or start > end
        if not strict and last and int(last) >= size:
            return whole
    else:
        start, end = max(size - int(last), 0), size - 1
        bad = int(last) == 0 or size == 0
    if bad:
        if strict:
            raise InvalidArgument(
                "The requested range cannot be satisfied.",
                code="InvalidRange",
                headers={"Content-Range": f"bytes */{size}"},
            )
        return whole
    return Span(start, end - start + 1, True)


def is_same(if_range: str, record: ObjectRecord) -> bool:
    """Whether an object is the one that an If-Range names, by a strong ETag or by its date (RFC 9110, 13.1.5)."""
    if if_range.startswith('"'):
        return if_range.strip('"').upper() == record.etag.upper()
    return time_of(if_range) == record.modified_ms // 1000


def is_strict(request: OssRequest) -> bool:
    """Whether a range that cannot be served is an error."""
    return request.dialect == S3 or request.headers.get("x-oss-range-behavior") == "standard"


# -- out


def identity_headers(record: ObjectRecord) -> dict[str, str]:
    """What tells one state of an object from another."""
    return {"ETag": f'"{record.etag}"', "Last-Modified": http_time(record.modified_ms // 1000)}


def sum_header(record: ObjectRecord) -> dict[str, str]:
    """The CRC-64 of the bytes, where it is known."""
    return {"x-oss-hash-crc64ecma": str(record.crc64)} if record.crc64 != UNKNOWN_SUM else {}


def has_digest(record: ObjectRecord) -> bool:
    """Whether the ETag is the MD5 of the bytes; that of a remote may be anything."""
    return "-" not in record.etag and record.crc64 != UNKNOWN_SUM


def version_header(bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    """The version's id, in a bucket that has versions."""
    return {"x-oss-version-id": version_id(record)} if bucket.versioning else {}


def encryption_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What is told of an object's encryption, of the headers that are kept with it.

    KMS without a key uses the account's default one, and says which, as oss2's tests have it.
    """
    found = {name: headers[name] for name in SSE_HEADERS if name in headers}
    if found.get(SSE) == "KMS" and SSE_KEY not in found:
        found[SSE_KEY] = _DEFAULT_KEY
    return found


def written_headers(bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    """What a writer is told."""
    headers = {"ETag": f'"{record.etag}"', **sum_header(record), **version_header(bucket, record)}
    headers |= encryption_headers(record.headers)
    if record.kind != APPENDABLE and has_digest(record):
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(record.etag)).decode()
    return headers


def object_headers(bucket: Bucket, record: ObjectRecord, now_ms: int) -> dict[str, str]:
    """Everything a reader is told of an object."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        **identity_headers(record),
        "x-oss-object-type": record.kind,
        "x-oss-storage-class": record.storage_class,
        **sum_header(record),
        **version_header(bucket, record),
        **record.headers,
    }
    if SSE in record.headers:
        headers |= encryption_headers(record.headers)
    if record.kind == APPENDABLE:
        headers["x-oss-next-append-position"] = str(record.size)
    elif record.kind != SYMLINK and has_digest(record):
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(record.etag)).decode()
    if record.tags:
        headers["x-oss-tagging-count"] = str(len(record.tags))
    if record.sealed_ms:
        headers["x-oss-sealed-time"] = http_time(record.sealed_ms // 1000)
    if restored := restore_header(record, now_ms):
        headers["x-oss-restore"] = restored
    return headers


def restore_header(record: ObjectRecord, now_ms: int) -> str:
    """How far the restoring of an archived object is; nothing when there is none."""
    if record.restored_until_ms <= now_ms:
        return ""
    if record.restore_ready_ms > now_ms:
        return 'ongoing-request="true"'
    return f'ongoing-request="false", expiry-date="{http_time(record.restored_until_ms // 1000)}"'


def is_frozen(record: ObjectRecord, now_ms: int) -> bool:
    """Whether the bytes of an archived object cannot be read now."""
    if record.storage_class not in FROZEN:
        return False
    return not record.restore_ready_ms <= now_ms < record.restored_until_ms


def overrides(query: Mapping[str, str], *, signed: bool) -> dict[str, str]:
    """The headers that a reader asks to have instead; one who has not signed may ask for the type alone.

    Source: the vendor's page GetObject, on response headers and anonymous requests. Raises InvalidArgument.
    """
    if query.keys().isdisjoint(_OVERRIDES):
        return {}
    found = {spelled: query[name] for name, spelled in _OVERRIDES.items() if name in query}
    if not signed and found.keys() - {"Content-Type"}:
        named = min(found.keys() - {"Content-Type"}).lower()
        raise InvalidArgument(f"Can not override response header on {named}", code="InvalidRequest")
    for name, value in found.items():
        check_header(name, value)
    return {name: as_sent(value) for name, value in found.items()}
