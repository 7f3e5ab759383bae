"""Errors of the house as PostgreSQL's: one table from what happened to a SQLSTATE, and the way a report goes through.

Source: the PostgreSQL documentation, "PostgreSQL Error Codes".
"""

from yunbox.kernel.errors import (
    AlreadyExists,
    Cancelled,
    Conflict,
    Forbidden,
    Internal,
    InvalidArgument,
    KernelError,
    NotFound,
    Refused,
    StorageFull,
    Throttled,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from yunbox.wire.pgwire.report import PgError, Report

_STATES: dict[type[KernelError], str] = {
    InvalidArgument: "22023", Unauthenticated: "28000", Forbidden: "42501", Refused: "53400", NotFound: "42704",
    AlreadyExists: "42710", Conflict: "55000", Throttled: "53400", Unsupported: "0A000", Cancelled: "57014",
    StorageFull: "53100", Unavailable: "57P03", Internal: "XX000",
}  # fmt: skip


_STATE_LENGTH = 5


class StatementFailed(KernelError):
    """A statement ended with a report for its client; ``code`` is its SQLSTATE, by which failures are counted."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.message, code=report.sqlstate)
        self.report = report


def report_of(error: Exception) -> Report:
    """What a client is told of an error. One who is nobody any more is sent away."""
    if isinstance(error, PgError | StatementFailed):
        return error.report
    if not isinstance(error, KernelError):
        return Report("ERROR", "XX000", f"internal error: {type(error).__name__}")
    state = next((state for kind, state in _STATES.items() if isinstance(error, kind)), "XX000")
    code = error.code if error.code is not None and len(error.code) == _STATE_LENGTH else state
    return Report("FATAL" if isinstance(error, Unauthenticated) else "ERROR", code, str(error))
