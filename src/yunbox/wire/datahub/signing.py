"""The signature of DataHub's requests: ``Authorization: DATAHUB <AccessKeyId>:<signature>``.

Signed are the method, the content type, the date, the headers that begin with ``x-datahub-``, and the resource, by
HMAC-SHA1 with the secret. The clients disagree on the resource: pydatahub decodes it and sorts its query, the Go SDK
signs it as it was sent. Sources: pydatahub 2.29 ``auth/aliyun_account.py``, the Go SDK's ``restclient.go``.
"""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from yunbox.kernel.call import Claim, Sign
from yunbox.kernel.errors import Unauthenticated
from yunbox.wire.http import time_of

SCHEME = "datahub"
TOKEN_HEADER = "x-datahub-security-token"  # noqa: S105
_PREFIX = "x-datahub-"
_WORD = "DATAHUB"
_AUTHORIZATION_MAX = 4096


def claim_of(method: str, target: str, headers: Mapping[str, str], source_ip: str) -> Claim:
    """What a request says of who sent it. Raises Unauthenticated for a header that says nothing understandable."""
    authorization = headers.get("authorization", "")
    if not authorization:
        return Claim("none", source_ip=source_ip)
    key_id, signature = parse_authorization(authorization)
    return Claim(
        scheme=SCHEME,
        access_key_id=key_id,
        signature=signature,
        signed=canonical_strings(method, target, headers),
        signed_at=time_of(headers.get("date", "")),
        security_token=headers.get(TOKEN_HEADER, ""),
        source_ip=source_ip,
    )


def parse_authorization(header: str) -> tuple[str, str]:
    """The AccessKey's id and the signature. Raises Unauthenticated."""
    word, _, rest = header.strip().partition(" ")
    key_id, colon, signature = rest.strip().partition(":")
    if len(header) > _AUTHORIZATION_MAX or word.upper() != _WORD or not (key_id and colon and signature):
        raise Unauthenticated(f"The Authorization header must be '{_WORD} <AccessKeyId>:<signature>'")
    return key_id, signature


def canonical_strings(method: str, target: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """Every text that a client may have signed for this request; ``headers`` have names in lower case."""
    lines = [method, headers.get("content-type", ""), headers.get("date", "")]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith(_PREFIX)]
    resources = dict.fromkeys((_decoded(target), target))
    return tuple("\n".join([*lines, resource]) for resource in resources)


def _decoded(target: str) -> str:
    path, _, query = unquote(target).partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True), key=lambda pair: pair[0])
    text = "&".join(f"{name}={value}" if value else name for name, value in pairs)
    return f"{path}?{text}" if text else path


def sign(secret: str, _claim: Claim, text: str) -> str:
    """The signature of a text."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1", "replace"), "sha1")).decode()


SCHEMES: Mapping[str, Sign] = {SCHEME: sign}
