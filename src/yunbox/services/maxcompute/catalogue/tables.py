"""Tables and partitions over REST: what PyODPS's ``get_table``, ``list_tables`` and ``head`` ask for."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.kernel.texts import whole_number
from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.services.maxcompute.access import InCatalogue, OnTable, lists_project, on_table
from yunbox.services.maxcompute.catalogue.clustering import PROPERTY, Clustering
from yunbox.services.maxcompute.replies import http_date, text, xml
from yunbox.services.maxcompute.route import PAGE_MAX, PathValues, on
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.lifecycle import LIFECYCLE_DISABLED
from yunbox.storage.tables.model import PartitionInfo, StoredTable
from yunbox.storage.tables.snapshots import Snapshots
from yunbox.wire.http import Request, Response
from yunbox.wire.xml import Markup, cdata, element

_SPEC = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([^,'\"]*))\s*(?:,|$)")
_SLASH = re.compile(r"/(?=\s*[A-Za-z_]\w*\s*=)")
"""A slash between two parts of a spec; any other belongs to a value."""
OWN_PROPERTIES = (LIFECYCLE_DISABLED, PROPERTY)
"""What the catalogue keeps as properties and clients see elsewhere."""
_TYPES = {"table": "MANAGED_TABLE", "view": "VIRTUAL_VIEW", "external": "EXTERNAL_TABLE"}


Spec = tuple[tuple[str, str], ...]
Preview = Callable[[TableName, Spec, tuple[str, ...], int], Awaitable[str]]


@dataclass(frozen=True)
class Tables:
    """What the operations on tables run on. ``preview`` gives the first rows as CSV."""

    catalogue: Catalogue
    snapshots: Snapshots
    preview: Preview


@dataclass(frozen=True)
class TablePage:
    """A page of the tables of a schema."""

    project: str
    schema: str
    prefix: str
    owner: str
    kind: str
    marker: str
    limit: int
    extended: bool


@dataclass(frozen=True)
class TableRef:
    """One table."""

    project: str
    name: TableName


@dataclass(frozen=True)
class PartitionPage:
    """A page of a table's partitions, those with the given leading values."""

    project: str
    name: TableName
    spec: Spec
    marker: str
    limit: int
    reverse: bool


@dataclass(frozen=True)
class PartitionRef:
    """One partition of a table."""

    project: str
    name: TableName
    spec: Spec


@dataclass(frozen=True)
class Head:
    """The first rows of a table or partition."""

    project: str
    name: TableName
    spec: Spec
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Described:
    """A stored table with its totals."""

    stored: StoredTable
    size_bytes: int
    rows: int
    files: int


def table_name(values: PathValues) -> TableName:
    """The table that a path names."""
    return TableName(values["project"].lower(), values["schema"], values["table"].lower())


def parse_spec(text: str | None) -> Spec:
    """A partition such as ``pt='20130509',region=cn`` (also with ``/`` between its parts)."""
    if not text:
        return ()
    rest, pairs = _SLASH.sub(",", text) if "'" not in text else text, []
    while rest:
        found = _SPEC.match(rest)
        if not found or not found.end():
            raise InvalidArgument(f"Invalid partition spec {text[:200]!r}: write it as pt='20130509'")
        value = next(group for group in found.groups()[1:] if group is not None)
        pairs.append((found.group(1).lower(), value))
        rest = rest[found.end() :]
    return tuple(pairs)


def partition_values(table: Table, spec: Spec) -> PartitionValues:
    """The values of a complete partition spec, in column order. Raises InvalidArgument."""
    given = dict(spec)
    names = [column.name for column in table.partition_columns]
    if set(given) != set(names) or len(given) != len(spec):
        wanted = ",".join(f"{name}='...'" for name in names) or "none: the table has no partitions"
        raise InvalidArgument(f"Invalid partition spec: {table.name} needs {wanted}")
    return tuple(given[name] for name in names)


def require(tables: InCatalogue, name: TableName) -> StoredTable:
    """A table or view that must exist."""
    found = tables.catalogue.stored(name)
    if found is None:
        raise NotFound(f"ODPS-0130131:Table not found - {name}", code="NoSuchTable")
    return found


async def _table(request: Request, values: PathValues) -> TableRef:
    return TableRef(values["project"].lower(), table_name(values))


async def _tables(request: Request, values: PathValues) -> TablePage:
    kinds = {wire: kind for kind, wire in _TYPES.items()}
    wanted = (request.param("type") or "").upper()
    return TablePage(
        project=values["project"].lower(),
        schema=values["schema"],
        prefix=(request.param("name") or "").lower(),
        owner=request.param("owner") or "",
        kind=kinds.get(wanted, "none" if wanted else ""),
        marker=request.param("marker") or "",
        limit=request.integer("maxitems", PAGE_MAX, low=1, high=PAGE_MAX),
        extended=request.has("extended"),
    )


