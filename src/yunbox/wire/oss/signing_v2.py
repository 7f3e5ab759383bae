"""The two signatures that are called version 2: OSS's own ("OSS2"), and that of AWS, which boto3 names ``s3``.

Sources: the signers of oss2 (``AuthV2``) and of botocore (``HmacV1Auth``), AWS's page "Signing and authenticating REST
requests", and the vendor's pages of the errors 0002-00000307 and 0002-00000501, on requests that are signed so.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from yunbox.kernel.call import Claim, Sign
from yunbox.wire.oss.signing import Query, decoded, encoded, sign_v1

OSS2 = "OSS2"
AWS_QUERY = ("AWSAccessKeyId", "Expires", "Signature")
"""The names of a query that are AWS's signature itself."""
AWS_SIGNED = frozenset((
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
    "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
    "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type",
    "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
))  # fmt: skip
"""Names of a query that AWS's version 2 signs."""


def canonical_oss2(
    method: str, resource: str, query: Query, headers: Mapping[str, str], additional: Iterable[str], date: str
) -> str:
    """The text of OSS's version 2. ``resource`` is ``/bucket/key``, decoded; ``date`` the header's, or the expiry's."""
    extra = sorted({name.strip().lower() for name in additional if name.strip()} & headers.keys())
    names = sorted(name for name in headers if name.startswith("x-oss-") or name in extra)
    chosen = sorted(pair for pair in encoded(query) if pair[0] != "x-oss-signature")
    pairs = "&".join(f"{name}={value}" if value else name for name, value in chosen)
    return "\n".join(
        (
            method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            "".join(f"{name}:{headers[name]}\n" for name in names) + ";".join(extra),
            quote(resource, safe="") + (f"?{pairs}" if pairs else ""),
        )
    )


def canonical_aws(method: str, path: str, query: Query, headers: Mapping[str, str], date: str) -> str:
    """The text of AWS's version 2. ``path`` is ``/bucket/key`` as it was sent; ``date`` may be the expiry's."""
    names = sorted(name for name in headers if name.startswith("x-amz-"))
    chosen = sorted(
        (decoded(name), unquote(value, errors="surrogateescape"))
        for name, value in query
        if decoded(name) in AWS_SIGNED
    )
    pairs = "&".join(f"{name}={value}" if value else name for name, value in chosen)
    return "\n".join(
        (
            method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            "".join(f"{name}:{headers[name]}\n" for name in names) + path + (f"?{pairs}" if pairs else ""),
        )
    )


def sign_oss2(secret: str, text: str) -> str:
    """The signature of OSS's version 2: base64 of an HMAC-SHA256."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "surrogateescape"), "sha256")).decode()


def _oss2(secret: str, _claim: Claim, signed: str) -> str:
    return sign_oss2(secret, signed)


def _aws(secret: str, _claim: Claim, signed: str) -> str:
    return sign_v1(secret, signed)


SCHEMES: Mapping[str, Sign] = {"oss-v2": _oss2, "s3-v2": _aws}
"""The signatures of version 2, for identity to check."""
