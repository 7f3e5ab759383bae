"""How OpenAPI requests are signed: ACS3-HMAC-SHA256, the RPC style's HMAC-SHA1 and the ROA style's.

Sources: the vendor's "Request syntax and signature method V3", "Request syntax and signature method of RPC APIs" and
"... of ROA APIs"; what ``alibabacloud-tea-openapi`` and ``aliyun-python-sdk-core`` send. A request that was signed in
one style is understood in that style alone, and what its signature does not cover has no effect or is refused.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from yunbox.kernel.call import ANONYMOUS, Claim, Sign
from yunbox.kernel.clock import stamped
from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.http import Request, time_of

ALGORITHM = "ACS3-HMAC-SHA256"
ACS3, RPC, ROA = "acs3", "acs-rpc", "acs-roa"
_HMAC_SHA1 = "HMAC-SHA1"
Pairs = Iterable[tuple[str, str]]


def sign(secret: str, text: str) -> str:
    """The signature ACS3 of a text to sign."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def sign_sha1(secret: str, text: str) -> str:
    """The signature of the ROA style, and with an ampersand behind the secret of the RPC style."""
    return b64encode(hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()).decode()


SCHEMES: Mapping[str, Sign] = {
    ACS3: lambda secret, _claim, signed: sign(secret, signed),
    RPC: lambda secret, _claim, signed: sign_sha1(f"{secret}&", signed),
    ROA: lambda secret, _claim, signed: sign_sha1(secret, signed),
}


# -- texts to sign


def text_to_sign(method: str, path: str, query: Pairs, headers: Mapping[str, str], signed: str) -> str:
    """The text that ACS3 signs; ``headers`` have lower-case names, ``signed`` are theirs with semicolons between."""
    pairs = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query))
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed.split(";"))
    body = headers.get("x-acs-content-sha256", "")
    request = "\n".join((method, quote(path, safe="/~%"), pairs, lines, signed, body))
    return f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"


def rpc_text(method: str, parameters: Pairs) -> str:
    """The text that the RPC style signs: all parameters but the signature, sorted, encoded and encoded again."""
    pairs = sorted((name, value) for name, value in parameters if name != "Signature")
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    return f"{method}&%2F&{quote(query, safe='~')}"


def roa_text(method: str, path: str, query: Pairs, headers: Mapping[str, str]) -> str:
    """The text that the ROA style signs; ``headers`` have lower-case names."""
    head = [method, *(headers.get(name, "") for name in ("accept", "content-md5", "content-type", "date"))]
    lines = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-acs-")]
    pairs = "&".join(f"{name}={value}" if value else name for name, value in sorted(query))
    return "\n".join((*head, *lines, f"{path}?{pairs}" if pairs else path))


# -- claims


def read_claim(request: Request, form: Pairs, body: bytes, *, unsigned: bool) -> Claim:
    """What a request says of who sent it; without a signature nothing, or where that may be that it is anybody.

    Raises InvalidArgument for a signature that is none, or that does not cover what it must.
    """
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme == ALGORITHM:
        return _acs3(request, rest, body)
    if scheme.lower() == "acs":
        return _roa(request, rest, body)
    if scheme:
        raise _incomplete(f"The request is to be signed with {ALGORITHM}, or in the RPC or ROA style.")
    parameters = dict((*request.query, *form))
    if "Signature" in parameters:
        return _rpc(request, parameters, (*request.query, *form))
    kind = ANONYMOUS if unsigned else "none"
    return Claim(kind, source_ip=request.peer, secure=request.secure)


