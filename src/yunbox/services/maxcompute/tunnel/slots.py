"""Workers lent to clients for as long as those take: fewer than there are, so that slow clients block no others."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from yunbox.engine.duck.pool import Worker, WorkerPool
from yunbox.kernel.errors import Throttled

_RESERVED = 2
_WAIT_S = 30.0


class Slots:
    """Leases of tunnel workers whose end depends on a client."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._free = asyncio.Semaphore(max(1, pool.size_max - _RESERVED))

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncGenerator[Worker, None]:
        """A worker, after a short wait. Raises Throttled, which tunnel clients wait out and try again."""
        try:
            await asyncio.wait_for(self._free.acquire(), _WAIT_S)
        except TimeoutError:
            raise Throttled("All tunnel slots are busy: try again later", code="FlowExceeded") from None
        try:
            async with self._pool.lease() as worker:
                yield worker
        finally:
            self._free.release()
