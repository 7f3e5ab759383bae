"""Projects by OpenAPI: a project made here is the one that PyODPS uses.

Source: the vendor's API pages "CreateProject" to "UpdateProjectStatus" (MaxCompute 2022-01-04); what
``alibabacloud-maxcompute20220104`` and Terraform's provider send. Who has no right hears the same of a project that is
there and of one that is not.
"""

import re
from typing import Any

from yunbox.kernel.call import Call
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unsupported
from yunbox.services.maxcompute.catalogue.projects import service_properties
from yunbox.services.maxcompute.management import properties, quotas
from yunbox.services.maxcompute.management.base import (
    EXISTS,
    IN_USE,
    INVALID,
    MISSING,
    ONE,
    PATH,
    UNSUPPORTED,
    Body,
    Named,
    Page,
    found,
    known,
    named,
    operation,
    page,
    text,
)
from yunbox.services.maxcompute.security.doors import WHITE_LIST, networks
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.storage.tables.model import Project
from yunbox.wire.openapi.api import Asked, json_body, resource

_QUOTAS = ("", *quotas.NAMES)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,27}")
_SECURED = {
    "usingAcl": True, "usingPolicy": True, "labelSecurity": False, "objectCreatorHasAccessPermission": True,
    "objectCreatorHasGrantPermission": True, "enableDownloadPrivilege": False,
}  # fmt: skip
"""How every project is secured; none of it can be switched."""


async def _create(service: MaxCompute, call: Call[Named]) -> Body:
    name, body = call.params.name, known(
        call.params.body, "name", "comment", "defaultQuota", "productType", "properties"
    )  # fmt: skip
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            "A project's name has 3 to 28 letters, digits and underscores, and begins with a letter.",
            code=INVALID,
        )
    if body.get("productType") not in (None, "", "payasyougo", "PayAsYouGo"):
        raise Unsupported("productType is payasyougo here.", code=UNSUPPORTED)
    _check_quota(body.get("defaultQuota"))
    flags = properties.written(body.get("properties") or {})
    owner = f"ALIYUN${service.projects.account_name(service.account_id)}"
    try:
        await service.catalogue.create_project(
            name.lower(), account_id=service.account_id, owner=owner, comment=text(body, "comment"), properties=flags
        )
    except AlreadyExists as error:
        raise AlreadyExists(error.message, code=EXISTS) from None
    return {"data": name}


async def _get(service: MaxCompute, call: Call[Named]) -> Body:
    return {"data": _shown(service, found(service, call.params.project)), "httpCode": 200}


async def _list(service: MaxCompute, call: Call[Page]) -> Body:
    wanted = call.params
    rows = [
        one for one in service.catalogue.projects() if one.name > wanted.marker and one.name.startswith(wanted.prefix)
    ]
    shown = rows[: wanted.size]
    marker = shown[-1].name if len(rows) > wanted.size else ""
    projects = [_shown(service, one) for one in shown]
    return {"data": {"projects": projects, "maxItem": wanted.size, "marker": marker, "NextToken": marker}}


async def _delete(service: MaxCompute, call: Call[Named]) -> Body:
    project = found(service, call.params.project)
    try:
        await service.catalogue.drop_project(project.name)
    except Conflict as error:
        raise Conflict(error.message, code=IN_USE) from None
    return {"data": "success"}


async def _meta(service: MaxCompute, call: Call[Named]) -> Body:
    """Comment and properties; the status, which Terraform's provider sends along, is what it is."""
    project, body = found(service, call.params.project), known(call.params.body, "comment", "properties", "status")
    flags = properties.written(body.get("properties") or {})
    comment = text(body, "comment") if body.get("comment") is not None else None
    if body.get("status") not in (None, ""):
        await service.doors.set_status(project.name, text(body, "status"))
    await service.catalogue.set_project(project.name, comment=comment, properties=flags)
    return {"data": "success", "httpCode": 200}


