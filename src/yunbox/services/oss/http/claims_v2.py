"""Claims that are signed by a version 2: OSS's own, or that of AWS; in headers or in the URL."""

from collections.abc import Callable, Mapping, Sequence

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.services.oss.http.target import OssRequest
from yunbox.wire.oss import signing_v2
from yunbox.wire.oss.signing import decoded

Spelled = Callable[[OssRequest], Sequence[Mapping[str, str]]]
"""The headers of a request, in each spelling that a client may have signed."""


def oss2_header(request: OssRequest, resource: str, spelled: Spelled, signed_at: float | None) -> Claim:
    """``OSS2 AccessKeyId:..,AdditionalHeaders:..;..,Signature:..``."""
    pairs = (item.strip().partition(":") for item in request.headers["authorization"][5:].split(","))
    fields = {name: value for name, _, value in pairs}
    return _oss2(
        request, resource, spelled, fields.get("AdditionalHeaders", ""), request.headers.get("date", ""),
        access_key_id=fields.get("AccessKeyId", ""), signature=fields.get("Signature", ""), signed_at=signed_at,
        security_token=request.headers.get("x-oss-security-token", ""),
    )  # fmt: skip


def oss2_query(request: OssRequest, resource: str, spelled: Spelled) -> Claim:
    """The same in a URL, which holds until ``x-oss-expires``."""
    query, expires = request.query, request.query.get("x-oss-expires", "")
    return _oss2(
        request, resource, spelled, query.get("x-oss-additional-headers", ""), expires, expires_at=_until(expires),
        access_key_id=query.get("x-oss-access-key-id", ""), signature=query.get("x-oss-signature", ""),
        security_token=query.get("security-token", ""),
    )  # fmt: skip


def _oss2(
    request: OssRequest, resource: str, spelled: Spelled, additional: str, date: str,
    *, access_key_id: str, signature: str, security_token: str, signed_at: float | None = None,
    expires_at: float | None = None,
) -> Claim:  # fmt: skip
    texts = [
        signing_v2.canonical_oss2(request.method, resource, request.pairs, headers, additional.split(";"), date)
        for headers in spelled(request)
    ]
    return Claim(
        "oss-v2", access_key_id, signature, tuple(texts), signed_at=signed_at, expires_at=expires_at,
        security_token=security_token, source_ip=request.peer,
    )  # fmt: skip


def aws_header(request: OssRequest, spelled: Spelled, signed_at: float | None) -> Claim:
    """``AWS key:signature``."""
    key_id, _, signature = request.headers["authorization"][4:].strip().partition(":")
    date = "" if "x-amz-date" in request.headers else request.headers.get("date", "")
    token = request.headers.get("x-amz-security-token", "")
    return Claim(
        "s3-v2", key_id, signature, _aws_texts(request, spelled, date), signed_at=signed_at, security_token=token,
        source_ip=request.peer,
    )  # fmt: skip


def aws_query(request: OssRequest, spelled: Spelled) -> Claim:
    """The same in a URL, which holds until ``Expires``."""
    query, expires = request.query, request.query.get("Expires", "")
    return Claim(
        "s3-v2", query.get("AWSAccessKeyId", ""), query.get("Signature", ""), _aws_texts(request, spelled, expires),
        expires_at=_until(expires), security_token=query.get("x-amz-security-token", ""), source_ip=request.peer,
    )  # fmt: skip


def _aws_texts(request: OssRequest, spelled: Spelled, date: str) -> tuple[str, ...]:
    """The path is signed with its bucket, which may be in the host's name alone."""
    path = request.raw_path or "/"
    bucket, _, _ = path.removeprefix("/").partition("/")
    if decoded(bucket) != request.bucket or request.host.startswith(f"{request.bucket}."):
        path = f"/{request.bucket}{path}"
    paths = (path,) if request.key or path.endswith("/") else (path, f"{path}/")  # botocore signs a bucket's slash
    return tuple(
        signing_v2.canonical_aws(request.method, name, request.pairs, headers, date)
        for headers in spelled(request)
        for name in paths
    )


def _until(text: str) -> float:
    if whole_number(text) is None:
        raise InvalidArgument("Expires must be a time in seconds since 1970.", code="InvalidArgument")
    return float(text[:12])
