"""Functions that ask the catalogue instead of the data: they become constants while the statement is planned."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.tables import Table, TableName
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import ArgumentCountWrong, ArgumentTypeWrong, SemanticError, TableNotFound
from yunbox.sql.maxcompute.expr import STRING, Expr, boolean, null, string

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder
    from yunbox.sql.maxcompute.binder.queries import QueryBinder
    from yunbox.sql.maxcompute.binder.scope import Scope


def _name(binder: "ExpressionBinder", nodes: list[exp.Expr], node: exp.Expr, function: str) -> TableName:
    if not (isinstance(nodes[0], exp.Literal) and nodes[0].is_string):
        raise ArgumentTypeWrong(f"function {function} needs a constant table name", at(node))
    return binder.session.table_name(tuple(nodes[0].this.split(".")))


def _partitioned(binder: "ExpressionBinder", name: TableName, node: exp.Expr, function: str) -> Table:
    table = binder.binder.catalog.table(name)
    if table is None:
        raise TableNotFound(name, at(node))
    if not table.partition_columns:
        raise SemanticError(f"function {function} needs a partitioned table, {name} is not", at(node))
    return table


def _max_pt(binder: "ExpressionBinder", nodes: list[exp.Expr], node: exp.Expr) -> Expr:
    """``max_pt('project.table')``: the largest value of the first partition column under which there are rows."""
    if len(nodes) != 1:
        raise ArgumentCountWrong("max_pt", len(nodes), "1 arguments", at(node))
    name = _name(binder, nodes, node, "max_pt")
    table = _partitioned(binder, name, node, "max_pt")
    binder.binder.asked.append(name)
    newest = binder.binder.catalog.newest_partition(name)
    if not newest and table.source is not None:
        return null(STRING)  # what lies elsewhere may not have been looked at yet
    if not newest:
        raise SemanticError(f"function max_pt finds no partition of table {name} that has rows", at(node))
    return string(newest[0])


def newest_of(binder: "QueryBinder", scope: "Scope", node: exp.Expr) -> Expr | None:
    """``(SELECT MAX(pt) FROM t)``, which the page "MAX_PT" names as its equal: known while planning, so that it prunes.

    Only where ``pt`` is the first partition column, a STRING, and nothing else is said; None otherwise.
    """
    select = node.this if isinstance(node, exp.Subquery) else node
    if not isinstance(select, exp.Select) or _said(select) != {"expressions", "from_"}:
        return None
    item, source = select.expressions[0], select.args["from_"].this
    inner = item.this if isinstance(item, exp.Alias) else item
    plain = isinstance(source, exp.Table) and _said(source) <= {"this", "db", "catalog", "alias"}
    if not plain or not isinstance(inner, exp.Anonymous) or inner.name.lower() != "max" or len(select.expressions) != 1:
        return None
    parts = tuple(part.name for part in source.parts)
    table = None if len(parts) == 1 and scope.cte(parts[0].lower()) else _stored(binder, parts)
    argument = inner.expressions[0] if len(inner.expressions) == 1 else None
    if table is None or not isinstance(argument, exp.Column) or not table.partition_columns:
        return None
    first = table.partition_columns[0]
    if argument.name.lower() != first.name.lower() or not first.type.is_text or table.kind != "table":
        return None
    binder.asked.append(table.name)
    newest = binder.catalog.newest_partition(table.name)
    return string(newest[0]) if newest else null(STRING)


def _stored(binder: "QueryBinder", parts: tuple[str, ...]) -> Table | None:
    return binder.catalog.table(binder.session.table_name(parts))


def _said(node: exp.Expr) -> set[str]:
    return {key for key, value in node.args.items() if value not in (None, False, "") and value != []}


def _table_exists(binder: "ExpressionBinder", nodes: list[exp.Expr], node: exp.Expr) -> Expr:
    """``table_exists('table')``."""
    if len(nodes) != 1:
        raise ArgumentCountWrong("table_exists", len(nodes), "1 arguments", at(node))
    name = _name(binder, nodes, node, "table_exists")
    return boolean(binder.binder.catalog.table(name) is not None)


def _partition_exists(binder: "ExpressionBinder", nodes: list[exp.Expr], node: exp.Expr) -> Expr:
    """``partition_exists('table', 'value', ...)``, one value for each partition column."""
    if not nodes:
        raise ArgumentCountWrong("partition_exists", 0, "at least 2 arguments", at(node))
    name = _name(binder, nodes, node, "partition_exists")
    table = _partitioned(binder, name, node, "partition_exists")
    if len(nodes) != 1 + len(table.partition_columns):
        expected = f"{1 + len(table.partition_columns)} arguments"
        raise ArgumentCountWrong("partition_exists", len(nodes), expected, at(node))
    values = tuple(one.this if isinstance(one, exp.Literal) else "" for one in nodes[1:])
    return boolean(values in {tuple(row) for row in binder.binder.catalog.partitions(name)})


FUNCTIONS = {"max_pt": _max_pt, "table_exists": _table_exists, "partition_exists": _partition_exists}
