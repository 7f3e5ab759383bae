"""What the tunnel remembers between requests: sessions, and the blocks that were acknowledged.

Both are rows of ``meta.db``: a client that was told its block is stored may come back after a crash of the
server, look at the session, and go on where it was. Each kind of session has a body of its own.
"""

import json
import sqlite3
from collections import OrderedDict
from dataclasses import asdict, dataclass, replace
from typing import Any

from yunbox.kernel import ids
from yunbox.kernel.call import Principal
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.schema.tables import PartitionValues, Table, TableName
from yunbox.storage.database import Database
from yunbox.storage.tables.model import DataFile, StoredTable, dump_columns, load_columns

SESSION_AGE_S = 24 * 3600.0
NORMAL, CLOSING, CLOSED, EXPIRED = "normal", "closing", "closed", "expired"
_CACHED_MAX = 256


@dataclass(frozen=True)
class Target:
    """The table a session is about, as it was when the session began: its name may change, its id does not."""

    table_id: int
    name: TableName
    columns: str
    partition_columns: str
    partition: PartitionValues

    @classmethod
    def of(cls, stored: StoredTable, partition: PartitionValues) -> "Target":
        """The target of a session on a stored table."""
        table = stored.table
        return cls(stored.id, table.name, dump_columns(table.columns), dump_columns(table.partition_columns), partition)

    @property
    def table(self) -> Table:
        """The table with its columns of that time."""
        return Table(self.name, load_columns(self.columns), load_columns(self.partition_columns))


@dataclass(frozen=True)
class UploadBody:
    """A batch upload. ``base_version`` and ``files`` are set when its commit begins: see ``tunnel.commit``."""

    target: Target
    overwrite: bool = False
    base_version: int = -1
    files: tuple[DataFile, ...] | None = None


@dataclass(frozen=True)
class DownloadBody:
    """A table download: the files of the snapshot it reads, whatever is committed after it began."""

    target: Target
    version: int
    files: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """How many rows the snapshot has."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class ResultBody:
    """A download of an instance's result; ``rows`` is what the client may read of it."""

    instance: str
    rows: int


@dataclass(frozen=True)
class StreamBody:
    """A streaming upload: every pack is committed as it comes. ``last_commit`` is an epoch time, 0 for none.

    With ``dynamic`` every pack names its partition, which need not exist; ``target`` has that of those that do not.
    """

    target: Target
    slots: int
    dynamic: bool = False
    packs: int = 0
    last_commit: float = 0.0


_KINDS: dict[str, Any] = {
    "upload": UploadBody, "download": DownloadBody, "result": ResultBody, "stream": StreamBody,
}  # fmt: skip


@dataclass(frozen=True)
class Session:
    """One session of any kind. ``owner`` is the id of the principal who opened it."""

    id: str
    kind: str
    project: str
    owner: str
    created: float
    status: str
    body: Any


