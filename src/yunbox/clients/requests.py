"""Requests to where records go, and what comes of them: an answer, or the other side's own error."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from yunbox.kernel.errors import KernelError
from yunbox.wire.xml import parse_body

_TIMEOUT_S = 60.0
_MESSAGE_MAX = 300


class RequestFailed(KernelError):
    """The other side did not do it, or nobody knows; ``status`` is 0 where no answer came."""

    def __init__(self, message: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(message[:_MESSAGE_MAX], code=code or None)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether the other side has said no, and not only failed."""
        return 400 <= self.status < 500 and self.status not in (408, 429)


def send(endpoint: str, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The body of an answer. Raises RequestFailed."""
    at = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
    try:
        with contextlib.closing(kind(at.hostname or "", at.port, timeout=_TIMEOUT_S)) as line:
            line.request(method, target, body or None, dict(headers))
            answer = line.getresponse()
            status, data = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RequestFailed(f"No answer from {at.hostname}: {error}") from None
    if status >= 300:
        raise _failure(status, data)
    return data


def _failure(status: int, body: bytes) -> RequestFailed:
    code = message = ""
    with contextlib.suppress(KernelError, ValueError, KeyError, TypeError, IndexError):
        if body.lstrip().startswith(b"<"):
            root = parse_body(body)
            code, message = root.value("Code"), root.value("Message")
        else:
            found = json.loads(body)
            code, message = str(found["Code"]), str(found["Message"])
    return RequestFailed(f"{code or status}: {message or 'no reason was given'}", code=code, status=status)
