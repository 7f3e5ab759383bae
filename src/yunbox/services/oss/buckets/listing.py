"""Listing objects and versions, in OSS's first and second form and in the S3 dialect's.

A page of a thousand keys is rendered with as little work a key as there can be: the record's fixed head is all that
is read of it.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.sax.saxutils import escape

from yunbox.kernel.call import Access, Call, Place
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.route import BUCKET, on, xml
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.services.oss.objects.headers import FROZEN, restore_header
from yunbox.services.oss.operation import WRITE, operation
from yunbox.services.oss.params import OnBucket
from yunbox.services.oss.service import Oss, iso_time
from yunbox.storage.objects.listing import Page, Query, VersionEntry, VersionPage
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.versions import version_id
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element

KEYS_MAX = 1000
_DEFAULT = 100
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that keys may have and XML 1.0 has no way to write."""
_S3_CLASSES = {"Standard": "STANDARD", "IA": "STANDARD_IA", "Archive": "GLACIER", "ColdArchive": "DEEP_ARCHIVE"}


@dataclass(frozen=True, slots=True)
class Listing(OnBucket):
    """What to list. ``after_version`` goes on inside a key."""

    query: Query
    after_version: str = ""


@dataclass(frozen=True)
class Listed:
    """A page and the bucket it is of."""

    bucket: Bucket
    page: Page
    params: Listing
    restores: Mapping[str, str] = field(default_factory=dict)
    """How far the restoring of archived objects is, by key."""


def _limit(request: OssRequest) -> int:
    default = KEYS_MAX if request.dialect == S3 else _DEFAULT
    limit = request.integer("max-keys", default, high=1 << 31)
    if limit > KEYS_MAX and request.dialect != S3:
        raise InvalidArgument(f"The max-keys {limit} is more than {KEYS_MAX}.")
    return min(limit, KEYS_MAX)


def _query(request: OssRequest, after: str) -> Query:
    encoding = request.query.get("encoding-type", "")
    if request.query.get("list-type", "2") != "2":
        raise InvalidArgument("The list-type is 2, or is left out.", ec="0015-00000401")
    if encoding not in ("", "url"):
        raise InvalidArgument("Invalid encoding-type", code="InvalidArgument")
    for name in ("prefix", "delimiter", "marker", "key-marker", "version-id-marker", "start-after"):
        if len(request.query.get(name, "").encode()) > 1024:
            raise InvalidArgument(f"The {name} is longer than 1024 bytes.")
    return Query(request.query.get("prefix", ""), request.query.get("delimiter", ""), after, _limit(request))


async def _first_form(request: OssRequest) -> Listing:
    return Listing(request.bucket, _query(request, request.query.get("marker", "")))


async def _second_form(request: OssRequest) -> Listing:
    token = request.query.get("continuation-token")
    try:
        after = urlsafe_b64decode(token.encode()).decode() if token else request.query.get("start-after", "")
    except (binascii.Error, ValueError):
        raise InvalidArgument("The continuation token provided is incorrect.") from None
    return Listing(request.bucket, _query(request, after))


async def _versions_form(request: OssRequest) -> Listing:
    after_version = request.query.get("version-id-marker", "")
    key_marker = request.query.get("key-marker", "")
    if after_version and not key_marker:
        raise InvalidArgument("A version-id marker cannot be specified without a key marker.")
    return Listing(request.bucket, _query(request, key_marker), after_version)


def _touches(action: str) -> Callable[[Oss, Listing], tuple[Access, ...]]:
    def touches(service: Oss, params: Listing) -> tuple[Access, ...]:
        context = {"oss:Prefix": params.query.prefix, "oss:Delimiter": params.query.delimiter}
        return (service.touch(action, params.bucket, **context),)

    return touches


async def _list(service: Oss, call: Call[Listing]) -> Listed:
    params = call.params
    bucket = service.bucket(params.bucket)
    page = await service.backend(bucket).page(bucket, params.query)
    return Listed(bucket, page, params, _restores(service, bucket, page))


