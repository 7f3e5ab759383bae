"""Small objects in large files: a million of them cost neither a million inodes nor a million flushes.

A pack is only ever appended to, by the index's writer thread. The index counts the bytes of each pack that some
object still names; a pack that is mostly dead is written again without them (``reclaim``), and removed.
"""

import os
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.kernel.errors import Internal
from yunbox.storage.files import sync_folder, translate
from yunbox.storage.objects.model import Extent, crc64

if TYPE_CHECKING:
    from yunbox.storage.objects.index import Change

PACKED_BYTES_MAX = 64 * 1024
"""An object up to this size goes into a pack, a larger one into a file of its own."""
PACK_BYTES_MAX = 128 * 1024 * 1024
_OPEN_MAX = 64
_COUNTS = struct.Struct(">QQ")
_IOV_MAX = 1024


class Packs:
    """The packs of a store. ``append`` and ``save`` are the writer thread's, ``read`` is everyone's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._fds: OrderedDict[int, int] = OrderedDict()
        self._current = 0
        self._current_fd = -1
        self._size = 0
        self._deltas: dict[int, list[int]] = {}

    def start(self) -> None:
        """Go on with the last pack; what a crash left at its end, named by nobody, stays where it is."""
        self._size = PACK_BYTES_MAX
        numbers = self.numbers()
        if numbers:
            self._current = numbers[-1]
            self._current_fd = os.open(self.path(self._current), os.O_WRONLY | os.O_APPEND)
            self._size = os.fstat(self._current_fd).st_size

    def append(self, payloads: Sequence[bytes]) -> list[Extent]:
        """Append payloads and flush them. Raises StorageFull."""
        extents: list[Extent] = []
        at = 0
        try:
            while at < len(payloads):
                if self._size >= PACK_BYTES_MAX:
                    self._roll()
                at = self._append_some(payloads, at, extents)
            os.fdatasync(self._current_fd)
        except OSError as error:
            self._size = PACK_BYTES_MAX  # where its end is now is not known: go on in another
            raise translate(error) from error
        return extents

    def read(self, extent: Extent, start: int, length: int) -> bytes:
        """Bytes of an extent, ``start`` counted from its beginning. Raises FileNotFoundError when its pack is gone."""
        with self._lock:  # so that no other thread closes the file in between
            data = os.pread(self._fd(extent.file), length, extent.offset + start)
        if len(data) != length:
            raise Internal(f"Pack {extent.file:x} is shorter than the index says: run `yunbox oss scrub`")
        return data

    def used(self, extents: Iterable[Extent]) -> None:
        """Count the bytes of extents as named by an object."""
        for extent in extents:
            if extent.packed:
                self._delta(extent.file)[1] += extent.length

    def released(self, extents: Iterable[Extent]) -> None:
        """Count the bytes of extents as dead."""
        for extent in extents:
            if extent.packed:
                self._delta(extent.file)[1] -= extent.length

    def save(self, change: "Change") -> None:
        """Write the counts that changed into the index, in the transaction that changed them."""
        for pack, (size, live) in self._deltas.items():
            key = pack.to_bytes(8, "big")
            old_size, old_live = counts(change.get("packs", key))
            change.put("packs", key, _COUNTS.pack(old_size + size, old_live + live))
        self._deltas.clear()

    def discard(self) -> None:
        """Drop the counts of a transaction that was not committed."""
        self._deltas.clear()

    def remove(self, pack: int) -> None:
        """Unlink a pack that nobody names. Those who have it open read on."""
        with self._lock:
            fd = self._fds.pop(pack, -1)
        if fd >= 0:
            os.close(fd)
        self.path(pack).unlink(missing_ok=True)

    @property
    def current(self) -> int:
        """The pack that is being written."""
        return self._current

    def numbers(self) -> list[int]:
        """The packs on disk."""
        return sorted(int(path.stem, 16) for path in self._folder.glob("*.pack"))

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            for fd in self._fds.values():
                os.close(fd)
            self._fds.clear()
        if self._current_fd >= 0:
            os.close(self._current_fd)

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
        self._delta(self._current)[0] += offset - self._size
        self._size = offset
        return at

    def _roll(self) -> None:
        number = self._current + 1
        fd = os.open(self.path(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        sync_folder(self._folder)
        if self._current_fd >= 0:
            os.close(self._current_fd)
        self._current, self._current_fd, self._size = number, fd, 0

    def _fd(self, pack: int) -> int:
        fd = self._fds.get(pack)
        if fd is None:
            fd = self._fds[pack] = os.open(self.path(pack), os.O_RDONLY)
            while len(self._fds) > _OPEN_MAX:
                os.close(self._fds.popitem(last=False)[1])
        else:
            self._fds.move_to_end(pack)
        return fd

    def _delta(self, pack: int) -> list[int]:
        return self._deltas.setdefault(pack, [0, 0])

    def path(self, pack: int) -> Path:
        """Where a pack lies."""
        return self._folder / f"{pack:08x}.pack"


def counts(value: bytes | None) -> tuple[int, int]:
    """The size of a pack and how many of its bytes are alive, from the index."""
    return _COUNTS.unpack(value) if value else (0, 0)


def _write_rest(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
