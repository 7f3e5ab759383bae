"""GROUP BY with its sets, and the rule that whatever is not grouped must be aggregated."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder
from yunbox.sql.maxcompute.binder.scope import Scope
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import At, ParseFailed, SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.expr import Expr
from yunbox.sql.maxcompute.operators import check_comparable
from yunbox.sql.maxcompute.relations import SelectBlock

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.queries import QueryBinder

_SETS: dict[type[exp.Expr], str] = {exp.Cube: "CUBE", exp.Rollup: "ROLLUP", exp.GroupingSets: "GROUPING SETS"}


def bind_group(binder: "QueryBinder", node: exp.Select, scope: Scope, block: SelectBlock) -> None:
    """Bind the GROUP BY clause into the block's keys and its SQL."""
    group = node.args.get("group")
    if group is None:
        return
    if not any(group.args.get(key) for key in ("expressions", "grouping_sets", "cube", "rollup")):
        raise ParseFailed("GROUP BY needs a key", at(node))
    grouper = _Grouper(binder, node, scope, block)
    plain = [grouper.element(item) for item in group.expressions]
    sets: list[str] = []
    with_all = ""
    for key in ("grouping_sets", "cube", "rollup"):
        for item in group.args.get(key) or []:
            if isinstance(item, exp.Expr) and item.expressions:
                sets.append(grouper.element(item))
            elif isinstance(item, exp.Expr):
                with_all = _SETS.get(type(item), "")
    if with_all:
        block.grouping_sets = True
        block.group_sql = f"{with_all} ({', '.join(plain)})"
    else:
        block.group_sql = ", ".join(sets or plain)
        _check_sets(sets, block, node)
    block.aggregated = True


def _check_sets(sets: list[str], block: SelectBlock, node: exp.Expr) -> None:
    for key in block.keys if sets else []:
        if not any(key.sql in written for written in sets):
            raise UnsupportedSql(f"GROUPING SETS that leave out the key {key.name or key.sql}", at(node))


class _Grouper:
    def __init__(self, binder: "QueryBinder", node: exp.Select, scope: Scope, block: SelectBlock) -> None:
        self.binder = binder
        self.node = node
        self.block = block
        self.scope = scope
        self.expressions = ExpressionBinder(binder, scope)

    def element(self, item: exp.Expr) -> str:
        if type(item) in _SETS:
            self.block.grouping_sets = True
            inner = ", ".join(self.part(part) for part in item.expressions)
            return f"{_SETS[type(item)]} ({inner})"
        return self.key(item)

    def part(self, item: exp.Expr) -> str:
        if isinstance(item, exp.Tuple):
            return f"({', '.join(self.key(key) for key in item.expressions)})"
        return self.element(item.this if isinstance(item, exp.Paren) else item)

    def key(self, item: exp.Expr) -> str:
        value = self.expressions.bind(self.written(item))
        if value.subquery:
            raise SemanticError("GROUP BY cannot have a subquery", at(item))
        if value.aggregate or value.window:
            raise SemanticError("GROUP BY cannot have an aggregate or a window function", at(item))
        check_comparable(value.type, at(item))
        if value.sql not in [key.sql for key in self.block.keys]:
            self.block.keys.append(value)
        return f"({value.sql} || '')" if value.constant and value.type.is_text else _not_position(value)

    def written(self, item: exp.Expr) -> exp.Expr:
        """What a key stands for: itself, the select item at its position, or the item of its alias."""
        items = self.node.expressions
        if isinstance(item, exp.Literal) and not item.is_string and self.binder.session.group_positions:
            index = int(item.this) - 1 if item.this.isdigit() else -1
            if not 0 <= index < len(items):
                raise SemanticError(f"GROUP BY position {item.this} is not in the select list", at(item))
            return items[index].this if isinstance(items[index], exp.Alias) else items[index]
        if isinstance(item, exp.Column) and not item.table:
            name = item.name.lower()
            if self.scope.column(name, None, at(item)) is None:
                for found in items:
                    if isinstance(found, exp.Alias) and found.alias.lower() == name:
                        return found.this
        return item


def _not_position(value: Expr) -> str:
    return f"CAST({value.sql} AS {value.type.duckdb})" if value.constant else value.sql


def check_group(block: SelectBlock, after: list[Expr], where: At) -> None:
    """Refuse columns that are neither grouped nor aggregated."""
    exprs = [output.expr for output in block.outputs] + after
    if block.group_sql is None and not any(expr.aggregate for expr in exprs):
        if block.having:
            raise SemanticError("HAVING needs GROUP BY or an aggregate function", where)
        return
    block.aggregated = True
    grouped = frozenset().union(*[key.refs for key in block.keys if key.op == "column"])
    local = _local(block)
    for expr in exprs:
        loose = sorted(ref for ref in expr.free - grouped if ref[0] in local)
        if loose:
            name = f"{local[loose[0][0]]}.{loose[0][1]}".lstrip(".")
            raise SemanticError(f"column reference {name} should appear in GROUP BY key", where)


def _local(block: SelectBlock) -> dict[int, str]:
    from yunbox.sql.maxcompute.relations import Join, Lateral, Relation

    found: dict[int, str] = {}
    stack: list[object] = [block.source]
    while stack:
        top = stack.pop()
        if isinstance(top, Join):
            stack += [top.left, top.right]
        elif isinstance(top, Lateral):
            stack += [top.source, top.relation]
        elif isinstance(top, Relation):
            found[top.number] = top.name
    return found
