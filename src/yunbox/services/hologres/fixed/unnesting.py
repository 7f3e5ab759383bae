"""INSERT ... SELECT unnest($1::t[]), ...: many rows as an array for each column, as the vendor's clients send them.

Arrays of other lengths than the longest go on with NULLs, as sets in a list of targets do. Sources: the PostgreSQL
documentation, "SQL Functions Returning Sets"; the vendor's page on fixed plans.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from yunbox.services.hologres.fixed.fitting import fitting
from yunbox.services.hologres.fixed.scope import NotFixed, Scope
from yunbox.services.hologres.fixed.values import WHOLE, Row, Value, conversion, in_range
from yunbox.sql.hologres.parser import tree
from yunbox.storage.rows.model import Column
from yunbox.wire.pgwire.values.types import BY_NAME, ELEMENTS, Type

Convert = Callable[[Any, Row], Any]
"""From an element that is not NULL to a value of the column."""


def unnested(
    query: tree.Select, columns: Sequence[Column], default: Callable[[Column], Value], scope: Scope
) -> Callable[[Row], Iterable[list[Any]]]:
    """What makes the rows of a query that unnests parameters and does nothing else. Raises NotFixed."""
    if query != tree.Select(query.targets, at=query.at) or not 0 < len(query.targets) <= len(columns):
        raise NotFixed
    taken = [_parameter(target.value, scope) for target in query.targets]
    given = {column.number: at for at, column in enumerate(columns[: len(taken)])}
    converts = [_convert(column, *one[1:]) for column, one in zip(columns, taken, strict=False)]
    numbers = [number - 1 for number, _, _ in taken]
    left = [(one.number - 1, fitting(one, default(one))) for one in scope.relation.columns if one.number not in given]
    places = [number - 1 for number in given]

    def rows(row: Row) -> Iterator[list[Any]]:
        beside: list[Any] = [None] * len(scope.relation.columns)
        arrays = [_flat(row.parameters[number]) for number in numbers]
        for items in zip_longest(*arrays):
            made = beside.copy()
            for at, value in left:
                made[at] = value(row)
            for at, item, convert in zip(places, items, converts, strict=True):
                made[at] = None if item is None else convert(item, row)
            yield made

    return rows


def _parameter(node: tree.Node, scope: Scope) -> tuple[int, Type, Type]:
    """The parameter that is unnested, the type of its elements, and the one that they are cast to."""
    if not isinstance(node, tree.Call) or len(node.args) != 1 or node.names != ("unnest",):
        raise NotFixed
    [value] = node.args
    if node != tree.Call(node.names, node.args, at=node.at):
        raise NotFixed
    if not isinstance(value, tree.Cast) or not isinstance(value.value, tree.Parameter):
        raise NotFixed
    written, number = value.type, value.value.number
    known = BY_NAME.get(written.names[-1])
    if known is None or written != tree.TypeName(written.names, dimensions=1, at=written.at) or not known.array:
        raise NotFixed
    element = ELEMENTS.get(scope.parameter(number, known.array))
    if element is None:
        raise NotFixed
    return number, element, known


def _convert(column: Column, element: Type, known: Type) -> Convert:
    """What casts an element, and then makes it one of the column's values. Raises NotFixed."""
    cast = _cast(element, known)
    assigned = conversion(known.oid, column, key=False)
    if assigned is None:
        return _kept(column, cast)
    return _kept(column, lambda item, row: assigned(cast(item, row)))


def _kept(column: Column, convert: Convert) -> Convert:
    made = fitting(column, lambda pair: convert(*pair))
    return lambda item, row: made((item, row))


def _cast(element: Type, known: Type) -> Convert:
    if element is known:
        return lambda item, row: item
    if element.oid in WHOLE and known.oid in WHOLE:
        return lambda item, row: in_range(item, known.oid)
    if element.name == "text":
        return lambda item, row: known.codec.read(item, row.style)
    raise NotFixed


def _flat(value: Any) -> list[Any]:
    """The elements of an array of any dimensions; none of NULL."""
    if value is None:
        return []
    return [one for item in value for one in (_flat(item) if isinstance(item, list) else (item,))]
