"""MaxCompute as a client sees it: a table's columns and partitions, and sessions of its tunnel, up and down.

These are the requests of any other client, signed with the key of who writes, so that rights are checked as always
and the real service takes them too. Calls wait for their answer: they are made in a thread. Sources: PyODPS 0.13
(``tunnel/tabletunnel.py``, ``rest.py``), ``services/maxcompute`` for the other side.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from yunbox.clients.requests import RequestFailed, send
from yunbox.kernel.errors import KernelError
from yunbox.schema.types import DataType
from yunbox.wire.odps.arrow import BatchFilter
from yunbox.wire.odps.frames import ChunkDecoder
from yunbox.wire.odps.records import RecordEncoder
from yunbox.wire.odps.signing import canonical_string, sign_v2
from yunbox.wire.odps.types import parse_type
from yunbox.wire.xml import parse_body

Row = tuple[Any, ...]
_VERSION = {"x-odps-tunnel-version": "5"}


class Place(Protocol):
    """Where a table is, and as whom it is written. Without a tunnel's endpoint the project is asked for it."""

    @property
    def project(self) -> str: ...  # noqa: D102
    @property
    def table(self) -> str: ...  # noqa: D102
    @property
    def odps_endpoint(self) -> str: ...  # noqa: D102
    @property
    def tunnel_endpoint(self) -> str: ...  # noqa: D102
    @property
    def access_id(self) -> str: ...  # noqa: D102
    @property
    def access_key(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of the table."""

    name: str
    type: DataType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class OdpsTable:
    """The table as it is now; names of partition columns are in lower case."""

    columns: tuple[TableColumn, ...]
    partitions: tuple[str, ...]
    partition_columns: tuple[TableColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class OdpsPartition:
    """A partition: its values in the order of the partition columns, and how many rows it has now; -1 if none says."""

    values: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Download:
    """A download session: a snapshot of so many rows."""

    id: str
    rows: int


class OdpsClient:
    """Calls the endpoints of one place."""

    def __init__(self, config: Place) -> None:
        self._config = config
        self._tunnel = config.tunnel_endpoint
        self._table = f"/projects/{quote(config.project, safe='')}/tables/{quote(config.table, safe='')}"

    def table(self) -> OdpsTable:
        """The table. Raises RequestFailed."""
        answer = self._call(self._config.odps_endpoint, "GET", self._table)
        try:
            schema = json.loads(parse_body(answer).value("Schema"))
            columns = tuple(map(_column, schema["columns"]))
            keys = tuple(map(_column, schema.get("partitionKeys") or ()))
        except (KernelError, ValueError, KeyError, TypeError) as error:
            raise RequestFailed(
                f"The answer to what the table {self._config.table} is makes no sense: {error}"
            ) from None
        return OdpsTable(columns, tuple(one.name.lower() for one in keys), keys)

    def partitions(self) -> list[OdpsPartition]:
        """All partitions of the table. Raises RequestFailed."""
        found: list[OdpsPartition] = []
        marker = ""
        while True:
            query = [("partitions", ""), *([("marker", marker)] if marker else [])]
            answer = parse_body(self._call(self._config.odps_endpoint, "GET", self._table, query))
            for one in answer.all("Partition"):
                values = tuple(column.attributes["Value"] for column in one.all("Column"))
                found.append(OdpsPartition(values, int(one.value("PartitionRecordCount") or -1)))
            marker = answer.value("Marker")
            if not marker:
                return found

    def open(self, partition: str) -> str:
        """Begin an upload, to a partition that need not be there yet; the id of its session. Raises RequestFailed."""
        found = self._session("POST", "uploads", partition, ("create_partition", "true") if partition else ("", ""))
        return str(found["UploadID"])

    def upload(self, session: str, partition: str, columns: Sequence[TableColumn], rows: Iterable[Row]) -> None:
        """Store all rows of a session. Raises RequestFailed."""
        encoder = RecordEncoder([(column.name, column.type) for column in columns])
        body = encoder.encode(rows) + encoder.finish()
        query = [("blockid", "0"), *_of(session, partition)]
        self._call(self._tunnel_endpoint(), "PUT", self._table, query, body)

    def status(self, session: str, partition: str) -> str:
        """How far a session is, in lower case. Raises RequestFailed."""
        return str(self._get(session, partition).get("Status", "")).lower()

    def commit(self, session: str, partition: str) -> None:
        """Have the rows be in the table. Raises RequestFailed."""
        self._call(self._tunnel_endpoint(), "POST", self._table, _of(session, partition))

    def abort(self, session: str, partition: str) -> None:
        """Give up a session that was not committed. Raises RequestFailed."""
        self._call(self._tunnel_endpoint(), "DELETE", self._table, _of(session, partition))

    # -- downloads

    def download(self, partition: str) -> Download:
        """Pin the rows that the table, or a partition, has now. Raises RequestFailed."""
        query = [("downloads", ""), *([("partition", partition)] if partition else [])]
        found = _document(self._call(self._tunnel_endpoint(), "POST", self._table, query))
        if "DownloadID" not in found:
            raise RequestFailed("The tunnel has begun no session")
        return Download(str(found["DownloadID"]), int(found.get("RecordCount", 0)))

    def batches(self, download: str, partition: str, columns: Sequence[TableColumn], start: int, count: int) -> bytes:
        """Rows of a session, as Arrow's record batches without their schema: the columns are in the table's order.

        Raises RequestFailed, and InvalidArgument for what does not fit the columns.
        """
        query = [("downloadid", download), *([("partition", partition)] if partition else []), ("data", ""),
                 ("rowrange", f"({start},{count})"), ("arrow", ""),
                 ("columns", ",".join(one.name for one in columns))]  # fmt: skip
        body = self._call(self._tunnel_endpoint(), "GET", self._table, query)
        frames, messages = ChunkDecoder(), BatchFilter([(one.name, one.type) for one in columns])
        parts = [bytes(part) for chunk in frames.feed(body) for part in messages.feed(chunk)]
        parts += [bytes(part) for chunk in frames.finish() for part in messages.feed(chunk)]
        messages.finish()
        if messages.rows != count:
            raise RequestFailed(f"The tunnel has given {messages.rows} rows instead of {count}")
        return b"".join(parts)

    # -- inside

    def _get(self, session: str, partition: str) -> dict[str, Any]:
        return _document(self._call(self._tunnel_endpoint(), "GET", self._table, _of(session, partition)))

    def _session(self, method: str, flag: str, partition: str, more: tuple[str, str]) -> dict[str, Any]:
        query = [(flag, ""), *([("partition", partition)] if partition else []), *([more] if more[0] else [])]
        found = _document(self._call(self._tunnel_endpoint(), method, self._table, query))
        if "UploadID" not in found:
            raise RequestFailed("The tunnel has begun no session")
        return found

    def _tunnel_endpoint(self) -> str:
        """Where the tunnel is: the project says so to who does not know."""
        if not self._tunnel:
            project = quote(self._config.project, safe="")
            answer = self._call(self._config.odps_endpoint, "GET", f"/projects/{project}/tunnel", [("service", "")])
            host = answer.decode("utf-8", "replace").strip()
            self._tunnel = host if "://" in host else f"{urlsplit(self._config.odps_endpoint).scheme}://{host}"
        return self._tunnel

    def _call(
        self, endpoint: str, method: str, path: str, query: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> bytes:
        at = urlsplit(endpoint)
        base = at.path.rstrip("/")
        pairs = "&".join(f"{name}={quote(value, safe='')}" if value else name for name, value in query)
        target = f"{base}{path}" + (f"?{pairs}" if pairs else "")
        headers = {"Date": formatdate(usegmt=True), **_VERSION}
        if body:
            headers["Content-Type"] = "application/octet-stream"
        text = canonical_string(method, target, {name.lower(): value for name, value in headers.items()}, base)
        headers["Authorization"] = f"ODPS {self._config.access_id}:{sign_v2(self._config.access_key, text)}"
        return send(endpoint, method, target, headers, body)


def _of(session: str, partition: str) -> list[tuple[str, str]]:
    return [("uploadid", session), *([("partition", partition)] if partition else [])]


def _column(found: dict[str, Any]) -> TableColumn:
    nullable = found.get("isNullable", found.get("nullable", True))
    return TableColumn(str(found["name"]), parse_type(str(found["type"])), bool(nullable))


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RequestFailed("The answer of the tunnel is no JSON object")
    return found
