"""Queries in conditions: IN and EXISTS as semi joins, their negations as anti joins, and queries that are one value."""

from collections.abc import Sequence
from dataclasses import replace

from yunbox.sql.flink.binder.asking import QueryBinder
from yunbox.sql.flink.binder.conditions import Conjunct, conjunct, parts
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.joins import JoinHints, joined
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.errors import FlinkSqlError
from yunbox.sql.flink.expr import Expr, mark, replaced
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Aggregate, Filter, Join, JoinKind, Project


def semi_joined(relation: Relation, node: tree.Node, context: Context, queries: QueryBinder) -> Relation | None:
    """The rows for which a condition with one query holds; None when it is not of this kind."""
    negated = False
    while isinstance(node, tree.Not):
        node, negated = node.operand, not negated
    if isinstance(node, tree.InQuery):
        return _in(relation, node, context, queries, negated=negated != node.negated)
    if isinstance(node, tree.Exists):
        return _exists(relation, node, context, queries, negated=negated)
    return None


def _hints(context: Context) -> JoinHints:
    return JoinHints(context.ttl_ms, {}, context.batch)


def _in(relation: Relation, node: tree.InQuery, context: Context, queries: QueryBinder, *, negated: bool) -> Relation:
    inner, outer_conditions = _inner(relation, node.query, context, queries)
    operands = node.operand.items if isinstance(node.operand, tree.RowOf) else (node.operand,)
    count = sum(not one.hidden for one in inner.columns)
    if len(operands) != count:
        raise context.error("Values passed to IN operator must have compatible types", node)
    width = len(relation.columns)
    both = _both(relation, inner)
    binder = Expressions(context, _Outer(both, width), "IN")
    conditions = list(outer_conditions)
    for place, operand in enumerate(operands):
        equal = tree.Operation("=", operand, tree.Name((f"{_Outer.PREFIX}{place}",)), at=node.at)
        conditions.append(conjunct(equal, binder))
    return _semi(relation, inner, conditions, context, negated=negated, null_aware=negated)


def _exists(
    relation: Relation, node: tree.Exists, context: Context, queries: QueryBinder, *, negated: bool
) -> Relation:
    inner, conditions = _inner(relation, node.query, context, queries)
    return _semi(relation, inner, conditions, context, negated=negated, null_aware=False)


def _semi(
    relation: Relation,
    inner: Relation,
    conditions: Sequence[Conjunct],
    context: Context,
    *,
    negated: bool,
    null_aware: bool,
) -> Relation:
    kind: JoinKind = "ANTI" if negated else "SEMI"
    return joined(kind, relation, inner, list(conditions), relation.columns, _hints(context), null_aware=null_aware)


class _Outer(Scope):
    """Names of the inner query first, of the outer one where it has none; places as in a join of both."""

    PREFIX = "$in"

    def __init__(self, columns: tuple[Column, ...], width: int) -> None:
        super().__init__(columns)
        object.__setattr__(self, "width", width)

    def find(self, parts: tuple[str, ...], text: str, at: object) -> tuple[int, tuple[str, ...]]:
        """The place of a name of the outer query, or of the inner one's column by its number."""
        width: int = self.width  # ty: ignore[missing-attribute]
        if parts[0].startswith(self.PREFIX):
            return width + int(parts[0].removeprefix(self.PREFIX)), ()
        return Scope(self.columns[:width]).find(parts, text, at)  # ty: ignore[invalid-argument-type]


class _Correlated(_Outer):
    """Names of the inner query hide those of the outer one."""

    def find(self, parts: tuple[str, ...], text: str, at: object) -> tuple[int, tuple[str, ...]]:
        """The place of a name."""
        width: int = self.width  # ty: ignore[missing-attribute]
        try:
            place, rest = Scope(self.columns[width:]).find(parts, text, at)  # ty: ignore[invalid-argument-type]
        except FlinkSqlError:
            return Scope(self.columns[:width]).find(parts, text, at)  # ty: ignore[invalid-argument-type]
        return width + place, rest


def _both(relation: Relation, inner: Relation) -> tuple[Column, ...]:
    return (*relation.columns, *inner.columns)


