"""What of OSS is offered and what is not: the vendor's list of operations beside the routes that exist."""

from yunbox.services.oss.buckets.absent import NONE_HERE
from yunbox.services.oss.routes import ROUTES
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS: dict[str, str] = {
    "Service": "ListBuckets DescribeRegions",
    "Bucket": "PutBucket DeleteBucket HeadBucket ListObjects ListObjectsV2 GetBucketInfo GetBucketLocation "
    "GetBucketStat",
    "Bucket ACL and policy": "PutBucketAcl GetBucketAcl PutBucketPolicy GetBucketPolicy DeleteBucketPolicy "
    "GetBucketPolicyStatus PutBucketPublicAccessBlock GetBucketPublicAccessBlock "
    "DeleteBucketPublicAccessBlock PutPublicAccessBlock GetPublicAccessBlock DeletePublicAccessBlock",
    "Versions": "PutBucketVersioning GetBucketVersioning ListObjectVersions",
    "Lifecycle": "PutBucketLifecycle GetBucketLifecycle DeleteBucketLifecycle PutBucketAccessMonitor "
    "GetBucketAccessMonitor",
    "CORS, hotlinks, website": "PutBucketCors GetBucketCors DeleteBucketCors OptionObject PutBucketReferer "
    "GetBucketReferer PutBucketWebsite GetBucketWebsite DeleteBucketWebsite",
    "Other settings of a bucket": "PutBucketLogging GetBucketLogging DeleteBucketLogging PutUserDefinedLogFieldsConfig "
    "GetUserDefinedLogFieldsConfig DeleteUserDefinedLogFieldsConfig PutBucketTags GetBucketTags DeleteBucketTags "
    "PutBucketEncryption GetBucketEncryption DeleteBucketEncryption PutBucketRequestPayment GetBucketRequestPayment "
    "PutBucketTransferAcceleration GetBucketTransferAcceleration PutBucketResourceGroup GetBucketResourceGroup "
    "PutBucketHttpsConfig GetBucketHttpsConfig PutBucketArchiveDirectRead GetBucketArchiveDirectRead",
    "Retention (WORM)": "InitiateBucketWorm AbortBucketWorm CompleteBucketWorm ExtendBucketWorm GetBucketWorm",
    "Replication": "PutBucketReplication PutBucketRTC GetBucketReplication GetBucketReplicationLocation "
    "GetBucketReplicationProgress DeleteBucketReplication",
    "Inventory": "PutBucketInventory GetBucketInventory ListBucketInventory DeleteBucketInventory",
    "Domain names": "CreateCnameToken GetCnameToken PutCname ListCname DeleteCname",
    "Image styles": "PutStyle GetStyle ListStyle DeleteStyle",
    "Metadata queries": "OpenMetaQuery GetMetaQueryStatus DoMetaQuery CloseMetaQuery",
    "Bandwidth and capacity": "GetUserQoSInfo PutBucketQoSInfo GetBucketQoSInfo DeleteBucketQoSInfo "
    "PutBucketRequesterQoSInfo GetBucketRequesterQoSInfo ListBucketRequesterQoSInfos DeleteBucketRequesterQoSInfo "
    "ListResourcePools GetResourcePoolInfo ListResourcePoolBuckets PutBucketStorageCapacity GetBucketStorageCapacity",
    "Callback policies": "PutBucketCallbackPolicy GetBucketCallbackPolicy DeleteBucketCallbackPolicy",
    "Access points": "CreateAccessPoint GetAccessPoint ListAccessPoints DeleteAccessPoint PutAccessPointPolicy "
    "GetAccessPointPolicy DeleteAccessPointPolicy",
    "Redundancy": "CreateBucketDataRedundancyTransition GetBucketDataRedundancyTransition "
    "ListBucketDataRedundancyTransition DeleteBucketDataRedundancyTransition",
    "Objects": "PutObject GetObject HeadObject GetObjectMeta CopyObject AppendObject SealAppendObject DeleteObject "
    "DeleteMultipleObjects PostObject RestoreObject CleanRestoredObject SelectObject CreateSelectObjectMeta "
    "ProcessObject AsyncProcessObject AsyncFetch Rename",
    "Object ACL, tags, links": "PutObjectAcl GetObjectAcl PutObjectTagging GetObjectTagging DeleteObjectTagging "
    "PutSymlink GetSymlink",
    "Multipart": "InitiateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload AbortMultipartUpload "
    "ListParts ListMultipartUploads",
    "Live channels": "PutLiveChannel ListLiveChannel DeleteLiveChannel PutLiveChannelStatus GetLiveChannelInfo "
    "GetLiveChannelStat GetLiveChannelHistory PostVodPlaylist GetVodPlaylist",
}
_PARTLY = {
    "PutBucketEncryption": "given to new objects and returned; the disk's own encryption is what protects the bytes",
    "PutBucketLifecycle": "obeyed at 00:00 UTC; rules by the last access time are refused by name",
    "PutBucketLogging": "kept and returned; the calls are in `yunbox logs`, not in the target bucket",
    "PutBucketRequestPayment": "obeyed; a call is charged to whoever makes it, also where the owner is to pay",
    "PutBucketTransferAcceleration": "kept and returned; loopback is as fast as it gets",
    "PutBucketWebsite": "a rule that mirrors an origin is kept, and what it would fetch is refused by name; rules for "
    "what is refused (403) are refused by name",
    "SelectObject": "records end with a line end, or with a mark in objects that have no line ends; a split is 4 MiB",
    "RestoreObject": "the times are the upper ends of the vendor's ranges",
    **dict.fromkeys(sorted(NONE_HERE), "says that there is none, or that it is off, as none can be made"),
    "Rename": "objects and folders of a bucket without versions, as Jindo and hierarchical buckets have it",
}
_BESIDE = {
    "Mounted buckets (`yunbox oss mount-remote`)": "objects, copies, listings, multipart uploads, bucket ACLs, "
    "policies and CORS, and on OSS appending up to 64 MiB a request; not versions, object ACLs, tags, links, storage "
    "classes, restoring, lifecycles, websites, renaming, forms, SelectObject, statistics, nor names with `//`: refused "
    "as NotImplemented, by name. "
    "CRC-64 is known only of what was written through the mount. External tables, LOAD and UNLOAD read and write them; "
    "an INSERT OVERWRITE there is not one moment: what it replaces goes after what is new is there",
    "Signatures": "versions 1, 2 and 4, and S3's versions 2 and 4, in headers and in URLs",
    "Encryption by the server (`x-oss-server-side-encryption`)": "partly: checked, kept with each object and returned; "
    "the bytes are not encrypted by Yunbox, and no key is looked up in KMS",
    "Encryption with the client's own keys (SSE-C)": "refused as NotImplemented",
    "Image, video and document processing (`x-oss-process`)": "refused by name",
    "Callbacks": "only to loopback addresses unless configured, and not signed with the vendor's RSA key",
    "Signed URLs for certain addresses (`x-oss-ac-source-ip` and its like)": "refused by name",
    "Virtual-hosted style": "`bucket.localhost` and `bucket.oss-<region>.aliyuncs.com` in the Host header",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    return offered.statuses(_AREAS, _PARTLY, _there())


def own() -> list[str]:
    """Operations that only Yunbox has."""
    return sorted(_there() - {one.operation for one in statuses()})


def _there() -> set[str]:
    return {route.operation.name for route in ROUTES}


def page() -> str:
    """The coverage page as Markdown."""
    more = f"Of its own, Yunbox has {', '.join(own())}: see `yunbox oss`."
    return offered.page("OSS", "oss", "NotImplemented", statuses(), _BESIDE, more, "")
