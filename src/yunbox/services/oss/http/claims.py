"""The claim a request makes about who sent it: signature V1, V2, V4 or the S3 dialect's, in headers or in the URL."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from yunbox.kernel.call import ANONYMOUS, Claim
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.kernel.unidentified import BAD_KEY, NotIdentified
from yunbox.services.oss.http import claims_v2
from yunbox.services.oss.http.target import OSS, S3, OssRequest
from yunbox.wire.http import time_of
from yunbox.wire.oss import signing
from yunbox.wire.oss.signing_v2 import OSS2

_RENAME = "x-oss-rename"
_NO_REGION = "Invalid signing region in Authorization header."
REGIONS = frozenset((
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "cn-beijing", "cn-beijing-finance-1", "cn-chengdu",
    "cn-fuzhou", "cn-guangzhou", "cn-hangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-hongkong", "cn-huhehaote",
    "cn-nanjing", "cn-north-2-gov-1", "cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen",
    "cn-shenzhen-finance-1", "cn-wuhan-lr", "cn-wulanchabu", "cn-zhangjiakou", "eu-central-1", "eu-west-1",
    "me-central-1", "me-east-1", "na-south-1", "rg-china-mainland", "us-east-1", "us-west-1",
))  # fmt: skip
"""The regions of OSS ("Regions and endpoints"): a program may name the one where it will run."""
_EXPIRES_S_MAX = 7 * 24 * 3600
_UNSIGNED_NAMES = frozenset(("Signature", "OSSAccessKeyId", "Expires", "x-oss-signature", "X-Amz-Signature"))


def read_claim(request: OssRequest) -> Claim:
    """What the request says of who sent it. Raises NotIdentified for a claim that cannot be read."""
    return _reader(request)(request)


def dialect_of(request: OssRequest) -> str:
    """The dialect of a request: its signature's scheme says so, and nothing else does."""
    return S3 if _reader(request) in (_s3_header, _s3_query, _aws_header, _aws_query) else OSS


def _reader(request: OssRequest) -> Callable[[OssRequest], Claim]:
    """What reads the claim of a request, by its scheme."""
    if request.method == "OPTIONS":  # a browser asks before it signs, and of a signed URL too
        return _anonymous
    authorization = request.headers.get("authorization", "")
    if authorization:
        return next((reader for start, reader in _IN_HEADER.items() if authorization.startswith(start)), _unknown)
    query = request.query
    if not query:
        return _anonymous
    if query.get("x-oss-signature-version") == signing.V4_ALGORITHM:
        return _v4_query
    if "X-Amz-Signature" in query:
        return _s3_query
    if query.get("x-oss-signature-version") == OSS2:
        return _oss2_query
    if "AWSAccessKeyId" in query:
        return _aws_query
    return _v1_query if "Signature" in query or "OSSAccessKeyId" in query else _anonymous


def check_region(claim: Claim, region: str, *, in_url: bool) -> None:
    """Refuse a signature of version 4 for a region that is neither the server's nor one of OSS's.

    Sources: oss2's tests of signatures and of EC. Raises InvalidArgument.
    """
    named = claim.scope.get("region", "")
    if named != region and named not in REGIONS:
        text = "The signing region in credential is invalid." if in_url else _NO_REGION
        raise InvalidArgument(text, ec="0002-00000226")


def _anonymous(request: OssRequest) -> Claim:
    return Claim(ANONYMOUS, source_ip=request.peer)


def _unknown(request: OssRequest) -> Claim:
    raise InvalidArgument("The Authorization header is of no kind that is known here.", code="InvalidArgument")


def _resource(request: OssRequest) -> str:
    if not request.bucket:
        return "/"
    return f"/{request.bucket}/{request.key}"


def _v1_header(request: OssRequest) -> Claim:
    authorization = request.headers["authorization"]
    key_id, _, signature = authorization[4:].strip().partition(":")
    date = request.headers.get("date", "")
    resources = [_resource(request)]
    if request.bucket and not request.key:
        resources.append(f"/{request.bucket}")  # OpenDAL leaves the slash out in path style
    texts = [
        signing.canonical_v1(request.method, name, pairs, headers, date)
        for headers in _headers(request)
        for name in resources
        for pairs in _v1_queries(request)
    ]
    return Claim(
        "oss-v1",
        key_id,
        signature.strip(),
        tuple(texts),
        signed_at=_http_time(request.headers.get("x-oss-date") or date),
        security_token=_token(request) or request.headers.get("security-token", ""),  # as the newer SDKs send it
        source_ip=request.peer,
    )


