"""Tenants, projects and their schemas."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from yunbox.guard.authorise import Authoriser
from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import NotFound
from yunbox.services.maxcompute.access import (
    administers,
    anyone,
    lists_project,
    on_project,
    reads_project,
    require_project,
    writes_project,
)
from yunbox.services.maxcompute.replies import empty, http_date, json_text, text, xml
from yunbox.services.maxcompute.route import PAGE_MAX, PathValues, on
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import Project, Schema
from yunbox.wire.http import Request, Response
from yunbox.wire.xml import Markup, element, parse_body


class Policies(Protocol):
    """Where the policies of projects are kept."""

    def project_policy(self, project: str) -> str:
        """A project's policy document, or an empty text."""

    async def put_project_policy(self, project: str, document: str) -> None:
        """Set a project's policy; an empty text removes it."""


@dataclass(frozen=True)
class Projects:
    """What the operations on projects and schemas run on. ``address`` is where the service listens, ``status`` says
    whether a project is open."""

    catalogue: Catalogue
    authoriser: Authoriser
    policies: Policies
    status: Callable[[str], str]
    account_name: Callable[[str], str]
    address: str
    account_created: float


@dataclass(frozen=True)
class Nothing:
    """An operation without parameters."""


@dataclass(frozen=True)
class ProjectName:
    """One project."""

    project: str


@dataclass(frozen=True)
class Page:
    """A page of names after ``marker``, those that start with ``prefix``."""

    marker: str
    prefix: str
    limit: int


@dataclass(frozen=True)
class SchemaName:
    """One schema of a project."""

    project: str
    schema: str


async def no_params(request: Request, values: PathValues) -> Nothing:
    """Parse nothing."""
    return Nothing()


async def project_params(request: Request, values: PathValues) -> ProjectName:
    """Parse the project in the path."""
    return ProjectName(values["project"].lower())


async def _page(request: Request, values: PathValues) -> Page:
    return Page(
        marker=request.param("marker") or "",
        prefix=(request.param("name") or "").lower(),
        limit=request.integer("maxitems", PAGE_MAX, low=1, high=PAGE_MAX),
    )


# -- tenants and addresses


async def _get_tenant(projects: Projects, call: Call[Nothing]) -> dict[str, Any]:
    account = call.principal.account_id
    created = projects.account_created
    return {
        "Name": projects.account_name(account),
        "OwnerId": account,
        "TenantId": account,
        "State": "NORMAL",
        "TenantState": "NORMAL",
        "CreateTime": int(created),
        "UpdateTime": int(created),
        "TenantMeta": "{}",  # a text: the Java SDK reads it as one
        "Parameters": {"odps.namespace.schema": "false"},
    }


async def _logview_host(projects: Projects, call: Call[Nothing]) -> str:
    return projects.address


async def _tunnel_address(projects: Projects, call: Call[ProjectName]) -> str:
    return projects.address.removeprefix("http://")


# -- projects


async def _list_projects(projects: Projects, call: Call[Page]) -> tuple[list[Project], str]:
    page = call.params
    owned = [
        project
        for project in projects.catalogue.projects()
        if project.name > page.marker and project.name.startswith(page.prefix) and _may_see(projects, call, project)
    ]
    return owned[: page.limit], owned[page.limit - 1].name if len(owned) > page.limit else ""


def _may_see(projects: Projects, call: Call[Page], project: Project) -> bool:
    access = on_project(projects, "Read", project.name)
    return projects.authoriser.decide(call.principal, access).allowed


@dataclass(frozen=True)
class Opened:
    """A project and its status."""

    project: Project
    status: str


async def _get_project(projects: Projects, call: Call[ProjectName]) -> Opened:
    project = require_project(projects, call.params.project)
    return Opened(project, projects.status(project.name))


@dataclass(frozen=True)
class Storage:
    """A project and the bytes that its tables take."""

    project: Project
    status: str
    size_bytes: int


