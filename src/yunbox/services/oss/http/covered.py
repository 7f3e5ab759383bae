"""Which parts of a request count: those that its signature covers, and a short list that no signature needs to.

What each scheme signs, by the vendor's pages "Include a V1 signature in the Authorization header" and "... in a URL",
"(Recommended) Include a V4 signature" in both forms, and AWS's "Authenticating requests" for the S3 dialect:

- V1: the method, ``content-md5``, ``content-type``, the date or the expiry, every ``x-oss-`` header, bucket, key, and
  of the query the names alone that are sub-resources.
- V4: the method, bucket and key, the whole query, every ``x-oss-`` header, ``content-md5``, ``content-type``, and the
  additional headers that the client names.
- V2 ("OSS2"): what V4 signs.
- S3 V2 (``AWS``): the method, ``content-md5``, ``content-type``, the date or the expiry, every ``x-amz-`` header, the
  path, and of the query the names alone that AWS has for sub-resources.
- S3 V4: the method, the path, the whole query, and the headers that the client names, which has to name every
  ``x-amz-`` header.

The scheme decides the dialect. A header of the other dialect has no effect, and neither has anything that is neither
covered nor listed here: what a parser is to read of an unsigned header must be put on this list first, with its reason.
Nothing that bears authority may stand on it: no source of a copy, ACL, tag, class, metadata, callback, name or target.
"""

from msgspec.structs import replace

from yunbox.kernel.call import ANONYMOUS, Claim
from yunbox.kernel.errors import Forbidden
from yunbox.services.oss.http.route import NOT_OFFERED, NOT_OFFERED_IN_S3
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.wire.oss import signing
from yunbox.wire.oss.signing_v2 import AWS_QUERY, AWS_SIGNED

HEADERS: dict[str, str] = {
    "authorization": "it is the signature",
    "host": "V1 and V4 sign the bucket that it may name; S3 has to sign it, or is refused",
    "date": "V1 and V4 sign it; S3 has a date of its own",
    "content-length": "the transport's: how long the body is",
    "transfer-encoding": "the transport's: how the body comes",
    "content-type": "V1 and V4 sign it; browsers add it to signed URLs of S3, whose service takes it so",
    "content-md5": "V1 and V4 sign it; for S3 it only refuses a body that is damaged",
    "cache-control": "oss2 and the Go SDKs send what is kept with an object so, and V1 does not sign it",
    "content-disposition": "as cache-control",
    "content-encoding": "as cache-control",
    "content-language": "as cache-control",
    "expires": "as cache-control",
    "range": "it narrows what is read; the SDKs read in ranges through signed URLs",
    "if-range": "it only widens a range to the whole, which the same right reads",
    "if-match": "a condition only makes a request do less",
    "if-none-match": "as if-match",
    "if-modified-since": "as if-match",
    "if-unmodified-since": "as if-match",
    "encoding-type": "how oss2 asks for the names in the answer to a batch delete to be spelled",
    "accept-encoding": "it only says in which form the same bytes are sent",
    "origin": "a browser's own: it only adds headers of the answer",
    "referer": "a browser's own: it only refuses",
    "access-control-request-method": "a browser's own: a preflight is never signed",
    "access-control-request-headers": "as access-control-request-method",
}
"""Headers that count although a scheme does not sign them, each with the reason."""
S3_HEADERS: dict[str, str] = {
    "x-amz-content-sha256": "a signature in a header covers its value by itself; one in a URL leaves the body open",
}
"""The same of the S3 dialect's own headers."""
V1_QUERY: dict[str, str] = {
    "prefix": "oss2 and the SDKs list so; whoever may list a bucket may list all of it",
    "delimiter": "as prefix",
    "marker": "as prefix",
    "max-keys": "as prefix",
    "encoding-type": "as prefix",
    "list-type": "as prefix: the second form of the same listing",
    "start-after": "as prefix",
    "fetch-owner": "as prefix",
    "key-marker": "as prefix",
    "version-id-marker": "as prefix",
    "upload-id-marker": "as prefix",
    "max-uploads": "as prefix",
    "part-number-marker": "as prefix",
    "max-parts": "as prefix",
    "tag-key": "as prefix: it narrows the list of buckets",
    "tag-value": "as tag-key",
    "regions": "oss2 asks for the regions so, which everybody may see who may list the buckets",
}
"""Names of a query that count although V1 does not sign them, each with the reason."""
OVERLOOKED = frozenset(("accept", "accept-language", "connection", "expect", "user-agent"))
"""Headers that nearly every client sends and no parser reads: they are left where they are, as that costs nothing."""
S3_SCHEME = "s3-v4"
S3_SCHEMES = (S3_SCHEME, "s3-v2")
"""The schemes of the S3 dialect."""
_REFUSED = frozenset(NOT_OFFERED) | frozenset(NOT_OFFERED_IN_S3)
"""Names that must not be overlooked: a request with one is refused, as it asks for what is not offered."""
_KNOWN = signing.SUBRESOURCES | _REFUSED
_AWS_UNSIGNED = ("continuation-token", "x-id")
_V1_NAMES = signing.SUBRESOURCES.union(V1_QUERY, signing.V1_SIGNATURE, _REFUSED)
_KEPT = OVERLOOKED | frozenset(HEADERS)
_OSS, _AMZ = "x-oss-", "x-amz-"


