"""The SQLite database behind the control plane: many readers, and one writer thread that commits in groups.

Writes from concurrent calls share one transaction and one fsync, so an acknowledged write is on disk and
a hundred clients do not pay a hundred flushes. Each write runs in a savepoint: one that fails takes no other with it.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from yunbox.kernel.errors import StorageFull

T = TypeVar("T")
Write = Callable[[sqlite3.Connection], T]
Outcome = tuple[Any, Any, BaseException | None]
"""Who waits for a write, what it returned, and what it raised."""
_GROUP_MAX = 256
_BUSY_TIMEOUT_S = 10.0


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database with the pragmas that every process uses."""
    uri = f"{path.absolute().as_uri()}{'?mode=ro' if read_only else ''}"
    db = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S, check_same_thread=False, cached_statements=512
    )
    db.row_factory = sqlite3.Row
    if not read_only:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA cache_size=-16000")
    return db


@dataclass(frozen=True)
class Schema:
    """A part of the database: its tables, and ``upgrade``, which gives those of an older folder what they lack.

    Both run whenever the database is opened; ``upgrade`` in a transaction of its own.
    """

    tables: str
    upgrade: Callable[[sqlite3.Connection], None] | None = None


@dataclass(frozen=True)
class Transaction:
    """A connection within one transaction, and what is asked of it in one line; ``now`` are seconds since the epoch."""

    db: sqlite3.Connection
    now: float

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query."""
        return self.db.execute(sql, values).fetchone()

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.db.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Change something; returns how many rows."""
        return self.db.execute(sql, values).rowcount

    def count(self, sql: str, *values: object) -> int:
        """The number that a query has."""
        return self.db.execute(sql, values).fetchone()[0]


def columns(db: sqlite3.Connection, table: str) -> set[str]:
    """The names of a table's columns; none for a table that is not there."""
    return {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}


class _Waiting(NamedTuple):
    """A writer in an event loop."""

    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


Waiter = Future[Any] | _Waiting


class Database:
    """One SQLite file: ``read`` on the caller's thread, ``write`` through the group-committing writer.

    ``commits`` counts the groups this process has committed: it moves before the writers of a group are answered.
    """

    def __init__(self, path: Path, *schemas: str | Schema) -> None:
        self.path = path
        self.commits = 0
        self._writer_db = connect(path)
        path.chmod(0o600)
        for schema in schemas:
            _lay(self._writer_db, schema if isinstance(schema, Schema) else Schema(schema))
        self._reader = connect(path, read_only=True)
        self._reader_lock = threading.Lock()
        self._queue: queue.SimpleQueue[tuple[Write[Any], Waiter] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_loop, name="yunbox-writer", daemon=True)
        self._thread.start()

    def read(self, sql: str, *params: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._reader_lock:
            return self._reader.execute(sql, params).fetchall()

    def read_one(self, sql: str, *params: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self._reader_lock:
            return self._reader.execute(sql, params).fetchone()

    def look(self, work: Write[T]) -> T:
        """What ``work`` reads in several steps: nobody's commit comes between them."""
        with self._reader_lock:
            self._reader.execute("BEGIN")
            try:
                return work(self._reader)
            finally:
                self._reader.execute("COMMIT")

    def data_version(self) -> int:
        """A number that changes whenever anybody has committed a change, in this process or another."""
        with self._reader_lock:
            return self._reader.execute("PRAGMA data_version").fetchone()[0]

    async def write(self, work: Write[T]) -> T:
        """Run ``work`` in the next group; returns once it is on disk. What it raises, this raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.put((work, _Waiting(done, loop)))
        return await done

    def write_sync(self, work: Write[T]) -> T:
        """Like ``write``, for callers without an event loop."""
        done: Future[T] = Future()
        self._queue.put((work, done))
        return done.result()

    def close(self) -> None:
        """Finish the writes that are queued and close."""
        self._queue.put(None)
        self._thread.join()
        self._reader.close()
        self._writer_db.close()

    def _write_loop(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            stop = self._commit_group(first)
            if stop:
                return

    def _commit_group(self, first: tuple[Write[Any], Waiter]) -> bool:
        group = [first]
        stop = False
        while len(group) < _GROUP_MAX:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                stop = True
                break
            group.append(item)
        outcomes: list[Outcome] = []
        try:
            with _transaction(self._writer_db):
                for work, done in group:
                    outcomes.append((done, *_run_in_savepoint(self._writer_db, work)))
        except sqlite3.Error as error:
            outcomes = [(done, None, _translate(error)) for _, done in group]
        self.commits += 1
        _tell(outcomes)
        return stop


def _lay(db: sqlite3.Connection, schema: Schema) -> None:
    db.executescript(schema.tables)
    if schema.upgrade is not None:
        with _transaction(db):
            schema.upgrade(db)


def _tell(outcomes: list[Outcome]) -> None:
    """Wake the writers of a group: an event loop once, however many of them wait in it."""
    waiting: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        done = outcome[0]
        if isinstance(done, _Waiting):
            waiting.setdefault(done.loop, []).append((done.future, *outcome[1:]))
        else:
            _settle([outcome])
    for loop, found in waiting.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed, and nobody waits any more
            loop.call_soon_threadsafe(_settle, found)


def _settle(outcomes: list[Outcome]) -> None:
    for done, result, failure in outcomes:
        if done.cancelled():
            continue
        if failure is not None:
            done.set_exception(failure)
        else:
            done.set_result(result)


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Generator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _run_in_savepoint(db: sqlite3.Connection, work: Write[T]) -> tuple[T | None, BaseException | None]:
    db.execute("SAVEPOINT work")
    try:
        result = work(db)
    except sqlite3.OperationalError as error:
        if db.in_transaction:
            db.execute("ROLLBACK TO work")
        return None, _translate(error)
    except Exception as error:
        db.execute("ROLLBACK TO work")
        return None, error
    finally:
        if db.in_transaction:
            db.execute("RELEASE work")
    return result, None


def _translate(error: sqlite3.Error) -> Exception:
    """A full disk is the user's to mend, so it gets its own error."""
    if getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return StorageFull("The disk that holds the data folder is full: free some space and try again")
    return error
