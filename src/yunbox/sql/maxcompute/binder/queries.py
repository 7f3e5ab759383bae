"""Whole queries: WITH, set operations, subqueries and views, and what they leave behind for the plan."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from yunbox.schema.tables import Table, TableName
from yunbox.schema.types import DataType
from yunbox.sql.catalog import Catalog
from yunbox.sql.maxcompute import operators
from yunbox.sql.maxcompute.binder import partitions
from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder
from yunbox.sql.maxcompute.binder.joins import tablesample
from yunbox.sql.maxcompute.binder.ordering import limit_clauses, order_outputs
from yunbox.sql.maxcompute.binder.scope import Scope, column
from yunbox.sql.maxcompute.binder.selects import bind_select
from yunbox.sql.maxcompute.casts import cast, common_type, implicit
from yunbox.sql.maxcompute.dialect import at, parse_query
from yunbox.sql.maxcompute.errors import (
    NOWHERE,
    At,
    IllegalImplicitCast,
    ParseFailed,
    SemanticError,
    SqlError,
    TableNotFound,
    UnsupportedSql,
)
from yunbox.sql.maxcompute.expr import BOOLEAN, Expr, quote
from yunbox.sql.maxcompute.grammar import words
from yunbox.sql.maxcompute.relations import (
    Block,
    Cte,
    CteRelation,
    DerivedRelation,
    Output,
    Relation,
    ScanRelation,
    SelectBlock,
    SetBlock,
    ValuesRelation,
)
from yunbox.sql.maxcompute.render import Renderer
from yunbox.sql.maxcompute.session import Session

_VIEWS_DEEP_MAX = 32
_SET_SIDES_MAX = 256
_METADATA = "information_schema"
_MODIFIERS = ("order", "distribute", "sort", "cluster", "limit", "offset", "with_")
_OPERATORS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}


class QueryBinder:
    """Binds the queries of one statement; owns its relations, its scans and its names."""

    def __init__(self, catalog: Catalog, session: Session) -> None:
        self.catalog = catalog
        self.session = session
        self.relations: list[Relation] = []
        self.scans: list[ScanRelation] = []
        self.views: list[TableName] = []
        self.asked: list[TableName] = []
        self.hints: list[str] = []
        self.subqueries: list[Block] = []
        self.renderer = Renderer(self.relations)
        self._names: dict[str, int] = {}
        self._open_views: list[TableName] = []

    # blocks

    def bind(self, node: exp.Expr, parent: Scope | None = None) -> Block:
        """Bind a query; ``parent`` is the query around it, whose columns and CTEs it may see."""
        try:
            return self._bound(node, parent)
        except SqlError as error:
            error.place(at(node))
            raise

    def _bound(self, node: exp.Expr, parent: Scope | None) -> Block:
        if isinstance(node, exp.Subquery):
            return self._parenthesised(node, parent)
        if isinstance(node, exp.Select):
            scope = Scope(parent)
            ctes = self._ctes(node, scope)
            block: Block = bind_select(self, node, scope)
        elif isinstance(node, exp.SetOperation):
            scope = Scope(parent)
            ctes = self._ctes(node, scope)
            block = self._set(node, scope)
        elif isinstance(node, exp.Values | exp.Table):
            return self.everything(self.relation(node, parent or Scope()))
        else:
            raise ParseFailed(f"{words(type(node).__name__)} is no query", at(node))
        block.ctes = ctes + block.ctes
        return block

    def _parenthesised(self, node: exp.Subquery, parent: Scope | None) -> Block:
        if not _modified(node):
            return self.bind(node.this, parent)
        scope = Scope(parent)
        ctes = self._ctes(node, scope)
        inner = self.bind(node.this, scope)
        block = self.everything(self.derived(inner, "", NOWHERE))
        block.ctes = ctes
        self.modifiers(node, block)
        return block

    def everything(self, relation: Relation) -> SelectBlock:
        """``SELECT *`` of a relation."""
        return SelectBlock(outputs=[Output(name, column(relation, name)) for name in relation.columns], source=relation)

    def _ctes(self, node: exp.Expr, scope: Scope) -> list[Cte]:
        with_ = node.args.get("with_")
        if with_ is None:
            return []
        made: list[Cte] = []
        for item in with_.expressions:
            name = item.alias.lower()
            if any(cte.name == name for cte in made):
                raise SemanticError(f"{name} is defined more than once in WITH", at(item))
            block = self.bind(item.this, barrier(scope))
            rename(block, [column.name.lower() for column in item.args["alias"].columns], at(item))
            scope.ctes[name] = Cte(name, self.unique(name), block)
            made.append(scope.ctes[name])
        return made

    def _set(self, node: exp.SetOperation, scope: Scope) -> SetBlock:
        if not isinstance(node.parent, exp.SetOperation) and _sides(node) > _SET_SIDES_MAX:
            raise SemanticError(f"a set operation has more than {_SET_SIDES_MAX} sides", at(node))
        left, right = self.bind(node.this, scope), self.bind(node.expression, scope)
        if len(left.types) != len(right.types):
            raise SemanticError(
                f"the sides of {type(node).__name__.upper()} have {len(left.types)} and {len(right.types)} columns",
                at(node.expression),
            )
        pairs = list(zip(left.types, right.types, strict=True))
        if self.session.needs_casts:
            _check_sides(pairs, at(node.expression))
        types = [common_type(pair, at(node)) for pair in pairs]
        operator = _OPERATORS[type(node)] + ("" if node.args.get("distinct") else " ALL")
        for of in types if operator != "UNION ALL" else []:
            operators.check_comparable(of, at(node))
        result = list(zip(left.names, types, strict=True))
        block = SetBlock(operator=operator, left=left, right=right, result=result)
        self.modifiers(node, block)
        return block

    def modifiers(self, node: exp.Expr, block: Block) -> None:
        """ORDER BY, LIMIT and OFFSET after a set operation or a parenthesised query: by output only."""
        order_outputs(self, node, block)
        limit_clauses(self, node, block)

    # relations

    def unique(self, name: str) -> str:
        """A name no other relation of the statement has."""
        count = self._names.get(name, 0)
        self._names[name] = count + 1
        if not count:
            return name
        return self.unique(f"{name}_{count}") if f"{name}_{count}" in self._names else f"{name}_{count}"

    def register(self, relation: Relation) -> Relation:
        """Remember a relation under its number."""
        self.relations.append(relation)
        return relation

    def identity(self, name: str) -> dict[str, Any]:
        """Number, name and alias of the next relation."""
        return {"number": len(self.relations), "name": name, "alias": self.unique(name or "subquery")}

    def relation(self, node: exp.Expr, scope: Scope) -> Relation:
        """Bind one item of FROM that is no join."""
        alias = node.args.get("alias")
        name = alias.name.lower() if alias is not None and alias.this is not None else ""
        labels = [column.name.lower() for column in alias.columns] if alias is not None else []
        if isinstance(node, exp.Subquery):
            inner = barrier(scope)
            bare = node.this if not node.args.get("with_") else node
            block = self.bind(bare, inner)
            rename(block, labels, at(node))
            relation = self.derived(block, name, at(node))
            relation.sample = tablesample(node)
            return relation
        if isinstance(node, exp.Values):
            return self._values(node, name, labels, scope)
        if isinstance(node, exp.Table):
            made = self._table(node, name, scope)
            return self._labelled(made, labels, at(node)) if labels else made
        raise ParseFailed(f"{words(type(node).__name__)} is nothing that FROM reads", at(node))

    def derived(self, block: Block, name: str, where: At) -> DerivedRelation:
        """A block as a relation."""
        columns = dict(zip(block.names, block.types, strict=True))
        made = DerivedRelation(**self.identity(name), columns=columns, block=block)
        self.register(made)
        return made

    def _values(self, node: exp.Values, name: str, labels: list[str], scope: Scope) -> Relation:
        binder = ExpressionBinder(self, barrier(scope))
        rows = [binder.all(row.expressions if isinstance(row, exp.Tuple) else [row]) for row in node.expressions]
        width = len(rows[0])
        if any(len(row) != width for row in rows):
            raise SemanticError("the rows of VALUES have different numbers of columns", at(node))
        types = [common_type([row[i].type for row in rows], at(node)) for i in range(width)]
        cells = [[cast(cell, types[i], where=at(node)) for i, cell in enumerate(row)] for row in rows]
        if labels and len(labels) != width:
            raise SemanticError(f"VALUES has {width} columns and {len(labels)} names", at(node))
        names = labels or [f"_c{i}" for i in range(width)]
        columns = dict(zip(names, types, strict=True))
        return self.register(ValuesRelation(**self.identity(name), columns=columns, rows=cells))

    def _labelled(self, relation: Relation, labels: list[str], where: At) -> Relation:
        """A table whose alias names its columns too."""
        block = self.everything(relation)
        rename(block, labels, where)
        return self.derived(block, relation.name, where)

    def _table(self, node: exp.Table, name: str, scope: Scope) -> Relation:
        if not isinstance(node.this, exp.Identifier):
            raise UnsupportedSql(f"table function {node.this.sql()} in FROM", at(node))
        parts = tuple(part.name for part in node.parts)
        shown = name or parts[-1].lower()
        cte = scope.cte(parts[0].lower()) if len(parts) == 1 else None
        if cte is not None:
            columns = dict(zip(cte.block.names, cte.block.types, strict=True))
            made: Relation = CteRelation(**self.identity(shown), columns=columns, cte=cte)
            return self.register(made)
        full = self.session.table_name(parts)
        table = self.catalog.table(full)
        if table is None and _METADATA in (part.lower() for part in parts[:-1]):
            raise UnsupportedSql(f"{_METADATA}.{parts[-1].lower()}", at(node))
        if table is None:
            raise TableNotFound(full, at(node))
        if table.kind == "view":
            return self._view(table, shown, node)
        return self.scan(table, shown, tablesample(node))

    def scan(self, table: Table, name: str, sampled: str = "") -> ScanRelation:
        """A read of a stored table."""
        columns = {column.name.lower(): column.type for column in table.all_columns}
        token = f"__scan_{len(self.scans)}"
        made = ScanRelation(
            **self.identity(name),
            columns=columns,
            token=token,
            table=table,
            sample=sampled,
        )
        self.register(made)
        self.scans.append(made)
        return made

    def _view(self, table: Table, name: str, node: exp.Expr) -> Relation:
        if table.name in self._open_views or len(self._open_views) >= _VIEWS_DEEP_MAX:
            raise SemanticError(f"view {table.name} refers to itself or is nested too deeply", at(node))
        if table.name not in self.views:
            self.views.append(table.name)
        self._open_views.append(table.name)
        before = self.session
        self.session = Session(
            table.name.project, table.name.schema, before.settings, before.user, before.timezone, before.now
        )
        try:
            block = self.bind(parse_query(table.view_text or ""))
        finally:
            self.session = before
            self._open_views.pop()
        rename(block, [column.name.lower() for column in table.columns], at(node))
        relation = self.derived(block, name, at(node))
        relation.sample = tablesample(node)
        return relation

    # subqueries in expressions

    def _nested(self, scope: Scope, node: exp.Expr) -> tuple[Block, frozenset[tuple[int, str]]]:
        inner = Scope(scope)
        block = self.bind(node.this if isinstance(node, exp.Subquery) and not _modified(node) else node, inner)
        self.subqueries.append(block)
        return block, frozenset(inner.outer_refs)

    def scalar_subquery(self, scope: Scope, node: exp.Expr, where: At) -> Expr:
        """A subquery that stands for one value."""
        if (newest := partitions.newest_of(self, scope, node)) is not None:
            return newest
        block, refs = self._nested(scope, node)
        if len(block.types) != 1:
            raise SemanticError(f"a scalar subquery gives one column, this one {len(block.types)}", where)
        return Expr(f"({self.renderer.block(block)})", block.types[0], refs, refs, subquery=True)

    def exists_subquery(self, scope: Scope, node: exp.Expr) -> Expr:
        """EXISTS (subquery)."""
        block, refs = self._nested(scope, node)
        return Expr(f"EXISTS ({self.renderer.block(block, set())})", BOOLEAN, refs, refs, subquery=True)

    def in_subquery(self, scope: Scope, lefts: list[Expr], node: exp.Expr, where: At) -> Expr:
        """``x IN (subquery)``, compared in one type."""
        block, refs = self._nested(scope, node)
        if len(block.types) != len(lefts):
            raise SemanticError(f"IN compares {len(lefts)} columns with {len(block.types)}", where)
        types = [operators.comparison_type(left.type, of, where) for left, of in zip(lefts, block.types, strict=True)]
        values = [implicit(left, of, where) for left, of in zip(lefts, types, strict=True)]
        sql = self.renderer.block(block, types=types)
        left = values[0].sql if len(values) == 1 else f"({', '.join(value.sql for value in values)})"
        if len(values) > 1:
            names = ", ".join(quote(f"c{i}") for i in range(len(values)))
            sql = f"SELECT ({names}) FROM ({self.renderer.block(block, types=types)}) AS q({names})"
        free = refs.union(*[value.free for value in values])
        every = refs.union(*[value.refs for value in values])
        made = Expr(f"({left} IN ({sql}))", BOOLEAN, every, free, subquery=True)
        made.aggregate = any(value.aggregate for value in values)
        return made


def _check_sides(pairs: Sequence[tuple[DataType, DataType]], where: At) -> None:
    """The 2.0 types do not make a STRING of what stands beside one in a set: CAST says what is meant."""
    for position, (left, right) in enumerate(pairs, 1):
        if left.is_text != right.is_text and "void" not in (left.name, right.name):
            told = f"column {position} of the set is {left} on one side and {right} on the other: write cast(...)"
            raise IllegalImplicitCast(told, where)


def _sides(node: exp.Expr) -> int:
    count, left = 1, node
    while isinstance(left, exp.SetOperation):
        count, left = count + 1, left.this
    return count


def _modified(node: exp.Subquery) -> bool:
    return any(node.args.get(key) for key in _MODIFIERS)


def barrier(scope: Scope | None) -> Scope:
    """A scope that sees the CTEs of another, not its columns."""
    ctes: dict[str, Cte] = {}
    while scope is not None:
        ctes = {**scope.ctes, **ctes}
        scope = scope.parent
    return Scope(ctes=ctes)


def rename(block: Block, names: Sequence[str], where: At) -> None:
    """Give a block's outputs the names of a column list; an empty list changes nothing."""
    if not names:
        return
    if len(names) != len(block.names):
        raise SemanticError(f"{len(names)} column names for {len(block.names)} columns", where)
    if isinstance(block, SelectBlock):
        block.outputs = [Output(n, o.expr) for n, o in zip(names, block.outputs, strict=True)]
        block.ambiguous = frozenset(name for name in names if list(names).count(name) > 1)
    elif isinstance(block, SetBlock):
        block.result = [(n, of) for n, (_, of) in zip(names, block.result, strict=True)]
