"""Nothing grows for ever: old results, instances, sessions and dead files are removed in the background."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.kernel.periodic import Periodic
from yunbox.services.maxcompute.tunnel.sweep import pinned_files, sweep_sessions
from yunbox.storage.tables.lifecycle import recycle
from yunbox.storage.tables.orphans import find_and_remove

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute

PERIOD_S = 60.0
RESULT_AGE_S = 24 * 3600.0
INSTANCE_AGE_S = 30 * 24 * 3600.0
DEAD_FILE_AGE_S = 3600.0


def housekeeping(service: "MaxCompute") -> Periodic:
    """The sweeps, now and then."""
    return Periodic(service.log, PERIOD_S, Sweeps(service).sweep)


class Sweeps:
    """What is removed when it is past its age."""

    def __init__(self, service: "MaxCompute") -> None:
        self._service = service
        self._started = service.clock.time()

    async def sweep(self) -> None:
        """Remove everything that is past its age."""
        now = self._service.clock.time()
        await asyncio.to_thread(self._sweep_results, now)
        await asyncio.to_thread(self._service.instances.forget_before, now - INSTANCE_AGE_S)
        await sweep_sessions(self._service, now)
        await asyncio.to_thread(self._service.resources.sweep)
        await self._sweep_dead_files(now)
        await recycle(self._service.catalogue, self._service.snapshots, now)
        await self._sweep_orphans()

    async def _sweep_orphans(self) -> None:
        """What an earlier server left: nothing of this one is older than its start."""
        dead = {row["path"] for row in self._service.database.read("SELECT path FROM dead_files")}
        await find_and_remove(self._service.catalogue, self._service.snapshots, dead, self._started)

    def _sweep_results(self, now: float) -> None:
        for path in self._service.results.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < now - RESULT_AGE_S:
                    path.unlink()

    async def _sweep_dead_files(self, now: float) -> None:
        def work(db: sqlite3.Connection) -> list[str]:
            rows = db.execute("SELECT path FROM dead_files WHERE removed < ?", (now - DEAD_FILE_AGE_S,)).fetchall()
            return [row[0] for row in rows]

        paths = await self._service.database.write(work)
        if paths:
            pinned = pinned_files(self._service)
            paths = [path for path in paths if path not in pinned]
        await asyncio.to_thread(lambda: [Path(path).unlink(missing_ok=True) for path in paths])
        await self._service.database.write(
            lambda db: db.executemany("DELETE FROM dead_files WHERE path = ?", [(path,) for path in paths])
        )
