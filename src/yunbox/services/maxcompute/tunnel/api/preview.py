"""The tunnel's preview of a table, which needs no session.

Its ``Accept-Encoding`` is the storage API's: it asks for compressed buffers inside the Arrow stream, which every
Arrow library reads as it is. So the answer names no coding.
"""

from dataclasses import dataclass

from yunbox.engine.duck.messages import Packing
from yunbox.kernel.call import Access, Call, Operation, Shape, Stream
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.access import DOWNLOADED, InCatalogue, OnTable, in_project, on_table
from yunbox.services.maxcompute.catalogue.tables import parse_spec, table_name
from yunbox.services.maxcompute.route import PathValues, on
from yunbox.services.maxcompute.tunnel.api.batch import stream_response
from yunbox.services.maxcompute.tunnel.part import Tunnel
from yunbox.services.maxcompute.tunnel.preview import ROWS_MAX
from yunbox.services.maxcompute.tunnel.target import Spec
from yunbox.wire.http import Body, Request

_FLAT = "pyodps/"
"""PyODPS reads a preview that names no columns by the table's data columns, the Java SDK by all of them, and each fails
on what the other expects: a TIMESTAMP there, any table with partitions here."""
_PACKINGS: dict[str, Packing] = {"zstd": "zstd", "lz4_frame": "lz4"}


@dataclass(frozen=True)
class Preview:
    """The first rows of a table or partition."""

    project: str
    name: TableName
    spec: Spec
    columns: tuple[str, ...]
    rows: int
    packing: Packing | None
    client: Body
    flat: bool


async def _params(request: Request, values: PathValues) -> Preview:
    limit = request.integer("limit", ROWS_MAX, low=-1)
    return Preview(
        project=values["project"].lower(),
        name=table_name(values),
        spec=parse_spec(request.param("partition")),
        columns=tuple(filter(None, (request.param("columns") or "").lower().split(","))),
        rows=ROWS_MAX if limit < 0 else min(limit, ROWS_MAX),
        packing=_PACKINGS.get(request.headers.get("accept-encoding", "").strip().lower()),
        client=request.body,
        flat=request.headers.get("user-agent", "").lower().startswith(_FLAT),
    )


def _selects(part: InCatalogue, params: OnTable) -> tuple[Access, ...]:
    return (on_table(part, "Select", params.name),)


async def _preview(tunnel: Tunnel, call: Call[Preview]) -> Stream:
    wanted = call.params
    chunks = await tunnel.previews.arrow(
        wanted.name, wanted.spec, wanted.columns, wanted.rows, wanted.packing, wanted.client, flat=wanted.flat
    )
    return Stream(chunks, {"Content-Type": "application/octet-stream"})


PREVIEW_ROWS = Operation(
    "odps", "PreviewRows", Preview, _preview, _selects, Shape.STREAM, charge=DOWNLOADED, place=in_project
)
ROUTES = [on("GET", "/projects/{project}/tables/{table}/preview", PREVIEW_ROWS, _params, stream_response)]
