"""HTTP requests and responses as values, and the ASGI events they travel in.

Services see a Request and return a Response; the raw path is kept, because clients of more than one service
percent-encode slashes that are part of a name.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_plus

from yunbox.kernel import limits
from yunbox.kernel.errors import Cancelled, InvalidArgument

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Scope = dict[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""


class ClientGone(Cancelled):
    """The client closed the connection before its request was complete."""


@lru_cache(maxsize=64)  # many requests are made within one second
def time_of(text: str) -> float | None:
    """The seconds since the epoch of a date as HTTP writes it; None of what is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None


async def read_whole(chunks: AsyncIterator[bytes], size_max: int) -> bytes:
    """All of a body. Raises InvalidArgument when it is longer than ``size_max`` bytes."""
    parts = bytearray()
    async for chunk in chunks:
        parts += chunk
        if len(parts) > size_max:
            raise InvalidArgument(f"The request body is larger than {size_max} bytes")
    return bytes(parts)


class Body:
    """A request body, read whole within a bound or taken as a stream."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._done = False

    async def read(self, size_max: int = limits.BODY_BYTES_MAX) -> bytes:
        """The whole body. Raises InvalidArgument when it is longer than ``size_max`` bytes."""
        return await read_whole(self.chunks(), size_max)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises ClientGone when it ends too early."""
        while not self._done:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise ClientGone("The client closed the connection before its request was complete")
            self._done = not event.get("more_body", False)
            if data := event.get("body", b""):
                yield data

    async def gone(self) -> None:
        """Return once the client has closed the connection; for a reply that takes long to send."""
        async for _ in self.chunks():
            pass
        while (await self._receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True)
class Request:
    """One request. ``segments`` are the decoded parts of the path, ``query`` its pairs in order."""

    method: str
    raw_path: str
    raw_query: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Body
    peer: str = ""
    secure: bool = False

    def param(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter; names are matched without regard to case."""
        wanted = name.lower()
        return next((value for key, value in self.query if key.lower() == wanted), default)

    def has(self, name: str) -> bool:
        """Whether a query parameter is there, with or without a value."""
        return self.param(name) is not None

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 1 << 62) -> int:
        """An integer parameter within bounds."""
        text = self.param(name)
        if not text:
            return default
        try:
            value = int(text)
        except ValueError:
            raise InvalidArgument(f"The parameter {name} must be an integer") from None
        if not low <= value <= high:
            raise InvalidArgument(f"The parameter {name} must be between {low} and {high}")
        return value


@dataclass
class Response:
    """One response; ``body`` is bytes or a stream of them."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""


def parse_request(scope: Scope, receive: Receive) -> Request:
    """A Request from an ASGI scope. Raises InvalidArgument for an oversized or undecodable URL."""
    raw_path = scope["raw_path"].decode("latin-1")
    raw_query = scope["query_string"].decode("latin-1")
    if len(raw_path) + len(raw_query) > limits.URL_LENGTH_MAX:
        raise InvalidArgument("The request URL is too long")
    return Request(
        method=scope["method"],
        raw_path=raw_path,
        raw_query=raw_query,
        segments=tuple(_decode(part) for part in raw_path.split("?", 1)[0].split("/") if part),
        query=tuple(_pairs(raw_query)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=Body(receive),
        peer=(scope.get("client") or ("",))[0],
        secure=scope.get("scheme") == "https",
    )


def _decode(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise InvalidArgument("The request path is not valid UTF-8") from None


def _pairs(raw_query: str) -> Iterable[tuple[str, str]]:
    for item in raw_query.split("&"):
        if item:
            key, _, value = item.partition("=")
            yield unquote_plus(key), unquote_plus(value)


async def send_response(response: Response, send: Send, *, head_only: bool = False) -> None:
    """Send a response as ASGI events; a stream is closed whatever happens."""
    body = response.body
    headers = _encoded(response.headers)
    if isinstance(body, bytes):
        if b"content-length" not in dict(headers):
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head_only else body})
        return
    await _send_stream(response.status, headers, body, send)


async def _send_stream(status: int, headers: list[tuple[bytes, bytes]], body: AsyncIterator[bytes], send: Send) -> None:
    """The status waits for the first chunk, so that what fails before it can still be told."""
    try:
        first = await anext(body, None)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if first is not None:
            await send({"type": "http.response.body", "body": first, "more_body": True})
        async for chunk in body:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes; those of nearly every answer are plain text, which is seen by one look at all of it."""
    text = "".join(headers.values())
    if text.isascii() and text.isprintable():
        return [(_name(name), value.encode()) for name, value in headers.items()]
    return [(_name(name), _value(value)) for name, value in headers.items()]


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return name.lower().encode("latin-1")


def _value(value: str) -> bytes:
    if not value.isprintable():
        value = value.replace("\r", " ").replace("\n", " ")
    try:
        return value.encode("latin-1")  # characters stand for bytes, as those of a header that came in do
    except UnicodeEncodeError:
        return value.encode()
