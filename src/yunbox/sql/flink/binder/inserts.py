"""INSERT: a query's columns as a sink's, with the casts and the checks that Flink makes."""

from collections.abc import Sequence

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.asking import QueryBinder
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.scope import EMPTY, Column, Relation
from yunbox.sql.flink.binder.tables import check_digits
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.parser.tree import Name
from yunbox.sql.flink.plans import Bound, Field, Project, Sink, Table, TableColumn
from yunbox.sql.flink.statements.tree import Insert


def bind_insert(node: Insert, context: Context, queries: QueryBinder) -> Sink:
    """The sink that an INSERT is, over marked nodes."""
    table = _target(node, context)
    options = dict(table.options)
    for hint in node.hints:
        if hint.name != "OPTIONS":
            raise context.error(f"The hint '{hint.name}' does not belong to a table", hint)
        options |= dict(hint.pairs)
    fixed = _partition(node, table, context)
    found = queries.query(node.query, context)
    columns = _columns(node, table, fixed, context)
    path = f"{table.catalog}.{table.database}.{table.name}"
    check_digits(table, columns)
    made = _written(found, columns, fixed, path)
    static = {name: text for name, (text, _) in fixed.items()}
    return Sink(table, columns, options, made.node, node.overwrite, static)


def _target(node: Insert, context: Context) -> Table:
    table = context.catalog.table(node.path)
    if isinstance(table, Table):
        return table
    path = ".".join(f"`{one}`" for one in context.catalog.full(node.path))
    if table is not None:
        raise ValidationFailed(f"{path} is a view: rows are written into tables.")
    known = ", ".join(context.catalog.catalogs)
    raise ValidationFailed(f"Cannot find table '{path}' in any of the catalogs [{known}], nor as a temporary table.")


def _partition(node: Insert, table: Table, context: Context) -> dict[str, tuple[str, Expr]]:
    """The values of PARTITION (...) as they are written, and bound; dynamic ones come with the query."""
    found: dict[str, tuple[str, Expr]] = {}
    binder = Expressions(context, EMPTY, "PARTITION")
    for name, value in node.partition:
        if name not in table.partition_keys:
            raise ValidationFailed(f"Column '{name}' is no partition key of the table {table.path}.")
        if value is None:
            continue
        bound = binder.bind(value)
        if not bound.constant:
            raise context.error("The value of a partition is a constant", value)
        shown = bound.value if bound.literal else context.text[value.at.start : value.at.end]
        found[name] = (str(shown), bound)
    return found


def _columns(
    node: Insert, table: Table, fixed: dict[str, tuple[str, Expr]], context: Context
) -> tuple[TableColumn, ...]:
    """The columns that are written: those that INSERT names, or all, with the fixed ones of the partition."""
    stored = table.stored
    by_name = {one.name: one for one in stored}
    if not node.columns:
        return stored
    for name in node.columns:
        if name not in by_name:
            raise context.error(f"Unknown target column '{name}'", Name(node.path, at=node.at))
        if name in fixed:
            raise context.error(f"Target column '{name}' is set by PARTITION", Name(node.path, at=node.at))
    for one in stored:
        if one.name not in node.columns and one.name not in fixed and not one.type.nullable:
            raise context.error(f"Column '{one.name}' has no default value and does not allow NULLs",
                                Name(node.path, at=node.at))  # fmt: skip
    if len(set(node.columns)) != len(node.columns):
        twice = next(name for name in node.columns if node.columns.count(name) > 1)
        raise context.error(f"Target column '{twice}' is assigned more than once", Name(node.path, at=node.at))
    return (*(by_name[name] for name in node.columns), *(by_name[name] for name in fixed))


def _written(
    found: Relation, columns: Sequence[TableColumn], fixed: dict[str, tuple[str, Expr]], path: str
) -> Relation:
    given = [one for one in columns if one.name not in fixed]
    visible = [place for place, one in enumerate(found.columns) if not one.hidden]
    if len(visible) != len(given):
        raise _mismatch(path, "Different number of columns.", found, given)
    sources = iter(zip(visible, found.columns, strict=True))
    made: list[Expr] = []
    for place, column in enumerate(columns):
        if column.name in fixed:
            made.append(cast(fixed[column.name][1], column.type))
            continue
        at, source = next(sources)
        if not coercion.goes_into(source.type, column.type):
            reason = f"Incompatible types for sink column '{column.name}' at position {place + 1}."
            raise _mismatch(path, reason, found, given)
        made.append(cast(Expr(mark(at), source.type, source.time), column.type))
    fields = tuple(Field(one.name, value.type) for one, value in zip(columns, made, strict=True))
    expressions = tuple(Bound(one.sql, one.type) for one in made)
    names = tuple(Column(one.name, one.type) for one in fields)
    return Relation(Project(fields, found.node, expressions), names)


def _mismatch(path: str, reason: str, found: Relation, columns: Sequence[TableColumn]) -> ValidationFailed:
    query = ", ".join(f"{one.name}: {_shown(one)}" for one in found.columns if not one.hidden)
    sink = ", ".join(f"{one.name}: {one.type}" for one in columns)
    return ValidationFailed(
        f"Column types of query result and sink for '{path}' do not match.\nCause: {reason}\n\n"
        f"Query schema: [{query}]\nSink schema:  [{sink}]"
    )


def _shown(one: Column) -> str:
    role = {"rowtime": " *ROWTIME*", "proctime": " *PROCTIME*"}.get(one.time, "")
    return f"{one.type}{role}"
