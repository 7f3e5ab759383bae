"""Look-ups: the rows of some primary keys. Source: the vendor's page "Accelerate SQL statements by fixed plans"."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from yunbox.services.hologres.fixed.results import Output, output_of
from yunbox.services.hologres.fixed.scope import Find, NotFixed, Scope, scope_of
from yunbox.services.hologres.fixed.values import WHOLE, Row, Value, value_for
from yunbox.sql.hologres.parser import tree
from yunbox.storage.rows.keys import encoder
from yunbox.storage.rows.model import Column
from yunbox.storage.rows.rights import Stated
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.values.types import ELEMENTS

KEYS_MAX = 10_000
"""The most keys that one statement looks up without the engine."""
Choices = Callable[[Row], list[object]]
"""The values that one column of a key may have."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a WHERE names: for each column of the primary key the values that it may have."""

    encode: Callable[[Sequence[object]], bytes]
    choices: tuple[Choices, ...]

    def __call__(self, row: Row) -> list[bytes]:
        """The keys, each once and in their order; a NULL is equal to nothing."""
        encode = self.encode
        if len(self.choices) == 1:
            found = self.choices[0](row)
            if len(found) == 1:
                return [] if found[0] is None else [encode(found)]
            return sorted({encode((value,)) for value in found if value is not None})
        values = [[one for one in choices(row) if one is not None] for choices in self.choices]
        return sorted({encode(combined) for combined in product(*values)})


@dataclass(frozen=True, slots=True)
class AnyKeys:
    """The keys that a WHERE of several whole keys names, with OR between them."""

    each: tuple[Keys, ...]

    def __call__(self, row: Row) -> list[bytes]:
        """The keys, each once and in their order."""
        return sorted({key for keys in self.each for key in keys(row)})


Sought = Keys | AnyKeys


@dataclass(frozen=True, slots=True)
class Get:
    """SELECT of columns WHERE the whole primary key is given."""

    keys: Sought
    output: Output
    parameters: tuple[int, ...]
    need: Stated

    def run(self, view: View, parameters: Row) -> list[bytes]:
        """The rows that are there. Raises PgError."""
        found = [view.row(key) for key in self.keys(parameters)]
        return [row for row in found if row is not None]


def get_of(statement: tree.Select, find: Find, types: Sequence[int]) -> Get:
    """A query as a look-up. Raises NotFixed."""
    s = statement
    more = (s.with_, s.order, s.limit, s.offset, s.locks, s.distinct, s.groups, s.having, s.windows)
    if any(part is not None and part != () for part in more) or len(s.sources) != 1 or s.where is None:
        raise NotFixed
    scope = scope_of(s.sources[0], find, types)
    keys = keys_of(s.where, scope)
    output = output_of(s.targets, scope)
    return Get(keys, output, scope.parameters(), scope.need("SELECT"))


def keys_of(where: tree.Node | None, scope: Scope) -> Sought:
    """The keys of a WHERE that gives each column of the primary key once, and nothing else, or of several with OR
    between them. Raises NotFixed."""
    if where is None or not scope.relation.primary_key:
        raise NotFixed
    if isinstance(where, tree.Logic) and where.word == "or" and len(where.parts) <= KEYS_MAX:
        return AnyKeys(tuple(_whole_key(part, scope) for part in where.parts))
    return _whole_key(where, scope)


def _whole_key(where: tree.Node, scope: Scope) -> Keys:
    parts = where.parts if isinstance(where, tree.Logic) and where.word == "and" else (where,)
    found: dict[int, Choices] = {}
    for part in parts:
        column, choices = _part(part, scope)
        if column.number in found or column.number not in scope.relation.primary_key:
            raise NotFixed
        found[column.number] = choices
    if len(found) != len(scope.relation.primary_key):
        raise NotFixed
    return Keys(encoder(scope.relation), tuple(found[number] for number in scope.relation.primary_key))


def _part(node: tree.Node, scope: Scope) -> tuple[Column, Choices]:
    """One equality: of a column with a value, or with any of some."""
    if isinstance(node, tree.Operation) and node.symbol == "=" and node.left is not None and not node.schema:
        left, right = node.left, node.right
        if not isinstance(left, tree.ColumnRef):
            left, right = right, left
        column = scope.column(left)
        return column, _single(value_for(right, column, scope, key=True))
    if isinstance(node, tree.InList) and not node.negated and len(node.choices) <= KEYS_MAX:
        column = scope.column(node.value)
        values = [value_for(one, column, scope, key=True) for one in node.choices]
        return column, lambda row: [value(row) for value in values]
    if isinstance(node, tree.Quantified) and node.symbol == "=" and not node.every and not node.negated:
        column = scope.column(node.left)
        return column, _listed(node.right, column, scope)
    raise NotFixed


def _single(value: Value) -> Choices:
    return lambda row: [value(row)]


def _listed(node: object, column: Column, scope: Scope) -> Choices:
    """The elements of an array that is a parameter: of the column's own type, or whole numbers as it has."""
    if not isinstance(node, tree.Parameter):
        raise NotFixed
    oid = scope.parameter(node.number, column.type.array)
    element = ELEMENTS.get(oid)
    if element is None or not (element.oid == column.type_oid or {element.oid, column.type_oid} <= WHOLE.keys()):
        raise NotFixed
    at = node.number - 1

    def choices(row: Row) -> list[object]:
        given = row.parameters[at]
        return [] if given is None else list(_elements(given))

    return choices


def _elements(array: object) -> Iterator[object]:
    """The elements of an array of any number of dimensions."""
    assert isinstance(array, list)
    for one in array:
        if isinstance(one, list):
            yield from _elements(one)
        else:
            yield one