async def _partitions(request: Request, values: PathValues) -> PartitionPage:
    return PartitionPage(
        project=values["project"].lower(),
        name=table_name(values),
        spec=parse_spec(request.param("partition")),
        marker=request.param("marker") or "",
        limit=request.integer("maxitems", PAGE_MAX, low=1, high=PAGE_MAX),
        reverse=request.has("reverse"),
    )


async def _partition(request: Request, values: PathValues) -> PartitionRef:
    return PartitionRef(values["project"].lower(), table_name(values), parse_spec(request.param("partition")))


async def _head_params(request: Request, values: PathValues) -> Head:
    return Head(
        project=values["project"].lower(),
        name=table_name(values),
        spec=parse_spec(request.param("partition")),
        columns=tuple(filter(None, (request.param("cols") or "").lower().split(","))),
        rows=request.integer("linenum", 100, low=0, high=10_000),
    )


def _describes(part: InCatalogue, params: OnTable) -> tuple[Access, ...]:
    return (on_table(part, "Describe", params.name),)


def _selects(part: InCatalogue, params: OnTable) -> tuple[Access, ...]:
    return (on_table(part, "Select", params.name),)


async def _list(tables: Tables, call: Call[TablePage]) -> tuple[list[Described], str]:
    page = call.params
    found = tables.catalogue.tables(
        page.project, page.schema, after=page.marker, limit=page.limit + 1, prefix=page.prefix, owner=page.owner
    )
    shown = [stored for stored in found[: page.limit] if page.kind in ("", stored.table.kind)]
    marker = found[page.limit - 1].table.name.name if len(found) > page.limit else ""
    sizes = [tables.catalogue.size(stored.id) if page.extended else (0, 0, 0) for stored in shown]
    return [Described(stored, *size) for stored, size in zip(shown, sizes, strict=True)], marker


async def _get(tables: Tables, call: Call[TableRef]) -> Described:
    stored = require(tables, call.params.name)
    await tables.snapshots.refresh(stored.id)
    return Described(stored, *tables.catalogue.size(stored.id))


async def _list_partitions(tables: Tables, call: Call[PartitionPage]) -> tuple[Table, list[PartitionInfo], str]:
    page = call.params
    stored = require(tables, page.name)
    if not stored.table.partition_columns:
        raise InvalidArgument(f"ODPS-0130071: {page.name} is not a partitioned table")
    names = [column.name for column in stored.table.partition_columns]
    wanted = dict(page.spec)
    infos = [
        info
        for info in tables.catalogue.partition_infos(stored.id)
        if all(dict(zip(names, info.values, strict=True)).get(k) == v for k, v in wanted.items())
    ]
    if page.reverse:
        infos.reverse()
    start = whole_number(page.marker, 0)
    end = start + page.limit
    return stored.table, infos[start:end], str(end) if end < len(infos) else ""


async def _get_partition(tables: Tables, call: Call[PartitionRef]) -> PartitionInfo:
    stored = require(tables, call.params.name)
    values = partition_values(stored.table, call.params.spec)
    found = tables.catalogue.partition_infos(stored.id, values)
    if not found:
        spec = ",".join(f"{name}='{value}'" for name, value in call.params.spec)
        raise NotFound(f"ODPS-0130271: Partition does not exist - {spec}", code="NoSuchPartition")
    return found[0]


async def _head(tables: Tables, call: Call[Head]) -> str:
    return await tables.preview(call.params.name, call.params.spec, call.params.columns, call.params.rows)


# -- answers


def column_json(column: Column) -> dict[str, Any]:
    """A column of the table-schema JSON."""
    return {
        "name": column.name,
        "type": str(column.type),
        "comment": column.comment,
        "label": "",
        "isNullable": column.nullable,
        "nullable": column.nullable,
        "defaultValue": column.default or "",
    }


def _external(table: Table) -> dict[str, str]:
    """Where an external table lies and how, as the clients' Table objects have it."""
    if table.source is None:
        return {}
    return {
        "location": table.source.location,
        "storageHandler": table.source.format,
        "serDeProperties": json.dumps(dict(table.source.options)),
    }


def schema_json(described: Described) -> str:
    """The table-schema JSON inside the table's XML."""
    stored, table = described.stored, described.stored.table
    body = {
        "comment": table.comment,
        "owner": stored.owner,
        "createTime": int(stored.created),
        "lastModifiedTime": int(stored.data_time),
        "lastDDLTime": int(stored.ddl_time),
        "lastAccessTime": 0,
        "isVirtualView": table.kind == "view",
        "isMaterializedView": False,
        "isExternal": table.source is not None,
        "lifecycle": table.lifecycle_days if table.lifecycle_days is not None else -1,
        "viewText": table.view_text or "",
        "viewExpandedText": table.view_text or "",
        "size": described.size_bytes,
        "recordNum": described.rows,
        "PhysicalSize": described.size_bytes,
        "FileNum": described.files,
        "IsArchived": False,
        "shardExist": False,
        "shardInfo": None,
        "tableLabel": "0",
        **_external(table),
        "tableProperties": json.dumps({k: v for k, v in table.properties.items() if k not in OWN_PROPERTIES}),
        "Reserved": json.dumps(_reserved(table)),
        "columns": [column_json(column) for column in table.columns],
        "partitionKeys": [column_json(column) for column in table.partition_columns],
    }
    return json.dumps(body, ensure_ascii=False)


