"""Rows as the tunnel's protobuf-like record stream, in both directions.

    { { tag(column + 1) value } *  tag(33553408) CRC32C of the record } *
    tag(33554430) number of records    [ tag(1) metrics  tag(33554176) CRC32C of them ]
    tag(33554431) CRC32C of all record checksums

NULL columns are left out. A record's checksum covers, for each column present, its number as 4 bytes
little-endian and its logical value (see ``record_fields``). Sources: PyODPS 0.13 ``tunnel/io/reader.py``,
``writer.py`` and ``wireconstants.py``; Java ``ProtobufRecordStreamReader`` and ``...Writer``.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from decimal import InvalidOperation
from typing import Any

from crc32c import crc32c

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType
from yunbox.wire.odps.record_fields import malformed, reader_for, wire_type, writer_for
from yunbox.wire.varint import Short, read_varint, varint

Columns = Sequence[tuple[str, DataType]]

RECORD_BYTES_MAX = 64 << 20
"""A text holds at most 8 MB at the real service; a record of this size is no honest one."""
PARSE_BYTES_MIN = 32 << 10
_END_RECORD, _META_COUNT, _META_CHECKSUM = 33_553_408, 33_554_430, 33_554_431
_METRICS, _METRICS_END, _LENGTH_DELIMITED = 1, 33_554_176, 2
_INT = struct.Struct("<i")
_UINT = struct.Struct("<I")


def _corrupted(message: str) -> InvalidArgument:
    return InvalidArgument(message, code="CorruptedDataStream")


def _agrees(stated: int, checksum: int) -> bool:
    # PyODPS's compiled writer extends the sign of a checksum to 64 bits.
    return stated in (checksum, checksum | 0xFFFFFFFF_00000000)


class RecordDecoder:
    """Takes a record stream in pieces of any size and gives back rows, with None for NULL.

    Rows come out as bytes gather, the last ones from ``finish``. Both raise InvalidArgument for whatever is
    wrong with the stream, and nothing else. Consume every iterator: rows are built one by one, so that a
    few bytes that stand for many empty rows do not become memory before the caller wants them.
    """

    def __init__(self, columns: Columns, record_bytes_max: int = RECORD_BYTES_MAX) -> None:
        self.count = 0
        self._readers = [reader_for(kind) for _, kind in columns]
        self._numbers = [_INT.pack(number) for number in range(len(columns) + 1)]
        self._record_bytes_max = record_bytes_max
        self._pieces: list[bytes] = []
        self._held = 0
        self._want = PARSE_BYTES_MIN
        self._checksums = 0
        self._ended = False

    def feed(self, data: bytes) -> Iterator[tuple[Any, ...]]:
        """Take a piece of the stream; yield the rows now complete, which may be none."""
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= self._want:
            yield from self._parse()

    def finish(self) -> Iterator[tuple[Any, ...]]:
        """Yield the last rows, and check the footer."""
        yield from self._parse()
        if not self._ended:
            raise malformed("the record stream ends without its footer")

    def _parse(self) -> Iterator[tuple[Any, ...]]:
        buffer = b"".join(self._pieces)
        at = need = 0
        try:
            while at < len(buffer):
                if self._ended:
                    raise malformed("the record stream goes on after its footer")
                row, at = self._record(buffer, at)
                if row is not None:
                    yield row
        except Short as short:
            need = short.need - at
        except (IndexError, struct.error):
            pass
        except (ValueError, OverflowError, InvalidOperation) as error:
            raise malformed(f"record {self.count + 1} has a value that is none of its type: {error}") from None
        self._hold(buffer[at:], need)

    def _hold(self, rest: bytes, need: int) -> None:
        # Wait until an incomplete record is twice as long, so that a large one is not re-read often.
        if max(len(rest), need) > self._record_bytes_max:
            raise malformed(f"record {self.count + 1} is larger than {self._record_bytes_max} bytes")
        self._pieces, self._held = [rest], len(rest)
        self._want = max(PARSE_BYTES_MIN, need, 2 * len(rest))

    def _record(self, buffer: bytes, at: int) -> tuple[tuple[Any, ...] | None, int]:
        readers, numbers = self._readers, self._numbers
        width = len(readers)
        row: list[Any] = [None] * width
        covered: list[bytes] = []
        while True:
            tag = buffer[at]
            at += 1
            if tag > 127:
                tag, at = read_varint(buffer, at - 1)
            number = tag >> 3
            if 0 < number <= width:
                covered.append(numbers[number])
                row[number - 1], at = readers[number - 1](buffer, at, covered)
            elif number == _END_RECORD:
                return tuple(row), self._end_record(buffer, at, b"".join(covered))
            elif number == _META_COUNT and not covered:
                return None, self._footer(buffer, at)
            else:
                raise malformed(f"record {self.count + 1} has a column {number}, but there are {width}")

    def _end_record(self, buffer: bytes, at: int, covered: bytes) -> int:
        stated, at = read_varint(buffer, at)
        checksum = crc32c(covered)
        if not _agrees(stated, checksum):
            raise _corrupted(f"the checksum of record {self.count + 1} does not match")
        self._checksums = crc32c(_UINT.pack(checksum), self._checksums)
        self.count += 1
        return at

    def _footer(self, buffer: bytes, at: int) -> int:
        count, at = read_varint(buffer, at)
        tag, at = read_varint(buffer, at)
        checksum, at = read_varint(buffer, at)
        if tag >> 3 != _META_CHECKSUM:
            raise malformed("the footer of the record stream lacks its checksum")
        if count >> 1 != self.count or count & 1:
            raise _corrupted(f"the record stream should have {count >> 1} records and has {self.count}")
        if not _agrees(checksum, self._checksums):
            raise _corrupted("the checksum of the record stream does not match")
        self._ended = True
        return at


class RecordEncoder:
    """Turns rows into a record stream: ``encode`` as often as there are rows, then ``finish`` once."""

    def __init__(self, columns: Columns) -> None:
        self.count = 0
        self._columns = [
            (_INT.pack(number), varint(number << 3 | wire_type(kind)), writer_for(kind))
            for number, (_, kind) in enumerate(columns, 1)
        ]
        self._checksums = 0

    def encode(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return the records of these rows."""
        out = bytearray()
        columns, end, checksums = self._columns, _END_TAG, self._checksums
        for row in rows:
            covered: list[bytes] = []
            for (number, tag, write), value in zip(columns, row, strict=True):
                if value is not None:
                    covered.append(number)
                    out += tag
                    write(value, out, covered)
            checksum = crc32c(b"".join(covered))
            out += end
            out += varint(checksum)
            checksums = crc32c(_UINT.pack(checksum), checksums)
            self.count += 1
        self._checksums = checksums
        return bytes(out)

    def finish(self, metrics: str = "") -> bytes:
        """Return the footer that both official clients insist on, with ``metrics`` for those who look for it."""
        parts = (varint(_META_COUNT << 3), varint(self.count << 1), _metrics(metrics.encode()) if metrics else b"")
        return b"".join((*parts, varint(_META_CHECKSUM << 3), varint(self._checksums)))


def _metrics(text: bytes) -> bytes:
    checksum = crc32c(_INT.pack(_METRICS) + text)
    parts = (varint(_METRICS << 3 | _LENGTH_DELIMITED), varint(len(text)), text)
    return b"".join((*parts, varint(_METRICS_END << 3), varint(checksum)))


_END_TAG = varint(_END_RECORD << 3)
