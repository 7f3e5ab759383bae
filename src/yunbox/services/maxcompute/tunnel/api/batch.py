"""The batch tunnel over HTTP: upload and download sessions of tables, download sessions of results."""

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

from yunbox.kernel.call import Access, Call, Operation, Shape, Stream
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.schema.tables import Column, TableName
from yunbox.services.maxcompute.access import (
    DOWNLOADED,
    UPLOADED,
    InCatalogue,
    OnTable,
    in_project,
    on_object,
    on_table,
)
from yunbox.services.maxcompute.catalogue.tables import column_json, parse_spec, table_name
from yunbox.services.maxcompute.replies import empty, json_text
from yunbox.services.maxcompute.route import PathValues, on
from yunbox.services.maxcompute.tunnel.download import Range
from yunbox.services.maxcompute.tunnel.part import Tunnel
from yunbox.services.maxcompute.tunnel.sessions import Session
from yunbox.services.maxcompute.tunnel.target import Spec
from yunbox.wire.http import Body, Request, Response
from yunbox.wire.odps.compression import SUPPORTED
from yunbox.wire.odps.metrics import HEADER, Costs, reads_metrics

_RANGE = re.compile(r"\(?\s*(-?\d{1,18})\s*,\s*(-?\d{1,18})\s*\)?")
_FIELD_BYTES_MAX = 8 << 20


class OnInstance(Protocol):
    """Parameters that name an instance."""

    @property
    def project(self) -> str:
        """The project's name."""

    @property
    def instance(self) -> str:
        """The instance's id."""


@dataclass(frozen=True)
class NewUpload:
    """A batch upload to open."""

    project: str
    name: TableName
    spec: Spec
    overwrite: bool
    create_partition: bool


@dataclass(frozen=True)
class SessionRef:
    """A session of a table."""

    project: str
    name: TableName
    session: str


@dataclass(frozen=True)
class NewBlock:
    """A block on its way."""

    project: str
    name: TableName
    session: str
    block: int
    arrow: bool
    coding: str
    body: Body


@dataclass(frozen=True)
class NewDownload:
    """A table download to open."""

    project: str
    name: TableName
    spec: Spec


@dataclass(frozen=True)
class Rows:
    """Rows of a table download."""

    project: str
    name: TableName
    session: str
    wanted: Range
    client: Body


@dataclass(frozen=True)
class NewResultDownload:
    """A download of an instance's result to open."""

    project: str
    instance: str
    limited: bool


@dataclass(frozen=True)
class ResultRef:
    """A result download."""

    project: str
    instance: str
    session: str


@dataclass(frozen=True)
class ResultRows:
    """Rows of a result download."""

    project: str
    instance: str
    session: str
    wanted: Range
    client: Body


# -- from requests


def truth(request: Request, name: str) -> bool:
    """Whether a flag is set: ``true`` in any case, or there without a value."""
    value = request.param(name)
    return value is not None and value.lower() in ("", "true", "1")


def tunnel_coding(request: Request) -> str:
    """The coding to answer with: only where one is named alone, which is how a tunnel client asks for it.

    A list such as ``gzip, deflate`` is what HTTP libraries send by themselves, and would only cost time.
    """
    wish = request.headers.get("accept-encoding", "").strip().lower()
    return wish if wish in SUPPORTED else ""


async def _new_upload(request: Request, values: PathValues) -> NewUpload:
    return NewUpload(
        project=values["project"].lower(),
        name=table_name(values),
        spec=parse_spec(request.param("partition")),
        overwrite=truth(request, "overwrite"),
        create_partition=truth(request, "create_partition"),
    )


async def _upload_ref(request: Request, values: PathValues) -> SessionRef:
    return SessionRef(values["project"].lower(), table_name(values), request.param("uploadid") or "")


async def _download_ref(request: Request, values: PathValues) -> SessionRef:
    return SessionRef(values["project"].lower(), table_name(values), request.param("downloadid") or "")


