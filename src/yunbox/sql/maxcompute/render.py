"""Bound blocks to DuckDB SQL, and on the way down the columns each relation must really deliver."""

from collections.abc import Sequence

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast
from yunbox.sql.maxcompute.expr import Expr, quote
from yunbox.sql.maxcompute.relations import (
    Block,
    Cte,
    CteRelation,
    DerivedRelation,
    From,
    Join,
    Lateral,
    LateralRelation,
    OrderItem,
    Relation,
    ScanRelation,
    SelectBlock,
    SetBlock,
    ValuesRelation,
)

_JOINS = {
    "inner": "JOIN", "cross": "CROSS JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN",
    "semi": "SEMI JOIN", "anti": "ANTI JOIN",
}  # fmt: skip


class Renderer:
    """Writes blocks; knows every relation by its number, to tell it which columns are needed."""

    def __init__(self, relations: list[Relation]) -> None:
        self._relations = relations

    def block(
        self,
        block: Block,
        needed: set[int] | None = None,
        types: Sequence[DataType] | None = None,
        names: Sequence[str] | None = None,
        exact: bool = False,
    ) -> str:
        """The SQL of a block.

        ``needed`` are the output positions someone reads (all when None), ``types`` and ``names`` what the
        outputs must become; ``exact`` casts every output, so that DuckDB's type is the declared one.
        """
        if isinstance(block, SelectBlock):
            body = self._select(block, needed, types, names, exact)
        else:
            assert isinstance(block, SetBlock)
            body = self._set(block, needed, types, names, exact)
        return self._with(block.ctes) + body

    def _with(self, ctes: list[Cte]) -> str:
        parts: list[str] = []
        for cte in reversed(ctes):
            if not cte.references:
                continue
            kept = _positions(cte.block.names, cte.needed)
            parts.append(f"{quote(cte.alias)} AS ({self.block(cte.block, kept)})")
        return f"WITH {', '.join(reversed(parts))} " if parts else ""

    def _need(self, *exprs: Expr) -> None:
        for expr in exprs:
            for number, name in expr.refs:
                self._relations[number].needed.add(name)

    def _select(
        self,
        block: SelectBlock,
        needed: set[int] | None,
        types: Sequence[DataType] | None,
        names: Sequence[str] | None,
        exact: bool,
    ) -> str:
        kept = _kept_outputs(block, needed)
        for i in kept:
            self._need(block.outputs[i].expr)
        self._need(*block.where, *block.keys, *block.having, *block.qualify)
        self._need(*[item.expr for item in block.order if item.expr is not None])
        items = [self._item(block, i, types, names, exact) for i in kept] or ['1 AS "_"']
        sql = f"SELECT {'DISTINCT ' if block.distinct else ''}{', '.join(items)}"
        if block.source is not None:
            _need_above(self, block.source)
            sql += f" FROM {self._from(block.source)}"
        sql += _clause("WHERE", block.where)
        if block.group_sql is not None:
            sql += f" GROUP BY {block.group_sql}"
        sql += _clause("HAVING", block.having) + _clause("QUALIFY", block.qualify)
        return sql + _tail(block, kept)

    def _item(
        self,
        block: SelectBlock,
        i: int,
        types: Sequence[DataType] | None,
        names: Sequence[str] | None,
        exact: bool,
    ) -> str:
        output = block.outputs[i]
        expr = output.expr if types is None else cast(output.expr, types[i])
        name = names[i] if names else output.name
        of = expr.type.duckdb
        if exact and expr.op != "column" and not expr.sql.endswith(f" AS {of})"):
            return f"CAST({expr.sql} AS {of}) AS {quote(name)}"
        return f"{expr.sql} AS {quote(name)}"

    def _set(
        self,
        block: SetBlock,
        needed: set[int] | None,
        types: Sequence[DataType] | None,
        names: Sequence[str] | None,
        exact: bool,
    ) -> str:
        if block.operator != "UNION ALL" or block.order:
            needed = None
        kept = sorted(needed) if needed is not None else list(range(len(block.names)))
        if not kept:
            kept, needed = [0], {0}
        wanted = types or block.types
        labels = names or block.names
        left = self._side(block.left, needed, wanted, labels, exact)
        right = self._side(block.right, needed, wanted, labels, exact)
        return f"{left} {block.operator} {right}" + _tail(block, kept)

    def _side(
        self,
        block: Block,
        needed: set[int] | None,
        types: Sequence[DataType],
        names: Sequence[str],
        exact: bool,
    ) -> str:
        return f"({self.block(block, needed, types, names, exact)})"

    def _from(self, source: From) -> str:
        if isinstance(source, Join):
            left = self._from(source.left)
            right = self._from(source.right)
            if isinstance(source.right, Join | Lateral):
                right = f"({right})"
            if source.kind == "cross" or (source.kind == "inner" and not source.on):
                return f"{left} CROSS JOIN {right}"
            condition = " AND ".join([expr.sql for expr in source.on]) or "TRUE"
            return f"{left} {_JOINS[source.kind]} {right} ON {condition}"
        if isinstance(source, Lateral):
            right = self._relation(source.relation)
            if source.source is None:
                return right
            join = "LEFT JOIN" if source.relation.outer else "JOIN"
            return f"{self._from(source.source)} {join} {right} ON TRUE"
        return self._relation(source)

    def _relation(self, relation: Relation) -> str:
        alias = quote(relation.alias)
        if isinstance(relation, ScanRelation):
            return f"{quote(relation.token)} AS {alias}{relation.sample}"
        if isinstance(relation, DerivedRelation):
            kept = _positions(relation.block.names, relation.needed)
            return f"({self.block(relation.block, kept)}) AS {alias}{relation.sample}"
        if isinstance(relation, CteRelation):
            relation.cte.references += 1
            relation.cte.needed |= relation.needed
            return f"{quote(relation.cte.alias)} AS {alias}"
        columns = ", ".join(quote(name) for name in relation.columns)
        if isinstance(relation, ValuesRelation):
            rows = ", ".join("(" + ", ".join(cell.sql for cell in row) + ")" for row in relation.rows)
            return f"(VALUES {rows}) AS {alias}({columns})"
        assert isinstance(relation, LateralRelation)
        items = ", ".join(f"{sql} AS {quote(name)}" for sql, name in zip(relation.items, relation.columns, strict=True))
        return f"LATERAL (SELECT {items}) AS {alias}"


