"""Who has a store open: so that the first to come mends it, before anybody looks at it, and the last leaves it whole.

All who have it open share a lock of the system's, which goes with their processes; who has it alone knows that there is
nobody else. While any of those who wrote is there, the machine has not lost its power, and there is nothing to mend.
"""

import contextlib
import fcntl
import os
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import lmdb

from yunbox.storage.environment import Tables, opened, synced
from yunbox.storage.journaled.checkpoints import META_PAGES, Checkpoint, Checkpoints
from yunbox.storage.journaled.frames import Position, stored
from yunbox.storage.journaled.segments import Segments

DATA = "data.mdb"
POSITION = b"journal"
"""Where in the table of the store's own things the position in the journal lies."""


class Admission:
    """One process's share of a store. ``tables`` are the names of its tables, ``own`` that of its own things."""

    def __init__(self, folder: Path, tables: Sequence[str], own: str, readers_max: int) -> None:
        self._folder = folder
        self._tables = tables
        self._own = own
        self._readers_max = readers_max
        self._file = os.open(folder / "open.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with _alone(self._file) as is_alone:
                if is_alone:
                    self._mend()
            fcntl.flock(self._file, fcntl.LOCK_SH)  # waits for one who mends
        except BaseException:
            os.close(self._file)
            raise

    def end(self) -> None:
        """The store is closed here; the last to go says that nothing is to be mended."""
        try:
            with _alone(self._file) as is_alone:
                if is_alone:
                    self._settle()
        finally:
            os.close(self._file)

    def environment(self, *, sync: bool) -> lmdb.Environment:
        """LMDB in this store's folder. Raises StorageFull."""
        return opened(self._folder, tables=len(self._tables), readers_max=self._readers_max, sync=sync)

    def _mend(self) -> None:
        """Make of what a crash has left what was committed, and see that all tables are there."""
        checkpoints = Checkpoints(self._folder)
        kept = checkpoints.read()
        if kept is not None and not (self._folder / DATA).exists():
            checkpoints.forget()  # of a file that somebody has removed
        elif kept is not None and not kept.is_clean:
            _put_back(self._folder / DATA, kept.pages)
            with closing(self.environment(sync=False)) as env:
                pin = env.begin()  # a crash on the way has it all begin again
                position = self._done_again(env, kept.position)
                synced(env)
                pin.abort()
            pages = first_pages(self._folder / DATA, len(kept.pages) // META_PAGES)
            checkpoints.write(Checkpoint(kept.number + 1, True, position, pages))
        with closing(self.environment(sync=True)) as env:
            Tables(env, self._tables)

    def _done_again(self, env: lmdb.Environment, position: Position) -> Position:
        """Do what the journal has behind a position; where it goes on."""
        tables = Tables(env, self._tables)
        handles = [tables[name] for name in self._tables]
        with closing(Segments(self._folder)) as segments:
            for end, frames in segments.read(position):
                with env.begin(write=True) as txn:
                    for entries in frames:
                        for table, key, value in entries:
                            _do_again(txn, handles[table], key, value)
                    txn.put(POSITION, stored(end), db=tables[self._own])
                position = end
        return position

    def _settle(self) -> None:
        """Nobody has the store open: if it is as the last checkpoint says, it is whole without it."""
        checkpoints = Checkpoints(self._folder)
        kept = checkpoints.read()
        if kept is None or kept.is_clean:
            return
        if first_pages(self._folder / DATA, len(kept.pages) // META_PAGES) == kept.pages:
            checkpoints.write(kept._replace(number=kept.number + 1, is_clean=True))


def first_pages(path: Path, page_bytes: int) -> bytes:
    """The first pages of LMDB's file."""
    with path.open("rb") as file:
        return file.read(META_PAGES * page_bytes)


def _put_back(path: Path, pages: bytes) -> None:
    with path.open("r+b") as file:
        file.write(pages)
        file.flush()
        os.fdatasync(file.fileno())


def _do_again(txn: lmdb.Transaction, table: Any, key: Any, value: Any) -> None:
    if isinstance(key, list):
        txn.cursor(db=table).putmulti(zip(key, value, strict=True))
    elif value is None:
        txn.delete(key, db=table)
    else:
        txn.put(key, value, db=table)


@contextlib.contextmanager
def _alone(file: int) -> Generator[bool]:
    """Whether nobody else has a store open, nor can come before this ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
