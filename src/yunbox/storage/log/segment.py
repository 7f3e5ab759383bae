"""Segments: the files of a log, each named by the sequence of its first record.

The last one grows; the others are sealed, and have a sparse index beside them, so that a start need not read them. What
a crash has torn is cut off when the last one is opened: whatever was acknowledged is whole.
"""

import os
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from yunbox.storage.files import sync_folder, translate, write_durably
from yunbox.storage.log.frame import Frame, Head, frame_of, head_of
from yunbox.storage.log.sent import ENTRY_BYTES, Sent

INDEXED_EVERY_BYTES = 64 * 1024
_CHUNK_BYTES = 256 * 1024
_INDEX_HEAD = struct.Struct("<4sIQQQ")
_INDEX_MAGIC = b"YLI1"
_LOG, _INDEX = ".log", ".index"


class Index:
    """Where some frames begin: the sequences of their first records, their times, and their places in the file."""

    def __init__(self) -> None:
        self.firsts = array("Q")
        self.times = array("Q")
        self.places = array("Q")

    def add(self, head: Head, place: int) -> None:
        """Note a frame, unless one not far before it is noted."""
        if not self.places or place - self.places[-1] >= INDEXED_EVERY_BYTES:
            self.places.append(place)  # before what is searched: another thread may be searching
            self.times.append(head.time_ms)
            self.firsts.append(head.first)

    def before(self, sequence: int) -> int:
        """A place from which the frame of a sequence is found by going on."""
        at = bisect_right(self.firsts, sequence) - 1
        return self.places[at] if at >= 0 else 0

    def before_time(self, time_ms: int) -> int:
        """A place from which the first frame that is not older than a time is found by going on."""
        at = bisect_right(self.times, time_ms - 1) - 1
        return self.places[at] if at >= 0 else 0


