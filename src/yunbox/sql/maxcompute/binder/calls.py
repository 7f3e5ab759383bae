"""Function calls: which function a name is, and how aggregates and window functions are written."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.binder import lambdas, partitions
from yunbox.sql.maxcompute.casts import implicit
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import (
    ArgumentCountWrong,
    SemanticError,
    UnsupportedSql,
)
from yunbox.sql.maxcompute.expr import BIGINT, NO_REFS, STRING, Expr, build
from yunbox.sql.maxcompute.functions import FUNCTIONS, UNSUPPORTED, Function

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder

_NULL_SKIPPING = ("first_value", "last_value", "nth_value")  # their last argument TRUE skips NULLs


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
    return function.call(_arguments(binder, nodes, name), binder.session, at(node))


def _arguments(binder: "ExpressionBinder", nodes: list[exp.Expr], name: str = "") -> list[Expr]:
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
    if not over and not binder.aggregates:
        raise SemanticError(f"aggregate function {function.name} is not allowed here", at(node))
    if not over and binder.inside_aggregate:
        raise SemanticError("aggregate functions cannot be nested", at(node))
    nodes, distinct = _without_distinct(nodes)
    before, binder.inside_aggregate = binder.inside_aggregate, not over
    try:
        sql, returns, args = _core(binder, function, nodes, node, distinct)
    finally:
        binder.inside_aggregate = before
    if not over and any(arg.window for arg in args):
        raise SemanticError("a window function cannot be inside an aggregate function", at(node))
    if function.name == "wm_concat" and distinct and order:
        return _concat_ordered(args, f"{order})", f"{filtered}{over}", (*args, *extra), over)
    sql = _inserted(sql, "DISTINCT " if distinct else "", order)
    sql = function.wrap.format(f"{sql}{filtered}{over}").replace("{type}", returns.duckdb)
    return _aggregated(build(sql, returns, *args, *extra), over)


def _aggregated(made: Expr, over: str) -> Expr:
    if over:
        made.window = True
    else:
        made.aggregate, made.free = True, NO_REFS
    return made


def _concat_ordered(args: tuple[Expr, ...], order: str, tail: str, parts: tuple[Expr, ...], over: str) -> Expr:
    """wm_concat(DISTINCT ...) in an order by something else than its text, which DuckDB's DISTINCT refuses."""
    values = f"list({args[1].sql}{order}{tail}"
    return _aggregated(build(f"array_to_string(mc_distinct({values}), {args[0].sql})", STRING, *parts), over)


def _without_distinct(nodes: list[exp.Expr]) -> tuple[list[exp.Expr], bool]:
    if nodes and isinstance(nodes[0], exp.Distinct):
        return [*nodes[0].expressions, *nodes[1:]], True
    return nodes, False


def _core(
    binder: "ExpressionBinder", function: Function, nodes: list[exp.Expr], node: exp.Expr, distinct: bool
) -> tuple[str, DataType, tuple[Expr, ...]]:
    if function.name == "count":
        return _count(binder, nodes, node, distinct)
    text, returns, call = function.resolve(_arguments(binder, nodes), binder.session, at(node))
    if isinstance(text, Expr):
        return text.sql, text.type, call.args
    return text, returns, call.args


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


def modified(binder: "ExpressionBinder", node: exp.Expr) -> Expr:
    """An aggregate with FILTER (WHERE ...) or WITHIN GROUP (ORDER BY ...)."""
    return _modified(binder, node, "", ())


def _modified(binder: "ExpressionBinder", node: exp.Expr, over: str, extra: tuple[Expr, ...]) -> Expr:
    order, filtered, extras = "", "", list(extra)
    inner = node
    while not isinstance(inner, exp.Anonymous):
        if isinstance(inner, exp.WithinGroup):
            sql, parts = order_by(binder, inner.expression)
            order, extras = f" {sql}", extras + parts
        elif isinstance(inner, exp.Filter):
            tests = binder.conjuncts(inner.expression.this)
            filtered = f" FILTER (WHERE {' AND '.join(test.sql for test in tests)})"
            extras += tests
        else:
            raise UnsupportedSql(f"{type(inner).__name__} around a function", at(node))
        inner = inner.this
    function = lookup(binder, inner.name.lower(), inner)
    if function.kind != "aggregate":
        raise SemanticError(f"function {function.name} is no aggregate", at(node))
    return _aggregate(binder, function, inner.expressions, node, order, filtered, over, tuple(extras))


