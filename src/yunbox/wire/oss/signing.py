"""The signatures of OSS requests and of its S3 dialect, as pure functions from what was sent to text to sign.

Identity owns the secrets and compares signatures; this module only knows what each client signs. Sources: the
vendor's pages on signature versions 1 and 4, and the signers of oss2, alibabacloud-oss-v2 and botocore.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from yunbox.kernel.call import Claim, Sign

UNSIGNED = "UNSIGNED-PAYLOAD"
V4_ALGORITHM = "OSS4-HMAC-SHA256"
S3_ALGORITHM = "AWS4-HMAC-SHA256"
_ALWAYS_SIGNED = ("content-type", "content-md5")
SUBRESOURCES = frozenset((
    "accessPoint", "accessPointPolicy", "acl", "append", "archiveDirectRead", "asyncFetch", "bucketArchiveDirectRead",
    "bucketInfo", "callback", "callback-var", "cleanRestoredObject", "cloudboxes", "cname", "comp",
    "continuation-token", "cors", "dataPipeline", "delete", "encryption", "endTime", "group", "httpsConfig", "img",
    "inventory", "inventoryId", "legalHold", "lifecycle", "link", "live", "location", "logging",
    "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metaQuery", "MetaQuery", "objectAcl",
    "objectInfo", "objectMeta", "objectWorm", "overwriteConfig", "partNumber", "policy", "policyStatus", "position",
    "publicAccessBlock", "qos", "qosInfo", "qosRequester", "quota", "redundancyTransition", "referer", "regionList",
    "replication", "replicationLocation", "replicationProgress", "requesterQosInfo", "requestPayment", "resourceGroup",
    "resourcePool", "resourcePoolBuckets", "resourcePoolInfo", "response-cache-control", "response-content-disposition",
    "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
    "responseHeader", "restore", "retention", "rtc", "seal", "security-token", "sequential", "startTime", "stat",
    "status", "style", "styleName", "symlink", "tagging", "transferAcceleration", "udf", "udfApplication",
    "udfApplicationLog", "udfId", "udfImage", "udfImageDesc", "udfName", "uploadId", "uploads",
    "userDefinedLogFieldsConfig", "versionId", "versioning", "versions", "vod", "website", "withHashContext", "worm",
    "wormExtend", "wormId", "x-oss-ac-forward-allow", "x-oss-ac-source-ip", "x-oss-ac-subnet-mask", "x-oss-ac-vpc-id",
    "x-oss-access-point-name", "x-oss-async-process", "x-oss-enable-md5", "x-oss-enable-sha1", "x-oss-enable-sha256",
    "x-oss-hash-ctx", "x-oss-md5-ctx", "x-oss-process", "x-oss-redundancy-transition-taskid", "x-oss-rename",
    "x-oss-request-payer", "x-oss-target-redundancy-type", "x-oss-traffic-limit", "x-oss-write-get-object-response",
))  # fmt: skip
"""Names of a query that version 1 signs: those that the vendor's SDKs sign, and that of a rename."""
_OWN = "yunbox"
"""How the sub-resources begin that Yunbox adds; a query with one of them is signed as a whole."""
V1_SIGNATURE = ("OSSAccessKeyId", "Expires", "Signature")
"""The names of a query that are version 1's signature itself."""

Query = Sequence[tuple[str, str]]
"""The pairs of a query as they were sent, still percent-encoded."""


@dataclass(frozen=True)
class Scope:
    """A credential of version 4: whose key, and for which day, region and service."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str

    @property
    def text(self) -> str:
        """The scope as it stands in the text to sign."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"

    @property
    def fields(self) -> dict[str, str]:
        """The parts that a claim carries."""
        return {"date": self.date, "region": self.region, "service": self.service}


def parse_scope(credential: str) -> Scope | None:
    """``AK/yyyymmdd/region/service/terminator``; None when it is anything else."""
    parts = credential.split("/")
    return Scope(*parts) if len(parts) == 5 and all(parts) else None


def parse_fields(text: str) -> dict[str, str]:
    """The ``Name=value`` fields behind the algorithm of an ``Authorization`` header."""
    pairs = (item.strip().partition("=") for item in text.split(","))
    return {name: value for name, _, value in pairs if name}


# -- version 1


def canonical_v1(
    method: str,
    resource: str,
    query: Collection[tuple[str, str]],
    headers: Mapping[str, str],
    date: str,
    overridden: bool = True,
) -> str:
    """The text of version 1. ``resource`` is ``/bucket/key``, decoded, and so is the query; ``date`` is the header's,
    or the expiry's."""
    names = sorted(name for name in headers if name.startswith("x-oss-"))
    extra = "".join(f"{name}:{headers[name]}\n" for name in names)
    when = (headers.get("x-oss-date") or date) if overridden else date
    return "\n".join(
        (method, headers.get("content-md5", ""), headers.get("content-type", ""), when, extra + resource + _sub(query))
    )


