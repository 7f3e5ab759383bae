"""The parts of a condition that must all hold, bound, with what joins and Top-N look for in them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.literals import interval_ms
from yunbox.sql.flink.errors import FlinkSqlError
from yunbox.sql.flink.expr import Expr, columns_of, shifted
from yunbox.sql.flink.parser import tree

_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Term = tuple[int, int]
"""A time attribute's place, and milliseconds that are added to it."""


@dataclass(frozen=True)
class Conjunct:
    """One part. A comparison keeps its two sides; ``terms`` are they when both are times with an offset."""

    sql: str
    symbol: str = ""
    left: Expr | None = None
    right: Expr | None = None
    terms: tuple[Term, Term] | None = None

    @property
    def columns(self) -> frozenset[int]:
        """The places that it reads."""
        return columns_of(self.sql)

    def shifted(self, by: int) -> "Conjunct":
        """The same over columns that stand further right."""
        left = replace(self.left, sql=shifted(self.left.sql, by)) if self.left is not None else None
        right = replace(self.right, sql=shifted(self.right.sql, by)) if self.right is not None else None
        terms = self.terms
        if terms is not None:
            terms = ((terms[0][0] + by, terms[0][1]), (terms[1][0] + by, terms[1][1]))
        return Conjunct(shifted(self.sql, by), self.symbol, left, right, terms)

    def turned(self) -> "Conjunct":
        """A comparison with its sides exchanged."""
        terms = (self.terms[1], self.terms[0]) if self.terms is not None else None
        return Conjunct(self.sql, _TURNED.get(self.symbol, self.symbol), self.right, self.left, terms)


def parts(node: tree.Node | None) -> tuple[tree.Node, ...]:
    """The conjuncts of a tree; BETWEEN is two."""
    return tuple(chain.from_iterable(_split(one) for one in tree.conjuncts(node)))


def _split(node: tree.Node) -> tuple[tree.Node, ...]:
    if isinstance(node, tree.Between) and not (node.negated or node.symmetric):
        low = tree.Operation(">=", node.operand, node.low, at=node.at)
        return (low, tree.Operation("<=", node.operand, node.high, at=node.at))
    return (node,)


def conjunct(node: tree.Node, binder: Expressions) -> Conjunct:
    """A conjunct that is bound."""
    found = binder.condition(node)
    if not isinstance(node, tree.Operation) or node.symbol not in _TURNED:
        return Conjunct(found.sql)
    left, right = binder.bind(node.left), binder.bind(node.right)
    terms = None
    first, second = _term(node.left, binder), _term(node.right, binder)
    if first is not None and second is not None:
        terms = (first, second)
    return Conjunct(found.sql, node.symbol, left, right, terms)


def _term(node: tree.Node, binder: Expressions) -> Term | None:
    """A time attribute, or one with an interval added or taken away."""
    if isinstance(node, tree.Name):
        try:
            found = binder.name(node)
        except FlinkSqlError:
            return None
        place = found.column
        return (place, 0) if place is not None and found.time else None
    if not isinstance(node, tree.Operation) or node.symbol not in ("+", "-"):
        return None
    base = _term(node.left, binder)
    if base is None or not isinstance(node.right, tree.IntervalOf) or node.right.unit in ("YEAR", "MONTH", "QUARTER"):
        return None
    ms = interval_ms(node.right, binder.context.text)
    return base[0], base[1] + (ms if node.symbol == "+" else -ms)


def all_of(conjuncts: tuple[Conjunct, ...] | list[Conjunct]) -> str:
    """Marked SQL of all; empty when there is none."""
    if not conjuncts:
        return ""
    return conjuncts[0].sql if len(conjuncts) == 1 else "(" + " AND ".join(one.sql for one in conjuncts) + ")"


def has_subquery(node: tree.Node) -> bool:
    """Whether a query stands somewhere in an expression."""
    return any(isinstance(one, tree.Exists | tree.InQuery | tree.Scalar) for one in walk(node))


def walk(node: object) -> Iterator[tree.Node]:
    """A tree's nodes, outer ones first; it does not go into queries."""
    if isinstance(node, tree.Node):
        yield node
        for name in node.__dataclass_fields__:
            value = getattr(node, name)
            if not isinstance(value, tree.Query):
                yield from walk(value)
    elif isinstance(node, tuple):
        for one in node:
            yield from walk(one)
