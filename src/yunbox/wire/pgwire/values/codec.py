"""What a type can do: read and write its values in both formats, and say what it does not understand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Protocol

from yunbox.wire.pgwire.report import PgError, failure


@dataclass(frozen=True, slots=True)
class Style:
    """The settings of a session that texts of values depend on.

    ``dates`` is ISO, SQL, POSTGRES or GERMAN, and ``order`` MDY, DMY or YMD (DateStyle); ``intervals`` is
    IntervalStyle; ``float_digits`` is extra_float_digits; ``escapes`` is whether bytea_output is ``escape``.
    ``now`` is when the transaction began, in microseconds since 2000: what ``now`` and ``today`` mean.
    """

    dates: str = "ISO"
    order: str = "MDY"
    intervals: str = "postgres"
    zone: tzinfo = UTC
    float_digits: int = 1
    escapes: bool = False
    now: int = 0

    def at(self, now: int) -> "Style":
        """The same in a transaction that began then: made for every statement, and so without a look at its fields."""
        return Style(self.dates, self.order, self.intervals, self.zone, self.float_digits, self.escapes, now)


class Codec(Protocol):
    """One type's values in both formats. Reading raises PgError."""

    def write(self, value: Any, style: Style) -> str:
        """A value as text."""
        ...

    def read(self, text: str, style: Style) -> Any:
        """The value that a text means."""
        ...

    def pack(self, value: Any) -> bytes:
        """A value in the binary format."""
        ...

    def unpack(self, data: bytes) -> Any:
        """The value of the binary format."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A codec of four functions, for types whose text no setting changes."""

    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]
    to_bytes: Callable[[Any], bytes]
    from_bytes: Callable[[bytes], Any]

    def write(self, value: Any, style: Style) -> str:
        """A value as text."""
        return self.to_text(value)

    def read(self, text: str, style: Style) -> Any:
        """The value that a text means."""
        return self.from_text(text)

    def pack(self, value: Any) -> bytes:
        """A value in the binary format."""
        return self.to_bytes(value)

    def unpack(self, data: bytes) -> Any:
        """The value of the binary format."""
        return self.from_bytes(data)


def invalid(kind: str, text: str) -> PgError:
    """A text is none of a type's."""
    return failure("22P02", f'invalid input syntax for type {kind}: "{text}"')


def malformed(kind: str) -> PgError:
    """Bytes are none of a type's."""
    return failure("22P03", f"incorrect binary data format for type {kind}")
