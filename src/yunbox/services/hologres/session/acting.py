"""SET ROLE and SET SESSION AUTHORIZATION: as whom a session acts.

Source: the PostgreSQL documentation of these commands. Like all settings they are undone with their transaction.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from yunbox.services.hologres.session.portal import Portal
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import State
from yunbox.services.hologres.statements import commands as c
from yunbox.storage.rows.rights import Rights
from yunbox.wire.pgwire.report import Report, failure


async def _set_role(session: Session, command: c.SetRole, portal: Portal) -> None:
    portal.tag = "RESET" if command.resets else "SET"
    if command.local and session.transaction.state is State.ALONE:
        session.tell(Report("WARNING", "25P01", "SET LOCAL can only be used in transaction blocks"))
    act_as(session, command.name, whole=command.session, local=command.local)


def act_as(session: Session, name: str | None, *, whole: bool = False, local: bool = False) -> None:
    """Have a session act as a role; with ``whole`` as if it had logged in so. Raises PgError 22023, 42501."""
    settings = session.settings
    authenticated = settings.authenticated("session_authorization")
    if whole:
        found = _rights(session, name or authenticated)
        if found.name != authenticated and not _rights(session, authenticated).is_superuser:
            raise failure("42501", "permission denied to set session authorization")
        made = {"session_authorization": found.name, "role": "none"}
    elif name is None:
        found, made = _rights(session, settings.show("session_authorization")), {"role": "none"}
    else:
        found, made = _rights(session, name), {"role": name}
        if not _rights(session, settings.show("session_authorization")).is_member(name):
            raise failure("42501", f'permission denied to set role "{name}"')
    settings.act_as({**made, "is_superuser": "on" if found.is_superuser else "off"}, local=local)


def _rights(session: Session, name: str) -> Rights:
    """What a role may that must be there. Raises PgError 22023."""
    found = session.engine.rights(name, session.transaction.block)
    if found.role is None:
        raise failure("22023", f'role "{name}" does not exist')
    return found


RUNS: dict[type[Any], Callable[[Session, Any, Portal], Awaitable[None]]] = {c.SetRole: _set_role}
