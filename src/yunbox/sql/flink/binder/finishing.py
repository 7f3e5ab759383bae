"""The last step: nodes as the engine gets them, with ``c0``, ``c1`` for the marks, and no rank that nothing bounds."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from yunbox.sql.flink.binder.ranking import Numbered, as_over
from yunbox.sql.flink.expr import written
from yunbox.sql.flink.matches import Match, MatchRead
from yunbox.sql.flink.plans import (
    Aggregate,
    AggregateCall,
    AssignWatermark,
    BatchOver,
    Bound,
    Filter,
    IntervalJoin,
    Join,
    LookupJoin,
    Node,
    Over,
    Project,
    TemporalJoin,
    Unnest,
    WindowJoin,
)
from yunbox.sql.flink.pruning import pruned, shared, with_inputs


def settled(node: Node, done: dict[int, Node] | None = None) -> Node:
    """Numbers that no condition bounded as window functions; nodes that several take stay one."""
    return _changed(node, lambda one: as_over(one) if isinstance(one, Numbered) else one, {} if done is None else done)


def finish(nodes: Sequence[Node]) -> list[Node]:
    """The inputs of a job's sinks as the engine gets them."""
    made = pruned([settled(one) for one in nodes])
    done: dict[int, Node] = {}
    return [_changed(one, _finished, done) for one in shared(made)]


def _changed(node: Node, change: Callable[[Node], Node], done: dict[int, Node]) -> Node:
    """A tree whose nodes are changed, inputs first."""
    if id(node) not in done:
        done[id(node)] = change(with_inputs(node, [_changed(one, change, done) for one in node.inputs]))
    return done[id(node)]


def _finished(node: Node) -> Node:
    if isinstance(node, Project):
        return replace(node, expressions=tuple(_bound(one) for one in node.expressions))
    if isinstance(node, Filter | Join | IntervalJoin | WindowJoin | TemporalJoin):
        return replace(node, condition=written(node.condition))
    if isinstance(node, AssignWatermark):
        return replace(node, expression=written(node.expression))
    if isinstance(node, Aggregate | Over | BatchOver):
        return replace(node, calls=tuple(_call(one) for one in node.calls))
    if isinstance(node, Unnest):
        return replace(node, elements=written(node.elements))
    if isinstance(node, LookupJoin):
        keys = tuple((_bound(value), name) for value, name in node.keys)
        return replace(node, keys=keys, condition=written(node.condition))
    if isinstance(node, Match):
        variables = tuple(
            replace(one, condition=written(one.condition), reads=_reads(one.reads)) for one in node.variables
        )
        measures = tuple(_bound(one) for one in node.measures)
        return replace(node, variables=variables, measures=measures, measure_reads=_reads(node.measure_reads))
    return node


def _reads(reads: tuple[MatchRead, ...]) -> tuple[MatchRead, ...]:
    return tuple(one if one.call is None else replace(one, call=_call(one.call)) for one in reads)


def _bound(one: Bound) -> Bound:
    return replace(one, sql=written(one.sql))


def _call(one: AggregateCall) -> AggregateCall:
    return replace(one, arguments=tuple(_bound(value) for value in one.arguments), filter=written(one.filter))
