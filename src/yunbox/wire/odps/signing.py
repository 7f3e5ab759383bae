"""The signatures of MaxCompute requests, as pure functions from bytes on the wire to text to sign.

Identity owns the secrets and compares signatures; this module only knows what each client signs. Sources:
PyODPS 0.13 ``accounts.py`` and the Java SDK's ``SecurityUtils`` and ``AliyunRequestSigner``.

The clients disagree on one point. Both sign the decoded resource, but PyODPS decodes the whole target first
and parses the query afterwards (so it decodes twice), while Java signs the parameters it was given (so it
decodes once). They differ only where a value holds ``%``, ``+``, ``&`` or ``;``; hence ``canonical_strings``,
plural: a signature that fits either of them is the client's.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, unquote_plus, urlparse

from yunbox.kernel.call import Sign
from yunbox.kernel.errors import Unauthenticated

V4_PREFIX = "aliyun_v4"
STS_TOKEN_HEADER = "authorization-sts-token"  # noqa: S105
BEARER_TOKEN_HEADER = "x-odps-bearer-token"  # noqa: S105
APP_HEADER = "application-authentication"
_SIGNED_PREFIX = "x-odps-"
_AUTHORIZATION_MAX = 4096
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")
"""A target that means itself, however often it is decoded."""


@dataclass(frozen=True)
class OdpsClaim:
    """What an ``Authorization`` header says: whose key, in which scheme, with which signature.

    ``date`` (``yyyymmdd``) and ``region`` are empty for v2.
    """

    access_key_id: str
    signature: str
    version: Literal["v2", "v4"]
    date: str = ""
    region: str = ""


@dataclass(frozen=True)
class AppClaim:
    """What an ``application-authentication`` header says; it signs the ``Authorization`` value."""

    access_key_id: str
    signature: str
    provider: str
    method: str


def canonical_string(method: str, target: str, headers: Mapping[str, str], endpoint_path: str = "/api") -> str:
    """Return the text PyODPS signs.

    ``target`` is the request line's path and query exactly as received, still percent-encoded; ``headers``
    have lower-case names. Raises Unauthenticated when the target is none that a client could have signed.
    """
    try:
        parts = urlparse(unquote(_strip(target, endpoint_path)), allow_fragments=False)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise Unauthenticated("the request target is malformed") from None
    return _canonical(method, parts.path, bool(parts.query), params, headers)


def canonical_strings(
    method: str, target: str, headers: Mapping[str, str], endpoint_path: str = "/api"
) -> tuple[str, ...]:
    """Return every text a client may have signed for this request: PyODPS's, then Java's if it differs."""
    if _PLAIN.fullmatch(target):
        return (_canonical(method, _strip(target, endpoint_path), False, {}, headers),)
    python = canonical_string(method, target, headers, endpoint_path)
    path, _, query = _strip(target, endpoint_path).partition("?")
    params = dict(_decoded_once(query))
    java = _canonical(method, unquote_plus(path), bool(params), params, headers)
    return (python,) if python == java else (python, java)


def _strip(target: str, endpoint_path: str) -> str:
    rest = target.removeprefix(endpoint_path.rstrip("/"))
    return rest if rest[:1] in ("/", "?", "") else target


def _decoded_once(query: str) -> Iterable[tuple[str, str]]:
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        yield unquote_plus(name), unquote_plus(value)


def _canonical(method: str, path: str, has_query: bool, params: Mapping[str, str], headers: Mapping[str, str]) -> str:
    signed = {k: v for k, v in headers.items() if k.startswith(_SIGNED_PREFIX)}
    signed |= {k: headers.get(k, "") for k in ("content-md5", "content-type", "date")}
    signed |= {k: v for k, v in params.items() if k.startswith(_SIGNED_PREFIX)}
    lines = [method.upper()]
    lines += [f"{k}:{v}" if k.startswith(_SIGNED_PREFIX) else v for k, v in sorted(signed.items())]
    query = "&".join(f"{k}={v}" if v else k for k, v in sorted(params.items()))
    return "\n".join([*lines, f"{path}?{query}" if has_query else path])


def sign_v2(secret: str, canonical: str) -> str:
    """Return the v2 signature: base64 of HMAC-SHA1 with the secret itself."""
    return _base64_hmac_sha1(secret.encode(), canonical)


def sign_v4(secret: str, canonical: str, date: str, region: str, prefix: str = V4_PREFIX) -> str:
    """Return the v4 signature: HMAC-SHA1 with a key that is valid for one day and region only."""
    return _base64_hmac_sha1(v4_key(secret, date, region, prefix), canonical)


def v4_key(secret: str, date: str, region: str, prefix: str = V4_PREFIX) -> bytes:
    """Derive the v4 signing key: a chain of HMAC-SHA256 over date, region, product and a closing word."""
    key = f"{prefix}{secret}".encode()
    for part in (date, region, "odps", f"{prefix}_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key


def sign_app(secret: str, authorization: str) -> str:
    """Return the signature an application adds: it signs the whole ``Authorization`` value."""
    return _base64_hmac_sha1(secret.encode(), authorization)


def _base64_hmac_sha1(key: bytes, text: str) -> str:
    return base64.b64encode(hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha1")).decode("ascii")


def parse_authorization(header: str) -> OdpsClaim:
    """Parse ``ODPS key:signature`` (v2) or ``ODPS key/date/region/odps/aliyun_v4_request:signature`` (v4).

    Raises Unauthenticated when the header has neither form.
    """
    scheme, _, rest = header.strip().partition(" ")
    credential, colon, signature = rest.strip().rpartition(":")
    complete = colon and credential and signature and scheme.upper() == "ODPS"
    if len(header) > _AUTHORIZATION_MAX or not complete:
        raise Unauthenticated("the Authorization header must be 'ODPS <AccessKeyId>:<signature>'")
    if "/" not in credential:
        return OdpsClaim(credential, signature, "v2")
    parts = credential.split("/")
    well_formed = len(parts) == 5 and all(parts) and parts[3] == "odps" and parts[4] == f"{V4_PREFIX}_request"
    if not well_formed or not (len(parts[1]) == 8 and parts[1].isascii() and parts[1].isdigit()):
        form = f"<AccessKeyId>/<yyyymmdd>/<region>/odps/{V4_PREFIX}_request"
        raise Unauthenticated(f"the Authorization credential must be '{form}'")
    return OdpsClaim(parts[0], signature, "v4", date=parts[1], region=parts[2])


def parse_app_authentication(header: str) -> AppClaim:
    """Parse the ``application-authentication`` header of an application account.

    Raises Unauthenticated when a part is missing or the method is not the one that clients use.
    """
    if len(header) > _AUTHORIZATION_MAX:
        raise Unauthenticated("the application-authentication header is too long")
    fields = {k.strip(): v.strip() for k, _, v in (part.partition(":") for part in header.split(","))}
    try:
        claim = AppClaim(
            access_key_id=fields["access_id"],
            signature=fields["signature"],
            provider=fields["account_provider"],
            method=fields["signature_method"],
        )
    except KeyError as missing:
        raise Unauthenticated(f"the application-authentication header lacks {missing}") from None
    if claim.method != "hmac-sha1":
        raise Unauthenticated(f"application signature method {claim.method!r} is not supported")
    return claim


SCHEMES: Mapping[str, Sign] = {
    "odps-v2": lambda secret, _claim, signed: sign_v2(secret, signed),
    "odps-application": lambda secret, _claim, signed: sign_app(secret, signed),
    "odps-v4": lambda secret, claim, signed: sign_v4(secret, signed, claim.scope["date"], claim.scope["region"]),
}
"""The signatures that MaxCompute's clients make, for identity to check."""
