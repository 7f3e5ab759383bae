"""One SELECT: FROM, WHERE, GROUP BY, the select list, and the rules that connect them."""

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.sql.maxcompute.binder import calls, grouping, windows
from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder
from yunbox.sql.maxcompute.binder.joins import bind_from, check_cartesian, lateral, sampled
from yunbox.sql.maxcompute.binder.ordering import limit_clauses, order_select
from yunbox.sql.maxcompute.binder.scope import Scope, column
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import ParseFailed, SemanticError
from yunbox.sql.maxcompute.expr import Expr
from yunbox.sql.maxcompute.operators import check_comparable
from yunbox.sql.maxcompute.relations import Lateral, Output, Relation, SelectBlock, relations_of

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.queries import QueryBinder

_PATTERN = re.compile(r"[^\w\s]")
_SMALL_TABLES = 128  # of a mapjoin hint, by its page


def bind_select(binder: "QueryBinder", node: exp.Select, scope: Scope) -> SelectBlock:
    """Bind one SELECT in a scope that already knows its CTEs."""
    block = SelectBlock()
    hints = _hints(binder, node)
    scope.mapjoin = frozenset(hints)
    block.source = sampled(bind_from(binder, node, scope), node)
    plain = ExpressionBinder(binder, scope)
    where = node.args.get("where")
    block.where = plain.conjuncts(where.this) if where is not None else []
    if any(test.window for test in block.where):
        raise SemanticError("a window function is not allowed in WHERE: use QUALIFY or a subquery", at(where))
    check_cartesian(binder, node, block, any(one.name in hints for one in relations_of(block.source)))
    grouping.bind_group(binder, node, scope, block)
    keys = tuple(key.sql for key in block.keys)
    listed = ExpressionBinder(binder, scope, keys=keys, aggregates=True)
    windows.name_windows(listed, node.args.get("windows") or [])
    _select_list(binder, node, scope, block, listed)
    after = _after_list(binder, node, scope, block, listed, keys)
    block.distinct = node.args.get("distinct") is not None
    for of in block.types if block.distinct else []:
        check_comparable(of, at(node))
    grouping.check_group(block, after, at(node))
    limit_clauses(binder, node, block)
    return block


def _after_list(
    binder: "QueryBinder",
    node: exp.Select,
    scope: Scope,
    block: SelectBlock,
    listed: ExpressionBinder,
    keys: tuple[str, ...],
) -> list[Expr]:
    scope.aliases = {output.name: output.expr for output in block.outputs}
    late = ExpressionBinder(binder, scope, keys=keys, aggregates=True)
    late.named_windows = listed.named_windows
    if node.args.get("having"):  # comes before the select list, whose aliases it therefore does not see
        late.aliases = "last" if binder.session.lenient else ""
        block.having = late.conjuncts(node.args["having"].this)
    late.aliases = "last"
    if node.args.get("qualify"):
        block.qualify = late.conjuncts(node.args["qualify"].this)
        if not any(test.window for test in block.qualify):
            raise SemanticError("use QUALIFY clause without window function", at(node.args["qualify"]))
    late.aliases = "first"
    extra = order_select(binder, node, block, late)
    block.windows = listed.windows + late.windows
    return [*block.having, *block.qualify, *extra]


def _hints(binder: "QueryBinder", node: exp.Select) -> set[str]:
    """Remember the hints; gives back the tables that a mapjoin hint names: they may be joined without equality."""
    hint = node.args.get("hint")
    small: set[str] = set()
    for item in hint.expressions if hint is not None else []:
        text = item.sql(comments=False) if isinstance(item, exp.Expr) else str(item)
        binder.hints.append(text.lower())
        if isinstance(item, exp.Anonymous) and item.name.lower() in ("mapjoin", "distmapjoin", "broadcast"):
            small |= {table.name.lower() for table in item.expressions}  # distmapjoin's has its shards in parentheses
    if len(small) > _SMALL_TABLES:
        raise ParseFailed(f"a mapjoin hint names {_SMALL_TABLES} tables at most", at(node))
    return small


def _select_list(
    binder: "QueryBinder", node: exp.Select, scope: Scope, block: SelectBlock, listed: ExpressionBinder
) -> None:
    outputs: list[Output] = []
    for item in node.expressions:
        outputs += _item(binder, item, scope, block, listed, len(outputs))
    if not outputs:
        raise ParseFailed("the select list is empty", at(node))
    names = [output.name for output in outputs]
    block.ambiguous = frozenset(name for name in names if names.count(name) > 1)
    block.outputs = _distinct_names(outputs)


