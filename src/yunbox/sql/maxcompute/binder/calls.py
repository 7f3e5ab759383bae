"""Function calls: which function a name is, and how aggregates and window functions are written."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.binder import lambdas, partitions
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import (
    ArgumentCountWrong,
    ParseFailed,
    SemanticError,
    UnsupportedSql,
)
from yunbox.sql.maxcompute.expr import BIGINT, NO_REFS, Expr, build
from yunbox.sql.maxcompute.functions import FUNCTIONS, UNSUPPORTED, Function
from yunbox.sql.maxcompute.functions.registry import wrapped
from yunbox.sql.maxcompute.operators import check_comparable

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder


_COLLECTING = ("wm_concat", "collect_list", "collect_set")  # what they gather once is sorted, as the vendor has it


def lookup(binder: "ExpressionBinder", name: str, node: exp.Expr) -> Function:
    """The function of that name, or the vendor's error."""
    found = FUNCTIONS.get(name)
    if found is not None:
        return found
    if name in UNSUPPORTED:
        raise UnsupportedSql(f"function {name}", at(node))
    if binder.binder.catalog.function_exists(binder.session.project, name):
        raise UnsupportedSql(f"user-defined function {name}", at(node))
    raise SemanticError(f"function {name} cannot be resolved", at(node))


def call(binder: "ExpressionBinder", name: str, nodes: list[exp.Expr], node: exp.Expr) -> Expr:
    """A call without OVER."""
    if name in partitions.FUNCTIONS:
        return partitions.FUNCTIONS[name](binder, nodes, node)
    function = lookup(binder, name, node)
    if function.kind == "aggregate":
        return _aggregate(binder, function, nodes, node, "", "")
    if function.kind == "window":
        raise SemanticError(f"function {name} needs an OVER clause", at(node))
    if function.kind == "table":
        raise SemanticError(f"table function {name} may only be a select item or a LATERAL VIEW", at(node))
    return function.call(arguments(binder, nodes, name), binder.session, at(node))


def arguments(binder: "ExpressionBinder", nodes: list[exp.Expr], name: str = "") -> list[Expr]:
    """The bound arguments of a call."""
    if not any(isinstance(node, exp.Lambda) for node in nodes):
        return [binder.bind(node) for node in nodes]
    return lambdas.arguments(binder, nodes, name)


def _aggregate(
    binder: "ExpressionBinder",
    function: Function,
    nodes: list[exp.Expr],
    node: exp.Expr,
    order: str,
    filtered: str,
    over: str = "",
    extra: tuple[Expr, ...] = (),
) -> Expr:
    _check_place(binder, function, node, over)
    nodes, distinct = _without_distinct(nodes)
    before, binder.inside_aggregate = binder.inside_aggregate, not over
    try:
        text, returns, args = _core(binder, function, nodes, node, distinct)
    finally:
        binder.inside_aggregate = before
    _check_parts(binder, function, node, args, order=order, filtered=filtered, over=over)
    sql, wrap = function.around(text)
    distinct = distinct or function.name == "collect_set"
    for arg in args if distinct else ():
        check_comparable(arg.type, at(node))
    if function.name in _COLLECTING and distinct:
        value = args[-1].sql
        if order and not order.startswith(f" ORDER BY {value} "):
            return _distinct_ordered(function, args, returns, f"{order})", f"{filtered}{over}", extra)
        order = order or ("" if args[-1].constant else f" ORDER BY {value}")
    sql = _inserted(sql, "DISTINCT " if distinct else "", order)
    sql = wrapped(wrap, f"{sql}{filtered}{over}", over, returns)
    return _aggregated(build(sql, returns, *args, *extra), over)


def _check_place(binder: "ExpressionBinder", function: Function, node: exp.Expr, over: str) -> None:
    if not over and not binder.aggregates:
        raise SemanticError(f"aggregate function {function.name} is not allowed here", at(node))
    if not over and binder.inside_aggregate:
        raise SemanticError("aggregate functions cannot be nested", at(node))
    if over and function.name in ("grouping", "grouping_id"):
        raise SemanticError(f"function {function.name} cannot have an OVER clause", at(node))


def _check_parts(
    binder: "ExpressionBinder",
    function: Function,
    node: exp.Expr,
    args: tuple[Expr, ...],
    *,
    order: str,
    filtered: str,
    over: str,
) -> None:
    if not over and any(arg.window for arg in args):
        raise SemanticError("a window function cannot be inside an aggregate function", at(node))
    if filtered and function.name == "count_if":
        raise SemanticError("function count_if takes no FILTER", at(node))
    if order and function.name not in _COLLECTING:
        raise SemanticError(f"function {function.name} takes no WITHIN GROUP", at(node))
    if function.name.startswith("grouping") and any(arg.sql not in binder.keys for arg in args):
        raise SemanticError(f"function {function.name} takes keys of GROUP BY only", at(node))


def _aggregated(made: Expr, over: object) -> Expr:
    if over:
        made.window = True
    else:
        made.aggregate, made.free = True, NO_REFS
    return made


