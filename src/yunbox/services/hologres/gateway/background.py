"""Statements that no session waits for: refreshes of dynamic tables by themselves, and rebuilds of tables.

Each goes the spine's path as whose it is: the owner of the table, or who has asked. While it runs it is among the
sessions and can be stopped as they can, and the log of statements has it once it has ended. Work of a role that stands
for no RAM user or RAM role is the account's.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from yunbox.identity.identify import Holder, Identity
from yunbox.kernel.call import Call, Principal
from yunbox.services.hologres.faults import StatementFailed, report_of
from yunbox.services.hologres.gateway.accounts import holder_of
from yunbox.services.hologres.gateway.activity import Row, about_behind, row_behind
from yunbox.services.hologres.gateway.databases import Databases
from yunbox.services.hologres.operations import Instance, Work, operation_of
from yunbox.services.hologres.session import used
from yunbox.services.hologres.session.logged import Ended, is_logged
from yunbox.services.hologres.session.transaction import now_us
from yunbox.services.hologres.session.unattended import Do, Unattended
from yunbox.spine.sessions import Sessions
from yunbox.wire.pgwire.report import PgError, Report
from yunbox.wire.pgwire.settings.session import Settings

_SLOW = "log_min_duration_statement"
_STOPPED = {
    "cancel": Report("ERROR", "57014", "canceling statement due to user request"),
    "terminate": Report("FATAL", "57P01", "terminating connection due to administrator command"),
}


class House(Instance, Protocol):
    """What a gateway has for its sessions, and for this."""

    sessions: Sessions
    identity: Identity
    databases: Databases

    def next_id(self) -> int:
        """A process id that nothing has."""

    def keep_log(self, ended: Ended, about: Row) -> None:
        """Have the log of statements know of one."""


@dataclass(slots=True, eq=False)
class _Running:
    """One as it runs; ``slow_us`` is from how long on the log has it."""

    statement: Unattended
    process_id: int
    began_us: int
    slow_us: int
    task: asyncio.Task[Any]
    stopped: str = ""


class BackgroundWorkers:
    """Those of one gateway."""

    def __init__(self) -> None:
        self._house: House | None = None
        self._running: dict[int, _Running] = {}
        self._is_draining = False

    def attach(self, house: House) -> None:
        """Run them in a gateway from now on."""
        self._house = house

    async def run(self, statement: Unattended, do: Do) -> None:
        """Run one to its end. Raises what it fails of, and PgError 57014 and 57P01 where somebody has stopped it."""
        if self._is_draining:  # another process begins it anew, once this one has ended
            await asyncio.get_running_loop().create_future()
        assert self._house is not None, "a gateway is made before anything is due"
        at = self._begun(self._house, statement)
        try:
            affected = await self._performed(self._house, at, do)
        except asyncio.CancelledError:
            if not at.stopped:
                raise
            at.task.uncancel()
            report = _STOPPED[at.stopped]
            self._log(self._house, at, statement.tag, report)
            raise PgError(report) from None
        except Exception as error:
            self._log(self._house, at, statement.tag, report_of(error))
            raise
        finally:
            del self._running[at.process_id]
        self._log(self._house, at, statement.tag if affected is None else f"{statement.tag} {affected}")

    def _begun(self, house: House, statement: Unattended) -> _Running:
        task = asyncio.current_task()
        assert task is not None
        given = house.databases.named(statement.database).settings
        settings = Settings({name: value for name, value in given.items() if name == _SLOW}, ())
        at = _Running(statement, house.next_id(), now_us(), settings.number(_SLOW) * 1000, task)
        self._running[at.process_id] = at
        return at

    async def _performed(self, house: House, at: _Running, do: Do) -> int | None:
        affected: int | None = None
        failed: PgError | None = None

        async def reported(call: Call[Any]) -> None:
            nonlocal affected, failed
            used.runs(call.usage)
            try:
                affected = await do(at.process_id)
            except PgError as error:
                failed = error
                raise StatementFailed(error.report) from None

        spine = house.sessions.open(house, principal_of(at.statement.user, house, house.identity))
        try:
            await spine.perform(operation_of(at.statement.tag), Work(reported))
        except StatementFailed:
            raise failed or AssertionError("a report comes with its error") from None
        finally:
            spine.close()
        return affected

    @staticmethod
    def _log(house: House, at: _Running, tag: str, failure: Report | None = None) -> None:
        took_us = now_us() - at.began_us
        if at.slow_us >= 0 and (failure is not None or is_logged(tag, took_us, at.slow_us)):
            about = about_behind(at.statement, at.process_id, at.began_us)
            house.keep_log(Ended(at.statement.text, tag, at.began_us, took_us, failure), about)

    # -- as sessions are seen and stopped

    def rows(self) -> list[Row]:
        """What runs, as rows of ``pg_stat_activity``."""
        return [row_behind(one.statement, one.process_id, one.began_us) for one in self._running.values()]

    def user_of(self, process_id: int) -> str | None:
        """As which role one runs; None where there is none."""
        found = self._running.get(process_id)
        return found.statement.user if found is not None else None

    def stop(self, process_id: int, how: str) -> None:
        """Stop one, as PostgreSQL's functions are called: ``cancel``, ``terminate``."""
        found = self._running.get(process_id)
        if found is not None and not found.stopped:
            found.stopped = how
            found.task.cancel()

    async def drain(self) -> None:
        """Let go of them all: the process is about to end, and another begins them anew."""
        self._is_draining = True
        tasks = [one.task for one in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def principal_of(role: str, instance: Instance, identity: Identity) -> Principal:
    """Who is asked for what a role does. Raises NotIdentified for a RAM user and a RAM role that are no more."""
    return identity.standing(holder_of(role, instance.account_id) or Holder(instance.account_id))
