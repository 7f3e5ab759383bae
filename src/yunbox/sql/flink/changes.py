"""Who may not be given rows that replace others: sinks that only append, steps whose answers are final, and users'
functions that have no method for it."""

from yunbox.sql.flink.connectors import takes_updates
from yunbox.sql.flink.errors import NotSensible
from yunbox.sql.flink.matches import Match
from yunbox.sql.flink.plans import (
    Aggregate,
    Collect,
    Node,
    Over,
    Rank,
    Single,
    Sink,
    Sort,
    TemporalJoin,
    UserFunction,
    WindowJoin,
    WindowTable,
    walk,
)

_FINAL = (Over, Sort, WindowJoin, Match)

_NAMES = {Over: "OverAggregate", Match: "Match Recognize"}


def check_changes(sink: Sink | Collect) -> None:
    """Refuse a stream whose changes somebody cannot take."""
    for node in walk(sink.input):
        if isinstance(node, _FINAL) or (isinstance(node, Rank) and node.window is not None):
            _refuse(_NAMES.get(type(node), type(node).__name__), node.inputs)
        if isinstance(node, Aggregate) and node.users:
            _check_users(node)
        if isinstance(node, TemporalJoin) and node.left.updates:
            _refuse("TemporalJoin", (node.left,))
    if isinstance(sink, Sink) and not takes_updates(sink.options) and sink.input.updates:
        table = f"{sink.table.catalog}.{sink.table.database}.{sink.table.name}"
        raise NotSensible(f"Table sink '{table}' doesn't support consuming update changes which is produced by node "
                          f"{_producer(sink.input)}")  # fmt: skip


def _check_users(node: Aggregate) -> None:
    """Refuse a stream that a function of a user's would fail of later."""
    window = _window(node.input) if node.window is not None else ""
    for one in node.users:
        if one.kind == "pandas aggregate":
            if node.window is None:
                raise NotSensible("Pandas UDAFs are not supported in streaming mode currently.")
            _refuse(f"'{one.name}', a function over Series,", node.inputs)
        elif node.input.updates and not one.retracts:
            raise _lacks(one, "retract", f"for update changes, which are produced by node {_producer(node.input)}")
        elif window in ("SESSION", "HOP") and not one.merges:
            raise _lacks(one, "merge", f"in {window} windows")


def _lacks(function: UserFunction, method: str, where: str) -> NotSensible:
    return NotSensible(
        f"Function '{function.name}' ({function.source}) has no method '{method}', which is needed {where}"
    )


def _window(node: Node) -> str:
    """The kind of the windows that rows are in."""
    while isinstance(node, Single) and not isinstance(node, WindowTable):
        node = node.input
    return node.kind if isinstance(node, WindowTable) else ""


def _refuse(what: str, inputs: tuple[Node, ...]) -> None:
    for one in inputs:
        if one.updates:
            by = _producer(one)
            raise NotSensible(f"{what} doesn't support consuming update changes which is produced by node {by}")


def _producer(node: Node) -> str:
    """The step nearest to the end that makes changes of rows that only come."""
    while node.inputs and any(one.updates for one in node.inputs):
        node = next(one for one in node.inputs if one.updates)
    return type(node).__name__.replace("Aggregate", "GroupAggregate").replace("Normalize", "ChangelogNormalize")
