"""Streaming uploads: each pack a client flushes is committed to the table before it is acknowledged.

A session writes to one partition. One with dynamic partitions writes each pack to the partition that the pack's
request names, and makes it where it does not exist: Java's SDK (0.57) sorts the records of a flush into such packs.

Packs are small and many, and each becomes a small file; when a partition has gathered enough of them they are
merged in the background, so that reading the table does not get slower with every flush.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from yunbox.engine.duck.messages import RewriteFiles, Written
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel.call import Principal
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Conflict, InvalidArgument, KernelError, NotFound, Unsupported
from yunbox.schema.tables import PartitionValues, TableName
from yunbox.services.maxcompute.catalogue.commits import Commit
from yunbox.services.maxcompute.tunnel.commit import place
from yunbox.services.maxcompute.tunnel.ingest import Ingest
from yunbox.services.maxcompute.tunnel.sessions import NORMAL, Session, Sessions, StreamBody, Target
from yunbox.services.maxcompute.tunnel.target import Spec, current, partition_of, require_partition, require_table
from yunbox.storage.files import sync_folder
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import DataFile, StoredTable
from yunbox.storage.tables.snapshots import Change

_LOG = logging.getLogger("yunbox.maxcompute")
SLOTS_MAX = 64
MERGE_AT_FILES = 32
_CRUMB_BYTES_MAX = 16 << 20


class Streams:
    """Opens streaming sessions and takes their packs."""

    def __init__(
        self,
        catalogue: Catalogue,
        sessions: Sessions,
        ingest: Ingest,
        commit: Commit,
        pool: WorkerPool,
        folder: Path,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._sessions = sessions
        self._ingest = ingest
        self._table_commit = commit
        self._pool = pool
        self._folder = folder
        self._clock = clock
        self._merging: dict[tuple[int, PartitionValues], asyncio.Task[None]] = {}

    async def create(
        self, name: TableName, spec: Spec, principal: Principal, *, slots: int, create_partition: bool, dynamic: bool
    ) -> Session:
        """Open a session on a table or one of its partitions."""
        stored = require_table(self._catalogue, name)
        if stored.table.primary_key:
            raise Unsupported(f"{name} has a primary key: Yunbox does not offer upserts", code="NotSupportedError")
        partition = partition_of(stored.table, spec) if spec or not dynamic else ()
        if partition and create_partition:
            await self._catalogue.add_partitions(stored, [partition], if_not_exists=True)
        if not dynamic:
            require_partition(self._catalogue, stored, partition)
        body = StreamBody(Target.of(stored, partition), min(max(1, slots), SLOTS_MAX), dynamic)
        return await self._sessions.create(name.project, principal, body)

    async def put(self, session: Session, spec: Spec, body: AsyncIterator[bytes], coding: str) -> None:
        """Commit one pack, with dynamic partitions to the one of ``spec``."""
        if session.status != NORMAL:
            raise NotFound(f"The stream session {session.id} has ended: open a new one", code="StreamSessionNotFound")
        target = session.body.target
        current(self._catalogue, target)
        named = session.body.dynamic and (spec or not target.partition)
        partition = partition_of(target.table, spec) if named else target.partition
        folder = self._session_folder(session)
        written = await self._ingest.run(target.table, folder, body, coding, arrow=False)
        if written.files:
            await asyncio.shield(self._commit(session, partition, folder, written))

    async def abort(self, session: Session) -> None:
        """End a session; its packs stay."""
        await self._sessions.delete([session.id])

    def _session_folder(self, session: Session) -> Path:
        folder = self._folder / session.id
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
        return folder

    async def _commit(self, session: Session, partition: PartitionValues, folder: Path, written: Written) -> None:
        stored = current(self._catalogue, session.body.target)
        if session.body.dynamic and partition:
            await self._catalogue.add_partitions(stored, [partition], if_not_exists=True)
        require_partition(self._catalogue, stored, partition)
        files = await asyncio.to_thread(place, folder, stored, partition, written.files)
        await self._table_commit(stored, Change(f"TUNNEL STREAM {session.id}", add=files))
        for file in written.files:
            (folder / file.path).unlink(missing_ok=True)
        latest = self._sessions.newest(session)
        body = replace(latest.body, packs=latest.body.packs + 1, last_commit=self._clock.time())
        await self._sessions.update(latest, status=latest.status, body=body)
        self._merge_later(stored, partition)

    # -- merging

    def _merge_later(self, stored: StoredTable, partition: PartitionValues) -> None:
        key = (stored.id, partition)
        if key in self._merging or len(self._crumbs(stored, partition)) < MERGE_AT_FILES:
            return
        task = asyncio.create_task(self._merge(stored, partition))
        self._merging[key] = task
        task.add_done_callback(lambda _: self._merging.pop(key, None))

    def _crumbs(self, stored: StoredTable, partition: PartitionValues) -> list[DataFile]:
        files = self._catalogue.files(stored.id, [partition] if partition else None)
        return [file for file in files if file.size_bytes < _CRUMB_BYTES_MAX]

    async def _merge(self, stored: StoredTable, partition: PartitionValues) -> None:
        try:
            now = self._catalogue.by_id(stored.id)
            if now is None:
                return
            crumbs = tuple(self._crumbs(now, partition))
            sources = tuple((column.name, column.name) for column in now.table.columns)
            async with self._pool.lease() as worker:
                request = RewriteFiles(now.table, now.table, Path(now.location), crumbs, sources)
                written: Written = await worker.call(request)
            paths = tuple(file.path for file in crumbs)
            await self._table_commit(now, Change("MERGE", add=written.files, remove_paths=paths))
        except (Conflict, InvalidArgument, NotFound):
            return  # the table has changed meanwhile: the next pack tries again
        except KernelError:
            _LOG.exception("the small files of %s could not be merged", stored.table.name)
