"""Instances as they come, stop, go on and go: what the register says of each, and the processes that make it so.

The register is written first and the processes follow, so what was acknowledged holds after a kill; what takes long,
as clients are given time to leave, goes on after the answer.
"""

import asyncio
import logging
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from weakref import WeakValueDictionary

from yunbox.kernel.errors import Conflict, Unavailable
from yunbox.services.hologres.gateway.config import place_of
from yunbox.services.hologres.instances.processes import Processes, together
from yunbox.services.hologres.instances.register import DELETING, RUNNING, SUSPENDED, Instance, Register

_WAIT_S = 5.0
"""How long an answer waits for what was asked to be done; what takes longer shows by the instance's state."""
_LOG = logging.getLogger("yunbox")
Make = Callable[[Instance, socket.socket], Processes]


class Fleet:
    """The processes of all instances. ``make`` makes those of one on its socket, ``bound`` gives a socket on a port."""

    def __init__(self, register: Register, make: Make, bound: Callable[[int], socket.socket], folder: Path) -> None:
        self.register = register
        self._make = make
        self._bound = bound
        self._folder = folder
        self._running: dict[str, Processes] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- the server's start and end

    async def start(self, own: socket.socket) -> None:
        """Have every instance that is not stopped be ready, the house's own one on the socket it has."""
        for instance in self.register.all():
            if instance.is_own:
                await self._on(instance, own)
            elif instance.status == DELETING:
                await self._remove(instance)
            elif instance.status != SUSPENDED:
                await self._open(instance)

    async def stop(self) -> None:
        """End all processes, once what was under way has ended."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        running, self._running = list(self._running.values()), {}
        await together(*running)

    @property
    def present(self) -> Iterable[Instance]:
        """The instances that have rows, or may have."""
        return (one for one in self.register.all() if one.status != DELETING)

    # -- one instance

    async def create(self, instance: Instance) -> None:
        """A new one, which takes clients when this returns. Raises Conflict when there are too many."""
        await self.register.add(instance)
        await self._soon(instance.id, self._open(instance))

    async def delete(self, instance: Instance) -> None:
        """Have one go, with all that is in it."""
        going = await self.register.change(_but_own(instance, "deleted"), status=DELETING)
        await self._soon(going.id, self._remove(going))

    async def suspend(self, instance: Instance) -> None:
        """Have one take no clients any more, until it is resumed. Raises Conflict for one that does not run."""
        _but_own(instance, "stopped")
        _check(instance, RUNNING)
        await self.register.change(instance, status=SUSPENDED)
        await self._soon(instance.id, self._close(instance))

    async def resume(self, instance: Instance) -> None:
        """The other way round. Raises Conflict for one that is not stopped."""
        _check(instance, SUSPENDED)
        running = await self.register.change(instance, status=RUNNING)
        await self._soon(instance.id, self._open(running))

    async def restart(self, instance: Instance) -> None:
        """End an instance's sessions and processes; the next client has them started."""
        _check(instance, RUNNING)
        await self._soon(instance.id, self._found(instance).restart())

    async def encrypt(self, instance: Instance, *, ssl: bool) -> None:
        """Have one encrypt for clients who ask for it, or not any more; its sessions end."""
        _but_own(instance, "changed")
        _check(instance, RUNNING)
        if instance.ssl != ssl:
            changed = await self.register.change(instance, ssl=ssl)
            await self._soon(instance.id, self._replace(changed))

    async def refit(self, instance: Instance, cpu: int) -> None:
        """Have one be of another size; its sessions end."""
        _but_own(instance, "scaled")
        _check(instance, RUNNING)
        changed = await self.register.change(instance, cpu=cpu)
        await self._soon(instance.id, self._replace(changed))

    # -- processes

    async def _open(self, instance: Instance) -> None:
        """Listen for an instance's clients: on its port, or on another where somebody has taken that."""
        try:
            listener = self._bound(instance.port)
        except OSError:
            listener = self._bound(0)
        await self._on(instance, listener)
        port = listener.getsockname()[1]
        if (instance.port, instance.status) != (port, RUNNING):
            await self.register.change(instance, port=port, status=RUNNING)

    async def _on(self, instance: Instance, listener: socket.socket) -> None:
        made = self._running[instance.id] = self._make(instance, listener)
        await made.start()

    async def _close(self, instance: Instance) -> None:
        running = self._running.pop(instance.id, None)
        if running is not None:
            await running.stop()

    async def _replace(self, instance: Instance) -> None:
        """Other processes on the same socket; who connects meanwhile waits in its queue."""
        listener = self._found(instance).listener.dup()
        await self._close(instance)
        await self._on(instance, listener)

    async def _remove(self, instance: Instance) -> None:
        await self._close(instance)
        await asyncio.to_thread(shutil.rmtree, self._folder / place_of(instance.id), True)
        await self.register.forget(instance.id)

    def _found(self, instance: Instance) -> Processes:
        running = self._running.get(instance.id)
        if running is None:
            raise Unavailable(f"The instance {instance.id} is being changed: try again soon.")
        return running

    async def _soon(self, instance_id: str, work: Awaitable[None]) -> None:
        """Do something with an instance after what was asked for before, and wait for it, but not for long."""
        lock = self._locks.setdefault(instance_id, asyncio.Lock())

        async def done() -> None:
            async with lock:
                await work

        task = asyncio.ensure_future(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_told)
        await asyncio.wait([task], timeout=_WAIT_S)
        if task.done():
            task.result()


def _told(task: asyncio.Task[None]) -> None:
    """Have the log know of what failed after its answer."""
    if not task.cancelled() and task.exception() is not None:
        _LOG.error("an instance of Hologres could not be changed: %s", task.exception())


def _but_own(instance: Instance, what: str) -> Instance:
    if instance.is_own:
        raise Conflict(
            f"The instance {instance.id} is the house's own and cannot be {what}: it goes with the server.",
            code="OperationDenied.OwnInstance",
        )
    return instance


def _check(instance: Instance, status: str) -> None:
    if instance.status != status:
        raise Conflict(
            f"The instance {instance.id} is {instance.status}, and not {status}.", code="IncorrectInstanceStatus"
        )