def _v1_query(request: OssRequest) -> Claim:
    expires = request.query.get("Expires", "")
    if whole_number(expires) is None:
        raise InvalidArgument("Expires must be a time in seconds since 1970.", code="InvalidArgument")
    texts = [
        signing.canonical_v1(request.method, _resource(request), pairs, headers, expires, overridden=False)
        for headers in _headers(request)
        for pairs in _v1_queries(request)
    ]
    return Claim(
        "oss-v1",
        request.query.get("OSSAccessKeyId", ""),
        request.query.get("Signature", ""),
        tuple(texts),
        expires_at=float(expires[:12]),
        security_token=request.query.get("security-token", ""),
        source_ip=request.peer,
    )


def _v1_queries(request: OssRequest) -> Sequence[Collection[tuple[str, str]]]:
    """What of the query a client may have signed: oss2's list has no rename, whose source is a signed header anyway."""
    pairs = request.query.items()
    if _RENAME not in request.query or "x-oss-rename-source" not in request.headers:
        return (pairs,)
    return pairs, [(name, value) for name, value in pairs if name != _RENAME]


def _v4_header(request: OssRequest) -> Claim:
    authorization = request.headers["authorization"]
    fields = signing.parse_fields(authorization[len(signing.V4_ALGORITHM) :])
    scope = _scope(fields.get("Credential", ""))
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")  # the older Go SDK sends this alone
    additional = fields.get("AdditionalHeaders", "").split(";")
    texts = [
        signing.canonical_v4(request.method, _resource(request), pairs, headers, additional, date, scope)
        for headers in _headers(request)
        for pairs in _spellings(request)
    ]
    return _claim("oss-v4", request, scope, fields.get("Signature", ""), texts, date, _token(request))


def _v4_query(request: OssRequest) -> Claim:
    scope = _scope(request.query.get("x-oss-credential", ""))
    date = request.query.get("x-oss-date", "")
    pairs = _without_signature(request)
    additional = request.query.get("x-oss-additional-headers", "").split(";")
    texts = [
        signing.canonical_v4(request.method, _resource(request), pairs, headers, additional, date, scope)
        for headers in _headers(request)
    ]
    token = request.query.get("x-oss-security-token", "")
    seconds = _expires(request.query.get("x-oss-expires", ""))
    return _claim("oss-v4", request, scope, request.query.get("x-oss-signature", ""), texts, date, token, seconds)


def _s3_header(request: OssRequest) -> Claim:
    authorization = request.headers["authorization"]
    fields = signing.parse_fields(authorization[len(signing.S3_ALGORITHM) :])
    scope = _scope(fields.get("Credential", ""))
    date = request.headers.get("x-amz-date") or request.headers.get("date", "")
    payload = request.headers.get("x-amz-content-sha256", signing.UNSIGNED)
    signed = fields.get("SignedHeaders", "").lower()
    texts = [
        signing.canonical_s3(request.method, request.raw_path, pairs, headers, signed.split(";"), date, scope, payload)
        for headers in _headers(request)
        for pairs in _spellings(request)
    ]
    token = request.headers.get("x-amz-security-token", "")
    return _claim("s3-v4", request, scope, fields.get("Signature", ""), texts, date, token, signed=signed)


def _headers(request: OssRequest) -> Sequence[Mapping[str, str]]:
    """The headers as a client may have signed them: by the bytes it sent, or as texts that it then sent as Latin-1.

    The Go SDKs and ali-oss send UTF-8 and sign its bytes; ali-oss with ``headerEncoding: latin1`` signs the text.
    """
    headers = request.headers
    if "".join(headers.values()).isascii():
        return (headers,)
    sent = {name: value.encode("latin-1").decode("utf-8", "surrogateescape") for name, value in headers.items()}
    return sent, headers


