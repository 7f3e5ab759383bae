"""Worker processes: started by fork from a warm server, lent one call at a time, killed to cancel.

The fork server has DuckDB and the planners loaded, so a new worker is ready in milliseconds and shares that
memory; a worker that crashes or is killed takes one statement with it and is replaced on the next lease.
"""

import asyncio
import contextlib
import pickle
import socket
import time
from collections.abc import AsyncGenerator, Iterator
from multiprocessing.context import ForkServerProcess
from typing import TYPE_CHECKING, Any

from yunbox.engine.duck import forks
from yunbox.engine.duck.entry import main
from yunbox.engine.duck.messages import WorkerConfig
from yunbox.engine.duck.pipe import Pipe
from yunbox.kernel.errors import Unavailable
from yunbox.kernel.supervise import Backoff, Patience, end

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_CHUNK, _ERROR = b"C", b"E"
_PATIENCE = Patience()
_END_S_MAX = 2.0


class WorkerLost(Unavailable):
    """The worker died while it ran a statement: out of memory, a crash, or killed."""


class Worker:
    """One worker process and the pipe to it."""

    def __init__(self, process: ForkServerProcess, pipe: Pipe) -> None:
        self._process = process
        self._pipe = pipe
        self.idle_since = 0.0
        self.broken = False

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

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

    async def ready(self) -> None:
        """Return once the worker takes requests."""
        try:
            ready = await self._pipe.receive() == b"ready"
        except ConnectionError:
            ready = False
        if not ready:
            raise Unavailable("A worker process could not start: see `yunbox logs`")

    @property
    def is_open(self) -> bool:
        """Whether it takes requests: its end of the pipe closes with the process."""
        return not (self.broken or self._pipe.closed)

    async def healthy(self) -> bool:
        """Whether the process lives: a worker answers one request after another, so it cannot be asked amid one."""
        return self._process.is_alive()

    async def wait(self) -> None:
        """Return once the process has ended."""
        await asyncio.to_thread(self._process.join)

    def terminate(self) -> None:
        """Let the process end: it does when nobody can ask it for more."""
        self.broken = True
        self._pipe.close()

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        self.broken = True
        self._process.kill()

    async def close(self) -> None:
        """Let the process end, and reap it."""
        await end(self, _END_S_MAX)
        self._process.close()

    def _lost(self) -> WorkerLost:
        self.broken = True
        return WorkerLost("The worker that ran this statement ended unexpectedly (killed, or out of memory)")


def _answer(message: bytes) -> Any:
    """What a worker answered. What it raised, this raises."""
    value = pickle.loads(memoryview(message)[1:])  # noqa: S301 - the worker is ours
    if message[:1] == _ERROR:
        raise value
    return value


class WorkerPool:
    """A bounded set of workers with at least one kept warm."""

    def __init__(self, config: WorkerConfig, *, size_max: int, idle_s_max: float = 60.0, warm: int = 1) -> None:
        self._config = config
        self._context = forks.context(config.dialects.values())
        self._slots = asyncio.Semaphore(size_max)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._warm = warm
        self._idle_s_max = idle_s_max
        self._reaping: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._closed = False
        self._backoff = Backoff(_PATIENCE)
        self.size_max = size_max

    async def start(self) -> None:
        """Start the warm workers and the sweep of idle ones."""
        for _ in range(self._warm):
            self._idle.append(await self._spawn())
        self._sweeper = asyncio.create_task(self._sweep())

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
        if self._sweeper:
            self._sweeper.cancel()
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

    async def _spawn(self) -> Worker:
        await asyncio.sleep(self._backoff.pause_s)
        try:
            return await asyncio.wait_for(self._spawn_now(), _PATIENCE.start_s_max)
        except Exception:
            self._backoff.failed()
            raise

    async def _spawn_now(self) -> Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        process = await asyncio.to_thread(self._fork, theirs)
        _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=ours)
        worker = Worker(process, pipe)
        await worker.ready()
        return worker

    def _fork(self, theirs: socket.socket) -> ForkServerProcess:
        with theirs:
            process = self._context.Process(target=main, args=(theirs, self._config), daemon=True)
            process.start()
        return process
