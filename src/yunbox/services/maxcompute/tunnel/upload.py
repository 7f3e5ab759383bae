"""Batch uploads: a session, its blocks, and their way from a request body to durable Parquet.

A block is acknowledged once its Parquet file is flushed and its row is in the database. It lies in the
session's own folder until the commit, so no reader of the table ever meets it.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from yunbox.kernel import limits
from yunbox.kernel.call import Principal
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.tunnel.ingest import Ingest
from yunbox.services.maxcompute.tunnel.sessions import CLOSED, NORMAL, Session, Sessions, Target, UploadBody
from yunbox.services.maxcompute.tunnel.target import Spec, current, partition_of, require_partition, require_table
from yunbox.storage.files import sync_folder
from yunbox.storage.tables.catalogue import Catalogue


class Uploads:
    """Opens upload sessions and takes their blocks."""

    def __init__(self, catalogue: Catalogue, sessions: Sessions, ingest: Ingest, folder: Path) -> None:
        self._catalogue = catalogue
        self._sessions = sessions
        self._ingest = ingest
        self._folder = folder

    async def create(
        self, name: TableName, spec: Spec, principal: Principal, *, overwrite: bool, create_partition: bool
    ) -> Session:
        """Open a session on a table or one of its partitions."""
        stored = require_table(self._catalogue, name)
        partition = partition_of(stored.table, spec)
        if partition and create_partition:
            await self._catalogue.add_partitions(stored, [partition], if_not_exists=True)
        require_partition(self._catalogue, stored, partition)
        body = UploadBody(Target.of(stored, partition), overwrite)
        return await self._sessions.create(name.project, principal, body)

    async def put(self, session: Session, block: int, body: AsyncIterator[bytes], coding: str, *, arrow: bool) -> None:
        """Store one block, replacing an earlier one of its number."""
        if session.status != NORMAL:
            raise Conflict(f"The upload session is {session.status}: it takes no more blocks", code="StatusConflict")
        if not 0 <= block < limits.BLOCKS_MAX:
            raise InvalidArgument(f"A block id is a number from 0 to {limits.BLOCKS_MAX - 1}", code="InvalidBlockID")
        current(self._catalogue, session.body.target)
        folder = self._session_folder(session)
        table = session.body.target.table
        written = await self._ingest.run(table, folder, body, coding, arrow=arrow)
        file = written.files[0] if written.files else None
        replaced = await self._sessions.put_block(session, block, file)
        if replaced is not None:
            (folder / replaced.path).unlink(missing_ok=True)

    async def abort(self, session: Session) -> None:
        """Forget a session and what it had stored; one that was committed stays committed."""
        if session.status != CLOSED:
            await self._sessions.delete([session.id])
            self._remove(session.id)

    def _session_folder(self, session: Session) -> Path:
        folder = self._folder / session.id
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            sync_folder(self._folder)
        return folder

    def _remove(self, session_id: str) -> None:
        shutil.rmtree(self._folder / session_id, ignore_errors=True)
