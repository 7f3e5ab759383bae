"""Nothing grows for ever: old results, instances, sessions and dead files are removed in the background."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from yunbox.services.maxcompute.tunnel_sweep import pinned_files, sweep_sessions
from yunbox.storage.tables.lifecycle import recycle
from yunbox.storage.tables.orphans import find_and_remove

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute

PERIOD_S = 60.0
RESULT_AGE_S = 24 * 3600.0
INSTANCE_AGE_S = 30 * 24 * 3600.0
DEAD_FILE_AGE_S = 3600.0


class Housekeeping:
    """A task that sweeps now and then, for as long as the block lasts."""

    def __init__(self, service: "MaxCompute") -> None:
        self._service = service
        self._started = service.clock.time()
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
            try:
                await self.sweep()
            except Exception:
                self._service.log.exception("housekeeping failed; it is tried again")
            await asyncio.sleep(PERIOD_S)

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