class Sessions:
    """The sessions of all projects and their blocks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cache: OrderedDict[str, Session] = OrderedDict()

    async def create(self, project: str, principal: Principal, body: Any) -> Session:
        """Open a session."""
        now = self._clock.time()
        kind = next(name for name, cls in _KINDS.items() if isinstance(body, cls))
        session = Session(ids.timed_id(now), kind, project, principal.id, now, NORMAL, body)
        values = (session.id, kind, project, session.owner, now, NORMAL, _dump(body))
        await self._database.write(
            lambda db: db.execute("INSERT INTO tunnel_sessions VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        )
        return self._keep(session)

    def get(self, session_id: str, kind: str, project: str, principal: Principal) -> Session:
        """A session of this principal. Raises NotFound for another's too: its existence is not told."""
        session = self._cache.get(session_id) or self._read(session_id)
        mine = session is not None and session.owner == principal.id and session.project == project
        if session is None or not mine or session.kind != kind:
            code = "NoSuchUpload" if kind == "upload" else "NoSuchDownload"
            code = "StreamSessionNotFound" if kind == "stream" else code
            raise NotFound(f"There is no {kind} session {session_id[:64]!r}, or it has expired: open one", code=code)
        self._keep(session)
        expired = session.status == NORMAL and session.created + SESSION_AGE_S < self._clock.time()
        return replace(session, status=EXPIRED) if expired else session

    def newest(self, session: Session) -> Session:
        """The session as it is by now."""
        return self._cache.get(session.id) or self._read(session.id) or replace(session, status=EXPIRED)

    async def update(self, session: Session, *, status: str, body: Any = None) -> Session:
        """Write a session's new state; one that was deleted meanwhile stays deleted."""
        changed = replace(session, status=status, body=session.body if body is None else body)
        values = (status, _dump(changed.body), session.id)
        sql = "UPDATE tunnel_sessions SET status = ?, body = ? WHERE id = ?"
        there = await self._database.write(lambda db: db.execute(sql, values).rowcount)
        return self._keep(changed) if there else changed

    async def put_block(self, session: Session, block: int, file: DataFile | None) -> DataFile | None:
        """Record an uploaded block; returns the file of the block it replaces."""
        text = "" if file is None else json.dumps(asdict(file))

        def work(db: sqlite3.Connection) -> DataFile | None:
            row = db.execute("SELECT status FROM tunnel_sessions WHERE id = ?", (session.id,)).fetchone()
            if row is None or row[0] != NORMAL:
                raise Conflict("The upload session was committed while the block was on its way", code="StatusConflict")
            key = (session.id, block)
            old = db.execute("SELECT file FROM tunnel_blocks WHERE session = ? AND block = ?", key).fetchone()
            db.execute("INSERT OR REPLACE INTO tunnel_blocks VALUES (?, ?, ?)", (*key, text))
            return _file(json.loads(old[0])) if old and old[0] else None

        return await self._database.write(work)

    def blocks(self, session_id: str) -> dict[int, DataFile | None]:
        """The blocks of a session in order; None stands for one without rows."""
        rows = self._database.read("SELECT block, file FROM tunnel_blocks WHERE session = ? ORDER BY block", session_id)
        return {row["block"]: _file(json.loads(row["file"])) if row["file"] else None for row in rows}

    async def delete(self, session_ids: list[str]) -> None:
        """Forget sessions and their blocks."""
        for session_id in session_ids:
            self._cache.pop(session_id, None)
        keys = [(session_id,) for session_id in session_ids]
        await self._database.write(lambda db: db.executemany("DELETE FROM tunnel_sessions WHERE id = ?", keys))

    def older_than(self, epoch_s: float) -> list[Session]:
        """The sessions that began before a time."""
        rows = self._database.read("SELECT * FROM tunnel_sessions WHERE created < ?", epoch_s)
        return [_load(row) for row in rows]

    def live_downloads(self) -> list[Session]:
        """The table downloads whose files must stay."""
        since = self._clock.time() - SESSION_AGE_S
        rows = self._database.read("SELECT * FROM tunnel_sessions WHERE kind = 'download' AND created >= ?", since)
        return [_load(row) for row in rows]

    def known(self) -> set[str]:
        """The ids of all sessions."""
        return {row["id"] for row in self._database.read("SELECT id FROM tunnel_sessions")}

    def _read(self, session_id: str) -> Session | None:
        row = self._database.read_one("SELECT * FROM tunnel_sessions WHERE id = ?", session_id)
        return _load(row) if row else None

    def _keep(self, session: Session) -> Session:
        self._cache[session.id] = session
        self._cache.move_to_end(session.id)
        if len(self._cache) > _CACHED_MAX:
            self._cache.popitem(last=False)
        return session


def _dump(body: Any) -> str:
    return json.dumps(asdict(body), ensure_ascii=False)


def _load(row: sqlite3.Row) -> Session:
    values = json.loads(row["body"])
    if "target" in values:
        values["target"] = _target(values["target"])
    if values.get("files") is not None:
        values["files"] = tuple(map(_file, values["files"]))
    fields = {key: row[key] for key in ("id", "kind", "project", "owner", "created", "status")}
    return Session(**fields, body=_KINDS[row["kind"]](**values))


def _target(values: dict[str, Any]) -> Target:
    fields: dict[str, Any] = {**values, "name": TableName(**values["name"]), "partition": tuple(values["partition"])}
    return Target(**fields)


def _file(values: dict[str, Any]) -> DataFile:
    fields: dict[str, Any] = {**values, "partition": tuple(values["partition"])}
    return DataFile(**fields)
