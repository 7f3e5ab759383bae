"""Nothing grows for ever: what the store must tidy is tidied in the background, and usage is folded into the ledger."""

import asyncio
import contextlib
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yunbox.services.oss.service import Oss

PERIOD_S = 60.0


class Housekeeping:
    """A task that sweeps now and then, for as long as the block lasts."""

    def __init__(self, service: "Oss") -> None:
        self._service = service
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Housekeeping":
        self._task = asyncio.create_task(self._loop())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            try:
                await self._service.sweep()
            except Exception:
                self._service.log.exception("housekeeping failed; it is tried again")
