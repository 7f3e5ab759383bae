"""ORDER BY, LIMIT and OFFSET."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import ParseFailed, SemanticError
from yunbox.sql.maxcompute.expr import Expr
from yunbox.sql.maxcompute.operators import check_comparable
from yunbox.sql.maxcompute.relations import Block, OrderItem, SelectBlock

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder
    from yunbox.sql.maxcompute.binder.queries import QueryBinder

_LIMIT_TEXT = (
    "ORDER BY must be used with a LIMIT clause, "
    "please set odps.sql.validate.orderby.limit=false to use it without LIMIT"
)


def order_items(node: exp.Expr) -> tuple[list[exp.Expr], bool]:
    """The written sort keys, and whether they order the whole result rather than each reducer's part."""
    if node.args.get("order"):
        return node.args["order"].expressions, True
    for key in ("sort", "cluster"):
        if node.args.get(key):
            return node.args[key].expressions, False
    return [], False


def distributed(node: exp.Expr) -> list[exp.Expr]:
    """The keys of DISTRIBUTE BY: they say where rows are worked on, not what comes out, and must still exist."""
    if node.args.get("order") and any(node.args.get(key) for key in ("distribute", "sort", "cluster")):
        raise SemanticError("ORDER BY cannot be used with DISTRIBUTE BY, SORT BY or CLUSTER BY", at(node.args["order"]))
    if node.args.get("cluster") and (node.args.get("distribute") or node.args.get("sort")):
        raise SemanticError("CLUSTER BY cannot be used with DISTRIBUTE BY or SORT BY", at(node.args["cluster"]))
    keys = node.args["distribute"].expressions if node.args.get("distribute") else []
    return [direction(key)[0] for key in keys]


def check_limit(binder: "QueryBinder", node: exp.Expr) -> None:
    """ORDER BY without LIMIT is refused unless the session says otherwise."""
    if node.args.get("order") and not node.args.get("limit") and binder.session.order_needs_limit:
        raise SemanticError(_LIMIT_TEXT, at(node.args["order"]))


def direction(item: exp.Expr) -> tuple[exp.Expr, bool, bool]:
    """A sort key, whether it descends, and whether NULL comes first; NULL is the smallest value."""
    if isinstance(item, exp.Ordered):
        return item.this, bool(item.args.get("desc")), bool(item.args.get("nulls_first"))
    return item, False, True


def position_of(binder: "QueryBinder", key: exp.Expr, names: list[str]) -> int | None:
    """The output a sort key names, by position or by name."""
    if isinstance(key, exp.Literal) and not key.is_string and key.this.isdigit() and binder.session.order_positions:
        position = int(key.this) - 1
        if not 0 <= position < len(names):
            raise SemanticError(f"position {key.this} is not in the select list", at(key))
        return position
    if isinstance(key, exp.Column) and not key.table and names.count(key.name.lower()) == 1:
        return names.index(key.name.lower())
    return None


def order_select(
    binder: "QueryBinder", node: exp.Expr, block: SelectBlock, expressions: "ExpressionBinder"
) -> list[Expr]:
    """The ORDER BY of a SELECT; gives back the expressions that are no output."""
    check_limit(binder, node)
    keys, _ = order_items(node)
    away = [key for key in distributed(node) if position_of(binder, key, block.names) is None]
    extra = expressions.all(away)
    for item in keys:
        key, descending, first = direction(item)
        if isinstance(key, exp.Column) and not key.table and key.name.lower() in block.ambiguous:
            raise SemanticError(f"{key.name} is ambiguous: several items of the select list have that name", at(key))
        position = position_of(binder, key, block.names)
        expr = None
        if position is None:
            expr = expressions.bind(key)
            if expr.constant or expr.sql.startswith("'"):  # a text that DuckDB would take for a mistake
                continue
            texts = [output.expr.sql for output in block.outputs]
            position = texts.index(expr.sql) if expr.sql in texts else None
        if position is not None:
            check_comparable(block.types[position], at(key))
            expr = None
        else:
            assert expr is not None
            check_comparable(expr.type, at(key))
            if node.args.get("distinct") and not binder.session.lenient:
                raise SemanticError("ORDER BY of a SELECT DISTINCT names what is selected", at(key))
            extra.append(expr)
        block.order.append(OrderItem(expr, position, descending, first))
    return extra


def order_outputs(binder: "QueryBinder", node: exp.Expr, block: Block) -> None:
    """The ORDER BY after a set operation: every key is an output."""
    check_limit(binder, node)
    for key in distributed(node):
        _output_of(binder, key, block)
    for item in order_items(node)[0]:
        key, descending, first = direction(item)
        position = _output_of(binder, key, block)
        check_comparable(block.types[position], at(key))
        block.order.append(OrderItem(None, position, descending, first))


def _output_of(binder: "QueryBinder", key: exp.Expr, block: Block) -> int:
    position = position_of(binder, key, block.names)
    if position is None:
        raise SemanticError(f"column {key.sql()} cannot be resolved in the result of the set", at(key))
    return position


def limit_clauses(binder: "QueryBinder", node: exp.Expr, block: Block) -> None:
    """LIMIT and OFFSET: constant whole numbers."""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is not None:
        block.limit = _whole(limit.expression, "LIMIT")
    if offset is not None and limit is None:
        raise ParseFailed("OFFSET stands behind LIMIT only", at(offset))
    if offset is not None:
        block.offset = _whole(offset.expression, "OFFSET")


def _whole(node: exp.Expr | None, clause: str) -> str:
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit() and int(node.this) < 1 << 63:
        return node.this
    raise SemanticError(f"{clause} needs a constant whole number", at(node))
