"""Jobs: work that goes on after its call was answered, as the principal who submitted it.

A job has a record that its service keeps: an instance, a stream job, a training run. The record of its end and what it
used are written in one transaction, however it ends; what was running when a server died is ended when the next one
starts. A service says what is its own in a ``Host``: how the work runs, what a failure looks like, what is metered.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from yunbox.kernel.call import Principal, Usage
from yunbox.kernel.errors import Cancelled, KernelError, Unavailable
from yunbox.meter.ledger import Entry

_LOG = logging.getLogger("yunbox.jobs")
_UNSAVED_MAX = 256


class Stopped(Cancelled):
    """The job was stopped on request."""


class Record(Protocol):
    """What is kept of a job."""

    @property
    def id(self) -> str:
        """The job's name, which nothing else bears."""


T = TypeVar("T", bound=Record)


@dataclass
class Job(Generic[T]):
    """A job under way: its record as it is now, who runs it, and what it has used."""

    record: T
    principal: Principal
    usage: Usage = field(default_factory=Usage)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    saved: bool = False


J = TypeVar("J", bound=Job)
H = TypeVar("H", bound=Job, contravariant=True)


class Host(Protocol[H]):
    """What a service says of its jobs."""

    async def run(self, job: H) -> None:
        """Do the work, and leave in the job the record of its end. What it raises ends the job as failed."""

    def fail(self, job: H, error: BaseException) -> None:
        """Leave in a job the record of a failed end; ``error`` is Stopped for one that was stopped on request."""

    async def save(self, job: H, entries: Sequence[Entry]) -> None:
        """Write a job's record, and in the same transaction what it used."""

    def entries(self, job: H) -> Sequence[Entry]:
        """What a job that has ended is charged."""


class Jobs(Generic[J]):
    """Submits, awaits, stops and drains the jobs of a service."""

    def __init__(self, host: Host[J], *, running_max: int, duration_s_max: float) -> None:
        self._host = host
        self._running_max = running_max
        self._duration_s_max = duration_s_max
        self._live: dict[str, J] = {}
        self._unsaved: dict[str, J] = {}

    @property
    def running(self) -> int:
        """How many jobs are running."""
        return len(self._live)

    async def submit(self, job: J, *, wait_s: float) -> None:
        """Start a job; returns when it has ended, or, after a while, when its record is durable and it goes on."""
        if len(self._live) >= self._running_max:
            raise Unavailable(f"More than {self._running_max} instances are running: try again later")
        self._live[job.record.id] = job
        job.task = asyncio.create_task(self._run(job), name=f"job {job.record.id}")
        await _within(job.done, wait_s)
        if not job.done.is_set() and not job.saved:
            job.saved = True
            await self._host.save(job, ())

    def find(self, job_id: str) -> J | None:
        """A job that runs, or whose end could not be written; None for those that are only kept."""
        return self._live.get(job_id) or self._unsaved.get(job_id)

    async def wait(self, job_id: str, timeout_s: float) -> None:
        """Return once a job has ended, or after a while."""
        job = self._live.get(job_id)
        if job is not None:
            await _within(job.done, timeout_s)

    async def stop(self, job_id: str) -> None:
        """Cancel a job, and return once it has ended."""
        job = self._live.get(job_id)
        if job is not None and job.task is not None:
            job.task.cancel()
            await job.done.wait()

    async def drain(self, timeout_s: float) -> None:
        """Let running jobs end for a while."""
        waiting = [job.done.wait() for job in self._live.values()]
        if waiting:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*waiting), timeout_s)

    async def close(self) -> None:
        """Stop what still runs."""
        tasks = [job.task for job in self._live.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: J) -> None:
        try:
            async with asyncio.timeout(self._duration_s_max):
                await self._host.run(job)
        except asyncio.CancelledError:
            self._host.fail(job, Stopped("The instance was stopped"))
        except TimeoutError:
            hours = self._duration_s_max / 3600
            self._host.fail(job, Cancelled(f"The instance ran longer than {hours:g} hours and was stopped"))
        except KernelError as error:
            self._host.fail(job, error)
        except Exception as error:
            self._host.fail(job, error)
            _LOG.exception("job %s failed", job.record.id)
        await asyncio.shield(self._end(job))

    async def _end(self, job: J) -> None:
        try:
            await self._host.save(job, self._host.entries(job))
        except Exception as error:
            _LOG.exception("the end of job %s could not be written", job.record.id)
            self._host.fail(job, error)
            self._remember(job)
        finally:
            job.done.set()
            self._live.pop(job.record.id, None)

    def _remember(self, job: J) -> None:
        """Keep what could not be written, so that its client learns why; the oldest give way."""
        self._unsaved[job.record.id] = job
        while len(self._unsaved) > _UNSAVED_MAX:
            del self._unsaved[next(iter(self._unsaved))]


async def _within(event: asyncio.Event, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):  # unlike wait_for, it makes no task of its own
            await event.wait()


def entries_of(job: Job, *, project: str, operation: str, items: Iterable[tuple[str, float]], text: str) -> list[Entry]:
    """The ledger entries of a job: one for each item, under the job's own id. ``text`` is what was run."""
    return [
        Entry(
            id=job.record.id,
            item=item,
            account_id=job.principal.account_id,
            principal=job.principal.name,
            project=project,
            operation=operation,
            quantity=quantity,
            complexity=job.usage.complexity,
            detail={"sql": text},
        )
        for item, quantity in items
    ]
