"""Worker processes: started by fork from a warm server, lent one call at a time, killed to cancel.

The fork server has DuckDB and the planners loaded, so a new worker is ready in milliseconds and shares that
memory; a worker that crashes or is killed takes one statement with it and is replaced on the next lease.
"""

import asyncio
import contextlib
import logging
import os
import pickle
import signal
import time
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING, Any

from yunbox.engine.duck import forks
from yunbox.engine.duck.messages import WorkerConfig
from yunbox.engine.duck.pipe import Pipe
from yunbox.kernel.errors import Unavailable
from yunbox.kernel.heartbeats import Watch, processor_ns
from yunbox.kernel.supervise import Backoff, Patience, end

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_CHUNK, _ERROR, _READY = b"C", b"E", b"ready"
_PATIENCE = Patience()
_END_S_MAX = 2.0
_SILENT_S_MAX = 50.0
_LOG = logging.getLogger("yunbox")


class WorkerLost(Unavailable):
    """The worker died while it ran a statement: out of memory, a crash, or killed, perhaps because it hung."""


class Worker:
    """One worker process and the pipe to it."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._watch: Watch | None = None
        self._why = "killed, or out of memory"
        self.pid: int | None = None
        self.idle_since = 0.0
        self.broken = False

    async def begin(self, config: WorkerConfig, silent_s_max: float) -> None:
        """Say what it is to be, and return once it takes requests; within ``silent_s_max`` it has to show from then on
        that it lives. Raises Unavailable."""
        try:
            await self._pipe.send(pickle.dumps(config, pickle.HIGHEST_PROTOCOL))
            said = await self._pipe.receive()
        except ConnectionError:
            said = b""
        if not said.startswith(_READY):
            raise Unavailable("A worker process could not start: see `yunbox logs`")
        self.pid = int(said.removeprefix(_READY))
        self._watch = Watch(self.pid, silent_s_max)

    @property
    def is_lost(self) -> bool:
        """Look at it: whether it was stopped, or hangs."""
        return self._watch is not None and self.is_open and self._watch.is_lost()

    async def call(self, request: Any) -> Any:
        """Send a request and wait for its answer. What the worker raised, this raises."""
        try:
            await self._pipe.send(pickle.dumps(request, pickle.HIGHEST_PROTOCOL))
            message = await self._pipe.receive()
        except ConnectionError:
            raise self._lost() from None
        except asyncio.CancelledError:
            self.kill()
            raise
        return _answer(message)

    async def stream(self, request: Any) -> AsyncGenerator[bytes]:
        """Send a request and yield the chunks of its answer, at the pace they are taken."""
        done = False
        try:
            await self._pipe.send(pickle.dumps(request, pickle.HIGHEST_PROTOCOL))
            while (message := await self._pipe.receive())[:1] == _CHUNK:
                yield message[1:]
            done = True
            _answer(message)
        except ConnectionError:
            done = True
            raise self._lost() from None
        finally:
            if not done:  # the reader left early: what remains in the pipe is of no use
                self.kill()

    @property
    def is_open(self) -> bool:
        """Whether it takes requests: its end of the pipe closes with the process."""
        return not (self.broken or self._pipe.closed)

    async def wait(self) -> None:
        """Return once the process has ended."""
        await self._pipe.ended()

    def terminate(self) -> None:
        """Let the process end: it does when nobody can ask it for more."""
        self.broken = True
        self._pipe.finish()

    def kill(self, why: str = "") -> None:
        """End the process at once, whatever it is doing."""
        self.broken = True
        self._why = why or self._why
        if self.pid is not None and not self._pipe.closed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Let the process end, and reap it."""
        await end(self, _END_S_MAX)

    def _lost(self) -> WorkerLost:
        self.broken = True
        return WorkerLost(f"The worker that ran this statement ended unexpectedly ({self._why})")


def _answer(message: bytes) -> Any:
    """What a worker answered. What it raised, this raises."""
    value = pickle.loads(memoryview(message)[1:])  # noqa: S301 - the worker is ours
    if message[:1] == _ERROR:
        raise value
    return value


