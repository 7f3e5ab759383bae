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
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Aggregate, Bound, Field, Filter, Join, JoinKind, Project, Rank, Sort, Values


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
    if len(operands) != count or (count > 1 and node.symbol != "="):
        raise context.error("Values passed to IN operator must have compatible types", node)
    width = len(relation.columns)
    both = _both(relation, inner)
    binder = Expressions(context, _Outer(both, width), "IN")
    conditions = list(outer_conditions)
    for place, operand in enumerate(operands):
        compared: tree.Node = tree.Operation(node.symbol, operand, tree.Name((f"{_Outer.PREFIX}{place}",)), at=node.at)
        if negated and node.symbol != "=":
            compared = tree.Test(compared, "FALSE", negated=True, at=node.at)  # what is unknown may hold
        conditions.append(conjunct(compared, binder))
    return _semi(relation, inner, conditions, context, negated=negated, null_aware=negated and node.symbol == "=")


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
            inner = tuple(replace(one, hidden=False) for one in self.columns[width:])
            place, rest = Scope(inner).find(parts, text, at)  # ty: ignore[invalid-argument-type]
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
        found = _correlated(relation, query, context, queries)
        if found is None:
            raise
        return found


def _correlated(
    relation: Relation, query: tree.Query, context: Context, queries: QueryBinder
) -> tuple[Relation, list[Conjunct]] | None:
    """A plain SELECT whose conditions are partly about the outer query: its items, then all that it reads."""
    body = query.body
    if not isinstance(body, tree.Select) or body.group or body.having or body.distinct or body.qualify:
        return None
    if query.ctes or query.limit is not None or query.order:
        return None
    own, others = _split(body, context, queries)
    inner = queries.source(replace(body, where=own), context.inner())
    binder = Expressions(context, Scope(inner.columns), "SELECT")
    items = [] if _is_star(body) else [binder.bind(one.expression) for one in body.items]
    made = [*items, *(Expr(mark(i), one.type, one.time) for i, one in enumerate(inner.columns))]
    columns = (*(Column(f"$item{i}", one.type) for i, one in enumerate(items)),
               *(replace(one, hidden=bool(items)) for one in inner.columns))  # fmt: skip
    fields = tuple(Field(one.name or f"$f{i}", one.type, one.time) for i, one in enumerate(columns))
    project = Project(fields, inner.node, tuple(Bound(one.sql, one.type) for one in made))
    both = (*relation.columns, *columns)
    scope = _Correlated(both, len(relation.columns))
    return Relation(project, columns), [conjunct(one, Expressions(context, scope, "WHERE")) for one in others]


def _is_star(body: tree.Select) -> bool:
    return any(isinstance(one.expression, tree.Star) for one in body.items)


def _split(body: tree.Select, context: Context, queries: QueryBinder) -> tuple[tree.Node | None, list[tree.Node]]:
    """The conditions of the inner query's own, and those that it cannot read alone."""
    base = queries.source(replace(body, where=None), context.inner())
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
    return own, others


# -- a query as a value


def scalar_joined(
    relation: Relation, node: tree.Scalar, context: Context, queries: QueryBinder
) -> tuple[Relation, Expr]:
    """The relation with the one value of a query behind its columns."""
    inner = queries.query(node.query, context.inner())
    if len(inner.columns) != 1:
        raise context.error("Scalar subquery must return exactly one column", node)
    if not _is_single(inner):
        raise context.refuse("a query as a value that is neither an aggregate without GROUP BY nor of LIMIT 1", node)
    of = inner.columns[0].type.of(nullable=True)
    columns = (*relation.columns, Column("", of, hidden=True))
    fields = (*(replace(one, time="") for one in relation.node.fields), replace(inner.node.fields[0], type=of, time=""))
    made = Join(fields, relation.node, inner.node, "LEFT", (), "", context.ttl_ms, context.ttl_ms)
    timeless = tuple(replace(one, time="", window=None) for one in columns)
    return Relation(made, timeless), Expr(mark(len(relation.columns)), of)


def _is_single(inner: Relation) -> bool:
    """Whether a query gives one row at most: an aggregate without keys below projections and HAVING, or LIMIT 1."""
    node = inner.node
    while isinstance(node, Project | Filter):
        node = node.input
    if isinstance(node, Rank):
        return not node.partition_keys and node.start == node.end
    if isinstance(node, Sort):
        return node.limit == 1
    if isinstance(node, Values):
        return len(node.rows) == 1
    return isinstance(node, Aggregate) and not node.keys
