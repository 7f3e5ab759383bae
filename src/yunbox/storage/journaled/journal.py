"""The journal of an LMDB environment, as one process writes it, and the checkpoints that keep it short.

Every process that writes has a pin, which is older than the last checkpoint or as old: with it LMDB uses no page again
that the checkpoint has. It makes one with its first checkpoint, before it writes, and a newer one with each of those
that follow, or after a while, when others have written. Checkpoints are made by one process at a time.
"""

import contextlib
import fcntl
import logging
import os
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import lmdb

from yunbox.kernel.errors import Unavailable
from yunbox.storage.environment import Tables, synced
from yunbox.storage.journaled.admission import DATA, POSITION, first_pages
from yunbox.storage.journaled.checkpoints import Checkpoint, Checkpoints
from yunbox.storage.journaled.frames import START, Position, position_of, stored
from yunbox.storage.journaled.recorded import Recorded
from yunbox.storage.journaled.segments import Segments, Writing

EVERY_S = 0.5
_RENEWED = 2
"""After so many times as long a pin is looked at of a process that does not write."""
_TURN_BYTES = 4 << 20
"""A file that is longer is left for the other one with a checkpoint."""
_LONG_BYTES = 64 << 20
"""One that is longer has writers wait for a checkpoint."""
_log = logging.getLogger("yunbox")


class Journal:
    """One process's. ``own`` is the table in which the store keeps the position."""

    def __init__(self, env: lmdb.Environment, folder: Path, own: Any, *, every_s: float = EVERY_S) -> None:
        self._env = env
        self._own = own
        self._every_s = every_s
        self._data = folder / DATA
        self._page_bytes = env.stat()["psize"]
        self._segments = Segments(folder)
        self._checkpoints = Checkpoints(folder)
        self._turns = folder / "checkpoint.lock"
        self._entrance, self._door = threading.Lock(), threading.Lock()
        self._pin: lmdb.Transaction | None = None
        self._writing: Writing | None = None
        self._is_broken = self._is_closed = False
        self._dirty = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="yunbox-checkpoints", daemon=True)

    # -- transactions

    def enter(self) -> None:
        """Be one who writes. Raises Unavailable once the disk has failed, and OSError."""
        if self._is_broken:
            raise Unavailable("The disk has failed to keep what was written: look at it, and start the server again")
        with self._entrance:
            if self._pin is None:
                self.checkpoint()
                self._thread.start()

    def begin(self, txn: lmdb.Transaction, tables: Tables) -> Recorded:
        """A transaction whose changes go here."""
        self._writing = Writing(self._segments, self._position(txn))
        return Recorded(txn, tables, self._writing)

    def end(self, txn: lmdb.Transaction) -> None:
        """Have a transaction be on disk, before it is committed. Raises OSError."""
        assert self._writing is not None
        if not self._writing.is_empty:
            txn.put(POSITION, stored(self._writing.end()), db=self._own)

    def committed(self) -> None:
        """The transaction is committed."""
        writing, self._writing = self._writing, None
        self._dirty.set()
        if writing is not None and writing.start.at > _LONG_BYTES:
            self._try(wait=True)

    def withdraw(self) -> None:
        """The transaction is not committed: should it be in the journal, it does not count. Raises what fails."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        with self._env.begin(write=True) as txn:
            if self._position(txn) == writing.start:  # else another's lies there
                writing.withdraw()

    def _position(self, txn: lmdb.Transaction) -> Position:
        data = cast("bytes | None", txn.get(POSITION, db=self._own))
        return position_of(data) if data is not None else START

    # -- checkpoints

    def checkpoint(self, *, wait: bool = True) -> bool:
        """Have all that is committed lie in LMDB's file; False where another process does so now, and is not waited
        for. Raises OSError and lmdb.Error, when the last checkpoint counts."""
        with self._door, self._turn(wait=wait) as is_mine:
            if is_mine and not self._is_closed:
                self._make()
            return is_mine

    def frees(self) -> bool:
        """Whether there may be room now where there was none: pages that only the last checkpoint had can be used."""
        return not self._is_broken and self._pin is not None and self._try(wait=True)

    def _make(self) -> None:
        last = self._checkpoints.read()
        with contextlib.suppress(OSError, lmdb.Error):  # it wants room, which there may be behind this checkpoint
            self._take_turns(last)
        with self._env.begin(write=True) as txn:  # nobody commits meanwhile
            pin = self._env.begin()
            pages = first_pages(self._data, self._page_bytes)
            position = self._position(txn)
            txn.abort()
        try:
            self._flush()
            self._checkpoints.write(Checkpoint(last.number + 1 if last else 1, False, position, pages))
        except BaseException:
            pin.abort()
            raise
        before, self._pin = self._pin, pin
        if before is not None:
            before.abort()

    def _flush(self) -> None:
        try:
            synced(self._env)
        except BaseException:
            self._is_broken = True  # the system may say next time that all is well, and it is not
            raise

    def _take_turns(self, last: Checkpoint | None) -> None:
        """Have the journal go on in its other file, if this one is long and no checkpoint needs the other."""
        with self._env.begin(write=True) as txn:
            position = self._position(txn)
            if last is not None and last.position.generation == position.generation and position.at > _TURN_BYTES:
                self._segments.shorten(position.generation + 1)
                txn.put(POSITION, stored(Position(position.generation + 1, 0, position.number)), db=self._own)

    @contextlib.contextmanager
    def _turn(self, *, wait: bool) -> Generator[bool]:
        file = os.open(self._turns, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(file)

    def _run(self) -> None:
        """Make checkpoints a moment after something was written: here, or by others, as an old pin keeps all pages that
        were used since."""
        while not self._ended.is_set():
            is_dirty = self._dirty.wait(_RENEWED * self._every_s)
            if self._ended.wait(self._every_s):
                return
            if not is_dirty and self._is_pinned_last():
                continue
            self._dirty.clear()
            if not self._try(wait=False) and not self._is_broken:
                self._dirty.set()

    def _is_pinned_last(self) -> bool:
        """Whether nobody has written since the pin was made."""
        with self._door:
            return self._pin is None or self._pin.id() == self._env.info()["last_txnid"]

    def _try(self, *, wait: bool) -> bool:
        """Make a checkpoint, if it can be made, as what is written is on disk without one; whether it was."""
        try:
            return self.checkpoint(wait=wait)
        except Exception:
            _log.exception("a checkpoint failed")
            return False

    def close(self) -> None:
        """Make a last checkpoint, so that nothing is to be done again."""
        self._ended.set()
        self._dirty.set()
        if self._pin is not None:
            self._thread.join()
            if not self._is_broken:
                self._try(wait=True)
            self._is_closed = True
            self._pin.abort()
        self._segments.close()
