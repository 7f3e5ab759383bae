"""Buckets over REST, and the account's list of them."""

import re
from dataclasses import dataclass

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import Forbidden, InvalidArgument, Unsupported
from yunbox.services.oss.access import BUCKET_ACLS, check_public, on_service
from yunbox.services.oss.http.documents import parse_document, read_text
from yunbox.services.oss.http.route import BUCKET, SERVICE, empty, on, xml
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.services.oss.objects.headers import encryption, storage_class
from yunbox.services.oss.operation import READ, WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, at_bucket, nowhere
from yunbox.services.oss.service import Oss, iso_time
from yunbox.storage.objects.model import (
    ENCRYPTION,
    PUBLIC_BLOCK,
    SSE_ELEMENTS,
    STORAGE_CLASSES,
    Bucket,
    BucketStat,
    is_block,
)
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element, parse_body

_ENCRYPTION = re.compile("<ApplyServerSideEncryptionByDefault>(.*)</ApplyServerSideEncryptionByDefault>", re.DOTALL)
RESOURCE_GROUP = "rg-default"
"""The one resource group that there is."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_PAGE_MAX = 1000
BUCKETS_MAX = 100
"""Of one account and region, as the vendor has it."""


def has_tag(document: str, key: str, value: str | None) -> bool:
    """Whether a document of tags has one, of a value where that is given."""
    tags = parse_body(document.encode()).all("TagSet/Tag") if document else ()
    return any(tag.value("Key") == key and value in (None, tag.value("Value")) for tag in tags)


def check_bucket_name(name: str) -> str:
    """A bucket's name. Raises InvalidArgument."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument("The specified bucket is not valid.", code="InvalidBucketName", bucket=name[:64])
    return name


async def on_bucket(request: OssRequest) -> OnBucket:
    """The parameters of a request about one bucket."""
    return OnBucket(check_bucket_name(request.bucket))


# -- create


OPEN, BLOCKED = (
    element("PublicAccessBlockConfiguration", element("BlockPublicAccess", state)) for state in ("false", "true")
)
"""What is answered where nobody has said anything; and the setting of a new bucket."""


@dataclass(frozen=True, slots=True)
class NewBucket(OnBucket):
    """A bucket to create."""

    storage_class: str
    redundancy: str
    acl: str
    encryption: str = ""


async def _new_bucket(request: OssRequest) -> NewBucket:
    check_bucket_name(request.bucket)
    body = await read_text(request)
    chosen, redundancy = "", ""
    if body.strip():
        root = parse_document(body, "CreateBucketConfiguration")
        if root.value("ObjectHashFunction"):
            raise Unsupported("Yunbox does not offer an ObjectHashFunction of a bucket.", code="NotImplemented")
        chosen, redundancy = root.value("StorageClass"), root.value("DataRedundancyType")
    if redundancy not in ("", "LRS", "ZRS"):
        raise InvalidArgument("The data redundancy type is LRS or ZRS.", code="InvalidArgument")
    if request.headers.get("x-oss-resource-group-id", RESOURCE_GROUP) != RESOURCE_GROUP:
        raise Unsupported("Yunbox does not offer other resource groups than the default one.", code="NotImplemented")
    acl = request.headers.get("x-oss-acl") or "private"  # Terraform's provider sends an empty one
    rule = _encryption_rule(request)
    return NewBucket(request.bucket, storage_class(chosen) or "Standard", redundancy or "LRS", bucket_acl(acl), rule)


def _encryption_rule(request: OssRequest) -> str:
    """The rule that the headers of a new bucket stand for, as oss2's tests send them."""
    given = encryption(request.headers)
    if not given:
        return ""
    names = {header: name for name, header in SSE_ELEMENTS.items()}
    parts = (element(names[header], value) for header, value in given.items())
    return str(element("ServerSideEncryptionRule", element("ApplyServerSideEncryptionByDefault", *parts)))


def bucket_acl(text: str) -> str:
    """An ACL of a bucket. Raises InvalidArgument."""
    if text not in BUCKET_ACLS:
        raise InvalidArgument("no such bucket access control exists", code="InvalidArgument")
    return text


async def _create(service: Oss, call: Call[NewBucket]) -> Bucket:
    """A new bucket is blocked to the public, as the vendor's are since October 2025 ("Create buckets")."""
    params = call.params
    owner = call.principal.account_id
    found = service.store.buckets.find(params.bucket)
    settings = {} if service.lenient else {PUBLIC_BLOCK: str(BLOCKED)}
    of_account = service.store.buckets.public_block(owner)
    blocked = found.blocks_public if found is not None else is_block(settings.get(PUBLIC_BLOCK)) or is_block(of_account)
    check_public(blocked=blocked, acl=params.acl, noun="bucket")
    if found is None:
        page, more = service.store.buckets.page(account_id=owner, limit=BUCKETS_MAX)
        if more or len(page) >= BUCKETS_MAX:
            raise Forbidden(f"You have attempted to create more than {BUCKETS_MAX} buckets.", code="TooManyBuckets")
    made = await service.store.buckets.create(
        params.bucket,
        owner,
        storage_class=params.storage_class,
        redundancy=params.redundancy,
        acl=params.acl,
        settings=settings,
    )
    if params.encryption:
        await service.store.buckets.set(params.bucket, ENCRYPTION, params.encryption)
    return made


