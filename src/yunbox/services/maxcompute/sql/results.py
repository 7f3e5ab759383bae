"""Result files: where the rows of a SELECT lie until they are past their age."""

import asyncio
import contextlib
from pathlib import Path

from yunbox.engine.duck.messages import ExportResult
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel.errors import NotFound
from yunbox.kernel.limits import RESULT_CSV_ROWS_MAX
from yunbox.services.maxcompute.sql.instances import Instance


class Results:
    """The result files of all instances."""

    def __init__(self, folder: Path, pool: WorkerPool) -> None:
        self._folder = folder
        self._pool = pool
        folder.mkdir(exist_ok=True)

    def path(self, instance_id: str) -> Path:
        """Where the result of an instance goes."""
        return self._folder / f"{instance_id}.arrow"

    async def csv(self, instance: Instance) -> str:
        """The first rows of a large result as CSV. Raises NotFound when the result has passed its age."""
        outcome, path = instance.outcome, Path(instance.outcome.file)
        if not await asyncio.to_thread(path.exists):
            raise NotFound(f"The result of instance {instance.id} is gone: results are kept for 24 hours")
        request = ExportResult(
            outcome.columns, path, outcome.batches, 0, RESULT_CSV_ROWS_MAX, "csv", timezone=outcome.timezone
        )
        async with self._pool.lease() as worker:
            return b"".join([chunk async for chunk in worker.stream(request)]).decode()

    def forget_before(self, epoch_s: float) -> None:
        """Remove the files that were written before a time."""
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < epoch_s:
                    path.unlink()