async def _new_block(request: Request, values: PathValues) -> NewBlock:
    if not request.param("blockid"):
        raise InvalidArgument("The parameter blockid is missing", code="InvalidBlockID")
    return NewBlock(
        project=values["project"].lower(),
        name=table_name(values),
        session=request.param("uploadid") or "",
        block=request.integer("blockid", 0, low=-(1 << 62)),
        arrow=request.has("arrow"),
        coding=request.headers.get("content-encoding", ""),
        body=request.body,
    )


async def _new_download(request: Request, values: PathValues) -> NewDownload:
    return NewDownload(values["project"].lower(), table_name(values), parse_spec(request.param("partition")))


def _range(request: Request) -> Range:
    found = _RANGE.fullmatch((request.param("rowrange") or "").strip())
    if not found:
        raise InvalidArgument("Write rowrange as (start,count)", code="InvalidRowRange")
    return Range(
        start=int(found.group(1)),
        count=int(found.group(2)),
        columns=tuple(filter(None, (request.param("columns") or "").lower().split(","))),
        arrow=request.has("arrow"),
        coding=tunnel_coding(request),
        metrics=reads_metrics(request.headers.get("x-odps-tunnel-version", "")),
    )


async def _rows(request: Request, values: PathValues) -> Rows:
    session = request.param("downloadid") or ""
    return Rows(values["project"].lower(), table_name(values), session, _range(request), request.body)


async def _new_result(request: Request, values: PathValues) -> NewResultDownload:
    limited = truth(request, "instance_tunnel_limit_enabled")
    return NewResultDownload(values["project"].lower(), values["instance"], limited)


async def _result_ref(request: Request, values: PathValues) -> ResultRef:
    return ResultRef(values["project"].lower(), values["instance"], request.param("downloadid") or "")


async def _result_rows(request: Request, values: PathValues) -> ResultRows:
    session = request.param("downloadid") or ""
    return ResultRows(values["project"].lower(), values["instance"], session, _range(request), request.body)


# -- what they touch


def writes_table(part: InCatalogue, params: OnTable) -> tuple[Access, ...]:
    """Writes rows of a table."""
    return (on_table(part, "Update", params.name),)


def downloads_table(part: InCatalogue, params: OnTable) -> tuple[Access, ...]:
    """Takes rows of a table away."""
    return (on_table(part, "Download", params.name),)


def _reads_instance(part: InCatalogue, params: OnInstance) -> tuple[Access, ...]:
    return (on_object(part, "Read", params.project, "instances", params.instance),)


# -- how they run


async def _create_upload(tunnel: Tunnel, call: Call[NewUpload]) -> Session:
    new = call.params
    return await tunnel.uploads.create(
        new.name, new.spec, call.principal, overwrite=new.overwrite, create_partition=new.create_partition
    )


def _upload(tunnel: Tunnel, call: Call[SessionRef] | Call[NewBlock]) -> Session:
    session = tunnel.sessions.get(call.params.session, "upload", call.params.project, call.principal)
    check_table(tunnel, session, call.params.name)
    return session


def check_table(part: InCatalogue, session: Session, name: TableName) -> None:
    """A session is authorised by the table in the path, so it must be that table's."""
    stored = part.catalogue.stored(name)
    if stored is not None and stored.id == session.body.target.table_id:
        return
    if session.body.target.name == name:
        raise NotFound(f"The table {name} was dropped since the session {session.id} began", code="NoSuchTable")
    raise InvalidArgument(f"The session {session.id} is not one of {name}", code="NoSuchTable")


async def _get_upload(tunnel: Tunnel, call: Call[SessionRef]) -> tuple[Session, list[int]]:
    session = _upload(tunnel, call)
    return session, list(tunnel.sessions.blocks(session.id))


