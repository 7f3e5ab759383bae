"""Usage that comes in thousands a second: kept in a file at once, folded into the ledger now and then.

A line of a tally is written before its call is answered, so it outlives a kill; a file is folded in the same
transaction that notes its number, so it is counted once. A row of the ledger stands for one hour of one item.
"""

import fcntl
import logging
import math
import mmap
import os
import shutil
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from yunbox.kernel.errors import StorageFull
from yunbox.meter.held import Held
from yunbox.meter.ledger import Entry, Ledger
from yunbox.meter.line import Line
from yunbox.storage.database import Database
from yunbox.storage.files import translate

TALLY_SCHEMA = "CREATE TABLE IF NOT EXISTS tallies (name TEXT PRIMARY KEY, folded INTEGER NOT NULL);"
_NAME = "usage"
_HOUR_S = 3600
_FILE_BYTES = 1024 * 1024
_LOCK = "lock"
_TRY_EVERY_S = 1.0
_LOG = logging.getLogger("yunbox")


class TallyWriter:
    """One process's lines, in files of its own: the one it writes, and those that are full or sealed.

    Unless nobody else looks into the folder, a lock says to those who do that the process lives.

    The file is mapped into memory: adding a line is a copy, and yet the kernel has it when the process is killed.
    ``add`` is quick enough for an event loop, and may run in any thread. On a full disk no call is refused for want
    of a file: lines wait in memory (``held.py``) until there is room, which is looked for once a second.
    """

    def __init__(self, folder: Path, number: int = 1, *, shared: bool = True) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._encode = msgspec.json.Encoder().encode
        self._shared, self._alive = shared, -1
        self.number = number
        self._map: mmap.mmap | None = None
        self._used = 0
        self._held = Held()
        self._tried_s, self._is_waiting = -math.inf, False
        self._has_room(0)

    def add(self, line: Line) -> None:
        """Keep one call's use."""
        data = self._encode(line) + b"\n"
        with self._lock:
            if self._has_room(len(data)):
                self._put(data)
            else:
                self._held.add(line)

    def seal(self) -> int:
        """Begin another file, unless nothing is in this one; files of lower numbers than the answer are complete."""
        with self._lock:
            if self._has_room(0) and self._used:
                with suppress(StorageFull):
                    self._next()
            return self.number

    def close(self) -> None:
        """Let the files be."""
        self._tried_s = -math.inf
        if not self._has_room(0):
            self._held.lost += self._held.calls
        self._tell_lost()
        if self._map is not None:
            self._map.close()
            if not self._used:
                self._path(self.number).unlink(missing_ok=True)
        if self._alive >= 0:
            os.close(self._alive)

    def _has_room(self, size: int) -> bool:
        """Whether a line may be written now; what waits is written before it."""
        if self._map is not None and not self._held and self._used + size <= _FILE_BYTES:
            return True
        if time.monotonic() < self._tried_s + _TRY_EVERY_S:
            return False
        try:
            self._make_room(size)
        except StorageFull:
            if not self._is_waiting:
                _LOG.warning("the disk is full: usage waits in memory for room, and is lost with the process")
            self._tried_s, self._is_waiting = time.monotonic(), True
            return False
        self._is_waiting = False
        self._tell_lost()
        return True

    def _make_room(self, size: int) -> None:
        if self._map is None:
            self._begin()
        while self._held:
            data = self._encode(self._held.first()) + b"\n"
            if self._used + len(data) > _FILE_BYTES:
                self._next()
            self._put(data)
            self._held.forget_first()
        if self._used + size > _FILE_BYTES:
            self._next()

    def _tell_lost(self) -> None:
        if self._held.lost:
            _LOG.error("the usage of %d calls was lost while the disk was full", self._held.lost)
            self._held.lost = 0

    def _put(self, data: bytes) -> None:
        assert self._map is not None, "there is room"
        self._map[self._used : self._used + len(data)] = data
        self._used += len(data)

    def _begin(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._shared and self._alive < 0:
                self._alive = _lock(self._folder / _LOCK)
        except OSError as error:
            raise translate(error) from error
        self._map = self._open(self.number)

    def _next(self) -> None:
        before, self._map = self._map, self._open(self.number + 1)
        self.number, self._used = self.number + 1, 0
        if before is not None:
            before.close()

    def _open(self, number: int) -> mmap.mmap:
        path = self._path(number)
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise translate(error) from error
        try:
            os.posix_fallocate(fd, 0, _FILE_BYTES)  # a full disk is met here, and not by a fault while writing
            return mmap.mmap(fd, _FILE_BYTES)
        except OSError as error:
            path.unlink()  # lest those who add up take the one before for complete
            raise translate(error) from error
        finally:
            os.close(fd)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.jsonl"


class Tally:
    """Adds up usage: what this process adds, and what others leave in folders of their own (``writer_of``)."""

    def __init__(self, folder: Path, database: Database, ledger: Ledger) -> None:
        self._folder = folder
        self._database = database
        self._ledger = ledger
        self._folding = threading.Lock()
        last = max([self._folded(_NAME), *map(_number, _files(folder))])
        self._writer = TallyWriter(folder, last + 1, shared=False)
        self.add = self._writer.add
        self.fold()

    def writer_of(self, process: str) -> Path:
        """Where another process is to write; its name is used once."""
        return self._folder / process

    def fold(self) -> None:
        """Move what was added so far into the ledger, by whichever process; slow, and may run in any thread."""
        present = self._writer.seal()
        with self._folding:
            self._fold_files(_NAME, [path for path in _files(self._folder) if _number(path) < present])
            for folder in self._folder.iterdir():
                if folder.is_dir():
                    self._fold_process(folder)

    def close(self) -> None:
        """Fold what is left and close."""
        self.fold()
        self._writer.close()

    def _fold_process(self, folder: Path) -> None:
        """The last file of a process that lives is still being written; one that died writes no more."""
        alive = _is_locked(folder / _LOCK)
        files = _files(folder)
        self._fold_files(folder.name, files[:-1] if alive else files)
        if not alive:
            shutil.rmtree(folder, ignore_errors=True)
            self._database.write_sync(lambda db: db.execute("DELETE FROM tallies WHERE name = ?", (folder.name,)))

    def _fold_files(self, name: str, paths: Sequence[Path]) -> None:
        for path in paths:
            self._fold_file(name, path, _number(path))

    def _fold_file(self, name: str, path: Path, number: int) -> None:
        entries = _entries(path.read_bytes())

        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT folded FROM tallies WHERE name = ?", (name,)).fetchone()
            if row is not None and row[0] >= number:
                return
            for entry, calls in entries:
                self._ledger.accumulate(db, entry, calls)
            db.execute("INSERT OR REPLACE INTO tallies VALUES (?, ?)", (name, number))

        self._database.write_sync(work)
        path.unlink()

    def _folded(self, name: str) -> int:
        row = self._database.read_one("SELECT folded FROM tallies WHERE name = ?", name)
        return int(row[0]) if row is not None else 0


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"), key=_number)


def _number(path: Path) -> int:
    return int(path.stem)


def _lock(path: Path) -> int:
    """The kernel's lock: it is gone with the process, however that ends."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd


def _is_locked(path: Path) -> bool:
    try:
        with path.open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


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
