"""One evaluation of a path over a document, item by item, so that what only asks whether there is one ends early."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from yunbox.sql.hologres.natives.jsonpath_items import (
    ROUNDED,
    ItemError,
    as_double,
    as_moment,
    compared,
    computed,
    is_number,
    item_error,
    kind_of,
    like_regex,
    negated,
    offsets,
    subscript,
)
from yunbox.sql.hologres.natives.stopping import LARGE, check
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.jsonpaths.tree import ARITHMETIC, COMPARISONS, LEVEL_MAX, METHODS, PREDICATES, Node, Path

_STEPS = 1024
"""Behind how many steps it is asked whether the statement goes on."""
_ID_FACTOR = 10_000_000_000


@dataclass(frozen=True, slots=True)
class _Base:
    """What an object is numbered within: the document, the variables, or an object that was made."""

    value: Any
    number: int


class _At(NamedTuple):
    """Where an evaluation stands: ``@``, the array of ``last``, and how errors are taken.

    ``lenient`` passes over what is not there, ``throwing`` says that an error reaches the client, and ``only`` that
    nobody looks at the items.
    """

    current: Any
    base: _Base
    size: int
    lenient: bool
    throwing: bool
    only: bool = False


class Run:
    """One evaluation."""

    def __init__(
        self, path: Path, document: Any, variables: dict[str, Any] | None, statement: int | None, throwing: bool
    ) -> None:
        self.path, self.document, self.variables, self.statement = path, document, variables, statement
        self.lax = not path.strict
        self.made = 1 if variables is None else 2
        self.steps = 0
        self.placed: dict[int, dict[int, int]] = {}
        self.kept: list[Any] = []
        self.start = _At(document, _Base(document, 0), -1, self.lax, throwing)

    def found(self) -> Iterator[Any]:
        """All items. Raises ItemError, PgError."""
        return iter(self._items(self.path.root, self.document, self.start))

    def finds(self) -> bool:
        """Whether there is an item. Raises ItemError, PgError."""
        return self._any(self.path.root, self.document, self.start)

    def _step(self) -> None:
        self.steps += 1
        if not self.steps % _STEPS:
            check(self.statement, LARGE)

    # -- items

    def _items(self, node: Node, item: Any, at: _At, unwrap: bool | None = None) -> Iterable[Any]:
        self._step()
        return _HOW[node.kind](self, node, item, at, self.lax if unwrap is None else unwrap)

    def _next(self, node: Node, item: Any, at: _At) -> Iterable[Any]:
        return (item,) if node.next is None else self._items(node.next, item, at)

    def _unwrapped(self, node: Node, items: list[Any], at: _At) -> Iterator[Any]:
        for item in items:
            yield from self._items(node, item, at, False)

    def _each(self, node: Node, items: Iterable[Any], at: _At) -> Iterator[Any]:
        for item in items:
            self._step()
            yield from self._next(node, item, at)

    def _listed(self, node: Node, item: Any, at: _At, unwrap: bool) -> list[Any]:
        """All items of an operand, and in a lax path the elements of arrays among them."""
        found = list(self._items(node, item, at._replace(only=False) if at.only else at))
        if not (unwrap and self.lax):
            return found
        return [one for each in found for one in (each if isinstance(each, list) else (each,))]

    def _any(self, node: Node, item: Any, at: _At) -> bool:
        if self.lax:
            return any(True for _ in self._items(node, item, at._replace(only=True)))
        return bool(list(self._items(node, item, at)))

    def _scalar(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        return self._next(node, node.value, at)

    def _variable(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if self.variables is None:
            return self._next(node, None, at)
        if node.value not in self.variables:
            raise failure("42704", f'could not find jsonpath variable "{node.value}"')
        return self._next(node, self.variables[node.value], at._replace(base=_Base(self.variables, 1)))

    def _root(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        return self._next(node, self.document, at._replace(base=_Base(self.document, 0)))

    def _current(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        return self._next(node, at.current, at)

    def _last(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        return self._next(node, Decimal(at.size - 1), at)

    def _predicate(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        return self._next(node, self._holds(node, item, at), at)

    # -- steps

    def _key(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if isinstance(item, dict):
            if node.value in item:
                return self._next(node, item[node.value], at)
            if not at.lenient:
                raise item_error("2203A", f'JSON object does not contain key "{node.value}"')
        elif unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        elif not at.lenient:
            raise item_error("2203A", "jsonpath member accessor can only be applied to an object")
        return ()

    def _any_key(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if isinstance(item, dict):
            return self._each(node, item.values(), at)
        if unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        if not at.lenient:
            raise item_error("2203C", "jsonpath wildcard member accessor can only be applied to an object")
        return ()

    def _any_element(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if isinstance(item, list):
            return self._each(node, item, at)
        if self.lax:
            return self._next(node, item, at)
        if not at.lenient:
            raise item_error("22039", "jsonpath wildcard array accessor can only be applied to an array")
        return ()

    def _subscript(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterator[Any]:
        if not isinstance(item, list) and not self.lax:
            if not at.lenient:
                raise item_error("22039", "jsonpath array accessor can only be applied to an array")
            return
        items = item if isinstance(item, list) else [item]
        inner = at._replace(size=len(items))
        for low, high in node.value:
            first = self._place(low, item, inner)
            last = first if high is None else self._place(high, item, inner)
            if not at.lenient and not 0 <= first <= last < len(items):
                raise item_error("22033", "jsonpath array subscript is out of bounds")
            yield from self._each(node, items[max(first, 0) : max(last + 1, 0)], inner)

    def _place(self, node: Node, item: Any, at: _At) -> int:
        found = self._listed(node, item, at, unwrap=False)
        return subscript(found[0] if len(found) == 1 else None)

    def _descendants(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterator[Any]:
        first, last = node.value
        inner = at._replace(lenient=True)
        if first == 0:
            try:
                yield from self._next(node, item, inner)
            except ItemError:  # which is passed over where nobody is told and there is more to look at
                if at.throwing or not isinstance(item, dict | list):
                    raise
        if isinstance(item, dict | list):
            yield from self._below(node, item, inner, 1, first, last)

    def _below(self, node: Node, item: Any, at: _At, level: int, first: int, last: int) -> Iterator[Any]:
        if level > last:
            return
        for one in item.values() if isinstance(item, dict) else item:
            self._step()
            holds = isinstance(one, dict | list)
            if level >= first or (first == last == LEVEL_MAX and not holds):
                yield from self._next(node, one, at)
            if holds and level < last:
                yield from self._below(node, one, at, level + 1, first, last)

    def _filter(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        if self._holds(node.args[0], item, at._replace(current=item)) is not True:
            return ()
        return self._next(node, item, at)

    # -- arithmetic

    def _binary(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        left, right = (self._listed(one, item, at, unwrap=True) for one in node.args)
        for side, found in (("left", left), ("right", right)):
            if len(found) != 1 or not is_number(found[0]):
                message = f"{side} operand of jsonpath operator {node.kind} is not a single numeric value"
                raise item_error("22038", message)
        return self._next(node, computed(node.kind, left[0], right[0]), at)

    def _unary(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterator[Any]:
        for one in self._listed(node.args[0], item, at, unwrap=True):
            if not is_number(one):
                if at.only and node.next is None:
                    continue
                symbol = node.kind[0]
                raise item_error("2203B", f"operand of unary jsonpath operator {symbol} is not a numeric value")
            yield from self._next(node, negated(one) if node.kind == "-1" else one, at)

    # -- methods

    def _type(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        return self._next(node, kind_of(item), at)

    def _size(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if not isinstance(item, list) and not self.lax:
            if not at.lenient:
                raise item_error("22039", "jsonpath item method .size() can only be applied to an array")
            return ()
        return self._next(node, Decimal(len(item) if isinstance(item, list) else 1), at)

    def _rounded(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        name = node.kind[1:-2]
        if not is_number(item):
            raise item_error("22036", f"jsonpath item method .{name}() can only be applied to a numeric value")
        return self._next(node, ROUNDED[name](item), at)

    def _double(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        return self._next(node, as_double(item), at)

    def _datetime(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        return self._next(node, as_moment(item, node.value), at)

    def _keyvalue(self, node: Node, item: Any, at: _At, unwrap: bool) -> Iterable[Any]:
        if unwrap and isinstance(item, list):
            return self._unwrapped(node, item, at)
        if not isinstance(item, dict):
            raise item_error("2203C", "jsonpath item method .keyvalue() can only be applied to an object")
        return self._pairs(node, item, at)

    def _pairs(self, node: Node, item: dict[str, Any], at: _At) -> Iterator[Any]:
        number = Decimal(at.base.number * _ID_FACTOR + self._offset(item, at.base.value))
        for key, value in item.items():
            self._step()
            made = {"id": number, "key": key, "value": value}
            base = _Base(made, self.made)
            self.made += 1
            yield from self._next(node, made, at._replace(base=base))

    def _offset(self, item: dict[str, Any], within: Any) -> int:
        """Where an object begins in what it is numbered within, which is kept so that its number stays its own."""
        if id(within) not in self.placed:
            self.placed[id(within)] = offsets(within)
            self.kept.append(within)
        return self.placed[id(within)].get(id(item), 0)

    # -- predicates

    def _holds(self, node: Node, item: Any, at: _At) -> bool | None:
        self._step()
        if node.kind in COMPARISONS:
            return self._pairwise(node, item, at, lambda left, right: compared(node.kind, left, right), unwrap=True)
        return _WHETHER[node.kind](self, node, item, at)

    def _and(self, node: Node, item: Any, at: _At) -> bool | None:
        left = self._holds(node.args[0], item, at)
        if left is False:
            return False
        right = self._holds(node.args[1], item, at)
        return left if right is True else right

    def _or(self, node: Node, item: Any, at: _At) -> bool | None:
        left = self._holds(node.args[0], item, at)
        if left is True:
            return True
        right = self._holds(node.args[1], item, at)
        return left if right is False else right

    def _not(self, node: Node, item: Any, at: _At) -> bool | None:
        found = self._holds(node.args[0], item, at)
        return None if found is None else not found

    def _unknown(self, node: Node, item: Any, at: _At) -> bool | None:
        return self._holds(node.args[0], item, at) is None

    def _exists(self, node: Node, item: Any, at: _At) -> bool | None:
        try:
            return self._any(node.args[0], item, at._replace(throwing=False))
        except ItemError:
            return None

    def _starts(self, node: Node, item: Any, at: _At) -> bool | None:
        def begins(whole: Any, initial: Any) -> bool | None:
            return whole.startswith(initial) if isinstance(whole, str) and isinstance(initial, str) else None

        return self._pairwise(node, item, at, begins, unwrap=False)

    def _matches(self, node: Node, item: Any, at: _At) -> bool | None:
        expression, flags = node.value
        return self._pairwise(
            node, item, at, lambda text, _: like_regex(text, expression, flags, self.statement), unwrap=False
        )

    def _pairwise(
        self, node: Node, item: Any, at: _At, holds: Callable[[Any, Any], bool | None], *, unwrap: bool
    ) -> bool | None:
        """Whether any pair of the operands' items holds; a strict path wants to know it of all of them."""
        inner = at._replace(throwing=False) if at.throwing else at
        try:
            left = self._listed(node.args[0], item, inner, unwrap=True)
            right = self._listed(node.args[1], item, inner, unwrap) if len(node.args) > 1 else [None]
        except ItemError:
            return None
        results: set[bool | None] = set()
        for one in left:
            for other in right:
                self._step()
                result = holds(one, other)
                if result is (True if self.lax else None):
                    return result
                results.add(result)
        return True if True in results else None if None in results else False


_How = Callable[[Run, Node, Any, _At, bool], Iterable[Any]]
_HOW: dict[str, _How] = {
    "scalar": Run._scalar, "$name": Run._variable, "$": Run._root, "@": Run._current, "last": Run._last,
    ".key": Run._key, ".*": Run._any_key, "[*]": Run._any_element, "[]": Run._subscript, ".**": Run._descendants,
    "?": Run._filter, "+1": Run._unary, "-1": Run._unary, ".type()": Run._type, ".size()": Run._size,
    ".double()": Run._double, ".datetime()": Run._datetime, ".keyvalue()": Run._keyvalue,
    **dict.fromkeys(PREDICATES, Run._predicate), **dict.fromkeys(ARITHMETIC, Run._binary),
    **dict.fromkeys((f".{name}()" for name in METHODS if name in ROUNDED), Run._rounded),
}  # fmt: skip
_WHETHER: dict[str, Callable[[Run, Node, Any, _At], bool | None]] = {
    "&&": Run._and, "||": Run._or, "!": Run._not, "is unknown": Run._unknown, "exists": Run._exists,
    "starts with": Run._starts, "like_regex": Run._matches,
}  # fmt: skip