async def _put_block(tunnel: Tunnel, call: Call[NewBlock]) -> Costs:
    new, costs = call.params, Costs()
    session = _upload(tunnel, call)
    body = costs.receiving(call.counted(new.body.chunks()))
    await tunnel.uploads.put(session, new.block, body, new.coding, arrow=new.arrow)
    return costs


async def _commit(tunnel: Tunnel, call: Call[SessionRef]) -> tuple[Session, list[int]]:
    session = await tunnel.commits.commit(_upload(tunnel, call))
    return session, list(tunnel.sessions.blocks(session.id))


async def _abort(tunnel: Tunnel, call: Call[SessionRef]) -> None:
    await tunnel.uploads.abort(_upload(tunnel, call))


async def _create_download(tunnel: Tunnel, call: Call[NewDownload]) -> Session:
    return await tunnel.downloads.create(call.params.name, call.params.spec, call.principal)


def _download(tunnel: Tunnel, call: Call[SessionRef] | Call[Rows]) -> Session:
    session = tunnel.sessions.get(call.params.session, "download", call.params.project, call.principal)
    check_table(tunnel, session, call.params.name)
    return session


async def _get_download(tunnel: Tunnel, call: Call[SessionRef]) -> tuple[Session, str]:
    session = _download(tunnel, call)
    return session, await tunnel.downloads.status(session)


async def _read(tunnel: Tunnel, call: Call[Rows]) -> Stream:
    wanted = call.params.wanted
    return _stream(tunnel.downloads.read(_download(tunnel, call), wanted, call.params.client), wanted)


def _stream(chunks: Any, wanted: Range) -> Stream:
    headers = {"Content-Type": "application/octet-stream"}
    return Stream(chunks, {**headers, "Content-Encoding": wanted.coding} if wanted.coding else headers)


ResultReply = tuple[Session, tuple[Column, ...]]


async def _create_result(tunnel: Tunnel, call: Call[NewResultDownload]) -> ResultReply:
    new = call.params
    session, instance = await tunnel.downloads.create_for_result(
        new.project, new.instance, call.principal, limited=new.limited
    )
    return session, instance.outcome.columns


async def _get_result(tunnel: Tunnel, call: Call[ResultRef]) -> ResultReply:
    session = _result(tunnel, call)
    return session, tunnel.instance(call.params.project, session.body.instance).outcome.columns


def _result(tunnel: Tunnel, call: Call[ResultRef] | Call[ResultRows]) -> Session:
    session = tunnel.sessions.get(call.params.session, "result", call.params.project, call.principal)
    if session.body.instance != call.params.instance:
        raise InvalidArgument(f"The session {session.id} is not one of {call.params.instance}", code="NoSuchDownload")
    return session


async def _read_result(tunnel: Tunnel, call: Call[ResultRows]) -> Stream:
    wanted = call.params.wanted
    return _stream(tunnel.downloads.read_result(_result(tunnel, call), wanted, call.params.client), wanted)


# -- answers


def schema_body(columns: tuple[Column, ...], partition_columns: tuple[Column, ...] = ()) -> dict[str, Any]:
    """The schema as sessions show it."""
    return {
        "IsVirtualView": False,
        "columns": [{**column_json(c), "column_id": str(i)} for i, c in enumerate(columns)],
        "partitionKeys": [column_json(c) for c in partition_columns],
    }


def target_schema(session: Session) -> dict[str, Any]:
    """The schema of the table a session is about."""
    table = session.body.target.table
    return schema_body(table.columns, table.partition_columns)


def _upload_json(found: Any, request: Request) -> Response:
    session, blocks = found if isinstance(found, tuple) else (found, [])
    body = {
        "UploadID": session.id,
        "Status": session.status,
        "Schema": target_schema(session),
        "UploadedBlockList": [{"BlockID": block} for block in blocks],
        "MaxFieldSize": _FIELD_BYTES_MAX,
        "QuotaName": request.param("quotaName") or "",
    }
    return json_text(json.dumps(body, ensure_ascii=False))