class Segment:
    """One file. ``end`` is the sequence behind its last record, ``size_bytes`` what of it is known to be whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first = int(path.stem)
        self.end = self.first
        self.size_bytes = 0
        self.time_ms = 0
        self.last_ms = 0
        self.index = Index()
        self.sent = Sent()
        self._fd = os.open(path, os.O_RDWR)

    # -- opening

    @classmethod
    def create(cls, folder: Path, first: int) -> "Segment":
        """An empty segment, whose name is on disk when this returns."""
        path = folder / f"{first:020d}{_LOG}"
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise translate(error) from error
        sync_folder(folder)
        return cls(path)

    @classmethod
    def recovered(cls, path: Path) -> "Segment":
        """The last segment of a log: what is not whole at its end is cut off."""
        segment = cls(path)
        for place, head, _ in segment._scan(0, os.fstat(segment._fd).st_size, checked=True):
            segment._grown(head, place)
        if os.fstat(segment._fd).st_size > segment.size_bytes:
            segment.cut()
        return segment

    @classmethod
    def sealed(cls, path: Path) -> "Segment":
        """A segment that others follow, by its index; one without an index is read."""
        segment = cls(path)
        if not segment._read_index():
            for place, head, _ in segment._scan(0, os.fstat(segment._fd).st_size, checked=True):
                segment._grown(head, place)
            segment._write_index()
        return segment

    # -- writing

    def write(self, data: bytes) -> None:
        """Append frames, which count once they are flushed (``flush``, ``grow``). Raises OSError."""
        view, at = memoryview(data), self.size_bytes
        while view:
            written = os.pwrite(self._fd, view, at)
            view, at = view[written:], at + written

    def flush(self) -> None:
        """Have what was written be on disk."""
        os.fdatasync(self._fd)

    def grow(self, heads: list[Head]) -> None:
        """Count frames that were written and flushed."""
        for head in heads:
            self._grown(head, self.size_bytes)

    def cut(self) -> None:
        """Take back what was written and does not count."""
        os.ftruncate(self._fd, self.size_bytes)
        os.fdatasync(self._fd)

    def seal(self) -> None:
        """Say that no more will come."""
        self._write_index()

    # -- reading

    def frames(self, sequence: int) -> Iterator[Frame]:
        """The frames from that of a sequence on."""
        for _, head, frame in self._scan(self.index.before(sequence), self.size_bytes, skip=sequence):
            if head.end > sequence and frame is not None:
                yield frame

    def at_time(self, time_ms: int) -> tuple[int, int] | None:
        """The sequence and time of the first record that is not older than a time."""
        for _, head, _ in self._scan(self.index.before_time(time_ms), self.size_bytes, skip=self.end):
            if head.time_ms >= time_ms:
                return head.first, head.time_ms
        return None

    def time_of(self, sequence: int) -> int:
        """When a record came."""
        for _, head, _ in self._scan(self.index.before(sequence), self.size_bytes, skip=self.end):
            if head.first <= sequence < head.end:
                return head.time_ms
        return 0

    # -- ending

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def unlink(self) -> None:
        """Remove the file, with its index; who has it open may go on reading."""
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(_INDEX).unlink(missing_ok=True)

    # -- inside

    def _grown(self, head: Head, place: int) -> None:
        self.index.add(head, place)
        self.sent.add(head)
        self.time_ms = self.time_ms or head.time_ms
        self.last_ms = head.time_ms
        self.end = head.end
        self.size_bytes = place + head.size_bytes

    def _scan(
        self, place: int, end: int, *, skip: int = 0, checked: bool = False
    ) -> Iterator[tuple[int, Head, Frame | None]]:
        """Frame by frame from a place: its place, its header, and itself unless it ends before ``skip``.

        With ``checked`` the first frame that is not whole, or not the next one, ends it: nothing behind it counts.
        """
        chunk, base, expected = memoryview(b""), place, self.first if checked else -1
        while place < end:
            head = head_of(chunk, place - base)
            if head is None or (head.end > skip and place - base + head.size_bytes > len(chunk)):
                base, chunk = place, self._chunk(place, end)
                head = head_of(chunk)
            if head is None or (checked and head.first != expected):
                return
            frame = frame_of(chunk, head, place - base) if head.end > skip else None
            if frame is None and head.end > skip:
                return
            yield place, head, frame
            expected = head.end
            place += head.size_bytes

    def _chunk(self, place: int, end: int) -> memoryview:
        """What begins at a place: as much as is read at once, and at least the frame that begins there."""
        data = os.pread(self._fd, min(_CHUNK_BYTES, end - place), place)
        head = head_of(data)
        if head is not None and head.size_bytes > len(data):
            data = os.pread(self._fd, min(head.size_bytes, end - place), place)
        return memoryview(data)

    def _write_index(self) -> None:
        index = self.index
        head = _INDEX_HEAD.pack(_INDEX_MAGIC, len(index.places), self.end, self.last_ms, self.size_bytes)
        body = b"".join(part.tobytes() for part in (index.firsts, index.times, index.places))
        write_durably(self.path.with_suffix(_INDEX), head + body + self.sent.packed())

    def _read_index(self) -> bool:
        """Whether there is an index, and it is about this very file."""
        try:
            data = self.path.with_suffix(_INDEX).read_bytes()
        except FileNotFoundError:
            return False
        if len(data) < _INDEX_HEAD.size:
            return False
        magic, count, end, last_ms, size_bytes = _INDEX_HEAD.unpack_from(data)
        sent_bytes = len(data) - _INDEX_HEAD.size - 24 * count
        whole = sent_bytes >= 0 and sent_bytes % ENTRY_BYTES == 0
        if magic != _INDEX_MAGIC or not whole or size_bytes != os.fstat(self._fd).st_size:
            return False
        parts = memoryview(data)[_INDEX_HEAD.size :]
        self.sent.unpack(parts[24 * count :])
        for number, part in enumerate((self.index.firsts, self.index.times, self.index.places)):
            part.frombytes(parts[8 * count * number : 8 * count * (number + 1)])
        self.end, self.last_ms, self.size_bytes = end, last_ms, size_bytes
        self.time_ms = self.index.times[0] if count else 0
        return True


def segment_files(folder: Path) -> list[Path]:
    """The files of a log, in their order."""
    return sorted(path for path in folder.glob(f"*{_LOG}") if path.stem.isdigit())
