"""DECLARE, FETCH, MOVE and CLOSE: cursors are portals that statements speak of, and they go forward only."""

from collections.abc import Awaitable, Callable
from typing import Any

from yunbox.services.hologres.session.portal import Portal
from yunbox.services.hologres.session.rows import Further
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import no_block
from yunbox.services.hologres.statements import commands as c
from yunbox.services.hologres.statements.cursor import moved
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.services.hologres.statements.reader import read
from yunbox.wire.pgwire.report import PgError, failure

_CURSORS_MAX = 1_000


async def _declare(session: Session, command: c.Declare, portal: Portal) -> None:
    if not command.hold and not session.transaction.in_block:
        raise no_block("DECLARE CURSOR")
    if command.scroll:
        raise failure("0A000", "SCROLL cursors are not supported")
    if command.name in session.portals:
        raise failure("42P03", f'cursor "{command.name}" already exists')
    if len(session.portals) >= _CURSORS_MAX:
        raise failure("53400", f"a session has at most {_CURSORS_MAX} cursors")
    query = read(pieces(command.text)[0])
    if not isinstance(query, c.Query):
        raise failure("42601", "DECLARE CURSOR must be of a query")
    try:
        prepared = await session.planned(command.text, query)
    except PgError as error:
        raise PgError(moved(error.report, command.start)) from None
    columns = prepared.plan.columns if prepared.plan is not None else None
    if columns is None:
        raise failure("42601", "DECLARE CURSOR must be of a query")
    made = session.portal(prepared, (), (int(command.binary),) * len(columns))
    made.hold = command.hold
    await session.started(made)
    prepared.text = session.text
    session.keep(command.name, made)


async def _fetch(session: Session, command: c.Fetch, portal: Portal) -> None:
    cursor = session.portals.get(command.name)
    if cursor is None or cursor.columns is None or cursor.rows is None:
        raise failure("34000", f'cursor "{command.name}" does not exist')
    if command.backward:
        hint = "Declare it with SCROLL option to enable backward scan."
        raise failure("55000", "cursor can only scan forward", hint=hint)
    if command.count == 0:
        raise failure("0A000", "FETCH 0, which gives the row of before again, is not supported")
    if command.move:
        portal.tag = f"MOVE {await _skipped(session, cursor, command.count)}"
        return
    if portal.columns is None:
        portal.columns, portal.formats = cursor.columns, cursor.formats
    portal.rows, portal.counted = Further(cursor.rows, command.count), True


async def _skipped(session: Session, cursor: Portal, count: int | None) -> int:
    """Pass over rows; how many there were."""
    assert cursor.rows is not None
    further, skipped = Further(cursor.rows, count), 0
    while True:
        batch = await further.take(0, cursor.formats, session.settings.style)
        skipped += batch.count
        if batch.is_last:
            return skipped


async def _close(session: Session, command: c.CloseCursor, portal: Portal) -> None:
    if command.name is None:
        portal.tag = "CLOSE CURSOR ALL"
        for name in [name for name in session.portals if name]:
            session.forget(name)
        return
    if command.name not in session.portals:
        raise failure("34000", f'cursor "{command.name}" does not exist')
    session.forget(command.name)


RUNS: dict[type[Any], Callable[[Session, Any, Portal], Awaitable[None]]] = {
    c.Declare: _declare, c.Fetch: _fetch, c.CloseCursor: _close,
}  # fmt: skip
