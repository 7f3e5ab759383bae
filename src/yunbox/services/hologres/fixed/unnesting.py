"""INSERT ... SELECT unnest($1::t[]), ...: many rows as an array for each column, as the vendor's clients send them.

Arrays of other lengths than the longest go on with NULLs, as sets in a list of targets do. Sources: the PostgreSQL
documentation, "SQL Functions Returning Sets"; the vendor's page on fixed plans.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat, zip_longest
from typing import Any

from yunbox.services.hologres.fixed.fitting import fit, fitting, keeps_all
from yunbox.services.hologres.fixed.scope import NotFixed, Scope
from yunbox.services.hologres.fixed.values import WHOLE, Row, Value, conversion, in_range
from yunbox.sql.hologres.parser import tree
from yunbox.storage.rows.model import Column
from yunbox.wire.pgwire.report import PgError
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
        arrays = [_flat(row.parameters[number]) for number in numbers]
        count = max(map(len, arrays))
        beside: list[Any] = [None] * len(scope.relation.columns)
        try:
            columns: list[Iterable[Any]] = [repeat(value, count) for value in beside]
            for at, value in left:
                columns[at] = repeat(value(row), count)
            for at, items, convert in zip(places, arrays, converts, strict=True):
                made = _converted(items, convert, row)
                columns[at] = made if len(made) == count else chain(made, repeat(None, count - len(made)))
        except PgError:  # whatever is wrong first is told, by rows
            yield from one_by_one(row, arrays)
            return
        yield from map(list, zip(*columns, strict=True))

    def one_by_one(row: Row, arrays: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
        for items in zip_longest(*arrays):
            made: list[Any] = [None] * len(scope.relation.columns)
            for at, value in left:
                made[at] = value(row)
            for at, item, convert in zip(places, items, converts, strict=True):
                made[at] = None if item is None else item if convert is None else convert(item, row)
            yield made

    return rows


def _converted(items: Sequence[Any], convert: Convert | None, row: Row) -> Sequence[Any]:
    return items if convert is None else [None if item is None else convert(item, row) for item in items]


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


def _convert(column: Column, element: Type, known: Type) -> Convert | None:
    """What casts an element, and then makes it one of the column's values; None where it is one. Raises NotFixed."""
    cast, assigned = _cast(element, known), conversion(known.oid, column, key=False)
    if cast is None and assigned is None:
        return None if keeps_all(column) else lambda item, row: fit(column, item)
    if cast is None:
        assert assigned is not None
        return lambda item, row: fit(column, assigned(item))
    if assigned is None:
        return lambda item, row: fit(column, cast(item, row))
    return lambda item, row: fit(column, assigned(cast(item, row)))


def _cast(element: Type, known: Type) -> Convert | None:
    if element is known:
        return None
    if element.oid in WHOLE and known.oid in WHOLE:
        return lambda item, row: in_range(item, known.oid)
    if element.name == "text":
        return lambda item, row: known.codec.read(item, row.style)
    raise NotFixed


def _flat(value: Any) -> list[Any]:
    """The elements of an array of any dimensions; none of NULL."""
    if value is None:
        return []
    if not any(isinstance(item, list) for item in value):
        return value
    return [one for item in value for one in (_flat(item) if isinstance(item, list) else (item,))]
