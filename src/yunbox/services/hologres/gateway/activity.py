"""What sessions do, as rows of ``pg_stat_activity`` and ``pg_stat_ssl``, read when somebody asks: it costs none.

Sources: the PostgreSQL 11 documentation, "pg_stat_activity"; the vendor's page "HG_STAT_ACTIVITY view".
"""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from yunbox.services.hologres.engines.live import BACKGROUND, CLIENT
from yunbox.services.hologres.session.logged import query_id
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import State, now_us
from yunbox.services.hologres.session.unattended import Unattended
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.rights import Rights
from yunbox.storage.rows.roles import READ_STATS, SIGNAL
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_QUERY_LETTERS_MAX = 1024
_TIMESTAMP = TYPES[1114].codec
_HIDDEN = ("state", "wait_event_type", "wait_event", "xact_start", "query_start", "backend_start", "state_change",
           "client_addr", "client_port", "backend_type", "query_id", "transaction_id", "ssl", "version", "cipher",
           "bits", "compression")  # fmt: skip
Row = dict[str, Any]


def row_of(session: Session, backend_start_us: int) -> Row:
    """A session's row, without what its role and its database are called by number."""
    began_us, changed_us, query = _last(session)
    state = _state(session)
    transaction_us = session.transaction.began_us if session.transaction.state is not State.NONE else 0
    waits = state != "active"
    return {
        "datname": session.database, "pid": session.process_id,
        "usename": session.authenticated, "application_name": session.settings.show("application_name"),
        "client_addr": session.line.peer,
        "client_port": session.line.port, "backend_start": _moment(backend_start_us),
        "xact_start": _moment(transaction_us), "query_start": _moment(began_us), "state_change": _moment(changed_us),
        "wait_event_type": "Client" if waits else None, "wait_event": "ClientRead" if waits else None, "state": state,
        **_encryption(session), "query": query[:_QUERY_LETTERS_MAX], "backend_type": CLIENT,
        "query_id": _number(session, began_us), "transaction_id": _number(session, transaction_us),
    }  # fmt: skip


def _encryption(session: Session) -> Row:
    """What ``pg_stat_ssl`` says of it, beside its number."""
    found = session.line.cipher
    if found is None:
        return {"ssl": False}
    name, version, bits = found
    return {"ssl": True, "version": version, "cipher": name, "bits": bits, "compression": False}


def _last(session: Session) -> tuple[int, int, str]:
    """When its last statement began, when the session became what it is, and the statement."""
    began_us, changed_us, query = session.began_us, session.ended_us, session.text
    if session.is_busy:
        return began_us, began_us, query
    if session.quick is not None:
        at_us = now_us() - int((monotonic() - session.quick_started) * 1_000_000)
        if at_us > began_us:
            return at_us, at_us, session.quick.text
    return began_us, changed_us, query


def _state(session: Session) -> str:
    if session.is_busy:
        return "active"
    if session.transaction.state is State.FAILED:
        return "idle in transaction (aborted)"
    return "idle in transaction" if session.transaction.is_open else "idle"


def _number(session: Session, at_us: int) -> str | None:
    return str(query_id(at_us, session.process_id)) if at_us else None


def row_behind(statement: Unattended, process_id: int, began_us: int) -> Row:
    """The row of what no session waits for."""
    began = _moment(began_us)
    return {
        "datname": statement.database, "pid": process_id, "usename": statement.user, "application_name": "",
        "backend_start": began, "xact_start": began, "query_start": began, "state_change": began, "state": "active",
        "ssl": False, "query": statement.text[:_QUERY_LETTERS_MAX], "backend_type": BACKGROUND,
        "query_id": str(statement.number), "transaction_id": str(statement.number),
    }  # fmt: skip


def about_behind(statement: Unattended, process_id: int, began_us: int) -> Row:
    """What the log of statements says of whose it was."""
    return {
        "usename": statement.user, "query_id": str(statement.number), "datname": statement.database, "pid": process_id,
        "application_name": "", "session_id": f"{began_us:x}.{process_id:x}", "session_start": _moment(began_us),
    }  # fmt: skip


def _moment(at_us: int) -> str | None:
    return _TIMESTAMP.write(at_us, Style()) if at_us else None


def about(session: Session, began_us: int, since_us: int) -> Row:
    """What the log of statements says of the session of one."""
    return {
        "usename": session.authenticated, "query_id": _number(session, began_us), "datname": session.database,
        "pid": session.process_id, "application_name": session.settings.show("application_name"),
        "client_addr": session.line.peer, "session_id": f"{since_us:x}.{session.process_id:x}",
        "session_start": _moment(since_us),
    }  # fmt: skip


def refusal(how: str, asking: Rights, target: Rights) -> str:
    """Why a role may not stop another's session; nothing where it may."""
    what, of = ("cancel", "query") if how == "cancel" else ("terminate", "process")
    if target.is_superuser and not asking.is_superuser:
        return f"must be a superuser to {what} superuser {of}"
    if asking.is_superuser or target.name in asking.roles or SIGNAL in asking.roles:
        return ""
    done = {"cancel": "canceled", "terminate": "terminated"}[what]
    return f"must be a member of the role whose {of} is being {done} or member of pg_signal_backend"


def shown(row: Mapping[str, Any], rights: Rights, known: Catalogue) -> Row:
    """A row as a role sees it: of others' sessions only whose they are, unless it may read statistics."""
    role, database = known.roles.get(row["usename"]), known.databases.get(row["datname"])
    made = {**row, "usesysid": role.oid if role is not None else None, "datid": database.oid if database else None}
    if rights.is_superuser or row["usename"] in rights.roles or READ_STATS in rights.roles:
        return made
    return {**made, **dict.fromkeys(_HIDDEN), "query": "<insufficient privilege>"}
