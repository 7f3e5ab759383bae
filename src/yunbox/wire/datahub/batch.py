"""Batches: many records in one binary block, each field in a slot of eight bytes.

    head     ``DHUB``, u32 version 0, length with the head, length before compression, CRC-32C of what follows the head,
             u16 attributes (the coding, | 8), u32 records
    record   i32 coding, i32 version of the schema (-1: BLOB), u32 length, u32 where its attributes are; i32 fields;
             a bit for each field that is not NULL; the slots; what does not fit into a slot; the attributes

All numbers are little-endian. A text of up to 7 bytes lies in its slot, whose last byte is its length | 0x80; of a
longer one the slot has length and place. Sources: pydatahub 2.29 ``batch/``; what the client for Java sends.
"""

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import crc32c
import lz4.block

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.wire.datahub.schema import FieldType, RecordSchema

_HEAD = struct.Struct("<4sIIIIHI")
_RECORD = struct.Struct("<iiII")
_MAGIC = b"DHUB"
_LAST, _CURRENT = 8, 0
_NONE, _DEFLATE, _LZ4, _ZLIB = range(4)
BLOB_VERSION = -1
_SLOT = 8
_INLINE_MAX = 7
_INLINE = 0x80
_UNTOLD = 0
"""The number of fields, where the vendor's client for Java writes; their schema tells it."""
_PACKED: dict[FieldType, struct.Struct] = {
    FieldType.BOOLEAN: struct.Struct("<?7x"),
    FieldType.TINYINT: struct.Struct("<q"),
    FieldType.SMALLINT: struct.Struct("<q"),
    FieldType.INTEGER: struct.Struct("<q"),
    FieldType.BIGINT: struct.Struct("<q"),
    FieldType.TIMESTAMP: struct.Struct("<q"),
    FieldType.FLOAT: struct.Struct("<f4x"),
    FieldType.DOUBLE: struct.Struct("<d"),
}
Schemas = Callable[[int], RecordSchema]
"""The schema of a version. Raises InvalidArgument."""


class Binary(NamedTuple):
    """A record of a batch: its values as text, as all other protocols have them; of a BLOB its one value."""

    version: int
    values: list[bytes | None]
    attributes: dict[str, str]


# -- reading


def read_batch(data: bytes, schemas: Schemas, size_max: int) -> list[Binary]:
    """The records of a batch. Raises InvalidArgument, and Unsupported for the newer form, whose records are Avro."""
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        raise _broken("it does not begin as one")
    _, version, length, raw_size, crc, attributes, count = _HEAD.unpack_from(data)
    if version != 0:
        raise Unsupported("Batches of version 1, whose records are Avro, are not offered", code="InvalidParameter")
    body = data[_HEAD.size :]
    if length != len(data):
        raise _broken(f"it has {len(data)} bytes and not {length}")
    if crc32c.crc32c(body) != crc:
        raise _broken("its checksum does not match")
    plain = _plain(body, attributes & 3, raw_size, size_max)
    return _records(plain, count, schemas)


def _plain(body: bytes, coding: int, raw_size: int, size_max: int) -> bytes:
    if raw_size > size_max:
        raise _broken(f"it is larger than {size_max} bytes")
    try:
        if coding == _LZ4:
            return lz4.block.decompress(body, uncompressed_size=raw_size)
        if coding == _ZLIB:
            return zlib.decompressobj().decompress(body, max(raw_size, 1))
    except (zlib.error, lz4.block.LZ4BlockError, ValueError) as error:
        raise _broken(str(error)) from None
    return body


def _records(plain: bytes, count: int, schemas: Schemas) -> list[Binary]:
    found, at = [], 0
    try:
        for _ in range(count):
            _, version, size, attributes_at = _RECORD.unpack_from(plain, at)
            if size < _RECORD.size or at + size > len(plain):
                raise _broken("a record is longer than what is left")
            found.append(_record(plain[at : at + size], version, attributes_at, schemas))
            at += size
    except (struct.error, IndexError, UnicodeDecodeError):
        raise _broken("a record cannot be read") from None
    return found


