"""What a PostgreSQL server says about a failure, or beside an answer: the fields of ErrorResponse and NoticeResponse.

Source: the PostgreSQL documentation, "Error and Notice Message Fields" and "PostgreSQL Error Codes".
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "DEBUG", "INFO", "LOG"]


@dataclass(frozen=True, slots=True)
class Report:
    """One error or notice. ``sqlstate`` has five letters; ``position`` counts the query's characters from 1."""

    severity: Severity
    sqlstate: str
    message: str
    detail: str = ""
    hint: str = ""
    position: int = 0
    internal_position: int = 0
    internal_query: str = ""
    where: str = ""
    schema: str = ""
    table: str = ""
    column: str = ""
    data_type: str = ""
    constraint: str = ""

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The letters of its fields and their texts, in the order in which PostgreSQL sends them."""
        numbers = (("P", self.position), ("p", self.internal_position))
        texts = (
            ("D", self.detail), ("H", self.hint), *((letter, str(at)) for letter, at in numbers if at > 0),
            ("q", self.internal_query), ("W", self.where), ("s", self.schema), ("t", self.table), ("c", self.column),
            ("d", self.data_type), ("n", self.constraint),
        )  # fmt: skip
        first = [("S", self.severity), ("V", self.severity), ("C", self.sqlstate), ("M", self.message)]
        return first + [(letter, text) for letter, text in texts if text]


class PgError(Exception):
    """What ends a statement, or with FATAL a session, as the client is told it."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.sqlstate}: {report.message}")
        self.report = report


def failure(sqlstate: str, message: str, detail: str = "", hint: str = "", *, where: str = "") -> PgError:
    """What ends a statement, to be raised."""
    return PgError(Report("ERROR", sqlstate, message, detail=detail, hint=hint, where=where))


class ProtocolViolation(PgError):
    """What came is no message of the protocol: the session ends, since nobody knows where the next one begins."""

    def __init__(self, message: str, *, sqlstate: str = "08P01", hint: str = "") -> None:
        super().__init__(Report("FATAL", sqlstate, message, hint=hint))
