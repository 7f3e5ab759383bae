"""A line as fields, in the formats text and CSV. None is NULL."""

import re
from collections.abc import Sequence

from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.report import failure

_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.|\Z))", re.DOTALL)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class TextFields:
    """Fields of the text format: a backslash makes what follows another letter, or no end of a field."""

    def __init__(self, options: Options) -> None:
        self._between, self._null = options.between, options.nothing
        self._null_bytes = self._null.encode()
        self._part = re.compile(rb"\\.|" + re.escape(self._between.encode()), re.DOTALL)

    def split(self, text: str) -> list[str | None]:
        """The fields of a line. Raises PgError 22021 when escapes make no text."""
        if "\\" not in text:
            return [None if field == self._null else field for field in text.split(self._between)]
        return [None if field == self._null_bytes else _unescaped(field) for field in self._parts(text.encode())]

    def _parts(self, line: bytes) -> list[bytes]:
        fields, start = [], 0
        for found in self._part.finditer(line):
            if len(found[0]) == 1:
                fields.append(line[start : found.start()])
                start = found.end()
        return [*fields, line[start:]]


def _unescaped(field: bytes) -> str:
    return decoded(_ESCAPE.sub(_meant, field)) if b"\\" in field else field.decode()


def _meant(found: re.Match[bytes]) -> bytes:
    octal, digits, letter = found.groups()
    if octal is not None:
        return bytes((int(octal, 8) & 0xFF,))
    return bytes((int(digits, 16),)) if digits is not None else _LETTERS.get(letter, letter)


class CsvFields:
    """Fields of CSV: a part of one, or all of it, may be quoted."""

    def __init__(self, options: Options, columns: Sequence[str]) -> None:
        self._null, self._between, self._mark = options.nothing, options.between, options.mark
        self._not_null = [name in options.force_not_null for name in columns]
        self._as_null = [name in options.force_null for name in columns]
        mark, escape, between = map(re.escape, (options.mark, options.before_mark, options.between))
        self._part = re.compile(
            rf"{mark}((?:{escape}[{mark}{escape}]|[^{mark}])*+)({mark}?)|([^{mark}{between}]+)", re.DOTALL
        )
        self._escaped = re.compile(rf"{escape}([{mark}{escape}])")

    def split(self, text: str) -> list[str | None]:
        """The fields of a line. Raises PgError 22P04 when a quote is not ended."""
        if self._mark not in text:
            return [self._value(at, field, quoted=False) for at, field in enumerate(text.split(self._between))]
        fields: list[str | None] = []
        at, parts, quoted = 0, list[str](), False
        while at < len(text):
            if text[at] == self._between:
                fields.append(self._value(len(fields), "".join(parts), quoted=quoted))
                parts, quoted, at = [], False, at + 1
                continue
            found = self._part.match(text, at)
            assert found is not None, "every letter is a mark, between fields, or plain"
            inner, end, plain = found.groups()
            if inner is not None and not end:
                raise failure("22P04", "unterminated CSV quoted field")
            parts.append(plain if inner is None else self._escaped.sub(r"\1", inner))
            quoted, at = quoted or inner is not None, found.end()
        return [*fields, self._value(len(fields), "".join(parts), quoted=quoted)]

    def _value(self, at: int, field: str, *, quoted: bool) -> str | None:
        """NULL is what stands for it without quotes; ``force_not_null`` and ``force_null`` turn that round."""
        if field != self._null or at >= len(self._not_null):
            return field
        return None if (self._as_null[at] if quoted else not self._not_null[at]) else field
