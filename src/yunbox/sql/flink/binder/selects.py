"""SELECT: from FROM over WHERE, GROUP BY, HAVING, OVER and QUALIFY to its items and DISTINCT.

Source: the pages "Queries" of Flink 2.x's Table API & SQL.
"""

from dataclasses import replace

from yunbox.sql.flink.binder.asking import QueryBinder
from yunbox.sql.flink.binder.conditions import Conjunct, conjunct, has_subquery, parts
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.drafts import filtered, finished, scope
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.grouping import distinct_rows, grouped, is_grouped
from yunbox.sql.flink.binder.items import SelectExpressions
from yunbox.sql.flink.binder.overs import add_overs
from yunbox.sql.flink.binder.ranking import ranked
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.binder.sources import SourceBinder
from yunbox.sql.flink.binder.subqueries import semi_joined
from yunbox.sql.flink.binder.tables import one_row
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Bound, Field, Project


class SelectBinder:
    """Binds one SELECT."""

    def __init__(self, context: Context, queries: QueryBinder) -> None:
        self.context = context
        self.queries = queries

    def bind(self, node: tree.Select, order: tuple[tree.Ordered, ...] = ()) -> tuple[Relation, list[Expr]]:
        """The relation of a SELECT; the keys of an ORDER BY that are none of its columns come hidden behind these."""
        context = replace(self.context, hints=node.hints)
        relation = self.source(node, context)
        visible = len(relation.columns)
        binder = SelectExpressions(context, relation, self.queries)
        if is_grouped(node, context, order):
            relation, binder.groups = grouped(node, relation, context, order)
            binder.relation = relation
            binder.scope = Scope(relation.columns)
            visible = len(relation.columns)
        if node.having is not None:
            relation = self._filtered(binder, node.having, "HAVING", is_having=True)
        add_overs(node, binder, order)
        if node.qualify is not None:
            self._qualified(binder, node.qualify)
        return self._projected(node, binder, visible, order)

    def source(self, node: tree.Select, context: Context) -> Relation:
        """FROM and WHERE."""
        if node.source is None:
            return one_row()
        draft = SourceBinder(context, self.queries).bind(node.source)
        where = parts(node.where)
        plain = [one for one in where if not has_subquery(one)]
        binder = Expressions(context, scope(draft), "WHERE")
        relation = finished(draft, [conjunct(one, binder) for one in plain])
        for one in where:
            if has_subquery(one):
                relation = self._with_subquery(relation, one, context)
        return relation

    def _with_subquery(self, relation: Relation, node: tree.Node, context: Context) -> Relation:
        made = semi_joined(relation, node, context, self.queries)
        if made is not None:
            return made
        columns = relation.columns
        binder = SelectExpressions(context, relation, self.queries, "WHERE")
        condition = binder.condition(node)
        found = filtered(binder.relation, [Conjunct(condition.sql)])
        return _cut(found, columns)

    def _filtered(self, binder: SelectExpressions, node: tree.Node, clause: str, *, is_having: bool) -> Relation:
        binder.clause = clause
        conditions = [conjunct(one, binder) for one in parts(node)]
        binder.clause = "SELECT"
        if is_having:
            binder.relation = filtered(binder.relation, conditions)
        return binder.relation

    def _qualified(self, binder: SelectExpressions, node: tree.Node) -> None:
        binder.clause = "QUALIFY"
        conditions = [conjunct(one, binder) for one in parts(node)]
        relation, rest = ranked(binder.relation, conditions)
        binder.relation = filtered(relation, rest)
        binder.clause = "SELECT"

    # -- items

    def _projected(
        self, node: tree.Select, binder: SelectExpressions, visible: int, order: tuple[tree.Ordered, ...]
    ) -> tuple[Relation, list[Expr]]:
        names: list[str] = []
        made: list[Expr] = []
        for item in node.items:
            if isinstance(item.expression, tree.Star):
                self._star(item.expression, binder, visible, names, made)
                continue
            value = binder.bind(item.expression)
            if value.type.root == "NULL":
                raise self.context.error("Illegal use of 'NULL'", item.expression)
            made.append(value)
            names.append(self._name(item, value, names))
        hidden = [] if node.distinct else self._order_keys(order, binder, names, node)
        relation = self._project(binder, _unique(names), made, [one for one in hidden if one is not None])
        if node.distinct:
            relation = distinct_rows(relation, self.context)
        return relation, [one for one in hidden if one is not None]

    def _star(
        self, node: tree.Star, binder: SelectExpressions, visible: int, names: list[str], made: list[Expr]
    ) -> None:
        """``*``; of groups all columns must be keys."""
        inner = binder.groups.inner if binder.groups is not None else None
        found = inner.scope if inner is not None else Scope(binder.scope.columns[:visible])
        places = [i for i in found.star(node.parts) if _shown(found.columns[i], node)]
        if not node.parts:
            places.sort(key=lambda place: not found.columns[place].common)
        if not places and node.parts:
            self._row_star(node, binder, names, made)
            return
        for place in places:
            column = found.columns[place]
            if inner is None:
                value = Expr(mark(place), column.type, column.time, name=column.name)
            else:
                parts_ = (*column.qualifier[-1:], column.name)
                value = binder.bind(tree.Name(parts_, at=node.at))
            made.append(value)
            names.append(column.name)

    def _row_star(self, node: tree.Star, binder: SelectExpressions, names: list[str], made: list[Expr]) -> None:
        """``r.*`` of a column that is a ROW."""
        value = binder.bind(tree.Name(node.parts, at=node.at))
        if value.type.root != "ROW":
            raise self.context.error(f"Unknown identifier '{'.'.join(node.parts)}'", node)
        for name in value.type.names:
            made.append(binder.bind(tree.Name((*node.parts, name), at=node.at)))
            names.append(name)

    @staticmethod
    def _name(item: tree.Item, value: Expr, names: list[str]) -> str:
        if item.alias:
            return item.alias
        if isinstance(item.expression, tree.Name):
            return item.expression.parts[-1]
        del value
        return f"EXPR${len(names)}"

    def _order_keys(
        self, order: tuple[tree.Ordered, ...], binder: SelectExpressions, names: list[str], node: tree.Select
    ) -> list[Expr | None]:
        """Keys of ORDER BY that are no column of the SELECT: an alias and an ordinal are."""
        found: list[Expr | None] = []
        for one in order:
            expression = one.expression
            ordinal = isinstance(expression, tree.Constant) and expression.kind == "integer"
            alias = isinstance(expression, tree.Name) and len(expression.parts) == 1 and expression.parts[0] in names
            if ordinal or alias:
                found.append(None)
                continue
            same = next((item for item in node.items if _same(item.expression, expression)), None)
            found.append(None if same is not None else binder.bind(expression))
        return found

    def _project(self, binder: SelectExpressions, names: list[str], made: list[Expr], hidden: list[Expr]) -> Relation:
        below = binder.relation
        columns = [_column(name, value, below) for name, value in zip(names, made, strict=True)]
        columns += [replace(_column("", one, below), hidden=True) for one in hidden]
        fields = tuple(Field(one.name or f"$order{i}", one.type, one.time) for i, one in enumerate(columns))
        expressions = tuple(Bound(one.sql, one.type) for one in (*made, *hidden))
        return Relation(Project(fields, below.node, expressions), tuple(columns))


