"""Tables that are read: the source, its computed columns and its watermark; views and the queries of WITH."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from yunbox.sql.flink.binder.asking import QueryBinder
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.coercion import too_fine
from yunbox.sql.flink.connectors import is_changelog, is_upsert
from yunbox.sql.flink.errors import UnsupportedSql, ValidationFailed
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.parser.queries import parse_expression, parse_query
from yunbox.sql.flink.plans import (
    AssignWatermark,
    Bound,
    Field,
    Normalize,
    Project,
    Source,
    Table,
    TableColumn,
    Values,
    View,
)
from yunbox.sql.flink.types import BOOLEAN, FlinkType

_DEPTH_MAX = 30


def one_row() -> Relation:
    """What a SELECT without FROM reads: one row."""
    of = BOOLEAN.of(nullable=False)
    return Relation(Values((Field("ZERO", of),), ((Bound("TRUE", of),),)), ())


def read_table(node: tree.TableName, context: Context, queries: QueryBinder) -> Relation:
    """What a name stands for: a query of WITH, a view or a table."""
    if len(node.path) == 1 and node.path[0] in context.queries:
        return _query_of_with(node, context, queries)
    entry = context.catalog.table(node.path)
    if entry is None:
        raise missing(node, context)
    if isinstance(entry, View):
        if any(hint.name == "OPTIONS" for hint in node.hints):
            raise context.error("View cannot be enriched with new options.", node)
        return _view(entry, context, queries)
    return source(entry, context, _options(entry, node.hints, context))


def missing(node: tree.TableName, context: Context) -> ValidationFailed:
    """The error for a table that there is none of."""
    full = context.catalog.full(node.path)
    if len(node.path) > 1 and context.catalog.database(full[0], full[1]) is None:
        return context.error(f"Object '{node.path[-2]}' not found", node)
    within = f" within '{'.'.join(node.path[:-1])}'" if len(node.path) > 1 else ""
    return context.error(f"Object '{node.path[-1]}' not found{within}", node)


def _options(table: Table, hints: tuple[tree.Hint, ...], context: Context) -> dict[str, str]:
    """A table's options under those of a hint."""
    options = dict(table.options)
    for hint in hints:
        if hint.name != "OPTIONS":
            raise context.error(f"The hint '{hint.name}' does not belong to a table", hint)
        options |= dict(hint.pairs)
    return options


def _query_of_with(node: tree.TableName, context: Context, queries: QueryBinder) -> Relation:
    query, columns, inside = context.queries[node.path[0]]
    if node.hints:
        raise context.error("The query of WITH takes no hint", node)
    found = queries.query(query, inside)
    return found.aliased(node.path[0], columns)


def _view(view: View, context: Context, queries: QueryBinder) -> Relation:
    """A view's query is bound where it is read, with the names it was made with."""
    path = f"{view.catalog}.{view.database}.{view.name}"
    if path in context.views or len(context.views) >= _DEPTH_MAX:
        raise ValidationFailed(f"The view {path} reads itself")
    catalog = context.catalog.copy()
    catalog.current_catalog = view.home_catalog or view.catalog
    catalog.current_database = view.home_database or view.database
    inside = Context(
        catalog, context.settings, view.query, views=(*context.views, path), top=False,
        user_functions=context.user_functions,
    )  # fmt: skip
    found = queries.query(parse_query(view.query), inside)
    if len(found.columns) != len(view.fields):
        raise ValidationFailed(f"The query of the view {path} gives {len(found.columns)} columns now; the view was "
                               f"made with {len(view.fields)}: make it again")  # fmt: skip
    named = tuple(
        replace(one, name=field.name, qualifier=(view.catalog, view.database, view.name))
        for one, field in zip(found.columns, view.fields, strict=True)
    )
    return replace(found, columns=named)


def check_digits(table: Table, columns: Sequence[TableColumn]) -> None:
    """Raises UnsupportedSql for a column whose times have more digits than the engine keeps."""
    for one in columns:
        if too_fine(one.type) is not None:
            raise UnsupportedSql(f"the type {one.type.text} of column {one.name} of {table.path}")


def source(table: Table, context: Context, options: Mapping[str, str]) -> Relation:
    """A table's source, its computed columns above it, its watermark above these."""
    stored = tuple(one for one in table.columns if one.kind != "computed")
    check_digits(table, stored)
    fields = tuple(Field(one.name, one.type) for one in stored)
    node = Source(fields, table, stored, dict(options), changelog=is_changelog(options))
    qualifier = (table.catalog, table.database, table.name)
    made = Relation(node, tuple(Column(one.name, one.type, qualifier=qualifier) for one in stored))
    if len(stored) != len(table.columns):
        made = _computed(table, made, context)
    if table.watermark is not None and not context.batch:
        made = _watermarked(table, made, context)
    if is_upsert(options) and table.primary_key:  # without one its connector refuses it
        if context.batch:
            raise ValidationFailed(
                "Querying a table in batch mode is currently only possible for INSERT-only table sources. But the "
                f"source for table '{table.catalog}.{table.database}.{table.name}' produces other changelog messages "
                "than just INSERT."
            )
        names = [one.name for one in made.columns]
        keys = tuple(names.index(one) for one in table.primary_key)
        made = replace(made, node=Normalize(made.node.fields, made.node, keys, context.ttl_ms))
    return made


def column_expression(text: str, columns: tuple[Column, ...], context: Context) -> Expr:
    """The expression of a computed column or of a watermark, over other columns."""
    inside = replace(context, text=text, queries={}, hints=())
    return Expressions(inside, Scope(columns), "column").bind(parse_expression(text))


def _computed(table: Table, below: Relation, context: Context) -> Relation:
    """All columns in the order of their declaration."""
    places = {one.name: i for i, one in enumerate(below.columns)}
    fields, expressions, columns = [], [], []
    for one in table.columns:
        if one.kind == "computed":
            made = column_expression(one.expression, below.columns, context)
        else:
            made = Expr(mark(places[one.name]), one.type)
        fields.append(Field(one.name, made.type, made.time))
        expressions.append(Bound(made.sql, made.type))
        qualifier = below.columns[0].qualifier if below.columns else (table.catalog, table.database, table.name)
        columns.append(Column(one.name, made.type, made.time, qualifier=qualifier))
    return Relation(Project(tuple(fields), below.node, tuple(expressions)), tuple(columns))


def _watermarked(table: Table, below: Relation, context: Context) -> Relation:
    if table.watermark is None:
        return below
    names = [one.name for one in below.columns]
    place = names.index(table.watermark.column)
    made = column_expression(table.watermark.expression, below.columns, context)
    fields = tuple(replace(one, time="rowtime") if i == place else one for i, one in enumerate(below.node.fields))
    columns = tuple(replace(one, time="rowtime") if i == place else one for i, one in enumerate(below.columns))
    return Relation(AssignWatermark(fields, below.node, place, made.sql), columns)


def is_rowtime(of: FlinkType) -> bool:
    """Whether a type may be a row time."""
    return of.root in ("TIMESTAMP", "TIMESTAMP_LTZ") and of.params[0] <= 3


def physical(columns: tuple[TableColumn, ...]) -> tuple[TableColumn, ...]:
    """Those that a connector reads."""
    return tuple(one for one in columns if one.kind != "computed")
