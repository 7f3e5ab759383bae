"""The SQL Gateway's interface, versions 1 to 4, as operations and routes.

Source: the page "REST Endpoint" of Flink's SQL Gateway. Its clients look at the version first, may send GET with a
body, and need not ask for a status before they fetch.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.flink.access import touches
from yunbox.services.flink.faults import MALFORMED
from yunbox.services.flink.gateway.gateway import VERSION, Gateway
from yunbox.services.flink.http.requests import document, text, texts
from yunbox.services.flink.http.types import plain, type_document, value_document
from yunbox.services.flink.sessions import statements
from yunbox.services.flink.sessions.completion import candidates
from yunbox.services.flink.sessions.operation import Operation as Statement
from yunbox.services.flink.sessions.operation import Page
from yunbox.sql.flink.secrets import masked_options
from yunbox.wire.http import Request, Response
from yunbox.wire.route import Route, Values, on_path

_VERSIONS = ("", "/v1", "/v2", "/v3", "/v4")
_KINDS = ("INSERT", "UPDATE_BEFORE", "UPDATE_AFTER", "DELETE")
_FORMATS = ("JSON", "PLAIN_TEXT")
_ZONE = "table.local-time-zone"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to open."""

    name: str
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class OnSession:
    """A session; ``statement`` is what is to be done in it, ``position`` where the cursor stands in it."""

    session: str
    statement: str = ""
    config: dict[str, str] = field(default_factory=dict)
    position: int = 0


@dataclass(frozen=True, slots=True)
class OnOperation:
    """A statement of a session."""

    session: str
    operation: str


@dataclass(frozen=True, slots=True)
class Fetch(OnOperation):
    """A page of a statement's rows. ``base`` is the version that the path begins with."""

    token: int
    format: str
    base: str


# -- sessions


async def _info(_gateway: Gateway, _call: Call[None]) -> dict[str, Any]:
    return {"productName": "Apache Flink", "version": VERSION}


async def _versions(_gateway: Gateway, _call: Call[None]) -> dict[str, Any]:
    return {"versions": [one.strip("/").upper() for one in _VERSIONS[1:]]}


async def _open(gateway: Gateway, call: Call[NewSession]) -> dict[str, Any]:
    session = gateway.sessions.open(call.params.name, call.principal, call.params.properties)
    return {"sessionHandle": session.id}


async def _close(gateway: Gateway, call: Call[OnSession]) -> dict[str, Any]:
    await gateway.close_session(gateway.sessions.get(call.params.session))
    return {"status": "CLOSED"}


async def _config(gateway: Gateway, call: Call[OnSession]) -> dict[str, Any]:
    return {"properties": masked_options(gateway.sessions.get(call.params.session).settings)}


async def _configure(gateway: Gateway, call: Call[OnSession]) -> dict[str, Any]:
    await statements.configure(gateway.sessions.get(call.params.session), call.params.statement)
    return {}


async def _heartbeat(gateway: Gateway, call: Call[OnSession]) -> dict[str, Any]:
    gateway.sessions.get(call.params.session)
    return {}


async def _complete(gateway: Gateway, call: Call[OnSession]) -> dict[str, Any]:
    session = gateway.sessions.get(call.params.session)
    return {"candidates": candidates(session, call.params.statement, call.params.position)}


# -- statements


async def _execute(gateway: Gateway, call: Call[OnSession]) -> dict[str, Any]:
    session = gateway.sessions.get(call.params.session)
    operation = statements.begin(gateway.jobs, session, call.params.statement, call.params.config)
    return {"operationHandle": operation.id}


def _found(gateway: Gateway, params: OnOperation) -> Statement:
    return gateway.sessions.get(params.session).operation(params.operation)


async def _status(gateway: Gateway, call: Call[OnOperation]) -> dict[str, Any]:
    return {"status": _found(gateway, call.params).status.value}


async def _cancel(gateway: Gateway, call: Call[OnOperation]) -> dict[str, Any]:
    operation = _found(gateway, call.params)
    await statements.cancel(gateway.jobs, operation)
    return {"status": operation.status.value}


async def _close_operation(gateway: Gateway, call: Call[OnOperation]) -> dict[str, Any]:
    session = gateway.sessions.get(call.params.session)
    operation = session.operation(call.params.operation)
    await statements.close(gateway.jobs, session, operation)
    return {"status": operation.status.value}


async def _fetch(gateway: Gateway, call: Call[Fetch]) -> dict[str, Any]:
    params = call.params
    session = gateway.sessions.get(params.session)
    operation = session.operation(params.operation)
    page = operation.fetch(params.token)
    where = f"{params.base}/sessions/{params.session}/operations/{params.operation}/result"
    following = None if page.next is None else f"{where}/{page.next}?rowFormat={params.format}"
    if not page.is_ready:
        return {"resultType": "NOT_READY", "nextResultUri": following}
    zone = session.settings.get(_ZONE, "UTC")
    found: dict[str, Any] = {
        "resultType": "EOS" if page.next is None else "PAYLOAD",
        "isQueryResult": operation.is_query,
        "resultKind": "SUCCESS_WITH_CONTENT" if operation.has_content else "SUCCESS",
        "results": _results(operation, page, params.format, zone),
    }
    if operation.job_id:
        found["jobID"] = operation.job_id
    if following is not None:
        found["nextResultUri"] = following
    return found


