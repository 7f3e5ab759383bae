"""PREPARE, EXECUTE and DEALLOCATE: the same statements as those of the extended protocol, by statements."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from yunbox.services.hologres.session.portal import Portal
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.values import fits, read_text
from yunbox.services.hologres.statements import commands as c
from yunbox.services.hologres.statements.cursor import at, moved, string_of
from yunbox.services.hologres.statements.lexer import pieces, tokens
from yunbox.services.hologres.statements.reader import read
from yunbox.services.hologres.statements.types import oid_of
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.modifiers import format_type
from yunbox.wire.pgwire.values.types import TYPES

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_INTEGERS = (20, 21, 23)


async def _prepare(session: Session, command: c.Prepare, portal: Portal) -> None:
    if command.name in session.prepared:
        raise failure("42P05", f'prepared statement "{command.name}" already exists')
    types = tuple(oid_of(written) for written in command.types)
    query = read(pieces(command.text)[0])
    if not isinstance(query, c.Query):
        raise failure("42601", f'syntax error at or near "{command.text.split(maxsplit=1)[0]}"')
    try:
        prepared = await session.planned(command.text, query, types)
    except PgError as error:
        raise PgError(moved(error.report, command.start)) from None
    prepared.text, prepared.from_sql = session.text, True
    session.remember(command.name, prepared)


async def _execute(session: Session, command: c.ExecutePrepared, portal: Portal) -> None:
    prepared = session.prepared.get(command.name)
    if prepared is None or prepared.plan is None:
        raise failure("26000", f'prepared statement "{command.name}" does not exist')
    if len(command.values) != len(prepared.types):
        detail = f"Expected {len(prepared.types)} parameters but got {len(command.values)}."
        told = f'wrong number of parameters for prepared statement "{command.name}"'
        raise failure("42601", told, detail)
    values = [await _value(session, *pair) for pair in zip(prepared.types, command.values, strict=True)]
    inner = session.portal(prepared, tuple(values))
    await session.started(inner)
    portal.columns, portal.rows, portal.tag, portal.counted = inner.columns, inner.rows, inner.tag, inner.counted


async def _value(session: Session, oid: int, given: tuple[str, int]) -> object:
    """What an expression is worth: a plain value at once, and all else by an engine. Raises PgError."""
    written, start = given
    style = session.settings.style
    found = list(tokens(written))
    if written.lower() == "null":
        return None
    if len(found) == 1 and found[0].sort == "text":
        try:
            return read_text(oid, string_of(found[0].text), style)
        except PgError as error:
            raise at(error, start) from None
    if oid in _INTEGERS and _WHOLE.fullmatch(written) and fits(oid, written, style):
        return read_text(oid, written, style)
    text = f"SELECT CAST(({written}) AS {format_type(oid)})"
    computed = session.portal(await session.planned(text, c.Query(text)), (), (1,))
    await session.started(computed)
    try:
        return await _only(session, computed, oid)
    finally:
        computed.close()


async def _only(session: Session, portal: Portal, oid: int) -> object:
    """The one value of the one row."""
    assert portal.rows is not None
    batch = await portal.rows.take(1, (1,), session.settings.style)
    length = int.from_bytes(batch.data[7:11], "big", signed=True)  # behind the message's head and its count of columns
    return None if length < 0 else TYPES[oid].codec.unpack(batch.data[11 : 11 + length])


async def _deallocate(session: Session, command: c.Deallocate, portal: Portal) -> None:
    if command.name is None:
        session.prepared.clear()
        portal.tag = "DEALLOCATE ALL"
    elif session.prepared.pop(command.name, None) is None:
        raise failure("26000", f'prepared statement "{command.name}" does not exist')


RUNS: dict[type[Any], Callable[[Session, Any, Portal], Awaitable[None]]] = {
    c.Prepare: _prepare, c.ExecutePrepared: _execute, c.Deallocate: _deallocate,
}  # fmt: skip
