"""The extended protocol: statements are parsed, bound to values, described and executed, each by its own message."""

from collections.abc import Callable
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.hologres.session.commands import columns_of, open_command, tag_of
from yunbox.services.hologres.session.loading import load
from yunbox.services.hologres.session.portal import Portal, Prepared, spread
from yunbox.services.hologres.session.ports import Column
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.values import bound
from yunbox.services.hologres.statements.commands import Command, Copy, Query, ends_failed
from yunbox.services.hologres.statements.cursor import moved
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.services.hologres.statements.reader import read
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.frontend import Bind, Close, Describe, Execute, Message, Parse
from yunbox.wire.pgwire.report import PgError, failure

_PREPARED_MAX = 10_000
_PORTALS_MAX = 1_000


class Extended:
    """Answers the messages of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answers: dict[type[Any], Callable[[Any], Any]] = {
            Parse: self._parse, Bind: self._bind, Describe: self._describe, Execute: self._execute, Close: self._close,
        }  # fmt: skip

    async def answer(self, message: Message) -> None:
        """Answer one message. Raises PgError, or a kernel error."""
        await self._answers[type(message)](message)

    async def _parse(self, message: Parse) -> None:
        session = self._session
        session.transaction.start()
        session.statement = message.text
        prepared = await self._prepared(message)
        if message.name and message.name in session.prepared:
            raise failure("42P05", f'prepared statement "{message.name}" already exists')
        if len(session.prepared) >= _PREPARED_MAX:
            raise failure("53400", f"a session has at most {_PREPARED_MAX} prepared statements")
        session.remember(message.name, prepared)
        session.send(backend.PARSE_COMPLETE)

    async def _prepared(self, message: Parse) -> Prepared:
        session = self._session
        found = pieces(message.text)
        if len(found) > 1:
            raise failure("42601", "cannot insert multiple commands into a prepared statement")
        if not found:
            return Prepared(message.text, None, None, message.types)
        [piece] = found
        command = read(piece)
        session.check_failed(ends=ends_failed(command))
        if not isinstance(command, Query):
            return Prepared(piece.text, command, None, message.types)
        try:
            return await session.guarded(session.planned(piece.text, command, message.types))
        except PgError as error:
            raise PgError(moved(error.report, piece.start)) from None

    async def _bind(self, message: Bind) -> None:
        session = self._session
        session.transaction.start()
        prepared = self._named(message.statement)
        session.statement = prepared.text
        if len(message.values) != len(prepared.types):
            told = (
                f'bind message supplies {len(message.values)} parameters, but prepared statement "{message.statement}"'
            )
            raise failure("08P01", f"{told} requires {len(prepared.types)}")
        session.check_failed(ends=prepared.command is not None and ends_failed(prepared.command) and not message.values)
        if message.portal and message.portal in session.portals:
            raise failure("42P03", f'cursor "{message.portal}" already exists')
        if len(session.portals) >= _PORTALS_MAX:
            raise failure("53400", f"a session has at most {_PORTALS_MAX} portals")
        values = bound(prepared.types, message, session.settings.style)
        session.forget(message.portal)
        session.keep(message.portal, self._portal(prepared, values, message.result_formats))
        session.send(backend.BIND_COMPLETE)

    def _portal(self, prepared: Prepared, values: tuple[object, ...], formats: tuple[int, ...]) -> Portal:
        session = self._session
        if prepared.plan is not None:
            columns = prepared.plan.columns
            return session.portal(prepared, values, spread(formats, len(columns)) if columns is not None else ())
        command = prepared.command
        columns = columns_of(session, command)
        spread_formats = spread(formats, len(columns)) if columns is not None else ()
        depth = session.transaction.depth
        return Portal(prepared, columns, values, spread_formats, depth, tag=tag_of(command) if command else "")

    async def _describe(self, message: Describe) -> None:
        session = self._session
        session.transaction.start()
        if message.target == "statement":
            prepared = self._named(message.name)
            columns = self._columns(prepared)
            self._check_described(columns)
            session.send(backend.parameter_description(prepared.types))
            formats = (0,) * len(columns or ())
        else:
            portal = self._found(message.name)
            columns, formats = portal.columns, portal.formats
            self._check_described(columns)
        if columns is None:
            session.send(backend.NO_DATA)
        else:
            described = zip(columns, formats, strict=True)
            session.send(backend.row_description([one.field(format) for one, format in described]))

    def _columns(self, prepared: Prepared) -> tuple[Column, ...] | None:
        return prepared.plan.columns if prepared.plan is not None else columns_of(self._session, prepared.command)

    def _check_described(self, columns: tuple[Column, ...] | None) -> None:
        """A failed transaction has nothing described that gives rows."""
        self._session.check_failed(ends=columns is None)

    async def _execute(self, message: Execute) -> None:
        session = self._session
        session.transaction.start()
        portal = self._found(message.portal)
        command = portal.prepared.command
        if command is None:
            session.send(backend.EMPTY_QUERY)
            return
        session.check_failed(ends=ends_failed(command))
        if not session.line.frames.is_alone:
            session.transaction.start(together=True)
        if portal.started and portal.columns is None:
            raise failure("55000", f'portal "{message.portal}" cannot be run')
        rows_max = max(message.rows_max, 0)

        session.text = session.statement = portal.prepared.text

        async def run(call: Call[Any]) -> None:
            if not portal.started:
                await self._start(portal, command, call, rows_max)
            if portal.columns is None and isinstance(command, Copy):
                return
            if not await session.streamed(portal, call, rows_max):
                session.send(backend.PORTAL_SUSPENDED)

        await session.perform(portal.tag or tag_of(command), run)

    async def _start(self, portal: Portal, command: Command, call: Call[Any], rows_max: int) -> None:
        if isinstance(command, Query):
            await self._session.started(portal, rows_max)
        elif isinstance(command, Copy):
            portal.started = True
            await load(self._session, command, call)
        else:
            portal.started = True
            await open_command(self._session, command, portal)

    async def _close(self, message: Close) -> None:
        session = self._session
        if message.target == "portal":
            session.forget(message.name)
        else:
            session.prepared.pop(message.name, None)
        session.send(backend.CLOSE_COMPLETE)

    def _named(self, name: str) -> Prepared:
        found = self._session.prepared.get(name)
        if found is None and not name:
            raise failure("26000", "unnamed prepared statement does not exist")
        if found is None:
            raise failure("26000", f'prepared statement "{name}" does not exist')
        return found

    def _found(self, name: str) -> Portal:
        found = self._session.portals.get(name)
        if found is None:
            raise failure("34000", f'portal "{name}" does not exist')
        return found
