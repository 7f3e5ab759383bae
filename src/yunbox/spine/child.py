"""A child process as the server sees it: started on a socket, asked whether it lives, heard, and ended."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable

from yunbox.kernel.errors import Unavailable
from yunbox.spine.channel import Channel

Hear = Callable[[str, bytes], None]
"""What is done with what a process says, but for its answers."""


class ChildProcess:
    """One process, and the channel to it."""

    def __init__(self, module: str, process: asyncio.subprocess.Process, channel: Channel, hear: Hear) -> None:
        self._module = module
        self._process = process
        self.channel = channel
        self._hear = hear
        self._ready = asyncio.Event()
        self._answered = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def spawn(cls, module: str, argument: str, hear: Hear, *listeners: socket.socket) -> "ChildProcess":
        """Start a module on sockets that listen already: who connects while none is there waits in their queues."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            fds = (*(listener.fileno() for listener in listeners), theirs.fileno())
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", module, argument, *map(str, fds)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=fds,
            )
        return cls(module, process, await Channel.over(ours), hear)

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    async def ready(self) -> None:
        """Return once it takes clients. Raises Unavailable when it has ended before."""
        started, ended = asyncio.ensure_future(self._ready.wait()), asyncio.ensure_future(self.wait())
        try:
            await asyncio.wait([started, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            started.cancel()
            ended.cancel()
        if not self._ready.is_set():
            raise Unavailable(f"The process {self._module} could not start: see the server's log")

    async def healthy(self) -> bool:
        """Whether it answers."""
        self._answered.clear()
        self.channel.say("ping")
        return await self._answered.wait()

    async def wait(self) -> None:
        """Return once it has ended, and all that it said was heard."""
        await self._process.wait()
        await asyncio.shield(self._listening)

    def terminate(self) -> None:
        """Ask it to take leave of its clients."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _listen(self) -> None:
        async for word, body in self.channel.heard():
            if word == "ready":
                self._ready.set()
            elif word == "pong":
                self._answered.set()
            else:
                self._hear(word, body)
        self.channel.close()
