"""Projects by OpenAPI: a project made here is the one that PyODPS uses.

Source: the vendor's API pages "CreateProject" to "UpdateProjectStatus" (MaxCompute 2022-01-04); what
``alibabacloud-maxcompute20220104`` and Terraform's provider send. Who has no right hears the same of a project that is
there and of one that is not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel import errors
from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unsupported
from yunbox.kernel.texts import whole_number
from yunbox.services.maxcompute.catalogue.projects import service_properties
from yunbox.services.maxcompute.management import properties
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.storage.tables.model import Project
from yunbox.wire.openapi.api import Api, Asked, json_body, resource
from yunbox.wire.route import Route

Body = dict[str, Any]
DENIED, INVALID = "NoPermission", "INVALID_PARAMETER"
QUOTA = "default"
_QUOTAS = (QUOTA, "", "os_PayAsYouGoQuota")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,27}")
_PAGE = 50
_PATH = "/api/v1/projects"
_ONE = f"{_PATH}/{{project}}"


@dataclass(frozen=True)
class Named:
    """A project, and the body of the request, which may be empty."""

    project: str
    body: Body


@dataclass(frozen=True)
class Page:
    """A page of projects behind ``marker``."""

    marker: str
    prefix: str
    size: int


def _touching(right: str) -> Callable[[MaxCompute, Any], tuple[Access, ...]]:
    def touches(service: MaxCompute, params: Any) -> tuple[Access, ...]:
        name = getattr(params, "project", "*") or "*"
        return (Access(f"odps:{right}", f"projects/{name}", service.account_id),)

    return touches


def _operation(name: str, kind: type, run: Callable[[MaxCompute, Call], Any], *, reads: bool = False) -> Operation:
    return Operation("maxcompute", name, kind, run, _touching(name), reads=reads, denied=DENIED)


def _found(service: MaxCompute, name: str) -> Project:
    project = service.catalogue.project(name.lower())
    if project is None:
        raise NotFound(f"The project {name[:128]} does not exist.", code="OBJECT_NOT_EXIST")
    return project


# -- operations


async def _create(service: MaxCompute, call: Call[Named]) -> Body:
    name, body = call.params.project, call.params.body
    unknown = set(body) - {"name", "comment", "defaultQuota", "productType", "properties"}
    if unknown:
        raise InvalidArgument(f"{sorted(unknown)[0]} is not known to CreateProject.", code=INVALID)
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            "A project's name has 3 to 28 letters, digits and underscores, and begins with a letter.",
            code=INVALID,
        )
    if body.get("productType") not in (None, "", "payasyougo", "PayAsYouGo"):
        raise Unsupported("productType is payasyougo here.", code="UnsupportedOperation")
    _check_quota(body.get("defaultQuota"))
    flags = properties.written(body.get("properties") or {})
    owner = f"ALIYUN${service.projects.account_name(service.account_id)}"
    try:
        await service.catalogue.create_project(
            name.lower(), account_id=service.account_id, owner=owner, comment=_text(body, "comment"), properties=flags
        )
    except AlreadyExists as error:
        raise AlreadyExists(error.message, code="OBJECT_ALREADY_EXIST") from None
    return {"data": name}


async def _get(service: MaxCompute, call: Call[Named]) -> Body:
    return {"data": _shown(service, _found(service, call.params.project)), "httpCode": 200}


async def _list(service: MaxCompute, call: Call[Page]) -> Body:
    page = call.params
    found = [one for one in service.catalogue.projects() if one.name > page.marker and one.name.startswith(page.prefix)]
    shown = found[: page.size]
    marker = shown[-1].name if len(found) > page.size else ""
    projects = [_shown(service, one) for one in shown]
    return {"data": {"projects": projects, "maxItem": page.size, "marker": marker, "NextToken": marker}}


async def _delete(service: MaxCompute, call: Call[Named]) -> Body:
    project = _found(service, call.params.project)
    try:
        await service.catalogue.drop_project(project.name)
    except Conflict as error:
        raise Conflict(error.message, code="OBJECT_IN_USE") from None
    return {"data": "success"}


async def _meta(service: MaxCompute, call: Call[Named]) -> Body:
    project, body = _found(service, call.params.project), call.params.body
    if unknown := set(body) - {"comment", "properties"}:
        raise InvalidArgument(f"{sorted(unknown)[0]} is not known to the operation.", code=INVALID)
    flags = properties.written(body.get("properties") or {})
    comment = _text(body, "comment") if body.get("comment") is not None else None
    await service.catalogue.set_project(project.name, comment=comment, properties=flags)
    return {"data": "success", "httpCode": 200}


async def _quota(service: MaxCompute, call: Call[Named]) -> Body:
    _found(service, call.params.project)
    _check_quota(call.params.body.get("quota"))
    return {"data": "success"}


def _check_quota(quota: Any) -> None:
    if quota not in (None, *_QUOTAS):
        raise NotFound(f"The quota {str(quota)[:64]} does not exist: it is {QUOTA}.", code="OBJECT_NOT_EXIST")


def _shown(service: MaxCompute, project: Project) -> Body:
    return {
        "name": project.name, "comment": project.comment, "owner": project.owner, "type": "managed",
        "status": "AVAILABLE", "regionId": service.region, "defaultQuota": QUOTA, "productType": "PayAsYouGo",
        "createdTime": int(project.created * 1000),
        "properties": properties.shown(project, service_properties(project)),
        "securityProperties": {
            "usingAcl": True, "usingPolicy": True, "labelSecurity": False, "objectCreatorHasAccessPermission": True,
            "objectCreatorHasGrantPermission": True, "projectProtection": {"protected": False},
        },
        "ipWhiteList": {"ipList": "", "vpcIpList": ""}, "superAdmins": [], "threeTierModel": False,
    }  # fmt: skip


# -- requests


def _text(body: Body, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > 1024:
        raise InvalidArgument(f"{name} is a text of at most 1024 characters.", code=INVALID)
    return value


def _new(asked: Asked, _values: Any) -> Named:
    body = json_body(asked, INVALID)
    return Named(_text(body, "name"), body)


def _named(asked: Asked, values: Any) -> Named:
    return Named(values["project"], json_body(asked, INVALID))


def _page(asked: Asked, _values: Any) -> Page:
    given = asked.parameters
    size = whole_number(given.get("maxItem", str(_PAGE)), 0)
    if not 1 <= size <= 1000:
        raise InvalidArgument("maxItem is 1 to 1000.", code=INVALID)
    return Page(given.get("marker", ""), given.get("prefix", ""), size)


def _route(method: str, path: str, operation: Operation, parse: Callable[[Asked, Any], Any]) -> Route[Asked]:
    return resource(method, path, operation, parse)


API = Api(
    "MaxCompute",
    "2022-01-04",
    (
        _route("POST", _PATH, _operation("CreateProject", Named, _create), _new),
        _route("GET", _PATH, _operation("ListProjects", Page, _list, reads=True), _page),
        _route("GET", _ONE, _operation("GetProject", Named, _get, reads=True), _named),
        _route("DELETE", _ONE, _operation("DeleteProject", Named, _delete), _named),
        _route("PUT", f"{_ONE}/meta", _operation("UpdateProjectBasicMeta", Named, _meta), _named),
        _route("PUT", f"{_ONE}/quota", _operation("UpdateProjectDefaultQuota", Named, _quota), _named),
    ),
    {errors.InvalidArgument: (400, INVALID)},
    request_id_name="requestId",
)
