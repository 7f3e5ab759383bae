"""Whole queries: WITH, set operations, VALUES, ORDER BY and LIMIT.

Source: the pages "Set Operations", "ORDER BY clause" and "LIMIT clause" of Flink 2.x.
"""

from collections.abc import Sequence
from dataclasses import replace

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.grouping import distinct_rows
from yunbox.sql.flink.binder.joins import JoinHints, Pairing, keyed, with_more
from yunbox.sql.flink.binder.scope import EMPTY, Column, Relation, Scope
from yunbox.sql.flink.binder.selects import SelectBinder, bare
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import NotSensible
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import (
    Aggregate,
    AggregateCall,
    Bound,
    Field,
    Join,
    JoinKind,
    Order,
    Project,
    Rank,
    Sort,
    Union,
    Unnest,
    Values,
)
from yunbox.sql.flink.types import BIGINT, BOOLEAN, FlinkType

_COUNT = BIGINT.of(nullable=False)
_SORT = "Sort on a non-time-attribute field is not supported."


class Queries:
    """Binds queries."""

    def query(self, node: tree.Query, context: Context) -> Relation:
        """The relation that a query is."""
        context = self._with(node, context)
        body = node.body
        hidden: list[Expr] = []
        if isinstance(body, tree.Select):
            found, hidden = SelectBinder(context, self).bind(body, node.order)
        else:
            found = self._body(body, context)
        if not node.order and node.limit is None and not node.offset:
            return found
        return self._ordered(node, found, hidden, context)

    def source(self, node: tree.Select, context: Context) -> Relation:
        """What a SELECT reads, before its items: FROM and WHERE."""
        return SelectBinder(context, self).source(node, replace(context, hints=node.hints))

    def _with(self, node: tree.Query, context: Context) -> Context:
        for one in node.ctes:
            queries = {**context.queries, one.name: (one.query, one.columns, context.inner())}
            context = replace(context, queries=queries)
        return context

    def _body(self, node: tree.Node, context: Context) -> Relation:
        if isinstance(node, tree.Select):
            return SelectBinder(context, self).bind(node)[0]
        if isinstance(node, tree.Query):
            return self.query(node, context)
        if isinstance(node, tree.ValuesOf):
            return self._values(node, context)
        if isinstance(node, tree.SetOperation):
            return self._set_operation(node, context)
        raise context.refuse(type(node).__name__, node)

    # -- VALUES

    def _values(self, node: tree.ValuesOf, context: Context) -> Relation:
        binder = Expressions(context, EMPTY, "VALUES")
        rows = [[binder.bind(one) for one in row] for row in node.rows]
        width = len(rows[0])
        if any(len(row) != width for row in rows):
            raise context.error("Values passed to VALUES operator must have compatible types", node)
        types = []
        for column in zip(*rows, strict=True):
            of = coercion.common([one.type for one in column])
            if of is not None and of.root == "NULL":
                raise context.error("Illegal use of 'NULL'", node)
            if of is None:
                raise context.error("Values passed to VALUES operator must have compatible types", node)
            types.append(of)
        names = [f"EXPR${i}" for i in range(width)]
        columns = tuple(Column(name, of) for name, of in zip(names, types, strict=True))
        made = tuple(tuple(Bound(cast(one, of).sql, of) for one, of in zip(row, types, strict=True)) for row in rows)
        return Relation(Values(tuple(one.field for one in columns), made), columns)

    # -- UNION, INTERSECT, EXCEPT

    def _set_operation(self, node: tree.SetOperation, context: Context) -> Relation:
        name = f"{node.kind}{' ALL' if node.all else ''}"
        sides = self._parts(node, context)
        width = len(sides[0].columns)
        if any(len(one.columns) != width for one in sides):
            raise context.error(f"Column count mismatch in {name}", node)
        types = []
        for place in range(width):
            of = coercion.common([one.columns[place].type for one in sides])
            if of is None:
                raise context.error(f"Type mismatch in column {place + 1} of {name}", node)
            types.append(of)
        aligned = [_aligned(one, types) for one in sides]
        columns = tuple(_united([one.columns[place] for one in aligned], types[place]) for place in range(width))
        if node.kind == "UNION":
            fields = tuple(one.field for one in columns)
            made = Relation(Union(fields, tuple(one.node for one in aligned)), columns)
            return made if node.all else distinct_rows(made, context)
        if node.all:
            if any(one.type.root in ("MAP", "MULTISET") for one in columns):
                raise context.refuse(f"{name} of a MAP", node)
            return _counted(node.kind, aligned[0], aligned[1], columns, context)
        return self._compared(node, aligned[0], aligned[1], columns, context)

    def _parts(self, node: tree.SetOperation, context: Context) -> list[Relation]:
        """The sides; those of several UNIONs of one kind are all of one."""
        found: list[Relation] = []
        for side in (node.left, node.right):
            if isinstance(side, tree.SetOperation) and side.kind == node.kind == "UNION" and side.all == node.all:
                found += self._parts(side, context)
            else:
                found.append(self._body(side, context.inner()))
        return found

    def _compared(
        self, node: tree.SetOperation, left: Relation, right: Relation, columns: tuple[Column, ...], context: Context
    ) -> Relation:
        """INTERSECT and EXCEPT: rows that have an equal one on the right, or none; NULL equals NULL."""
        first = distinct_rows(left, context)
        keys = []
        for place, one in enumerate(columns):
            sides = [_comparable(Expr(mark(place), side.columns[place].type)) for side in (first, right)]
            if not one.type.nullable:
                sides = [Expr(mark(place), side.columns[place].type) for side in (first, right)]
            keys.append((sides[0], sides[1]))
        made = keyed(first, right, Pairing(keys, []))
        kind: JoinKind = "SEMI" if node.kind == "INTERSECT" else "ANTI"
        hints = JoinHints(context.ttl_ms)
        more = made.left.fields[len(columns) :]
        fields = (*(Field(one.name, one.type) for one in columns), *(Field(one.name, one.type) for one in more))
        join = Join(fields, made.left, made.right, kind, made.keys, made.condition, hints.ttl_ms, hints.ttl_ms)
        kept = tuple(replace(one, time="", window=None) for one in columns)
        return Relation(made.narrowed(join, kind, kept), kept)

    # -- ORDER BY and LIMIT

    def _ordered(self, node: tree.Query, found: Relation, hidden: list[Expr], context: Context) -> Relation:
        visible = len(found.columns) - len(hidden)
        order = self._order(node, found, visible, context)
        fields = found.node.fields
        if context.batch:
            made = Relation(Sort(fields, found.node, order, node.limit, node.offset), found.columns)
        elif node.limit is not None:
            end = node.limit + node.offset
            rank = Rank(fields, found.node, "ROW_NUMBER", (), order, end, node.offset + 1, ttl_ms=context.ttl_ms)
            made = Relation(rank, found.columns)
        else:
            if node.offset:
                raise NotSensible("FETCH is missed, which on streaming table is not supported currently.")
            first = order[0]
            if first.descending or not found.columns[first.column].time:
                raise NotSensible(_SORT)
            made = Relation(Sort(fields, found.node, order), found.columns)
        return _visible(made, visible)

    def _order(self, node: tree.Query, found: Relation, visible: int, context: Context) -> tuple[Order, ...]:
        made = []
        behind = visible
        for one in node.order:
            place = self._order_place(one.expression, node, found, visible, context)
            if place is None:
                place, behind = behind, behind + 1
                if place >= len(found.columns):
                    raise context.error("ORDER BY of a query with DISTINCT, UNION or the like is by its columns", one)
            made.append(Order(place, one.descending, one.nulls_first))
        return tuple(made)

    @staticmethod
    def _order_place(key: tree.Node, node: tree.Query, found: Relation, visible: int, context: Context) -> int | None:
        """The place of the column that a key of an order is; None for one that comes hidden."""
        if isinstance(key, tree.Constant) and key.kind == "integer":
            if not 1 <= int(key.text) <= visible:
                raise context.error("Ordinal out of range", key)
            return int(key.text) - 1
        names = [one.name for one in found.columns[:visible]]
        if isinstance(key, tree.Name) and len(key.parts) == 1 and key.parts[0] in names:
            return names.index(key.parts[0])
        body = node.body
        if isinstance(body, tree.Select) and not any(isinstance(one.expression, tree.Star) for one in body.items):
            for place, item in enumerate(body.items):
                if bare(item.expression) == bare(key):
                    return place
        if not isinstance(body, tree.Select) and isinstance(key, tree.Name):
            place, _ = Scope(found.columns[:visible]).find(key.parts, context.text, key.at)
            return place
        return None


