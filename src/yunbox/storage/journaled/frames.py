"""Frames: what a journal is made of. A transaction is one or more of them, one behind the other, the last marked so.

    4 bytes   ``YRJ1``
    u32       bytes behind the header
    u32       CRC-32C of all that follows it in the header, and of what is behind the header
    u32       which frame of its transaction it is, from 0 on
    u32       1 for the last of a transaction, else 0
    u64       the generation of the journal
    u64       the number of the transaction
    body      a list of entries in MessagePack: the number of a table, and a key and its value, nil where it went,
              or a list of keys and one of their values

All numbers are little-endian. What is left in a file of older generations, or of a transaction that was given up, is
not taken for more: its generation is another one, or its numbers do not go on from those before.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import crc32c

HEADER = struct.Struct("<4sIIIIQQ")
_MAGIC = b"YRJ1"
_CHECKED_FROM = 12


class Position(NamedTuple):
    """Where a journal goes on: its generation, the place in that one's file, and the number of the last transaction."""

    generation: int
    at: int
    number: int


START = Position(1, 0, 0)
_POSITION = struct.Struct("<QQQ")
POSITION_BYTES = _POSITION.size


def position_of(data: bytes) -> Position:
    """A position as it is stored."""
    return Position._make(_POSITION.unpack(data))


def stored(position: Position) -> bytes:
    """The bytes of a position."""
    return _POSITION.pack(*position)


def framed(position: Position, part: int, body: bytes, *, is_last: bool) -> bytes:
    """A frame of the transaction behind a position."""
    rest = (part, int(is_last), position.generation, position.number + 1)
    crc = crc32c.crc32c(HEADER.pack(_MAGIC, len(body), 0, *rest)[_CHECKED_FROM:])
    return HEADER.pack(_MAGIC, len(body), crc32c.crc32c(body, crc), *rest) + body


def transactions(data: memoryview, start: Position) -> Iterator[tuple[Position, list[memoryview]]]:
    """The transactions that are whole in a file from a position on: where each ends, and the bodies of its frames."""
    while True:
        found = _transaction(data, start)
        if found is None:
            return
        yield found
        start = found[0]


def _transaction(data: memoryview, start: Position) -> tuple[Position, list[memoryview]] | None:
    bodies: list[memoryview] = []
    at, is_last = start.at, 0
    while not is_last:
        if at + HEADER.size > len(data):
            return None
        magic, length, crc, part, is_last, generation, number = HEADER.unpack_from(data, at)
        wanted = (_MAGIC, len(bodies), start.generation, start.number + 1)
        body = data[at + HEADER.size : at + HEADER.size + length]
        if (magic, part, generation, number) != wanted or len(body) != length:
            return None
        if crc32c.crc32c(body, crc32c.crc32c(data[at + _CHECKED_FROM : at + HEADER.size])) != crc:
            return None
        bodies.append(body)
        at += HEADER.size + length
    return Position(start.generation, at, start.number + 1), bodies
