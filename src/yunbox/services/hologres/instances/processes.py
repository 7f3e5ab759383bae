"""The processes of one instance: its gateways and its engine, each under a supervisor.

They are started when the first client comes: an instance that nobody asks for anything has none, only its port.
"""

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from yunbox.engine.holo.config import SOCKET, EngineConfig
from yunbox.kernel.supervise import Supervisor
from yunbox.meter.journal import Journal
from yunbox.services.hologres.gateway.cancelling import CANCEL, key_of, say_cancel
from yunbox.services.hologres.gateway.config import GatewayConfig
from yunbox.spine.awakened import PATIENCE, Awakened
from yunbox.spine.channel import event_of
from yunbox.spine.child import ChildProcess

_GATEWAY, _ENGINE = "yunbox.services.hologres.gateway.main", "yunbox.engine.holo.main"
_BACKLOG = 1024
_ENGINE_PATIENCE = replace(PATIENCE, health_s_max=60.0)
"""The engine gives way to everything else, so on a busy machine it says late that it lives; who ended it for that would
end its statements."""


@dataclass
class Processes:
    """The gateways share one listening socket: while one is started again, the others or the queue take its clients."""

    config: GatewayConfig
    engine_config: EngineConfig
    listener: socket.socket
    journal: Journal

    def __post_init__(self) -> None:
        """A supervisor for each process."""
        name = self.config.instance
        self._engine_listener = socket.socket(socket.AF_UNIX)
        self.engine = Supervisor(f"the engine of Hologres ({name})", self._spawn_engine, _ENGINE_PATIENCE)
        self.gateways = [self._supervisor(index) for index in range(self.config.count)]
        self._awakened = Awakened(f"Hologres ({name})", [self.listener], [*self.gateways, self.engine])

    def _supervisor(self, index: int) -> Supervisor[ChildProcess]:
        config = msgspec.structs.replace(self.config, index=index)

        async def spawn() -> ChildProcess:
            return await ChildProcess.spawn(_GATEWAY, config.argument, self._hear, self.listener)

        return Supervisor(f"gateway {index} of Hologres ({self.config.instance})", spawn, PATIENCE)

    async def _spawn_engine(self) -> ChildProcess:
        return await ChildProcess.spawn(_ENGINE, self.engine_config.argument, self._hear, self._engine_listener)

    def _hear(self, word: str, body: bytes) -> None:
        if word == "event":
            self.journal.record(*event_of(body))
        elif word == CANCEL:
            self._cancel(*key_of(body))

    def _cancel(self, process_id: int, secret: int) -> None:
        """Pass a cancel request on to the gateway whose session it is about."""
        with contextlib.suppress(Exception):
            say_cancel(self.gateways[process_id % self.config.count].child.channel, process_id, secret)

    async def start(self) -> None:
        """Be ready for the first client: nothing is started before there is one."""
        self.config.scratch.mkdir(exist_ok=True, mode=0o700)
        self.config.roster.unlink(missing_ok=True)
        _listen(self._engine_listener, self.config.scratch)
        await self._awakened.wait()

    async def restart(self) -> None:
        """End the processes, if there are any; the next client has them started."""
        await self._awakened.stop()
        await self._awakened.wait()

    async def stop(self) -> None:
        """End the processes, and listen to nobody any more."""
        await self._awakened.stop()
        self._engine_listener.close()
        self.listener.close()

    @property
    def port(self) -> int:
        """Where clients come in."""
        return self.listener.getsockname()[1]


def _listen(sock: socket.socket, scratch: Path) -> None:
    """Listen in the scratch folder, for nobody but this user; the way there is short, however long the folder's is."""
    folder = os.open(scratch, os.O_PATH | os.O_DIRECTORY)
    try:
        path = Path(f"/proc/self/fd/{folder}/{SOCKET}")
        path.unlink(missing_ok=True)
        sock.bind(str(path))
        path.chmod(0o600)
        sock.listen(_BACKLOG)
    finally:
        os.close(folder)


async def together(*processes: Processes) -> None:
    """End the processes of several instances side by side."""
    await asyncio.gather(*(one.stop() for one in processes))
