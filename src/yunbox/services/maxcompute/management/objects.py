"""What a project has, by OpenAPI: its tables, functions and resources as SQL and PyODPS made them.

Source: the vendor's API pages "ListTables" to "ListResources" (MaxCompute 2022-01-04).
"""

from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Call
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.schema.tables import Column, TableName
from yunbox.services.maxcompute.functions.store import Function
from yunbox.services.maxcompute.management.base import INVALID, MISSING, ONE, Body, Page, found, operation, page, paged
from yunbox.services.maxcompute.resources.store import Resource
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.services.maxcompute.sql.describe import create_statement
from yunbox.storage.tables.model import StoredTable
from yunbox.wire.openapi.api import Asked, resource

_KINDS = {"table": "internal", "external": "external", "view": "view"}
"""A table's kind, and the type as the vendor calls it."""


@dataclass(frozen=True)
class OneTable:
    """A table of a project."""

    project: str
    schema: str
    name: str
    kind: str


async def _tables(service: MaxCompute, call: Call[Page]) -> Body:
    wanted = call.params
    if wanted.kind not in ("", *_KINDS.values(), "materializedView"):
        raise InvalidArgument(f"type is one of {', '.join(_KINDS.values())}.", code=INVALID)
    found(service, wanted.project)
    rows = _rows(service, wanted)
    return paged(wanted, rows, "tables", _brief, lambda row: row.table.name.name)


def _rows(service: MaxCompute, wanted: Page) -> list[StoredTable]:
    """One more than the page has, of the kind that is wanted."""
    rows: list[StoredTable] = []
    after = wanted.marker
    while len(rows) <= wanted.size:
        more = service.catalogue.tables(
            wanted.project, wanted.schema, after=after, limit=wanted.size + 1, prefix=wanted.prefix.lower()
        )
        rows += [one for one in more if wanted.kind in ("", _KINDS.get(one.table.kind))]
        if len(more) <= wanted.size:
            break
        after = more[-1].table.name.name
    return rows[: wanted.size + 1]


def _brief(stored: StoredTable) -> Body:
    name = stored.table.name
    return {
        "name": name.name, "schema": name.schema, "owner": stored.owner, "displayName": stored.table.comment,
        "type": _KINDS[stored.table.kind], "creationTime": int(stored.created * 1000),
    }  # fmt: skip


async def _table(service: MaxCompute, call: Call[OneTable]) -> Body:
    asked = call.params
    found(service, asked.project)
    stored = service.catalogue.stored(TableName(asked.project, asked.schema, asked.name))
    if stored is None or asked.kind not in ("", _KINDS[stored.table.kind]):
        raise NotFound(f"The table {asked.name[:128]} does not exist in {asked.project}.", code=MISSING)
    await service.tables.snapshots.refresh(stored.id)
    size, _, files = service.catalogue.size(stored.id)
    table = stored.table
    body = {
        **_brief(stored), "projectName": asked.project, "comment": table.comment, "fileNum": files,
        "createTableDDL": create_statement(table), "lastDDLTime": int(stored.ddl_time * 1000),
        "lastModifiedTime": int(stored.data_time * 1000), "materializedView": False, "physicalSize": size,
        "isExternalTable": table.source is not None, "tableLabel": "",
        "lifecycle": str(table.lifecycle_days if table.lifecycle_days is not None else -1),
        "nativeColumns": [_column(one) for one in table.columns],
        "partitionColumns": [_column(one) for one in table.partition_columns],
    }  # fmt: skip
    if not table.partition_columns:
        body["size"] = size
    if table.view_text:
        body["viewText"] = table.view_text
    if table.source is not None:
        body |= {"location": table.source.location, "storageHandler": table.source.format}
    return {"data": body}


def _column(column: Column) -> Body:
    return {"name": column.name, "type": str(column.type), "comment": column.comment, "label": ""}


async def _functions(service: MaxCompute, call: Call[Page]) -> Body:
    wanted = call.params
    found(service, wanted.project)
    rows = [one for one in service.functions.store.all(wanted.project, wanted.prefix) if one.name > wanted.marker]
    return paged(wanted, rows[: wanted.size + 1], "functions", _function, lambda row: row.name)


def _function(one: Function) -> Body:
    return {
        "name": one.name, "class": one.class_type, "owner": one.owner, "resources": ",".join(one.resources),
        "schema": "default", "displayName": "", "creationTime": int(one.created * 1000),
    }  # fmt: skip


async def _resources(service: MaxCompute, call: Call[Page]) -> Body:
    wanted = call.params
    found(service, wanted.project)
    rows = service.resources.store.page(
        wanted.project, wanted.schema, after=wanted.marker, prefix=wanted.prefix, owner="", limit=wanted.size + 1
    )
    return paged(wanted, rows, "resources", _resource, lambda row: row.name)


def _resource(one: Resource) -> Body:
    return {
        "name": one.name, "type": one.type, "comment": one.comment, "owner": one.owner, "schema": one.schema,
        "displayName": "", "size": one.size_bytes, "contentMD5": one.md5, "lastUpdator": one.last_updator,
        "creationTime": int(one.created * 1000), "lastModifiedTime": int(one.modified * 1000),
    }  # fmt: skip


def _one(asked: Asked, values: Any) -> OneTable:
    given = asked.parameters
    schema = (given.get("schemaName", "") or "default").lower()
    return OneTable(values["project"].lower(), schema, values["table"].lower(), given.get("type", ""))


ROUTES = (
    resource("GET", f"{ONE}/tables", operation("ListTables", Page, _tables, reads=True), page),
    resource("GET", f"{ONE}/tables/{{table}}", operation("GetTableInfo", OneTable, _table, reads=True), _one),
    resource("GET", f"{ONE}/functions", operation("ListFunctions", Page, _functions, reads=True), page),
    resource("GET", f"{ONE}/resources", operation("ListResources", Page, _resources, reads=True), page),
)
