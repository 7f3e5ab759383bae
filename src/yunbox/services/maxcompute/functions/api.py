"""User-defined functions over REST. See ``split_path`` for the slash in their noun."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.maxcompute.access import lists_project, on_object, on_project
from yunbox.services.maxcompute.functions.store import Function, FunctionStore
from yunbox.services.maxcompute.replies import empty, http_date, xml
from yunbox.services.maxcompute.route import PAGE_MAX, PathValues, on
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.wire.http import Request, Response
from yunbox.wire.xml import Markup, element, parse_body

_RESOURCES_MAX = 256


@dataclass(frozen=True)
class Functions:
    """What the operations on functions run on. ``resource`` raises NotFound for a resource that is not there."""

    catalogue: Catalogue
    store: FunctionStore
    resource: Callable[[str, str, str], object]


@dataclass(frozen=True)
class NewFunction:
    """A function to register, or to register anew."""

    project: str
    name: str
    class_type: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class FunctionRef:
    """One function."""

    project: str
    name: str


@dataclass(frozen=True)
class FunctionPage:
    """A page of a project's functions."""

    project: str
    prefix: str
    owner: str
    marker: str
    limit: int


async def _new(request: Request, values: PathValues) -> NewFunction:
    body = parse_body(await request.body.read())
    resources = tuple(node.text.strip() for node in body.all("Resources/ResourceName"))
    name, class_type = values.get("function") or body.value("Alias"), body.value("ClassType")
    if not name or not class_type or len(resources) > _RESOURCES_MAX:
        raise InvalidArgument(f"A function has a name, a class, and at most {_RESOURCES_MAX} resources")
    return NewFunction(values["project"].lower(), name.lower(), class_type, resources)


async def _ref(request: Request, values: PathValues) -> FunctionRef:
    return FunctionRef(values["project"].lower(), values["function"].lower())


async def _page(request: Request, values: PathValues) -> FunctionPage:
    return FunctionPage(
        project=values["project"].lower(),
        prefix=request.param("name") or "",
        owner=request.param("owner") or "",
        marker=request.param("marker") or "",
        limit=request.integer("maxitems", PAGE_MAX, low=1, high=PAGE_MAX),
    )


def _creates(functions: Functions, params: NewFunction) -> tuple[Access, ...]:
    return (on_project(functions, "CreateFunction", params.project),)


def _on(action: str) -> Callable[[Functions, NewFunction | FunctionRef], tuple[Access, ...]]:
    def touches(functions: Functions, params: NewFunction | FunctionRef) -> tuple[Access, ...]:
        # PyODPS and the vendor's policies spell the noun as the path does.
        return (on_object(functions, action, params.project, "registration/functions", params.name),)

    return touches


async def _create(functions: Functions, call: Call[NewFunction]) -> Function:
    return await _register(functions, call, replace=False)


async def _update(functions: Functions, call: Call[NewFunction]) -> Function:
    functions.store.get(call.params.project, call.params.name)
    return await _register(functions, call, replace=True)


async def _register(functions: Functions, call: Call[NewFunction], *, replace: bool) -> Function:
    new = call.params
    for resource in new.resources:
        _require_resource(functions, new.project, resource)
    return await functions.store.create(
        new.project, new.name, new.class_type, list(new.resources), call.principal.name, replace=replace
    )


def _require_resource(functions: Functions, project: str, name: str) -> None:
    """A resource is named plainly, as ``p/resources/r``, or as ``p/schemas/s/resources/r``."""
    parts = name.split("/")
    owner = parts[0].lower() if len(parts) > 1 else project
    schema = parts[2].lower() if len(parts) == 5 and parts[1] == "schemas" else "default"
    functions.resource(owner, schema, parts[-1])


async def _get(functions: Functions, call: Call[FunctionRef]) -> Function:
    return functions.store.get(call.params.project, call.params.name)


async def _delete(functions: Functions, call: Call[FunctionRef]) -> None:
    await functions.store.delete(call.params.project, call.params.name)


async def _list(functions: Functions, call: Call[FunctionPage]) -> tuple[list[Function], str]:
    page = call.params
    found = [
        one
        for one in functions.store.all(page.project, page.prefix)
        if one.name > page.marker and page.owner in ("", one.owner)
    ]
    return found[: page.limit], found[page.limit - 1].name if len(found) > page.limit else ""


def _markup(one: Function) -> Markup:
    return element(
        "Function",
        element("Alias", one.name),
        element("Owner", one.owner),
        element("CreationTime", http_date(one.created)),
        element("ClassType", one.class_type),
        element("Resources", *(element("ResourceName", name) for name in one.resources)),
    )


def _one_xml(one: Function, request: Request) -> Response:
    return xml(_markup(one))


def _list_xml(found: tuple[list[Function], str], request: Request) -> Response:
    shown, marker = found
    items = map(_markup, shown)
    return xml(element("Functions", element("Marker", marker), element("MaxItems", PAGE_MAX), *items))


def _done(result: Any, request: Request) -> Response:
    return empty(201 if request.method == "POST" else 200)


CREATE_FUNCTION = Operation("odps", "CreateFunction", NewFunction, _create, _creates)
UPDATE_FUNCTION = Operation("odps", "UpdateFunction", NewFunction, _update, _on("Write"))
GET_FUNCTION = Operation("odps", "GetFunction", FunctionRef, _get, _on("Read"))
DELETE_FUNCTION = Operation("odps", "DeleteFunction", FunctionRef, _delete, _on("Delete"))
LIST_FUNCTIONS = Operation("odps", "ListFunctions", FunctionPage, _list, lists_project)


_ALL = "/projects/{project}/registration/functions"
_ONE = "/projects/{project}/registration/functions/{function}"
ROUTES = [
    on("GET", _ALL, LIST_FUNCTIONS, _page, _list_xml),
    on("POST", _ALL, CREATE_FUNCTION, _new, _done),
    on("GET", _ONE, GET_FUNCTION, _ref, _one_xml),
    on("PUT", _ONE, UPDATE_FUNCTION, _new, _done),
    on("DELETE", _ONE, DELETE_FUNCTION, _ref, _done),
]