def decoded(text: str) -> str:
    """A name or a value of a query, as it was before it was encoded; bytes that are no UTF-8 escape as surrogates."""
    if "%" not in text and "+" not in text:
        return text
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")


def is_own(names: Iterable[str]) -> bool:
    """Whether a query asks for what only Yunbox has."""
    return _OWN in "&".join(names) and any(name.startswith(_OWN) for name in names)


def _sub(query: Collection[tuple[str, str]]) -> str:
    chosen = [pair for pair in query if pair[0] in SUBRESOURCES]
    if len(chosen) < len(query) and is_own([name for name, _ in query]):
        chosen = [pair for pair in query if pair[0] not in V1_SIGNATURE]
    if not chosen:
        return ""
    return "?" + "&".join([f"{name}={value}" if value else name for name, value in sorted(chosen)])


def sign_v1(secret: str, text: str) -> str:
    """The signature of version 1: base64 of an HMAC-SHA1."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "surrogateescape"), "sha1")).decode()


# -- version 4


def canonical_v4(
    method: str,
    resource: str,
    query: Query,
    headers: Mapping[str, str],
    additional: Iterable[str],
    date: str,
    scope: Scope,
) -> str:
    """The text of version 4. ``resource`` is ``/bucket/key``, decoded; ``additional`` the extra signed headers."""
    extra = sorted({name.strip().lower() for name in additional if name.strip()})
    names = sorted(n for n in headers if n.startswith("x-oss-") or n in _ALWAYS_SIGNED or n in extra)
    request = "\n".join(
        (
            method,
            quote(resource, safe="/"),
            _sorted_query(query, bare=True),
            "".join(f"{name}:{headers[name].strip()}\n" for name in names),
            ";".join(extra),
            headers.get("x-oss-content-sha256", UNSIGNED),
        )
    )
    return _string_to_sign(V4_ALGORITHM, date, scope, request)


def canonical_s3(
    method: str,
    path: str,
    query: Query,
    headers: Mapping[str, str],
    signed: Iterable[str],
    date: str,
    scope: Scope,
    payload: str,
) -> str:
    """The text of AWS version 4. ``path`` is the raw path, ``payload`` what the client says of the body's hash."""
    names = sorted({name.lower() for name in signed if name})
    request = "\n".join(
        (
            method,
            path or "/",
            _sorted_query(query, bare=False),
            "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names),
            ";".join(names),
            payload,
        )
    )
    return _string_to_sign(S3_ALGORITHM, date, scope, request)


def _sorted_query(query: Query, *, bare: bool) -> str:
    """Pairs in order. A name without a value stands alone in OSS's form, and with ``=`` in AWS's."""
    return "&".join(f"{name}={value}" if value or not bare else name for name, value in sorted(query))


def encoded(query: Query) -> tuple[tuple[str, str], ...]:
    """Pairs as AWS has them signed, however they were sent: only unreserved characters are left as they are."""
    return tuple((_quoted(name), _quoted(value)) for name, value in query)


def _quoted(text: str) -> str:
    return quote(decoded(text), safe="", errors="surrogateescape")


def _string_to_sign(algorithm: str, date: str, scope: Scope, request: str) -> str:
    digest = hashlib.sha256(request.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{algorithm}\n{date}\n{scope.text}\n{digest}"


def sign_v4(secret: str, text: str, date: str, region: str, service: str) -> str:
    """The signature of version 4."""
    return hmac.digest(
        _key("aliyun_v4", secret, date, region, service, "aliyun_v4_request"), text.encode(), "sha256"
    ).hex()


def sign_s3(secret: str, text: str, date: str, region: str, service: str) -> str:
    """The signature of AWS version 4."""
    return hmac.digest(_key("AWS4", secret, date, region, service, "aws4_request"), text.encode(), "sha256").hex()


@lru_cache(maxsize=256)
def _key(prefix: str, secret: str, *scope: str) -> bytes:
    """A key for one day, region and service; a client signs thousands of requests with the same."""
    key = (prefix + secret).encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _scoped(claim: Claim) -> tuple[str, str, str]:
    return claim.scope["date"], claim.scope["region"], claim.scope["service"]


SCHEMES: Mapping[str, Sign] = {
    "oss-v1": lambda secret, _claim, signed: sign_v1(secret, signed),
    "oss-v4": lambda secret, claim, signed: sign_v4(secret, signed, *_scoped(claim)),
    "s3-v4": lambda secret, claim, signed: sign_s3(secret, signed, *_scoped(claim)),
}
"""The signatures that the clients of OSS make, for identity to check."""
