"""What the engine is asked by a statement that changes rows, and its answers as texts of the standard settings.

These are the texts in which rows are stored: what goes from a query into a table is never a value here.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yunbox.engine.holo.messages import Given
from yunbox.services.hologres.changes.numbers import Numbers
from yunbox.services.hologres.engines.planning import Changing, Computed
from yunbox.services.hologres.engines.remote import Remote, Running
from yunbox.services.hologres.engines.scans import NOTHING
from yunbox.services.hologres.session.ports import Context
from yunbox.storage.rows.rows import STANDARD
from yunbox.wire.pgwire.datarows import Fields, rows_of
from yunbox.wire.pgwire.report import failure

BYTES_MAX = 1 << 30
"""The most bytes of rows that one statement changes where each is looked at."""
KEY_OID = 17
_ROWS = 1000
"""How many rows are taken at a time: others wait for as long as these take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement that changes rows, as it runs once: its plan, its values, and where it stands."""

    remote: Remote
    computed: Computed
    changing: Changing
    values: tuple[Any, ...]
    context: Context
    numbers: Numbers
    bytes_max: int = BYTES_MAX
    """The most bytes of rows that it may give where they are looked at."""

    async def begun(self, sql: str, oids: Sequence[int], given: Mapping[str, Given] = NOTHING) -> Running:
        """Have the engine begin with a part of the statement. Raises PgError."""
        return await self.remote.run(self.computed, sql, tuple(oids), self.values, self.context, given)

    async def rows(self, running: Running, oids: Sequence[int], *, keyed: bool = False) -> AsyncIterator[list[Fields]]:
        """The rows, some at a time; ``keyed`` ones begin with a key as it is. Raises PgError, 54000 for too many."""
        formats = [int(keyed and not at) for at in range(len(oids))]
        size_bytes = 0
        try:
            while True:
                batch = await running.take(_ROWS, formats, STANDARD)
                size_bytes += len(batch.data)
                if size_bytes > self.bytes_max:
                    raise failure("54000", f"a statement changes at most {self.bytes_max} bytes of rows here")
                yield rows_of(batch.data)
                if batch.is_last:
                    return
        finally:
            running.close()

    async def messages(self, running: Running, columns: int) -> AsyncIterator[bytes]:
        """The rows as DataRow messages of texts, some at a time, however many; the next are made meanwhile.

        Raises PgError.
        """
        formats = [0] * columns
        taken = asyncio.create_task(running.take(0, formats, STANDARD))
        try:
            while True:
                batch = await taken
                if not batch.is_last:
                    taken = asyncio.create_task(running.take(0, formats, STANDARD))
                    await asyncio.sleep(0)  # so that the engine is asked
                yield batch.data
                if batch.is_last:
                    return
        finally:
            taken.cancel()
            running.close()

    async def all_rows(
        self, sql: str, oids: Sequence[int], given: Mapping[str, Given], *, keyed: bool = False
    ) -> list[Fields]:
        """All rows of a part of the statement. Raises PgError."""
        running = await self.begun(sql, oids, given)
        return [row async for rows in self.rows(running, oids, keyed=keyed) for row in rows]
