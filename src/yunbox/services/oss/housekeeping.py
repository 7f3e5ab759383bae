"""Nothing grows for ever: what the store must tidy is tidied in the background, and usage is folded into the ledger.

Lifecycle rules have a loop of their own, as a day's run over millions of objects may take longer than the others wait.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING

from yunbox.services.oss.lifecycle_run import LifecycleRun

if TYPE_CHECKING:
    from yunbox.services.oss.service import Oss

PERIOD_S = 60.0


class Housekeeping:
    """A task that sweeps now and then, for as long as the block lasts."""

    def __init__(self, service: "Oss") -> None:
        self._service = service
        self._lifecycle = LifecycleRun(service.store, service.clock, service.tally, service.owner)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Housekeeping":
        await self._service.sample()  # the hours that the server was down cost what is there now
        self._tasks = [asyncio.create_task(self._loop(work)) for work in (self._service.sweep, self._lifecycle.run_due)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _loop(self, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            try:
                await work()
            except Exception:
                self._service.log.exception("housekeeping failed; it is tried again")