async def _get_storage(projects: Projects, call: Call[ProjectName]) -> Storage:
    project = require_project(projects, call.params.project)
    return Storage(project, projects.status(project.name), projects.catalogue.project_bytes(project.name))


def _storage_xml(storage: Storage, request: Request) -> Response:
    """What is kept is all of one tier, and there is no recycle bin."""
    size = str(storage.size_bytes)
    taken = dict.fromkeys(("StandardSize", "usedQuotaLogicalSize", "usedQuotaPhysicalSize"), size)
    unused = ("LongTermSize", "LowFrequencySize", "usedRecycleBinLogicalSize", "usedRecycleBinPhysicalSize")
    return _xml_of(storage, "ExtendedProperties", {**taken, **dict.fromkeys(unused, "0")})


def _project_xml(opened: Opened, request: Request) -> Response:
    project = opened.project
    return _xml_of(opened, "Properties", {**service_properties(project), **project.properties})


def _xml_of(opened: Opened | Storage, tag: str, properties: dict[str, str]) -> Response:
    project = opened.project
    items = [element("Property", element("Name", k), element("Value", v)) for k, v in sorted(properties.items())]
    root = element(
        "Project",
        element("Name", project.name),
        element("Type", "managed"),
        element("Comment", project.comment),
        element("ProjectGroupName", ""),
        element(tag, *items),
        element("State", opened.status),
        element("Clusters", element("Cluster", element("Name", "yunbox"), element("QuotaID", "1"))),
        element("TenantId", project.account_id),
        element("DefaultQuotaNickname", "os_PayAsYouGoQuota"),
    )
    return xml(root, headers=_history(project.owner, project.created, project.modified))


def service_properties(project: Project) -> dict[str, str]:
    """The properties that every project has until it sets its own."""
    return {"odps.sql.allow.fullscan": "false", "odps.sql.type.system.odps2": "true", "odps.timezone": "Asia/Shanghai"}


def _history(owner: str, created: float, modified: float) -> dict[str, str]:
    return {
        "x-odps-owner": owner,
        "x-odps-creation-time": http_date(created),
        "Last-Modified": http_date(modified),
    }


def _projects_xml(found: tuple[list[Project], str], request: Request) -> Response:
    projects, marker = found
    items = [
        element(
            "Project",
            element("Name", project.name),
            element("Comment", project.comment),
            element("Owner", project.owner),
            element("CreationTime", http_date(project.created)),
            element("LastModifiedTime", http_date(project.modified)),
        )
        for project in projects
    ]
    return xml(element("Projects", element("Marker", marker), element("MaxItems", PAGE_MAX), *items))


@dataclass(frozen=True)
class PolicyDocument:
    """A project's policy, as JSON text; empty removes it."""

    project: str
    document: str


async def _policy_params(request: Request, values: PathValues) -> PolicyDocument:
    return PolicyDocument(values["project"].lower(), (await request.body.read()).decode("utf-8", "replace"))


async def _get_policy(projects: Projects, call: Call[ProjectName]) -> str:
    return projects.policies.project_policy(call.params.project)


async def _put_policy(projects: Projects, call: Call[PolicyDocument]) -> None:
    await projects.policies.put_project_policy(call.params.project, call.params.document)


# -- schemas


async def _schema_params(request: Request, values: PathValues) -> SchemaName:
    return SchemaName(values["project"].lower(), values["schema"].lower())


async def _new_schema_params(request: Request, values: PathValues) -> SchemaName:
    name = parse_body(await request.body.read()).value("Name")
    return SchemaName(values["project"].lower(), name.lower())


async def _list_schemas(projects: Projects, call: Call[ProjectName]) -> list[Schema]:
    return projects.catalogue.schemas(call.params.project)


async def _get_schema(projects: Projects, call: Call[SchemaName]) -> Schema:
    found = [s for s in projects.catalogue.schemas(call.params.project) if s.name == call.params.schema]
    if not found:
        raise NotFound(f"Schema '{call.params.schema}' does not exist", code="NoSuchObject")
    return found[0]


