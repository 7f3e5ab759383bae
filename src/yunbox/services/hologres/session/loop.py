"""What a client says, message by message, in the simple and the extended protocol, and in which order it is answered.

Source: the PostgreSQL documentation, "Message Flow". An error in the extended protocol has all passed over up to the
next Sync, and nothing is sent before a Sync, a Flush, or until there is much.
"""

import asyncio
from functools import lru_cache

from yunbox.kernel.call import Call
from yunbox.services.hologres.faults import report_of
from yunbox.services.hologres.session.commands import run_command
from yunbox.services.hologres.session.extended import Extended
from yunbox.services.hologres.session.known import Statements
from yunbox.services.hologres.session.pipeline import Pipeline
from yunbox.services.hologres.session.quick import Quick
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import State, now_us
from yunbox.services.hologres.statements.commands import Command, Query, ends_failed
from yunbox.services.hologres.statements.cursor import moved
from yunbox.services.hologres.statements.lexer import Piece, pieces
from yunbox.services.hologres.statements.reader import read as read_command
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.frontend import Message, Plain, read
from yunbox.wire.pgwire.frontend import Query as SimpleQuery
from yunbox.wire.pgwire.report import PgError, Report, failure

_EXECUTE, _SYNC, _TERMINATE = b"ESX"
_EXTENDED = frozenset(b"PBDECH")
_LATE = frozenset(b"dcf")
"""What a client may still be sending of a COPY that has failed."""
_TEXTS_MAX, _TEXT_LETTERS_MAX = 512, 4096
_IDLE = {
    "idle_in_transaction_session_timeout": ("25P03", "terminating connection due to idle-in-transaction timeout"),
    "idle_session_timeout": ("57P05", "terminating connection due to idle-session timeout"),
}
_SHUTDOWN = ("57P01", "terminating connection due to administrator command")


