"""Statements that were prepared, and portals: a statement with its values, and how far its rows were taken."""

from dataclasses import dataclass

from yunbox.services.hologres.session.ports import Column, Plan, Rows
from yunbox.services.hologres.statements.commands import Command
from yunbox.wire.pgwire.report import failure


@dataclass(slots=True, eq=False)
class Prepared:
    """A statement, made at ``made_us`` by PREPARE or by a message. ``plan`` is what an engine made of it; None for a
    command of the session's own, and for nothing."""

    text: str
    command: Command | None
    plan: Plan | None = None
    types: tuple[int, ...] = ()
    made_us: int = 0
    from_sql: bool = False


@dataclass(slots=True, eq=False)
class Portal:
    """A statement that runs, or is to. ``depth`` is that of the transaction it was made in, 0 once it is held beyond.

    ``formats`` has one for each column. ``rows`` are None before it was started, and for what gives none.
    """

    prepared: Prepared
    columns: tuple[Column, ...] | None
    values: tuple[object, ...] = ()
    formats: tuple[int, ...] = ()
    depth: int = 0
    hold: bool = False
    tag: str = ""
    counted: bool = False
    started: bool = False
    ended: bool = False
    made_us: int = 0
    rows: Rows | None = None

    def close(self) -> None:
        """Let go of what is left of its rows."""
        rows, self.rows = self.rows, None
        self.ended = True
        if rows is not None:
            rows.close()


def spread(formats: tuple[int, ...], count: int) -> tuple[int, ...]:
    """One format for each of so many columns: one alone is for all, and none is text. Raises PgError 08P01."""
    if len(formats) == count:
        return formats
    if len(formats) > 1:
        told = f"bind message has {len(formats)} result formats but query has {count} columns"
        raise failure("08P01", told)
    return (formats or (0,)) * count
