"""When each AccessKey was used last: read from the events of all calls, and written down now and then.

A clean end loses nothing, a kill what a few seconds had.
"""

import logging
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from yunbox.kernel.call import Place
from yunbox.kernel.periodic import Periodic
from yunbox.meter.journal import Event
from yunbox.storage.database import Database

_WRITE_EVERY_S = 2.0
_LOG = logging.getLogger("yunbox")


class Uses:
    """The times of late, by key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: dict[str, float] = {}

    def record(self, event: Event, _places: Sequence[Place]) -> None:
        """See one event: a reader of the journal."""
        if event.access_key_id:
            self._used[event.access_key_id] = event.time

    async def write(self) -> None:
        """Write down what is new. Temporary keys are left out, as they are no rows of ``access_keys``."""
        used, self._used = self._used, {}
        if not used:
            return

        def work(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT INTO key_uses SELECT id, ? FROM access_keys WHERE id = ?"
                " ON CONFLICT DO UPDATE SET used = max(used, excluded.used)",
                [(time, key) for key, time in used.items()],
            )

        await self._database.write(work)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Write now and then, and at the end."""
        async with Periodic(_LOG, _WRITE_EVERY_S, self.write):
            yield
        await self.write()