def _creates(service: Oss, params: NewBucket) -> tuple[Access, ...]:
    made = service.touch("PutBucket", params.bucket)
    return (made, service.touch("PutBucketEncryption", params.bucket)) if params.encryption else (made,)


def _render_created(result: Bucket, request: OssRequest) -> Response:
    return empty(200, {"Location": f"/{result.name}"})


async def _delete(service: Oss, call: Call[OnBucket]) -> None:
    await service.settle(service.bucket(call.params.bucket))
    await service.store.buckets.delete(call.params.bucket)


def no_content(result: object, request: OssRequest) -> Response:
    """An answer that says nothing but yes."""
    return empty(204)


def done(result: object, request: OssRequest) -> Response:
    """An answer that says nothing but yes, with 200."""
    return empty(200)


# -- look


@dataclass(frozen=True)
class BucketFound:
    """A bucket, what is in it, and where it is."""

    bucket: Bucket
    stat: BucketStat
    location: str
    address: str


async def look(service: Oss, call: Call[OnBucket]) -> BucketFound:
    """A bucket with everything that describes it."""
    bucket = service.bucket(call.params.bucket)
    return BucketFound(bucket, service.store.buckets.stat(bucket), service.location, service.address)


def owner_element(bucket: Bucket) -> Markup:
    """A bucket's owner."""
    return element("Owner", element("ID", bucket.account_id), element("DisplayName", bucket.account_id))


def _render_info(result: BucketFound, request: OssRequest) -> Response:
    bucket = result.bucket
    body = element(
        "Bucket",
        element("CreationDate", iso_time(bucket.created_ms)),
        element("ExtranetEndpoint", result.address),
        element("IntranetEndpoint", result.address),
        element("Location", result.location),
        element("Name", bucket.name),
        element("StorageClass", bucket.storage_class),
        element("DataRedundancyType", bucket.redundancy),
        element("AccessMonitor", "Disabled"),
        element(
            "TransferAcceleration",
            "Enabled" if "<Enabled>true" in bucket.settings.get("transferAcceleration", "") else "Disabled",
        ),
        element("CrossRegionReplication", "Disabled"),
        element("BlockPublicAccess", str(bucket.blocks_public).lower()),
        element("ResourceGroupId", RESOURCE_GROUP),
        element("Comment"),
        element("Versioning", bucket.versioning) if bucket.versioning else None,
        owner_element(bucket),
        element("AccessControlList", element("Grant", bucket.acl)),
        _encryption_element(bucket),
        element("BucketPolicy", element("LogBucket", ""), element("LogPrefix", "")),
    )
    return xml(element("BucketInfo", body))


def _encryption_element(bucket: Bucket) -> Markup:
    """The bucket's encryption as this document has it: without the container that the setting's own has."""
    found = _ENCRYPTION.search(bucket.settings.get(ENCRYPTION, ""))
    return element("ServerSideEncryptionRule", Markup(found[1]) if found else element("SSEAlgorithm", "None"))


def _render_location(result: BucketFound, request: OssRequest) -> Response:
    return xml(element("LocationConstraint", result.location))


_STAT_CLASSES = {name: "InfrequentAccess" if name == "IA" else name for name in STORAGE_CLASSES}