def order_by(binder: "ExpressionBinder", node: exp.Expr) -> tuple[str, list[Expr]]:
    """An ORDER BY clause inside a window or an aggregate; NULL is the smallest value."""
    items, parts = [], []
    for item in node.expressions:
        ordered = isinstance(item, exp.Ordered)
        value = binder.bind(item.this if ordered else item)
        descending = bool(ordered and item.args.get("desc"))
        first = bool(item.args.get("nulls_first")) if ordered else not descending
        items.append(f"{value.sql}{' DESC' if descending else ''} NULLS {'FIRST' if first else 'LAST'}")
        parts.append(value)
    return f"ORDER BY {', '.join(items)}", parts


def window(binder: "ExpressionBinder", node: exp.Window) -> Expr:
    """A window function, or an aggregate over a window."""
    over, parts = _over(binder, node)
    inner, nulls = node.this, ""
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        nulls = " IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
        inner = inner.this
    if not isinstance(inner, exp.Anonymous):
        return _modified(binder, inner, over, tuple(parts))
    function = lookup(binder, inner.name.lower(), inner)
    if function.kind == "aggregate":
        return _aggregate(binder, function, inner.expressions, node, "", "", over, tuple(parts))
    if function.kind != "window":
        raise SemanticError(f"function {function.name} cannot have an OVER clause", at(node))
    nodes, _ = _without_distinct(inner.expressions)
    text, returns, call = function.resolve(_arguments(binder, nodes), binder.session, at(inner))
    core = text.sql if isinstance(text, Expr) else text
    if function.name in _NULL_SKIPPING and call.args[-1].value is True and len(call.args) > 1:
        nulls = " IGNORE NULLS"
    if nulls:
        core = core[: core.rindex(")")] + nulls + ")"
    sql = function.wrap.format(f"{core}{over}")
    made = build(sql, returns, *call.args, *parts)
    made.window = True
    return made


def _over(binder: "ExpressionBinder", node: exp.Window) -> tuple[str, list[Expr]]:
    named = node.args.get("alias")
    if named is not None and not node.args.get("partition_by") and not node.args.get("order"):
        definition = binder.named_windows.get(named.name.lower())
        if definition is None:
            raise SemanticError(f"window {named.name} cannot be resolved", at(node))
        node = definition  # ty: ignore[invalid-assignment]
    keys = [binder.bind(key) for key in node.args.get("partition_by") or []]
    clauses, parts = [], list(keys)
    if keys:
        clauses.append(f"PARTITION BY {', '.join(key.sql for key in keys)}")
    if node.args.get("order"):
        sql, ordered = order_by(binder, node.args["order"])
        clauses.append(sql)
        parts += ordered
    if node.args.get("spec"):
        clauses.append(_frame(binder, node.args["spec"]))
    binder.windows.append(frozenset(key.sql for key in keys))
    return f" OVER ({' '.join(clauses)})", parts


def _frame(binder: "ExpressionBinder", spec: exp.Expr) -> str:
    start = _bound(binder, spec.args.get("start"), spec.args.get("start_side"))
    end = _bound(binder, spec.args.get("end"), spec.args.get("end_side")) if spec.args.get("end") else ""
    kind = str(spec.args.get("kind") or "ROWS").upper()
    if _place(start) > _place(end or "CURRENT ROW") or start == "UNBOUNDED FOLLOWING" or end == "UNBOUNDED PRECEDING":
        raise SemanticError(f"a window frame cannot reach from {start} to {end or 'CURRENT ROW'}", at(spec))
    sql = f"{kind} BETWEEN {start} AND {end or 'CURRENT ROW'}"
    exclude = spec.args.get("exclude")
    return f"{sql} EXCLUDE {exclude.name if hasattr(exclude, 'name') else exclude}" if exclude else sql


def _place(bound: str) -> int:
    """On which side of its row a frame's bound lies."""
    return {"PRECEDING": -1, "FOLLOWING": 1}.get(bound.rpartition(" ")[2], 0)


def _bound(binder: "ExpressionBinder", bound: object, side: object) -> str:
    if isinstance(bound, exp.Expr):
        value = binder.bind(bound)
        if value.type.is_text:
            value = implicit(value, BIGINT)
        return f"{value.sql} {str(side).upper()}"
    text = str(bound).upper()
    return text if text == "CURRENT ROW" else f"{text} {str(side).upper()}"


def table_call(binder: "ExpressionBinder", node: exp.Expr) -> tuple[Function, list[Expr]] | None:
    """The table function a node calls and its bound arguments, or None when it calls none."""
    if not isinstance(node, exp.Anonymous):
        return None
    name = node.name.lower()
    function = FUNCTIONS.get(name)
    if function is None or function.kind != "table":
        return None
    return function, _arguments(binder, node.expressions)
