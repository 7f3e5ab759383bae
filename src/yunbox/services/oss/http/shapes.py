"""Which elements each XML document of OSS and of its S3 dialect may have: what is not named here is refused.

A shape names its elements and what is in them: text (None) or a shape. ``*`` behind a name lets it stand more than
once, ``+`` lets every name that begins so stand, with whatever is in it. Sources: the vendor's page of each operation,
the documents that its SDKs write, and AWS's pages of the same operations.
"""

from collections.abc import Mapping
from typing import Union

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.xml import Node

Shape = Mapping[str, Union["Shape", None]]

_TAG: Shape = {"Key": None, "Value": None}
_TEXT_FORM: Shape = dict.fromkeys((
    "FileHeaderInfo", "RecordDelimiter", "FieldDelimiter", "QuoteCharacter", "CommentCharacter", "Range",
    "AllowQuotedRecordDelimiter", "SplitRange",
))  # fmt: skip
_INPUT: Shape = {
    "CompressionType": None,
    "CSV": _TEXT_FORM,
    "JSON": {"Type": None, "Range": None, "ParseJsonNumberAsString": None, "SplitRange": None},
}
"""SplitRange is a field of the first Go SDK's own, which has put the same into Range."""
_OPTIONS: Shape = {"SkipPartialDataRecord": None, "MaxSkippedRecordsAllowed": None}
"""alibabacloud-oss-v2 calls them SelectRequestOptions."""
_TRANSITION = ("StorageClass", "IsAccessTime", "ReturnToStdWhenVisit", "AllowSmallFile")
_SIZES: Shape = {"ObjectSizeGreaterThan": None, "ObjectSizeLessThan": None}
_FILTER: Shape = {"Prefix": None, "Tag*": _TAG, **_SIZES}
_RULE: Shape = {
    "ID": None,
    "Prefix": None,
    "Status": None,
    "Tag*": _TAG,
    "Filter": {**_FILTER, "And": _FILTER, "Not*": {"Prefix": None, "Tag": _TAG}},
    "Expiration": {"Days": None, "CreatedBeforeDate": None, "Date": None, "ExpiredObjectDeleteMarker": None},
    "Transition*": dict.fromkeys((*_TRANSITION, "Days", "CreatedBeforeDate", "Date")),
    "AbortMultipartUpload": {"Days": None, "CreatedBeforeDate": None},
    "NoncurrentVersionExpiration": {"NoncurrentDays": None},
    "NoncurrentVersionTransition*": dict.fromkeys((*_TRANSITION, "NoncurrentDays")),
    "AtimeBase": None,
}
_PAIR: Shape = {"Key": None, "Value": None}
_MIRROR: Shape = {
    **dict.fromkeys((
        "MirrorURL", "MirrorURLSlave", "MirrorURLProbe", "MirrorPassQueryString", "MirrorPassOriginalSlashes",
        "MirrorFollowRedirect", "MirrorCheckMd5", "MirrorSNI", "MirrorSaveOssMeta", "MirrorProxyPass",
        "MirrorAllowGetImageInfo", "MirrorAllowVideoSnapshot", "MirrorAllowHeadObject", "MirrorIsExpressTunnel",
        "MirrorDstRegion", "MirrorDstVpcId", "MirrorDstSlaveVpcId", "MirrorTunnelId", "MirrorUserLastModified",
        "MirrorUsingRole", "MirrorRole", "MirrorSwitchAllErrors", "MirrorAsyncStatus", "TransparentMirrorResponseCodes",
    )),
    "MirrorHeaders": {"PassAll": None, "Pass*": None, "Remove*": None, "Set*": _PAIR},
    "MirrorAuth": dict.fromkeys(("AuthType", "Region", "AccessKeyId", "AccessKeySecret")),
    "MirrorReturnHeaders": {"ReturnHeader*": _PAIR},
    "MirrorTaggings": {"Taggings*": _PAIR},
    "MirrorMultiAlternates": {
        "MirrorMultiAlternate*": dict.fromkeys(
            ("MirrorMultiAlternateNumber", "MirrorMultiAlternateURL", "MirrorMultiAlternateVpcId",
             "MirrorMultiAlternateDstRegion")
        ),
    },
}  # fmt: skip
"""What a rule says of the origin that it mirrors."""
_ROUTING: Shape = {
    "RuleNumber": None,
    "Condition": {
        "KeyPrefixEquals": None,
        "KeySuffixEquals": None,
        "HttpErrorCodeReturnedEquals": None,
        "IncludeHeader*": {"Key": None, "Equals": None, "StartsWith": None, "EndsWith": None},
    },
    "Redirect": {
        **dict.fromkeys(("RedirectType", "PassQueryString", "Protocol", "HostName", "HttpRedirectCode",
                         "ReplaceKeyPrefixWith", "ReplaceKeyWith", "EnableReplacePrefix")),
        **_MIRROR,
    },
    "LuaConfig": {"Script": None},
}  # fmt: skip
SHAPES: dict[str, Shape] = {
    "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": None, "TargetPrefix": None, "LoggingRole": None}},
    "CORSConfiguration": {
        "CORSRule*": {
            "ID": None,
            "AllowedOrigin*": None,
            "AllowedMethod*": None,
            "AllowedHeader*": None,
            "ExposeHeader*": None,
            "MaxAgeSeconds": None,
        },
        "ResponseVary": None,
    },
    "CompleteMultipartUpload": {"Part*": {"PartNumber": None, "ETag": None, "Checksum+": None}},
    "CreateBucketConfiguration": dict.fromkeys(
        ("StorageClass", "DataRedundancyType", "LocationConstraint", "ObjectHashFunction")
    ),
    "CsvMetaRequest": {"InputSerialization": _INPUT, "OverwriteIfExists": None},
    "Delete": {"Quiet": None, "EncodingType": None, "Object*": {"Key": None, "VersionId": None}},
    "ExtendWormConfiguration": {"RetentionPeriodInDays": None},
    "InitiateWormConfiguration": {"RetentionPeriodInDays": None},
    "JsonMetaRequest": {"InputSerialization": _INPUT, "OverwriteIfExists": None},
    "LifecycleConfiguration": {"Rule*": _RULE},
    "PublicAccessBlockConfiguration": {"BlockPublicAccess": None},
    "RefererConfiguration": {
        "AllowEmptyReferer": None,
        "AllowTruncateQueryString": None,
        "TruncatePath": None,
        "RefererList": {"Referer*": None},
        "RefererBlacklist": {"Referer*": None},
    },
    "RequestPaymentConfiguration": {"Payer": None},
    "RestoreRequest": {"Days": None, "JobParameters": {"Tier": None}},
    "SelectRequest": {
        "Expression": None,
        "InputSerialization": _INPUT,
        "OutputSerialization": {
            "CSV": {"RecordDelimiter": None, "FieldDelimiter": None, "QuoteCharacter": None},
            "JSON": {"RecordDelimiter": None},
            **dict.fromkeys(("KeepAllColumns", "OutputRawData", "EnablePayloadCrc", "OutputHeader")),
        },
        **dict.fromkeys(("Options", "SelectRequestOptions"), _OPTIONS),
    },
    "ServerSideEncryptionRule": {
        "ApplyServerSideEncryptionByDefault": dict.fromkeys(("SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption")),
    },
    "Tagging": {"TagSet": {"Tag*": _TAG}},
    "TransferAccelerationConfiguration": {"Enabled": None},
    "VersioningConfiguration": {"Status": None},
    "WebsiteConfiguration": {
        "IndexDocument": {"Suffix": None, "SupportSubDir": None, "Type": None},
        "ErrorDocument": {"Key": None, "HttpStatus": None},
        "RoutingRules": {"RoutingRule*": _ROUTING},
    },
}


