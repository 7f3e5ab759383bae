"""The callback that an upload asks for, as its headers, its query or its form say it: base64 of JSON.

Source: the vendor's page Callback.
"""

import binascii
import json
from base64 import b64decode

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.callback import JSON, Callback
from yunbox.wire.outgoing import FORM

_DOCUMENT_BYTES_MAX = 5 * 1024
_URLS_MAX = 5


def callback_of(request: OssRequest) -> Callback | None:
    """The callback that an upload asks for, if any. Raises InvalidArgument."""
    text = request.headers.get("x-oss-callback") or request.query.get("callback", "")
    if not text:
        return None
    given = _document(text, "callback")
    if "callbackPolicy" in given:
        raise Unsupported("Yunbox does not offer callback policies (callbackPolicy).", code="NotImplemented")
    urls = tuple(url.strip() for url in given.get("callbackUrl", "").split(";") if url.strip())
    body, kind = given.get("callbackBody", ""), given.get("callbackBodyType", "") or FORM
    if not 1 <= len(urls) <= _URLS_MAX or not body:
        raise InvalidArgument("The callback configuration needs a callbackUrl and a callbackBody.")
    if kind not in (FORM, JSON):
        raise InvalidArgument(f"The callbackBodyType is {FORM} or {JSON}.")
    host = given.get("callbackHost", "")
    if any(sign in host for sign in "\r\n"):
        raise InvalidArgument("The callbackHost is not valid.")
    return Callback(urls, host, body, kind, _variables(request))


def _variables(request: OssRequest) -> dict[str, str]:
    text = request.headers.get("x-oss-callback-var") or request.query.get("callback-var", "")
    given = _document(text, "callback-var") if text else request.values
    return {name: value for name, value in given.items() if name.startswith("x:")}


def _document(text: str, what: str) -> dict[str, str]:
    if len(text) > _DOCUMENT_BYTES_MAX:
        raise InvalidArgument(f"The {what} configuration is longer than {_DOCUMENT_BYTES_MAX} bytes.")
    try:
        body = json.loads(b64decode(text, validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise InvalidArgument(f"The {what} configuration is not json format.") from None
    if not isinstance(body, dict):
        raise InvalidArgument(f"The {what} configuration is not json format.")
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
