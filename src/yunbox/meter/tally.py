"""Usage that comes in thousands a second: kept in a file at once, folded into the ledger now and then.

A line of a tally is written before its call is answered, so it outlives a kill; a file is folded in the same
transaction that notes its number, so it is counted once. A row of the ledger stands for one hour of one item.
"""

import mmap
import os
import sqlite3
import threading
from collections import defaultdict
from pathlib import Path

import msgspec

from yunbox.meter.ledger import Entry, Ledger
from yunbox.storage.database import Database
from yunbox.storage.files import translate

TALLY_SCHEMA = "CREATE TABLE IF NOT EXISTS tallies (name TEXT PRIMARY KEY, folded INTEGER NOT NULL);"
_NAME = "usage"
_HOUR_S = 3600
_FILE_BYTES = 1024 * 1024


class Line(msgspec.Struct, array_like=True, frozen=True):
    """One call's use of some items, or that of several calls of a kind."""

    hour: int
    account_id: str
    principal: str
    project: str
    operation: str
    items: dict[str, float]
    calls: int = 1


class Tally:
    """Adds up usage. ``add`` is quick enough for the event loop, ``fold`` is not; both may run in any thread.

    The file is mapped into memory: adding a line is a copy, and yet the kernel has it when the process is killed.
    """

    def __init__(self, folder: Path, database: Database, ledger: Ledger) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._database = database
        self._ledger = ledger
        self._lock = threading.Lock()
        self._folding = threading.Lock()
        self._encode = msgspec.json.Encoder().encode
        left = [int(path.stem) for path in folder.glob("*.jsonl")]
        self._number = max([self._folded(), *left]) + 1
        self._map = self._open()
        self._used = 0
        self.fold()

    def add(self, line: Line) -> None:
        """Keep one call's use."""
        data = self._encode(line) + b"\n"
        with self._lock:
            if self._used + len(data) > _FILE_BYTES:
                self._next()
            self._map[self._used : self._used + len(data)] = data
            self._used += len(data)

    def fold(self) -> None:
        """Move what was added so far into the ledger."""
        with self._lock:
            if self._used:
                self._next()
            present = self._number
        with self._folding:
            for path in sorted(self._folder.glob("*.jsonl"), key=lambda path: int(path.stem)):
                if int(path.stem) < present:
                    self._fold_file(path, int(path.stem))

    def close(self) -> None:
        """Fold what is left and close."""
        self.fold()
        self._map.close()
        self._path(self._number).unlink(missing_ok=True)

    def _next(self) -> None:
        self._number += 1
        before = self._map
        self._map, self._used = self._open(), 0
        before.close()

    def _fold_file(self, path: Path, number: int) -> None:
        entries = _entries(path.read_bytes())

        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT folded FROM tallies WHERE name = ?", (_NAME,)).fetchone()
            if row is not None and row[0] >= number:
                return
            for entry, calls in entries:
                self._ledger.accumulate(db, entry, calls)
            db.execute("INSERT OR REPLACE INTO tallies VALUES (?, ?)", (_NAME, number))

        self._database.write_sync(work)
        path.unlink()

    def _folded(self) -> int:
        row = self._database.read_one("SELECT folded FROM tallies WHERE name = ?", _NAME)
        return int(row[0]) if row is not None else 0

    def _open(self) -> mmap.mmap:
        fd = os.open(self._path(self._number), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(fd, 0, _FILE_BYTES)  # a full disk is met here, and not by a fault while writing
            return mmap.mmap(fd, _FILE_BYTES)
        except OSError as error:
            raise translate(error) from error
        finally:
            os.close(fd)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.jsonl"


def _entries(data: bytes) -> list[tuple[Entry, int]]:
    """One entry for each hour, user, bucket, operation and item. A line cut short is of no answered call."""
    sums: defaultdict[tuple[int, str, str, str, str, str], list[float]] = defaultdict(lambda: [0.0, 0])
    decoder = msgspec.json.Decoder(Line)
    for text in data.rstrip(b"\0").splitlines():
        try:
            line = decoder.decode(text)
        except msgspec.DecodeError:
            continue
        for item, quantity in line.items.items():
            found = sums[(line.hour, line.account_id, line.principal, line.project, line.operation, item)]
            found[0] += quantity
            found[1] += line.calls
    return [
        (
            Entry(
                id=f"{hour}/{principal}/{project}/{operation}",
                item=item,
                account_id=account_id,
                principal=principal,
                project=project,
                operation=operation,
                quantity=quantity,
                time=float(hour * _HOUR_S),
            ),
            int(calls),
        )
        for (hour, account_id, principal, project, operation, item), (quantity, calls) in sums.items()
    ]


def hour_of(epoch_s: float) -> int:
    """The number of the hour of a time."""
    return int(epoch_s // _HOUR_S)
