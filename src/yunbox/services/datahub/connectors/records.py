"""Records on their way: as they are kept, and read from a shard's log no more at a time than are moved at once."""

from dataclasses import dataclass

from yunbox.services.datahub import limits
from yunbox.storage.log.log import Log


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is kept, with what its frame says of it."""

    data: bytes
    sequence: int
    time_ms: int
    version: int


def read(log: Log, first: int, end: int) -> list[Record]:
    """The records from a sequence on, up to another: no more than are moved at once."""
    found: list[Record] = []
    size_bytes = 0
    for frame in log.frames(first):
        for at, data in enumerate(frame.records()):
            sequence = frame.first + at
            if sequence < first:
                continue
            if sequence >= end or len(found) >= limits.MOVE_RECORDS_MAX or size_bytes >= limits.MOVE_BYTES_MAX:
                return found
            found.append(Record(bytes(data), sequence, frame.time_ms, frame.mark))
            size_bytes += len(data)
    return found
