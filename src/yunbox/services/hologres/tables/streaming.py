"""Fixed copy: rows are written as they come, a while's together, and nothing of that is undone.

Who follows a stream keeps one COPY open for long, and wants its rows to be seen meanwhile. Source: the vendor's page
"COPY", for STREAM_MODE, which gives up that all rows of a COPY are written or none.
"""

import asyncio
from collections.abc import Awaitable, Callable

from yunbox.storage.rows.bulk.load import Conflict, Load, Writing
from yunbox.storage.rows.bulk.packed import Packed
from yunbox.storage.rows.form import Form

EVERY_S = 1.0
"""The longest that a row waits to be written."""
HELD_BYTES = 64 << 20
"""How many bytes of rows wait at most; their keys come in any order, so more at a time change fewer pages."""


class Streaming:
    """The rows of one fixed copy."""

    def __init__(self, form: Form, conflict: Conflict, write: Callable[[Writing], Awaitable[int]]) -> None:
        self._form = form
        self._conflict: Conflict = conflict
        self._write = write
        self._load = Load(form, conflict)
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._count = 0

    async def add(self, packed: Packed) -> None:
        """Take more rows. Raises PgError 23505 and kernel errors, also of those that came before."""
        if self._flushing is not None and self._flushing.done():
            flushed, self._flushing = self._flushing, None
            flushed.result()
        self._load.add(packed)
        if self._load.size_bytes > HELD_BYTES:
            await self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._begin)

    async def finish(self) -> int:
        """There are no more: have all be written; how many came. Raises PgError 23505, and kernel errors."""
        self._stop()
        if self._flushing is not None:
            await self._flushing
        await self._flush()
        return self._count

    async def abandon(self) -> None:
        """Forget the rows that are not written yet."""
        self._stop()
        self._load = Load(self._form, self._conflict)
        if self._flushing is not None:
            await asyncio.gather(self._flushing, return_exceptions=True)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self) -> None:
        self._timer = None
        self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        async with self._turn:
            load, self._load = self._load, Load(self._form, self._conflict)
            if len(load):
                self._count += await self._write(await asyncio.to_thread(load.prepared))
