"""Functions that ask the catalogue instead of the data: they become constants while the statement is planned."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.tables import Table, TableName
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import ArgumentCountWrong, ArgumentTypeWrong, SemanticError, TableNotFound
from yunbox.sql.maxcompute.expr import STRING, Expr, boolean, null, string

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder


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