def _shown(column: Column, node: tree.Star) -> bool:
    """Whether a star gives a column: of those that are found by their qualifier alone, only a qualified one does."""
    return bool(column.name) and (not column.hidden or bool(node.parts))


def _column(name: str, value: Expr, below: Relation) -> Column:
    place = value.column
    window = below.columns[place].window if place is not None and place < len(below.columns) else None
    return Column(name, value.type, value.time, window)


def _same(first: tree.Node, second: tree.Node) -> bool:
    """Whether two trees say the same, wherever they stand."""
    return bare(first) == bare(second)


def bare(node: object) -> object:
    """A tree as values that compare without places."""
    if isinstance(node, tree.Node):
        fields = [name for name in node.__dataclass_fields__ if name != "at"]
        return (type(node).__name__, *(bare(getattr(node, name)) for name in fields))
    if isinstance(node, tuple):
        return tuple(bare(one) for one in node)
    return node


def _unique(names: list[str]) -> list[str]:
    """Names of which a second one gets a number, as Flink gives it."""
    seen: set[str] = set()
    made = []
    for name in names:
        new, number = name, 0
        while new in seen:
            new, number = f"{name}{number}", number + 1
        seen.add(new)
        made.append(new)
    return made


def _cut(relation: Relation, columns: tuple[Column, ...]) -> Relation:
    """Only the first columns."""
    if len(relation.node.fields) == len(columns):
        return relation
    fields = relation.node.fields[: len(columns)]
    kept = tuple(Bound(mark(i), one.type) for i, one in enumerate(fields))
    return Relation(Project(fields, relation.node, kept), columns)
