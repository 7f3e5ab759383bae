"""DataHub's protobuf messages, read and written by hand: a record is kept as the bytes that it came in.

What is read is a record's routing and its two fields ``attributes`` and ``data``, which are passed on as they are; from
these and its sequence and time an entry of an answer is put together. Source: the messages of pydatahub 2.29
(``proto/datahub_record_proto_pb.py``) and of the Go SDK (``pbmodel/datahub.proto``).
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.protobuf import spans
from yunbox.wire.varint import read_varint, varint

_DATA_TAG = 0x4A
_RECORDS_TAG = 0x0A  # PutRecordsRequest.records, and any first field that has a length
_SHARD_ID, _HASH_KEY, _PARTITION_KEY = 1, 2, 3
_ATTRIBUTES, _DATA = 8, 9
_ENTRY_TAG = b"\x22"  # GetRecordsResponse.records
_TIME_TAG = b"\x38"
_LOW = tuple(bytes((number | 128,)) for number in range(128))


@dataclass(slots=True)
class Put:
    """A record to be put: ``body`` are its attributes and its data as fields of an entry, ``data_at`` is where the
    content of the data begins in it."""

    body: bytes
    data_at: int
    shard_id: str = ""
    hash_key: str = ""
    partition_key: str = ""


class GetRequest(NamedTuple):
    """From where records are wanted, and how many."""

    cursor: str
    limit: int


# -- requests


def read_puts(message: bytes) -> list[Put]:
    """The records of a PutRecordsRequest. Raises InvalidArgument."""
    try:
        return [_put(message, start, end) for start, end in _repeated(message)]
    except (IndexError, UnicodeDecodeError, InvalidArgument):
        raise _broken() from None


def read_batches(message: bytes) -> list[bytes]:
    """The batches of a PutBinaryRecordsRequest. Raises InvalidArgument."""
    found = []
    try:
        for start, end in _repeated(message):
            data = b""
            for number, _, low, high in spans(message, start, end):
                if number == 6:
                    data = message[low:high]
            found.append(data)
    except (IndexError, InvalidArgument):
        raise _broken() from None
    return found


def read_get(message: bytes) -> GetRequest:
    """A GetRecordsRequest. Raises InvalidArgument."""
    cursor, limit = "", 1
    try:
        for number, _, low, high in spans(message, 0, len(message)):
            if number == 1:
                cursor = message[low:high].decode()
            elif number == 2:
                limit, _ = read_varint(message, low)
    except (IndexError, UnicodeDecodeError, InvalidArgument):
        raise _broken() from None
    return GetRequest(cursor, limit if limit < 1 << 31 else -1)


def _repeated(message: bytes) -> Iterable[tuple[int, int]]:
    """Where the records are: the one field that both requests have."""
    at, size = 0, len(message)
    while at < size:
        if message[at] != _RECORDS_TAG:
            raise _broken()
        length = message[at + 1]
        at += 2
        if length > 127:
            length, at = read_varint(message, at - 1)
        end = at + length
        if end > size:
            raise _broken()
        yield at, end
        at = end


def _put(message: bytes, start: int, end: int) -> Put:
    """A record, whose attributes and data are next to each other in what clients send."""
    if message[start] == _DATA_TAG:  # and often there is nothing else
        length, at = message[start + 1], start + 2
        if length > 127:
            length, at = read_varint(message, start + 1)
        if at + length == end:
            return Put(message[start:end], at - start)
    attributes = data = (0, 0)
    data_at = 0
    keys = ["", "", "", ""]
    at = start
    while at < end:
        tag, began = message[at], at
        length = message[at + 1]
        at += 2
        if length > 127:
            length, at = read_varint(message, at - 1)
        if tag & 7 == 0:  # a number, of no meaning in a request
            continue
        if tag & 7 != 2 or at + length > end:
            raise _broken()
        number = tag >> 3
        if number == _DATA:
            data, data_at = (began, at + length), at
        elif number == _ATTRIBUTES:
            attributes = (began, at + length)
        elif number <= _PARTITION_KEY:
            keys[number] = message[at : at + length].decode()
        at += length
    if not data_at:
        raise _broken()
    if attributes[1] == data[0]:
        body, shift = message[attributes[0] : data[1]], attributes[0]
    else:
        head = message[slice(*attributes)]
        body, shift = head + message[slice(*data)], data[0] - len(head)
    return Put(body, data_at - shift, keys[_SHARD_ID], keys[_HASH_KEY], keys[_PARTITION_KEY])


def _broken() -> InvalidArgument:
    return InvalidArgument("The protobuf message cannot be read", code="InvalidParameter")


# -- records


def body_of(values: Iterable[bytes | None], attributes: Mapping[str, str]) -> tuple[bytes, int]:
    """The fields of an entry with some values (None is NULL), and where the content of the data begins in them."""
    data = b"".join([b"\x0a\x00" if value is None else _value(value) for value in values])
    head = _attributes(attributes) if attributes else b""
    prefix = b"%b\x4a%b" % (head, varint(len(data)))
    return prefix + data, len(prefix)


def _value(value: bytes) -> bytes:
    length = len(value)
    if length < 126:
        return b"\x0a%c\x0a%c%b" % (length + 2, length, value)
    inner = b"\x0a%b%b" % (varint(length), value)
    return b"\x0a%b%b" % (varint(len(inner)), inner)


def _attributes(attributes: Mapping[str, str]) -> bytes:
    pairs = []
    for name, value in attributes.items():
        key, text = name.encode(), value.encode()
        pair = b"\x0a%b%b\x12%b%b" % (varint(len(key)), key, varint(len(text)), text)
        pairs.append(b"\x0a%b%b" % (varint(len(pair)), pair))
    content = b"".join(pairs)
    return b"\x42%b%b" % (varint(len(content)), content)


def compose(bodies: Sequence[bytes], first: int, time_ms: int) -> tuple[bytes, bytes]:
    """Entries of an answer for records that are kept from a sequence on: where each begins (u32), and their bytes."""
    time = _TIME_TAG + varint(time_ms)
    starts, parts, at = [], [], 0
    for number, body in zip(_numbers(first, len(bodies)), bodies, strict=True):
        head = b"\x30%b%b" % (number, time)
        lead = b"\x22%b%b" % (varint(len(head) + len(body)), head)
        starts.append(at)
        parts += (lead, body)
        at += len(lead) + len(body)
    return struct.pack(f"<{len(starts)}I", *starts), b"".join(parts)


def _numbers(first: int, count: int) -> Iterator[bytes]:
    """Numbers that follow each other: of 128 of them only the first byte changes."""
    for number in range(first, min(first + count, 128)):
        yield varint(number)
    start, rest = max(first, 128), b""
    for number in range(start, first + count):
        if number == start or not number & 127:
            rest = varint(number >> 7)
        yield _LOW[number & 127] + rest


class Entry(NamedTuple):
    """A record as it is kept."""

    sequence: int
    attributes: dict[str, str]
    values: list[bytes | None]


def read_entry(data: bytes) -> Entry:
    """A record from the bytes of its entry."""
    _, at = read_varint(data, 1)
    sequence, attributes, values = 0, {}, []
    for number, _, low, high in spans(data, at, len(data)):
        if number == 6:
            sequence, _ = read_varint(data, low)
        elif number == _ATTRIBUTES:
            attributes = dict(_pair(data, *pair[2:]) for pair in spans(data, low, high))
        elif number == _DATA:
            values = [_read_value(data, *value[2:]) for value in spans(data, low, high)]
    return Entry(sequence, attributes, values)


def values_of(body: bytes, data_at: int) -> list[bytes | None]:
    """The values in the body of a record. Raises InvalidArgument."""
    try:
        return [_read_value(body, low, high) for _, _, low, high in spans(body, data_at, len(body))]
    except (IndexError, InvalidArgument):
        raise _broken() from None


def _pair(data: bytes, start: int, end: int) -> tuple[str, str]:
    parts = {number: data[low:high].decode("utf-8", "replace") for number, _, low, high in spans(data, start, end)}
    return parts.get(1, ""), parts.get(2, "")


def _read_value(data: bytes, start: int, end: int) -> bytes | None:
    value = None
    for _, _, low, high in spans(data, start, end):
        value = data[low:high]
    return value


# -- answers


class Failed(NamedTuple):
    """A record that was not put: its place in the request, and why."""

    index: int
    code: str
    message: str


def put_answer(failed: Sequence[Failed]) -> bytes:
    """A PutRecordsResponse."""
    parts = [b"\x08%b" % varint(len(failed))]
    for index, code, message in failed:
        one = b"\x08%b\x12%b\x1a%b" % (varint(index), _text(code), _text(message))
        parts.append(b"\x12%b%b" % (varint(len(one)), one))
    return b"".join(parts)


def get_answer(next_cursor: str, count: int, start_sequence: int, entries: Iterable[bytes | memoryview]) -> bytes:
    """A GetRecordsResponse of entries as they are kept, or a GetBinaryRecordsResponse of ``batch_entry``."""
    start = b"\x18%b" % varint(start_sequence & 0xFFFF_FFFF_FFFF_FFFF)
    return b"".join([b"\x0a%b\x10%b%b" % (_text(next_cursor), varint(count), start), *entries])


def batch_entry(cursor: str, next_cursor: str, sequence: int, time_ms: int, data: bytes) -> bytes:
    """A BinaryRecordEntry, as a field of an answer."""
    content = b"\x0a%b\x12%b\x18%b\x20%b\x28\x00\x32%b%b" % (
        _text(cursor),
        _text(next_cursor),
        varint(sequence),
        varint(time_ms),
        varint(len(data)),
        data,
    )
    return _ENTRY_TAG + varint(len(content)) + content


def _text(text: str) -> bytes:
    data = text.encode()
    return varint(len(data)) + data
