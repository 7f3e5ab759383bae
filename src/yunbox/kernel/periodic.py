"""Work that is done now and then in the background, for as long as a block lasts."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType

Work = Callable[[], Awaitable[object]]


class Periodic:
    """Does each work in a loop of its own, so that a long one keeps no other waiting. One that fails is tried again."""

    def __init__(self, log: logging.Logger, period_s: float, *works: Work) -> None:
        self._log = log
        self._period_s = period_s
        self._works = works
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Periodic":
        self._tasks = [asyncio.create_task(self._loop(work)) for work in self._works]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _loop(self, work: Work) -> None:
        while True:
            try:
                await work()
            except Exception:
                self._log.exception("work in the background failed; it is tried again")
            await asyncio.sleep(self._period_s)
