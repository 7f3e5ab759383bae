"""A server in this process whose clock a test moves, and oss2 whose requests are dated by it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import oss2
import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.server import boot
from yunbox.server.boot import Ready, running
from yunbox.server.folder import read_credentials
from yunbox.services.oss.upkeep import housekeeping
from yunbox.spine.house import Settings

DAY_S = 86_400
START_S = 1_767_225_600.0 + 10 * 3600  # 2026-01-01, 10:00 UTC


class Moved:
    """A running server and its clock."""

    def __init__(self, data: Path, clock: ManualClock, ready: Ready) -> None:
        self.data = data
        self.clock = clock
        self.endpoint = ready.endpoints["oss"]
        self.region = ready.region
        self.ready = ready
        key = read_credentials(data) or {}
        self.key = key["access_key_id"], key["access_key_secret"]

    def bucket(self, name: str) -> oss2.Bucket:
        made = oss2.Bucket(oss2.Auth(*self.key), self.endpoint, name)
        made.create_bucket()
        return made

    def advance(self, *, days: float = 0, hours: float = 0) -> None:
        self.clock.advance(days * DAY_S + hours * 3600)


@contextlib.contextmanager
def moved(data: Path, clock: ManualClock, patch: pytest.MonkeyPatch, **options: object) -> Iterator[Moved]:
    """A server on a data folder, which tidies up twenty times a second of the machine's own time."""
    patch.setattr(housekeeping, "PERIOD_S", 0.05)
    patch.setattr(boot, "UPKEEP_EVERY_S", 0.05)
    patch.setattr(oss2.utils, "http_date", lambda timeval=None: formatdate(timeval or clock.time(), usegmt=True))
    ready: list[Ready] = []
    started, stop = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    async def run() -> None:
        async with running(Settings(data, workers_max=1, options=options), clock) as found:
            ready.append(found)
            started.set()
            await asyncio.to_thread(stop.wait)

    def serve() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failures.append(error)
            started.set()

    thread = threading.Thread(target=serve)
    thread.start()
    started.wait(60)
    try:
        assert not failures, failures
        yield Moved(data, clock, ready[0])
    finally:
        stop.set()
        thread.join(60)
