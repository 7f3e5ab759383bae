"""PlainBuffer, in which Tablestore's rows travel: cells with tags, and a CRC-8 of every cell and every row.

Sources: the vendor's page "PlainBuffer", and what its clients write and read (the Go SDK's ``plain_buffer.go``, the
Python SDK's ``plainbuffer``). A checksum is of a cell's contents in an order of its own, not of the bytes as they lie.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import anycrc

from yunbox.kernel.errors import InvalidArgument

Value = bool | int | float | str | bytes
_HEADER = 0x75
_ROW_KEY, _ROW_DATA, _CELL, _NAME, _VALUE, _TYPE, _TIME, _DELETED, _ROW_SUM, _CELL_SUM = range(1, 11)
_INTEGER, _DOUBLE, _BOOLEAN, _STRING, _BINARY = 0, 1, 2, 3, 7
_OF_RANGES = {9: "INF_MIN", 10: "INF_MAX", 11: "AUTO_INCREMENT"}
_LENGTH, _LONG, _FLOAT = struct.Struct("<I"), struct.Struct("<q"), struct.Struct("<d")
_crc = anycrc.Model("CRC8-SMBUS")


@dataclass(frozen=True)
class Cell:
    """A column of a row: without a value where it says what is to become of one, which is its ``change``."""

    name: str
    value: Value | None = None
    time_ms: int | None = None
    change: int | None = None


@dataclass(frozen=True)
class Row:
    """A row; ``deleted`` is the mark of one that is to go."""

    key: tuple[Cell, ...]
    cells: tuple[Cell, ...] = ()
    deleted: bool = False


# -- writing


def write_row(row: Row) -> bytes:
    """A row with the header that is before the first."""
    sums = bytearray()
    body = b"".join((_LENGTH.pack(_HEADER), bytes((_ROW_KEY,)), _cells(row.key, sums)))
    if row.cells:
        body += bytes((_ROW_DATA,)) + _cells(row.cells, sums)
    if row.deleted:
        body += bytes((_DELETED,))
    return body + bytes((_ROW_SUM, _crc.calc(bytes(sums) + bytes((row.deleted,)))))


def write_value(value: Value) -> bytes:
    """A value with its type, as it lies in a cell and is summed up."""
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, int):
        return bytes((_INTEGER,)) + _LONG.pack(value)
    if isinstance(value, float):
        return bytes((_DOUBLE,)) + _FLOAT.pack(value)
    kind, data = (_STRING, value.encode()) if isinstance(value, str) else (_BINARY, value)
    return bytes((kind,)) + _LENGTH.pack(len(data)) + data


def _cells(cells: Iterable[Cell], sums: bytearray) -> bytes:
    parts = []
    for cell in cells:
        name = cell.name.encode()
        parts.append(bytes((_CELL, _NAME)) + _LENGTH.pack(len(name)) + name)
        value = b"" if cell.value is None else write_value(cell.value)
        if value:
            parts.append(bytes((_VALUE,)) + _LENGTH.pack(len(value)) + value)
        if cell.change is not None:
            parts.append(bytes((_TYPE, cell.change)))
        if cell.time_ms is not None:
            parts.append(bytes((_TIME,)) + _LONG.pack(cell.time_ms))
        sums.append(_sum(name, value, cell))
        parts.append(bytes((_CELL_SUM, sums[-1])))
    return b"".join(parts)


def _sum(name: bytes, value: bytes, cell: Cell) -> int:
    time = b"" if cell.time_ms is None else _LONG.pack(cell.time_ms)
    change = b"" if cell.change is None else bytes((cell.change,))
    return _crc.calc(name + value + time + change)


# -- reading


def read_row(data: bytes) -> Row:
    """The one row that is there. Raises InvalidArgument for anything else."""
    reader = _Reader(data)
    if reader.number(_LENGTH) != _HEADER:
        raise _broken("it has no header")
    row = reader.row()
    if reader.at != len(data):
        raise _broken("something is behind its row")
    return row


class _Reader:
    """Goes through a buffer; ``sums`` are those of the row's cells so far."""

    def __init__(self, data: bytes) -> None:
        self.at = 0
        self._data = data
        self._sums = bytearray()

    def row(self) -> Row:
        self._needed(_ROW_KEY)
        key = self._cells()
        cells = self._cells() if self._is(_ROW_DATA) else ()
        deleted = self._is(_DELETED)
        self._needed(_ROW_SUM)
        if self._byte() != _crc.calc(bytes(self._sums) + bytes((deleted,))):
            raise _broken("the checksum of the row does not match")
        return Row(key, cells, deleted)

    def number(self, kind: struct.Struct) -> int:
        return kind.unpack(self._bytes(kind.size))[0]

    def _cells(self) -> tuple[Cell, ...]:
        found = []
        while self._is(_CELL):
            found.append(self._cell())
        return tuple(found)

    def _cell(self) -> Cell:
        self._needed(_NAME)
        name = self._bytes(self.number(_LENGTH))
        value, lies = self._value() if self._is(_VALUE) else (None, b"")
        change = self._byte() if self._is(_TYPE) else None
        time_ms = self.number(_LONG) if self._is(_TIME) else None
        cell = Cell(_text(name), value, time_ms, change)
        self._needed(_CELL_SUM)
        self._sums.append(_sum(name, lies, cell))
        if self._byte() != self._sums[-1]:
            raise _broken(f"the checksum of the cell {cell.name[:64]!r} does not match")
        return cell

    def _value(self) -> tuple[Value, bytes]:
        """A value, and the bytes that are summed up. What is said of its length is not, and must be true."""
        length = self.number(_LENGTH)
        began = self.at
        value = self._of(self._byte())
        if self.at - began != length:
            raise _broken("a value has another length than is said")
        return value, self._data[began : self.at]

    def _of(self, kind: int) -> Value:
        if kind == _INTEGER:
            return self.number(_LONG)
        if kind == _DOUBLE:
            return _FLOAT.unpack(self._bytes(_FLOAT.size))[0]
        if kind == _BOOLEAN:
            return bool(self._byte())
        if kind == _STRING:
            return _text(self._bytes(self.number(_LENGTH)))
        if kind == _BINARY:
            return self._bytes(self.number(_LENGTH))
        if kind in _OF_RANGES:
            raise InvalidArgument(f"{_OF_RANGES[kind]} is no value of a row.")
        raise _broken(f"there is no type {kind}")

    def _is(self, tag: int) -> bool:
        """Whether a tag is next; then it is passed."""
        found = self.at < len(self._data) and self._data[self.at] == tag
        self.at += found
        return found

    def _needed(self, tag: int) -> None:
        if not self._is(tag):
            raise _broken(f"the tag {tag} is missing")

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self._data):
            raise _broken("it is cut short")
        found = self._data[self.at : end]
        self.at = end
        return found


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _broken("a text is no UTF-8") from None


def _broken(why: str) -> InvalidArgument:
    return InvalidArgument(f"The row in PlainBuffer cannot be read: {why}.")
