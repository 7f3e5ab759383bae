"""Rows that are too many to hold: they wait in a file that nobody else sees, and that is gone with its process."""

import mmap
import tempfile
import weakref
from functools import cached_property
from pathlib import Path

import numpy as np

from yunbox.storage.files import translate
from yunbox.storage.rows.bulk.cells import Numbers
from yunbox.storage.rows.bulk.packed import Cuttable, Pieces, neighbours, scattered


class Spilled:
    """A file without a name, in a folder: rows are added first, and then looked at where they lie."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as this is there
        weakref.finalize(self, self._file.close)
        self._parts: list[Numbers] = []
        self._size_bytes = 0

    def add(self, rows: Pieces) -> None:
        """Write more rows. Raises StorageFull, when the file is of no use any more."""
        left = memoryview(rows.data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise translate(error) from error
        self._parts.append(rows.ends + self._size_bytes)
        self._size_bytes += len(rows.data)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ends)

    def some(self, first: int, last: int) -> list[bytes]:
        """Those from one place up to another, each on its own."""
        return neighbours(self._data, self._ends, first, last)

    def at(self, places: Numbers) -> list[bytes]:
        """Those at some places, each on its own."""
        return scattered(self._data, self._ends, places)

    @cached_property
    def _ends(self) -> Numbers:
        return np.concatenate(self._parts)

    @cached_property
    def _data(self) -> Cuttable:
        return mmap.mmap(self._file.fileno(), self._size_bytes, access=mmap.ACCESS_READ) if self._size_bytes else b""