async def _quota(service: MaxCompute, call: Call[Named]) -> Body:
    found(service, call.params.project)
    _check_quota(known(call.params.body, "quota").get("quota"))
    return {"data": "success"}


def _check_quota(quota: Any) -> None:
    if quota not in (None, *_QUOTAS):
        told = f"The quota {str(quota)[:64]} does not exist: it is {quotas.DEFAULT}."
        raise NotFound(told, code=MISSING)


async def _white_list(service: MaxCompute, call: Call[Named]) -> Body:
    """Addresses from which a project's data may be reached; an empty list lets all in."""
    project, body = found(service, call.params.project), known(call.params.body, "ipWhiteList", "ipList", "vpcIpList")
    given = body.get("ipWhiteList", body)
    if not isinstance(given, dict):
        raise InvalidArgument("ipWhiteList has an ipList and a vpcIpList.", code=INVALID)
    listed = text(given, "ipList")
    if text(given, "vpcIpList").strip():
        raise Unsupported("vpcIpList is empty: nobody comes from a VPC here.", code=UNSUPPORTED)
    networks(listed)
    await service.catalogue.set_project(project.name, properties={WHITE_LIST: listed})
    return {"data": "success"}


async def _security(service: MaxCompute, call: Call[Named]) -> Body:
    """How a project is secured: what is asked for may only be what is so."""
    found(service, call.params.project)
    body = known(call.params.body, "projectProtection", *_SECURED)
    for name, value in _SECURED.items():
        if body.get(name) not in (None, value):
            raise Unsupported(f"{name} is {str(value).lower()} and cannot be changed.", code=UNSUPPORTED)
    protection = body.get("projectProtection") or {}
    if not isinstance(protection, dict) or protection.get("protected") or protection.get("exceptionPolicy"):
        raise Unsupported("projectProtection is not offered.", code=UNSUPPORTED)
    return {"data": "success"}


async def _status(service: MaxCompute, call: Call[Named]) -> Body:
    project, body = found(service, call.params.project), known(call.params.body, "status")
    await service.doors.set_status(project.name, text(body, "status"))
    return {"data": "success"}


def _shown(service: MaxCompute, project: Project) -> Body:
    addresses = project.properties.get(WHITE_LIST, "")
    return {
        "name": project.name, "comment": project.comment, "owner": project.owner, "type": "managed",
        "status": service.doors.status(project.name), "regionId": service.region, "defaultQuota": quotas.DEFAULT,
        "productType": "PayAsYouGo", "createdTime": int(project.created * 1000),
        "properties": properties.shown(project, service_properties(project)),
        "securityProperties": {**_SECURED, "projectProtection": {"protected": False, "exceptionPolicy": ""}},
        # Terraform takes a list that is there, though empty, for one that its configuration lacks
        "ipWhiteList": {"ipList": addresses, "vpcIpList": ""} if addresses else {}, "superAdmins": [],
        "threeTierModel": False,
    }  # fmt: skip


def _new(asked: Asked, _values: Any) -> Named:
    body = json_body(asked, INVALID)
    return Named(text(body, "name"), body, text(body, "name"))


ROUTES = (
    resource("POST", PATH, operation("CreateProject", Named, _create), _new),
    resource("GET", PATH, operation("ListProjects", Page, _list, reads=True), page),
    resource("GET", ONE, operation("GetProject", Named, _get, reads=True), named),
    resource("DELETE", ONE, operation("DeleteProject", Named, _delete), named),
    resource("PUT", f"{ONE}/meta", operation("UpdateProjectBasicMeta", Named, _meta), named),
    resource("PUT", f"{ONE}/quota", operation("UpdateProjectDefaultQuota", Named, _quota), named),
    resource("PUT", f"{ONE}/ipWhiteList", operation("UpdateProjectIpWhiteList", Named, _white_list), named),
    resource("PUT", f"{ONE}/security", operation("UpdateProjectSecurityConfig", Named, _security), named),
    resource("PUT", f"{ONE}/status", operation("UpdateProjectStatus", Named, _status), named),
)
