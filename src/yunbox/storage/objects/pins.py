"""Files that somebody is reading: they are unlinked when the last reader has ended, not before.

A pack is known by its number below zero, a file by its number above.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable

from yunbox.storage.objects.model import Extent


class Pins:
    """Counts readers of files. ``remove`` unlinks a file once nobody reads it."""

    def __init__(self, remove: Callable[[int], None]) -> None:
        self._remove = remove
        self._lock = threading.Lock()
        self._readers: Counter[int] = Counter()
        self._doomed: set[int] = set()
        self._holders = 0

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Nothing is unlinked as long as the block lasts: another process reads what it may have seen named."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            self._end_hold()

    def _end_hold(self) -> None:
        with self._lock:
            self._holders -= 1
            gone = [] if self._holders else [number for number in self._doomed if number not in self._readers]
            self._doomed.difference_update(gone)
        for number in gone:
            self._remove(number)

    def pin(self, files: Iterable[int]) -> None:
        """Begin to read files."""
        with self._lock:
            self._readers.update(files)

    def unpin(self, files: Iterable[int]) -> None:
        """End reading files."""
        gone: list[int] = []
        with self._lock:
            for number in files:
                self._readers[number] -= 1
                if self._readers[number] <= 0:
                    del self._readers[number]
                    if number in self._doomed and not self._holders:
                        self._doomed.discard(number)
                        gone.append(number)
        for number in gone:
            self._remove(number)

    def doom(self, files: Iterable[int]) -> None:
        """Unlink files, now or when their readers have ended."""
        gone: list[int] = []
        with self._lock:
            for number in files:
                if number in self._readers or self._holders:
                    self._doomed.add(number)
                else:
                    gone.append(number)
        for number in gone:
            self._remove(number)


def pins_of(extents: Iterable[Extent]) -> set[int]:
    """What to pin in order to read extents."""
    return {-extent.file if extent.packed else extent.file for extent in extents}
