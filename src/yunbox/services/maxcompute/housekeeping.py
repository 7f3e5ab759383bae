"""Nothing grows for ever: old results, instances, sessions and dead files are removed in the background."""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from yunbox.kernel.clock import Clock
from yunbox.kernel.periodic import Periodic
from yunbox.services.maxcompute.resources.store import ResourceStore
from yunbox.services.maxcompute.sql.instances import InstanceStore
from yunbox.services.maxcompute.sql.results import RESULT_AGE_S, Results
from yunbox.services.maxcompute.tunnel.sessions import Sessions
from yunbox.services.maxcompute.tunnel.sweep import pinned_files, sweep_sessions
from yunbox.storage.database import Database
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.lifecycle import recycle
from yunbox.storage.tables.orphans import find_and_remove
from yunbox.storage.tables.snapshots import Snapshots

PERIOD_S = 60.0
INSTANCE_AGE_S = 30 * 24 * 3600.0
DEAD_FILE_AGE_S = 3600.0


def housekeeping(sweeps: "Sweeps") -> Periodic:
    """The sweeps, now and then."""
    return Periodic(logging.getLogger("yunbox.maxcompute"), PERIOD_S, sweeps.sweep)


@dataclass(frozen=True)
class Sweeps:
    """What is removed when it is past its age. ``started`` is when this server was."""

    database: Database
    clock: Clock
    catalogue: Catalogue
    snapshots: Snapshots
    instances: InstanceStore
    results: Results
    resources: ResourceStore
    sessions: Sessions
    uploads: Path
    started: float

    async def sweep(self) -> None:
        """Remove everything that is past its age."""
        now = self.clock.time()
        await asyncio.to_thread(self.results.forget_before, now - RESULT_AGE_S)
        await asyncio.to_thread(self.instances.forget_before, now - INSTANCE_AGE_S)
        await sweep_sessions(self.sessions, self.uploads, now)
        await asyncio.to_thread(self.resources.sweep)
        await self._sweep_dead_files(now)
        await recycle(self.catalogue, self.snapshots, now)
        await self._sweep_orphans()

    async def _sweep_orphans(self) -> None:
        """What an earlier server left: nothing of this one is older than its start."""
        dead = {row["path"] for row in self.database.read("SELECT path FROM dead_files")}
        await find_and_remove(self.catalogue, self.snapshots, dead, self.started)

    async def _sweep_dead_files(self, now: float) -> None:
        def work(db: sqlite3.Connection) -> list[str]:
            rows = db.execute("SELECT path FROM dead_files WHERE removed < ?", (now - DEAD_FILE_AGE_S,)).fetchall()
            return [row[0] for row in rows]

        paths = await self.database.write(work)
        if paths:
            pinned = pinned_files(self.sessions, self.catalogue)
            paths = [path for path in paths if path not in pinned]
        await asyncio.to_thread(lambda: [Path(path).unlink(missing_ok=True) for path in paths])
        await self.database.write(
            lambda db: db.executemany("DELETE FROM dead_files WHERE path = ?", [(path,) for path in paths])
        )
