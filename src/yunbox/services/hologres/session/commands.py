"""The statements that a session answers itself: what they do, which rows they give, and their tags."""

from collections.abc import Awaitable, Callable
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.hologres.session import acting, cursors, preparing, settings
from yunbox.services.hologres.session.following import follow
from yunbox.services.hologres.session.loading import load
from yunbox.services.hologres.session.portal import Portal, Prepared
from yunbox.services.hologres.session.ports import Column
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.statements import commands as c
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.report import failure

_TAGS: dict[type[Any], str] = {
    c.Begin: "BEGIN", c.Commit: "COMMIT", c.Rollback: "ROLLBACK", c.Savepoint: "SAVEPOINT", c.Release: "RELEASE",
    c.RollbackTo: "ROLLBACK", c.SetTransaction: "SET", c.Set: "SET", c.SetRole: "SET", c.Reset: "RESET", c.Show: "SHOW",
    c.Discard: "DISCARD", c.Prepare: "PREPARE", c.ExecutePrepared: "EXECUTE", c.Deallocate: "DEALLOCATE",
    c.Declare: "DECLARE CURSOR", c.Fetch: "FETCH", c.CloseCursor: "CLOSE CURSOR", c.Copy: "COPY",
    c.StartReplication: "START_REPLICATION", c.NotOffered: "EXECUTE", c.Unlisten: "UNLISTEN",
}  # fmt: skip


def tag_of(command: c.Command) -> str:
    """What a command is answered with, but for what only its run can know."""
    return _TAGS.get(type(command), "EXECUTE")


def columns_of(session: Session, command: c.Command | None) -> tuple[Column, ...] | None:
    """The columns of what a command gives; None for one that gives nothing."""
    if isinstance(command, c.Show):
        return settings.columns_of(session, command)
    if isinstance(command, c.Fetch) and not command.move:
        portal = session.portals.get(command.name)
        return portal.columns if portal is not None else None
    if isinstance(command, c.ExecutePrepared):
        found = session.prepared.get(command.name)
        return found.plan.columns if found is not None and found.plan is not None else None
    return None


async def run_command(session: Session, command: c.Command, *, described: bool) -> None:
    """Run a command of the simple protocol and send what it gives. Raises PgError, or a kernel error."""

    async def run(call: Call[Any]) -> None:
        if isinstance(command, c.Copy):
            await load(session, command, call)
            return
        if isinstance(command, c.StartReplication):
            await follow(session, command, call)
            return
        portal = Portal(Prepared("", command), None, depth=session.transaction.depth, tag=tag_of(command), started=True)
        try:
            await open_command(session, command, portal)
            if portal.columns is not None and described:
                portal.formats = portal.formats or (0,) * len(portal.columns)
                described_as = zip(portal.columns, portal.formats, strict=True)
                session.send(backend.row_description([one.field(format) for one, format in described_as]))
            await session.streamed(portal, call)
        finally:
            portal.close()

    await session.perform(tag_of(command), run)


async def open_command(session: Session, command: c.Command, portal: Portal) -> None:
    """Do what a command says; what it gives is in the portal afterwards, and its tag. Raises PgError."""
    await _RUNS[type(command)](session, command, portal)


async def _begin(session: Session, command: c.Begin, portal: Portal) -> None:
    session.transaction.begin()
    settings.set_modes(session, command.modes)
    portal.tag = command.tag


async def _commit(session: Session, command: c.Commit, portal: Portal) -> None:
    if session.transaction.in_block:
        await session.settle()
    portal.tag = session.transaction.commit(chain=command.chain)


async def _rollback(session: Session, command: c.Rollback, portal: Portal) -> None:
    portal.tag = session.transaction.rollback(chain=command.chain)


async def _savepoint(session: Session, command: c.Savepoint, portal: Portal) -> None:
    session.transaction.savepoint(command.name)


async def _release(session: Session, command: c.Release, portal: Portal) -> None:
    session.transaction.release(command.name)


async def _rollback_to(session: Session, command: c.RollbackTo, portal: Portal) -> None:
    session.transaction.rollback_to(command.name)


async def _unlisten(session: Session, command: c.Unlisten, portal: Portal) -> None:
    """There is nothing that anybody listens to."""


async def _not_offered(session: Session, command: c.NotOffered, portal: Portal) -> None:
    raise failure("0A000", f"{command.name} is not supported")


async def _followed(session: Session, command: c.StartReplication, portal: Portal) -> None:
    raise failure("0A000", "START_REPLICATION in the extended protocol is not supported")


_RUNS: dict[type[Any], Callable[[Session, Any, Portal], Awaitable[None]]] = {
    c.Begin: _begin, c.Commit: _commit, c.Rollback: _rollback, c.Savepoint: _savepoint, c.Release: _release,
    c.RollbackTo: _rollback_to, c.NotOffered: _not_offered, c.Unlisten: _unlisten,
    c.StartReplication: _followed,
    **acting.RUNS, **settings.RUNS, **preparing.RUNS, **cursors.RUNS,
}  # fmt: skip
