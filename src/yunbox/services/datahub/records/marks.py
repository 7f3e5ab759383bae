"""Marks: what a writer may put again after a crash, without any record being there twice.

A put into a shard may say in the header ``x-yunbox-mark: NUMBER WRITER`` who puts and which of the writer's puts it is;
numbers go up. One whose number is no greater than that of the writer's last put into the shard is answered and changes
nothing. Writers are told apart by who asks too: nobody can keep away what another puts. Only our own engine says so; a
service that does not know the header puts all that comes.

How far a writer is lies in the log, in the frames themselves, as it does for Kafka's producers.
"""

import asyncio
from dataclasses import dataclass
from hashlib import blake2b

from yunbox.kernel.call import Principal
from yunbox.services.datahub import limits
from yunbox.storage.log.frame import Origin
from yunbox.storage.log.log import Log, Position

HEADER = "x-yunbox-mark"
_NUMBER_BITS = 62
_HALF_BITS = 31
_OURS = 1 << 62
"""The ids of producers are numbers below this one (``kafka/server``), and those of writers are not."""
_WRITER_LENGTH_MAX = 512


@dataclass(frozen=True, slots=True)
class Mark:
    """Which of its puts a writer's is."""

    number: int
    writer: str

    def origin(self, principal: Principal) -> Origin:
        """As it lies in the log; origins of one writer are in the order of the numbers."""
        name = "\0".join((principal.account_id, principal.kind, principal.id, self.writer))
        digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
        low = self.number & ((1 << _HALF_BITS) - 1)
        return Origin(digest % _OURS | _OURS, self.number >> _HALF_BITS, low)


def mark_of(text: str) -> Mark | None:
    """The mark of a header, if it has one. Raises InvalidArgument."""
    if not text:
        return None
    number, _, writer = text.partition(" ")
    fits = number.isascii() and number.isdigit() and len(number) < 20 and int(number) < 1 << _NUMBER_BITS
    if not fits or not 0 < len(writer) <= _WRITER_LENGTH_MAX:
        raise limits.invalid(f"The header {HEADER} has a number below 2^{_NUMBER_BITS} and the name of a writer")
    return Mark(int(number), writer)


class Marks:
    """What writers with marks have on the way; what they have put is in the logs."""

    def __init__(self) -> None:
        self._coming: dict[tuple[Log, int], tuple[Origin, asyncio.Future[Position]]] = {}

    async def has(self, log: Log, origin: Origin) -> bool:
        """Whether a put is there; one that is on its way is waited for. Raises what that fails of."""
        coming = self._coming.get((log, origin.producer))
        if coming is not None and coming[0] >= origin:
            await asyncio.shield(coming[1])
            return True
        sent = log.sent(origin.producer)
        return bool(sent) and sent[-1].origin >= origin

    def put(self, log: Log, origin: Origin, coming: "asyncio.Future[Position]") -> None:
        """Note a put that is on its way."""
        key, noted = (log, origin.producer), (origin, coming)
        self._coming[key] = noted

        def forget(_done: object) -> None:
            if self._coming.get(key) is noted:
                del self._coming[key]

        coming.add_done_callback(forget)
