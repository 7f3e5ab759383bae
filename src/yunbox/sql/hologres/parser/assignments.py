"""Assignments of several columns at once, as one of each."""

from collections.abc import Iterable, Sequence

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
        if not isinstance(node.value, tree.Row):
            raise unsupported("an assignment of several columns from a query", node.at)
        values = [one for item in node.value.items for one in _expanded(item, columns)]
        if len(values) != len(node.columns):
            raise error("42601", "number of columns does not match number of values", node.at)
        pairs = zip(node.columns, values, strict=True)
        found += [tree.Assignment((name,), value, at=node.at) for name, value in pairs]
    return found


def _expanded(item: tree.Node, columns: Sequence[str]) -> tuple[tree.Node, ...]:
    if not isinstance(item, tree.Star) or item.names != _EXCLUDED:
        return (item,)
    return tuple(tree.ColumnRef((*_EXCLUDED, name), at=item.at) for name in columns)
