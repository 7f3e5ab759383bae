"""HTTP listeners: uvicorn on a socket that is bound already, started and drained with the services.

A reply leaves in one packet: uvicorn writes head and body apart, and each write is a system call that wakes the client.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, cast
from urllib.parse import urlsplit

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from yunbox.identity.authority import Issued
from yunbox.wire.app import HttpApp
from yunbox.wire.http import App, Response

AUTHORITY = "yunbox.authority"
"""Where a scope has the host and port of a request that names a whole URL."""
_KEEP_ALIVE_S = 75
_HELD_BYTES_MAX = 16 * 1024


class _OnePacket:
    """A transport that keeps a small first write back for the one that follows in the same turn of the event loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._call_soon = loop.call_soon
        self._held = b""
        self.is_closing = transport.is_closing  # asked for at each request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, or keep them for a moment."""
        held = self._held
        if held:
            self._held = b""
            self._transport.write(held + data if len(data) <= _HELD_BYTES_MAX else held)
            if len(data) > _HELD_BYTES_MAX:
                self._transport.write(data)
        elif len(data) <= _HELD_BYTES_MAX:
            self._held = data
            self._call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send what is kept, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():  # whom it is for may have gone meanwhile
            self._transport.write(held)


def _asking(app: Any) -> Any:
    """Close a connection whose client waited for ``100 Continue`` and was given a final answer: no body follows there.

    uvicorn would take the next request on it for the body. boto3 sends one, after each PUT that was refused.
    """

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if not any(name == b"expect" for name, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        asked = False

        async def asking() -> Any:
            nonlocal asked
            asked = True
            return await receive()

        async def sending(event: Any) -> None:
            if event["type"] == "http.response.start" and not asked:
                event = {**event, "headers": [*event["headers"], (b"connection", b"close")]}
            await send(event)

        await app(scope, asking, sending)

    return serve


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol on a transport of ours."""

    unreadable: Callable[[], Response] | None = None
    """What the service answers to bytes that are no HTTP."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(cast("asyncio.Transport", _OnePacket(transport, self.loop)))

    def on_headers_complete(self) -> None:
        """The head of a request is there. A client of a proxy names the whole URL, whose host uvicorn drops."""
        super().on_headers_complete()
        if not self.url.startswith(b"/"):
            self.scope[AUTHORITY] = urlsplit(self.url.decode("latin-1")).netloc  # ty: ignore[invalid-typed-dict-key]

    def send_400_response(self, msg: str) -> None:
        """Refuse in the service's own words, and close: nobody knows where the next request begins."""
        unreadable = type(self).unreadable
        if unreadable is None:
            super().send_400_response(msg)
            return
        answer = unreadable()
        body = answer.body if isinstance(answer.body, bytes) else b""
        fields = {"content-length": str(len(body)), "connection": "close", **answer.headers}
        head = [*self.server_state.default_headers, *((n.encode(), v.encode()) for n, v in fields.items())]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        self.transport.write(b"HTTP/1.1 %d Bad Request\r\n%b\r\n%b" % (answer.status, lines, body))
        self.transport.close()


class _HttpServer(uvicorn.Server):
    """A server that says when it listens, ends as soon as it is told to and leaves the process's signals alone.

    There are many in a process: uvicorn's own looks ten times a second whether it is to end, and then waits a little.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Take nobody else, and end when those who are there have their answers."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Wait for the end, and have replies say the time meanwhile."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 1 - time.time() % 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; at once, where nobody is connected, and nothing is done any more for one who has gone."""
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for listener in (*self.servers, *(sockets or ())):
            listener.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell."""
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals are the supervisor's."""
        yield


@contextlib.asynccontextmanager
async def listening(
    app: App, sock: socket.socket, drain_s: float, issued: Issued | None = None
) -> AsyncGenerator[None]:
    """Serve an application on a bound socket, with a certificate over TLS.

    On leaving, open requests get a while to end.
    """
    config = uvicorn.Config(
        _asking(app),
        loop="none",
        http=type("_OfService", (_Protocol,), {"unreadable": app.unreadable if isinstance(app, HttpApp) else None}),
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        date_header=True,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=int(drain_s),
        timeout_keep_alive=_KEEP_ALIVE_S,
        ssl_certfile=issued.certificate if issued else None,
        ssl_keyfile=issued.key if issued else None,
    )
    server = _HttpServer(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    await server.listening.wait()
    try:
        yield
    finally:
        server.end()
        await task
