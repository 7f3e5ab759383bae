"""FROM: joins, lateral views, and the refusal of cartesian products."""

from typing import TYPE_CHECKING, cast

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute import operators
from yunbox.sql.maxcompute.binder import calls
from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder, choose
from yunbox.sql.maxcompute.binder.scope import Scope, column
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import At, CartesianProduct, ParseFailed, SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.expr import Expr
from yunbox.sql.maxcompute.functions import Function
from yunbox.sql.maxcompute.relations import (
    DerivedRelation,
    From,
    Join,
    Lateral,
    LateralRelation,
    Relation,
    ScanRelation,
    SelectBlock,
    relations_of,
)

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.queries import QueryBinder

_EQUALITY_TEXT = "expect equality expression (i.e., only use '=' and 'AND') for join condition without mapjoin hint"


def bind_from(binder: "QueryBinder", node: exp.Select, scope: Scope) -> From | None:
    """Bind FROM with its joins and lateral views; None when there is none."""
    from_ = node.args.get("from_")
    source = _operand(binder, from_.this, scope) if from_ is not None else None
    return _joined(binder, source, node, scope)


def sampled(source: From | None, node: exp.Select) -> From | None:
    """FROM with the TABLESAMPLE that stands after a relation's alias, where the parser gives it to the SELECT."""
    sample = tablesample(node)
    if sample and not isinstance(source, ScanRelation | DerivedRelation):
        raise UnsupportedSql("TABLESAMPLE after the alias of a joined table", at(node.args["sample"]))
    if sample and isinstance(source, ScanRelation | DerivedRelation):
        source.sample = sample
    return source


def tablesample(node: exp.Expr) -> str:
    """The TABLESAMPLE clause of a relation."""
    found = node.args.get("sample")
    if found is None:
        return ""
    share, rows = found.args.get("percent"), found.args.get("size")
    size = share if share is not None else rows
    if not isinstance(size, exp.Literal) or size.is_string or (share is not None and float(size.this) > 100):
        raise SemanticError("TABLESAMPLE takes a constant number of rows, or a percentage", at(found))
    if share is None and not size.this.isdigit():
        raise SemanticError("TABLESAMPLE takes a whole number of rows", at(found))
    method = f"bernoulli({size.this} PERCENT)" if share is not None else f"reservoir({size.this} ROWS)"
    return f" TABLESAMPLE {method}"


def _operand(binder: "QueryBinder", node: exp.Expr, scope: Scope) -> From:
    """One item of FROM with what is joined to it; parentheses may stand around several."""
    if isinstance(node, exp.Lateral):
        raise UnsupportedSql("LATERAL as the first item of FROM", at(node))
    if isinstance(node, exp.Subquery) and _is_item(node.this):
        if node.args.get("alias"):
            raise ParseFailed("joined tables in parentheses take no alias", at(node))
        source = _operand(binder, node.this, scope)
    else:
        if isinstance(node, exp.Values) and not (node.args.get("alias") and node.args["alias"].columns):
            raise ParseFailed("VALUES in FROM needs a name and names of its columns", at(node))
        relation = binder.relation(node, scope)
        scope.add(relation, at(node))
        source = relation
    return _joined(binder, source, node, scope) or source


def _is_item(node: exp.Expr) -> bool:
    """Whether parentheses hold items of FROM rather than a query."""
    return isinstance(node, exp.Table) or (
        isinstance(node, exp.Subquery) and any(node.args.get(key) for key in ("alias", "joins"))
    )


def _joined(binder: "QueryBinder", source: From | None, node: exp.Expr, scope: Scope) -> From | None:
    """The joins and lateral views after an item, in the order in which they were written."""
    joins, views = node.args.get("joins") or [], node.args.get("laterals") or []
    items = [*joins, *views] if not (joins and views) else sorted([*joins, *views], key=_written)
    for item in items:
        if isinstance(item, exp.Lateral):
            source = _lateral_view(binder, source, item, scope)
        elif source is not None:
            source = _join(binder, source, item, scope)
    return source