def _need_above(renderer: Renderer, source: From | None) -> None:
    """Mark what join conditions and lateral views read, before any relation below them is written."""
    if isinstance(source, Join):
        renderer._need(*source.on)
        _need_above(renderer, source.left)
        _need_above(renderer, source.right)
    elif isinstance(source, Lateral):
        renderer._need(*source.relation.args)
        _need_above(renderer, source.source)


def _kept_outputs(block: SelectBlock, needed: set[int] | None) -> list[int]:
    everything = list(range(len(block.outputs)))
    if needed is None or block.distinct:
        return everything
    kept = set(needed) | {item.position for item in block.order if item.position is not None}
    if block.aggregated and block.group_sql is None and not block.having:
        aggregates = [i for i in everything if block.outputs[i].expr.aggregate]
        if aggregates and not any(i in kept for i in aggregates):
            kept.add(aggregates[0])
    return sorted(kept)


def _positions(names: list[str], needed: set[str]) -> set[int]:
    return {i for i, name in enumerate(names) if name in needed}


def _clause(word: str, conditions: list[Expr]) -> str:
    return f" {word} {' AND '.join([expr.sql for expr in conditions])}" if conditions else ""


def _tail(block: Block, kept: list[int]) -> str:
    sql = ""
    if block.order:
        sql += f" ORDER BY {', '.join([_order(item, kept) for item in block.order])}"
    if block.limit is not None:
        sql += f" LIMIT {block.limit}"
    if block.offset is not None:
        sql += f" OFFSET {block.offset}"
    return sql


def _order(item: OrderItem, kept: list[int]) -> str:
    if item.position is not None:
        return f"{kept.index(item.position) + 1}{item.suffix}"
    assert item.expr is not None
    return f"{item.expr.sql}{item.suffix}"