def _counted(kind: str, left: Relation, right: Relation, columns: tuple[Column, ...], context: Context) -> Relation:
    """INTERSECT ALL and EXCEPT ALL: how often each row is on both sides, and as many of it as that leaves."""
    one, none = Expr("CAST(1 AS BIGINT)", _COUNT), Expr("CAST(0 AS BIGINT)", _COUNT)
    sides = (with_more(left.node, (one, none)), with_more(right.node, (none, one)))
    width = len(columns)
    fields = tuple(replace(field.field, time="") for field in columns)
    counts = (Field("$l", _COUNT), Field("$r", _COUNT))
    both = Union((*fields, *counts), sides)
    calls = tuple(AggregateCall("SUM", (Bound(mark(width + at), _COUNT),), _COUNT) for at in range(2))
    groups = Aggregate((*fields, *counts), both, tuple(range(width)), calls, None, context.ttl_ms)
    first, second = mark(width), mark(width + 1)
    times = f"least({first}, {second})" if kind == "INTERSECT" else f"greatest({first} - {second}, 0)"
    copies = Field("$copy", BOOLEAN)
    repeated = Unnest((*groups.fields, copies), groups, f"list_transform(range({times}), lambda x: {{'copy': TRUE}})")
    kept = tuple(replace(column, time="", window=None) for column in columns)
    made = Project(fields, repeated, tuple(Bound(mark(at), field.type) for at, field in enumerate(fields)))
    return Relation(made, kept)