def _written(node: exp.Expr) -> tuple[int, int]:
    place = at(node)
    return place.line, place.column


def _join(binder: "QueryBinder", left: From, node: exp.Join, scope: Scope) -> From:
    if isinstance(node.this, exp.Lateral):
        return _lateral_view(binder, left, node.this, scope)
    seen = list(scope.relations)
    right = _operand(binder, node.this, scope)
    new = [relation for relation in scope.relations if relation not in seen]
    kind = _kind(node)
    if node.args.get("method") not in (None, "NATURAL"):
        raise ParseFailed(f"{node.args['method']} JOIN is no join of MaxCompute", at(node))
    expressions = ExpressionBinder(binder, scope)
    on = [test for test in expressions.conjuncts(node.args.get("on")) if test.value is not True]
    if not (_in_memory(scope, kind, seen, new) or binder.session.lenient):
        _check_equalities(on, (seen, new), node)
    shared = [name.name.lower() for name in node.args.get("using") or []]
    if node.args.get("method") == "NATURAL":
        names = {name for relation in seen for name in relation.columns}
        shared = [name for relation in new for name in relation.columns if name in names]
    on += [_using(scope, seen, new, name, kind, node) for name in shared]
    if kind in ("semi", "anti"):
        scope.relations = seen
    if kind == "cross" and on:
        kind = "inner"
    return Join(left, right, kind, on)


def _in_memory(scope: Scope, kind: str, left: list[Relation], right: list[Relation]) -> bool:
    """Whether a mapjoin hint names a side that may be the small one: neither of a FULL JOIN, as its page has it."""
    small = {"inner": [left, right], "cross": [left, right], "right": [left], "full": []}.get(kind, [right])
    return any(all(relation.name in scope.mapjoin for relation in side) for side in small)


def _check_equalities(tests: list[Expr], sides: tuple[list[Relation], list[Relation]], node: exp.Join) -> None:
    """Without a mapjoin hint, what a join condition says of both sides is equalities that AND connects."""
    left, right = ({relation.number for relation in side} for side in sides)
    for test in tests:
        numbers = {number for number, _ in test.refs}
        if numbers & left and numbers & right and not _ties(test, left, right):
            raise SemanticError(_EQUALITY_TEXT, at(node.args.get("on") or node))


def _ties(test: Expr, left: set[int], right: set[int]) -> bool:
    """Whether a test is an equality of something on one side with something on the other."""
    if test.op not in ("=", "<=>"):
        return False
    first, second = ({number for number, _ in arg.refs} & (left | right) for arg in test.args)
    return (first <= left and second <= right) or (first <= right and second <= left)


def _kind(node: exp.Join) -> str:
    side, kind = str(node.args.get("side") or "").lower(), str(node.args.get("kind") or "").lower()
    if kind in ("semi", "anti"):
        if side != "left":
            written = f"{side} {kind} JOIN".upper().strip()
            raise ParseFailed(f"{written} is no join of MaxCompute: LEFT {kind.upper()} JOIN is", at(node))
        return kind
    if side in ("left", "right", "full"):
        return side
    if kind in ("", "inner", "cross", "outer"):
        return "cross" if kind == "cross" else "inner"
    raise ParseFailed(f"{kind.upper()} JOIN is no join of MaxCompute", at(node))


def _using(scope: Scope, left: list[Relation], right: list[Relation], name: str, kind: str, node: exp.Join) -> Expr:
    sides = []
    for relations in (left, right):
        found = [relation for relation in relations if name in relation.columns]
        if not found or (len(found) > 1 and name not in scope.merged):
            raise SemanticError(f"column {name} in USING cannot be resolved", at(node))
        sides.append(column(found[0], name))
    a = scope.merged.get(name, sides[0])
    b = sides[1]
    test = operators.compare("=", a, b, at(node))
    if kind not in ("semi", "anti"):
        both = choose([operators.negate(operators.is_null(a))], [a, b], node) if kind == "full" else a
        scope.merged[name] = b if kind == "right" else both
    return test


