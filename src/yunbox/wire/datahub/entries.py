"""The records of an answer that are wanted column by column: where each one's data lies, worked out for all together.

An entry is put together by ``messages.compose``: its sequence, its time, perhaps attributes, and the data.
"""

from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.datahub.columns import Columns, split
from yunbox.wire.datahub.messages import Entry, read_entry
from yunbox.wire.varint import read_varint, varint

_ENTRY, _SEQUENCE, _TIME, _DATA = 0x22, 0x30, 0x38, 0x4A
_CURSOR, _COUNT, _START = 0x0A, 0x10, 0x18


@dataclass(frozen=True)
class Entries:
    """Some records: ``sequences``, ``times`` in milliseconds, and for each where its entry and its data are."""

    message: bytes
    next_cursor: str
    starts: list[int]
    ends: list[int]
    sequences: list[int]
    times: list[int]
    data_starts: list[int]

    def __len__(self) -> int:
        return len(self.starts)

    def columns(self, count: int) -> Columns:
        """The fields of all records; those that have not so many are not ``whole``."""
        return split(self.message, self.data_starts, self.ends, count)

    def entry(self, at: int) -> Entry:
        """One record in full."""
        content = self.message[self.starts[at] : self.ends[at]]
        return read_entry(b"\x22" + varint(len(content)) + content)


def read_entries(message: bytes) -> Entries:
    """The records of a GetRecordsResponse. Raises InvalidArgument."""
    cursor, at, end = "", 0, len(message)
    found = Entries(message, "", [], [], [], [], [])
    try:
        while at < end:
            tag = message[at]
            if tag in (_COUNT, _START):
                _, at = read_varint(message, at + 1)
                continue
            length, start = read_varint(message, at + 1)
            at = start + length
            if tag == _CURSOR:
                cursor = message[start:at].decode()
            elif tag == _ENTRY:
                _note(found, message, start, at)
    except IndexError:
        raise InvalidArgument("The answer's records cannot be read", code="InvalidParameter") from None
    return Entries(message, cursor, found.starts, found.ends, found.sequences, found.times, found.data_starts)


def _note(found: Entries, message: bytes, start: int, end: int) -> None:
    """Where one entry has its parts; its data is the last."""
    at, sequence, time, data_at = start, 0, 0, end
    while at < end:
        tag = message[at]
        number, at = read_varint(message, at + 1)
        if tag == _SEQUENCE:
            sequence = number
        elif tag == _TIME:
            time = number
        else:
            data_at = at if tag == _DATA else data_at
            at += number
    found.starts.append(start)
    found.ends.append(end)
    found.sequences.append(sequence)
    found.times.append(time)
    found.data_starts.append(data_at)
