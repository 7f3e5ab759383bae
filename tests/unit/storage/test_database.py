"""The group-committing writer."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from yunbox.storage.database import Database

SCHEMA = "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY)"


@pytest.fixture
def db(tmp_path: Path):
    database = Database(tmp_path / "meta.db", SCHEMA)
    yield database
    database.close()


def test_one_failing_write_takes_no_other_with_it(db: Database) -> None:
    def insert(value: int):
        return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (value,))

    async def run() -> list[object]:
        values = [1, 2, 2, 3]
        return await asyncio.gather(*(db.write(insert(v)) for v in values), return_exceptions=True)

    outcomes = asyncio.run(run())
    assert [isinstance(outcome, sqlite3.IntegrityError) for outcome in outcomes] == [False, False, True, False]
    assert [row["a"] for row in db.read("SELECT a FROM t ORDER BY a")] == [1, 2, 3]


def test_a_write_is_all_or_nothing(db: Database) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (1)")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        db.write_sync(half)
    assert db.read("SELECT a FROM t") == []


def test_the_file_is_private(db: Database) -> None:
    assert db.path.stat().st_mode & 0o777 == 0o600
