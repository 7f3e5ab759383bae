"""INSERT of many rows that all have to be new: packed as the engine gives them, and written in the order of their keys.

This needs numpy, so it is imported where so many come.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from yunbox.services.hologres.changes.gathering import Gathering
from yunbox.storage.rows.bulk.load import Load, Writing
from yunbox.storage.rows.bulk.packed import Packed
from yunbox.storage.rows.bulk.sent import packer_of
from yunbox.storage.rows.form import Form
from yunbox.wire.pgwire.datarows import Fields

_WRITTEN_BYTES, _WRITTEN_ROWS = 8 << 20, 1 << 16
"""After so many bytes of rows, or so many rows, those of a filling are written: each may change a page of its own."""
Write = Callable[[Writing], Awaitable[int]]


async def packed(form: Form, first: Sequence[bytes], more: AsyncIterator[bytes], folder: Path | None) -> Writing:
    """What writes the rows of DataRow messages, many of which wait in a folder.

    Raises PgError, 23502 and 23514 for what a row may not have, 54000 for too many, and StorageFull.
    """
    packer = packer_of(form)
    gathering = Gathering(form, "none", folder)
    for messages in first:
        await gathering.add(packer.packed(messages))
    async for messages in more:
        await gathering.add(packer.packed(messages))
    return await gathering.prepared()


class Filling:
    """Rows on their way to where nobody sees them yet: they are written as they come, and none may come twice."""

    def __init__(self, form: Form, write: Write) -> None:
        self._form = form
        self._write = write
        self._packer = packer_of(form)
        self._load = Load(form, "none")
        self.count = 0

    @property
    def size_bytes(self) -> int:
        """The bytes of the rows that are not written yet."""
        return self._load.size_bytes

    async def take_messages(self, messages: bytes) -> None:
        """Take the rows of DataRow messages. Raises PgError, and kernel errors."""
        await self._add(self._packer.packed(messages))

    async def take(self, rows: Sequence[Fields]) -> None:
        """Take rows of texts of all columns. Raises PgError, and kernel errors."""
        keys = [key for key in map(self._form.key_of, rows) if key is not None]
        await self._add(Packed.of(keys, list(map(self._form.stored, rows))))

    async def _add(self, packed: Packed) -> None:
        self._load.add(packed)
        if self.size_bytes > _WRITTEN_BYTES or len(self._load) > _WRITTEN_ROWS:
            await self.flush()

    async def flush(self) -> None:
        """Have all that came be written. Raises PgError 23505, and kernel errors."""
        load, self._load = self._load, Load(self._form, "none")
        if len(load):
            self.count += await self._write(await asyncio.to_thread(load.prepared))