def covered(request: OssRequest, claim: Claim) -> OssRequest:
    """A request without what has no effect; ``unsigned`` names what would have one and is not covered."""
    if claim.scheme in S3_SCHEMES:
        return _s3(request, claim) if claim.scheme == S3_SCHEME or request.values else _aws(request)
    if request.values or claim.scheme == ANONYMOUS:
        return _open(request)
    headers, query = request.headers, request.query
    dropped = [name for name in headers if name not in _KEPT and not name.startswith(_OSS)]
    if claim.scheme == "oss-v1" and not query.keys() <= _V1_NAMES and not signing.is_own(query):
        request = replace(request, query={name: value for name, value in query.items() if name in _V1_NAMES})
    return _without(request, dropped) if dropped else request


def _without(request: OssRequest, names: list[str], *, signed: bool = True) -> OssRequest:
    headers = {name: value for name, value in request.headers.items() if name not in names}
    return replace(request, headers=headers, signed=signed)


def _open(request: OssRequest) -> OssRequest:
    """Nobody has signed anything, and all that the dialect knows counts, as far as whoever sends it may do it.

    So with a form, whose headers are its fields: the policy that was signed is asked about them.
    """
    return _without(request, [name for name in request.headers if name.startswith(_AMZ)], signed=bool(request.values))


def _s3(request: OssRequest, claim: Claim) -> OssRequest:
    if request.values:  # as above
        return replace(request, dialect=S3)
    signed = claim.scope["signed_headers"].split(";")
    own = [name for name in request.headers if name not in _KEPT and name.startswith(_AMZ)]
    unsigned = tuple(name for name in (*own, "host") if name not in signed and name not in S3_HEADERS)
    headers = {name: value for name, value in request.headers.items() if name in _KEPT or name in own}
    return replace(request, headers=headers, dialect=S3, unsigned=unsigned)


def _aws(request: OssRequest) -> OssRequest:
    """AWS's version 2 signs every ``x-amz-`` header. A sub-resource that it knows nothing of must not be overlooked."""
    headers = {name: value for name, value in request.headers.items() if name in _KEPT or name.startswith(_AMZ)}
    kept = AWS_SIGNED.union(AWS_QUERY, V1_QUERY, _AWS_UNSIGNED)
    query = {name: value for name, value in request.query.items() if name in kept}
    unsigned = tuple(name for name in request.query if name not in kept and (name in _KNOWN or signing.is_own((name,))))
    return replace(request, headers=headers, query=query, dialect=S3, unsigned=unsigned)


def check_covered(request: OssRequest) -> None:
    """Raise Forbidden for headers that would have an effect and are not signed, as S3 does and by its message."""
    if request.unsigned:
        raise Forbidden(
            "There were headers present in the request which were not signed",
            code="AccessDenied",
            headers_not_signed=", ".join(request.unsigned),
        )
