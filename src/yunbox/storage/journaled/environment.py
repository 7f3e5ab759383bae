"""LMDB with a journal in a folder of its own, as a store has it open: to read as ever, to write by ``attempt``."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import lmdb

from yunbox.storage.environment import Tables, told
from yunbox.storage.journaled.admission import Admission
from yunbox.storage.journaled.journal import EVERY_S, Journal
from yunbox.storage.journaled.recorded import Recorded


class Journaled:
    """One process's. ``tables`` are the names of its tables; in ``own``, one of them, the position in the journal lies.
    Raises StorageFull."""

    def __init__(
        self, folder: Path, tables: Sequence[str], own: str, *, readers_max: int, checkpoints_every_s: float = EVERY_S
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._admission = Admission(folder, tables, own, readers_max)
        self.env = self._admission.environment(sync=False)
        self.tables = Tables(self.env, tables, create=False)
        self.journal = Journal(self.env, folder, self.tables[own], every_s=checkpoints_every_s)

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Write in the block: of each transaction, what is changed between ``begin`` and ``end`` is on disk before it
        is committed. Raises what it has failed of, as the house says it, and then nothing has changed."""
        try:
            self.journal.enter()
            yield
        except Exception as error:
            failure = told(error, self.env, self.folder)
            with suppress(OSError, lmdb.Error):  # it is told already that the disk has failed
                self.journal.withdraw()
            if failure is error:
                raise
            raise failure from error
        self.journal.committed()

    def begin(self, txn: lmdb.Transaction) -> Recorded:
        """A transaction whose changes go to the journal."""
        return self.journal.begin(txn, self.tables)

    def close(self) -> None:
        """Make a last checkpoint and let go of it."""
        self.journal.close()
        self.env.close()
        self._admission.end()
