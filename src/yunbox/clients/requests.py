"""Requests to where records go, and what comes of them: an answer, or the other side's own error."""

import contextlib
import http.client
import json
import shutil
from collections.abc import Generator, Mapping
from typing import BinaryIO
from urllib.parse import urlsplit

from yunbox.kernel.errors import KernelError
from yunbox.wire.xml import parse_body

_TIMEOUT_S = 60.0
_MESSAGE_MAX = 300
_CHUNK_BYTES = 1 << 20


class RequestFailed(KernelError):
    """The other side did not do it, or nobody knows; ``status`` is 0 where no answer came."""

    def __init__(self, message: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(message[:_MESSAGE_MAX], code=code or None)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether the other side has said no, and not only failed."""
        return 400 <= self.status < 500 and self.status not in (408, 429)


def send(endpoint: str, method: str, target: str, headers: Mapping[str, str], body: bytes | BinaryIO = b"") -> bytes:
    """The body of an answer. A file as a body needs its Content-Length among the headers. Raises RequestFailed."""
    with _answer(endpoint, method, target, headers, body) as answer:
        return answer.read()


def download(endpoint: str, target: str, headers: Mapping[str, str], file: BinaryIO) -> None:
    """Write the body of an answer to a file, a piece at a time. Raises RequestFailed."""
    with _answer(endpoint, "GET", target, headers) as answer:
        shutil.copyfileobj(answer, file, _CHUNK_BYTES)


@contextlib.contextmanager
def _answer(
    endpoint: str, method: str, target: str, headers: Mapping[str, str], body: bytes | BinaryIO = b""
) -> Generator[http.client.HTTPResponse]:
    at = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
    try:
        with contextlib.closing(kind(at.hostname or "", at.port, timeout=_TIMEOUT_S)) as line:
            line.request(method, target, body or None, dict(headers))
            answer = line.getresponse()
            if answer.status >= 300:
                raise _failure(answer.status, answer.read())
            yield answer
    except (OSError, http.client.HTTPException) as error:
        raise RequestFailed(f"No answer from {at.hostname}: {error}") from None


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
