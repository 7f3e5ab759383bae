"""The one HTTP client of all commands: the standard library's, with the server's errors as errors."""

import contextlib
import http.client
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from yunbox.kernel.errors import KernelError, Unavailable
from yunbox.wire.xml import parse_body


class ServerError(KernelError):
    """The server's own error: its code and message."""


@dataclass(frozen=True)
class Connection:
    """Where the server is, and as whom to speak to it."""

    endpoint: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Sends requests to one endpoint, each on a connection of its own."""

    def __init__(self, endpoint: str, timeout_s: float) -> None:
        self._endpoint = endpoint
        self._url = urlsplit(endpoint)
        self._timeout_s = timeout_s

    @property
    def path(self) -> str:
        """What stands before every path at this endpoint."""
        return self._url.path.rstrip("/")

    @contextlib.contextmanager
    def open(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Generator[http.client.HTTPResponse]:
        """An answer whose body is still to be read. Raises ServerError, or Unavailable where nobody answers."""
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=self._timeout_s)
        with contextlib.closing(connection):
            try:
                connection.request(method, target, body=body, headers=dict(headers))
                response = connection.getresponse()
            except OSError as error:
                raise Unavailable(f"No server answers at {self._endpoint}: {error}") from None
            if response.status >= 300:
                raise failure(response.status, response.read())
            yield response

    def call(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """A whole answer. Raises ServerError, or Unavailable where nobody answers."""
        with self.open(method, target, headers, body) as response:
            data = response.read()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)


def failure(status: int, body: bytes) -> ServerError:
    """The error in an answer, in XML or JSON."""
    try:
        if body.lstrip().startswith(b"<"):
            root = parse_body(body)
            return ServerError(root.value("Message"), code=root.value("Code"))
        found = json.loads(body)
        return ServerError(found["Message"], code=found["Code"])
    except (KernelError, ValueError, KeyError):
        text = body.decode("utf-8", "replace")
        return ServerError(f"HTTP {status}: {text[:500]}".rstrip(": "), code=str(status), body=text)
