"""Processes that are started when the first client comes: a server that nobody asks for a service runs none of them."""

import asyncio
import logging
import socket
from collections.abc import Sequence

from yunbox.kernel.supervise import Backoff, Patience, Supervisor
from yunbox.spine.child import ChildProcess

PATIENCE = Patience(pause_s=0.05, health_every_s=2.0, health_s_max=5.0)
_LOG = logging.getLogger("yunbox")


class Awakened:
    """The processes of one service, and the listening sockets that wake them.

    ``children`` end in their order. Who connects while none of them is there waits in the socket's queue.
    """

    def __init__(
        self, service: str, listeners: Sequence[socket.socket], children: Sequence[Supervisor[ChildProcess]]
    ) -> None:
        self._service = service
        self._listeners = listeners
        self._children = children
        self._starting: asyncio.Task[None] | None = None
        self._backoff = Backoff(PATIENCE)

    async def wait(self) -> None:
        """Be ready for the first client."""
        for listener in self._listeners:
            asyncio.get_running_loop().add_reader(listener, self._begin)

    def wake(self) -> None:
        """Start the processes although no client has come: they have something to do."""
        if self._starting is None:
            self._begin()

    async def stop(self) -> None:
        """Wait for nobody any more, and end the processes."""
        self._look_away()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._stop_all()

    def _look_away(self) -> None:
        for listener in self._listeners:
            asyncio.get_running_loop().remove_reader(listener)

    def _begin(self) -> None:
        self._look_away()
        self._starting = asyncio.create_task(self._start_all())

    async def _start_all(self) -> None:
        """Start the processes side by side; if one does not, the next client has them tried again.

        None is let go of while it still starts.
        """
        found = await asyncio.gather(*(child.start() for child in self._children), return_exceptions=True)
        failures = [one for one in found if isinstance(one, BaseException)]
        if failures:
            _LOG.error("%s could not be started; it is tried again", self._service, exc_info=failures[0])
            await self._stop_all()
            self._backoff.failed()
            await asyncio.sleep(self._backoff.pause_s)
            await self.wait()

    async def _stop_all(self) -> None:
        for child in self._children:
            await child.stop()