def _distinct_ordered(
    function: Function, args: tuple[Expr, ...], returns: DataType, order: str, tail: str, extra: tuple[Expr, ...]
) -> Expr:
    """What is collected once in an order by something else than itself, which DuckDB's DISTINCT refuses."""
    values = f"mc_distinct(mc_known(list({args[-1].sql}{order}{tail}))"
    sql = f"array_to_string({values}, {args[0].sql})" if function.name == "wm_concat" else values
    return _aggregated(build(sql, returns, *args, *extra), " OVER (" in tail)


def _without_distinct(nodes: list[exp.Expr]) -> tuple[list[exp.Expr], bool]:
    if nodes and isinstance(nodes[0], exp.Distinct):
        return [*nodes[0].expressions, *nodes[1:]], True
    return nodes, False


def _core(
    binder: "ExpressionBinder", function: Function, nodes: list[exp.Expr], node: exp.Expr, distinct: bool
) -> tuple[object, DataType, tuple[Expr, ...]]:
    if function.name == "count":
        return _count(binder, nodes, node, distinct)
    text, returns, call = function.resolve(arguments(binder, nodes), binder.session, at(node))
    return text, text.type if isinstance(text, Expr) else returns, call.args


def _count(
    binder: "ExpressionBinder", nodes: list[exp.Expr], node: exp.Expr, distinct: bool
) -> tuple[str, DataType, tuple[Expr, ...]]:
    if not nodes:
        raise ArgumentCountWrong("count", 0, "at least 1 arguments", at(node))
    first = nodes[0]
    if isinstance(first, exp.Star) or (isinstance(first, exp.Column) and isinstance(first.this, exp.Star)):
        if distinct:
            raise SemanticError("count(distinct *) must name its columns", at(node))
        return "count(*)", BIGINT, ()
    args = tuple(binder.bind(one) for one in nodes)
    if len(args) == 1:
        return f"count({args[0].sql})", BIGINT, args
    known = " AND ".join(f"{arg.sql} IS NOT NULL" for arg in args)
    row = ", ".join(arg.sql for arg in args)
    return f"count(CASE WHEN {known} THEN ({row}) END)", BIGINT, args


def _inserted(sql: str, distinct: str, order: str) -> str:
    if not distinct and not order:
        return sql
    opening, closing = sql.index("("), sql.rindex(")")
    return f"{sql[: opening + 1]}{distinct}{sql[opening + 1 : closing]}{order}{sql[closing:]}"


def called(binder: "ExpressionBinder", node: exp.Expr) -> Function:
    """The function that a call is of, whatever stands around it."""
    while isinstance(node, exp.WithinGroup | exp.Filter):
        node = node.this
    if not isinstance(node, exp.Anonymous):
        raise ParseFailed("a function call expected", at(node))
    return lookup(binder, node.name.lower(), node)


def aggregate(binder: "ExpressionBinder", node: exp.Expr, over: str = "", extra: tuple[Expr, ...] = ()) -> Expr:
    """An aggregate with FILTER (WHERE ...), WITHIN GROUP (ORDER BY ...) or OVER."""
    order, filtered, extras = "", "", list(extra)
    inner = node
    while isinstance(inner, exp.WithinGroup | exp.Filter):
        if isinstance(inner, exp.WithinGroup):
            sql, parts = order_by(binder, inner.expression)
            order, extras = f" {sql}", extras + parts
        else:
            tests = binder.conjuncts(inner.expression.this)
            filtered = f" FILTER (WHERE {' AND '.join(test.sql for test in tests)})"
            extras += tests
        inner = inner.this
    function = called(binder, inner)
    if function.kind != "aggregate":
        raise SemanticError(f"function {function.name} is no aggregate", at(node))
    return _aggregate(binder, function, inner.expressions, node, order, filtered, over, tuple(extras))


def order_by(binder: "ExpressionBinder", node: exp.Expr) -> tuple[str, list[Expr]]:
    """An ORDER BY clause inside a window or an aggregate; NULL is the smallest value."""
    items, parts = [], []
    for item in node.expressions:
        ordered = isinstance(item, exp.Ordered)
        value = binder.bind(item.this if ordered else item)
        if value.constant or value.sql.startswith("'"):
            value = replace(value, sql=f"(CASE WHEN NULL IS NULL THEN {value.sql} END)")  # DuckDB takes no literal
        descending = bool(ordered and item.args.get("desc"))
        first = bool(item.args.get("nulls_first")) if ordered else not descending
        items.append(f"{value.sql}{' DESC' if descending else ''} NULLS {'FIRST' if first else 'LAST'}")
        parts.append(value)
    return f"ORDER BY {', '.join(items)}", parts


def table_call(binder: "ExpressionBinder", node: exp.Expr) -> tuple[Function, list[Expr]] | None:
    """The table function a node calls and its bound arguments, or None when it calls none."""
    if not isinstance(node, exp.Anonymous):
        return None
    name = node.name.lower()
    function = FUNCTIONS.get(name)
    if function is None or function.kind != "table":
        return None
    return function, arguments(binder, node.expressions)