class Loop:
    """Serves one session to its end."""

    def __init__(self, session: Session, secret: int) -> None:
        self._session = session
        self._secret = secret
        self._extended = Extended(session)
        self._known = Statements(session)
        self._pipeline = Pipeline(session, self._known, self._one_message)
        self._skipping = False
        self._leaving = ""
        self._since_us = 0

    async def serve(self) -> None:
        """Greet a client who has logged in, and answer it until it leaves."""
        session = self._session
        for name, value in session.settings.reports():
            session.send(backend.parameter_status(name, value))
        session.send(backend.backend_key(session.process_id, self._secret))
        session.ready()
        session.flush()
        session.line.at_once = Quick(session, self._known, self._waits).answer
        while await self._answered() and await self._some():
            pass

    async def _answered(self) -> bool:
        """Answer all messages that are there; whether the session goes on."""
        session = self._session
        try:
            for kind, body in session.line.messages():
                if kind == _TERMINATE:
                    return False
                if (self._skipping and kind != _SYNC) or kind in _LATE:
                    continue
                if not await self._taken(kind, body):
                    return False
                if session.is_heavy:
                    await session.ease()
        except PgError as error:
            return self._farewell(error.report.sqlstate, error.report.message)
        session.flush_ready()
        return True

    async def _taken(self, kind: int, body: bytes) -> bool:
        """Keep one message, or answer what was kept and then it; whether the session goes on."""
        if self._pipeline.keeps(kind, body):
            return not self._pipeline.is_full or await self._settled()
        if not await self._settled(kind):
            return False
        if not self._skipping and self._pipeline.keeps(kind, body):  # another statement's change
            return True
        return await self._one_message(kind, body)

    async def _settled(self, kind: int = 0) -> bool:
        """Answer what was kept; whether the session goes on."""
        try:
            return await self._pipeline.settle(kind)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            return not self._failed(report_of(error), _EXECUTE)

    async def _one_message(self, kind: int, body: bytes) -> bool:
        """Answer one message; whether the session goes on."""
        if self._skipping and kind != _SYNC:
            return True
        self._since_us = now_us()
        try:
            if kind == _SYNC and not body:
                await self._sync()
            else:
                await self._answer(read(kind, body))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            return not self._failed(report_of(error), kind)
        return True

    def _waits(self) -> bool:
        """Whether there is nothing that the session has to do first."""
        is_idle = self._session.transaction.state is State.NONE and self._pipeline.is_empty
        return is_idle and not self._skipping and not self._leaving

    def leave(self) -> None:
        """Have the session end, once it waits for its client."""
        self._leaving = "shutdown"
        if not self._session.is_busy:
            self._session.line.stop()

    # -- waiting

    async def _some(self) -> bool:
        """Return once the client has said something; a client who says nothing for too long is told so, and is gone."""
        session = self._session
        if self._leaving:
            return self._farewell(*_SHUTDOWN)
        if session.line.ended:
            return False
        timer = self._timer()
        try:
            await session.line.more()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._leaving or task is None:
                raise
            task.uncancel()
            return self._farewell(*_IDLE.get(self._leaving, _SHUTDOWN))
        finally:
            if timer is not None:
                timer.cancel()
        return True

    def _timer(self) -> asyncio.TimerHandle | None:
        """What ends the session if its client says nothing for too long; most have none."""
        session = self._session
        session.look()
        if self._skipping or not session.timeouts.any:
            return None
        setting = self._idle_setting()
        seconds = session.settings.number(setting) / 1000
        return asyncio.get_running_loop().call_later(seconds, self._expire, setting) if seconds else None

    def _idle_setting(self) -> str:
        idle = self._session.transaction.status == backend.IDLE
        return "idle_session_timeout" if idle else "idle_in_transaction_session_timeout"

    def _expire(self, setting: str) -> None:
        self._leaving = setting
        self._session.line.stop()

    def _farewell(self, sqlstate: str, message: str) -> bool:
        """Say why the session is over, which it is."""
        self._session.send(backend.error(Report("FATAL", sqlstate, message)))
        self._session.flush()
        return False

    # -- answers

    async def _answer(self, message: Message) -> None:
        session = self._session
        if isinstance(message, SimpleQuery):
            await self._simple(message.text)
        elif not isinstance(message, Plain):
            await self._extended.answer(message)
        elif message.kind == "sync":
            await self._sync()
        elif message.kind == "flush":
            session.flush()
        else:
            raise failure("0A000", "the fastpath interface to functions is not supported")

    async def _sync(self) -> None:
        """The end of what was sent together, which is done for good then. Raises PgError, when nothing of it is."""
        self._skipping = False
        session = self._session
        if session.transaction.state is State.IMPLICIT:
            await session.settle()
        session.transaction.finish()
        session.ready()

    def _failed(self, report: Report, kind: int) -> bool:
        """Tell of an error, and go on behind it; whether the session is over."""
        session = self._session
        session.log_failure(report, self._since_us)
        session.transaction.fail()
        session.send(backend.error(report))
        if report.severity == "FATAL":
            session.flush()
            return True
        if kind in _EXTENDED:
            self._skipping = True
            session.hurry()  # one who asked to flush what comes before it waits for no more than that
        else:
            session.ready()
        return False

    async def _simple(self, text: str) -> None:
        """A text of any number of statements, in one transaction if no block is open."""
        session = self._session
        session.forget("")
        session.prepared.pop("", None)
        session.text = session.statement = text
        found = split(text)
        if not found:
            session.send(backend.EMPTY_QUERY)
        for piece, command in found:
            session.check_failed(ends=ends_failed(command))
            session.transaction.start(together=len(found) > 1)
            await self._one(piece, command)
        if not session.transaction.is_open:
            await session.settle()
        session.transaction.finish()
        session.ready()

    async def _one(self, piece: Piece, command: Command) -> None:
        """Plan, run and answer one statement."""
        session = self._session
        session.statement = piece.text
        if not isinstance(command, Query):
            await run_command(session, command, described=True)
            return

        async def run(call: Call[object]) -> None:
            try:
                prepared = await session.planned(piece.text, command)
            except PgError as error:
                raise PgError(moved(error.report, piece.start)) from None
            if prepared.types:
                raise failure("42P02", "there is no parameter $1")
            columns = prepared.plan.columns if prepared.plan is not None else None
            portal = session.portal(prepared, (), (0,) * len(columns or ()))
            try:
                await session.started(portal, 0)
                if columns is not None:
                    session.send(backend.row_description([one.field(0) for one in columns]))
                await session.streamed(portal, call)
            finally:
                portal.close()

        await session.perform(piece.tokens[0].text.upper(), run)


def split(text: str) -> tuple[tuple[Piece, Command], ...]:
    """The statements of a text; short texts, which come again and again, are remembered. Raises PgError 42601."""
    return _remembered(text) if len(text) <= _TEXT_LETTERS_MAX else _split(text)


def _split(text: str) -> tuple[tuple[Piece, Command], ...]:
    return tuple((piece, read_command(piece)) for piece in pieces(text))


_remembered = lru_cache(_TEXTS_MAX)(_split)
