"""Errors of the analyzer: a SQLSTATE, PostgreSQL's words, and the place in the statement."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from yunbox.wire.pgwire.report import PgError, Report


def error(sqlstate: str, message: str, at: int = -1, *, detail: str = "", hint: str = "") -> PgError:
    """What is wrong with a statement; ``at`` counts its characters from 0, and -1 is nowhere."""
    return PgError(Report("ERROR", sqlstate, message, detail=detail, hint=hint, position=at + 1))


def unsupported(what: str, at: int = -1) -> PgError:
    """What PostgreSQL has and Yunbox does not: 0A000 that names it."""
    return error("0A000", f"{what} is not supported", at)


@contextmanager
def placed(at: int) -> Generator[None]:
    """Give errors from within that have no place this one."""
    try:
        yield
    except PgError as found:
        if found.report.position or at < 0:
            raise
        raise PgError(replace(found.report, position=at + 1)) from None
