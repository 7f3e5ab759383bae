"""The one HTTP client of all commands: the standard library's, with the server's errors as errors."""

import contextlib
import http.client
import json
import ssl
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

    def __init__(self, endpoint: str, timeout_s: float, context: ssl.SSLContext | None = None) -> None:
        self._endpoint = endpoint
        self._context = context
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
        with contextlib.closing(self._connection()) as connection:
            try:
                connection.request(method, target, body=body, headers=dict(headers))
                response = connection.getresponse()
            except OSError as error:
                raise Unavailable(f"No server answers at {self._endpoint}: {error}") from None
            if response.status >= 300:
                raise failure(response.status, response.read())
            yield response

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)

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
