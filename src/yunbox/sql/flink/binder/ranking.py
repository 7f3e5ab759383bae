"""ROW_NUMBER() in a subquery and a condition on its number: Top-N and deduplication."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from yunbox.sql.flink.binder.conditions import Conjunct
from yunbox.sql.flink.binder.scope import Relation
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.plans import AggregateCall, BatchOver, Filter, Node, Order, Over, Project, Rank, Single

RankName = Literal["ROW_NUMBER", "RANK", "DENSE_RANK"]


@dataclass(frozen=True)
class Numbered(Single):
    """The rows of an input with their number behind them, before it is known which numbers are asked for."""

    function: RankName
    partition_keys: tuple[int, ...]
    order: tuple[Order, ...]
    window: tuple[int, int] | None = None
    ttl_ms: int = 0
    batch: bool = False


def ranked(relation: Relation, conditions: Sequence[Conjunct]) -> tuple[Relation, list[Conjunct]]:
    """The relation with its numbers bounded by conditions, and the conditions that are left."""
    found = _numbered(relation.node)
    rest = list(conditions)
    if found is None:
        return relation, rest
    bounds = [(one, bound) for one in rest if (bound := _bound(one, relation, found)) is not None]
    if not bounds:
        return relation, rest
    start = max([low for _, (low, _) in bounds if low is not None], default=1)
    ends = [high for _, (_, high) in bounds if high is not None]
    if not ends:
        return relation, rest
    if found.function != "ROW_NUMBER" and not found.batch:
        raise NotSensible(f"{found.function}() on streaming table is not supported currently")
    rank = Rank(
        found.fields, found.input, found.function, found.partition_keys, found.order, min(ends), start,
        with_number=True, window=found.window, ttl_ms=found.ttl_ms,
    )  # fmt: skip
    used = [one for one, _ in bounds]
    return replace(relation, node=_with(relation.node, found, rank)), [one for one in rest if one not in used]


def _numbered(node: Node) -> Numbered | None:
    """What numbers the rows below projections."""
    while isinstance(node, Project):
        node = node.input
    return node if isinstance(node, Numbered) else None


def _with(node: Node, old: Node, new: Node) -> Node:
    if node is old:
        return new
    if isinstance(node, Project | Filter):
        return replace(node, input=_with(node.input, old, new))
    return node


def _traced(node: Node, place: int, numbered: Numbered) -> bool:
    """Whether a column of a node is the number, unchanged."""
    if node is numbered:
        return place == len(numbered.fields) - 1
    if isinstance(node, Project):
        found = Expr(node.expressions[place].sql, node.expressions[place].type).column
        return found is not None and _traced(node.input, found, numbered)
    return False


def _bound(one: Conjunct, relation: Relation, numbered: Numbered) -> tuple[int | None, int | None] | None:
    """The least and the highest number that a condition lets through."""
    for turned in (one, one.turned()):
        left, right = turned.left, turned.right
        if left is None or right is None or left.column is None or not right.literal:
            continue
        if not isinstance(right.value, int) or not _traced(relation.node, left.column, numbered):
            continue
        number = right.value
        return {
            "=": (number, number),
            "<": (None, number - 1),
            "<=": (None, number),
            ">": (number + 1, None),
            ">=": (number, None),
        }.get(turned.symbol)
    return None


def as_over(node: Numbered) -> Over | BatchOver:
    """Numbers that no condition bounds: a window function like others, in a stream in the order of time."""
    call = AggregateCall(node.function, (), node.fields[-1].type)
    if node.batch:
        return BatchOver(node.fields, node.input, node.partition_keys, node.order, (call,))
    if not (len(node.order) == 1 and node.input.fields[node.order[0].column].time):
        raise UnsupportedSql(f"{node.function}() in a stream without a bound on its number, as in WHERE n <= 10,")
    return Over(
        node.fields,
        node.input,
        node.partition_keys,
        node.order[0],
        (call,),
        rows=True,
        preceding=None,
        ttl_ms=node.ttl_ms,
    )