def _lateral_view(binder: "QueryBinder", source: From | None, node: exp.Expr, scope: Scope) -> From:
    if not node.args.get("view"):
        raise ParseFailed("LATERAL needs VIEW and a table function", at(node))
    expressions = ExpressionBinder(binder, scope)
    table = calls.table_call(expressions, node.this)
    if table is None:
        if isinstance(node.this, exp.Anonymous):
            calls.lookup(expressions, node.this.name.lower(), node.this)
        raise UnsupportedSql(f"LATERAL VIEW of {node.this.sql()[:60]}", at(node))
    alias = node.args.get("alias")
    name = alias.name.lower() if alias is not None and alias.this is not None else ""
    names = [label.name.lower() for label in alias.columns] if alias is not None else []
    made = lateral(binder, table, name, names, outer=bool(node.args.get("outer")), where=at(node))
    scope.add(made, at(node))
    return Lateral(source, made)


def lateral(
    binder: "QueryBinder",
    table: tuple[Function, list[Expr]],
    name: str,
    names: list[str],
    *,
    outer: bool,
    where: At,
) -> LateralRelation:
    """The relation a table function makes."""
    function, args = table
    made, _, call = function.resolve(args, binder.session, where)
    columns = cast(list[tuple[str, DataType, str]], made)
    if names and len(names) != len(columns):
        raise SemanticError(f"{function.name} gives {len(columns)} columns, {len(names)} names are given", where)
    labels = names or [default for default, _, _ in columns]
    relation = LateralRelation(
        **binder.identity(name or function.name),
        columns={label: of for label, (_, of, _) in zip(labels, columns, strict=True)},
        items=[sql for _, _, sql in columns],
        args=list(call.args),
        outer=outer,
    )
    relation.name = name
    binder.register(relation)
    return relation


def check_cartesian(binder: "QueryBinder", node: exp.Expr, block: SelectBlock, hinted: bool) -> None:
    """Every two relations must be tied by equalities, unless the session or a mapjoin hint allows otherwise."""
    if not isinstance(block.source, Join) or binder.session.allow_cartesian or hinted:
        return
    groups: dict[int, int] = {}
    tests = list(block.where)
    _walk(block.source, groups, tests)

    def root(number: int) -> int:
        while groups[number] != number:
            number = groups[number]
        return number

    for test in tests:
        for numbers in _tied(test):
            known = sorted(root(number) for number in numbers if number in groups)
            for number in known[1:]:
                groups[root(number)] = root(known[0])
    if len({root(number) for number in groups}) > 1:
        raise CartesianProduct(at(node))


def _tied(test: Expr) -> list[set[int]]:
    """The groups of relations that a condition ties together by equality."""
    if test.op in ("=", "<=>"):
        return [{number for number, _ in test.refs}]
    if test.op == "and":
        return [found for part in test.args for found in _tied(part)]
    if test.op == "or":
        sides = [_tied(part) for part in test.args]
        return [found for found in sides[0] if all(found in side for side in sides[1:])]
    return []


def _walk(source: From | None, groups: dict[int, int], tests: list[Expr]) -> None:
    if isinstance(source, Join):
        _walk(source.left, groups, tests)
        _walk(source.right, groups, tests)
        tests += source.on
        if source.kind == "cross":
            members: dict[int, int] = {}
            _walk(source.left, members, [])
            _walk(source.right, members, [])
            first = min(members)
            for number in members:
                top = number
                while groups[top] != top:
                    top = groups[top]
                base = first
                while groups[base] != base:
                    base = groups[base]
                groups[top] = base
    elif isinstance(source, Lateral):
        _walk(source.source, groups, tests)
        before = relations_of(source.source)
        groups[source.relation.number] = before[0].number if before else source.relation.number
    elif source is not None:
        groups.setdefault(source.number, source.number)
