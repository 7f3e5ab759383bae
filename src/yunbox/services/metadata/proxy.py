"""The listener as a proxy: 100.100.100.200 is the metadata server, the house's own listeners are passed on to.

SDKs that take ``HTTP_PROXY`` send all their calls by it, also those to this machine. Nothing else is reached through
here, so that nobody's callback or webhook gets anywhere by way of it.
"""

import asyncio
import contextlib
import http.client
from collections.abc import AsyncGenerator, Callable
from typing import Any

from yunbox.spine.listener import AUTHORITY
from yunbox.wire.http import App, Body, ClientGone, Receive, Response, Scope, Send, send_response
from yunbox.wire.outgoing import METADATA

_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_BODY_BYTES_MAX = 256 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_TIMEOUT_S = 600.0
_OF_ONE_HOP = frozenset((
    "connection", "keep-alive", "proxy-connection", "proxy-authorization", "trailer", "transfer-encoding", "upgrade",
    "expect", "content-length",
))  # fmt: skip


class Proxy:
    """The application of the listener. ``ports`` are those of the house's plain listeners, ``own`` is its own."""

    def __init__(self, metadata: App, own: int, ports: Callable[[], frozenset[int]]) -> None:
        self._metadata = metadata
        self._own = own
        self._ports = ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        host, port = _host(scope)
        is_direct = AUTHORITY not in scope  # it names no whole URL: whichever port its Host has, or lacks, it came here
        if host == METADATA or (_is_here(host) and (is_direct or port == self._own)):
            await self._metadata(scope, receive, send)
        elif _is_here(host) and port in self._ports():
            with contextlib.suppress(ClientGone):
                await _pass_on(port, scope, receive, send)
        else:
            refusal = f"This proxy leads to {METADATA} and to this server's own listeners, not to {host[:100]}\n"
            await send_response(Response(403, {"Content-Type": "text/plain"}, refusal.encode()), send)


def _host(scope: Scope) -> tuple[str, int]:
    named = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    value = scope.get(AUTHORITY) or named  # some clients leave the port out of their Host
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdigit() or value.endswith("]"):
        return value, 80
    return host, int(port[:6])


def _is_here(host: str) -> bool:
    return host in _HOSTS or host.endswith(".localhost")


async def _pass_on(port: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a request to a listener of the house as it came, and its answer back as it comes."""
    body = await Body(receive).read(_BODY_BYTES_MAX)
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        answer = await asyncio.to_thread(_asked, connection, scope, target.decode("latin-1"), body)
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in _OF_ONE_HOP}
        if (length := answer.getheader("content-length")) is not None:
            headers["Content-Length"] = length
        head_only = scope["method"] == "HEAD"
        chunks: Any = b"" if head_only else _chunks(answer)
        await send_response(Response(answer.status, headers, chunks), send, head_only=head_only)
    finally:
        connection.close()


def _asked(connection: http.client.HTTPConnection, scope: Scope, target: str, body: bytes) -> http.client.HTTPResponse:
    connection.putrequest(scope["method"], target, skip_host=True, skip_accept_encoding=True)
    for name, value in scope["headers"]:
        if name.decode("latin-1") not in _OF_ONE_HOP:
            connection.putheader(name.decode("latin-1"), value)
    if body or scope["method"] in ("POST", "PUT"):
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body or None)
    return connection.getresponse()


async def _chunks(answer: http.client.HTTPResponse) -> AsyncGenerator[bytes]:
    while chunk := await asyncio.to_thread(answer.read1, _CHUNK_BYTES):
        yield chunk
