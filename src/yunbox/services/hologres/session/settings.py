"""SET, SHOW, RESET and DISCARD, and what a transaction is to be."""

from collections.abc import Awaitable, Callable
from typing import Any

from yunbox.services.hologres.session.acting import act_as
from yunbox.services.hologres.session.portal import Portal
from yunbox.services.hologres.session.ports import Column
from yunbox.services.hologres.session.rows import listed_texts, texts
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import State
from yunbox.services.hologres.statements import commands as c
from yunbox.services.hologres.statements.offered import check_offered
from yunbox.storage.rows.masks import ENABLED
from yunbox.wire.pgwire.report import Report, failure
from yunbox.wire.pgwire.settings.parameters import PARAMETERS

_ALL = texts("name", "setting", "description")


def columns_of(session: Session, command: c.Show) -> tuple[Column, ...]:
    """The columns of SHOW: one by the setting's own name, or three. Raises PgError 42704."""
    if command.name is None:
        return _ALL
    session.settings.show(command.name)
    known = PARAMETERS.get(command.name.lower())
    return texts(known.name if known is not None else command.name)


async def _show(session: Session, command: c.Show, portal: Portal) -> None:
    portal.columns = columns_of(session, command)
    if command.name is not None:
        portal.rows = listed_texts([(session.settings.show(command.name),)])
        return
    names = sorted(PARAMETERS.values(), key=lambda one: one.name.lower())
    portal.rows = listed_texts([(one.name, session.settings.show(one.name), "") for one in names])


async def _set(session: Session, command: c.Set, portal: Portal) -> None:
    if command.local:
        _warn_alone(session, "SET LOCAL")
    local = command.local or command.name.lower().startswith("transaction_")
    if command.values is None:
        session.settings.reset(command.name, local=local)
    else:
        check_offered(command.name, command.values[0])
        if command.name.lower() == ENABLED and session.settings.show(ENABLED) == "on":
            raise failure("42501", f'permission denied to set parameter "{ENABLED}"', hint="It is the database's.")
        session.settings.set(command.name, command.values, local=local)


async def _reset(session: Session, command: c.Reset, portal: Portal) -> None:
    if command.name is None:
        session.settings.reset_all()
    else:
        session.settings.reset(command.name)


async def _set_transaction(session: Session, command: c.SetTransaction, portal: Portal) -> None:
    if command.session:
        for name, value in command.modes:
            check_offered(name, value)
            session.settings.set(f"default_{name}", (value,))
        return
    _warn_alone(session, "SET TRANSACTION")
    set_modes(session, command.modes)


def set_modes(session: Session, modes: tuple[tuple[str, str], ...]) -> None:
    """Have the transaction be so until it ends. Raises PgError 0A000 for an isolation that is not offered."""
    for name, value in modes:
        check_offered(name, value)
        session.settings.set(name, (value,), local=True)


def _warn_alone(session: Session, what: str) -> None:
    if session.transaction.state is State.ALONE:
        session.tell(Report("WARNING", "25P01", f"{what} can only be used in transaction blocks"))


async def _discard(session: Session, command: c.Discard, portal: Portal) -> None:
    portal.tag = f"DISCARD {command.what}"
    if command.what != "ALL":
        return
    if session.transaction.in_block:
        raise failure("25001", "DISCARD ALL cannot run inside a transaction block")
    for name in list(session.portals):
        session.forget(name)
    session.prepared.clear()
    session.settings.reset_all()
    act_as(session, None, whole=True)


RUNS: dict[type[Any], Callable[[Session, Any, Portal], Awaitable[None]]] = {
    c.Show: _show, c.Set: _set, c.Reset: _reset, c.SetTransaction: _set_transaction, c.Discard: _discard,
}  # fmt: skip
