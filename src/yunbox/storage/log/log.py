"""One log: its segments, what is durable of it, and what of it is still kept."""

import mmap
import os
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from yunbox.kernel.errors import StorageFull, Unavailable
from yunbox.storage.files import translate
from yunbox.storage.log.frame import FRAME_BYTES_MAX, Frame, Head, head_of
from yunbox.storage.log.segment import Segment, segment_files
from yunbox.storage.log.sent import Placed

SEGMENT_BYTES = 64 * 1024 * 1024
_SEGMENTS_LEAST = 8
"""A log that keeps no more than some bytes has so many segments then, so that little more than must goes at once."""
_END = "end"
_NUMBER = struct.Struct("<Q")


class Position(NamedTuple):
    """A record's sequence, and when it came in milliseconds since the epoch."""

    sequence: int
    time_ms: int


class Log:
    """The records from ``first`` up to ``end``, of which the latter is that of the next to come.

    One thread alone appends, expires and rolls; what it has not flushed yet nobody sees. Another reads, and closes what
    was removed (``release``), as it knows when nobody is reading. The file ``end`` tells other processes how far they
    may read: its first eight bytes are ``end``, little-endian. With ``bytes_max`` it keeps no more than that, and the
    oldest segments go: what comes at once is always kept.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES, bytes_max: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._segment_bytes = min(segment_bytes, bytes_max // _SEGMENTS_LEAST) if bytes_max else segment_bytes
        self._bytes_max = bytes_max
        self._segments = _opened(folder)
        self._remember()
        self._removed: list[Segment] = []
        self.is_closed = False
        self._end_map = _mapped(folder / _END)
        self.end = 0
        self._publish()

    # -- what there is

    @property
    def first(self) -> int:
        """The sequence of the oldest record that is kept, or ``end`` if none is."""
        return self._segments[0].first

    @property
    def size_bytes(self) -> int:
        """What its files hold."""
        return sum(segment.size_bytes for segment in self._segments)

    @property
    def last(self) -> Position | None:
        """The newest record."""
        return Position(self.end - 1, self._last_ms) if self.end > self.first else None

    @property
    def _last_ms(self) -> int:
        """When the newest record came; time does not go back in a log."""
        return next((one.last_ms for one in reversed(self._segments) if one.end > one.first), 0)

    def sent(self, producer: int) -> Sequence[Placed]:
        """The last frames of a producer that numbers its records."""
        return self._segments[-1].sent.of(producer)

    # -- writing

    def stamp(self, now_ms: int) -> int:
        """The time of records that come now: the clock may have been turned back meanwhile."""
        return max(now_ms, self._last_ms)

    def append(self, frames: Sequence[bytes]) -> None:
        """Append frames whose sequences follow ``end``, and have them be on disk. Raises StorageFull, OSError.

        What fails has changed nothing.
        """
        if self.is_closed:
            raise Unavailable("The log is no more")
        segment = self._growing(sum(map(len, frames)))
        heads = [_head(frame) for frame in frames]
        try:
            segment.write(frames[0] if len(frames) == 1 else b"".join(frames))
            segment.flush()
        except OSError as error:
            segment.cut()
            raise translate(error) from error
        segment.grow(heads)
        self._publish()

    def _remember(self) -> None:
        """After a start the last segment knows what came before it of producers that number their records."""
        if len(self._segments) > 1:
            before, last = self._segments[-2:]
            last.sent.take(before.sent)

    def _growing(self, coming_bytes: int) -> Segment:
        """The segment that takes what comes."""
        last = self._segments[-1]
        if last.size_bytes and last.size_bytes + coming_bytes > self._segment_bytes:
            last = self._roll()
            self.shrink(max(coming_bytes, self._segment_bytes))
        return last

    def _roll(self) -> Segment:
        last = self._segments[-1]
        last.seal()
        fresh = Segment.create(self.folder, last.end)
        fresh.sent.take(last.sent)
        self._segments.append(fresh)
        return fresh

    def _publish(self) -> None:
        self.end = self._segments[-1].end
        _NUMBER.pack_into(self._end_map, 0, self.end)

    # -- reading

    def frames(self, sequence: int) -> Iterator[Frame]:
        """The frames from that of a sequence on, as far as they are durable at this moment."""
        segments = list(self._segments)
        at = max(bisect_right(segments, sequence, key=lambda one: one.first) - 1, 0)
        for segment in segments[at:]:
            yield from segment.frames(sequence)

    def at_time(self, time_ms: int) -> Position:
        """The first record that is not older than a time, or where the next to come will be."""
        for segment in self._segments:
            if segment.end > segment.first and segment.last_ms >= time_ms:
                found = segment.at_time(time_ms)
                if found is not None:
                    return Position(*found)
        return Position(self.end, 0)

    def time_of(self, sequence: int) -> int:
        """When a record came; 0 for one that is not there."""
        at = bisect_right(self._segments, sequence, key=lambda one: one.first) - 1
        return self._segments[at].time_of(sequence) if at >= 0 else 0

    # -- keeping

    def expire(self, before_ms: int) -> int:
        """Remove the segments whose newest record is older than a time; how many bytes that freed."""
        last = self._segments[-1]
        if last.end > last.first and last.last_ms < before_ms:
            self._roll()
        freed = 0
        while len(self._segments) > 1 and self._segments[0].last_ms < before_ms:
            freed += self._remove_oldest()
        return freed

    def shrink(self, coming_bytes: int = 0) -> int:
        """Remove the oldest segments until what comes has room in what may be kept; how many bytes that freed."""
        freed, over = 0, self.size_bytes + coming_bytes - self._bytes_max
        while self._bytes_max and len(self._segments) > 1 and freed < over:
            freed += self._remove_oldest()
        return freed

    def _remove_oldest(self) -> int:
        segment = self._segments.pop(0)
        segment.unlink()
        self._removed.append(segment)
        return segment.size_bytes

    def roll(self, older_than_ms: int) -> None:
        """Begin another segment if the records of the last one began to come before a time, so that they can go."""
        last = self._segments[-1]
        if last.end > last.first and last.time_ms < older_than_ms:
            self._roll()

    def release(self) -> None:
        """Close the files that were removed."""
        while self._removed:
            self._removed.pop().close()

    def close(self) -> None:
        """Close its files."""
        self.is_closed = True
        self.release()
        for segment in self._segments:
            segment.close()
        self._end_map.close()


def _opened(folder: Path) -> list[Segment]:
    files = segment_files(folder)
    if not files:
        return [Segment.create(folder, 0)]
    return [*(Segment.sealed(path) for path in files[:-1]), Segment.recovered(files[-1])]


def _mapped(path: Path) -> mmap.mmap:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(fd, 0, _NUMBER.size)
        return mmap.mmap(fd, _NUMBER.size)
    except OSError as error:
        raise translate(error) from error
    finally:
        os.close(fd)


def _head(frame: bytes) -> Head:
    head = head_of(frame)
    if head is None:
        raise StorageFull(f"Records that come together must not take more than {FRAME_BYTES_MAX} bytes")
    return head
