"""Records on their way: as they are kept, and read from a shard's log no more at a time than are moved at once."""

import asyncio
from dataclasses import dataclass

from yunbox.services.datahub import limits
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.storage.log.log import Log

_STEP_RECORDS = 2000
_STEP_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is kept, with what its frame says of it."""

    data: bytes
    sequence: int
    time_ms: int
    version: int


class FieldPlaces:
    """Where each field lies among the values of a topic's records, which depends on the version of their schema."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._of: dict[int, dict[str, int]] = {}

    def of(self, version: int) -> dict[str, int]:
        """By the fields' names in lower case; records of a version that is no more are read by the newest."""
        found = self._of.get(version)
        if found is None:
            kept = self._topic.schemas.get(version) or self._topic.latest
            found = self._of[version] = {field.name.lower(): at for at, field in enumerate(kept.schema.fields)}
        return found


def value_at(values: list[bytes | None], place: int | None) -> bytes | None:
    """A value; NULL where the record is older than the field."""
    return values[place] if place is not None and place < len(values) else None


async def read(log: Log, first: int, end: int) -> list[Record]:
    """The records from a sequence on, up to another: no more than are moved at once. They are read in steps, so that
    the broker's clients need not wait."""
    found: list[Record] = []
    left = limits.MOVE_BYTES_MAX
    while left > 0 and len(found) < limits.MOVE_RECORDS_MAX:
        step = read_step(log, found[-1].sequence + 1 if found else first, end)
        if not step:
            break
        found += step
        left -= sum(len(record.data) for record in step)
        await asyncio.sleep(0)
    return found


def read_step(log: Log, first: int, end: int) -> list[Record]:
    """Some records from a sequence on, up to another; one at least, if there is any."""
    found: list[Record] = []
    size_bytes = 0
    for frame in log.frames(first):
        for index in range(max(first - frame.first, 0), frame.count):
            sequence = frame.first + index
            if sequence >= end or len(found) >= _STEP_RECORDS or size_bytes >= _STEP_BYTES:
                return found
            data = bytes(frame.slice(index, index + 1))
            found.append(Record(data, sequence, frame.time_ms, frame.mark))
            size_bytes += len(data)
    return found
