"""Resources over REST: their metadata travels in headers, their content as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call, Operation, Shape, Stream
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.services.maxcompute.access import DOWNLOADED, in_project, lists_project, on_object, on_project
from yunbox.services.maxcompute.replies import empty, http_date, xml
from yunbox.services.maxcompute.resources.store import PART, NewResource, Resource, ResourceStore
from yunbox.services.maxcompute.route import PAGE_MAX, PathValues, on
from yunbox.services.maxcompute.tunnel.api.batch import stream_response, truth
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.wire.http import Body, Request, Response
from yunbox.wire.xml import element

_HEADER = "x-odps-resource-"
_READ_BYTES_MAX = 1 << 40
_MERGE_BODY_BYTES_MAX = 4 << 20


@dataclass(frozen=True)
class Resources:
    """What the operations on resources run on."""

    catalogue: Catalogue
    store: ResourceStore


@dataclass(frozen=True)
class Sent:
    """A resource on its way; ``merge_bytes`` is not None when the body lists the parts to make it of."""

    project: str
    new: NewResource
    body: Body
    merge_bytes: int | None


@dataclass(frozen=True)
class ResourceRef:
    """One resource, and a range of its bytes."""

    project: str
    schema: str
    name: str
    offset: int = 0
    size: int = _READ_BYTES_MAX


@dataclass(frozen=True)
class ResourcePage:
    """A page of the resources of a schema."""

    project: str
    schema: str
    prefix: str
    owner: str
    marker: str
    limit: int


async def _sent(request: Request, values: PathValues) -> Sent:
    headers = request.headers
    merging = truth(request, "rOpMerge")
    new = NewResource(
        project=values["project"].lower(),
        schema=values["schema"],
        name=values.get("resource") or headers.get(_HEADER + "name", ""),
        type=PART if truth(request, "rIsPart") else headers.get(_HEADER + "type", "").lower(),
        comment=headers.get("x-odps-comment", ""),
        is_temp=headers.get(_HEADER + "istemp", "").lower() == "true",
        source_table=headers.get("x-odps-copy-table-source", ""),
    )
    total = headers.get(_HEADER + "merge-total-bytes", "")
    return Sent(new.project, new, request.body, whole_number(total, 0) if merging else None)


async def _ref(request: Request, values: PathValues) -> ResourceRef:
    return ResourceRef(
        project=values["project"].lower(),
        schema=values["schema"],
        name=values["resource"],
        offset=request.integer("rOffset", 0),
        size=request.integer("rSize", _READ_BYTES_MAX),
    )


async def _page(request: Request, values: PathValues) -> ResourcePage:
    return ResourcePage(
        project=values["project"].lower(),
        schema=values["schema"],
        prefix=request.param("name") or "",
        owner=request.param("owner") or "",
        marker=request.param("marker") or "",
        limit=request.integer("maxitems", PAGE_MAX, low=1, high=PAGE_MAX),
    )


def _creates(resources: Resources, params: Sent) -> tuple[Access, ...]:
    return (on_project(resources, "CreateResource", params.project),)


def _on(action: str) -> Callable[[Resources, Sent | ResourceRef], tuple[Access, ...]]:
    def touches(resources: Resources, params: Sent | ResourceRef) -> tuple[Access, ...]:
        name = params.new.name if isinstance(params, Sent) else params.name
        return (on_object(resources, action, params.project, "resources", name),)

    return touches


async def _create(resources: Resources, call: Call[Sent]) -> Resource:
    sent = call.params
    if sent.merge_bytes is not None:
        if resources.store.find(sent.project, sent.new.schema, sent.new.name):
            raise InvalidArgument(f"Resource '{sent.new.name}' already exists", code="ObjectAlreadyExists")
        return await _merge(resources, call)
    return await resources.store.create(sent.new, sent.body, call.principal.name)


async def _update(resources: Resources, call: Call[Sent]) -> Resource:
    sent = call.params
    if sent.merge_bytes is not None:
        return await _merge(resources, call)
    return await resources.store.replace(sent.new, sent.body, call.principal.name)


async def _merge(resources: Resources, call: Call[Sent]) -> Resource:
    sent = call.params
    text = (await sent.body.read(_MERGE_BODY_BYTES_MAX)).decode("utf-8", "replace")
    md5, _, names = text.partition("|")
    parts = [name for name in names.split(",") if name]
    if not parts:
        raise InvalidArgument("A merge names its parts as <md5>|<part>,<part>")
    return await resources.store.merge(sent.new, parts, md5, sent.merge_bytes or 0, call.principal.name)


async def _get(resources: Resources, call: Call[ResourceRef]) -> Resource:
    ref = call.params
    return resources.store.get(ref.project, ref.schema, ref.name)


async def _read(resources: Resources, call: Call[ResourceRef]) -> Stream:
    ref = call.params
    found = resources.store.get(ref.project, ref.schema, ref.name)
    size = max(0, min(ref.size, found.size_bytes - ref.offset))
    remaining = str(ref.offset + size < found.size_bytes).lower()
    headers = {
        **_headers(found),
        "Content-Type": "application/octet-stream",
        _HEADER + "has-remaining": remaining,
        "Content-Disposition": "attachment",
    }
    return Stream(resources.store.read(found, ref.offset, size), headers)


async def _delete(resources: Resources, call: Call[ResourceRef]) -> None:
    ref = call.params
    await resources.store.delete(ref.project, ref.schema, ref.name)


async def _list(resources: Resources, call: Call[ResourcePage]) -> tuple[list[Resource], str]:
    page = call.params
    found = resources.store.page(
        page.project, page.schema, after=page.marker, prefix=page.prefix, owner=page.owner, limit=page.limit + 1
    )
    more = len(found) > page.limit
    return found[: page.limit], found[page.limit - 1].name if more else ""


def _headers(found: Resource) -> dict[str, str]:
    headers = {
        _HEADER + "type": found.type,
        "x-odps-owner": found.owner,
        "x-odps-comment": found.comment,
        "x-odps-updator": found.last_updator,
        _HEADER + "size": str(found.size_bytes),
        "x-odps-creation-time": http_date(found.created),
        "Last-Modified": http_date(found.modified),
        _HEADER + "istemp": str(found.is_temp).lower(),
    }
    if found.source_table:
        return {**headers, "x-odps-copy-table-source": found.source_table}
    return {**headers, "Content-MD5": found.md5}


def _meta(found: Resource, request: Request) -> Response:
    return Response(200, _headers(found))


def _list_xml(found: tuple[list[Resource], str], request: Request) -> Response:
    shown, marker = found
    items = [
        element(
            "Resource",
            element("Name", one.name),
            element("Owner", one.owner),
            element("Comment", one.comment),
            element("ResourceType", one.type),
            element("CreationTime", http_date(one.created)),
            element("LastModifiedTime", http_date(one.modified)),
            element("LastUpdator", one.last_updator),
            element("ResourceSize", one.size_bytes),
            element("TableName", one.source_table) if one.source_table else None,
        )
        for one in shown
    ]
    return xml(element("Resources", element("Marker", marker), element("MaxItems", PAGE_MAX), *items))


def _done(result: Any, request: Request) -> Response:
    return empty(201 if request.method == "POST" else 200)


CREATE_RESOURCE = Operation("odps", "CreateResource", Sent, _create, _creates, Shape.STREAM)
UPDATE_RESOURCE = Operation("odps", "UpdateResource", Sent, _update, _on("Write"), Shape.STREAM)
GET_RESOURCE = Operation("odps", "GetResource", ResourceRef, _get, _on("Read"))
READ_RESOURCE = Operation(
    "odps", "ReadResource", ResourceRef, _read, _on("Read"), Shape.STREAM, charge=DOWNLOADED, place=in_project
)
DELETE_RESOURCE = Operation("odps", "DeleteResource", ResourceRef, _delete, _on("Delete"))
LIST_RESOURCES = Operation("odps", "ListResources", ResourcePage, _list, lists_project)

_ALL = "/projects/{project}/resources"
_ONE = "/projects/{project}/resources/{resource}"
ROUTES = [
    on("GET", _ALL, LIST_RESOURCES, _page, _list_xml),
    on("POST", _ALL, CREATE_RESOURCE, _sent, _done),
    on("GET", _ONE, GET_RESOURCE, _ref, _meta, when="meta"),
    on("GET", _ONE, READ_RESOURCE, _ref, stream_response),
    on("PUT", _ONE, UPDATE_RESOURCE, _sent, _done),
    on("DELETE", _ONE, DELETE_RESOURCE, _ref, _done),
]
