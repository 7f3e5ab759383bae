"""Where a name in a query leads: the relations in sight, the queries around, aliases and lambda variables."""

from dataclasses import dataclass, field

from yunbox.sql.maxcompute.errors import At, SemanticError
from yunbox.sql.maxcompute.expr import Expr, Ref
from yunbox.sql.maxcompute.relations import (
    Cte,
    CteRelation,
    DerivedRelation,
    Relation,
    ScanRelation,
    SelectBlock,
    SetBlock,
)


@dataclass(eq=False)
class Scope:
    """The names one SELECT sees. ``merged`` are the columns a JOIN ... USING made one; ``outer_refs`` what
    its subqueries and itself read from queries around. ``mapjoin``: the tables that a hint holds in memory."""

    parent: "Scope | None" = None
    relations: list[Relation] = field(default_factory=list)
    ctes: dict[str, Cte] = field(default_factory=dict)
    merged: dict[str, Expr] = field(default_factory=dict)
    hidden: set[Ref] = field(default_factory=set)
    aliases: dict[str, Expr] = field(default_factory=dict)
    variables: dict[str, Expr] = field(default_factory=dict)
    outer_refs: set[Ref] = field(default_factory=set)
    mapjoin: frozenset[str] = frozenset()

    def cte(self, name: str) -> Cte | None:
        """The CTE of that name, of this query or one around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None

    def relation(self, name: str) -> Relation | None:
        """The relation of that alias in this query only."""
        for relation in self.relations:
            if relation.name == name:
                return relation
        return None

    def add(self, relation: Relation, where: At) -> None:
        """Bring a relation into sight."""
        if relation.name and self.relation(relation.name) is not None:
            raise SemanticError(f"table alias {relation.name} is used more than once", where)
        self.relations.append(relation)

    def lies_in(self, place: str, table: str) -> bool:
        """Whether a relation of that name is a table of that project or schema."""
        relation = self.relation(table)
        if relation is None:
            return self.parent is not None and self.parent.lies_in(place, table)
        if not isinstance(relation, ScanRelation):
            return False
        name = relation.table.name
        return place in (name.project.lower(), name.schema.lower())

    def column(self, name: str, table: str | None, where: At) -> Expr | None:
        """The column a name stands for, here or in a query around; None when there is none."""
        found = self._own(name, table, where)
        if found is None and self.parent is not None:
            found = self.parent.column(name, table, where)
            if found is not None:
                self.outer_refs |= found.refs
        return found

    def _own(self, name: str, table: str | None, where: At) -> Expr | None:
        if table is not None:
            relation = self.relation(table)
            return _column(relation, name, where) if relation is not None and name in relation.columns else None
        if name in self.variables:
            return self.variables[name]
        if name in self.merged:
            return self.merged[name]
        found = [relation for relation in self.relations if name in relation.columns]
        if len(found) > 1:
            tables = ", ".join(relation.name or "a subquery" for relation in found)
            raise SemanticError(f"column {name} is ambiguous: it is in {tables}", where)
        return _column(found[0], name, where) if found else None


def _column(relation: Relation, name: str, where: At) -> Expr:
    """A column that a name leads to; one of several that a subquery gives under one name cannot be meant."""
    block = relation.block if isinstance(relation, DerivedRelation) else None
    if isinstance(relation, CteRelation):
        block = relation.cte.block
    while isinstance(block, SetBlock):
        block = block.left
    if isinstance(block, SelectBlock) and name in block.ambiguous:
        raise SemanticError(
            f"column {name} is ambiguous: {relation.name or 'a subquery'} has several of that name", where
        )
    return column(relation, name)


def column(relation: Relation, name: str) -> Expr:
    """A reference to a column of a relation."""
    refs = frozenset(((relation.number, name),))
    return Expr(relation.column_sql(name), relation.columns[name], refs, refs, op="column", name=name)
