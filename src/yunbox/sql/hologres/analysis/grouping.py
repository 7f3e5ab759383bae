"""GROUP BY: its items, its sets, and the query below that makes the groups.

Source: the PostgreSQL documentation, "The GROUP BY and HAVING Clauses" and "GROUPING SETS, CUBE, and ROLLUP".
"""

from collections.abc import Sequence
from itertools import combinations, product

from yunbox.sql.decimals import before_rows
from yunbox.sql.hologres.analysis.expressions import Expressions
from yunbox.sql.hologres.analysis.selection import Selection
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, identifier
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.rendering import comparisons

Raw = Sequence[tuple[str, tree.Node | None, Expr | None]]
Set = tuple[str, ...]
_SETS_MAX = 4096
_CUBE_MAX = 12


def analyse(query: Expressions, node: tree.Select, targets: Raw) -> str:
    """Take GROUP BY's keys into the selection; the SQL of its sets."""
    selection = query.selection
    query.clause = "GROUP BY"
    choices = [_sets(query, group, targets) for group in node.groups]
    query.clause = ""
    sets = [tuple(dict.fromkeys(key for part in parts for key in part)) for parts in product(*choices)]
    if len(sets) > _SETS_MAX:
        raise error("54001", f"too many grouping sets present (maximum {_SETS_MAX})", node.at)
    if node.group_distinct:
        sets = list(dict.fromkeys(tuple(sorted(one)) for one in sets))
    query.scope.keyed = selection.keyed
    selection.sets = any(isinstance(group, tree.GroupingSet) for group in node.groups)
    if not selection.sets:
        _dependents(query, selection)
        return ""
    return "GROUPING SETS ({})".format(", ".join(f"({', '.join(one)})" for one in sets))


def _sets(query: Expressions, node: tree.Node, targets: Raw) -> list[Set]:
    """The sets that one item stands for, each as the SQL of its keys."""
    if not isinstance(node, tree.GroupingSet):
        return [_keys(query, node, targets)]
    if node.kind == "empty":
        return [()]
    if node.kind == "sets":
        return [one for part in node.parts for one in _sets(query, part, targets)]
    parts = [_keys(query, part, targets) for part in node.parts]
    if node.kind == "rollup":
        return [_joined(parts[:count]) for count in range(len(parts), -1, -1)]
    if len(parts) > _CUBE_MAX:
        raise error("54011", f"CUBE is limited to {_CUBE_MAX} elements", node.at)
    return [_joined(one) for count in range(len(parts), -1, -1) for one in combinations(parts, count)]


def _joined(parts: Sequence[Set]) -> Set:
    return tuple(key for part in parts for key in part)


def _keys(query: Expressions, node: tree.Node, targets: Raw) -> Set:
    items = node.items if isinstance(node, tree.Row) and not node.explicit else (node,)
    found = []
    for item in items:
        value = _key(query, item, targets)
        query.selection.add_key(value)
        found.append(value.sql)
    return tuple(found)


def _key(query: Expressions, node: tree.Node, targets: Raw) -> Expr:
    """One key: a column, the name or number of a column of the result, or an expression."""
    if isinstance(node, tree.Constant) and node.kind == "integer":
        at = int(node.text)
        if not 1 <= at <= len(targets):
            raise error("42P10", f"GROUP BY position {at} is not in select list", node.at)
        return _of_target(query, targets[at - 1])
    if isinstance(node, tree.Constant) and node.kind in ("string", "number"):
        raise error("42601", "non-integer constant in GROUP BY", node.at)
    if isinstance(node, tree.ColumnRef) and len(node.names) == 1:
        name = node.names[0]
        own = [one for one in query.scope.namespace.columns if one.name == name]
        named = [target for target in targets if target[0] == name]
        if not own and named:
            values = [_of_target(query, target) for target in named]
            if len({value.sql for value in values}) > 1:
                raise error("42702", f'GROUP BY "{name}" is ambiguous', node.at)
            return values[0]
    return _written(query, node)


def _of_target(query: Expressions, target: tuple[str, tree.Node | None, Expr | None]) -> Expr:
    name, node, made = target
    del name
    if made is not None:
        return made
    assert node is not None
    return _written(query, node)


def _written(query: Expressions, node: tree.Node) -> Expr:
    """A key that is an expression."""
    known = query.selection.written(node)
    if known is not None:
        return known
    value = _checked(query.value(node))
    if "SELECT" in value.sql:
        query.selection.queries.append((node, value))
    return value


def _checked(value: Expr) -> Expr:
    comparisons.key(value, equal=True)  # a type without equality is no key
    if value.sets:
        raise unsupported("a set-returning function in GROUP BY", value.at)
    return value


def _dependents(query: Expressions, selection: Selection) -> None:
    """The other columns of a table whose whole primary key is grouped by: each group has one value of them."""
    for source in query.scope.namespace.sources:
        relation = source.relation
        if relation is None or not relation.primary_key:
            continue
        by_number = {column.number: column.name for column in relation.columns}
        grouped = {by_number[one.expr.source[1]] for one in source.columns if one.expr.sql in selection.keys}
        if set(relation.primary_key) <= grouped:
            selection.dependents |= {one.expr.sql: one.expr for one in source.columns}


def inner(selection: Selection, base: str, sets: str) -> str:
    """The query that makes the groups: keys and aggregates under the names that they have above."""
    items, groups = [], []
    for value in selection.key_exprs:
        name = identifier(selection.keys[value.sql])
        keyed = comparisons.needs_key(value)
        if keyed and sets:
            raise unsupported("grouping sets over such values", value.at)
        made, keys = (value.sql, [comparisons.key(value)]) if sets else _grouped(value)
        items.append(f"any_value({value.sql}) AS {name}" if keyed else f"{made} AS {name}")
        groups += keys
    items += [f"{sql} AS {identifier(name)}" for sql, name in selection.aggregates.items()]
    how = sets or ", ".join(groups)
    sql = f"SELECT {', '.join(items) or '1 AS one'}{base}{f' GROUP BY {how}' if how else _one_group(selection)}"
    return before_rows(sql)


def _grouped(value: Expr) -> tuple[str, Sequence[str]]:
    """A key's value within its group, and what makes the groups."""
    found = value.grouped
    if found is not None and found.of == value.sql:
        return found.sql, found.keys
    return value.sql, [comparisons.key(value)]


def _one_group(selection: Selection) -> str:
    """Without keys there is one group, also of no rows, and also when nothing is aggregated."""
    return "" if selection.aggregates else " HAVING count(*) >= 0"
