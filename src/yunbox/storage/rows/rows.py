"""A row as bytes: for each column its length and its text, as the DataRow message of PostgreSQL's protocol has them.

A look-up of a whole row sends what is stored as it is. Texts are those of a session with the standard settings
(ISO dates, UTC, shortest floats), whatever the session that wrote them had.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from yunbox.storage.rows.model import Column, Relation
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.reals import Floats

STANDARD = Style()
"""The settings under which texts are stored."""
_LENGTH = struct.Struct(">i")
_NULL = _LENGTH.pack(-1)
_TEXTS, _WHOLE, _MOMENTS = (25, 1043), (20, 21, 23, 26), (1082, 1083, 1114, 1184)
"""Types by OID: those that are stored as they are, as their digits, and those of whose values many are the same."""
_REMEMBERED = 1024
Fields = list[bytes | None]
"""The texts of a row's columns, by number from 1 on; None for NULL."""


def joined(fields: Sequence[bytes | None]) -> bytes:
    """Fields as they are stored."""
    return b"".join([_NULL if field is None else _LENGTH.pack(len(field)) + field for field in fields])


def split(row: bytes) -> Fields:
    """The fields of a stored row."""
    found: Fields = []
    at, end = 0, len(row)
    while at < end:
        (length,) = _LENGTH.unpack_from(row, at)
        at += 4
        if length < 0:
            found.append(None)
        else:
            found.append(row[at : at + length])
            at += length
    return found


def fields_of(relation: Relation, row: bytes) -> Fields:
    """The fields of a row, with those that it is older than."""
    found = split(row)
    for column in relation.columns[len(found) :]:
        found.append(None if column.missing is None else column.missing.encode())
    return found


def encoded(column: Column, value: Any) -> bytes | None:
    """A value as it is stored."""
    return None if value is None else column.type.codec.write(value, STANDARD).encode()


def encoded_all(column: Column, values: Sequence[Any]) -> list[bytes | None]:
    """The values of a column in many rows as they are stored."""
    codec = column.type.codec
    if column.type_oid in _TEXTS:
        return [None if value is None else value.encode() for value in values]
    if column.type_oid in _WHOLE:
        return [None if value is None else b"%d" % value for value in values]
    if isinstance(codec, Floats):
        texts = iter(codec.write_all([value for value in values if value is not None], STANDARD))
        return [None if value is None else next(texts).encode() for value in values]

    def write(value: Any) -> bytes:
        return codec.write(value, STANDARD).encode()

    written = lru_cache(_REMEMBERED)(write) if column.type_oid in _MOMENTS else write
    return [None if value is None else written(value) for value in values]


def measured(fields: Sequence[bytes | None]) -> list[bytes]:
    """Fields with their lengths before them."""
    pack = _LENGTH.pack
    return [_NULL if field is None else pack(len(field)) + field for field in fields]


def decoded(column: Column, field: bytes | None) -> Any:
    """The value that is stored."""
    return None if field is None else column.type.codec.read(field.decode(), STANDARD)