def _reserved(table: Table) -> dict[str, Any]:
    reserved: dict[str, Any] = {"schema_version": "0"}
    if table.properties.get("transactional") == "true":
        reserved["Transactional"] = "true"
    if table.primary_key:
        reserved["PrimaryKey"] = list(table.primary_key)
    if table.kind == "table":
        reserved["StoredAs"] = "AliOrc"  # the format the service keeps; Yunbox's is Parquet, which no client sees
    clustering = Clustering.of(table.properties)
    return {**reserved, **(clustering.reserved() if clustering else {})}


def _table_markup(described: Described, *, with_schema: bool) -> Markup:
    stored = described.stored
    return element(
        "Table",
        element("Name", stored.table.name.name),
        element("TableId", f"{stored.id:032x}"),
        element("Owner", stored.owner),
        element("Project", stored.table.name.project),
        element("SchemaName", stored.table.name.schema),
        element("Type", _TYPES[stored.table.kind]),
        element("Comment", stored.table.comment),
        element("TableLabel", ""),
        element("CreationTime", http_date(stored.created)),
        element("LastModifiedTime", http_date(stored.data_time)),
        element("LastAccessTime", ""),
        element("Schema", cdata(schema_json(described)), format="Json") if with_schema else None,
        format="Json",
    )


def _table_xml(described: Described, request: Request) -> Response:
    headers = {
        "x-odps-owner": described.stored.owner,
        "x-odps-creation-time": http_date(described.stored.created),
        "Last-Modified": http_date(described.stored.data_time),
    }
    return xml(_table_markup(described, with_schema=True), headers=headers)


def _tables_xml(found: tuple[list[Described], str], request: Request) -> Response:
    tables, marker = found
    items = [_table_markup(described, with_schema=request.has("extended")) for described in tables]
    return xml(element("Tables", element("Marker", marker), element("MaxItems", PAGE_MAX), *items))


def _partitions_xml(found: tuple[Table, list[PartitionInfo], str], request: Request) -> Response:
    table, infos, marker = found
    items = [
        element(
            "Partition",
            *(
                element("Column", Name=column.name, Value=value)
                for column, value in zip(table.partition_columns, info.values, strict=True)
            ),
            element("CreationTime", int(info.created)),
            element("LastDDLTime", int(info.ddl_time)),
            element("LastModifiedTime", int(info.data_time)),
            element("PartitionSize", info.size_bytes),
            element("PartitionRecordCount", info.rows),
        )
        for info in infos
    ]
    return xml(element("Partitions", element("Marker", marker), element("MaxItems", PAGE_MAX), *items))


def _partition_xml(info: PartitionInfo, request: Request) -> Response:
    body = {
        "createTime": int(info.created),
        "lastDDLTime": int(info.ddl_time),
        "lastModifiedTime": int(info.data_time),
        "lastAccessTime": 0,
        "partitionSize": info.size_bytes,
        "partitionRecordNum": info.rows,
        "IsArchived": False,
        "IsExstore": False,
        "LifeCycle": -1,
        "PhysicalSize": info.size_bytes,
        "FileNum": info.files,
        "Reserved": "{}",
    }
    return xml(element("Partition", element("Schema", cdata(json.dumps(body)))))


def _csv(body: str, request: Request) -> Response:
    return text(body)


LIST_TABLES = Operation("odps", "ListTables", TablePage, _list, lists_project)
GET_TABLE = Operation("odps", "GetTable", TableRef, _get, _describes)
LIST_PARTITIONS = Operation("odps", "ListPartitions", PartitionPage, _list_partitions, _describes)
GET_PARTITION = Operation("odps", "GetPartition", PartitionRef, _get_partition, _describes)
HEAD_TABLE = Operation("odps", "PreviewTable", Head, _head, _selects)

_ONE = "/projects/{project}/tables/{table}"
ROUTES = [
    on("GET", "/projects/{project}/tables", LIST_TABLES, _tables, _tables_xml),
    on("GET", _ONE, HEAD_TABLE, _head_params, _csv, when="data"),
    on("GET", _ONE, LIST_PARTITIONS, _partitions, _partitions_xml, when="partitions"),
    on("GET", _ONE, GET_PARTITION, _partition, _partition_xml, when="partition"),
    on("GET", _ONE, GET_TABLE, _table, _table_xml),
]