def _restores(service: Oss, bucket: Bucket, page: Page) -> dict[str, str]:
    """Only archived objects are looked at: the others have none."""
    cold = [key for key, summary in page.entries if summary[1] in FROZEN]
    if not cold or bucket.remote:
        return {}
    now_ms = service.store.objects.now_ms()
    records = ((key, service.store.objects.find(bucket, key)) for key in cold)
    return {key: restore_header(record, now_ms) for key, record in records if record is not None}


def _render_first(result: Listed, request: OssRequest) -> Response:
    page, (spell, _) = result.page, _of_page(result.page, result.params.query, request)
    marker = element("NextMarker", spell(page.last)) if page.truncated else None
    return _document(result, request, element("Marker", spell(request.query.get("marker", ""))), marker)


def _render_second(result: Listed, request: OssRequest) -> Response:
    page, (spell, _) = result.page, _of_page(result.page, result.params.query, request)
    following = urlsafe_b64encode(page.last.encode()).decode() if page.truncated else None
    token = request.query.get("continuation-token")
    start = request.query.get("start-after")
    return _document(
        result,
        request,
        element("StartAfter", spell(start)) if start else None,
        element("ContinuationToken", token) if token else None,
        element("NextContinuationToken", following) if following else None,
        element("KeyCount", len(page)),
    )


def _document(result: Listed, request: OssRequest, *markers: Markup | None) -> Response:
    query = result.params.query
    spell, encoding = _of_page(result.page, query, request)
    owner = _owner(result.bucket) if _shows_owner(request) else ""
    head = (
        element("Name", result.bucket.name),
        element("Prefix", spell(query.prefix)),
        *markers,
        element("MaxKeys", query.limit),
        element("Delimiter", spell(query.delimiter)) if query.delimiter or request.dialect != S3 else None,
        encoding,
        element("IsTruncated", str(result.page.truncated).lower()),
    )
    contents = _contents(result.page, spell, owner, result.restores, s3=request.dialect == S3)
    prefixes = (element("CommonPrefixes", element("Prefix", spell(prefix))) for prefix in result.page.prefixes)
    parts = (*(part for part in head if part is not None), *contents, *prefixes)
    return xml(Markup("".join(("<ListBucketResult>", *parts, "</ListBucketResult>"))))  # joined once: it is large


def _shows_owner(request: OssRequest) -> bool:
    return request.query.get("list-type") != "2" or request.query.get("fetch-owner", "").lower() == "true"


def _contents(
    page: Page, spell: Callable[[str], str], owner: str, restores: Mapping[str, str], *, s3: bool
) -> list[str]:
    found: list[str] = []
    for key, (kind, storage_class, size, modified_ms, etag) in page.entries:
        of_kind = "" if s3 else f"<Type>{kind}</Type>"
        named = _S3_CLASSES.get(storage_class, storage_class) if s3 else storage_class
        name = spell(key)
        restored = f"<RestoreInfo>{escape(restores[key])}</RestoreInfo>" if restores.get(key) else ""
        if "&" in name or "<" in name or ">" in name or "\r" in name:
            name = escape(name, {"\r": "&#13;"})
        found.append(
            f"<Contents><Key>{name}</Key><LastModified>{iso_time(modified_ms)}</LastModified>"
            f'<ETag>"{etag.lower() if s3 else etag}"</ETag>{of_kind}<Size>{size}</Size>'
            f"<StorageClass>{named}</StorageClass>{restored}{owner}</Contents>"
        )
    return found


def _owner(bucket: Bucket) -> str:
    return f"<Owner><ID>{bucket.account_id}</ID><DisplayName>{bucket.account_id}</DisplayName></Owner>"


