"""Commands that run with a role: each has a secret of its own, by which the metadata server knows its role and region.

``yunbox run`` writes a row before it starts a command and removes it afterwards; the row of one that was killed goes
once its process is no more.
"""

import hashlib
import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from yunbox.storage.database import Database, Schema, columns


def _upgrade(db: sqlite3.Connection) -> None:
    if "region" not in columns(db, "runs"):
        db.execute("ALTER TABLE runs ADD COLUMN region TEXT NOT NULL DEFAULT ''")


RUNS_SCHEMA = Schema(
    """
    CREATE TABLE IF NOT EXISTS runs (
        secret_hash TEXT PRIMARY KEY, role_id TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT NOT NULL,
        region TEXT NOT NULL DEFAULT ''
    );
    """,
    _upgrade,
)


@dataclass(frozen=True)
class Run:
    """What a command has: a role, by its id, and a region, if that is another than the house's own."""

    role_id: str
    region: str = ""


def begin(database: Database, run: Run) -> str:
    """Let this process's command have what it is to have; returns its secret."""
    secret = secrets.token_urlsafe(32)
    pid = os.getpid()
    values = _hash(secret), run.role_id, pid, _born(pid), run.region

    def work(db: sqlite3.Connection) -> None:
        for row in db.execute("SELECT secret_hash, pid, born FROM runs").fetchall():
            if _born(row["pid"]) != row["born"]:
                db.execute("DELETE FROM runs WHERE secret_hash = ?", (row["secret_hash"],))
        db.execute("INSERT INTO runs (secret_hash, role_id, pid, born, region) VALUES (?, ?, ?, ?, ?)", values)

    database.write_sync(work)
    return secret


def end(database: Database, secret: str) -> None:
    """The command has ended: its secret is nobody's any more."""
    database.write_sync(lambda db: db.execute("DELETE FROM runs WHERE secret_hash = ?", (_hash(secret),)))


def run_of(database: Database, secret: str) -> Run | None:
    """What a secret stands for; None for a secret that is nobody's."""
    row = database.read_one("SELECT role_id, region, pid, born FROM runs WHERE secret_hash = ?", _hash(secret))
    return Run(row["role_id"], row["region"]) if row is not None and _born(row["pid"]) == row["born"] else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _born(pid: int) -> str:
    """When a process began, in the kernel's ticks; a number that is used again is of another time."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
