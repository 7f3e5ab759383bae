"""The records of all jobs, on disk before anybody sees them. Tables' keys stand in them, so only the owner can read
the file (0600)."""

import sqlite3
from dataclasses import asdict

import msgspec

from yunbox.services.flink.jobs.record import JobState, Record
from yunbox.storage.database import Database

JOBS_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, start INTEGER NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_by_start ON jobs (start);
"""
_KEPT_MAX = 200


class JobStore:
    """All jobs; those that are over are kept up to a number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> list[Record]:
        """All records, the oldest first."""
        rows = self._database.read("SELECT record FROM jobs ORDER BY start")
        return [msgspec.json.decode(row["record"], type=Record) for row in rows]

    async def save(self, record: Record) -> None:
        """Write a record."""
        text = msgspec.json.encode(asdict(record)).decode()
        values = (record.id, record.state.value, record.start_ms, text)

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", values)

        await self._database.write(work)

    async def delete(self, record: Record) -> None:
        """Forget a job."""
        await self._database.write(lambda db: db.execute("DELETE FROM jobs WHERE id = ?", (record.id,)))

    @staticmethod
    def surplus(records: list[Record]) -> list[Record]:
        """Those that are over and too many, the oldest."""
        over = [one for one in records if one.state.is_over]
        return over[: max(len(over) - _KEPT_MAX, 0)]


def any_running(rows: list[sqlite3.Row]) -> bool:
    """Whether any of some rows is of a job that runs."""
    return any(not JobState(row["state"]).is_over for row in rows)
