"""Who may not be given rows that replace others: sinks that only append, and steps whose answers are final."""

from yunbox.sql.flink.connectors import takes_updates
from yunbox.sql.flink.errors import NotSensible
from yunbox.sql.flink.plans import Collect, Node, Over, Rank, Sink, Sort, TemporalJoin, WindowJoin, walk

_FINAL = (Over, Sort, WindowJoin)


def check_changes(sink: Sink | Collect) -> None:
    """Refuse a stream whose changes somebody cannot take."""
    for node in walk(sink.input):
        if isinstance(node, _FINAL) or (isinstance(node, Rank) and node.window is not None):
            _refuse(f"{type(node).__name__}Aggregate" if isinstance(node, Over) else type(node).__name__, node.inputs)
        if isinstance(node, TemporalJoin) and node.left.updates:
            _refuse("TemporalJoin", (node.left,))
    if isinstance(sink, Sink) and not takes_updates(sink.options) and sink.input.updates:
        table = f"{sink.table.catalog}.{sink.table.database}.{sink.table.name}"
        raise NotSensible(f"Table sink '{table}' doesn't support consuming update changes which is produced by node "
                          f"{_producer(sink.input)}")  # fmt: skip


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
