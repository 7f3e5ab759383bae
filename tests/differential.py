"""Statements on two servers: what PostgreSQL answers, and what another does, compared as clients see it.

An answer is the names and type OIDs of its columns and its rows as text, or the SQLSTATE of an error. Rows are compared
in their order where the statement has an ORDER BY outside, and else as a bag.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres import PASSWORD, Postgres

Row = tuple[str | None, ...]
_SORTED = re.compile(r"\border\s+by\b(?![^()]*\))", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What a client sees of one statement."""

    names: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    sqlstate: str = ""
    message: str = ""

    @property
    def refused(self) -> bool:
        """Whether the statement is refused as not supported."""
        return self.sqlstate == "0A000"

    def agrees(self, other: "Answer", statement: str) -> bool:
        """Whether both say the same."""
        if self.sqlstate or other.sqlstate:
            return self.sqlstate == other.sqlstate
        if self.names != other.names or self.types != other.types:
            return False
        if _SORTED.search(statement):
            return self.rows == other.rows
        return sorted(map(_key, self.rows)) == sorted(map(_key, other.rows))


def _key(row: Row) -> tuple[tuple[bool, str], ...]:
    return tuple((item is None, item or "") for item in row)


Ask = Callable[[str], Answer]


@dataclass(frozen=True)
class Case:
    """A statement of a file of them."""

    statement: str
    place: str


def cases(folder: Path, suffix: str = ".sql") -> list[Case]:
    """The statements of every file of a folder: one a line, ``--`` begins a comment."""
    found = []
    for file in sorted(folder.glob(f"*{suffix}")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("--"):
                found.append(Case(line.strip(), f"{file.stem}:{number}"))
    return found


def through_psycopg(connection: psycopg.Connection[Any]) -> Ask:
    """Ask a live server, by simple queries, whose rows come as text."""

    def ask(statement: str) -> Answer:
        try:
            found = connection.pgconn.exec_(statement.encode())
        except psycopg.Error as error:
            return Answer(sqlstate=error.sqlstate or "?", message=str(error))
        state = found.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        if state is not None:
            message = found.error_field(psycopg.pq.DiagnosticField.MESSAGE_PRIMARY) or b""
            return Answer(sqlstate=state.decode(), message=message.decode())
        columns = range(found.nfields)
        rows = tuple(tuple(_text(found.get_value(at, column)) for column in columns) for at in range(found.ntuples))
        names = tuple((found.fname(column) or b"").decode() for column in columns)
        return Answer(names, tuple(found.ftype(column) for column in columns), rows)

    return ask


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def connect(server: Postgres) -> psycopg.Connection[Any]:
    """A connection to a PostgreSQL of a test."""
    return psycopg.connect(
        host=str(server.folder), user="postgres", dbname="postgres", password=PASSWORD, autocommit=True
    )


def differences(statements: Iterable[Case], oracle: Ask, other: Ask) -> tuple[list[str], list[str]]:
    """What differs, in words, and which statements the other refuses (0A000) that PostgreSQL answers."""
    wrong, refused = [], []
    for case in statements:
        expected, got = oracle(case.statement), other(case.statement)
        if got.agrees(expected, case.statement):
            continue
        if got.refused:
            refused.append(case.statement)
            continue
        wrong.append(f"{case.place}: {case.statement}\n  PostgreSQL: {_shown(expected)}\n  here:       {_shown(got)}")
    return wrong, refused


def _shown(answer: Answer, rows_max: int = 6) -> str:
    if answer.sqlstate:
        return f"{answer.sqlstate} {answer.message}"
    return f"{answer.names} {answer.types} {_few(answer.rows, rows_max)}"


def _few(rows: Sequence[Row], rows_max: int) -> str:
    return str(list(rows[:rows_max])) + (" ..." if len(rows) > rows_max else "")
