"""Assignments of several columns at once, as one of each."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.parser import tree

_EXCLUDED = ("excluded",)


def singles(nodes: Iterable[tree.Assignment], columns: Sequence[str]) -> list[tree.Assignment]:
    """SET a = x, and for ``(a, b) = ROW (excluded.*)`` one for each of a table's columns, which is how the vendor's
    page "INSERT ON CONFLICT" has a whole row replaced. Raises PgError 42601, 0A000."""
    found: list[tree.Assignment] = []
    for node in nodes:
        if len(node.columns) == 1:
            found.append(node)
            continue
        if isinstance(node.value, tree.Subquery):
            found += _of_query(node, node.value)
            continue
        if not isinstance(node.value, tree.Row):
            message = "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression"
            raise error("0A000", message, node.value.at)
        values = [one for item in node.value.items for one in _expanded(item, columns)]
        if len(values) != len(node.columns):
            raise error("42601", "number of columns does not match number of values", node.at)
        pairs = zip(node.columns, values, strict=True)
        found += [tree.Assignment((name,), value, at=node.at) for name, value in pairs]
    return found


def _of_query(node: tree.Assignment, value: tree.Subquery) -> list[tree.Assignment]:
    """The same query for each column, of which that takes one. Raises PgError 42601, 0A000."""
    first = value.query
    while isinstance(first, tree.SetOperation):
        first = first.left
    if not isinstance(first, tree.Select) or any(map(_is_starred, first.targets)):
        raise unsupported("an assignment of several columns from such a query", node.at)
    if len(first.targets) != len(node.columns):
        raise error("42601", "number of columns does not match number of values", value.at)
    names = tuple(f"c{at}" for at in range(len(node.columns)))
    rows = tree.QueryRef(value.query, alias=tree.Alias("assigned", names), at=value.at)
    return [tree.Assignment((column,), replace(value, query=_column_of(rows, name)), at=node.at)
            for column, name in zip(node.columns, names, strict=True)]  # fmt: skip


def _column_of(rows: tree.QueryRef, name: str) -> tree.Select:
    return tree.Select((tree.Target(tree.ColumnRef((name,), at=rows.at)),), sources=(rows,), at=rows.at)


def _is_starred(target: tree.Target) -> bool:
    value = target.value
    return isinstance(value, tree.Star) or (isinstance(value, tree.Field) and value.name == "*")


def _expanded(item: tree.Node, columns: Sequence[str]) -> tuple[tree.Node, ...]:
    if not isinstance(item, tree.Star) or item.names != _EXCLUDED:
        return (item,)
    return tuple(tree.ColumnRef((*_EXCLUDED, name), at=item.at) for name in columns)