def malformed(why: str = "") -> InvalidArgument:
    """The error of a document that says what it may not."""
    return InvalidArgument(
        "The XML you provided was not well-formed or did not validate against our published schema."
        + (f" {why}" if why else ""),
        code="MalformedXML",
    )


def check_shape(root: Node, *tags: str) -> Node:
    """A document whose root is one of some elements, and which has nothing that it may not. Raises InvalidArgument."""
    if root.tag not in tags:
        raise malformed(f"The document is {' or '.join(tags)}, and not {root.tag[:64]}.")
    _check(root, SHAPES[root.tag])
    return root


def _check(node: Node, shape: Shape | None) -> None:
    if unknown := [name for name in node.attributes if not name.startswith(("xmlns", "xsi:"))]:
        raise malformed(f"{node.tag[:64]} has no attribute {unknown[0][:64]}.")
    if shape is None:
        if node.children:
            raise malformed(f"{node.tag[:64]} has a text, and no elements.")
        return
    if node.text.strip():
        raise malformed(f"{node.tag[:64]} has elements, and no text.")
    seen: set[str] = set()
    for child in node.children:
        if child.tag in seen:
            raise malformed(f"{child.tag[:64]} stands twice in {node.tag[:64]}.")
        _check_child(node, child, shape, seen)


def _check_child(node: Node, child: Node, shape: Shape, seen: set[str]) -> None:
    if child.tag in shape:
        seen.add(child.tag)
        _check(child, shape[child.tag])
    elif f"{child.tag}*" in shape:
        _check(child, shape[f"{child.tag}*"])
    elif not any(name.endswith("+") and child.tag.startswith(name[:-1]) for name in shape):
        raise malformed(f"{node.tag[:64]} has no element {child.tag[:64]}.")
