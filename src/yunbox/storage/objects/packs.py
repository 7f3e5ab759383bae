"""Small objects in large files: a million of them cost neither a million inodes nor a million flushes.

A pack is only ever appended to, by the index's writer thread. The index counts the bytes of each pack that some
object still names; a pack that is mostly dead is written again without them (``reclaim``), and removed.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from yunbox.kernel.errors import Internal
from yunbox.storage.files import sync_folder, translate
from yunbox.storage.objects.model import Extent, crc64

PACKED_BYTES_MAX = 64 * 1024
"""An object up to this size goes into a pack, a larger one into a file of its own."""
PACK_BYTES_MAX = 128 * 1024 * 1024
_UNKNOWN = 1 << 62
_OPEN_MAX = 64
_IOV_MAX = 1024


class _OpenFile:
    """A file that is closed when the last thread that reads it has let it go."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        fd, self.fd = getattr(self, "fd", -1), -1
        if fd >= 0:
            os.close(fd)


class Packs:
    """The packs of a store. ``append`` is the writer thread's, ``read`` is everyone's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._open: OrderedDict[int, _OpenFile] = OrderedDict()
        self._known: set[int] = set()
        self._current = 0
        self._current_fd = -1
        self._size = _UNKNOWN
        self._begin = (0, _UNKNOWN)

    def start(self) -> None:
        """Go on with the last pack; what a crash left at its end, named by nobody, stays where it is."""
        self._known = {int(path.stem, 16) for path in self._folder.glob("*.pack")}
        if self._known:
            self._current = max(self._known)
            self._current_fd = os.open(self.path(self._current), os.O_WRONLY | os.O_APPEND)
            self._size = os.fstat(self._current_fd).st_size

    def append(self, payloads: Sequence[bytes]) -> list[Extent]:
        """Append payloads and flush them. Raises StorageFull."""
        extents: list[Extent] = []
        self._begin = (self._current, self._size)
        at = 0
        try:
            while at < len(payloads):
                if self._size >= PACK_BYTES_MAX:
                    self._roll()
                at = self._append_some(payloads, at, extents)
            os.fdatasync(self._current_fd)
        except OSError as error:
            self.take_back()
            raise translate(error) from error
        return extents

    def read(self, extent: Extent, start: int, length: int) -> bytes:
        """Bytes of an extent, ``start`` counted from its beginning. Raises FileNotFoundError when its pack is gone."""
        with self._lock:
            file = self._file(extent.file)
        data = os.pread(file.fd, length, extent.offset + start)
        if len(data) != length:
            raise Internal(f"Pack {extent.file:x} is shorter than the index says: run `yunbox oss scrub`")
        return data

    def forget(self, pack: int) -> None:
        """Take a pack that nobody names for gone, from now on."""
        self._known.discard(pack)

    def remove(self, pack: int) -> None:
        """Unlink a pack that nobody names. Those who have it open read on."""
        self.forget(pack)
        with self._lock:
            self._open.pop(pack, None)
        self.path(pack).unlink(missing_ok=True)

    @property
    def current(self) -> int:
        """The pack that is being written."""
        return self._current

    def numbers(self) -> list[int]:
        """The packs there are."""
        return sorted(self._known.copy())

    def __contains__(self, pack: int) -> bool:
        return pack in self._known

    def size_bytes(self, pack: int) -> int:
        """How large a pack is on disk."""
        return self.path(pack).stat().st_size

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            self._open.clear()
        if self._current_fd >= 0:
            os.close(self._current_fd)
            self._current_fd = -1

    def _append_some(self, payloads: Sequence[bytes], at: int, extents: list[Extent]) -> int:
        """Write as many payloads as fit into one call and this pack; returns the next one's place."""
        chunk: list[bytes] = []
        offset = self._size
        while at < len(payloads) and len(chunk) < _IOV_MAX and offset < PACK_BYTES_MAX:
            data = payloads[at]
            extents.append(Extent(self._current, offset, len(data), crc64(data), True))
            chunk.append(data)
            offset += len(data)
            at += 1
        written = os.writev(self._current_fd, chunk)
        if written != offset - self._size:
            _write_rest(self._current_fd, b"".join(chunk)[written:])
        self._size = offset
        return at

    def take_back(self) -> None:
        """Cut off what the last call has appended, which nobody names, or leave that pack for good."""
        pack, size = self._begin
        try:
            if self._current_fd >= 0:
                size = min(size, os.fstat(self._current_fd).st_size) if pack == self._current else 0
                os.ftruncate(self._current_fd, size)
                os.fdatasync(self._current_fd)
                self._size = size
        except OSError:
            self._size = _UNKNOWN  # where its end is now is not known: go on in another

    def _roll(self) -> None:
        number = self._current + 1
        fd = os.open(self.path(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            sync_folder(self._folder)
        except BaseException:
            os.close(fd)
            raise
        if self._current_fd >= 0:
            os.close(self._current_fd)
        self._current, self._current_fd, self._size = number, fd, 0
        self._known.add(number)

    def _file(self, pack: int) -> "_OpenFile":
        file = self._open.get(pack)
        if file is None:
            file = self._open[pack] = _OpenFile(self.path(pack))
            if len(self._open) > _OPEN_MAX:
                self._open.popitem(last=False)
        else:
            self._open.move_to_end(pack)
        return file

    def path(self, pack: int) -> Path:
        """Where a pack lies."""
        return self._folder / f"{pack:08x}.pack"


def _write_rest(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
