"""The metadata of Arrow IPC messages: just enough flatbuffers to know what a message holds and to distrust it.

Arrow libraries trust the offsets in a record batch's metadata; arro3 0.9 aborts the process when one points
outside the body. So a batch from a client is checked here before any library sees it: it has the number of
arrays and buffers that its columns call for, each buffer lies inside the body and is large enough for its
array, and no buffer is compressed (no tunnel client does that). The numbers of fields and the order of
buffers are those of Arrow's ``Message.fbs`` and columnar format.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType

SCHEMA, RECORD_BATCH = 1, 3
_ROWS_MAX = 1 << 40
_PAIR = struct.Struct("<qq")
_WIDTH_BITS = {
    "boolean": 1, "tinyint": 8, "smallint": 16, "int": 32, "bigint": 64, "float": 32, "double": 64, "date": 32,
    "datetime": 64, "timestamp": 64, "timestamp_ntz": 64, "decimal": 128, "interval_year_month": 32,
}  # fmt: skip
_INTERVAL = (DataType("bigint"), DataType("int"))


def malformed(what: str) -> InvalidArgument:
    """Return the error for a stream that has ``what``."""
    return InvalidArgument(f"the Arrow stream has {what}", code="MalformedDataStream")


@dataclass(frozen=True)
class Layout:
    """The arrays that columns of some types consist of, in depth-first order.

    Each is the width of its elements in bits, or -1 for text (offsets and data), -2 for a list (offsets),
    -3 for a struct (nothing but validity), -4 for nulls (nothing at all).
    """

    arrays: tuple[int, ...]

    @classmethod
    def of(cls, kinds: Iterable[DataType]) -> "Layout":
        """Return the layout of columns of these types."""
        return cls(tuple(width for kind in kinds for width in _arrays(kind)))

    def check(self, nodes: list[tuple[int, int]], buffers: list[tuple[int, int]], rows: int, body: int) -> None:
        """Raise InvalidArgument unless a batch has these arrays and holds their buffers."""
        if len(nodes) != len(self.arrays) or len(buffers) != sum(map(_buffer_count, self.arrays)):
            raise malformed("a record batch that does not fit the table's columns")
        if any(offset < 0 or offset % 8 or size < 0 or offset + size > body for offset, size in buffers):
            raise malformed("a buffer outside its record batch, or not aligned in it")
        if any(not 0 <= nulls <= length <= _ROWS_MAX for length, nulls in nodes):
            raise malformed("an array of impossible length")
        sizes = iter([size for _, size in buffers])
        for width, (length, nulls) in zip(self.arrays, nodes, strict=True):
            _check_sizes(width, length, nulls, sizes)
        if self.arrays and nodes[0][0] != rows:
            raise malformed("a column whose length is not that of its record batch")


def _arrays(kind: DataType) -> Iterator[int]:
    if kind.name in _WIDTH_BITS:
        yield _WIDTH_BITS[kind.name]
    elif kind.name == "array":
        yield from (-2, *_arrays(kind.children[0]))
    elif kind.name == "map":
        yield from (-2, -3, *_arrays(kind.children[0]), *_arrays(kind.children[1]))
    elif kind.name in ("struct", "interval_day_time"):
        yield -3
        for child in kind.children or _INTERVAL:
            yield from _arrays(child)
    else:
        yield -4 if kind.name == "void" else -1


def _buffer_count(width: int) -> int:
    return {-1: 3, -3: 1, -4: 0}.get(width, 2)


def _check_sizes(width: int, length: int, nulls: int, sizes: Iterator[int]) -> None:
    if width == -4:
        return
    validity = next(sizes)
    enough = validity * 8 >= length if nulls or validity else True
    if width in (-1, -2):
        offsets = next(sizes)
        enough = enough and offsets % 4 == 0 and (offsets >= 4 * (length + 1) or offsets == length == 0)
    elif width > 0:
        enough = enough and next(sizes) * 8 >= length * width
    if width == -1:
        next(sizes)
    if not enough:
        raise malformed("a buffer whose size does not suit its array")


def read_message(metadata: bytes, layout: Layout | None = None) -> tuple[int, int, int]:
    """Return (kind, body length, rows) of a message, after checking a record batch against the layout."""
    try:
        table = struct.unpack_from("<I", metadata)[0]
        kind = _field(metadata, table, 1, "<B")
        body = _field(metadata, table, 3, "<q")
        if kind != RECORD_BATCH:
            return kind, body, 0
        at = _slot(metadata, table, 2)
        batch = at + struct.unpack_from("<I", metadata, at)[0]
        rows = _field(metadata, batch, 0, "<q")
        if layout is not None:
            if _slot(metadata, batch, 3):
                raise malformed("compressed buffers; compress the whole body instead")
            layout.check(_pairs(metadata, batch, 1), _pairs(metadata, batch, 2), rows, body)
    except struct.error:
        raise malformed("unreadable message metadata") from None
    return kind, body, rows


def _slot(buffer: bytes, table: int, number: int) -> int:
    """Return where a flatbuffer table keeps a field, or 0 where it has the default value."""
    vtable = table - struct.unpack_from("<i", buffer, table)[0]
    entry = 4 + 2 * number
    if vtable < 0:
        raise struct.error
    size = struct.unpack_from("<H", buffer, vtable)[0]
    offset = struct.unpack_from("<H", buffer, vtable + entry)[0] if entry < size else 0
    return table + offset if offset else 0


def _field(buffer: bytes, table: int, number: int, form: str) -> int:
    at = _slot(buffer, table, number)
    return struct.unpack_from(form, buffer, at)[0] if at else 0


def _pairs(buffer: bytes, table: int, number: int) -> list[tuple[int, int]]:
    """Return a vector of pairs of 64-bit integers, which both field nodes and buffers are."""
    at = _slot(buffer, table, number)
    if not at:
        return []
    vector = at + struct.unpack_from("<I", buffer, at)[0]
    count = struct.unpack_from("<I", buffer, vector)[0]
    if count > len(buffer) // _PAIR.size:
        raise struct.error
    return list(_PAIR.iter_unpack(buffer[vector + 4 : vector + 4 + _PAIR.size * count]))
