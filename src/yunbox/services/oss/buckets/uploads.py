"""The uploads under way in a bucket, listed by key and by id."""

from dataclasses import dataclass

from yunbox.kernel.call import Call, Place
from yunbox.services.oss.buckets.listing import spelling
from yunbox.services.oss.http.route import BUCKET, on, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.operation import WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket
from yunbox.services.oss.service import Oss, iso_time
from yunbox.storage.objects.model import Upload
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element

_UPLOADS_MAX = 1000


@dataclass(frozen=True, slots=True)
class UploadsQuery(OnBucket):
    """Which uploads to list."""

    prefix: str
    delimiter: str
    key_marker: str
    id_marker: str
    limit: int


async def _uploads_query(request: OssRequest) -> UploadsQuery:
    query = request.query
    limit = request.page_limit("max-uploads", _UPLOADS_MAX)
    return UploadsQuery(
        request.bucket,
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
    bucket = service.bucket(params.bucket)
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
    return page


def _is_behind(upload: Upload, params: UploadsQuery) -> bool:
    if not params.key_marker or upload.key.encode() > params.key_marker.encode():
        return True
    return upload.key == params.key_marker and bool(params.id_marker) and upload.id > params.id_marker


def _render_uploads(page: UploadsPage, request: OssRequest) -> Response:
    query = page.query
    named = (query.prefix, query.delimiter, query.key_marker, *page.prefixes, *(upload.key for upload in page.uploads))
    spell, encoding = spelling(request, named)
    last = page.uploads[-1] if page.uploads else None
    key = max([*page.prefixes[-1:], *([last.key] if last else [])], default="")
    return xml(
        element(
            "ListMultipartUploadsResult",
            encoding,
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


def _at_prefix(params: UploadsQuery) -> tuple[Place, ...]:
    return (Place(params.bucket, params.prefix),)


LIST_UPLOADS = operation(
    "ListMultipartUploads", UploadsQuery, _list_uploads, touches_bucket("ListMultipartUploads"), charge=WRITE,
    place=_at_prefix, mounted=True,
)  # fmt: skip
ROUTES = (on("GET", BUCKET, LIST_UPLOADS, _uploads_query, _render_uploads, when="uploads"),)
