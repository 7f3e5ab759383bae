"""Primary keys as bytes whose order is that of the values: what makes a B-tree of bytes an index of anything.

A number is eight bytes with its sign turned over, so that a wider integer needs no new key; a text ends with a zero,
which no text contains; bytes have their zeros escaped. Texts are compared by code point, and ``char(n)`` without the
spaces at its end.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from yunbox.storage.rows.model import Relation
from yunbox.wire.pgwire.report import PgError, failure

KEY_BYTES_MAX = 500
"""The longest primary key. LMDB takes 511 bytes, of which the table's number and a little room are taken off."""
_NUMBER = struct.Struct(">Q")
_BIAS = 1 << 63
Part = Callable[[Any], bytes]


def _number(value: int) -> bytes:
    return _NUMBER.pack(value + _BIAS)


def _text(value: str) -> bytes:
    return value.encode() + b"\0"


def _padded(value: str) -> bytes:
    return value.rstrip(" ").encode() + b"\0"


def _raw(value: bytes) -> bytes:
    return value.replace(b"\0", b"\0\xff") + b"\0\x01"


def _bool(value: bool) -> bytes:
    return b"\x01" if value else b"\0"


PARTS: dict[int, Part] = {
    16: _bool, 17: _raw, 20: _number, 21: _number, 23: _number, 25: _text, 26: _number, 1042: _padded, 1043: _text,
    1082: _number, 1083: _number, 1114: _number, 1184: _number, 2950: bytes,
}  # fmt: skip
"""The types that a primary key may have, by OID. Source: the vendor's page "Primary key", which excludes the rest."""


def encoder(relation: Relation) -> Callable[[Sequence[Any]], bytes]:
    """What makes a key of the values of a primary key, or of the first of them: keys that begin so begin with it.

    The result raises PgError for one that is too long.
    """
    parts = tuple(PARTS[column.type_oid] for column in relation.key_columns)
    prefix = relation.prefix
    if len(parts) == 1:
        only = parts[0]
        return lambda values: _checked(prefix + only(values[0]), relation)

    def encode(values: Sequence[Any]) -> bytes:
        pairs = zip(parts, values, strict=False)
        return _checked(prefix + b"".join([part(value) for part, value in pairs]), relation)

    return encode


def _checked(key: bytes, relation: Relation) -> bytes:
    if len(key) > KEY_BYTES_MAX + len(relation.prefix):
        raise too_long(relation)
    return key


def too_long(relation: Relation) -> PgError:
    """A key that is longer than the store takes."""
    return failure(
        "54000",
        f'index row size exceeds maximum {KEY_BYTES_MAX} for index "{relation.name}_pkey"',
        hint="The values of a primary key have at most 500 bytes here.",
    )


def has_number_key(relation: Relation) -> bool:
    """Whether the keys of a table are numbers of eight bytes, behind its prefix."""
    return not relation.primary_key or [PARTS[one.type_oid] for one in relation.key_columns] == [_number]


def numbered(relation: Relation, number: int) -> bytes:
    """The key of a row of a table without a primary key."""
    return relation.prefix + number.to_bytes(8, "big")


def unsuitable(oids: Iterable[int]) -> list[int]:
    """Those of some types that no primary key may have."""
    return [oid for oid in oids if oid not in PARTS]
