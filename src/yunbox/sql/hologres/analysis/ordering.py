"""ORDER BY and DISTINCT: what their items may be, and how DuckDB sorts so that PostgreSQL's order comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from yunbox.sql.hologres.analysis.bound import TargetColumn, column_sql
from yunbox.sql.hologres.analysis.calls import sorted_by
from yunbox.sql.hologres.analysis.expressions import Expressions
from yunbox.sql.hologres.analysis.scope import Output
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.rendering import comparisons


@dataclass(frozen=True, slots=True)
class Key:
    """One of ORDER BY. ``target`` is the number of the result's column that it is, from 1; 0 when it is none.

    ``outside`` is what sorts the result of the query. Within the query a column of FROM may have the name of one of the
    result's: a name alone means the result's, but within an expression it does not.
    """

    sql: str
    expr: Expr
    target: int = 0
    outside: str = ""


def of_select(query: Expressions, node: tree.Select, columns: Sequence[TargetColumn]) -> list[Key]:
    """ORDER BY's keys. Raises PgError 42P10, 42702 and those of expressions."""
    return [_key(query, one, columns) for one in node.order]


def hidden(place: int) -> str:
    """What a key is called beside the result's columns, of which it is none."""
    return f'"key:{place}"'


def outside(place: int, key: Key, said: tree.SortKey) -> str:
    """A key as it sorts the result of the query with those keys beside it."""
    return key.outside if key.target else sorted_by(said, replace(key.expr, sql=hidden(place)))


def named(node: tree.Select, columns: Sequence[TargetColumn]) -> set[int]:
    """The numbers of the result's columns that the query itself compares: by DISTINCT, ORDER BY and GROUP BY."""
    if node.distinct == ():
        return set(range(1, len(columns) + 1))
    found = {_target(one.value, columns, "ORDER BY") for one in node.order}
    found |= {_target(one, columns, "DISTINCT ON") for one in node.distinct or ()}
    of_group = (one for one in node.groups if isinstance(one, tree.Constant | tree.ColumnRef))
    return found | {_target(one, columns, "GROUP BY") for one in of_group}


def _key(query: Expressions, node: tree.SortKey, columns: Sequence[TargetColumn]) -> Key:
    at = _target(node.value, columns, "ORDER BY")
    if not at:
        query.clause = "ORDER BY"
        value = query.value(node.value)
        query.clause = ""
        same = [place for place, column in enumerate(columns, 1) if column.expr.sql == value.sql]
        if not same:
            return Key(sorted_by(node, value), value)
        at = same[0]
    expr = columns[at - 1].expr
    outside = sorted_by(node, replace(expr, sql=column_sql(at)))
    return Key(sorted_by(node, expr) if comparisons.needs_key(expr) else outside, expr, at, outside)


def _target(node: tree.Node, columns: Sequence[TargetColumn], clause: str) -> int:
    """The number of the result's column that a name or number means; 0 when it is an expression."""
    if isinstance(node, tree.Constant) and node.kind == "integer":
        at = int(node.text)
        if not 1 <= at <= len(columns):
            raise error("42P10", f"{clause} position {at} is not in select list", node.at)
        return at
    if isinstance(node, tree.Constant) and node.kind in ("string", "number"):
        raise error("42601", f"non-integer constant in {clause}", node.at)
    if isinstance(node, tree.ColumnRef) and len(node.names) == 1:
        found = [at for at, column in enumerate(columns, 1) if column.name == node.names[0]]
        if len({columns[at - 1].expr.sql for at in found}) > 1:
            raise error("42702", f'{clause} "{node.names[0]}" is ambiguous', node.at)
        return found[0] if found else 0
    return 0


def of_columns(node: tree.SortKey, outputs: Sequence[Output], united: bool) -> str:
    """One of ORDER BY around a set operation or VALUES: only columns of the result."""
    value = node.value
    if isinstance(value, tree.Constant) and value.kind == "integer":
        at = int(value.text)
        if not 1 <= at <= len(outputs):
            raise error("42P10", f"ORDER BY position {at} is not in select list", value.at)
        return sorted_by(node, outputs[at - 1].expr)
    if isinstance(value, tree.ColumnRef) and len(value.names) == 1:
        found = [one.expr for one in outputs if one.name == value.names[0]]
        if len(found) > 1:
            raise error("42702", f'ORDER BY "{value.names[0]}" is ambiguous', value.at)
        if found:
            return sorted_by(node, found[0])
        raise error("42703", f'column "{value.names[0]}" does not exist', value.at)
    if united:
        raise error(
            "0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", value.at,
            detail="Only result column names can be used, not expressions or functions.",
            hint="Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
        )  # fmt: skip
    raise unsupported("ORDER BY an expression of VALUES", value.at)


def distinct(
    query: Expressions, node: tree.Select, columns: Sequence[TargetColumn], keys: Sequence[Key]
) -> tuple[str, bool]:
    """DISTINCT as SQL, and whether duplicates go before the rest is sorted."""
    assert node.distinct is not None
    if node.distinct:
        return _distinct_on(query, node.distinct, columns, keys), False
    for key in keys:
        if not key.target:
            message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
            raise error("42P10", message, key.expr.at)
    exprs = [column.expr for column in columns]
    for expr in exprs:
        comparisons.key(expr, equal=True)
    if any(comparisons.needs_key(expr) for expr in exprs):
        return f"DISTINCT ON ({', '.join(comparisons.key(expr) for expr in exprs)}) ", True
    return "DISTINCT ", True


def _distinct_on(
    query: Expressions, nodes: Sequence[tree.Node], columns: Sequence[TargetColumn], keys: Sequence[Key]
) -> str:
    found = []
    for node in nodes:
        at = _target(node, columns, "DISTINCT ON")
        found.append(columns[at - 1].expr if at else query.value(node))
        comparisons.key(found[-1], equal=True)
    wanted = {expr.sql for expr in found}
    for place, key in enumerate(keys):
        if key.expr.sql not in wanted and place < len(wanted):
            message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
            raise error("42P10", message, nodes[0].at)
    return f"DISTINCT ON ({', '.join(comparisons.key(expr) for expr in found)}) "