async def _create_schema(projects: Projects, call: Call[SchemaName]) -> None:
    await projects.catalogue.create_schema(call.params.project, call.params.schema, owner=call.principal.name)


async def _drop_schema(projects: Projects, call: Call[SchemaName]) -> None:
    await projects.catalogue.drop_schema(call.params.project, call.params.schema)


def _schema_xml(schema: Schema) -> Markup:
    return element(
        "Schema",
        element("Name", schema.name),
        element("Owner", schema.owner),
        element("Description", schema.comment),
        element("CreateTime", http_date(schema.created)),
        element("ModifyTime", http_date(schema.modified)),
        element("Type", "MANAGED"),
    )


def _one_schema(schema: Schema, request: Request) -> Response:
    return xml(_schema_xml(schema), headers=_history(schema.owner, schema.created, schema.modified))


def _all_schemas(schemas: list[Schema], request: Request) -> Response:
    prefix = (request.param("name") or "").lower()
    items = [_schema_xml(schema) for schema in schemas if schema.name.startswith(prefix)]
    return xml(element("Schemas", element("Marker"), element("MaxItems", PAGE_MAX), *items))


def _done(result: None, request: Request) -> Response:
    return empty(201 if request.method == "POST" else 200)


def _tenant_json(tenant: dict[str, Any], request: Request) -> Response:
    return json_text(json.dumps({"Tenant": tenant}))


def _plain(body: str, request: Request) -> Response:
    return text(body)


GET_TENANT = Operation("odps", "GetTenant", Nothing, _get_tenant, anyone)
GET_LOGVIEW_HOST = Operation("odps", "GetLogviewHost", Nothing, _logview_host, anyone)
GET_TUNNEL = Operation("odps", "GetTunnelEndpoint", ProjectName, _tunnel_address, anyone)
LIST_PROJECTS = Operation("odps", "ListProjects", Page, _list_projects, anyone)
GET_PROJECT = Operation("odps", "GetProject", ProjectName, _get_project, reads_project)
GET_STORAGE = Operation("odps", "GetProjectStorage", ProjectName, _get_storage, reads_project)
GET_POLICY = Operation("odps", "GetPolicy", ProjectName, _get_policy, reads_project)
PUT_POLICY = Operation("odps", "PutPolicy", PolicyDocument, _put_policy, administers)
LIST_SCHEMAS = Operation("odps", "ListSchemas", ProjectName, _list_schemas, lists_project)
GET_SCHEMA = Operation("odps", "GetSchema", SchemaName, _get_schema, lists_project)
CREATE_SCHEMA = Operation("odps", "CreateSchema", SchemaName, _create_schema, writes_project)
DROP_SCHEMA = Operation("odps", "DropSchema", SchemaName, _drop_schema, writes_project)

ROUTES = [
    on("GET", "/tenants", GET_TENANT, no_params, _tenant_json),
    on("GET", "/logview/host", GET_LOGVIEW_HOST, no_params, _plain),
    on("GET", "/projects", LIST_PROJECTS, _page, _projects_xml),
    on("GET", "/projects/{project}", GET_PROJECT, project_params, _project_xml),
    on("GET", "/projects/{project}", GET_STORAGE, project_params, _storage_xml, when="extended"),
    on("GET", "/projects/{project}", GET_POLICY, project_params, _plain, when="policy"),
    on("PUT", "/projects/{project}", PUT_POLICY, _policy_params, _done, when="policy"),
    on("GET", "/projects/{project}/tunnel", GET_TUNNEL, project_params, _plain),
    on("GET", "/projects/{project}/schemas", LIST_SCHEMAS, project_params, _all_schemas),
    on("POST", "/projects/{project}/schemas", CREATE_SCHEMA, _new_schema_params, _done),
    on("GET", "/projects/{project}/schemas/{schema}", GET_SCHEMA, _schema_params, _one_schema),
    on("DELETE", "/projects/{project}/schemas/{schema}", DROP_SCHEMA, _schema_params, _done),
]