class WorkerPool:
    """A bounded set of workers with at least one kept warm. One that is stopped or hangs is killed."""

    def __init__(
        self,
        config: WorkerConfig,
        *,
        size_max: int,
        idle_s_max: float = 60.0,
        warm: int = 1,
        silent_s_max: float = _SILENT_S_MAX,
    ) -> None:
        self._config = config
        self._silent_s_max = silent_s_max
        self._slots = asyncio.Semaphore(size_max)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._warm = warm
        self._idle_s_max = idle_s_max
        self._reaping: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False
        self._backoff = Backoff(_PATIENCE)
        self.size_max = size_max

    async def start(self) -> None:
        """Start the warm workers, the sweep of idle ones, and the look at all of them."""
        for _ in range(self._warm):
            self._idle.append(await self._spawn())
        self._tasks = [asyncio.create_task(self._sweep()), asyncio.create_task(self._look())]

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncGenerator[Worker]:
        """Lend a worker for one piece of work; waits while all are lent."""
        async with self._slots:
            if self._closed:
                raise Unavailable("The server is shutting down")
            worker = await self._take()
            self._busy.add(worker)
            try:
                yield worker
            finally:
                self._busy.discard(worker)
                self._give_back(worker)

    async def close(self) -> None:
        """Kill what still runs and end every worker."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for worker in self._busy:
            worker.kill()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.close() for worker in idle), *self._reaping, return_exceptions=True)

    @property
    def pids(self) -> list[int]:
        """The process ids of all workers, busy and idle."""
        return [worker.pid for worker in (*self._busy, *self._idle) if worker.pid]

    def collect(self) -> "Iterator[Metric]":
        """How many workers there are and what they do, as Prometheus has it."""
        from prometheus_client.core import GaugeMetricFamily

        workers = GaugeMetricFamily("yunbox_workers", "SQL worker processes", labels=("state",))
        workers.add_metric(("busy",), len(self._busy))
        workers.add_metric(("idle",), len(self._idle))
        yield workers
        yield GaugeMetricFamily("yunbox_workers_max", "SQL worker processes that may run", value=self.size_max)

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_open:
                return worker
            self._retire(worker)
        return await self._spawn()

    def _give_back(self, worker: Worker) -> None:
        if worker.broken or self._closed:
            self._retire(worker)
            return
        worker.idle_since = time.monotonic()
        self._idle.append(worker)

    def _retire(self, worker: Worker) -> None:
        task = asyncio.create_task(worker.close())
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._idle_s_max / 4)
            deadline = time.monotonic() - self._idle_s_max
            while len(self._idle) > self._warm and self._idle[0].idle_since < deadline:
                self._retire(self._idle.pop(0))

    async def _look(self) -> None:
        """Kill the workers that are stopped or hang: a statement waits for its worker, however long that works."""
        every_s = Watch(os.getpid(), self._silent_s_max).every_s
        while True:
            await asyncio.sleep(every_s)
            for worker in (*self._busy, *self._idle):
                if worker.is_lost:
                    _LOG.warning("worker %s has done nothing for %g s and is killed", worker.pid, self._silent_s_max)
                    worker.kill(f"it did nothing for {self._silent_s_max:g} s, and was killed")

    async def _spawn(self) -> Worker:
        await asyncio.sleep(self._backoff.pause_s)
        server = forks.begin(self._config.dialects.values())
        taken: list[int] = []
        noting = asyncio.get_running_loop().call_later(
            _PATIENCE.start_s_max / 10, lambda: taken.append(_taken_ns(server.pid))
        )
        try:
            async with asyncio.timeout(_PATIENCE.start_s_max):
                return await self._spawned(server)
        except TimeoutError:
            self._backoff.failed()
            if taken == [_taken_ns(server.pid)]:
                server.kill()  # it is stopped, or hangs: the next worker is of another one
            raise Unavailable(f"No worker process has started within {_PATIENCE.start_s_max:g} s: try again") from None
        except Exception:
            self._backoff.failed()
            raise
        finally:
            noting.cancel()

    async def _spawned(self, server: forks.ForkServer) -> Worker:
        _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=server.fork())
        worker = Worker(pipe)
        try:
            await worker.begin(self._config, self._silent_s_max)
        except BaseException:
            pipe.close()  # whoever is at the other end, or will be, ends
            raise
        return worker


def _taken_ns(pid: int) -> int:
    """How much of the processor a process has taken; nothing more where it is gone."""
    try:
        return processor_ns(pid)
    except OSError:
        return -1