def _results(operation: Statement, page: Page, form: str, zone: str) -> dict[str, Any]:
    columns = [{"name": name, "logicalType": type_document(of), "comment": None} for name, of in operation.columns]
    types = [of for _, of in operation.columns]
    if form == "JSON":
        shown = zone if operation.is_query else "UTC"
        rows = [(kind, [value_document(value, of, shown) for value, of in zip(row, types, strict=True)])
                for kind, row in page.rows]  # fmt: skip
    else:
        rows = [(kind, [plain(value, of, zone) for value, of in zip(row, types, strict=True)])
                for kind, row in page.rows]  # fmt: skip
    data = [{"kind": _KINDS[kind], "fields": values} for kind, values in rows]
    return {"columns": columns, "columnInfos": [], "data": data, "rowFormat": form}


# -- requests


async def _nothing(_request: Request, _values: Values) -> None:
    return None


async def _new_session(request: Request, _values: Values) -> NewSession:
    body = await document(request)
    return NewSession(text(body, "sessionName"), texts(body, "properties"))


async def _on_session(request: Request, values: Values) -> OnSession:
    body = await document(request)
    position = body.get("position") or 0
    if not isinstance(position, int):
        raise InvalidArgument("Request did not match expected format: position is a number", code=MALFORMED)
    return OnSession(values["session"], text(body, "statement"), texts(body, "executionConfig"), position)


async def _on_operation(_request: Request, values: Values) -> OnOperation:
    return OnOperation(values["session"], values["operation"])


def _fetching(base: str) -> Callable[[Request, Values], Awaitable[Fetch]]:
    async def read(request: Request, values: Values) -> Fetch:
        form = (request.param("rowFormat") or "JSON").upper()
        if form not in _FORMATS:
            raise InvalidArgument(
                f"Unrecognized rowFormat {form!r}: it is one of {', '.join(_FORMATS)}", code=MALFORMED
            )
        if not values["token"].isdigit():
            raise InvalidArgument(f"The token {values['token']!r} is no number", code=MALFORMED)
        return Fetch(values["session"], values["operation"], int(values["token"]), form, base)

    return read


def _json(value: Any, _request: Request) -> Response:
    return Response(200, {"Content-Type": "application/json; charset=UTF-8"}, msgspec.json.encode(value))


def _operation(name: str, kind: type[Any], run: Callable[..., Awaitable[Any]], action: str) -> Operation[Any, Any, Any]:
    return Operation("flink", name, kind, run, touches(action))


_SEE, _RUN = "GetSession", "ExecuteStatement"
GET_INFO = _operation("GetInfo", type(None), _info, _SEE)
GET_VERSIONS = _operation("GetApiVersions", type(None), _versions, _SEE)
OPEN_SESSION = _operation("OpenSession", NewSession, _open, "OpenSession")
CLOSE_SESSION = _operation("CloseSession", OnSession, _close, "CloseSession")
GET_SESSION_CONFIG = _operation("GetSessionConfig", OnSession, _config, _SEE)
CONFIGURE_SESSION = _operation("ConfigureSession", OnSession, _configure, _RUN)
HEARTBEAT = _operation("TriggerSessionHeartbeat", OnSession, _heartbeat, _SEE)
COMPLETE_STATEMENT = _operation("CompleteStatement", OnSession, _complete, _SEE)
EXECUTE_STATEMENT = _operation("ExecuteStatement", OnSession, _execute, _RUN)
GET_STATUS = _operation("GetOperationStatus", OnOperation, _status, _SEE)
CANCEL_OPERATION = _operation("CancelOperation", OnOperation, _cancel, _RUN)
CLOSE_OPERATION = _operation("CloseOperation", OnOperation, _close_operation, _RUN)
FETCH_RESULTS = _operation("FetchResults", Fetch, _fetch, _SEE)


def _routes(base: str) -> list[Route[Request]]:
    session = f"{base}/sessions/{{session}}"
    operation = f"{session}/operations/{{operation}}"
    return [
        on_path("GET", f"{base}/info", GET_INFO, _nothing, _json),
        on_path("GET", f"{base}/api_versions", GET_VERSIONS, _nothing, _json),
        on_path("POST", f"{base}/sessions", OPEN_SESSION, _new_session, _json),
        on_path("GET", session, GET_SESSION_CONFIG, _on_session, _json),
        on_path("DELETE", session, CLOSE_SESSION, _on_session, _json),
        on_path("POST", f"{session}/configure-session", CONFIGURE_SESSION, _on_session, _json),
        on_path("POST", f"{session}/heartbeat", HEARTBEAT, _on_session, _json),
        on_path("GET", f"{session}/complete-statement", COMPLETE_STATEMENT, _on_session, _json),
        on_path("POST", f"{session}/statements", EXECUTE_STATEMENT, _on_session, _json),
        on_path("GET", f"{operation}/status", GET_STATUS, _on_operation, _json),
        on_path("POST", f"{operation}/cancel", CANCEL_OPERATION, _on_operation, _json),
        on_path("DELETE", f"{operation}/close", CLOSE_OPERATION, _on_operation, _json),
        on_path("GET", f"{operation}/result/{{token}}", FETCH_RESULTS, _fetching(base), _json),
    ]


ROUTES = [route for base in _VERSIONS for route in _routes(base)]
