"""The errors of Flink SQL, in Flink's words, each with the name of the exception that a gateway would report.

    KernelError
    ├── InvalidArgument
    │   ├── ParseFailed         SqlParserException    the text is no statement
    │   └── ValidationFailed    ValidationException   a name, a type or a clause makes no sense in it
    └── Unsupported
        └── UnsupportedSql      TableException        Flink has it, Yunbox's own engine does not

Places are lines and columns, counted from 1. A statement's parts know the offsets of their first and last letter.
"""

from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument, KernelError, Unsupported

NOWHERE = -1


@dataclass(frozen=True)
class Span:
    """Where a part of a statement stands: offsets of its first letter, and of that behind its last."""

    start: int = NOWHERE
    end: int = NOWHERE


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """An offset as Flink tells it."""
    before = text[:at]
    return before.count("\n") + 1, at - before.rfind("\n")


class FlinkSqlError(KernelError):
    """Above all errors of this layer. ``exception`` is the class that Flink would have thrown."""

    exception = "org.apache.flink.table.api.TableException"

    @property
    def reported(self) -> str:
        """As a gateway of Flink reports it."""
        return f"{self.exception}: {self.message}"


class ParseFailed(FlinkSqlError, InvalidArgument):
    """The text is no statement of Flink SQL."""

    exception = "org.apache.flink.table.api.SqlParserException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"SQL parse failed. {reason}")


class EndOfText(ParseFailed):
    """The text is only the beginning of a statement: a client may ask for more."""

    exception = "org.apache.flink.sql.parser.impl.SqlParserEOFException"


class ValidationFailed(FlinkSqlError, InvalidArgument):
    """The statement parses and makes no sense."""

    exception = "org.apache.flink.table.api.ValidationException"

    def __init__(self, reason: str, text: str = "", at: Span | None = None) -> None:
        self.reason = reason
        super().__init__(f"SQL validation failed. {_where(text, at)}{reason}" if text else reason)


class UnsupportedSql(FlinkSqlError, Unsupported):
    """A real construct of Flink SQL that Yunbox's own engine does not carry out; the message names it."""

    def __init__(self, construct: str, text: str = "", at: Span | None = None) -> None:
        self.construct = construct
        where = _where(text, at)
        super().__init__(f"{where}{construct} is not supported by Yunbox's own engine: it needs the Flink backend")


class NotSensible(FlinkSqlError, InvalidArgument):
    """Flink refuses such a plan too, with these words."""


def _where(text: str, at: Span | None) -> str:
    if not text or at is None or at.start < 0:
        return ""
    line, column = line_and_column(text, at.start)
    if at.end <= at.start + 1:
        return f"At line {line}, column {column}: "
    last_line, last = line_and_column(text, at.end - 1)
    return f"From line {line}, column {column} to line {last_line}, column {last}: "
