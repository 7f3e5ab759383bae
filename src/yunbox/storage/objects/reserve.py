"""A little space that is set aside, so that a disk that objects have filled can be emptied by deleting some."""

import contextlib
import os
from pathlib import Path

from yunbox.storage.files import sync_folder

_BYTES = 2 * 1024 * 1024


class Reserve:
    """A file that holds nothing but room for a few transactions of the index."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._there = False

    def fill(self) -> None:
        """Set the space aside, when there is some."""
        if self._there:
            return
        with contextlib.suppress(OSError):
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(fd, 0, _BYTES)
                self._there = True
            finally:
                os.close(fd)
                if not self._there:
                    self._path.unlink()

    def spend(self) -> bool:
        """Give the space to whoever is about to free more; says whether there was any."""
        there, self._there = self._there, False
        if there:
            with contextlib.suppress(OSError):
                self._path.unlink()
                sync_folder(self._path.parent)
        return there