def _download_json(found: Any, request: Request) -> Response:
    session, status = found if isinstance(found, tuple) else (found, found.status)
    return _download_body(session.id, status, session.body.rows, target_schema(session), request)


def _result_json(found: ResultReply, request: Request) -> Response:
    session, columns = found
    return _download_body(session.id, session.status, session.body.rows, schema_body(columns), request)


def _download_body(session: str, status: str, rows: int, schema: dict[str, Any], request: Request) -> Response:
    body = {
        "DownloadID": session,
        "Status": status,
        "RecordCount": rows,
        "Schema": schema,
        "QuotaName": request.param("quotaName") or "",
        "SupportReadByRawSize": False,
    }
    return json_text(json.dumps(body, ensure_ascii=False))


def stream_response(stream: Stream, request: Request) -> Response:
    """A stream as a response."""
    return Response(200, dict(stream.headers), stream.chunks)


def _stored(costs: Costs, request: Request) -> Response:
    return empty(200, **{HEADER: costs.text()})


def _done(result: None, request: Request) -> Response:
    return empty(200)


CREATE_UPLOAD = Operation("odps", "CreateUploadSession", NewUpload, _create_upload, writes_table)
GET_UPLOAD = Operation("odps", "GetUploadSession", SessionRef, _get_upload, writes_table)
UPLOAD_BLOCK = Operation(
    "odps", "UploadBlock", NewBlock, _put_block, writes_table, Shape.STREAM, charge=UPLOADED, place=in_project
)
COMMIT_UPLOAD = Operation("odps", "CommitUploadSession", SessionRef, _commit, writes_table)
ABORT_UPLOAD = Operation("odps", "AbortUploadSession", SessionRef, _abort, writes_table)
CREATE_DOWNLOAD = Operation("odps", "CreateDownloadSession", NewDownload, _create_download, downloads_table)
GET_DOWNLOAD = Operation("odps", "GetDownloadSession", SessionRef, _get_download, downloads_table)
DOWNLOAD_ROWS = Operation(
    "odps", "DownloadRows", Rows, _read, downloads_table, Shape.STREAM, charge=DOWNLOADED, place=in_project
)
CREATE_RESULT = Operation("odps", "CreateResultSession", NewResultDownload, _create_result, _reads_instance)
GET_RESULT = Operation("odps", "GetResultSession", ResultRef, _get_result, _reads_instance)
DOWNLOAD_RESULT = Operation(
    "odps",
    "DownloadResult",
    ResultRows,
    _read_result,
    _reads_instance,
    Shape.STREAM,
    charge=DOWNLOADED,
    place=in_project,
)

_TABLE = "/projects/{project}/tables/{table}"
_INSTANCE = "/projects/{project}/instances/{instance}"
ROUTES = [
    on("POST", _TABLE, CREATE_UPLOAD, _new_upload, _upload_json, when="uploads"),
    on("GET", _TABLE, GET_UPLOAD, _upload_ref, _upload_json, when="uploadid"),
    on("PUT", _TABLE, UPLOAD_BLOCK, _new_block, _stored, when="uploadid"),
    on("POST", _TABLE, COMMIT_UPLOAD, _upload_ref, _upload_json, when="uploadid"),
    on("DELETE", _TABLE, ABORT_UPLOAD, _upload_ref, _done, when="uploadid"),
    on("POST", _TABLE, CREATE_DOWNLOAD, _new_download, _download_json, when="downloads"),
    on("GET", _TABLE, DOWNLOAD_ROWS, _rows, stream_response, when="rowrange"),
    on("GET", _TABLE, GET_DOWNLOAD, _download_ref, _download_json, when="downloadid"),
    on("POST", _INSTANCE, CREATE_RESULT, _new_result, _result_json, when="downloads"),
    on("GET", _INSTANCE, DOWNLOAD_RESULT, _result_rows, stream_response, when="rowrange"),
    on("GET", _INSTANCE, GET_RESULT, _result_ref, _result_json, when="downloadid"),
]
