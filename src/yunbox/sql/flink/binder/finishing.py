"""The last step: nodes as the engine gets them, with ``c0``, ``c1`` for the marks, and no rank that nothing bounds."""

from dataclasses import replace

from yunbox.sql.flink.binder.ranking import Numbered, as_over
from yunbox.sql.flink.expr import written
from yunbox.sql.flink.plans import (
    Aggregate,
    AggregateCall,
    AssignWatermark,
    Bound,
    Filter,
    IntervalJoin,
    Join,
    LookupJoin,
    Node,
    Over,
    Pair,
    Project,
    Single,
    TemporalJoin,
    Union,
    Unnest,
    WindowJoin,
)


def finish(node: Node, done: dict[int, Node] | None = None) -> Node:
    """A tree of nodes with marks as one without; nodes that several take stay one."""
    done = {} if done is None else done
    if id(node) not in done:
        done[id(node)] = _finished(_with_inputs(node, done))
    return done[id(node)]


def _with_inputs(node: Node, done: dict[int, Node]) -> Node:
    if isinstance(node, Numbered):
        node = as_over(node)
    if isinstance(node, Single):
        return replace(node, input=finish(node.input, done))
    if isinstance(node, Pair):
        return replace(node, left=finish(node.left, done), right=finish(node.right, done))
    if isinstance(node, Union):
        return replace(node, parts=tuple(finish(one, done) for one in node.parts))
    return node


def _finished(node: Node) -> Node:
    if isinstance(node, Project):
        return replace(node, expressions=tuple(_bound(one) for one in node.expressions))
    if isinstance(node, Filter | Join | IntervalJoin | WindowJoin | TemporalJoin):
        return replace(node, condition=written(node.condition))
    if isinstance(node, AssignWatermark):
        return replace(node, expression=written(node.expression))
    if isinstance(node, Aggregate | Over):
        return replace(node, calls=tuple(_call(one) for one in node.calls))
    if isinstance(node, Unnest):
        return replace(node, elements=written(node.elements))
    if isinstance(node, LookupJoin):
        keys = tuple((_bound(value), name) for value, name in node.keys)
        return replace(node, keys=keys, condition=written(node.condition))
    return node


def _bound(one: Bound) -> Bound:
    return replace(one, sql=written(one.sql))


def _call(one: AggregateCall) -> AggregateCall:
    return replace(one, arguments=tuple(_bound(value) for value in one.arguments), filter=written(one.filter))