def _record(data: bytes, version: int, attributes_at: int, schemas: Schemas) -> Binary:
    (told,) = struct.unpack_from("<i", data, _RECORD.size)
    schema = None if version == BLOB_VERSION else schemas(version)
    count = 1 if schema is None else len(schema.fields)
    if told not in (count, _UNTOLD):
        raise _broken(f"a record has {told} fields, which its schema has not")
    nulls_at = _RECORD.size + 4
    at = nulls_at + (((count + 63) >> 6) << 3)
    values: list[bytes | None] = []
    for index in range(count):
        slot = data[at : at + _SLOT]
        at += _SLOT
        if not data[nulls_at + (index >> 3)] >> (index & 7) & 1:
            values.append(None)
        else:
            values.append(_value(data, slot, FieldType.STRING if schema is None else schema.fields[index].type))
    return Binary(version, values, _attributes(data, attributes_at))


def _value(data: bytes, slot: bytes, kind: FieldType) -> bytes:
    packed = _PACKED.get(kind)
    if packed is None:
        return _bytes(data, slot)
    (value,) = packed.unpack(slot)
    if kind is FieldType.BOOLEAN:
        return b"true" if value else b"false"
    if kind is FieldType.FLOAT:
        return _short(value)
    return repr(value).encode() if kind is FieldType.DOUBLE else b"%d" % value


def _short(value: float) -> bytes:
    """The shortest text of a number of single precision."""
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("<f", float(text)) == struct.pack("<f", value):
            return text.encode()
    return repr(value).encode()


def _bytes(data: bytes, slot: bytes) -> bytes:
    if slot[7] & _INLINE:
        return slot[: slot[7] & 7]
    length, place = struct.unpack("<II", slot)
    start = _RECORD.size + place
    if start + length > len(data):
        raise _broken("a value lies outside of its record")
    return data[start : start + length]


def _attributes(data: bytes, at: int) -> dict[str, str]:
    (count,) = struct.unpack_from("<i", data, at)
    found, at = {}, at + 4
    for _ in range(count):
        texts = []
        for _ in range(2):
            (length,) = struct.unpack_from("<i", data, at)
            if length < 0 or at + 4 + length > len(data):
                raise _broken("an attribute lies outside of its record")
            texts.append(data[at + 4 : at + 4 + length].decode())
            at += 4 + length
        found[texts[0]] = texts[1]
    return found


def _broken(why: str) -> InvalidArgument:
    return InvalidArgument(f"The batch cannot be read: {why}", code="MalformedRecord")


# -- writing


def write_batch(records: Sequence[bytes]) -> bytes:
    """A batch of records (``write_record``), not compressed: the answer it is part of may be."""
    body = b"".join(records)
    size = _HEAD.size + len(body)
    return _HEAD.pack(_MAGIC, 0, size, len(body), crc32c.crc32c(body), _NONE | _LAST, len(records)) + body


def write_record(
    schema: RecordSchema | None, version: int, values: Sequence[bytes | None], attributes: Mapping[str, str]
) -> bytes:
    """A record with values as they are kept; without a schema it is a BLOB."""
    count = len(values)
    nulls = bytearray(((count + 63) >> 6) << 3)
    place = 4 + len(nulls) + _SLOT * count
    slots, rest = [], []
    for index, value in enumerate(values):
        if value is None:
            slots.append(bytes(_SLOT))
            continue
        nulls[index >> 3] |= 1 << (index & 7)
        packed = _packed(FieldType.STRING if schema is None else schema.fields[index].type, value)
        if packed is None:
            packed = struct.pack("<II", len(value), place)
            padded = value + bytes(-len(value) % _SLOT)
            rest.append(padded)
            place += len(padded)
        slots.append(packed)
    tail = _attribute_map(attributes)
    head = _RECORD.pack(_CURRENT, version, _RECORD.size + place + len(tail), _RECORD.size + place)
    return b"".join((head, struct.pack("<i", count), nulls, *slots, *rest, tail))


def _packed(kind: FieldType, value: bytes) -> bytes | None:
    """The slot of a value, unless it is too long for one."""
    form = _PACKED.get(kind)
    if form is None:
        if len(value) > _INLINE_MAX:
            return None
        return value + bytes(_INLINE_MAX - len(value)) + bytes((len(value) | _INLINE,))
    if kind is FieldType.BOOLEAN:
        return form.pack(value == b"true")
    return form.pack(float(value) if kind in (FieldType.FLOAT, FieldType.DOUBLE) else int(value))


def _attribute_map(attributes: Mapping[str, str]) -> bytes:
    parts = [struct.pack("<i", len(attributes))]
    for text in (text for pair in attributes.items() for text in pair):
        data = text.encode()
        parts.append(struct.pack("<i", len(data)) + data)
    return b"".join(parts)
