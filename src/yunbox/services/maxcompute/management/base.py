"""What the operations of the management API have in common: bodies, pages, and the right of each, its own name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.kernel.texts import whole_number
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.storage.tables.model import Project
from yunbox.wire.openapi.api import Asked, json_body

Body = dict[str, Any]
DENIED, INVALID, MISSING, UNSUPPORTED = "NoPermission", "INVALID_PARAMETER", "OBJECT_NOT_EXIST", "UnsupportedOperation"
EXISTS, IN_USE = "OBJECT_ALREADY_EXIST", "OBJECT_IN_USE"
PATH = "/api/v1/projects"
ONE = f"{PATH}/{{project}}"
_PAGE, _PAGE_MAX = 50, 1000


@dataclass(frozen=True)
class Named:
    """A project, and the body of the request, which may be empty; ``name`` is of something in it."""

    project: str
    body: Body
    name: str = ""


@dataclass(frozen=True)
class Page:
    """A page of what a project has, behind ``marker``."""

    project: str
    marker: str
    prefix: str
    size: int
    schema: str = "default"
    kind: str = ""


def operation(
    name: str,
    kind: type,
    run: Callable[[MaxCompute, Call], Any],
    *,
    reads: bool = False,
    touches: Callable[[MaxCompute, Any], tuple[Access, ...]] | None = None,
) -> Operation:
    """An operation on a project, unless it ``touches`` something else."""

    def on_project(service: MaxCompute, params: Any) -> tuple[Access, ...]:
        project = getattr(params, "project", "*") or "*"
        return (Access(f"odps:{name}", f"projects/{project}", service.account_id),)

    return Operation("maxcompute", name, kind, run, touches or on_project, reads=reads, denied=DENIED)


def found(service: MaxCompute, name: str) -> Project:
    """A project. Raises NotFound."""
    project = service.catalogue.project(name.lower())
    if project is None:
        raise NotFound(f"The project {name[:128]} does not exist.", code=MISSING)
    return project


def known(body: Body, *names: str) -> Body:
    """A body in which there is nothing else; clients also say in it which project the path names."""
    if unknown := set(body) - {*names, "projectName"}:
        raise InvalidArgument(f"{sorted(unknown)[0][:64]} is not known to the operation.", code=INVALID)
    return body


def text(body: Body, name: str) -> str:
    """A text of a body; of none, an empty one. Raises InvalidArgument."""
    value = body.get(name) if body.get(name) is not None else ""
    if not isinstance(value, str) or len(value) > 1024:
        raise InvalidArgument(f"{name} is a text of at most 1024 characters.", code=INVALID)
    return value


def texts(body: Body, name: str) -> list[str]:
    """A list of texts of a body; of none, an empty one. Raises InvalidArgument."""
    value = body.get(name) if body.get(name) is not None else []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidArgument(f"{name} is a list of texts.", code=INVALID)
    return value


def named(asked: Asked, values: Any) -> Named:
    """A project of the path, and the body."""
    return Named(values["project"].lower(), json_body(asked, INVALID), values.get("name", ""))


def page(asked: Asked, values: Any) -> Page:
    """A page, as the parameters have it."""
    given = asked.parameters
    size = whole_number(given.get("maxItem", str(_PAGE)), 0)
    if not 1 <= size <= _PAGE_MAX:
        raise InvalidArgument(f"maxItem is 1 to {_PAGE_MAX}.", code=INVALID)
    prefix = given.get("prefix", "") or given.get("name", "")
    schema = given.get("schemaName", "") or "default"
    return Page(
        values.get("project", "").lower(), given.get("marker", ""), prefix, size, schema.lower(), given.get("type", "")
    )


def paged(wanted: Page, rows: list[Any], name: str, shown: Callable[[Any], Body], of: Callable[[Any], str]) -> Body:
    """A page out of one row more than it may have, and the marker of the next one."""
    kept = rows[: wanted.size]
    marker = of(kept[-1]) if len(rows) > wanted.size else ""
    return {"data": {name: [shown(row) for row in kept], "maxItem": wanted.size, "marker": marker}}
