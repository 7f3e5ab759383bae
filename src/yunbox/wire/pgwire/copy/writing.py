"""Rows as COPY ... TO writes them: a field is its type's text, or in the binary format its bytes, and None is NULL."""

import re
import struct
from collections.abc import Sequence
from typing import cast

from yunbox.wire.pgwire.copy.options import Options

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
BINARY_HEAD = SIGNATURE + bytes(8)
BINARY_END = b"\xff\xff"
_COUNT, _LENGTH = struct.Struct(">h"), struct.Struct(">i")
_NULL = b"\xff\xff\xff\xff"
_COPY_DATA = ord("d")
_ESCAPES = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}


class TextWriter:
    """The formats text and CSV, for columns of these names."""

    def __init__(self, options: Options, columns: Sequence[str]) -> None:
        self._options = options
        self._columns = columns
        self._null, self._between = options.nothing, options.between
        self._ends = len(self._between) * (len(columns) - 1)
        self._nothing, self._joint = self._null.encode(), self._between.encode()
        if options.format == "text":
            self._specials = "".join(_ESCAPES).encode() + self._joint
            self._escapes = str.maketrans(_ESCAPES | {self._between: _ESCAPES.get(self._between, f"\\{self._between}")})
        else:
            escaped = (options.mark, options.before_mark)
            self._escapes = str.maketrans({letter: options.before_mark + letter for letter in escaped})
            self._specials = f"{self._between}{options.mark}\r\n".encode()
            self._special = re.compile(f"[{re.escape(self._between + options.mark)}\r\n]")
        every = options.force_quote is None
        self._forced = [every or name in (options.force_quote or ()) for name in columns]
        self._is_plain = not any(self._forced) and len(columns) > 1

    def head(self) -> bytes:
        """The line of names, if there is one."""
        if not self._options.header:
            return b""
        csv = self._options.format == "csv"
        names = [self._quoted(name, False) if csv else name.translate(self._escapes) for name in self._columns]
        return (self._between.join(names) + "\n").encode()

    def line(self, fields: Sequence[bytes | None]) -> bytes:
        """A line. Most have nothing in them that is written otherwise than it is."""
        if self._is_plain and None not in fields and self._nothing not in fields:
            made = self._joint.join(cast("Sequence[bytes]", fields))
            if len(made.translate(None, self._specials)) + self._ends == len(made):
                return made + b"\n"
        return self.rows([[None if one is None else one.decode() for one in fields]])

    def rows(self, rows: Sequence[Sequence[str | None]]) -> bytes:
        """Lines."""
        line = self._csv if self._options.format == "csv" else self._text
        return "".join(map(line, rows)).encode()

    def _text(self, row: Sequence[str | None]) -> str:
        fields = [self._null if field is None else field.translate(self._escapes) for field in row]
        return self._between.join(fields) + "\n"

    def _csv(self, row: Sequence[str | None]) -> str:
        fields = [
            self._null if field is None else self._quoted(field, forced)
            for field, forced in zip(row, self._forced, strict=True)
        ]
        return self._between.join(fields) + "\n"

    def _quoted(self, field: str, forced: bool) -> str:
        alone = field == "\\." and len(self._columns) == 1  # which would be the end of the data
        if not (forced or alone or field == self._null or self._special.search(field)):
            return field
        mark = self._options.mark
        return mark + field.translate(self._escapes) + mark


def binary_messages(rows: bytes) -> bytearray:
    """DataRow messages as CopyData in the binary format, which has the same behind another letter."""
    made, at = bytearray(rows), 0
    while at < len(made):
        made[at] = _COPY_DATA
        at += 1 + int.from_bytes(made[at + 1 : at + 5], "big")
    return made


def binary_rows(rows: Sequence[Sequence[bytes | None]]) -> bytes:
    """Rows of the binary format, without its head and its end."""
    parts: list[bytes] = []
    for row in rows:
        parts.append(_COUNT.pack(len(row)))
        for field in row:
            parts += (_NULL,) if field is None else (_LENGTH.pack(len(field)), field)
    return b"".join(parts)
