"""The control process's end of the pipe to a worker: framed messages, taken apart as they arrive.

A stream reader of asyncio would wake its task twice for each message and know nothing of where one ends.
"""

import asyncio
import struct
from collections import deque
from typing import Any, cast

_HELD_BYTES_MAX = 4 << 20
_HEAD = struct.Struct("!i")


class Pipe(asyncio.Protocol):
    """Messages from and to one worker. A worker that sends faster than it is read is made to wait."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._messages: deque[bytes] = deque()
        self._held_bytes = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None
        self._leaves = False
        self._gone = asyncio.Event()

    async def send(self, body: bytes) -> None:
        """Send one message; waits while the worker takes none. Raises ConnectionError when it is gone."""
        if self._transport is None or self.closed:
            raise ConnectionResetError
        self._transport.write(_HEAD.pack(len(body)) + body)
        if not self._writable.is_set():
            await self._writable.wait()

    async def receive(self) -> bytes:
        """The next message. Raises ConnectionError when the worker is gone."""
        while not self._messages:
            if self.closed:
                raise ConnectionResetError
            await self._woken()
        message = self._messages.popleft()
        self._held_bytes -= len(message)
        if self._paused and self._held_bytes < _HELD_BYTES_MAX and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return message

    def finish(self) -> None:
        """Let the worker see the end of its input, and take nothing more of it but that it has ended."""
        if self._transport is None or self._transport.is_closing():
            return
        self._leaves = True
        self._transport.write_eof()
        self._transport.resume_reading()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    async def ended(self) -> None:
        """Return once the worker's end of the pipe is closed, which it is when its process ends."""
        await self._gone.wait()

    async def outlives(self, work: asyncio.Future[Any]) -> bool:
        """Wait until some work has ended; False as soon as the worker is gone before it."""
        work.add_done_callback(self._wake)
        while not work.done() and not self.closed:
            await self._woken()
        return work.done()

    async def _woken(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    @property
    def closed(self) -> bool:
        """Whether the worker is gone."""
        return self._gone.is_set()

    # -- as a protocol of asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take apart what arrived."""
        if self._leaves:
            return
        received = self._received
        received += data
        at = 0
        while len(received) - at >= _HEAD.size:
            (length,) = _HEAD.unpack_from(received, at)
            end = at + _HEAD.size + length
            if len(received) < end:
                break
            self._messages.append(bytes(received[at + _HEAD.size : end]))
            self._held_bytes += length
            at = end
        if at:
            del received[:at]
            self._wake()
        if self._held_bytes > _HELD_BYTES_MAX and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """The worker takes no more for now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The worker takes more."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The worker is gone."""
        self._gone.set()
        self._writable.set()
        self._wake()

    def _wake(self, _ended: object = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
