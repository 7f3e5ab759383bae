"""Result files: where the rows of a SELECT lie until they are past their age."""

import asyncio
import contextlib
from pathlib import Path

from yunbox.engine.duck.messages import ExportResult
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel import ids
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import NotFound
from yunbox.kernel.limits import RESULT_CSV_ROWS_MAX
from yunbox.services.maxcompute.sql.instances import Instance

RESULT_AGE_S = 24 * 3600.0


class Results:
    """The result files of all instances."""

    def __init__(self, folder: Path, pool: WorkerPool, clock: Clock) -> None:
        self._folder = folder
        self._prefix = f"{folder}/"
        self._pool = pool
        self._clock = clock
        folder.mkdir(exist_ok=True)

    def name(self, instance_id: str) -> str:
        """Where the result of an instance goes."""
        return f"{self._prefix}{instance_id}.arrow"

    def file(self, instance: Instance) -> Path | None:
        """The result file, or None when it has passed its age. One of a few rows is laid out when it is asked for."""
        outcome, path = instance.outcome, Path(instance.outcome.file)
        if path.is_file():
            return path
        if not outcome.stream or (instance.ended or 0.0) + RESULT_AGE_S < self._clock.time():
            return None
        draft = path.with_name(f"{path.name}.{ids.request_id()}")
        draft.write_bytes(outcome.stream)
        return draft.replace(path)

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
