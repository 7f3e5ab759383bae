"""One client's connection: bytes in and out at the pace that both ends can bear, and the task that serves it.

Nothing is read on while a client is far ahead of what it is answered, and nothing is written on to one who does not
read. A client that has ended its stream is answered what it asked before, for a few seconds; one that has vanished is
noticed by the kernel.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import cast

from yunbox.wire.pgwire.frames import Frames

_AHEAD_BYTES_MAX = 1024 * 1024
_WRITTEN_BYTES_MAX = 256 * 1024
_END_S_MAX = 3.0
"""How long a client is served that has ended its stream, and how long the last words to one who does not read wait."""
_ALIVE_S, _ALIVE_EVERY_S, _ALIVE_TRIES = 4, 1, 3
_VANISHED_MS = 8000
_LOG = logging.getLogger("yunbox")

Serve = Callable[["Connection"], Awaitable[None]]


class Connection(asyncio.Protocol):
    """The bytes of one client. ``on_gone`` is called once when the client has gone while it is served; ``at_once`` may
    answer bytes that come while a session waits for some: at once, or after ``b""`` by ``answered``. Until then what
    else the client sends is kept, and its end too: the session sees neither before the answer."""

    __slots__ = (
        "_drained",
        "_is_encrypted",
        "_kept",
        "_kept_bytes",
        "_loop",
        "_reading",
        "_received",
        "_serve",
        "_stops",
        "_taken",
        "_task",
        "_transport",
        "_waiter",
        "at_once",
        "ended",
        "frames",
        "on_gone",
        "peer",
        "port",
    )  # fmt: skip

    def __init__(self, serve: Serve, peer: str, port: int = 0) -> None:
        self.frames = Frames()
        self.peer = peer
        self.port = port
        self.ended = False
        self.on_gone: Callable[[], None] | None = None
        self.at_once: Callable[[bytes], bytes | None] | None = None
        self._serve = serve
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._received = self._taken = self._kept_bytes = 0
        self._kept: list[bytes] | None = None
        self._stops = False
        self._reading = True
        self._is_encrypted = False

    # -- what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's
        self._transport.set_write_buffer_limits(_WRITTEN_BYTES_MAX)
        _keep_alive(transport.get_extra_info("socket"))
        self._task = self._loop.create_task(self._run())

    def data_received(self, data: bytes) -> None:
        """A client has sent something."""
        if self._kept is not None:
            self._keep(data)
            return
        if self.at_once is not None and self._waiter is not None and self._drained is None and self.frames.is_empty:
            answer = self.at_once(data)
            if answer:
                self._transport.write(answer)
                return
            if answer is not None:
                self._kept = [data]
                return
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        """Have the session see bytes."""
        self.frames.feed(data)
        self._received += len(data)
        if self._waiter is not None:
            self._wake()
        elif self._received - self._taken > _AHEAD_BYTES_MAX:
            self._reading = False
            self._transport.pause_reading()

    def _keep(self, data: bytes) -> None:
        assert self._kept is not None
        self._kept.append(data)
        self._kept_bytes += len(data)
        if self._reading and self._kept_bytes > _AHEAD_BYTES_MAX:
            self._reading = False
            self._transport.pause_reading()

    def answered(self, answer: bytes | None) -> None:
        """The answer that was to come; None where the session is to give it, which has seen nothing of the question."""
        kept, self._kept, self._kept_bytes = self._kept or [], None, 0
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
        if answer is None:
            self._feed(kept[0])
        elif not self._transport.is_closing():
            self._transport.write(answer)
        for data in kept[1:]:
            self.data_received(data)
        if self._kept is None and self.ended:
            self._wake()
        if self._kept is None and self._stops:
            self._stops = False
            self._task.cancel()

    def eof_received(self) -> bool:
        """A client says no more; it may still listen."""
        self.ended = True
        self._wake()
        self._loop.call_later(_END_S_MAX, self._give_up)
        return not self._is_encrypted  # TLS has no half of a connection

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has gone."""
        self.ended = True
        self._wake()
        self.resume_writing()
        self._gone()

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        if self._drained is None:
            self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """It has caught up, or gone."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # -- what a session calls

    async def startup(self) -> tuple[int, bytes] | None:
        """The client's first message; None when it has gone. Raises ProtocolViolation."""
        while (found := self.frames.startup()) is None:
            if self.ended:
                return None
            await self.more()
        self._taken += len(found[1]) + 8
        return found

    async def encrypt(self, context: ssl.SSLContext, answer: bytes) -> None:
        """Say that it is agreed to, and have all that follows be encrypted. Raises ConnectionError where that fails."""
        self.write(answer)
        self._is_encrypted = True
        try:
            found = await self._loop.start_tls(self._transport, self, context, server_side=True)
        except OSError as error:  # the library's own failures are such
            raise ConnectionResetError(str(error)) from None
        if found is None:
            raise ConnectionResetError
        self._transport = found
        self._transport.set_write_buffer_limits(_WRITTEN_BYTES_MAX)

    async def message(self) -> tuple[int, bytes] | None:
        """The client's next message; None when there is none any more. Raises ProtocolViolation."""
        while True:
            for found in self.messages():
                return found
            if self.ended:
                return None
            await self.more()

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """The client's messages that are there, one after another as they are taken. Raises ProtocolViolation."""
        for found in self.frames.messages():
            self._taken += len(found[1]) + 5
            yield found

    def passed(self, taken: Callable[[bytes, int], int]) -> None:
        """Have someone take messages at once, as ``Frames.passed`` does."""

        def counted(data: bytes, at: int) -> int:
            end = taken(data, at)
            self._taken += end - at
            return end

        self.frames.passed(counted)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._transport.write(data)

    async def drain(self) -> None:
        """Return once the client has read enough for more to be sent. Raises ConnectionError when it has gone."""
        if self._drained is not None:
            await asyncio.shield(self._drained)
        if self._transport.is_closing():
            raise ConnectionResetError

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody in between can read what is said."""
        return self._is_encrypted

    @property
    def cipher(self) -> tuple[str, str, int] | None:
        """What is encrypted by: a cipher, the protocol's version, and the bits of its secret."""
        return self._transport.get_extra_info("cipher") if self._is_encrypted else None

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """The addresses and ports of both ends: the server's, then the client's."""
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port, self.peer, self.port

    @property
    def is_behind(self) -> bool:
        """Whether the client reads too slowly for more to be sent."""
        return self._drained is not None

    @property
    def is_ahead(self) -> bool:
        """Whether the client has asked for so much that no more is read for now."""
        return not self._reading

    def stop(self) -> None:
        """Cancel whatever its task waits for, once no answer is on its way."""
        if self._kept is not None:
            self._stops = True
            return
        self._task.cancel()

    def close(self) -> None:
        """Send what is left, and hang up."""
        if not self._transport.is_closing():
            self._transport.close()
            self._loop.call_later(_END_S_MAX, self._transport.abort)

    async def served(self) -> None:
        """Return once its task has ended."""
        await asyncio.wait([self._task])

    # -- the rest

    async def _run(self) -> None:
        try:
            await self._serve(self)
        except ConnectionError:
            pass
        except Exception:
            _LOG.exception("a session of Hologres failed")
        finally:
            self.on_gone = None
            self.close()

    async def more(self) -> None:
        """Return once the client has sent something, or its end."""
        if self.ended:
            return
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._kept is not None:
            return
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _give_up(self) -> None:
        self._gone()
        self._transport.abort()

    def _gone(self) -> None:
        on_gone, self.on_gone = self.on_gone, None
        if on_gone is not None:
            on_gone()


def _keep_alive(sock: socket.socket) -> None:
    """Have the kernel notice within ten seconds that a client has vanished, whether it is sent something or not."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _ALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _ALIVE_EVERY_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _ALIVE_TRIES)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _VANISHED_MS)