def _item(
    binder: "QueryBinder",
    item: exp.Expr,
    scope: Scope,
    block: SelectBlock,
    listed: ExpressionBinder,
    position: int,
) -> list[Output]:
    if (several := _several(item, scope, listed)) is not None:
        return several
    inner = item.this if isinstance(item, exp.Alias | exp.Aliases) else item
    if isinstance(inner, exp.Star) or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
        raise ParseFailed("invalid token 'as': * takes no alias", at(item.args.get("alias") or item))
    table = calls.table_call(listed, inner)
    if table is not None:
        _alone(binder, inner)
        names = [alias.name.lower() for alias in item.expressions] if isinstance(item, exp.Aliases) else []
        if isinstance(item, exp.Alias):
            names = [item.alias.lower()]
        made = lateral(binder, table, "", names, outer=False, where=at(inner))
        block.source = Lateral(block.source, made)
        return [Output(name, column(made, name)) for name in made.columns]
    if isinstance(item, exp.Aliases):
        if isinstance(inner, exp.Anonymous):
            calls.lookup(listed, inner.name.lower(), inner)
        raise SemanticError("only a table function takes several aliases", at(item))
    value = listed.bind(inner)
    return [Output(_name(item, inner, value, position), value)]


def _alone(binder: "QueryBinder", call: exp.Expr) -> None:
    """A table function in the select list is all that the SELECT makes, as the vendor's page "EXPLODE" has it."""
    select = call.find_ancestor(exp.Select)
    if select is None or binder.session.lenient:
        return
    name = call.name.lower()
    if len(select.expressions) > 1:
        raise SemanticError(f"table function {name} stands alone in a SELECT: use LATERAL VIEW beside others", at(call))
    if any(select.args.get(key) for key in ("group", "cluster", "distribute", "sort")):
        raise SemanticError(f"table function {name} cannot be used with GROUP BY, CLUSTER BY, DISTRIBUTE BY or SORT BY",
                            at(call))  # fmt: skip


def _several(item: exp.Expr, scope: Scope, listed: ExpressionBinder) -> list[Output] | None:
    """What ``*``, ``t.*`` and a regular expression stand for; None for any other item."""
    if isinstance(item, exp.Star):
        return _star(item, scope.relations, scope, listed)
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        relation = scope.relation(item.table.lower())
        if relation is None:
            raise SemanticError(f"table {item.table} cannot be resolved", at(item))
        return _star(item.this, [relation], None, listed)
    if isinstance(item, exp.Column) and (pattern := _pattern(item, scope)) is not None:
        return _matching(item, pattern, scope, listed)
    return None


def _pattern(item: exp.Column, scope: Scope) -> re.Pattern[str] | None:
    """The regular expression that a name in backquotes is when it is no column's: it selects the columns it matches."""
    table = item.table.lower() or None
    quoted = item.this.args.get("quoted") and _PATTERN.search(item.name)
    if not quoted or scope.column(item.name.lower(), table, at(item)) is not None:
        return None
    try:
        return re.compile(item.name, re.IGNORECASE)
    except re.error as error:
        raise SemanticError(f"`{item.name}` is no regular expression: {error}", at(item)) from None


def _matching(item: exp.Column, pattern: re.Pattern[str], scope: Scope, listed: ExpressionBinder) -> list[Output]:
    relations = scope.relations
    if item.table:
        relations = [one for one in relations if one.name == item.table.lower()]
    found = [output for output in _star(item, relations, scope, listed) if pattern.fullmatch(output.name)]
    if not found:
        raise SemanticError(f"no column matches the regular expression `{item.name}`", at(item))
    return found


def _name(item: exp.Expr, inner: exp.Expr, value: Expr, position: int) -> str:
    if isinstance(item, exp.Alias):
        return item.alias.lower()
    if isinstance(inner, exp.Column | exp.Dot):
        last = inner.name if isinstance(inner, exp.Column) else inner.expression.name
        return last.lower() if value.op in ("column", "field", "variable") else f"_c{position}"
    return f"_c{position}"


def _star(star: exp.Expr, relations: list[Relation], scope: Scope | None, listed: ExpressionBinder) -> list[Output]:
    if not relations:
        raise SemanticError("the select list needs a FROM clause", at(star))
    dropped = {found.name.lower() for found in star.args.get("except_") or []}
    replaced = {found.alias.lower(): found.this for found in star.args.get("replace") or []}
    merged = dict(scope.merged) if scope is not None else {}
    pairs = list(merged.items())
    for relation in relations:
        pairs += [
            (name, column(relation, name))
            for name in relation.columns
            if name not in merged and (scope is None or (relation.number, name) not in scope.hidden)
        ]
    known = {name for name, _ in pairs}
    for name in (*dropped, *replaced):
        if name not in known:
            raise SemanticError(f"column {name} cannot be resolved", at(star))
    made: list[Output] = []
    for name, expr in pairs:
        if name in dropped:
            continue
        if name in replaced:
            expr = listed.bind(replaced[name])
        elif expr.sql in listed.keys:
            expr.free = frozenset()
        made.append(Output(name, expr))
    return made


def _distinct_names(outputs: list[Output]) -> list[Output]:
    taken: set[str] = set()
    for output in outputs:
        name, count = output.name, 2
        while name in taken:
            name, count = f"{output.name}{count}", count + 1
        output.name = name
        taken.add(name)
    return outputs
