"""The types of system tables that no table of a user has: names of objects, vectors of numbers, and texts.

Source: the PostgreSQL 11 documentation, "Object Identifier Types".
"""

import struct
from dataclasses import dataclass
from typing import Any

from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style, malformed

_OID = struct.Struct(">I")
_LOWER = 16
"""Where the bound of the first dimension stands in an array."""


@dataclass(frozen=True, slots=True)
class Named:
    """An object's name in text, its OID in binary. A value is its OID, a space and its name, or one of both."""

    name: str

    def write(self, value: str, style: Style) -> str:
        """The name."""
        oid, space, name = value.partition(" ")
        return name if space and oid.isdigit() else value

    def read(self, text: str, style: Style) -> str:
        """The name, which whoever knows names looks up."""
        return text

    def pack(self, value: str) -> bytes:
        """The OID."""
        return _OID.pack(int(value.partition(" ")[0]))

    def unpack(self, data: bytes) -> str:
        """The OID. Raises PgError 22P03."""
        if len(data) != _OID.size:
            raise malformed(self.name)
        return str(_OID.unpack(data)[0])


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers with spaces between, and in binary an array that begins with 0."""

    array: Array

    def write(self, value: list[Any], style: Style) -> str:
        """``1 2 3``."""
        return " ".join(self.array.element.write(one, style) for one in value)

    def read(self, text: str, style: Style) -> list[Any]:
        """The other way round. Raises PgError 22P02."""
        return [self.array.element.read(one, style) for one in text.split()]

    def pack(self, value: list[Any]) -> bytes:
        """An array of one dimension, also where it is empty."""
        if not value:
            return struct.pack(">iiIii", 1, 0, self.array.oid, 0, 0)
        data = self.array.pack(value)
        return data[:_LOWER] + bytes(4) + data[_LOWER + 4 :]

    def unpack(self, data: bytes) -> list[Any]:
        """The other way round. Raises PgError 22P03."""
        if len(data) >= _LOWER + 4 and data[_LOWER : _LOWER + 4] == bytes(4):
            data = data[:_LOWER] + (1).to_bytes(4, "big") + data[_LOWER + 4 :]
        return self.array.unpack(data)
