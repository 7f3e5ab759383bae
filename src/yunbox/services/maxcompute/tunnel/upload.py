"""Batch uploads: a session, its blocks, and their way from a request body to durable Parquet.

A block is acknowledged once its Parquet file is flushed and its row is in the database. It lies in the
session's own folder until the commit, so no reader of the table ever meets it.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.kernel import limits
from yunbox.kernel.call import Principal
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.tunnel.commit import Commits
from yunbox.services.maxcompute.tunnel.sessions import CLOSED, NORMAL, Session, Target, UploadBody
from yunbox.services.maxcompute.tunnel.target import Spec, current, partition_of, require_partition, require_table
from yunbox.storage.files import sync_folder

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute


class Uploads:
    """Opens upload sessions and takes their blocks."""

    def __init__(self, service: "MaxCompute", folder: Path) -> None:
        self._service = service
        self.folder = folder
        self.commits = Commits(service, folder)
        folder.mkdir(exist_ok=True)

    async def create(
        self, name: TableName, spec: Spec, principal: Principal, *, overwrite: bool, create_partition: bool
    ) -> Session:
        """Open a session on a table or one of its partitions."""
        service = self._service
        stored = require_table(service, name)
        partition = partition_of(stored.table, spec)
        if partition and create_partition:
            await service.catalogue.add_partitions(stored, [partition], if_not_exists=True)
        require_partition(service, stored, partition)
        body = UploadBody(Target.of(stored, partition), overwrite)
        return await service.sessions.create(name.project, principal, body)

    async def put(self, session: Session, block: int, body: AsyncIterator[bytes], coding: str, *, arrow: bool) -> None:
        """Store one block, replacing an earlier one of its number."""
        if session.status != NORMAL:
            raise Conflict(f"The upload session is {session.status}: it takes no more blocks", code="StatusConflict")
        if not 0 <= block < limits.BLOCKS_MAX:
            raise InvalidArgument(f"A block id is a number from 0 to {limits.BLOCKS_MAX - 1}", code="InvalidBlockID")
        current(self._service, session.body.target)
        folder = self._session_folder(session)
        table = session.body.target.table
        written = await self._service.ingest.run(table, folder, body, coding, arrow=arrow)
        file = written.files[0] if written.files else None
        replaced = await self._service.sessions.put_block(session, block, file)
        if replaced is not None:
            (folder / replaced.path).unlink(missing_ok=True)

    async def abort(self, session: Session) -> None:
        """Forget a session and what it had stored; one that was committed stays committed."""
        if session.status != CLOSED:
            await self._service.sessions.delete([session.id])
            self._remove(session.id)

    def _session_folder(self, session: Session) -> Path:
        folder = self.folder / session.id
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            sync_folder(self.folder)
        return folder

    def _remove(self, session_id: str) -> None:
        shutil.rmtree(self.folder / session_id, ignore_errors=True)
