"""Expressions of a SELECT's items: over groups where there are some, with OVER, with queries as values."""

from yunbox.sql.flink.binder.asking import QueryBinder
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.grouping import Grouped
from yunbox.sql.flink.binder.scope import Relation, Scope
from yunbox.sql.flink.binder.subqueries import scalar_joined
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.parser import tree


class SelectExpressions(Expressions):
    """Expressions of a SELECT's items: over groups where there are some, with OVER, with queries as values."""

    def __init__(self, context: Context, relation: Relation, queries: QueryBinder, clause: str = "SELECT") -> None:
        super().__init__(context, Scope(relation.columns), clause)
        self.relation = relation
        self.queries = queries
        self.groups: Grouped | None = None
        self.overs: dict[int, Expr] = {}
        self.scalars: dict[int, Expr] = {}

    def bind(self, node: tree.Node) -> Expr:
        """A tree, a key of the groups as a whole."""
        if self.groups is not None and (found := self.groups.key(node)) is not None:
            return found
        return super().bind(node)

    def name(self, node: tree.Name) -> Expr:
        """A column, which must be among the keys of the groups."""
        if self.groups is not None:
            self.groups.inner.name(node)
            for length in range(len(node.parts) - 1, 0, -1):
                found = self.groups.key(tree.Name(node.parts[:length], at=node.at))
                if found is not None:
                    return self.fields(found, node.parts[length:], node)
            raise self.context.error(f"Expression '{'.'.join(node.parts)}' is not being grouped", node)
        return super().name(node)

    def aggregate(self, node: tree.Call) -> Expr:
        """An aggregate function."""
        if self.groups is None:
            return super().aggregate(node)
        return self.groups.call(node)

    def grouped(self, node: tree.Call) -> Expr:
        """TUMBLE_START and its kin."""
        found = self.groups.auxiliary(node) if self.groups is not None else None
        return found if found is not None else super().grouped(node)

    def over(self, node: tree.Call) -> Expr:
        """A call with OVER."""
        found = self.overs.get(id(node))
        return found if found is not None else super().over(node)

    def subquery(self, node: tree.Node) -> Expr:
        """A query as a value: it is joined, its one column behind the others."""
        if not isinstance(node, tree.Scalar):
            return super().subquery(node)
        if id(node) not in self.scalars:
            self.relation, made = scalar_joined(self.relation, node, self.context, self.queries)
            self.scalars[id(node)] = made
        return self.scalars[id(node)]