def spelling(request: OssRequest, names: Iterable[str]) -> tuple[Callable[[str], str], Markup | None]:
    """How an answer with some names spells them, and the element that says so: percent-encoded where that is asked for.

    So too where it is not, and one of the names has characters that no XML can say.
    """
    if request.query.get("encoding-type") == "url" or _UNSPEAKABLE.search("".join(names)):
        return quote, element("EncodingType", "url")
    return str, None


def _of_page(page: Page | VersionPage, query: Query, request: OssRequest) -> tuple[Callable[[str], str], Markup | None]:
    keys = (entry.key if isinstance(entry, VersionEntry) else entry[0] for entry in page.entries)
    return spelling(request, (query.prefix, query.delimiter, query.after, *page.prefixes, *keys))


# -- versions


@dataclass(frozen=True)
class ListedVersions:
    """A page of versions and the bucket it is of."""

    bucket: Bucket
    page: VersionPage
    params: Listing
    now_ms: int = 0


async def _list_versions(service: Oss, call: Call[Listing]) -> ListedVersions:
    params = call.params
    bucket = service.bucket(params.bucket)
    page = await service.store.listing.versions(bucket, params.query, params.after_version)
    return ListedVersions(bucket, page, params, service.store.objects.now_ms())


def _render_versions(result: ListedVersions, request: OssRequest) -> Response:
    page, query = result.page, result.params.query
    spell, encoding = _of_page(page, query, request)
    following: list[Markup] = []
    if page.truncated:
        following.append(element("NextKeyMarker", spell(page.last_key)))
        if page.last_version:
            following.append(element("NextVersionIdMarker", page.last_version))
    body = element(
        "ListVersionsResult",
        element("Name", result.bucket.name),
        element("Prefix", spell(query.prefix)),
        element("KeyMarker", spell(query.after)),
        element("VersionIdMarker", result.params.after_version),
        element("MaxKeys", query.limit),
        element("Delimiter", spell(query.delimiter)) if query.delimiter or request.dialect != S3 else None,
        encoding,
        element("IsTruncated", str(page.truncated).lower()),
        *following,
        *(_version(entry, spell, result, request.dialect == S3) for entry in page.entries),
        *(element("CommonPrefixes", element("Prefix", spell(prefix))) for prefix in page.prefixes),
    )
    return xml(body)


def _version(entry: VersionEntry, spell: Callable[[str], str], result: ListedVersions, s3: bool) -> Markup:
    record, restored = entry.record, restore_header(entry.record, result.now_ms)
    common = (
        element("Key", spell(entry.key)),
        element("VersionId", version_id(record)),
        element("IsLatest", str(entry.is_latest).lower()),
        element("LastModified", iso_time(record.modified_ms)),
        Markup(_owner(result.bucket)),
    )
    if record.is_marker:
        return element("DeleteMarker", *common)
    return element(
        "Version",
        *common,
        element("ETag", f'"{record.etag}"'),
        None if s3 else element("Type", record.kind),
        element("Size", record.size),
        element(
            "StorageClass", _S3_CLASSES.get(record.storage_class, record.storage_class) if s3 else record.storage_class
        ),
        element("RestoreInfo", restored) if restored and not s3 else None,
    )


def _at_prefix(params: Listing) -> tuple[Place, ...]:
    return (Place(params.bucket, params.query.prefix),)


LIST = operation("ListObjects", Listing, _list, _touches("ListObjects"), charge=WRITE, place=_at_prefix, mounted=True)
LIST_V2 = operation(
    "ListObjectsV2", Listing, _list, _touches("ListObjects"), charge=WRITE, place=_at_prefix, mounted=True
)
LIST_VERSIONS = operation(
    "ListObjectVersions", Listing, _list_versions, _touches("ListObjectVersions"), charge=WRITE, place=_at_prefix
)
ROUTES = (
    on("GET", BUCKET, LIST_V2, _second_form, _render_second, when="list-type"),
    on("GET", BUCKET, LIST_VERSIONS, _versions_form, _render_versions, when="versions"),
    on("GET", BUCKET, LIST, _first_form, _render_first),
)
