"""The end of a batch upload: all its blocks become part of the table at once, exactly once.

    normal  --record the table's version-->  closing  --record the files, Delta commit-->  closed

A crash, or a client that asks again, finds one of the three. In ``closing`` the log tells whether the commit
has happened: its ``operation`` names the session, and only versions after the recorded one need be read.
"""

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path
from weakref import WeakValueDictionary

from yunbox.engine.duck.messages import RewriteFiles
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel.errors import Conflict
from yunbox.schema.tables import PartitionValues
from yunbox.services.maxcompute.catalogue.commits import Commit
from yunbox.services.maxcompute.tunnel.sessions import CLOSED, CLOSING, NORMAL, Session, Sessions, UploadBody
from yunbox.services.maxcompute.tunnel.target import current, require_partition
from yunbox.storage.files import sync_folder
from yunbox.storage.tables import delta
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import DataFile, StoredTable, partition_folder
from yunbox.storage.tables.snapshots import Change, Snapshots

MERGED_BYTES_MAX = 256 << 20
_CRUMB_BYTES = 32 << 20
_CRUMBS_MAX = 4


class UploadCommits:
    """Commits upload sessions, one request per session at a time. ``uploads`` is where their blocks lie."""

    def __init__(
        self,
        catalogue: Catalogue,
        snapshots: Snapshots,
        sessions: Sessions,
        commit: Commit,
        pool: WorkerPool,
        uploads: Path,
    ) -> None:
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._sessions = sessions
        self._table_commit = commit
        self._pool = pool
        self._uploads = uploads
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def commit(self, session: Session) -> Session:
        """Commit a session, or find that it has been committed."""
        lock = self._locks.setdefault(session.id, asyncio.Lock())
        async with lock:
            session = self._sessions.newest(session)
            if session.status == CLOSED:
                return session
            if session.status not in (NORMAL, CLOSING):
                raise Conflict(f"The upload session is {session.status}: open a new one", code="StatusConflict")
            return await asyncio.shield(self._commit(session))

    async def _commit(self, session: Session) -> Session:
        await self._snapshots.refresh(session.body.target.table_id)
        stored = current(self._catalogue, session.body.target)
        require_partition(self._catalogue, stored, session.body.target.partition)
        if session.status == NORMAL:  # from here on no block is taken any more
            body = replace(session.body, base_version=stored.version)
            session = await self._sessions.update(session, status=CLOSING, body=body)
        if not await asyncio.to_thread(self._happened, session, stored):
            session = await self._with_files(session)
            files = await asyncio.to_thread(self._place, session, stored)
            await self._table_commit(stored, _change(session, files))
        session = await self._sessions.update(session, status=CLOSED, body=replace(session.body, files=()))
        await asyncio.to_thread(shutil.rmtree, self._uploads / session.id, ignore_errors=True)
        return session

    async def _with_files(self, session: Session) -> Session:
        """The session with the files of its commit on record; a second attempt takes the same."""
        if session.body.files is not None:
            return session
        body = replace(session.body, files=await self._final_files(session))
        return await self._sessions.update(session, status=CLOSING, body=body)

    async def _final_files(self, session: Session) -> tuple[DataFile, ...]:
        """The files of the blocks; many small ones are merged first, so that the table is not left with crumbs."""
        files = [file for file in self._sessions.blocks(session.id).values() if file is not None]
        total = sum(file.size_bytes for file in files)
        if len(files) <= _CRUMBS_MAX or total >= _CRUMB_BYTES * len(files):
            return tuple(files)
        merged: list[DataFile] = []
        for group in _groups(files):
            merged += await self._merged(session, group)
        return tuple(merged)

    async def _merged(self, session: Session, files: list[DataFile]) -> tuple[DataFile, ...]:
        if len(files) == 1:
            return tuple(files)
        table = replace(session.body.target.table, partition_columns=())
        sources = tuple((column.name, column.name) for column in table.columns)
        async with self._pool.lease() as worker:
            request = RewriteFiles(table, table, self._uploads / session.id, tuple(files), sources)
            return (await worker.call(request)).files

    def _happened(self, session: Session, stored: StoredTable) -> bool:
        return committed(stored, session.body.base_version, operation_of(session))

    def _place(self, session: Session, stored: StoredTable) -> tuple[DataFile, ...]:
        body: UploadBody = session.body
        return place(self._uploads / session.id, stored, body.target.partition, body.files or ())


def operation_of(session: Session) -> str:
    """What the table's history calls the commit of a session."""
    return f"TUNNEL UPLOAD {session.id}"


def committed(stored: StoredTable, since_version: int, operation: str) -> bool:
    """Whether the table's log has a commit of this operation after a version."""
    root, version = Path(stored.location), since_version + 1
    while (actions := delta.read_commit(root, version)) is not None:
        if any(action.get("commitInfo", {}).get("operation") == operation for action in actions):
            return True
        version += 1
    return False


def place(
    source: Path, stored: StoredTable, partition: PartitionValues, files: tuple[DataFile, ...]
) -> tuple[DataFile, ...]:
    """Link staged files into the folder of a table's partition, durably; doing it again changes nothing."""
    root = Path(stored.location)
    prefix = partition_folder(stored.table, partition) if partition else ""
    _make_folders(root, prefix)
    placed = []
    for file in files:
        path = f"{prefix}/{file.path}" if prefix else file.path
        if not (root / path).exists():
            os.utime(source / file.path)  # what is older than the server is taken for an orphan of an earlier one
            os.link(source / file.path, root / path)
        placed.append(replace(file, path=path, partition=partition))
    sync_folder(root / prefix)
    return tuple(placed)


def _make_folders(root: Path, prefix: str) -> None:
    folder = root
    for part in filter(None, prefix.split("/")):
        parent, folder = folder, folder / part
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            sync_folder(parent)


def _change(session: Session, files: tuple[DataFile, ...]) -> Change:
    body: UploadBody = session.body
    partition = body.target.partition
    if not body.overwrite:
        return Change(operation_of(session), add=files, ensure=(partition,) if partition else ())
    if partition:
        return Change(operation_of(session), add=files, replace=(partition,))
    return Change(operation_of(session), add=files, replace_all=True)


def _groups(files: list[DataFile]) -> list[list[DataFile]]:
    """Neighbouring files, up to the size of one merged file."""
    groups: list[list[DataFile]] = [[]]
    size = 0
    for file in files:
        if groups[-1] and size + file.size_bytes > MERGED_BYTES_MAX:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += file.size_bytes
    return groups
