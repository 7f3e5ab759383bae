"""What COPY ... FROM reads in the formats text and CSV, and where it stands, which errors say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from yunbox.wire.pgwire.copy.fields import CsvFields, TextFields
from yunbox.wire.pgwire.copy.lines import Lines
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.report import PgError, failure

_SHOWN_MAX = 100
_BESIDE = b"\x1f"
"""What stands between fields when some of them have the separator inside: ASCII's own separator of units."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row's fields, None being NULL, and the number of its last line."""

    line: int
    fields: list[str | None]


@dataclass(frozen=True, slots=True)
class Plain:
    """Whole lines without quotes, what is between two of their fields, and what stands for NULL: ``\\N`` or nothing."""

    block: bytes
    between: bytes
    nothing: bytes


class RowReader:
    """Takes bytes in pieces, and gives the rows of these columns that are whole."""

    def __init__(self, options: Options, table: str, columns: Sequence[str]) -> None:
        self._options = options
        self._table, self._columns = table, columns
        self._lines = Lines(options)
        self._fields = CsvFields(options, columns) if options.format == "csv" else TextFields(options)
        self._number = 0
        self._between, self._nothing = options.between.encode(), options.nothing.encode()
        self._has_plain = options.nothing in ("", "\\N") and not (options.force_not_null or options.force_null)
        own = (b"\\.",) if options.format == "csv" else (b"\\",) if not self._nothing else ()
        self._special = (b"\r", *own)
        self._mark = options.mark.encode() if options.format == "csv" else b""
        self._escape = options.before_mark.encode()

    def plain(self, block: bytes) -> Plain | None:
        """Whole lines, each with ``\\n`` at its end, as fields that nothing but separators is between; None where they
        may be more than that. A backslash is a part of NULL then, or it is for the caller to find out."""
        begins = self._lines.is_plain and bool(self._number or not self._options.header)
        whole = self._has_plain and begins and block.endswith(b"\n")
        if not whole or any(special in block for special in self._special):
            return None
        if self._mark and self._mark in block:
            return self._without_marks(block)
        return Plain(block, self._between, self._nothing)

    def _without_marks(self, block: bytes) -> Plain | None:
        """Lines of which some fields are quoted as a whole, with something else between them than what is in these."""
        parts = block.split(self._mark)
        quoted, beside = parts[1::2], parts[::2]
        ends = (self._between, b"\n")
        is_odd = len(parts) % 2 == 0 or _BESIDE in block or (self._escape != self._mark and self._escape in block)
        if is_odd or not all(quoted) or self._nothing in quoted or any(b"\n" in one for one in quoted):
            return None
        begins = all(one.startswith(ends) for one in beside[1:])
        if not begins or not all(one.endswith(ends) for one in beside[bool(not beside[0]) : -1]):
            return None
        parts[::2] = [one.replace(self._between, _BESIDE) for one in beside]
        return Plain(b"".join(parts), _BESIDE, self._nothing)

    def passed(self, lines: int) -> None:
        """So many plain lines were taken otherwise."""
        self._number += lines
        self._lines.passed()

    def feed(self, data: bytes) -> list[Row]:
        """The rows that became whole. Raises PgError."""
        return list(self._read(self._lines.feed(data)))

    def finish(self) -> list[Row]:
        """The last row, which needs no end of line. Raises PgError."""
        rows = list(self._read(self._lines.finish()))
        if not self._number and self._options.header == "match":
            return list(self._read(iter([(b"", 0)])))
        return rows

    def _read(self, lines: Iterator[tuple[bytes, int]]) -> Iterator[Row]:
        place = f"line {self._number + 1}"
        try:
            for line, inner in lines:
                head = self._options.header if not self._number else False
                self._number += 1 + inner
                place = f"line {self._number}"
                text = decoded(line)
                place = f"line {self._number}: {_shown(text)}"
                if not head:
                    yield Row(self._number, self._row(text))
                elif head == "match":
                    self._match(self._fields.split(text))
                place = f"line {self._number + 1}"
        except PgError as error:
            if self._lines.within:
                place = f"line {self._number + 1 + self._lines.within}"
            raise PgError(replace(error.report, where=f"COPY {self._table}, {place}")) from None

    def _row(self, text: str) -> list[str | None]:
        fields = self._fields.split(text)
        if len(fields) > len(self._columns):
            raise failure("22P04", "extra data after last expected column")
        if len(fields) < len(self._columns):
            raise failure("22P04", f'missing data for column "{self._columns[len(fields)]}"')
        return fields

    def _match(self, names: list[str | None]) -> None:
        """Compare the names of the first line with the columns'."""
        if len(names) != len(self._columns):
            told = f"wrong number of fields in header line: got {len(names)}, expected {len(self._columns)}"
            raise failure("22P04", told)
        for at, (name, column) in enumerate(zip(names, self._columns, strict=True), 1):
            if name != column:
                got = f'got "{name}"' if name is not None else f'got null value ("{self._options.nothing}")'
                raise failure("22P04", f'column name mismatch in header line field {at}: {got}, expected "{column}"')

    @property
    def here(self) -> str:
        """What an error says of the place that reading has come to."""
        return f"COPY {self._table}, line {self._number + 1}"

    def where(self, row: Row, column: int) -> str:
        """What an error about a field's value says of its place."""
        field = row.fields[column]
        value = "null input" if field is None else _shown(field)
        return f"COPY {self._table}, line {row.line}, column {self._columns[column]}: {value}"


def _shown(text: str) -> str:
    """A text in quotes; of a long one the first bytes that are whole characters."""
    data = text.encode()
    return f'"{text}"' if len(data) <= _SHOWN_MAX else f'"{data[:_SHOWN_MAX].decode(errors="ignore")}..."'