def _spellings(request: OssRequest) -> Iterable[tuple[tuple[str, str], ...]]:
    """The query as it came, and percent-encoded throughout: oss2 and Spark 3's client send ``+`` and sign ``%20``."""
    return dict.fromkeys((request.pairs, signing.encoded(request.pairs)))


def _s3_query(request: OssRequest) -> Claim:
    scope = _scope(request.query.get("X-Amz-Credential", ""))
    date = request.query.get("X-Amz-Date", "")
    signed = request.query.get("X-Amz-SignedHeaders", "host").lower()
    pairs, names = _without_signature(request), signed.split(";")
    texts = [
        signing.canonical_s3(request.method, request.raw_path, pairs, headers, names, date, scope, signing.UNSIGNED)
        for headers in _headers(request)
    ]
    token = request.query.get("X-Amz-Security-Token", "")
    seconds = _expires(request.query.get("X-Amz-Expires", ""))
    signature = request.query.get("X-Amz-Signature", "")
    return _claim("s3-v4", request, scope, signature, texts, date, token, seconds, signed)


def _oss2_header(request: OssRequest) -> Claim:
    signed_at = _http_time(request.headers.get("x-oss-date") or request.headers.get("date", ""))
    return claims_v2.oss2_header(request, _resource(request), _headers, signed_at)


def _oss2_query(request: OssRequest) -> Claim:
    return claims_v2.oss2_query(request, _resource(request), _headers)


def _aws_header(request: OssRequest) -> Claim:
    signed_at = _http_time(request.headers.get("x-amz-date") or request.headers.get("date", ""))
    return claims_v2.aws_header(request, _headers, signed_at)


def _aws_query(request: OssRequest) -> Claim:
    return claims_v2.aws_query(request, _headers)


_IN_HEADER = {
    signing.V4_ALGORITHM: _v4_header,
    signing.S3_ALGORITHM: _s3_header,
    "OSS ": _v1_header,
    f"{OSS2} ": _oss2_header,
    "AWS ": _aws_header,
}


def _claim(
    scheme: str,
    request: OssRequest,
    scope: signing.Scope,
    signature: str,
    texts: Sequence[str],
    date: str,
    token: str,
    expires_s: int | None = None,
    signed: str = "",
) -> Claim:
    signed_at = _iso_time(date)
    if signed_at is None:
        signed_at = _http_time(date)
    if signed_at is not None and _day(signed_at) != scope.date:
        signed_at = None
    return Claim(
        scheme,
        scope.access_key_id,
        signature,
        tuple(texts),
        signed_at=signed_at,
        expires_at=signed_at + expires_s if signed_at is not None and expires_s is not None else None,
        security_token=token,
        scope=scope.fields | {"signed_headers": signed},
        source_ip=request.peer,
    )


def _without_signature(request: OssRequest) -> tuple[tuple[str, str], ...]:
    named = zip(request.query, request.pairs, strict=True)  # each name stands once, in the same order
    return tuple([pair for name, pair in named if name not in _UNSIGNED_NAMES])


def _token(request: OssRequest) -> str:
    return request.headers.get("x-oss-security-token", "")


def _scope(credential: str) -> signing.Scope:
    parts = credential.split("/")
    if len(parts) == 5 and not parts[2]:  # oss2 signs URLs so, where it was given no region
        raise InvalidArgument("The signing region in credential is invalid.", ec="0002-00000226")
    scope = signing.parse_scope(credential)
    if scope is None:
        raise NotIdentified(BAD_KEY, "The credential of the signature is malformed.")
    return scope


def _expires(text: str) -> int:
    if not 1 <= whole_number(text, 0) <= _EXPIRES_S_MAX:
        raise InvalidArgument("A signed URL holds for 1 second to 7 days.", code="InvalidArgument")
    return int(text)


def _http_time(text: str) -> float | None:
    found = time_of(text)
    return _iso_time(text) if found is None else found


@lru_cache(maxsize=1024)  # many requests are signed within one second
def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d")
    except (ValueError, OverflowError):  # before the year 1 by its time zone
        return ""


@lru_cache(maxsize=1024)
def _iso_time(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
