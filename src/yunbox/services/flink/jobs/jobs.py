"""All jobs: started, watched, started again when they fail, stopped, and taken up again when the server comes back."""

import asyncio
import logging
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from yunbox.kernel.errors import Conflict, InvalidArgument, KernelError, NotFound, Throttled
from yunbox.services.flink.gateway.config import JOBS, SAVEPOINTS
from yunbox.services.flink.jobs.process import JobProcess, Rows
from yunbox.services.flink.jobs.pythonfiles import FOLDER, keep, python_files
from yunbox.services.flink.jobs.record import JobState, Record
from yunbox.services.flink.jobs.restarts import Restarts
from yunbox.services.flink.jobs.store import JobStore
from yunbox.sql.flink.secrets import secrets_of, without

STATE = "state"
"""Where in a job's folder its state lies, which goes with the job's end: what is to outlive it is a savepoint."""
_RUNNING_MAX = 64
_FAILURES_KEPT = 16
_STOP_S_MAX = 60.0
_SAVEPOINT_S_MAX = 600.0
_TARGETS = ("execution.checkpointing.savepoint-dir", "state.savepoints.dir")
_LOG = logging.getLogger("yunbox.flink")


class Running:
    """A job under way."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.process: JobProcess | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_stopping = False
        self.take: Callable[[Rows], None] = lambda _rows: None
        self.changed = asyncio.Event()

    @property
    def progress(self) -> dict[str, Any]:
        """What was told of it last."""
        return self.process.progress if self.process is not None else {}


class Jobs:
    """Those of one server."""

    def __init__(self, store: JobStore, data_folder: Path, addresses: Mapping[str, str]) -> None:
        self._store = store
        self.data_folder = data_folder
        self._folder = data_folder / JOBS
        self._savepoints = data_folder / SAVEPOINTS
        self.addresses = addresses
        self._jobs: dict[str, Running] = {one.id: Running(one) for one in store.load()}
        self._tasks: set[asyncio.Task[None]] = set()

    # -- looking

    def all(self) -> list[Running]:
        """All jobs, the oldest first."""
        return sorted(self._jobs.values(), key=lambda one: one.record.start_ms)

    def get(self, job_id: str) -> Running:
        """A job. Raises NotFound."""
        found = self._jobs.get(job_id.replace("-", "").lower())
        if found is None:
            raise NotFound(f"Job {job_id} not found")
        return found

    def output(self, job_id: str) -> Path:
        """The folder of a job."""
        return self._folder / self.get(job_id).record.id

    # -- running

    async def keep_python(self, record: Record) -> None:
        """Copy the files of its functions into a job's folder, before it is submitted. Raises KernelError."""
        places = await asyncio.to_thread(python_files, record.settings, self.data_folder)
        await asyncio.to_thread(keep, places, self._folder / record.id / FOLDER)

    async def submit(self, record: Record, take: Callable[[Rows], None] | None = None) -> Running:
        """Start a job; its record is on disk when this returns. Raises Throttled."""
        if sum(not one.record.state.is_over for one in self._jobs.values()) >= _RUNNING_MAX:
            raise Throttled(f"More than {_RUNNING_MAX} jobs are running: stop some of them first")
        made = Running(record)
        if take is not None:
            made.take = take
        await self._enter(made, JobState.CREATED)
        self._jobs[record.id] = made
        made.task = asyncio.create_task(self._run(made), name=f"job {record.id}")
        await self._forget_surplus()
        return made

    async def resume(self) -> None:
        """Take up again the jobs that ran when the server ended; queries, whose clients have gone, are canceled."""
        for job in self._jobs.values():
            if job.record.state.is_over:
                continue
            if job.record.is_query:
                await self._enter(job, JobState.CANCELED)
            else:
                job.task = asyncio.create_task(self._run(job), name=f"job {job.record.id}")

    async def _run(self, job: Running) -> None:
        restarts = Restarts(job.record.settings)
        while True:
            process = job.process = JobProcess(
                job.record, self._folder / job.record.id, self._savepoints, self.addresses, job.take
            )
            try:
                await process.start()
                ready = asyncio.create_task(self._note_ready(job, process))
                await process.wait()
                ready.cancel()
            except Exception as error:
                process.failure = {"message": str(error), "is_final": False, "trace": ""}
            if await self._ended(job, process, restarts):
                return

    async def _note_ready(self, job: Running, process: JobProcess) -> None:
        await process.is_ready.wait()
        await self._enter(job, JobState.RUNNING)

    async def _ended(self, job: Running, process: JobProcess, restarts: Restarts) -> bool:
        """Note the end of a run; whether it was the last one."""
        if process.end is not None:
            job.record.savepoint = process.end["savepoint"]
            finished = process.end["finished"] or process.end["savepoint"]
            if process.end.get("message"):
                self._note_failure(job, process.end["message"], "")
            await self._enter(job, JobState.FINISHED if finished else JobState.CANCELED)
            return True
        if job.is_stopping:
            await self._enter(job, JobState.CANCELED)
            return True
        failure = process.failure or {"message": "The process of the job was killed", "is_final": False, "trace": ""}
        self._note_failure(job, failure["message"], failure["trace"])
        now_ms = _now_ms()
        pause_ms = 0 if process.failure is None else restarts.after(now_ms)
        if failure["is_final"] or pause_ms is None:
            await self._enter(job, JobState.FAILED)
            return True
        job.record.restarts += 1
        await self._enter(job, JobState.RESTARTING)
        await asyncio.sleep(pause_ms / 1000)
        if job.is_stopping:
            await self._enter(job, JobState.CANCELED)
            return True
        return False

    def _note_failure(self, job: Running, message: str, trace: str) -> None:
        """Note what a job has failed of, for the log and for all who may see the job: without its tables' keys."""
        record = job.record
        hidden = secrets_of(record.statement, record.catalog, record.settings)
        message, trace = without(message, hidden), without(trace, hidden)
        _LOG.warning("job %s (%s): %s", record.id, record.name, message)
        record.failures = [*record.failures, (_now_ms(), message, trace)][-_FAILURES_KEPT:]

    async def _enter(self, job: Running, state: JobState) -> None:
        record = job.record
        record.state = state
        record.timestamps[state.value] = _now_ms()
        if state.is_over:
            record.end_ms = _now_ms()
            await asyncio.to_thread(shutil.rmtree, self._folder / record.id / STATE, ignore_errors=True)
        await self._store.save(record)
        job.changed.set()
        job.changed = asyncio.Event()

    # -- stopping

    async def stop(self, job_id: str, savepoint: str | None = None) -> str:
        """End a job behind its present epoch, with a savepoint in a folder (the settings' where it is empty) or, where
        that is None, without; where the savepoint lies. Raises NotFound, Conflict."""
        job = self.get(job_id)
        if job.record.state.is_over:
            raise Conflict(f"Job {job.record.id} is over: it is {job.record.state}")
        path = "" if savepoint is None else str(self._target(job, savepoint))
        job.is_stopping = True
        if job.record.state is not JobState.RUNNING or job.process is None:
            if path:
                job.is_stopping = False
                raise Conflict(f"Job {job.record.id} is {job.record.state}: it cannot write a savepoint now")
            if job.process is not None:
                job.process.kill()
        else:
            job.process.stop(path)
        await self._until_over(job, _SAVEPOINT_S_MAX if path else _STOP_S_MAX)
        return job.record.savepoint

    async def _until_over(self, job: Running, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not job.record.state.is_over:
                    await job.changed.wait()
        except TimeoutError:
            if job.process is not None:
                job.process.kill()
            while not job.record.state.is_over:
                await job.changed.wait()

    async def savepoint(self, job_id: str, target: str) -> str:
        """Write a savepoint of a job that goes on; where it lies. Raises NotFound, Conflict."""
        job = self.get(job_id)
        if job.record.state is not JobState.RUNNING or job.process is None:
            raise Conflict(f"Job {job.record.id} is {job.record.state}: it cannot write a savepoint now")
        path = str(self._target(job, target))
        try:
            async with asyncio.timeout(_SAVEPOINT_S_MAX):
                await job.process.savepoint(path)
        except RuntimeError as error:
            raise Conflict(str(error)) from None
        job.record.savepoint = path
        await self._store.save(job.record)
        return path

    def trigger(self, job: Running, work: Callable[[], Awaitable[str]]) -> str:
        """Begin something whose end is asked for later; the id by which it is."""
        request = secrets.token_hex(16)
        job.record.savepoints[request] = {"status": "IN_PROGRESS"}

        async def run() -> None:
            try:
                job.record.savepoints[request] = {"status": "COMPLETED", "location": await work()}
            except KernelError as error:
                job.record.savepoints[request] = {"status": "COMPLETED", "failure": error.message}
            await self._store.save(job.record)

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return request

    def _target(self, job: Running, folder: str) -> Path:
        """Where a savepoint goes: a fresh folder below one in the data folder. Raises InvalidArgument."""
        wanted = folder or next((job.record.settings[one] for one in _TARGETS if job.record.settings.get(one)), "")
        base = Path(wanted.removeprefix("file://")) if wanted else self._savepoints
        base = base if base.is_absolute() else self._savepoints / base
        if not base.resolve().is_relative_to(self._savepoints.parent.resolve()):
            raise InvalidArgument(
                f"Savepoints lie in {self._savepoints.parent}: {wanted!r} is outside of it; leave it out, or name a "
                "folder below that one"
            )
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        return base / f"savepoint-{job.record.id[:6]}-{secrets.token_hex(6)}"

    async def close(self) -> None:
        """Let all processes end behind their epochs; their jobs go on when the server comes back."""
        running = [job for job in self._jobs.values() if job.task is not None and not job.task.done()]
        for job in running:
            assert job.task is not None
            job.task.cancel()
        await asyncio.gather(*(job.task for job in running if job.task is not None), return_exceptions=True)
        for job in running:
            if job.process is not None:
                job.process.kill()  # as it may be at any time

    async def _forget_surplus(self) -> None:
        for record in self._store.surplus([one.record for one in self.all()]):
            await self._store.delete(record)
            self._jobs.pop(record.id, None)
            await asyncio.to_thread(shutil.rmtree, self._folder / record.id, ignore_errors=True)


def _now_ms() -> int:
    return int(time.time() * 1000)