def _acs3(request: Request, rest: str, body: bytes) -> Claim:
    headers = request.headers
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if not {"Credential", "SignedHeaders", "Signature"} <= set(parts):
        raise _incomplete("The Authorization header has a Credential, SignedHeaders and a Signature.")
    _check_covered(headers, parts["SignedHeaders"])
    if hashlib.sha256(body).hexdigest() != headers.get("x-acs-content-sha256", "").lower():
        raise InvalidArgument(
            "Specified signature does not match: the body is not the one that x-acs-content-sha256 is of.",
            code="SignatureDoesNotMatch",
        )
    path = request.raw_path.partition("?")[0] or "/"
    text = text_to_sign(request.method, path, request.query, headers, parts["SignedHeaders"])
    date, nonce = _needed(headers, "x-acs-date"), _needed(headers, "x-acs-signature-nonce")
    return Claim(
        ACS3, parts["Credential"], parts["Signature"], (text,), signed_at=_time(date), nonce=nonce,
        security_token=headers.get("x-acs-security-token", ""), source_ip=request.peer, secure=request.secure,
    )  # fmt: skip


def _rpc(request: Request, parameters: Mapping[str, str], pairs: Pairs) -> Claim:
    for name, value in (("SignatureMethod", _HMAC_SHA1), ("SignatureVersion", "1.0")):
        if _needed(parameters, name) != value:
            raise InvalidArgument(f"Specified parameter {name} is not valid: it is {value}.", code=f"Invalid{name}")
    if parameters.get("SignatureType"):
        raise InvalidArgument("Specified parameter SignatureType is not supported.", code="InvalidSignatureType")
    key_id, date = _needed(parameters, "AccessKeyId"), _needed(parameters, "Timestamp")
    return Claim(
        RPC, key_id, parameters["Signature"], (rpc_text(request.method, pairs),), signed_at=_time(date),
        security_token=parameters.get("SecurityToken", ""), source_ip=request.peer, secure=request.secure,
        nonce=_needed(parameters, "SignatureNonce"),
    )  # fmt: skip


def _roa(request: Request, rest: str, body: bytes) -> Claim:
    headers = request.headers
    key_id, _, signature = rest.strip().partition(":")
    if headers.get("x-acs-signature-method", _HMAC_SHA1) != _HMAC_SHA1:
        raise InvalidArgument(f"x-acs-signature-method is {_HMAC_SHA1}.", code="InvalidSignatureMethod")
    digest = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("content-md5", digest) != digest:  # who sends none has signed that there is none
        raise InvalidArgument(
            "Specified signature does not match: Content-MD5, which it covers, is not of the body.",
            code="SignatureDoesNotMatch",
        )
    path = request.raw_path.partition("?")[0] or "/"
    texts = dict.fromkeys(roa_text(request.method, one, request.query, headers) for one in (path, unquote(path)))
    signed_at = time_of(_needed(headers, "date"))
    if signed_at is None:
        raise _no_time()
    return Claim(
        ROA, key_id, signature, tuple(texts), signed_at=signed_at, nonce=headers.get("x-acs-signature-nonce", ""),
        security_token=headers.get("x-acs-security-token", ""), source_ip=request.peer, secure=request.secure,
    )  # fmt: skip


def _check_covered(headers: Mapping[str, str], signed: str) -> None:
    """A header of the vendor's that the signature does not cover must not have an effect."""
    loose = ({name for name in headers if name.startswith("x-acs-")} | {"host"}) - set(signed.split(";"))
    if loose:
        names = ", ".join(sorted(loose))
        raise _incomplete(f"The signature does not cover the headers {names}.")


def _needed(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        title = "".join(part[:1].upper() + part[1:] for part in name.removeprefix("x-acs-").split("-"))
        raise InvalidArgument(f"{name} is mandatory for this action.", code=f"Missing{title}")
    return value


def _time(text: str) -> float:
    try:
        return stamped(text)
    except ValueError:
        raise _no_time() from None


def _no_time() -> InvalidArgument:
    return InvalidArgument("Specified time stamp or date value is not well formatted.", code="InvalidTimeStamp.Format")


def _incomplete(message: str) -> InvalidArgument:
    return InvalidArgument(message, code="IncompleteSignature")
