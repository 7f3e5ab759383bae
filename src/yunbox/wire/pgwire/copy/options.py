"""What COPY ... WITH (...) may say of a format."""

from dataclasses import dataclass
from typing import Literal

from yunbox.wire.pgwire.report import failure

Format = Literal["text", "csv", "binary", "arrow", "arrow_lz4"]
_RESERVED = "\\.abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are written. None is the format's own: a tab and ``\\N`` in text, a comma and nothing in CSV.

    ``header`` is ``match`` when the names that come in must be the columns'. ``force_*`` name columns; they are None
    for every column.
    """

    format: Format = "text"
    delimiter: str | None = None
    null: str | None = None
    header: bool | Literal["match"] = False
    quote: str | None = None
    escape: str | None = None
    force_quote: frozenset[str] | None = frozenset()
    force_not_null: frozenset[str] = frozenset()
    force_null: frozenset[str] = frozenset()

    @property
    def between(self) -> str:
        """What stands between two fields."""
        return self.delimiter if self.delimiter is not None else "," if self.format == "csv" else "\t"

    @property
    def nothing(self) -> str:
        """What stands for NULL."""
        return self.null if self.null is not None else "" if self.format == "csv" else "\\N"

    @property
    def mark(self) -> str:
        """What stands around a quoted field."""
        return self.quote if self.quote is not None else '"'

    @property
    def before_mark(self) -> str:
        """What stands before a quote that is no end."""
        return self.escape if self.escape is not None else self.mark

    def check(self, *, reading: bool) -> None:
        """Raise PgError when PostgreSQL takes no such options, in its words and their order."""
        if self.header == "match" and not reading:
            raise failure("0A000", 'cannot use "match" with HEADER in COPY TO')
        if reading and self.format.startswith("arrow"):
            raise failure("0A000", f"COPY FROM in the format {self.format} is not supported")
        self._check_binary()
        self._check_delimiter()
        csv = self.format == "csv"
        for name, given, direction in self._of_csv(reading=reading):
            if given and not csv:
                raise failure("0A000", f"COPY {name} available only in CSV mode")
            if name in ("quote", "escape") and given is not None and len(str(given).encode()) != 1:
                raise failure("0A000", f"COPY {name} must be a single one-byte character")
            if given and direction:
                raise failure("0A000", f"COPY {name} only available using COPY {direction}")
            if name == "quote" and csv and self.between == self.mark:
                raise failure("22023", "COPY delimiter and quote must be different")
        if self.format != "binary" and self.between in self.nothing:
            raise failure("0A000", "COPY delimiter must not appear in the NULL specification")
        if csv and self.mark in self.nothing:
            raise failure("0A000", "CSV quote character must not appear in the NULL specification")

    def _of_csv(self, *, reading: bool) -> list[tuple[str, object, str]]:
        """What only CSV has: its name, what was given, and the direction that it is for when that is the other one."""
        writing = "" if reading else "FROM"
        forced = True if self.force_quote is None else self.force_quote
        return [
            ("quote", self.quote, ""),
            ("escape", self.escape, ""),
            ("force quote", forced, "TO" if reading else ""),
            ("force not null", self.force_not_null, writing),
            ("force null", self.force_null, writing),
        ]

    def _check_binary(self) -> None:
        if self.format in ("text", "csv"):
            return
        for name, given in (("DELIMITER", self.delimiter), ("NULL", self.null), ("HEADER", self.header or None)):
            if given is not None:
                raise failure(
                    "42601" if name != "HEADER" else "0A000", f"cannot specify {name} in {self.format.upper()} mode"
                )

    def _check_delimiter(self) -> None:
        if self.format == "binary":
            return
        if len(self.between.encode()) != 1:
            raise failure("0A000", "COPY delimiter must be a single one-byte character")
        if self.between in "\r\n":
            raise failure("22023", "COPY delimiter cannot be newline or carriage return")
        if "\r" in self.nothing or "\n" in self.nothing:
            raise failure("22023", "COPY null representation cannot use newline or carriage return")
        if self.format == "text" and self.between in _RESERVED:
            raise failure("22023", f'COPY delimiter cannot be "{self.between}"')
