"""Jobs: submitted, awaited, stopped, drained; the end is written once, with what was used."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from tests.unit.spine.house import House
from yunbox.kernel.errors import KernelError, Refused, Unavailable
from yunbox.meter.ledger import Entry
from yunbox.spine.jobs import Job, Jobs, Stopped, entries_of

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Kept:
    """The record."""

    id: str
    state: str = "running"


class Host:
    """Work by the job's id, and every record that was written."""

    def __init__(self) -> None:
        self.works: dict[str, Work] = {}
        self.saved: list[tuple[Kept, int]] = []
        self.full = False

    async def run(self, job: Job[Kept]) -> None:
        await self.works[job.record.id]()
        job.record = replace(job.record, state="done")

    def fail(self, job: Job[Kept], error: BaseException) -> None:
        job.record = replace(job.record, state=type(error).__name__)

    async def save(self, job: Job[Kept], entries: Sequence[Entry]) -> None:
        if self.full:
            raise KernelError("the disk is full")
        self.saved.append((job.record, len(entries)))

    def entries(self, job: Job[Kept]) -> Sequence[Entry]:
        if job.record.state != "done":
            return ()
        items = [("maxcompute.sql.scan", 1.0)]
        return entries_of(job, project="p", operation="SQL", items=items, text="select 1")


class Yard:
    """Jobs of a host, within an event loop."""

    def __init__(self, house: House, running_max: int = 8, duration_s_max: float = 60.0) -> None:
        self.host = Host()
        self.who = house.account
        self.jobs: Jobs[Job[Kept]] = Jobs(self.host, running_max=running_max, duration_s_max=duration_s_max)

    async def submit(self, name: str, work: Work, wait_s: float = 10.0) -> Job[Kept]:
        self.host.works[name] = work
        job = Job(Kept(name), self.who)
        await self.jobs.submit(job, wait_s=wait_s)
        return job


async def quick() -> None:
    return None


def test_a_job_that_ends_soon_is_written_once(house: House) -> None:
    async def run() -> None:
        yard = Yard(house)
        job = await yard.submit("a", quick)
        assert (job.record.state, yard.host.saved) == ("done", [(Kept("a", "done"), 1)])
        assert yard.jobs.running == 0

    asyncio.run(run())


def test_a_longer_one_goes_on_behind_its_name(house: House) -> None:
    async def run() -> None:
        yard, gate = Yard(house), asyncio.Event()
        job = await yard.submit("a", lambda: _wait(gate), wait_s=0)
        assert yard.host.saved == [(Kept("a"), 0)], "durable before its client hears of it"
        assert yard.jobs.find("a") is job
        gate.set()
        await yard.jobs.wait("a", 10)
        assert yard.host.saved[-1] == (Kept("a", "done"), 1)
        assert yard.jobs.find("a") is None

    asyncio.run(run())


async def _wait(gate: asyncio.Event) -> None:
    await gate.wait()


async def _for_ever() -> None:
    await asyncio.Event().wait()


def test_one_that_is_stopped_says_so_and_is_free(house: House) -> None:
    async def run() -> None:
        yard = Yard(house)
        await yard.submit("a", _for_ever, wait_s=0)
        await yard.jobs.stop("a")
        assert yard.host.saved[-1] == (Kept("a", Stopped.__name__), 0)

    asyncio.run(run())


@pytest.mark.parametrize(("error", "state"), [(Refused("no"), "Refused"), (ValueError("oh"), "ValueError")])
def test_one_that_fails_says_why(house: House, error: Exception, state: str) -> None:
    async def fail() -> None:
        raise error

    async def run() -> None:
        yard = Yard(house)
        job = await yard.submit("a", fail)
        assert job.record.state == state
        assert yard.host.saved == [(Kept("a", state), 0)]

    asyncio.run(run())


def test_one_that_takes_too_long_is_ended(house: House) -> None:
    async def run() -> None:
        yard = Yard(house, duration_s_max=0.01)
        assert (await yard.submit("a", _for_ever)).record.state == "Cancelled"

    asyncio.run(run())


def test_there_are_only_so_many_at_once(house: House) -> None:
    async def run() -> None:
        yard = Yard(house, running_max=1)
        await yard.submit("a", _for_ever, wait_s=0)
        with pytest.raises(Unavailable):
            await yard.submit("b", quick)
        await yard.jobs.close()

    asyncio.run(run())


def test_draining_lets_them_end_and_closing_ends_them(house: House) -> None:
    async def run() -> None:
        yard, gate = Yard(house), asyncio.Event()
        await yard.submit("a", lambda: _wait(gate), wait_s=0)
        await yard.submit("b", _for_ever, wait_s=0)
        gate.set()
        await yard.jobs.drain(0.2)
        assert (Kept("a", "done"), 1) in yard.host.saved
        await yard.jobs.close()
        assert yard.host.saved[-1] == (Kept("b", Stopped.__name__), 0)

    asyncio.run(run())


def test_an_end_that_cannot_be_written_is_remembered_for_its_client(house: House) -> None:
    async def run() -> None:
        yard = Yard(house)
        yard.host.full = True
        await yard.submit("a", quick)
        found = yard.jobs.find("a")
        assert found is not None
        assert found.record.state == "KernelError"

    asyncio.run(run())