def _comparable(value: Expr) -> Expr:
    """A key for which NULL equals NULL."""
    text = cast(value, FlinkType("VARCHAR", (2**31 - 1,))).sql
    return Expr(f"CASE WHEN {value.sql} IS NULL THEN '' ELSE '=' || {text} END", FlinkType("VARCHAR", (2**31 - 1,)))


def _aligned(relation: Relation, types: Sequence[FlinkType]) -> Relation:
    """A relation whose columns have given types."""
    if all(one.type.same(of) for one, of in zip(relation.columns, types, strict=True)):
        return relation
    made = [cast(Expr(mark(i), one.type), of) for i, (one, of) in enumerate(zip(relation.columns, types, strict=True))]
    columns = tuple(
        one if one.type.same(of) else replace(one, type=of, time="", window=None)
        for one, of in zip(relation.columns, types, strict=True)
    )
    fields = tuple(one.field for one in columns)
    return Relation(Project(fields, relation.node, tuple(Bound(one.sql, one.type) for one in made)), columns)


def _united(parts: Sequence[Column], of: FlinkType) -> Column:
    """A column of a UNION: a time attribute where all are."""
    times = {one.time for one in parts}
    return Column(parts[0].name, of, parts[0].time if len(times) == 1 else "")


def _visible(relation: Relation, visible: int) -> Relation:
    if visible == len(relation.columns):
        return relation
    columns = relation.columns[:visible]
    fields = tuple(one.field for one in columns)
    kept = tuple(Bound(mark(i), one.type) for i, one in enumerate(columns))
    return Relation(Project(fields, relation.node, kept), columns)
