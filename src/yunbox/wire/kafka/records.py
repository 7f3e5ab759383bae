"""Batches of records, version 2: read from what producers send, made for what consumers fetch.

    base offset i64, length i32, leader epoch i32, magic 2, CRC-32C of what follows, attributes i16, last offset delta
    i32, base time i64, largest time i64, producer id i64, its epoch i16, its sequence i32, records i32, then each
    record with its length in front

Numbers are big-endian; within records they are of variable length, the sign folded in. Source: Kafka's documentation,
"Message Format". kio's own reader of records drops the milliseconds of their times, hence this one.
"""

import struct
import sys
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import cramjam
import crc32c
import lz4.frame

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.varint import read_varint, varint

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_HEAD = struct.Struct(">qiibIhiqqqhii")
_CHECKED_FROM = 21
_LENGTH_FROM = 12
_MAGIC = 2
_XERIAL = b"\x82SNAPPY\x00"
_NONE, _GZIP, _SNAPPY, _LZ4, _ZSTD = range(5)
Header = tuple[bytes, bytes | None]


class Record(NamedTuple):
    """A record; its value, and its key, may be none."""

    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


class Batch(NamedTuple):
    """Records of one producer, which numbers them if its id is not -1."""

    producer_id: int
    producer_epoch: int
    base_sequence: int
    is_transactional: bool
    records: list[Record]


def read_batches(data: bytes, size_max: int) -> list[Batch]:
    """What a producer has sent for one partition. Raises InvalidArgument."""
    found, at = [], 0
    try:
        while at < len(data):
            batch, at = _batch(data, at, size_max)
            found.append(batch)
    except (struct.error, IndexError, InvalidArgument) as error:
        raise InvalidArgument(f"The batch of records cannot be read: {error}") from None
    return found


def _batch(data: bytes, at: int, size_max: int) -> tuple[Batch, int]:
    (_, length, _, magic, crc, attributes, _, _, _, producer, epoch, sequence, count) = _HEAD.unpack_from(data, at)
    end = at + _LENGTH_FROM + length
    if magic != _MAGIC:
        raise InvalidArgument(f"its version is {magic} and not {_MAGIC}")
    if end > len(data) or end < at + _HEAD.size:
        raise InvalidArgument("it ends too early")
    if crc32c.crc32c(data[at + _CHECKED_FROM : end]) != crc:
        raise InvalidArgument("its checksum does not match")
    body = _plain(data[at + _HEAD.size : end], attributes & 7, size_max)
    return Batch(producer, epoch, sequence, bool(attributes & 16), _records(body, count)), end


def _plain(data: bytes, coding: int, size_max: int) -> bytes:
    try:
        plain = _decompressed(data, coding, size_max)
    except (cramjam.DecompressionError, zlib.error, zstd.ZstdError, RuntimeError, EOFError, ValueError) as error:
        raise InvalidArgument(f"it cannot be uncompressed: {error}") from None
    if len(plain) > size_max:
        raise InvalidArgument(f"it has more than {size_max} bytes")
    return plain


def _decompressed(data: bytes, coding: int, size_max: int) -> bytes:
    if coding == _NONE:
        return data
    if coding == _GZIP:
        return _streamed(zlib.decompressobj(zlib.MAX_WBITS | 16), data, size_max)
    if coding == _SNAPPY:
        return _snappy(data, size_max)
    if coding == _LZ4:
        return _streamed(lz4.frame.LZ4FrameDecompressor(), data, size_max)
    if coding == _ZSTD:
        return _streamed(zstd.ZstdDecompressor(), data, size_max)
    raise InvalidArgument(f"the compression {coding} is not known")


def _streamed(decompressor: Any, data: bytes, size_max: int) -> bytes:
    """What a stream holds, but not much more than may be. Raises ValueError for one that is not whole."""
    plain = decompressor.decompress(data, size_max + 1)
    if len(plain) <= size_max and not decompressor.eof:
        raise ValueError("it ends too early")
    return plain


def _snappy(data: bytes, size_max: int) -> bytes:
    """Raw, as librdkafka sends it, or in blocks with a header, as Java does."""
    if not data.startswith(_XERIAL):
        blocks = [data]
    else:
        blocks, at = [], 16
        while at < len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            blocks.append(data[at + 4 : at + 4 + size])
            at += 4 + size
    if sum(cramjam.snappy.decompress_raw_len(block) for block in blocks) > size_max:
        raise InvalidArgument(f"it has more than {size_max} bytes")
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _records(body: bytes, count: int) -> list[Record]:
    found, at = [], 0
    for _ in range(count):
        length, at = _signed(body, at)
        end = at + length
        if length < 0 or end > len(body):
            raise InvalidArgument("a record ends too early")
        record, at = _record(body, at + 1)
        if at != end:
            raise InvalidArgument("a record is not as long as it says")
        found.append(record)
    return found


def _record(body: bytes, at: int) -> tuple[Record, int]:
    _, at = _signed(body, at)  # its time: DataHub has that of its coming
    _, at = _signed(body, at)
    key, at = _bytes(body, at)
    value, at = _bytes(body, at)
    count, at = _signed(body, at)
    headers = []
    for _ in range(count):
        name, at = _bytes(body, at)
        held, at = _bytes(body, at)
        headers.append((name or b"", held))
    return Record(key, value, tuple(headers)), at


def _signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = read_varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _signed(data, at)
    if length < 0:
        return None, at
    if at + length > len(data):
        raise InvalidArgument("a value ends too early")
    return data[at : at + length], at + length


# -- writing


def write_batch(first: int, time_ms: int, records: Sequence[Record]) -> bytes:
    """A batch of records that came at one time, whose offsets follow each other."""
    body = b"".join([_written(at, record) for at, record in enumerate(records)])
    checked = struct.pack(">hiqqqhii", 0, len(records) - 1, time_ms, time_ms, -1, -1, -1, len(records))
    crc = crc32c.crc32c(body, crc32c.crc32c(checked))
    length = _CHECKED_FROM - _LENGTH_FROM + len(checked) + len(body)
    return struct.pack(">qiibI", first, length, 0, _MAGIC, crc) + checked + body


def _written(at: int, record: Record) -> bytes:
    parts = [b"\x00\x00", _number(at), _held(record.key), _held(record.value), _number(len(record.headers))]
    for name, value in record.headers:
        parts += (_held(name), _held(value))
    body = b"".join(parts)
    return _number(len(body)) + body


def _number(value: int) -> bytes:
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _held(value: bytes | None) -> bytes:
    return b"\x01" if value is None else varint(len(value) << 1) + value