def _render_stat(result: BucketFound, request: OssRequest) -> Response:
    stat = result.stat
    by_class: list[Markup] = []
    for name, spelled in _STAT_CLASSES.items():
        size, objects = stat.by_class.get(name, (0, 0))
        by_class.append(element(f"{spelled}Storage", size))
        if name != "Standard":
            by_class.append(element(f"{spelled}RealStorage", size))
        by_class.append(element(f"{spelled}ObjectCount", objects))
    return xml(
        element(
            "BucketStat",
            element("Storage", stat.bytes),
            element("ObjectCount", stat.objects),
            element("MultipartUploadCount", stat.uploads),
            element("LiveChannelCount", 0),
            element("LastModifiedTime", result.bucket.created_ms // 1000),
            *by_class,
            element("DeleteMarkerCount", max(stat.versions - sum(n for _, n in stat.by_class.values()), 0)),
        )
    )


def _render_head(result: BucketFound, request: OssRequest) -> Response:
    return empty(200, {"x-oss-bucket-region": result.location, "x-oss-storage-class": result.bucket.storage_class})


# -- the account's list


@dataclass(frozen=True)
class BucketsQuery:
    """Which buckets to list."""

    prefix: str
    marker: str
    limit: int
    tags: tuple[tuple[str, str | None], ...] = ()
    group: str = RESOURCE_GROUP

    def wants(self, bucket: Bucket) -> bool:
        """Whether a bucket has the tags and is of the resource group that is asked for."""
        if self.group not in ("", RESOURCE_GROUP):
            return False
        document = bucket.settings.get("tagging", "")
        return all(has_tag(document, *tag) for tag in self.tags)


@dataclass(frozen=True)
class BucketsPage:
    """A page of buckets."""

    buckets: list[Bucket]
    truncated: bool
    query: BucketsQuery
    account_id: str
    location: str
    address: str


async def _buckets_query(request: OssRequest) -> BucketsQuery:
    limit = request.integer("max-keys", 100, low=1, high=_PAGE_MAX)
    query, tags = request.query, BucketsQuery.tags
    if "tag-key" in query:
        tags = ((query["tag-key"], query.get("tag-value")),)
    elif "tag-value" in query:
        raise InvalidArgument("A tag-value goes with a tag-key.")
    elif query.get("tagging"):
        pairs = (item.partition(":") for item in query["tagging"].replace('"', "").split(","))
        tags = tuple((key, value if colon else None) for key, colon, value in pairs)
    group = request.headers.get("x-oss-resource-group-id", "")
    return BucketsQuery(query.get("prefix", ""), query.get("marker", ""), limit, tags, group)


async def _list(service: Oss, call: Call[BucketsQuery]) -> BucketsPage:
    query = call.params
    owner = call.principal.account_id
    found, more = service.store.buckets.page(
        account_id=owner, prefix=query.prefix, marker=query.marker, limit=query.limit, wanted=query.wants
    )
    return BucketsPage(found, more, query, owner, service.location, service.address)


def _render_list(result: BucketsPage, request: OssRequest) -> Response:
    paged = [
        element("Prefix", result.query.prefix),
        element("Marker", result.query.marker),
        element("MaxKeys", result.query.limit),
        element("IsTruncated", str(result.truncated).lower()),
        element("NextMarker", result.buckets[-1].name) if result.truncated else None,
    ]
    owner = element("Owner", element("ID", result.account_id), element("DisplayName", result.account_id))
    buckets = element("Buckets", *(_bucket_element(bucket, result) for bucket in result.buckets))
    return xml(element("ListAllMyBucketsResult", *(paged if request.dialect != S3 else ()), owner, buckets))


def _bucket_element(bucket: Bucket, page: BucketsPage) -> Markup:
    return element(
        "Bucket",
        element("CreationDate", iso_time(bucket.created_ms)),
        element("ExtranetEndpoint", page.address),
        element("IntranetEndpoint", page.address),
        element("Location", page.location),
        element("Region", page.location.removeprefix("oss-")),
        element("Name", bucket.name),
        element("StorageClass", bucket.storage_class),
        element("ResourceGroupId", RESOURCE_GROUP),
    )


def _render_regions(result: BucketsPage, request: OssRequest) -> Response:
    region = element(
        "RegionInfo",
        element("Region", result.location),
        element("InternetEndpoint", result.address),
        element("InternalEndpoint", result.address),
        element("AccelerateEndpoint", result.address),
    )
    return xml(element("RegionInfoList", region))


def _lists(service: Oss, params: BucketsQuery) -> tuple[Access, ...]:
    return on_service("ListBuckets", service.account_id)


def _looks(name: str, action: str = "", *, mounted: bool = True) -> Operation[Oss, OnBucket, BucketFound]:
    return operation(
        name, OnBucket, look, touches_bucket(action or name), charge=READ, place=at_bucket, mounted=mounted
    )


REGIONS = operation("DescribeRegions", BucketsQuery, _list, _lists, charge=WRITE, place=nowhere, mounted=True)
LIST = operation("ListBuckets", BucketsQuery, _list, _lists, charge=WRITE, place=nowhere, mounted=True)
CREATE = operation("PutBucket", NewBucket, _create, _creates, charge=WRITE, place=at_bucket, mounted=True)
DELETE = operation("DeleteBucket", OnBucket, _delete, touches_bucket("DeleteBucket"), charge=WRITE, place=at_bucket)
ROUTES = (
    on("GET", SERVICE, REGIONS, _buckets_query, _render_regions, when="regions"),
    on("GET", SERVICE, LIST, _buckets_query, _render_list),
    on("PUT", BUCKET, CREATE, _new_bucket, _render_created),
    on("DELETE", BUCKET, DELETE, on_bucket, no_content),
    on("HEAD", BUCKET, _looks("HeadBucket", "GetBucketInfo"), on_bucket, _render_head),
    on("GET", BUCKET, _looks("GetBucketInfo"), on_bucket, _render_info, when="bucketInfo"),
    on("GET", BUCKET, _looks("GetBucketLocation"), on_bucket, _render_location, when="location"),
    on("GET", BUCKET, _looks("GetBucketStat", mounted=False), on_bucket, _render_stat, when="stat"),
)
