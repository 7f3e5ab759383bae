"""What COPY ... FROM reads in the binary format."""

import struct
from collections.abc import Iterator, Sequence

from yunbox.wire.pgwire.copy.writing import SIGNATURE
from yunbox.wire.pgwire.report import PgError, failure

_HEAD = struct.Struct(">Ii")
_COUNT, _LENGTH = struct.Struct(">h"), struct.Struct(">i")
_OIDS = 1 << 16
_CRITICAL = 0xFFFF_0000
FIELD_BYTES_MAX = (1 << 30) - 2
_WRONG_LENGTH = "invalid COPY file header (wrong length)"
_HEAD_PARTS = (
    (len(SIGNATURE), "COPY file signature not recognized"),
    (len(SIGNATURE) + 4, "invalid COPY file header (missing flags)"),
    (len(SIGNATURE) + 8, "invalid COPY file header (missing length)"),
)
"""How many bytes each part of the head needs, and what is said when they do not come."""


class BinaryReader:
    """Takes bytes in pieces, and gives the rows that are whole."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self._table, self._columns = table, columns
        self._held = b""
        self._parts: list[bytes] = []
        self._size = self._wanted = 0
        self._begun = self._ended = False
        self._number = 0
        self._column = ""

    def feed(self, data: bytes) -> list[list[bytes | None]]:
        """The rows that became whole. Raises PgError 22P04."""
        self._parts.append(data)
        self._size += len(data)
        if self._size < self._wanted:
            return []
        self._held, self._wanted = b"".join((self._held, *self._parts)), 0
        self._parts, self._size = [], 0
        rows = list(self._rows())
        self._wanted = max(0, self._wanted - len(self._held))
        return rows

    def finish(self) -> None:
        """There is no more. Raises PgError 22P04 when something is missing."""
        left = len(self._held) + self._size
        if not self._begun:
            missing = next((name for size, name in _HEAD_PARTS if left < size), _WRONG_LENGTH)
            raise self._wrong(missing)
        if not self._ended and left >= _COUNT.size:
            raise self._wrong("unexpected EOF in COPY data")

    def _rows(self) -> Iterator[list[bytes | None]]:
        if not self._begun and not self._head():
            return
        at = 0
        while not self._ended:
            row = self._row(at)
            if row is None:
                break
            fields, at = row
            if fields is not None:
                yield fields
        self._held, self._wanted = self._held[at:], self._wanted - at
        if self._ended and self._held:
            raise self._wrong("received copy data after EOF marker")

    def _head(self) -> bool:
        held = self._held
        if not SIGNATURE.startswith(held[: len(SIGNATURE)]):
            raise self._wrong("COPY file signature not recognized")
        if len(held) < len(SIGNATURE) + _HEAD.size:
            return False
        flags, extra = _HEAD.unpack_from(held, len(SIGNATURE))
        if flags & _OIDS:
            raise self._wrong("invalid COPY file header (WITH OIDS)")
        if flags & _CRITICAL:
            raise self._wrong("unrecognized critical flags in COPY file header")
        if extra < 0:
            raise self._wrong("invalid COPY file header (missing length)")
        end = len(SIGNATURE) + _HEAD.size + extra
        if len(held) < end:
            return False
        self._held, self._begun = held[end:], True
        return True

    def _row(self, at: int) -> tuple[list[bytes | None] | None, int] | None:
        """A row and where the next one begins; None until it is whole."""
        held, fields = self._held, []
        if len(held) < at + _COUNT.size:
            return None
        (count,) = _COUNT.unpack_from(held, at)
        at += _COUNT.size
        if count == -1:
            self._ended = True
            return None, at
        if count != len(self._columns):
            raise self._wrong(f"row field count is {count}, expected {len(self._columns)}")
        for name in self._columns:
            self._column = f", column {name}"
            if len(held) < at + _LENGTH.size:
                return None
            (length,) = _LENGTH.unpack_from(held, at)
            at += _LENGTH.size
            if length < -1:
                raise self._wrong("invalid field size")
            if length > FIELD_BYTES_MAX:
                told = f"Cannot enlarge string buffer containing 0 bytes by {length} more bytes."
                raise self._wrong("out of memory", "54000", told)
            if len(held) < at + length:
                self._wanted = at + length
                return None
            fields.append(held[at : at + length] if length >= 0 else None)
            at += max(length, 0)
        self._number, self._column = self._number + 1, ""
        return fields, at

    def _wrong(self, message: str, sqlstate: str = "22P04", detail: str = "") -> PgError:
        where = f"COPY {self._table}, line {self._number + 1}{self._column}" if self._begun else ""
        return failure(sqlstate, message, detail, where=where)
