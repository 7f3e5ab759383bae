"""The streaming tunnel over HTTP, and the upsert tunnel's honest refusal."""

import json
from dataclasses import dataclass, replace

from yunbox.kernel.call import Call, Operation, Shape
from yunbox.kernel.errors import Unsupported
from yunbox.kernel.texts import whole_number
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.access import UPLOADED, in_project
from yunbox.services.maxcompute.catalogue.tables import parse_spec, table_name
from yunbox.services.maxcompute.replies import empty, json_text
from yunbox.services.maxcompute.route import PathValues, on
from yunbox.services.maxcompute.tunnel.api.batch import SessionRef, check_table, target_schema, truth, writes_table
from yunbox.services.maxcompute.tunnel.part import Tunnel
from yunbox.services.maxcompute.tunnel.sessions import Session
from yunbox.services.maxcompute.tunnel.target import Spec
from yunbox.wire.http import Body, Request, Response
from yunbox.wire.odps.metrics import HEADER, Costs

_SCHEMA_VERSION = "0"


@dataclass(frozen=True)
class NewStream:
    """A streaming upload to open."""

    project: str
    name: TableName
    spec: Spec
    slots: int
    create_partition: bool
    dynamic: bool


@dataclass(frozen=True)
class Pack:
    """A pack of rows on its way."""

    project: str
    name: TableName
    session: str
    spec: Spec
    coding: str
    body: Body


@dataclass(frozen=True)
class StreamReply:
    """A session, the address its slots have, and what a pack has cost."""

    session: Session
    address: str
    costs: str = ""


async def _new(request: Request, values: PathValues) -> NewStream:
    slots = request.headers.get("odps-slot-num", "")
    return NewStream(
        project=values["project"].lower(),
        name=table_name(values),
        spec=parse_spec(request.param("partition")),
        slots=whole_number(slots, 1),
        create_partition=truth(request, "create_partition"),
        dynamic=truth(request, "dynamic_partition"),
    )


async def _ref(request: Request, values: PathValues) -> SessionRef:
    return SessionRef(values["project"].lower(), table_name(values), request.param("uploadid") or "")


async def _pack(request: Request, values: PathValues) -> Pack:
    return Pack(
        project=values["project"].lower(),
        name=table_name(values),
        session=request.param("uploadid") or "",
        spec=parse_spec(request.param("partition")),
        coding=request.headers.get("content-encoding", ""),
        body=request.body,
    )


async def _create(tunnel: Tunnel, call: Call[NewStream]) -> StreamReply:
    new = call.params
    session = await tunnel.streams.create(
        new.name,
        new.spec,
        call.principal,
        slots=new.slots,
        create_partition=new.create_partition,
        dynamic=new.dynamic,
    )
    return _reply(tunnel, session)


def _reply(tunnel: Tunnel, session: Session) -> StreamReply:
    return StreamReply(session, tunnel.address.removeprefix("http://"))


def _session(tunnel: Tunnel, call: Call[SessionRef] | Call[Pack]) -> Session:
    session = tunnel.sessions.get(call.params.session, "stream", call.params.project, call.principal)
    check_table(tunnel, session, call.params.name)
    return session


async def _get(tunnel: Tunnel, call: Call[SessionRef]) -> StreamReply:
    return _reply(tunnel, _session(tunnel, call))


async def _put(tunnel: Tunnel, call: Call[Pack]) -> StreamReply:
    session = _session(tunnel, call)
    pack, costs = call.params, Costs()
    await tunnel.streams.put(session, pack.spec, costs.receiving(call.counted(pack.body.chunks())), pack.coding)
    return replace(_reply(tunnel, session), costs=costs.text())


async def _abort(tunnel: Tunnel, call: Call[SessionRef]) -> None:
    await tunnel.streams.abort(_session(tunnel, call))


async def _upsert(tunnel: Tunnel, call: Call[SessionRef]) -> None:
    raise Unsupported("Upsert sessions (/upserts) are not supported: upload to a table without a primary key")


def _json(reply: StreamReply, request: Request) -> Response:
    session, body = reply.session, reply.session.body
    return json_text(
        json.dumps(
            {
                "session_name": session.id,
                "status": session.status,
                "schema": target_schema(session),
                "schema_version": _SCHEMA_VERSION,
                "slots": [[str(slot), reply.address] for slot in range(body.slots)],
                "QuotaName": request.param("quotaName") or "",
                "last_batch_id": body.packs,
                "last_batch_commit_time": int(body.last_commit * 1000),
            },
            ensure_ascii=False,
        )
    )


def _taken(reply: StreamReply, request: Request) -> Response:
    headers = {
        "odps-tunnel-routed-server": reply.address,
        "odps-tunnel-slot-num": str(reply.session.body.slots),
        HEADER: reply.costs,
    }
    return empty(200, **headers)


def _done(result: None, request: Request) -> Response:
    return empty(200)


CREATE_STREAM = Operation("odps", "CreateStreamSession", NewStream, _create, writes_table)
GET_STREAM = Operation("odps", "GetStreamSession", SessionRef, _get, writes_table)
WRITE_PACK = Operation(
    "odps", "WriteStreamPack", Pack, _put, writes_table, Shape.STREAM, charge=UPLOADED, place=in_project
)
ABORT_STREAM = Operation("odps", "AbortStreamSession", SessionRef, _abort, writes_table)
UPSERT = Operation("odps", "UpsertSession", SessionRef, _upsert, writes_table)

_PATH = "/projects/{project}/tables/{table}/streams"
_UPSERTS = "/projects/{project}/tables/{table}/upserts"
ROUTES = [
    on("POST", _PATH, ABORT_STREAM, _ref, _done, when="uploadid"),
    on("POST", _PATH, CREATE_STREAM, _new, _json),
    on("GET", _PATH, GET_STREAM, _ref, _json),
    on("PUT", _PATH, WRITE_PACK, _pack, _taken),
    *(on(method, _UPSERTS, UPSERT, _ref, _done) for method in ("POST", "GET", "PUT", "DELETE")),
]
