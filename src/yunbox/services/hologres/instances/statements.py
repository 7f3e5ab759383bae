"""SQL by OpenAPI: statements that who calls runs as who they are, in a session that ends with the answer.

Source: the vendor's API page "ExecuteStatement" (Hologram 2022-06-01), and how ``hologres-cli`` reads its answers. What
the page does not say: each statement is by itself unless a block is begun, the first that fails is the last, and what
the switch is not on for is refused by the code ``OperationDenied``.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from yunbox.clients.hologres.connection import Connection, Disconnected, Result
from yunbox.identity.store import IdentityStore
from yunbox.kernel.call import Principal
from yunbox.kernel.errors import Forbidden, InvalidArgument, Throttled, Unavailable
from yunbox.services.hologres.instances.register import RUNNING, Instance
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.types import TYPES

Body = dict[str, Any]
_INVALID = "InvalidParameter"
_LETTERS_MAX, _PARAMETERS_MAX = 16_384, 1_000
_ROWS, _ROWS_MAX, _BYTES_MAX, _TIMEOUT_S_MAX = 200, 1_000, 10 * 1024**2, 30
_AT_ONCE_MAX = 16
_ANSWER_S = 5.0
"""So long a session is waited for beyond what its statements may take."""
_LOGIN_STATES = ("28", "3D", "42501")


@dataclass(frozen=True)
class Asked:
    """Statements, and how much of an answer is wanted."""

    database: str
    texts: tuple[str, ...]
    parameters: tuple[str | int | float | bool | None, ...] = ()
    rows_max: int = _ROWS
    bytes_max: int = _BYTES_MAX
    timeout_s: int = _TIMEOUT_S_MAX


def asked(body: Body) -> Asked:
    """What a request's body wants. Raises InvalidArgument."""
    sql, database = body.get("sql"), body.get("dbName")
    if not isinstance(sql, str) or not sql.strip():
        raise InvalidArgument("sql is a statement, or several with semicolons between.", code=_INVALID)
    if len(sql) > _LETTERS_MAX:
        raise InvalidArgument(f"sql has at most {_LETTERS_MAX} characters.", code=_INVALID)
    if not isinstance(database, str) or not database:
        raise InvalidArgument("dbName is the name of a database.", code=_INVALID)
    texts = tuple(one.text for one in pieces(sql))
    if not texts:
        raise InvalidArgument("sql has no statement in it.", code=_INVALID)
    rows, size = _number(body, "maxRows", _ROWS, _ROWS_MAX), _number(body, "maxBytes", _BYTES_MAX, _BYTES_MAX)
    timeout_s = _number(body, "queryTimeout", _TIMEOUT_S_MAX, _TIMEOUT_S_MAX)
    return Asked(database, texts, _parameters(body.get("parameters")), rows, size, timeout_s)


def _parameters(given: Any) -> tuple[str | int | float | bool | None, ...]:
    listed = given or []
    if not isinstance(listed, list) or not all(isinstance(one, str | int | float | bool | None) for one in listed):
        raise InvalidArgument("parameters are a list of texts, numbers, truth values and nulls.", code=_INVALID)
    if len(listed) > _PARAMETERS_MAX:
        raise InvalidArgument(f"There are at most {_PARAMETERS_MAX} parameters.", code=_INVALID)
    return tuple(listed)


def _number(body: Body, name: str, default: int, most: int) -> int:
    value = body.get(name)
    if value in (None, ""):
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidArgument(f"{name} is 1 to {most}.", code=_INVALID)
    return value


@dataclass
class Statements:
    """Runs statements on instances, some of them at once; each in a thread, which waits for its session."""

    identities: IdentityStore
    _running: int = field(default=0, init=False)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE_MAX, thread_name_prefix="hologres-statements")

    async def run(self, instance: Instance, principal: Principal, token: str, wanted: Asked) -> Body:
        """What the last statement gave, or the one that failed. Raises Forbidden, Throttled, Unavailable."""
        if instance.status != RUNNING:
            raise Unavailable(f"The instance {instance.id} is {instance.status}.", code="IncorrectInstanceStatus")
        if self._running >= _AT_ONCE_MAX:
            raise Throttled(f"At most {_AT_ONCE_MAX} statements run by OpenAPI at once.", code="Throttling.User")
        self._running += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._run, instance, principal, token, wanted)
        finally:
            self._running -= 1

    def stop(self) -> None:
        """Wait for none of them: their sessions end with the processes."""
        if "_threads" in self.__dict__:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, instance: Instance, principal: Principal, token: str, wanted: Asked) -> Body:
        deadline = time.monotonic() + wanted.timeout_s
        try:
            with self._session(instance, principal, token, wanted) as session:
                return _outcome(session, wanted, deadline)
        except Disconnected as error:
            raise Unavailable(str(error)) from None

    def _session(self, instance: Instance, principal: Principal, token: str, wanted: Asked) -> Connection:
        """A session of who calls, by the key of the call."""
        key_id = principal.access_key_id
        key = self.identities.access_key(key_id) or self.identities.temporary_key(key_id)
        if key is None:
            raise Forbidden("Who calls has no AccessKey.")
        options = f"-c statement_timeout={wanted.timeout_s}s" + (f" sts_token={token}" if token else "")
        try:
            return Connection("127.0.0.1", instance.port, wanted.database, key_id, key.secret, options=options,
                              timeout_s=wanted.timeout_s + _ANSWER_S)  # fmt: skip
        except PgError as error:
            if error.report.sqlstate.startswith(_LOGIN_STATES):
                raise Forbidden(error.report.message) from None
            raise Unavailable(error.report.message) from None


def _outcome(session: Connection, wanted: Asked, deadline: float) -> Body:
    """What the last statement gave, or the one that failed."""
    shown: Body = {}
    for at, text in enumerate(wanted.texts):
        try:
            if at:
                left_ms = max(1, round((deadline - time.monotonic()) * 1000))
                session.execute(f"SET statement_timeout = {left_ms}")
            found = session.fetch(text, wanted.parameters, rows_max=wanted.rows_max, bytes_max=wanted.bytes_max)
        except PgError as error:
            failed = {"success": False, "errorCode": error.report.sqlstate, "errorMessage": error.report.message}
            return {**failed, "results": [{**failed, "sql": text}]}
        shown = {"sql": text, "success": True, "errorCode": "", "errorMessage": "", **_shown(found)}
    return {"success": True, "errorCode": "", "errorMessage": "", "results": [shown]}


def _shown(found: Result) -> Body:
    columns = [{"name": one.name, "type": _type(one.oid), "nullable": True} for one in found.columns]
    if not columns:
        return {"columnMetadata": [], "records": [], "count": 0, "truncated": False, "updateCount": found.count}
    rows = [list(row) for row in found.rows]
    return {"columnMetadata": columns, "records": rows, "count": len(rows), "truncated": found.is_cut}


def _type(oid: int) -> str:
    return TYPES[oid].name if oid in TYPES else "text"
