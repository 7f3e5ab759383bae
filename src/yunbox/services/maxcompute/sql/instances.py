"""Instances: what was submitted, by whom, and what came of it."""

import json
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from yunbox.engine.duck.messages import Batch
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import NotFound
from yunbox.meter.ledger import Entry, Ledger
from yunbox.schema.tables import Column
from yunbox.storage.database import Database
from yunbox.storage.tables.model import dump_columns, load_columns
from yunbox.wire.xml import parse_body

_encode = msgspec.json.Encoder().encode
RUNNING, TERMINATED = "Running", "Terminated"
SUCCESS, FAILED, CANCELLED = "Success", "Failed", "Cancelled"
_RESTARTED = "ODPS-0010000:System internal error - the server was restarted while this instance ran: submit it again"


@dataclass(frozen=True)
class Outcome:
    """What an instance left: text for ``?result``, and for a SELECT its columns and result file.

    ``format`` is ``csv`` or ``text``; a large result has no text until it is asked for. ``rows`` counts the rows of
    the result file, or the rows written. ``stream`` is what the file of a few rows would hold.
    """

    text: str = ""
    format: str = "text"
    is_select: bool = False
    columns: tuple[Column, ...] = ()
    rows: int = 0
    file: str = ""
    batches: tuple[Batch, ...] = ()
    stream: bytes = b""
    scanned_bytes: int = 0
    cost: float = 0.0
    summary: str = ""
    error_code: str = ""
    timezone: str = "UTC"
    readings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Instance:
    """One submitted job with its one task. Times are epoch seconds."""

    id: str
    project: str
    owner: str
    account_id: str
    started: float
    task_name: str
    task_type: str
    source: str
    ended: float | None = None
    status: str = RUNNING
    task_status: str = "Running"
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def is_inline(self) -> bool:
        """Whether the text is all there is to say."""
        return bool(self.outcome.text) or not self.outcome.rows or not self.outcome.is_select

    @property
    def query(self) -> str:
        """The statement, out of the submitted job."""
        root = parse_body(self.source.encode()) if self.source else None
        node = next(root.all("Tasks/*/Query"), None) if root else None
        return node.text.strip() if node else ""


@dataclass(frozen=True)
class Search:
    """Which instances of all projects: those that were started within a time, and are any of what is named."""

    start: float
    end: float
    ids: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rising: bool = False


class InstanceStore:
    """Keeps instances; the end of one and its ledger entries are one transaction."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def save(self, instance: Instance, entries: Sequence[Entry] = ()) -> None:
        """Write an instance's present state, and what it used when that was its end."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    instance.id, instance.project, instance.owner, instance.account_id, instance.started,
                    instance.ended, instance.status, instance.task_name, instance.task_type,
                    instance.task_status, instance.source, _dump(instance.outcome),
                ),
            )  # fmt: skip
            for entry in entries:
                self._ledger.insert(db, entry)

        await self._database.write(work)

    def get(self, project: str, instance_id: str) -> Instance:
        """An instance that was saved. Raises NotFound."""
        row = self._database.read_one("SELECT * FROM instances WHERE id = ? AND project = ?", instance_id, project)
        if row is None:
            raise NotFound(f"Instance {instance_id!r} does not exist in project {project}")
        return _load(row)

    def page(
        self, project: str, *, owner: str | None, status: str | None, start: float, end: float, after: str, limit: int
    ) -> list[Instance]:
        """A page of instances, newest first; ``after`` is the id of the last one of the page before."""
        rows = self._database.read(
            "SELECT * FROM instances WHERE project = ?1 AND (?2 IS NULL OR owner = ?2)"
            " AND (?3 IS NULL OR status = ?3) AND started >= ?4 AND started <= ?5 AND (?6 = '' OR id < ?6)"
            " ORDER BY id DESC LIMIT ?7",
            project, owner, status, start, end, after, limit,
        )  # fmt: skip
        return [_load(row) for row in rows]

    def anywhere(self, instance_id: str) -> Instance | None:
        """An instance of any project, or None."""
        row = self._database.read_one("SELECT * FROM instances WHERE id = ?", instance_id)
        return _load(row) if row is not None else None

    def search(self, wanted: Search, skip: int, limit: int) -> tuple[list[Instance], int]:
        """A page of instances in the order of their start, and how many there are."""
        where, values = ["started >= ?", "started <= ?"], [str(wanted.start), str(wanted.end)]
        for column, any_of in (
            ("id", wanted.ids), ("project", wanted.projects), ("owner", wanted.owners), ("task_status", wanted.states),
            ("task_name", wanted.names), ("task_type", wanted.types),
        ):  # fmt: skip
            if any_of:
                where.append(f"{column} IN (SELECT value FROM json_each(?))")
                values.append(json.dumps(any_of))
        found = f"FROM instances WHERE {' AND '.join(where)}"
        order = "ASC" if wanted.rising else "DESC"
        rows = self._database.read(f"SELECT * {found} ORDER BY id {order} LIMIT ? OFFSET ?", *values, limit, skip)
        return [_load(row) for row in rows], self._database.read(f"SELECT count(*) {found}", *values)[0][0]

    def end_interrupted(self) -> int:
        """Mark what was running when the server went away as failed; it was not metered and is free."""
        outcome = _dump(Outcome(text=_RESTARTED, error_code="ODPS-0010000"))
        now = self._clock.time()
        return self._database.write_sync(
            lambda db: (
                db.execute(
                    "UPDATE instances SET status = ?, task_status = ?, ended = ?, outcome = ? WHERE status = ?",
                    (TERMINATED, FAILED, now, outcome, RUNNING),
                ).rowcount
            )
        )

    def forget_before(self, epoch_s: float) -> list[str]:
        """Delete instances that ended before a time; returns their ids."""

        def work(db: sqlite3.Connection) -> list[str]:
            gone = db.execute("SELECT id FROM instances WHERE ended < ?", (epoch_s,)).fetchall()
            db.execute("DELETE FROM instances WHERE ended < ?", (epoch_s,))
            return [row[0] for row in gone]

        return self._database.write_sync(work)


def _dump(outcome: Outcome) -> str:
    body = {name: value for name, value in vars(outcome).items() if value}
    if outcome.columns:
        body["columns"] = _column_values(outcome.columns)
    if outcome.batches:
        body["batches"] = [[batch.offset, batch.length, batch.rows] for batch in outcome.batches]
    if outcome.stream:
        body["stream"] = b64encode(outcome.stream).decode()
    return _encode(body).decode()


@lru_cache(maxsize=256)
def _column_values(columns: tuple[Column, ...]) -> Any:
    return json.loads(dump_columns(columns))


def _load(row: sqlite3.Row) -> Instance:
    body = json.loads(row["outcome"])
    columns = load_columns(json.dumps(body.pop("columns", [])))
    batches = tuple(Batch(*item) for item in body.pop("batches", []))
    stream = b64decode(body.pop("stream", ""))
    body["readings"] = tuple(body.get("readings", ()))
    fields = {key: row[key] for key in Instance.__dataclass_fields__ if key != "outcome"}
    return Instance(**fields, outcome=Outcome(columns=columns, batches=batches, stream=stream, **body))
