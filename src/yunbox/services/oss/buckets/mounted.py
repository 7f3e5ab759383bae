"""Which operations there are on a mounted bucket; every other one is refused, and says so by its name."""

from dataclasses import replace
from typing import Any

from yunbox.kernel.call import Call
from yunbox.kernel.errors import Unsupported
from yunbox.services.oss.http.route import Route
from yunbox.services.oss.limits import places_of
from yunbox.services.oss.service import Oss

OFFERED = frozenset((
    "GetObject", "HeadObject", "GetObjectMeta", "PutObject", "AppendObject", "CopyObject", "DeleteObject",
    "DeleteMultipleObjects", "ListObjects", "ListObjectsV2", "InitiateMultipartUpload", "UploadPart", "UploadPartCopy",
    "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts", "ListMultipartUploads", "PutBucket", "HeadBucket",
    "GetBucketInfo", "GetBucketLocation", "PutBucketAcl", "GetBucketAcl", "PutBucketPolicy", "GetBucketPolicy",
    "DeleteBucketPolicy", "GetBucketPolicyStatus", "PutBucketCors", "GetBucketCors", "DeleteBucketCors",
    "OptionObject", "PutBucketReferer", "GetBucketReferer", "GetBucketVersioning", "ListBuckets", "DescribeRegions",
    "YunboxScrub", "YunboxHotspots", "YunboxMountRemote", "YunboxUnmount", "YunboxWarm", "YunboxCache",
))  # fmt: skip
_INSTEAD = {"DeleteBucket": "; `yunbox oss unmount` lets go of it, and leaves the remote as it is"}


def guarded(route: Route) -> Route:
    """A route that is refused on mounted buckets, unless it is offered there."""
    operation = route.operation
    if operation.name in OFFERED:
        return route

    async def run(service: Oss, call: Call[Any]) -> Any:
        for name, _ in places_of(call.params):
            bucket = service.store.buckets.find(name)
            if bucket is not None and bucket.remote:
                raise Unsupported(
                    f"{operation.name} is not offered on a mounted bucket{_INSTEAD.get(operation.name, '')}.",
                    code="NotImplemented",
                )
        return await operation.run(service, call)

    return replace(route, operation=replace(operation, run=run))