def _inner(
    relation: Relation, query: tree.Query, context: Context, queries: QueryBinder
) -> tuple[Relation, list[Conjunct]]:
    """The inner query, and those of its conditions that name columns of the outer one, over both sides' columns."""
    try:
        return queries.query(query, context.inner()), []
    except FlinkSqlError:
        split = _split(query, context, queries)
        if split is None:
            raise
    own, others, select = split
    body = replace(select, where=own)
    inner = queries.query(replace(query, body=body), context.inner())
    base = queries.query(replace(query, body=replace(body, items=(tree.Item(tree.Star()),))), context.inner())
    # Conditions on the outer query may be on columns of the inner FROM that the inner query does not give.
    both = (*relation.columns, *base.columns)
    binder = Expressions(context, _Correlated(both, len(relation.columns)), "WHERE")
    conditions = [conjunct(one, binder) for one in others]
    return _with_items(inner, base, conditions, len(relation.columns))


def _with_items(
    inner: Relation, base: Relation, conditions: list[Conjunct], width: int
) -> tuple[Relation, list[Conjunct]]:
    """The inner query's items are those of a projection of its FROM: both are given by one node."""
    node, other = inner.node, base.node
    if not isinstance(node, Project) or not isinstance(other, Project):
        return base, conditions
    count = len(node.expressions)
    fields = (*node.fields, *other.fields)
    made = Project(fields, node.input, (*node.expressions, *other.expressions))
    columns = (*inner.columns, *(replace(one, hidden=True) for one in base.columns))
    moved = [_behind(one, width, count) for one in conditions]
    return Relation(made, columns), moved


def _behind(one: Conjunct, width: int, by: int) -> Conjunct:
    def change(sql: str) -> str:
        return replaced(sql, lambda place: mark(place if place < width else place + by))

    left = replace(one.left, sql=change(one.left.sql)) if one.left is not None else None
    right = replace(one.right, sql=change(one.right.sql)) if one.right is not None else None
    return Conjunct(change(one.sql), one.symbol, left, right)


def _split(
    query: tree.Query, context: Context, queries: QueryBinder
) -> tuple[tree.Node | None, list[tree.Node], tree.Select] | None:
    """A plain SELECT whose conditions are partly about the outer query: its own and the others."""
    body = query.body
    simple = isinstance(body, tree.Select) and not (body.group or body.having or body.distinct or body.qualify)
    if not simple or not isinstance(body, tree.Select) or query.ctes or query.limit is not None or query.order:
        return None
    base = queries.query(
        replace(query, body=replace(body, where=None, items=(tree.Item(tree.Star()),))), context.inner()
    )
    binder = Expressions(context, Scope(base.columns), "WHERE")
    own: tree.Node | None = None
    others: list[tree.Node] = []
    for one in parts(body.where):
        try:
            binder.condition(one)
        except FlinkSqlError:
            others.append(one)
        else:
            own = one if own is None else tree.Logic("AND", own, one, at=one.at)
    return own, others, body


# -- a query as a value


def scalar_joined(
    relation: Relation, node: tree.Scalar, context: Context, queries: QueryBinder
) -> tuple[Relation, Expr]:
    """The relation with the one value of a query behind its columns."""
    inner = queries.query(node.query, context.inner())
    if len(inner.columns) != 1:
        raise context.error("Scalar subquery must return exactly one column", node)
    if not _is_single(inner):
        raise context.refuse("a scalar subquery that is no aggregate without GROUP BY", node)
    of = inner.columns[0].type.of(nullable=True)
    columns = (*relation.columns, Column("", of, hidden=True))
    fields = (*(replace(one, time="") for one in relation.node.fields), replace(inner.node.fields[0], type=of, time=""))
    made = Join(fields, relation.node, inner.node, "LEFT", (), "", context.ttl_ms, context.ttl_ms)
    timeless = tuple(replace(one, time="", window=None) for one in columns)
    return Relation(made, timeless), Expr(mark(len(relation.columns)), of)


def _is_single(inner: Relation) -> bool:
    """Whether a query gives one row: an aggregate without keys below projections and conditions of HAVING."""
    node = inner.node
    while isinstance(node, Project | Filter):
        node = node.input
    return isinstance(node, Aggregate) and not node.keys
