"""How a change to a table is committed, and when its log gets a checkpoint."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from yunbox.engine.duck.messages import Checkpoint
from yunbox.engine.duck.pool import WorkerPool
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import StoredTable
from yunbox.storage.tables.snapshots import Change, Snapshots

Commit = Callable[[StoredTable, Change], Awaitable[None]]
_CHECKPOINT_EVERY = 20


class Commits:
    """Commits changes to tables, and writes a checkpoint of their logs now and then."""

    def __init__(self, catalogue: Catalogue, snapshots: Snapshots, pool: WorkerPool) -> None:
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._pool = pool
        self._checkpoints: dict[int, int] = {}

    async def commit(self, stored: StoredTable, change: Change) -> None:
        """Commit a change to a table."""
        await self._snapshots.commit(stored.id, change)
        current = self._catalogue.by_id(stored.id)
        if current is None or current.version - self._checkpoints.get(stored.id, 0) < _CHECKPOINT_EVERY:
            return
        self._checkpoints[stored.id] = current.version
        async with self._pool.lease() as worker:
            await worker.call(Checkpoint(Path(stored.location)))
