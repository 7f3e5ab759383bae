"""Headers that ask for what Yunbox does not have: refused by name, as overlooking them would do something else.

A header that neither dialect knows has no effect, on the real service as here. Sources: the vendor's pages PutObject
and CompleteMultipartUpload, AWS's pages of the same operations, and "Compatibility with Amazon S3".
"""

from collections.abc import Callable

from yunbox.kernel.errors import Forbidden, Unsupported
from yunbox.services.oss.http.target import OssRequest

_GRANTS = "grants to single accounts"
_LOCKS = "retention of single objects"
HEADERS = {
    "x-oss-hash-ctx": "hashes of an upload that goes on",
    "x-oss-bucket-tagging": "tags of a bucket that come with it",
    "x-oss-hns-status": "hierarchical namespaces",
    "x-oss-md5-ctx": "hashes of an upload that goes on",
    "x-oss-object-worm-legal-hold": _LOCKS,
    "x-oss-object-worm-mode": _LOCKS,
    "x-oss-object-worm-retain-until-date": _LOCKS,
    "x-amz-bucket-object-lock-enabled": _LOCKS,
    "x-amz-bypass-governance-retention": _LOCKS,
    "x-amz-grant-full-control": _GRANTS,
    "x-amz-grant-read": _GRANTS,
    "x-amz-grant-read-acp": _GRANTS,
    "x-amz-grant-write": _GRANTS,
    "x-amz-grant-write-acp": _GRANTS,
    "x-amz-mfa": "deleting with a second factor",
    "x-amz-object-lock-legal-hold": _LOCKS,
    "x-amz-object-lock-mode": _LOCKS,
    "x-amz-object-lock-retain-until-date": _LOCKS,
    "x-amz-website-redirect-location": "redirects of single objects",
    "x-amz-write-offset-bytes": "appending in the S3 dialect",
}
"""What each is about."""
_NAMES = frozenset(HEADERS)
_OWNER = "x-amz-expected-bucket-owner"
_SOURCE_OWNER = "x-amz-source-expected-bucket-owner"
_JUDGED = _NAMES | {_OWNER, _SOURCE_OWNER}
OwnerOf = Callable[[str], str]
"""The account that owns a bucket; nothing for one that is not there."""


def check_offered(request: OssRequest, owner_of: OwnerOf) -> None:
    """Raise Unsupported for a header of what is not here, and Forbidden for a bucket of another than is expected."""
    headers = request.headers
    if _JUDGED.isdisjoint(headers):
        return
    if not _NAMES.isdisjoint(headers):
        name = min(_NAMES & headers.keys())
        if headers[name].lower() not in ("false", "disabled"):
            raise Unsupported(f"Yunbox does not offer {HEADERS[name]} ({name}).", code="NotImplemented")
    source = headers.get("x-oss-copy-source", "").lstrip("/").partition("/")[0]
    for name, bucket in ((_OWNER, request.bucket), (_SOURCE_OWNER, source)):
        if name in headers and owner_of(bucket) != headers[name]:
            raise Forbidden("The bucket does not belong to the account that is expected.", code="AccessDenied")
