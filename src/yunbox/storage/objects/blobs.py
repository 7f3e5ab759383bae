"""Large objects and parts: a file each, written once, flushed before anyone hears of it.

A file's number tells in which run of the server it was made. So what a crash left behind, files that no object
names, is looked for among those of the last run only.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from yunbox.storage.files import sync_file, sync_folder, translate
from yunbox.storage.objects.model import Extent, crc64

_RUN_SHIFT = 32
_FANOUT = 256


class Blobs:
    """The files of a store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers: Iterator[int] = iter(())
        self._run = -1
        self._made: set[Path] = set()

    def start(self, run: int) -> None:
        """Begin to number the files of a run of the server."""
        self._run = run
        self._numbers = itertools.count((run << _RUN_SHIFT) + 1)

    def create(self) -> "BlobWriter":
        """A new file to write."""
        number = next(self._numbers)
        path = self.path(number)
        return BlobWriter(number, path, sync=self._sync_names)

    def path(self, number: int) -> Path:
        """Where a file lies."""
        run, count = number >> _RUN_SHIFT, number & ((1 << _RUN_SHIFT) - 1)
        return self._folder / f"{run:x}" / f"{count % _FANOUT:02x}" / f"{count:x}"

    def link(self, number: int) -> int:
        """The same bytes under a new number, without a copy."""
        copy = next(self._numbers)
        target = self.path(copy)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(self.path(number), target)
            self._sync_names(target.parent)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise translate(error) from error
        return copy

    def is_linked(self, number: int) -> bool:
        """Whether the bytes of a file have other names. Raises FileNotFoundError."""
        return self.path(number).stat().st_nlink > 1

    def append(self, number: int, offset: int) -> "BlobWriter":
        """A file to write on from ``offset``; what lies behind it was never acknowledged, and goes.

        Raises FileNotFoundError.
        """
        return BlobWriter(number, self.path(number), offset)

    def truncate(self, number: int, size: int) -> None:
        """Cut off what was appended to a file in vain."""
        with contextlib.suppress(FileNotFoundError):
            os.truncate(self.path(number), size)

    def remove(self, number: int) -> None:
        """Unlink a file. Those who have it open read on."""
        path = self.path(number)
        path.unlink(missing_ok=True)
        if number >> _RUN_SHIFT != self._run:  # nothing is made in the folders of an earlier run
            with contextlib.suppress(OSError):
                path.parent.rmdir()
                path.parent.parent.rmdir()

    def of_run(self, run: int) -> Iterator[int]:
        """The numbers of the files that a run of the server made and that are still there."""
        for path in self._folder.glob(f"{run:x}/*/*"):
            yield (run << _RUN_SHIFT) + int(path.name, 16)

    def runs(self) -> list[int]:
        """The runs that files are left of."""
        return sorted(int(path.name, 16) for path in self._folder.glob("*"))

    def tidy(self, run: int) -> None:
        """Remove the empty folders of an earlier run."""
        for folder in (*self._folder.glob(f"{run:x}/*"), self._folder / f"{run:x}"):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _sync_names(self, folder: Path) -> None:
        """Flush the names of the files in a folder, and the first time also its own and those above."""
        sync_folder(folder)
        if folder not in self._made:
            for above in (folder.parent, self._folder, self._folder.parent):
                sync_folder(above)
            self._made.add(folder)


def _link(path: Path, target: Path) -> None:
    try:
        target.hardlink_to(path)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        shutil.copyfile(path, target)  # a file can have so many names only
        sync_file(target)


class BlobWriter:
    """Writes one file and sums it up on the way; not safe for more than one thread at a time."""

    def __init__(
        self, number: int, path: Path, offset: int | None = None, sync: Callable[[Path], None] = sync_folder
    ) -> None:
        self._sync = sync
        self._appending = offset is not None
        offset = offset or 0
        self.number = number
        self._path = path
        self._offset = offset
        self._crc64 = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0
        self._fd = -1
        try:
            if not self._appending:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | (0 if self._appending else os.O_CREAT), 0o600)
            if self._appending:
                os.ftruncate(self._fd, offset)
                os.lseek(self._fd, offset, os.SEEK_SET)
        except OSError as error:
            self.close()
            raise translate(error) from error

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises StorageFull."""
        self._crc64 = crc64(data, self._crc64)
        self._md5.update(data)
        self.size += len(data)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            raise translate(error) from error

    def finish(self) -> Extent:
        """Flush the file and its name; returns its bytes as an extent."""
        try:
            os.fdatasync(self._fd)
            if not self._appending:
                self._sync(self._path.parent)
        except OSError as error:
            raise translate(error) from error
        finally:
            self.close()
        return Extent(self.number, self._offset, self.size, self._crc64)

    @property
    def md5(self) -> bytes:
        """The MD5 digest of what was written."""
        return self._md5.digest()

    @property
    def crc64(self) -> int:
        """The CRC-64 of what was written."""
        return self._crc64

    def close(self) -> None:
        """Close the file, flushed or not."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def discard(self) -> None:
        """Close the file and remove it; of one that somebody names the beginning of, just what was added."""
        if self._appending and self._fd >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._offset)
        self.close()
        if not self._appending:
            self._path.unlink(missing_ok=True)
