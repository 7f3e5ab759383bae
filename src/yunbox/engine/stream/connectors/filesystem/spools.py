"""Rows that wait to be files: a spool for each partition, on disk with each epoch, and what is noted of them.

The journal says how many bytes of each spool count, and which spools are sealed: those are whole and only wait to be
published under the name that they have. What a crash has left behind the counted bytes is cut off.
"""

import contextlib
import os
import time
import uuid
from collections.abc import Generator
from pathlib import Path

import msgspec

from yunbox.storage.files import translate, write_durably

_JOURNAL = "journal.json"


class Spooled(msgspec.Struct):
    """A spool: its file's name, the folder of its partition, its bytes that count, and when it began and grew."""

    name: str
    folder: str
    size_bytes: int = 0
    began_ms: int = 0
    grew_ms: int = 0


class Journal(msgspec.Struct):
    """What is noted. ``written`` are folders that were not committed since; ``run`` and ``count`` make the names."""

    run: str
    epoch: int = 0
    count: int = 0
    open: dict[str, Spooled] = {}
    sealed: list[Spooled] = []
    written: list[str] = []


class Spools:
    """The spools of a sink. A single thread uses them. All of it raises StorageFull."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        path = folder / _JOURNAL
        self.journal = (
            msgspec.json.decode(path.read_bytes(), type=Journal) if path.exists() else Journal(uuid.uuid4().hex)
        )
        self._recover()

    def _recover(self) -> None:
        known = {one.name: one for one in (*self.journal.open.values(), *self.journal.sealed)}
        for path in list(self._folder.iterdir()):
            if path.name in known:
                os.truncate(path, known[path.name].size_bytes)
            elif path.name != _JOURNAL:
                path.unlink()

    @property
    def prefix(self) -> str:
        """What the names of this sink's files begin with."""
        return f"part-{uuid.UUID(self.journal.run)}-"

    def append(self, folder: str, data: bytes) -> Spooled:
        """Add to a partition's spool; it does not count before it is noted."""
        now_ms = int(time.time() * 1000)
        found = self.journal.open.get(folder)
        if found is None:
            name = f"{self.prefix}0-{self.journal.count}"
            found = self.journal.open[folder] = Spooled(name, folder, began_ms=now_ms)
            self.journal.count += 1
            if folder not in self.journal.written:
                self.journal.written.append(folder)
        try:
            with self.path(found).open("r+b" if found.size_bytes else "wb") as file:
                file.seek(found.size_bytes)
                file.write(data)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise translate(error) from error
        found.size_bytes += len(data)
        found.grew_ms = now_ms
        return found

    def seal(self, folder: str) -> None:
        """Have a partition's spool be whole; it is noted with the next ``note``."""
        found = self.journal.open.pop(folder, None)
        if found is not None:
            self.journal.sealed.append(found)

    def note(self) -> None:
        """Put the journal on disk."""
        write_durably(self._folder / _JOURNAL, msgspec.json.encode(self.journal))

    def path(self, one: Spooled) -> Path:
        """Where a spool's bytes are."""
        return self._folder / one.name

    @contextlib.contextmanager
    def published(self, one: Spooled) -> Generator[Path]:
        """The bytes of a sealed spool, which has gone behind this."""
        yield self.path(one)
        self.journal.sealed.remove(one)
        self.note()
        self.path(one).unlink(missing_ok=True)
