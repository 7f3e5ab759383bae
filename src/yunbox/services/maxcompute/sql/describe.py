"""Statements that only tell: SHOW, DESC, SET, USE. Their results are text, laid out as the vendor's console does."""

import time
from typing import Any

from yunbox.kernel.call import Call
from yunbox.kernel.errors import NotFound, Unsupported
from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Column, Table, TableName
from yunbox.services.maxcompute.catalogue.clustering import Clustering
from yunbox.services.maxcompute.catalogue.tables import OWN_PROPERTIES
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.sql.maxcompute import plans
from yunbox.storage.tables.model import StoredTable, partition_spec

_WIDTH = 84
_PAGE = 10_000
_UTC8_S = 8 * 3600


async def set_flags(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """SET in a script: the flags hold for the statements after it."""
    call.params.job.settings.update(call.params.plan(plans.SetFlags).flags)
    return Outcome(text="OK")


async def use(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """USE is the console's business: a task runs in the project it was submitted to."""
    raise Unsupported("USE is a command of the console: submit the task to the project it is for")


async def show(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """SHOW ...: one name a line."""
    statement, plan = call.params, call.params.plan(plans.Show)
    shower = _SHOW.get(plan.kind)
    if shower is None:
        raise Unsupported(f"SHOW {plan.kind.upper()} is not supported")
    return Outcome(text=shower(warehouse, statement, plan))


def scope(statement: Statement, plan: Any) -> tuple[str, str]:
    """The project and schema that a SHOW lists: what IN names, or where the statement runs.

    One name is a schema where schemas are enabled, and a project where they are not.
    """
    session = statement.session
    parts = plan.scope.lower().split(".") if plan.scope else []
    if len(parts) == 2:
        return parts[0], parts[1]
    if not parts:
        return session.project, session.schema
    if session.three_tier and plan.kind != "schemas":
        return session.project, parts[0]
    return parts[0], "default"


def _show_tables(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    return _show_kind(warehouse, statement, plan, "table")


def _show_views(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    return _show_kind(warehouse, statement, plan, "view")


def _show_kind(warehouse: Warehouse, statement: Statement, plan: Any, kind: str) -> str:
    project, schema = scope(statement, plan)
    found = warehouse.catalogue.tables(project, schema, limit=_PAGE)
    wanted = [t for t in found if t.table.kind == kind or kind == "table"]
    lines = [f"{t.owner}:{t.table.name.name}" for t in wanted if _like(t.table.name.name, plan.like)]
    return "\n".join(lines)


def _show_partitions(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    stored = _require(warehouse, plan.target)
    _require_partitioned(stored.table)
    wanted = dict(plan.partition)
    names = [column.name for column in stored.table.partition_columns]
    lines = [
        partition_spec(stored.table, values)
        for values in warehouse.catalogue.partitions(stored.table.name)
        if all(dict(zip(names, values, strict=True)).get(k) == v for k, v in wanted.items())
    ]
    return "\n".join(lines)


def _show_create(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    return create_statement(_require(warehouse, plan.target).table)


def _show_schemas(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    return "\n".join(schema.name for schema in warehouse.catalogue.schemas(scope(statement, plan)[0]))


def _show_functions(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    found = warehouse.functions.all(scope(statement, plan)[0])
    return "\n".join(f"{f.owner}:{f.name}" for f in found if _like(f.name, plan.like))


def _show_function(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    """DESC FUNCTION: a function that was registered in the project."""
    function = warehouse.functions.get(statement.session.project, plan.like)
    shown = {
        "Name": function.name, "Owner": function.owner, "Created Time": _time(function.created),
        "Class": function.class_type, "Resources": ",".join(function.resources),
    }  # fmt: skip
    return "\n".join(f"{name:<40}{value}" for name, value in shown.items())


def _show_flags(warehouse: Warehouse, statement: Statement, plan: Any) -> str:
    return "\n".join(f"{key}={value}" for key, value in sorted(statement.job.settings.items()))


_SHOW: dict[str, Any] = {
    "tables": _show_tables,
    "views": _show_views,
    "partitions": _show_partitions,
    "create table": _show_create,
    "schemas": _show_schemas,
    "functions": _show_functions,
    "function": _show_function,
    "flags": _show_flags,
}


def _like(name: str, pattern: str | None) -> bool:
    from yunbox.kernel.texts import matches

    return pattern is None or matches(pattern.lower().replace("%", "*"), name)


def create_statement(table: Table) -> str:
    """The statement that would create a table like this one."""
    if table.kind == "view":
        return _view_statement(table)
    key = f",\n  PRIMARY KEY ({', '.join(f'`{name}`' for name in table.primary_key)})" if table.primary_key else ""
    word = "EXTERNAL TABLE" if table.source else "TABLE"
    lines = [f"CREATE {word} IF NOT EXISTS {table.name}(\n{_column_list(table.columns)}{key}\n)"]
    if table.comment:
        lines.append(f"COMMENT {_literal(table.comment)}")
    if table.partition_columns:
        lines.append(f"PARTITIONED BY (\n{_column_list(table.partition_columns)}\n)")
    if table.source is not None:
        lines += _source_lines(table.source)
    if clustering := Clustering.of(table.properties):
        lines.append(clustering.clause())
    properties = {key: value for key, value in table.properties.items() if key not in OWN_PROPERTIES}
    if properties:
        pairs = ", ".join(f"{_literal(k)}={_literal(v)}" for k, v in sorted(properties.items()))
        lines.append(f"TBLPROPERTIES ({pairs})")
    if table.lifecycle_days:
        lines.append(f"LIFECYCLE {table.lifecycle_days}")
    return "\n".join(lines) + ";"


_STORED = {"parquet": "STORED AS PARQUET", "csv": "STORED AS CSV", "tsv": "STORED AS TSV", "json": "STORED AS JSON",
           "text": "STORED AS TEXTFILE"}  # fmt: skip


def _source_lines(source: ExternalSource) -> list[str]:
    """The clauses that say where an external table lies and how."""
    lines: list[str] = []
    if source.options:
        pairs = ", ".join(f"{_literal(k)}={_literal(v)}" for k, v in source.options)
        lines.append(f"WITH SERDEPROPERTIES ({pairs})")
    return [*lines, _STORED[source.format], f"LOCATION {_literal(source.location)}"]


def _view_statement(table: Table) -> str:
    """A view's own column names and comments are not in its query: they stand in a list."""
    columns = ", ".join(f"`{c.name}`" + (f" COMMENT {_literal(c.comment)}" if c.comment else "") for c in table.columns)
    comment = f" COMMENT {_literal(table.comment)}" if table.comment else ""
    return f"CREATE VIEW IF NOT EXISTS {table.name}({columns}){comment} AS {table.view_text};"


def _column_list(columns: tuple[Column, ...]) -> str:
    return ",\n".join(
        f"  `{c.name}` {c.type.upper()}"
        + ("" if c.nullable else " NOT NULL")
        + (f" DEFAULT {c.default}" if c.default else "")
        + (f" COMMENT {_literal(c.comment)}" if c.comment else "")
        for c in columns
    )


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


async def describe(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """DESC [EXTENDED] table [PARTITION (...)]."""
    plan = call.params.plan(plans.Describe)
    stored = _require(warehouse, plan.name)
    if plan.partition:
        return Outcome(text=_partition_text(warehouse, stored, dict(plan.partition), plan.extended))
    return Outcome(text=_table_text(warehouse, stored, plan.extended))


def _table_text(warehouse: Warehouse, stored: StoredTable, extended: bool) -> str:
    table = stored.table
    size_bytes, rows, files = warehouse.catalogue.size(stored.id)
    head: list[str | None] = [
        f"Owner: {stored.owner} | Project: {table.name.project}",
        f"TableComment: {table.comment}",
        None,
        f"CreateTime:               {_time(stored.created)}",
        f"LastDDLTime:              {_time(stored.ddl_time)}",
        f"LastModifiedTime:         {_time(stored.data_time)}",
    ]
    if table.lifecycle_days:
        head.append(f"Lifecycle:                {table.lifecycle_days}")
    is_view = table.kind == "view"
    what = f"VirtualView  : YES  | ViewText: {' '.join((table.view_text or '').split())}"
    body: list[str | None] = [
        None,
        what if is_view else _kind_line(table, size_bytes),
        None,
        "Native Columns:",
        None,
        _columns_head(extended),
        None,
    ]
    lines = [*head, *body, *_column_rows(table.columns, extended)]
    if table.partition_columns:
        lines += [None, "Partition Columns:", None, *_column_rows(table.partition_columns, extended)]
    if extended:
        lines += [None, "Extended Info:", None, f"Location: {stored.location}", f"FileNum: {files}", f"Rows: {rows}"]
    return _box(lines)


def _kind_line(table: Table, size_bytes: int) -> str:
    if table.source is not None:
        return f"ExternalTable: YES  | Format: {table.source.format} | Location: {table.source.location}"
    return f"InternalTable: YES      | Size: {size_bytes}"


def _columns_head(extended: bool) -> str:
    labels = f"{'Field':<24}| {'Type':<20}| {'Label':<6}|"
    return f"{labels} {'Nullable':<9}| Comment" if extended else f"{labels} Comment"


def _column_rows(columns: tuple[Column, ...], extended: bool) -> list[str | None]:
    rows: list[str | None] = []
    for c in columns:
        row = f"{c.name:<24}| {c.type!s:<20}| {'':<6}|"
        rows.append(f"{row} {str(c.nullable).lower():<9}| {c.comment}" if extended else f"{row} {c.comment}")
    return rows


def _partition_text(warehouse: Warehouse, stored: StoredTable, spec: dict[str, str], extended: bool) -> str:
    _require_partitioned(stored.table)
    values = tuple(spec.get(column.name, "") for column in stored.table.partition_columns)
    found = warehouse.catalogue.partition_infos(stored.id, values)
    if not found:
        raise NotFound(f"ODPS-0130271:[0,0] Partition does not exist - {partition_spec(stored.table, values)}")
    info = found[0]
    lines: list[str | None] = [
        f"PartitionSize: {info.size_bytes}",
        None,
        f"CreateTime:               {_time(info.created)}",
        f"LastDDLTime:              {_time(info.ddl_time)}",
        f"LastModifiedTime:         {_time(info.data_time)}",
    ]
    if extended:
        lines += [None, f"FileNum: {info.files}", f"Rows: {info.rows}"]
    return _box(lines)


def _box(lines: list[str | None]) -> str:
    """Lines in a frame; None draws a rule."""
    rule = "+" + "-" * _WIDTH + "+"
    body = [rule if line is None else f"| {line:<{_WIDTH - 2}} |" for line in lines]
    return "\n".join([rule, *body, rule]) + "\n"


def _time(epoch_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch_s + _UTC8_S))


def _require(warehouse: Warehouse, name: TableName) -> StoredTable:
    stored = warehouse.catalogue.stored(name)
    if stored is None:
        raise NotFound(f"ODPS-0130131:[0,0] Table not found - table {name} cannot be resolved")
    return stored


def _require_partitioned(table: Table) -> None:
    if not table.partition_columns:
        raise NotFound(f"ODPS-0130131:[0,0] Table not found - table {table.name} is not a partitioned table")
