"""How Tablestore's requests are signed, and its answers to them.

Signed are the path, the method and every header that begins with ``x-ots-``: by the secret itself (HMAC-SHA1), or by a
key that was derived from it for a day and a region (HMAC-SHA256, "V4"). An answer is signed by the same key, so that a
client knows that it comes from who knows its secret. Sources: the vendor's "HTTP message" and "Signature"; the Go
SDK's ``ots_header.go``, the Python SDK's ``auth.py``.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from yunbox.kernel.call import Claim, Sign
from yunbox.kernel.clock import utc
from yunbox.kernel.errors import InvalidArgument

V2, V4 = "ots", "ots-v4"
_V4_ANSWER = "ots-v4-answer"
VERSION = "2015-12-31"
DATE, DIGEST, INSTANCE = "x-ots-date", "x-ots-contentmd5", "x-ots-instancename"
_VERSION, _KEY, _TOKEN = "x-ots-apiversion", "x-ots-accesskeyid", "x-ots-ststoken"
_SIGNATURE, _SIGNATURE_V4 = "x-ots-signature", "x-ots-signaturev4"
_DAY, _REGION = "x-ots-signdate", "x-ots-signregion"
_NEEDED = (DATE, _VERSION, _KEY, DIGEST, INSTANCE)
_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"
_PREFIX = "x-ots-"


def claim_of(path: str, headers: Mapping[str, str], source_ip: str) -> Claim:
    """What a request says of who sent it. Raises InvalidArgument for one that says too little to be checked."""
    signature, scheme = headers.get(_SIGNATURE_V4, ""), V4
    if not signature:
        signature, scheme = headers.get(_SIGNATURE, ""), V2
    if not signature:
        return Claim("none", source_ip=source_ip)
    for name in (*_NEEDED, *((_DAY, _REGION) if scheme == V4 else ())):
        if not headers.get(name):
            raise InvalidArgument(f"Missing header: {name}.")
    if headers[_VERSION] != VERSION:
        raise InvalidArgument(f"Invalid API version: {headers[_VERSION][:64]}, it is {VERSION}.")
    signed_at = _time(headers[DATE])
    scope = {"day": headers[_DAY], "region": headers[_REGION]} if scheme == V4 else {}
    if scheme == V4 and scope["day"] not in {f"{utc(signed_at + days * 86_400):%Y%m%d}" for days in (-1, 0, 1)}:
        raise InvalidArgument(f"The day in {_DAY} is not the one of {DATE}.")
    text = f"{path}\nPOST\n\n{_lines(headers)}\n" + ("ots" if scheme == V4 else "")
    return Claim(
        scheme, headers[_KEY], signature, (text,), signed_at=signed_at, scope=scope, source_ip=source_ip,
        security_token=headers.get(_TOKEN, ""),
    )  # fmt: skip


def answer_text(path: str, headers: Mapping[str, str]) -> str:
    """The text of an answer that is signed."""
    return f"{_lines(headers)}\n{path}"


def of_answer(claim: Claim) -> Claim:
    """By whose key, and how, the answer to a request is signed."""
    return replace(claim, scheme=_V4_ANSWER) if claim.scheme == V4 else claim


def date(seconds: float) -> str:
    """A time as the headers have it."""
    return f"{utc(seconds):%Y-%m-%dT%H:%M:%S}.000Z"


def _lines(headers: Mapping[str, str]) -> str:
    """The headers that are signed, in order."""
    names = sorted(name for name in headers if name.startswith(_PREFIX) and name not in (_SIGNATURE, _SIGNATURE_V4))
    return "\n".join(f"{name}:{headers[name].strip()}" for name in names)


def _time(text: str) -> float:
    try:
        return datetime.strptime(text, _FORM).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise InvalidArgument(f"Invalid date format: {text[:64]}.") from None


def _sha1(key: str, text: str) -> str:
    return b64encode(hmac.digest(key.encode(), text.encode("utf-8", "surrogateescape"), "sha1")).decode()


def _derived(secret: str, claim: Claim) -> str:
    """The key of a day and a region."""
    key = f"aliyun_v4{secret}".encode()
    for part in (claim.scope["day"], claim.scope["region"], "ots", "aliyun_v4_request"):
        key = hmac.digest(key, part.encode("utf-8", "surrogateescape"), "sha256")
    return b64encode(key).decode()


def _v4(secret: str, claim: Claim, text: str) -> str:
    key = _derived(secret, claim).encode()
    return b64encode(hmac.digest(key, text.encode("utf-8", "surrogateescape"), "sha256")).decode()


SCHEMES: Mapping[str, Sign] = {
    V2: lambda secret, _claim, text: _sha1(secret, text),
    V4: _v4,
    _V4_ANSWER: lambda secret, claim, text: _sha1(_derived(secret, claim), text),
}
