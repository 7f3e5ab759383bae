"""A session: its settings, transaction, prepared statements and portals, and how a statement of it is run.

What a client says comes through ``session.loop``; this is what both protocols, the simple and the extended one, stand
on. Each statement that runs goes the spine's path, and each can be stopped: by a cancel request, by its timeout, or
because its client has gone.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from yunbox.kernel.call import Access, Call
from yunbox.services.hologres.faults import StatementFailed
from yunbox.services.hologres.gateway.connection import Connection
from yunbox.services.hologres.operations import Work, operation_of
from yunbox.services.hologres.session import used
from yunbox.services.hologres.session.listing import cursors_of, prepared_of
from yunbox.services.hologres.session.logged import Ended, is_logged
from yunbox.services.hologres.session.portal import Portal, Prepared
from yunbox.services.hologres.session.ports import Context, Ends, Engine, Plan, Taking
from yunbox.services.hologres.session.transaction import State, Transaction, now_us
from yunbox.services.hologres.statements.commands import Query
from yunbox.spine.sessions import Session as SpineSession
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.settings.session import Settings, Shown

_HELD_BYTES_MAX = 64 * 1024
_NOTICED_US = 50_000
"""How long a statement takes that is answered at once, at most; who wants faster ones logged has none of these."""
_BINLOG, _OFF = "hg_experimental_generate_binlog", ("off", "false", "no", "0")
_STOPPED = {
    "user": "canceling statement due to user request",
    "timeout": "canceling statement due to statement timeout",
    "gone": "connection to client lost",
    "shutdown": "terminating connection due to administrator command",
}
T = TypeVar("T")
FindAccess = Callable[[str, Sequence[str]], Access]
"""An action on a thing of another service, by the thing's names."""
_NOBODY: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long things may take, in seconds; 0 is for ever."""

    statement_s: float = 0.0
    idle_in_transaction_s: float = 0.0
    idle_s: float = 0.0

    @property
    def any(self) -> bool:
        """Whether a client may be sent away that says nothing."""
        return bool(self.idle_in_transaction_s or self.idle_s)


class Session:
    """One client's."""

    def __init__(
        self,
        line: Connection,
        spine: SpineSession[Any],
        engine: Engine,
        settings: Settings,
        *,
        process_id: int,
        user: str,
        database: str,
        access: FindAccess | None = None,
        ends: Ends | None = None,
    ) -> None:
        self.line = line
        self._access, self._ends = access, ends
        self.engine = engine
        self.settings = settings
        self.process_id = process_id
        self.user = self.role = self.authenticated = user
        self.database = database
        self.transaction = Transaction(settings, self.tell, self._undone, self._done)
        self.prepared: dict[str, Prepared] = _NOBODY
        self.portals: dict[str, Portal] = _NOBODY
        self.timeouts = Timeouts()
        self._seen = self._logs_us = -1
        self.is_watched = False
        self.look()
        self.spine = spine
        self._out: list[bytes] = []
        self._held = 0
        self._is_ready = False
        self.began_us = self.ended_us = 0
        self.text = self.statement = self.tag = ""
        """What runs, or ran last of what was not answered at once: the whole text, the statement of it, and its tag."""
        self.log: Callable[[Session, Ended], None] | None = None
        self.quick: Prepared | None = None
        self.quick_started = 0.0
        self._busy = False
        self._stopped = ""
        self._loop = asyncio.get_running_loop()
        line.on_gone = lambda: self.stop("gone")

    # -- what goes out

    def send(self, data: bytes) -> None:
        """Keep bytes for the client until there are many, or it waits for them."""
        self._out.append(data)
        self._held += len(data)

    def flush(self) -> None:
        """Send what is kept."""
        if self._out:
            self.line.write(b"".join(self._out))
            self._out.clear()
            self._held = 0
        self._is_ready = False

    def hurry(self) -> None:
        """Have what is kept sent once all messages that are there are answered."""
        self._is_ready = True

    def flush_ready(self) -> None:
        """Send what is kept for a client who waits for it: one who may ask for more, or was told of a failure."""
        if self._is_ready:
            self.flush()

    @property
    def is_heavy(self) -> bool:
        """Whether much is kept."""
        return self._held >= _HELD_BYTES_MAX

    async def ease(self) -> None:
        """Send what is kept if it is much, at the pace in which the client reads. Raises ConnectionError."""
        if self._held >= _HELD_BYTES_MAX:
            self.flush()
            await self.line.drain()

    def tell(self, report: Report) -> None:
        """Send a notice, if the client wants those of its severity."""
        levels = ("debug", "log", "notice", "warning", "error")
        wanted = self.settings.show("client_min_messages").rstrip("12345")
        if levels.index(report.severity.lower()) >= levels.index(wanted):
            self.send(backend.notice(report))

    def ready(self) -> None:
        """The client may ask for more."""
        for name, value in self.settings.reports():
            self.send(backend.parameter_status(name, value))
        self.send(backend.READY[self.transaction.status])
        self.hurry()

    # -- statements that can be stopped

    def stop(self, why: str) -> None:
        """Stop the statement that runs, if one does."""
        if self._busy and not self._stopped:
            self._stopped = why
            self.line.stop()

    @property
    def is_busy(self) -> bool:
        """Whether a statement runs."""
        return self._busy

    async def guarded(self, work: Awaitable[T]) -> T:
        """Await what may be stopped. Raises PgError 57014 when it was."""
        self.look()
        timeout_s = self.timeouts.statement_s
        timer = self._loop.call_later(timeout_s, self.stop, "timeout") if timeout_s else None
        self._begin()
        try:
            return await work
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._stopped or task is None:
                raise
            task.uncancel()
            raise self._stop_report() from None
        finally:
            self._busy = False
            self.ended_us = now_us()
            if timer is not None:
                timer.cancel()

    def _begin(self) -> None:
        self._busy, self._stopped, self.began_us = True, "", now_us()

    def _stop_report(self) -> PgError:
        if self._stopped == "gone":
            return PgError(Report("FATAL", "08006", _STOPPED["gone"]))
        if self._stopped == "shutdown":
            return PgError(Report("FATAL", "57P01", _STOPPED["shutdown"]))
        return failure("57014", _STOPPED[self._stopped])

    async def perform(self, tag: str, run: Callable[[Call[Any]], Awaitable[None]]) -> None:
        """Run a statement on the spine's path. Raises PgError, or a kernel error."""

        sent_bytes = 0

        async def reported(call: Call[Any]) -> None:
            nonlocal sent_bytes
            used.runs(call.usage)
            try:
                await run(call)
            except PgError as error:
                raise StatementFailed(error.report) from None
            sent_bytes = call.usage.downloaded_bytes

        await self.guarded(self.spine.perform(operation_of(tag), Work(reported)))
        self._log_success(sent_bytes)

    def _log_success(self, sent_bytes: int) -> None:
        """Have the log know of a statement that took long, or that defines something."""
        took_us = self.ended_us - self.began_us
        if self.log is not None and is_logged(self.tag, took_us, self._logs_us):
            self.log(self, Ended(self.statement, self.tag, self.began_us, took_us, sent_bytes=sent_bytes))

    def log_quick(self, prepared: Prepared, tag: str, took_s: float) -> None:
        """The same of a change that was answered at once."""
        took_us = int(took_s * 1_000_000)
        if self.log is not None and 0 <= self._logs_us <= took_us:
            self.log(self, Ended(prepared.text, tag, now_us() - took_us, took_us))

    def log_failure(self, report: Report, began_us: int) -> None:
        """Have the log know of a statement that has failed."""
        if self.log is not None and self._logs_us >= 0:
            tag = self.statement.split(maxsplit=1)[0].upper()[:63] if self.statement.strip() else ""
            self.log(self, Ended(self.statement, tag, began_us, now_us() - began_us, report))

    # -- planning and running

    def context(self) -> Context:
        """What a statement may depend on; it holds until the next one."""
        self.look()
        context = self._context
        context.now_us, context.statement_us = self.transaction.began_us, self.began_us
        context.block = self.transaction.block
        return context

    def look(self) -> None:
        """Read the settings that each statement depends on, when any has changed."""
        settings = self.settings
        if self._seen == settings.version:
            return
        self._seen = settings.version
        self._look_who()
        names = ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")
        self.timeouts = Timeouts(*(settings.number(name) / 1000 for name in names))
        self._logs_us = settings.number("log_min_duration_statement") * 1000
        shown = Shown(settings)
        is_unlogged = shown.get(_BINLOG, "on").lower() in _OFF
        is_timed = self.timeouts.any or bool(self.timeouts.statement_s)
        self.is_watched = is_timed or 0 <= self._logs_us < _NOTICED_US or is_unlogged
        self.style = settings.style
        self.reads_only = settings.show("transaction_read_only") != "off"
        path, application = settings.show("search_path"), settings.show("application_name")
        self._context = Context(
            self.role, self.database, self.process_id, application, path, self.style, 0, 0, settings=shown,
            settings_version=settings.version, assign=settings.assign, session_user=self.user, own=self._own,
            reach=self._reach, is_unlogged=is_unlogged, ends=self._ends,
        )  # fmt: skip

    def _own(self, name: str) -> list[dict[str, Any]]:
        """The rows of a system table about itself."""
        return cursors_of(self.portals) if name == "pg_cursors" else prepared_of(self.prepared)

    def _look_who(self) -> None:
        """As whom the session acts now; statements that were prepared are other ones for another role."""
        user, role = self.settings.show("session_authorization"), self.settings.show("role")
        acting = user if role == "none" else role
        if (user, acting) != (self.user, self.role):
            self.user, self.role = user, acting
            for name, prepared in self.prepared.items():
                self.prepared[name] = replace(prepared)

    def _reach(self, action: str, names: Sequence[str]) -> None:
        """Whether the session may do something with a thing of another service. Raises AccessDenied, NotFound."""
        if self._access is None:
            raise failure("0A000", f"{action}: this server has no other services")
        self.spine.reach(self._access(action, names))

    async def planned(self, text: str, command: Query, types: tuple[int, ...] = ()) -> Prepared:
        """A statement for an engine. Raises PgError."""
        plan = await self.engine.plan(command.text, types, self.context())
        return Prepared(text, command, plan, plan.parameters)

    def portal(self, prepared: Prepared, values: tuple[object, ...] = (), formats: tuple[int, ...] = ()) -> Portal:
        """A statement that is to run. ``formats`` has one for each of its columns."""
        plan = prepared.plan
        assert plan is not None
        return Portal(
            prepared, plan.columns, values, formats, self.transaction.depth, tag=plan.tag, counted=plan.is_counted
        )

    async def started(self, portal: Portal, rows_max: int | None = None) -> None:
        """Have an engine begin with a statement, of which so many rows are streamed next, 0 for all; None where that
        is not known. Raises PgError."""
        plan = portal.prepared.plan
        assert plan is not None
        self._check_writing(plan)
        portal.started = True
        first = Taking(rows_max, portal.formats, self.style) if rows_max is not None else None
        portal.rows = await self.engine.start(plan, portal.values, self.context(), first)
        for report in portal.rows.notices:
            self.tell(report)
        if portal.columns is None:
            affected = portal.rows.affected
            portal.tag = f"{plan.tag} {affected}" if plan.is_counted else plan.tag
            portal.close()

    def _check_writing(self, plan: Plan) -> None:
        self.look()
        if not plan.writes or not self.reads_only:
            return
        raise failure("25006", f"cannot execute {first_word_of(plan.tag)} in a read-only transaction")

    async def streamed(self, portal: Portal, call: Call[Any], rows_max: int = 0) -> bool:
        """Send rows, and then what the statement is answered with; whether it has come to its end."""
        count, rows = 0, portal.rows
        while rows is not None and not portal.ended:
            batch = await rows.take(rows_max - count if rows_max else 0, portal.formats, self.style)
            count += batch.count
            if batch.data:
                self.send(batch.data)
                call.usage.downloaded_bytes += len(batch.data)
                if self._held >= _HELD_BYTES_MAX:
                    await self.ease()
            if rows_max and count >= rows_max:
                return False
            portal.ended = batch.is_last
        counted = portal.counted and portal.columns is not None
        self.tag = f"{portal.tag} {count}" if counted else portal.tag
        self.send(backend.command_complete(self.tag))
        return True

    # -- portals and the ends of transactions

    def keep(self, name: str, portal: Portal) -> None:
        """Have a portal by a name."""
        if self.portals is _NOBODY:
            self.portals = {}
        if name:
            portal.made_us = now_us()
        self.portals[name] = portal

    def remember(self, name: str, prepared: Prepared) -> None:
        """Have a statement by a name."""
        if self.prepared is _NOBODY:
            self.prepared = {}
        prepared.made_us = now_us() if name else 0
        self.prepared[name] = prepared

    def forget(self, name: str) -> None:
        """Close a portal, if there is one."""
        if self.portals and (portal := self.portals.pop(name, None)) is not None:
            portal.close()

    def _undone(self, depth: int) -> None:
        for name in [name for name, portal in self.portals.items() if portal.depth >= depth]:
            self.forget(name)

    def _done(self) -> None:
        for name, portal in list(self.portals.items()):
            if portal.hold:
                portal.depth = 0
            else:
                self.forget(name)

    async def settle(self) -> None:
        """Do for good what the transaction has done, which is over then. Raises PgError, when nothing of it is done."""
        transaction = self.transaction
        if transaction.block is None or transaction.state is State.FAILED:
            return
        try:
            await self.engine.commit(transaction.block)
        except BaseException:
            transaction.abandon()
            raise

    def check_failed(self, *, ends: bool) -> None:
        """Raise PgError 25P02 for a statement that a failed transaction does not take."""
        if self.transaction.state is State.FAILED and not ends:
            raise failure("25P02", "current transaction is aborted, commands ignored until end of transaction block")

    def close(self) -> None:
        """The session ends; what it has not committed is as if it had never been."""
        for name in list(self.portals):
            self.forget(name)
        with contextlib.suppress(Exception):
            self.spine.close()


def first_word_of(tag: str) -> str:
    """What a statement is called in messages: INSERT of ``INSERT 0``."""
    return tag.removesuffix(" 0")
