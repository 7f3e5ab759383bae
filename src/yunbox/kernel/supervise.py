"""Child processes, looked after: started, watched, started again with patience, ended in order.

One that dies is started again after a pause, which doubles each time it dies soon and begins anew once it has lived
for a while; one that does not answer is killed first. On the way out a child is asked to end and, if it does not, made
to. None outlives the server: a child says so itself, to the kernel (``die_with_parent``), and so it holds for kill -9.
"""

import asyncio
import ctypes
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from yunbox.kernel.errors import Unavailable

_PR_SET_PDEATHSIG = 1


class Ending(Protocol):
    """A process that can be ended."""

    async def wait(self) -> None:
        """Return once it has ended."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class Child(Ending, Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int | None:
        """Its process id."""

    async def ready(self) -> None:
        """Return once it can be used. Raises Unavailable when it cannot."""

    async def healthy(self) -> bool:
        """Whether it still answers."""


C = TypeVar("C", bound=Child)


@dataclass(frozen=True)
class Patience:
    """How long things may take, and how long to wait before trying again; all in seconds."""

    start_s_max: float = 30.0
    pause_s: float = 0.1
    pause_s_max: float = 30.0
    steady_s: float = 60.0
    health_every_s: float = 5.0
    health_s_max: float = 10.0
    drain_s_max: float = 10.0


class Backoff:
    """The pause before another try: none at first, then longer each time, until one has gone well for a while."""

    def __init__(self, patience: Patience, now: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._now = now
        self._failures = 0
        self._last = 0.0

    def failed(self) -> None:
        """Note a failure."""
        if self._now() - self._last > self._patience.steady_s:
            self._failures = 0
        self._failures += 1
        self._last = self._now()

    @property
    def pause_s(self) -> float:
        """How long to wait still."""
        if not self._failures:
            return 0.0
        pause = min(self._patience.pause_s * 2.0 ** (self._failures - 1), self._patience.pause_s_max)
        return max(self._last + pause - self._now(), 0.0)


class Supervisor(Generic[C]):
    """Keeps one child running from ``start`` to ``stop``."""

    def __init__(
        self, name: str, spawn: Callable[[], Awaitable[C]], patience: Patience | None = None, *, log: str = "yunbox"
    ) -> None:
        self.name = name
        self.restarts = 0
        self._spawn = spawn
        self._patience = patience or Patience()
        self._backoff = Backoff(self._patience)
        self._log = logging.getLogger(log)
        self._child: C | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def child(self) -> C:
        """The child that runs. Raises Unavailable while there is none."""
        if self._child is None:
            raise Unavailable(f"{self.name} is being started again: try again soon")
        return self._child

    async def start(self) -> None:
        """Start the child; raises what keeps it from starting the first time, also that it was stopped meanwhile."""
        started = asyncio.Event()
        task = self._task = asyncio.create_task(self._run(started), name=f"supervise {self.name}")
        waiting = asyncio.create_task(started.wait())
        try:
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.stop()
            raise
        finally:
            waiting.cancel()
        if task.cancelled():
            raise Unavailable(f"{self.name} was stopped before it had started")
        if task.done():
            task.result()

    async def stop(self) -> None:
        """End the child in order, and do not start it again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        child, self._child = self._child, None
        if child is not None:
            await end(child, self._patience.drain_s_max)

    async def _run(self, started: asyncio.Event) -> None:
        """Start the child and look after it: all in one task, so that who stops it leaves nothing under way."""
        self._child = await self._begin()
        started.set()
        await self._watch()

    async def _begin(self) -> C:
        child = await self._spawn()
        try:
            async with asyncio.timeout(self._patience.start_s_max):
                await child.ready()
        except BaseException as error:
            child.kill()
            await child.wait()
            if isinstance(error, TimeoutError):
                raise Unavailable(f"{self.name} was not ready after {self._patience.start_s_max:g} s") from None
            raise
        return child

    async def _watch(self) -> None:
        while True:
            if self._child is not None:
                await self._until_gone(self._child)
                self._child = None
                self._backoff.failed()
            await asyncio.sleep(self._backoff.pause_s)
            try:
                self._child = await self._begin()
                self.restarts += 1
            except Exception as error:
                self._log.warning("%s could not be started again: %s", self.name, error)
                self._backoff.failed()

    async def _until_gone(self, child: C) -> None:
        """Return once the child has ended, of itself or because it no longer answered."""
        gone = asyncio.ensure_future(child.wait())
        try:
            while not gone.done():
                await asyncio.wait([gone], timeout=self._patience.health_every_s)
                if not gone.done() and not await self._answers(child):
                    self._log.warning("%s (process %s) does not answer and is killed", self.name, child.pid)
                    child.kill()
                    await gone
        finally:
            gone.cancel()
        self._log.warning("%s (process %s) has ended and is started again", self.name, child.pid)

    async def _answers(self, child: C) -> bool:
        try:
            async with asyncio.timeout(self._patience.health_s_max):
                return await child.healthy()
        except Exception:
            return False


async def end(child: Ending, drain_s_max: float) -> None:
    """Ask a child to end, and make it if it has not done so in time."""
    child.terminate()
    try:
        async with asyncio.timeout(drain_s_max):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


def die_with_parent(parent: int) -> None:
    """To be called by a child: it is killed when its parent ends, however that ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before the kernel knew
        os.kill(os.getpid(), signal.SIGKILL)
