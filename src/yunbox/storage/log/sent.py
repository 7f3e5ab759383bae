"""What producers that number their records have sent last, so that what is sent again is known as such."""

import struct
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import NamedTuple

from yunbox.storage.log.frame import Head, Origin

_ENTRY = struct.Struct("<qiiIQQ")
_REMEMBERED = 5
"""Frames of a producer: as many as it may have on their way."""
_PRODUCERS_MAX = 10_000


class Placed(NamedTuple):
    """A frame of a producer that numbers its records, and where it lies."""

    origin: Origin
    count: int
    first: int
    time_ms: int

    @property
    def behind(self) -> int:
        """The number behind those of its records; numbers begin anew behind the largest."""
        return (self.origin.first + self.count) & 0x7FFF_FFFF


class Sent:
    """The last frames of each producer, of those that sent last."""

    def __init__(self) -> None:
        self._by_producer: OrderedDict[int, deque[Placed]] = OrderedDict()

    def add(self, head: Head) -> None:
        """Note a frame, if its producer numbers its records."""
        if head.origin.producer >= 0:
            self._add(Placed(head.origin, head.count, head.first, head.time_ms))

    def of(self, producer: int) -> Sequence[Placed]:
        """The last frames of a producer, the newest last."""
        return self._by_producer.get(producer, ())

    def take(self, earlier: "Sent") -> None:
        """Know also what one of an earlier segment does."""
        own = list(self._entries())
        self._by_producer.clear()
        for placed in (*earlier._entries(), *own):
            self._add(placed)

    def packed(self) -> bytes:
        """As it lies in an index; of each frame 36 bytes."""
        return b"".join(_ENTRY.pack(*one.origin, one.count, one.first, one.time_ms) for one in self._entries())

    def unpack(self, data: memoryview) -> None:
        """Take what ``packed`` gave."""
        for *origin, count, first, time_ms in _ENTRY.iter_unpack(data):
            self._add(Placed(Origin(*origin), count, first, time_ms))

    def _entries(self) -> Sequence[Placed]:
        return [one for found in self._by_producer.values() for one in found]

    def _add(self, placed: Placed) -> None:
        producer = placed.origin.producer
        self._by_producer.setdefault(producer, deque(maxlen=_REMEMBERED)).append(placed)
        self._by_producer.move_to_end(producer)
        if len(self._by_producer) > _PRODUCERS_MAX:
            self._by_producer.popitem(last=False)


ENTRY_BYTES = _ENTRY.size
