"""Projects: what topics are kept in."""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import Unsupported
from yunbox.services.datahub import limits
from yunbox.services.datahub.access import touches_project, touches_projects
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import PROJECT, Values, created, done, json, on
from yunbox.services.datahub.params import OnProject, project_of


class _Body(msgspec.Struct):
    Comment: str | None = ""
    VpcIds: str | None = None


@dataclass(frozen=True, slots=True)
class NewProject(OnProject):
    """A project to make or to change."""

    comment: str


def _with_comment(request: DhRequest, values: Values) -> NewProject:
    body = request.read(_Body)
    if body.VpcIds is not None:
        raise Unsupported("UpdateProjectVpcWhitelist is not offered: there is no VPC here")
    return NewProject(values["project"], limits.check_comment(body.Comment or ""))


async def _create(broker: Broker, call: Call[NewProject]) -> None:
    name = limits.check_project(call.params.project)
    await broker.catalogue.create_project(name, call.params.comment, call.principal.name)


async def _get(broker: Broker, call: Call[OnProject]) -> dict[str, Any]:
    found = broker.catalogue.project(call.params.project)
    return {
        "ProjectName": found.name,
        "Comment": found.comment,
        "Creator": found.creator,
        "CreateTime": int(found.created_s),
        "LastModifyTime": int(found.modified_s),
    }


async def _update(broker: Broker, call: Call[NewProject]) -> None:
    await broker.catalogue.update_project(call.params.project, call.params.comment)


async def _delete(broker: Broker, call: Call[OnProject]) -> None:
    await broker.catalogue.delete_project(call.params.project)


async def _list(broker: Broker, _call: Call[None]) -> dict[str, Any]:
    return {"ProjectNames": [project.name for project in broker.catalogue.projects()]}


def _nothing(_request: DhRequest, _values: Values) -> None:
    return None


CREATE_PROJECT = Operation("datahub", "CreateProject", NewProject, _create, touches_projects("CreateProject"))
GET_PROJECT = Operation("datahub", "GetProject", OnProject, _get, touches_project("GetProject"))
UPDATE_PROJECT = Operation("datahub", "UpdateProject", NewProject, _update, touches_project("UpdateProject"))
DELETE_PROJECT = Operation("datahub", "DeleteProject", OnProject, _delete, touches_project("DeleteProject"))
LIST_PROJECT: Operation[Broker, None, dict[str, Any]] = Operation(
    "datahub", "ListProject", type(None), _list, touches_projects("ListProject")
)

ROUTES = [
    on("GET", "/projects", LIST_PROJECT, _nothing, json),
    on("POST", PROJECT, CREATE_PROJECT, _with_comment, created),
    on("GET", PROJECT, GET_PROJECT, project_of, json),
    on("PUT", PROJECT, UPDATE_PROJECT, _with_comment, done),
    on("DELETE", PROJECT, DELETE_PROJECT, project_of, done),
]
