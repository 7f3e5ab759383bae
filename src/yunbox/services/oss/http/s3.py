"""The S3 dialect: the same operations under the names that AWS's clients use.

The real service offers it too. A request is turned into OSS's form before it is read and its answer turned back, so
no operation knows of it. Source: the vendor's page "Compatibility with Amazon S3".
"""

from msgspec.structs import replace

from yunbox.services.oss.http.target import OssRequest
from yunbox.storage.objects.model import SSE, SSE_KEY
from yunbox.wire.http import Response

CLASSES = {
    "STANDARD": "Standard",
    "STANDARD_IA": "IA",
    "ONEZONE_IA": "IA",
    "GLACIER_IR": "Archive",
    "GLACIER": "Archive",
    "DEEP_ARCHIVE": "ColdArchive",
}
CLASS_NAMES = {"Standard": "STANDARD", "IA": "STANDARD_IA", "Archive": "GLACIER", "ColdArchive": "DEEP_ARCHIVE"}
_ACLS = {"bucket-owner-full-control": "private", "bucket-owner-read": "private", "authenticated-read": "private"}
_SAME = (
    "copy-source", "copy-source-if-match", "copy-source-if-none-match", "copy-source-if-modified-since",
    "copy-source-if-unmodified-since", "copy-source-range", "metadata-directive", "tagging", "tagging-directive",
    "storage-class", "content-sha256", "request-payer", "decoded-content-length",
)  # fmt: skip
"""Headers that differ in their prefix alone."""
_REQUEST = {f"x-amz-{name}": f"x-oss-{name}" for name in _SAME} | {
    "x-amz-acl": "x-oss-object-acl",
    "x-amz-server-side-encryption": SSE,
    "x-amz-server-side-encryption-aws-kms-key-id": SSE_KEY,
    "x-amz-server-side-encryption-customer-algorithm": f"{SSE}-customer-algorithm",
    "x-amz-server-side-encryption-customer-key": f"{SSE}-customer-key",
    "x-amz-server-side-encryption-customer-key-md5": f"{SSE}-customer-key-md5",
}
_META = "x-amz-meta-"
_KMS = "aws:kms"
_VALUES = {"x-amz-storage-class": CLASSES, "x-amz-server-side-encryption": {_KMS: "KMS"}}
_RESPONSE_PREFIX = "x-oss-"


def adapt_request(request: OssRequest) -> OssRequest:
    """A request of the dialect in OSS's form: what the dialect has no name for has no effect."""
    adapted: dict[str, str] = {}
    foreign = False
    for name, value in request.headers.items():
        if name.startswith("x-amz-"):
            spelled = f"x-oss-meta-{name[len(_META) :]}" if name.startswith(_META) else _REQUEST.get(name, "")
            if spelled == "x-oss-object-acl" and not request.key:
                spelled = "x-oss-acl"
            if spelled:
                adapted[spelled] = _VALUES.get(name, _ACLS).get(value, value)
        elif name.startswith("x-oss-"):
            foreign = True
    if foreign:
        kept = {name: value for name, value in request.headers.items() if not name.startswith("x-oss-")}
        return replace(request, headers=kept | adapted)
    return replace(request, headers={**request.headers, **adapted}) if adapted else request


def adapt_response(response: Response) -> Response:
    """An answer in OSS's form as the dialect has it."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        if name == "x-oss-storage-class":
            headers["x-amz-storage-class"] = CLASS_NAMES.get(value, value)
        elif name == SSE:
            headers["x-amz-server-side-encryption"] = _KMS if value == "KMS" else value
        elif name == SSE_KEY:
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = value
        elif name.startswith(_RESPONSE_PREFIX):
            headers["x-amz-" + name.removeprefix(_RESPONSE_PREFIX)] = value
        else:
            headers[name] = value.lower() if name == "ETag" else value
    return Response(response.status, headers, response.body)
