"""Columns that nobody reads are not carried: what a join or a rank keeps as state is as narrow as it can be.

Projections over projections become one, and parts of a job that say the same are one node, which is read once.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from yunbox.sql.flink.expr import columns_of, mark, moved, replaced
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
    Normalize,
    Order,
    Over,
    Project,
    Rank,
    Single,
    Sort,
    Source,
    TemporalJoin,
    Union,
    Unnest,
    Values,
    WindowJoin,
    WindowTable,
)

Places = dict[int, int]
"""Where the columns of a node are afterwards; those that are gone are not in it."""
SourceKey = tuple[str, str]
_NAMELESS = (Aggregate, Rank, Over, BatchOver, Join, IntervalJoin, WindowJoin, TemporalJoin, Values, Union)
"""Nodes whose fields may be called anything."""
_VOLATILE = re.compile(r"\b(?:random|uuid|now|current_\w+|error)\b")


@dataclass
class Pruner:
    """One pass over a job's nodes. ``wanted`` says of each table what all of the job read of it."""

    wanted: dict[SourceKey, set[int]] = field(default_factory=dict)
    reading: bool = True

    def prune(self, node: Node, needed: Iterable[int]) -> tuple[Node, Places]:
        """A node with the columns that are needed, perhaps with some others."""
        rule: Callable[[Pruner, Any, set[int]], tuple[Node, Places]] = _RULES[type(node)]
        return rule(self, node, set(needed))

    def only(self, node: Node, needed: Iterable[int]) -> tuple[Node, Places]:
        """A node with nothing but the columns that are needed: who keeps rows keeps no more of them."""
        kept = sorted(needed) or [0]
        return _exactly(*self.prune(node, kept), kept), _places(kept)

    def source(self, node: Source, needed: set[int]) -> tuple[Node, Places]:
        """A table: of a changelog its primary key stays too."""
        if node.changelog:
            needed |= {i for i, one in enumerate(node.columns) if one.name in node.table.primary_key}
        key = (node.table.path, repr(sorted(node.options.items())))
        needed |= self.wanted.get(key, set())
        if self.reading:
            self.wanted.setdefault(key, set()).update(needed)
        kept = sorted(needed) or [0]
        made = replace(node, fields=_picked(node.fields, kept), columns=tuple(node.columns[i] for i in kept))
        return made, _places(kept)

    def values(self, node: Values, needed: set[int]) -> tuple[Node, Places]:
        """Rows of the query's own."""
        kept = sorted(needed) or [0]
        rows = tuple(tuple(row[i] for i in kept) for row in node.rows)
        return replace(node, fields=_picked(node.fields, kept), rows=rows), _places(kept)

    def project(self, node: Project, needed: set[int]) -> tuple[Node, Places]:
        """A projection, of which another one below becomes a part."""
        kept = sorted(needed) or [0]
        expressions = [node.expressions[i] for i in kept]
        read = set().union(*(columns_of(one.sql) for one in expressions))
        below, places = self.prune(node.input, read)
        made = [replace(one, sql=moved(one.sql, places)) for one in expressions]
        fields = _picked(node.fields, kept)
        while isinstance(below, Project) and (merged := _merged(made, below)) is not None:
            made, below = merged, below.input
        return _projection(fields, below, made), _places(kept)

    def filter(self, node: Filter, needed: set[int]) -> tuple[Node, Places]:
        """A condition."""
        below, places = self.prune(node.input, needed | columns_of(node.condition))
        return replace(node, fields=below.fields, input=below, condition=moved(node.condition, places)), places

    def watermark(self, node: AssignWatermark, needed: set[int]) -> tuple[Node, Places]:
        """A watermark, whose column stays."""
        below, places = self.prune(node.input, needed | {node.column} | columns_of(node.expression))
        column = places[node.column]
        fields = tuple(replace(one, time="rowtime") if i == column else one for i, one in enumerate(below.fields))
        made = replace(node, fields=fields, input=below, column=column, expression=moved(node.expression, places))
        return made, places

    def window_table(self, node: WindowTable, needed: set[int]) -> tuple[Node, Places]:
        """The three columns of windows come behind what is kept."""
        width = len(node.input.fields)
        read = {one for one in needed if one < width} | {node.column, *node.partition_keys}
        below, places = self.prune(node.input, read)
        keys = tuple(places[one] for one in node.partition_keys)
        fields = (*below.fields, *node.fields[width:])
        made = replace(node, fields=fields, input=below, column=places[node.column], partition_keys=keys)
        return made, _behind(places, width, len(below.fields), len(node.fields) - width)

    def aggregate(self, node: Aggregate, needed: set[int]) -> tuple[Node, Places]:
        """All keys, and the calls that are read."""
        count = len(node.keys)
        kept = [i for i in range(len(node.calls)) if count + i in needed]
        if not kept and not node.keys:
            kept = [0]
        calls = [node.calls[i] for i in kept]
        below, places = self.prune(node.input, {*node.keys, *_read_by(calls)})
        window = (places[node.window[0]], places[node.window[1]]) if node.window is not None else None
        every = [*range(count), *(count + i for i in kept)]
        made = replace(
            node, fields=_picked(node.fields, every), input=below, keys=tuple(places[one] for one in node.keys),
            calls=tuple(_moved_call(one, places) for one in calls), window=window,
        )  # fmt: skip
        return made, _places(every)

    def rank(self, node: Rank, needed: set[int]) -> tuple[Node, Places]:
        """A rank, whose number goes if nobody reads it."""
        width = len(node.input.fields)
        number = node.with_number and width in needed
        read = {one for one in needed if one < width} | {*node.partition_keys, *(one.column for one in node.order)}
        below, places = self.only(node.input, read | set(node.window or ()))
        window = (places[node.window[0]], places[node.window[1]]) if node.window is not None else None
        made = replace(
            node, fields=(*below.fields, *(node.fields[width:] if number else ())), input=below,
            partition_keys=tuple(places[one] for one in node.partition_keys),
            order=_moved_order(node.order, places), with_number=number, window=window,
        )  # fmt: skip
        return made, _behind(places, width, len(below.fields), 1 if number else 0)

    def over(self, node: Over | BatchOver, needed: set[int]) -> tuple[Node, Places]:
        """Window functions that are read."""
        width = len(node.input.fields)
        kept = [i for i in range(len(node.calls)) if width + i in needed]
        read = {one for one in needed if one < width}
        if not kept:
            return self.prune(node.input, read)
        calls = [node.calls[i] for i in kept]
        order = (node.order,) if isinstance(node, Over) else node.order
        read |= {*node.partition_keys, *(one.column for one in order), *_read_by(calls)}
        below, places = self.only(node.input, read)
        moved_order = _moved_order(order, places)
        made = replace(
            node, fields=(*below.fields, *(node.fields[width + i] for i in kept)), input=below,
            partition_keys=tuple(places[one] for one in node.partition_keys),
            order=moved_order[0] if isinstance(node, Over) else moved_order,
            calls=tuple(_moved_call(one, places) for one in calls),
        )  # fmt: skip
        found = {**places, **{width + old: len(below.fields) + new for new, old in enumerate(kept)}}
        return made, found

    def unnest(self, node: Unnest, needed: set[int]) -> tuple[Node, Places]:
        """All of the elements' columns."""
        width = len(node.input.fields)
        read = {one for one in needed if one < width} | columns_of(node.elements)
        below, places = self.prune(node.input, read)
        fields = (*below.fields, *node.fields[width:])
        made = replace(node, fields=fields, input=below, elements=moved(node.elements, places))
        return made, _behind(places, width, len(below.fields), len(node.fields) - width)

    def match(self, node: Match, needed: set[int]) -> tuple[Node, Places]:
        """All keys and measures, and of the rows, which are kept, what is read."""
        reads = [*node.measure_reads, *(one for variable in node.variables for one in variable.reads)]
        read = {*node.partition_keys, *(one.column for one in node.order), *(one.column for one in reads)} - {-1}
        below, places = self.only(node.input, read | _read_by([one.call for one in reads if one.call is not None]))
        variables = tuple(replace(one, reads=_moved_reads(one.reads, places)) for one in node.variables)
        made = replace(
            node, input=below, partition_keys=tuple(places[one] for one in node.partition_keys),
            order=_moved_order(node.order, places), variables=variables,
            measure_reads=_moved_reads(node.measure_reads, places),
        )  # fmt: skip
        return made, _places(range(len(node.fields)))

    def normalize(self, node: Normalize, needed: set[int]) -> tuple[Node, Places]:
        """The key, and what is read: rows are kept."""
        below, places = self.only(node.input, needed | set(node.keys))
        keys = tuple(places[one] for one in node.keys)
        return replace(node, fields=below.fields, input=below, keys=keys), places

    def sort(self, node: Sort, needed: set[int]) -> tuple[Node, Places]:
        """What the order is by."""
        below, places = self.prune(node.input, needed | {one.column for one in node.order})
        return replace(node, fields=below.fields, input=below, order=_moved_order(node.order, places)), places

    def lookup(self, node: LookupJoin, needed: set[int]) -> tuple[Node, Places]:
        """All of the table's columns."""
        width = len(node.input.fields)
        read = {one for one in needed | columns_of(node.condition) if one < width}
        read |= {one for value, _ in node.keys for one in columns_of(value.sql)}
        below, places = self.prune(node.input, read)
        every = _behind(places, width, len(below.fields), len(node.fields) - width)
        keys = tuple((replace(value, sql=moved(value.sql, places)), name) for value, name in node.keys)
        fields = (*_joined_fields(node, below, places), *node.fields[width:])
        return replace(node, fields=fields, input=below, keys=keys, condition=moved(node.condition, every)), every

    def pair(self, node: Join | IntervalJoin | WindowJoin | TemporalJoin, needed: set[int]) -> tuple[Node, Places]:
        """Joins: what is read of each side, its keys and its times."""
        width = len(node.left.fields)
        read = needed | columns_of(node.condition)
        times = _times(node)
        lefts = {one for one in read if one < width} | {one for one, _ in node.keys} | times[0]
        rights = {one - width for one in read if one >= width} | {one for _, one in node.keys} | times[1]
        left, left_places = self.only(node.left, lefts)
        right, right_places = self.only(node.right, rights)
        every = {**left_places, **{width + old: len(left.fields) + new for old, new in right_places.items()}}
        made = replace(
            node, left=left, right=right, condition=moved(node.condition, every),
            fields=_pair_fields(node, left_places, right_places, len(left.fields), len(right.fields)),
            keys=tuple((left_places[one], right_places[other]) for one, other in node.keys),
            **_moved_times(node, left_places, right_places),
        )  # fmt: skip
        one_sided = len(node.fields) == width
        return made, {old: new for old, new in every.items() if not one_sided or old < width}

    def union(self, node: Union, needed: set[int]) -> tuple[Node, Places]:
        """Parts of the same columns."""
        kept = sorted(needed) or [0]
        projections = [one for one in node.parts if isinstance(one, Project)]
        if len(projections) == len(node.parts) and all(one.input is projections[0].input for one in projections):
            return self._fan(node, projections, kept), _places(kept)
        parts = [_exactly(*self.prune(one, kept), kept) for one in node.parts]
        return replace(node, fields=_picked(node.fields, kept), parts=tuple(parts)), _places(kept)

    def _fan(self, node: Union, projections: Sequence[Project], kept: Sequence[int]) -> Node:
        """Projections of one input, as of GROUPING SETS: the input stays one."""
        expressions = [[one.expressions[i] for i in kept] for one in projections]
        read = set().union(*(columns_of(value.sql) for part in expressions for value in part))
        below, places = self.prune(projections[0].input, read)
        fields = _picked(node.fields, kept)
        parts = [
            Project(fields, below, tuple(replace(value, sql=moved(value.sql, places)) for value in part))
            for part in expressions
        ]
        return replace(node, fields=fields, parts=tuple(parts))


def pruned(sinks: Sequence[Node]) -> list[Node]:
    """The inputs of a job's sinks with less below them, whose equal parts are one."""
    pruner = Pruner()
    for one in sinks:
        pruner.prune(one, range(len(one.fields)))
    pruner.reading = False
    made = []
    for one in sinks:
        kept = list(range(len(one.fields)))
        made.append(_exactly(*pruner.prune(one, kept), kept, one.fields))
    return made


def shared(nodes: Sequence[Node]) -> list[Node]:
    """The same with one node for those that are equal."""
    known: dict[str, Node] = {}
    return [_shared(one, known, {}) for one in nodes]


def _shared(node: Node, known: dict[str, Node], done: dict[int, Node]) -> Node:
    if id(node) in done:
        return done[id(node)]
    made = with_inputs(node, [_shared(one, known, done) for one in node.inputs])
    text = repr((type(made), *(id(one) for one in made.inputs), _own(made)))
    found = done[id(node)] = known.setdefault(text, made)
    return found


def with_inputs(node: Node, inputs: list[Node]) -> Node:
    """A node over other inputs."""
    if isinstance(node, Single):
        return replace(node, input=inputs[0])
    if isinstance(node, Union):
        return replace(node, parts=tuple(inputs))
    if inputs:
        return replace(node, left=inputs[0], right=inputs[1])
    return node


def _own(node: Node) -> list[object]:
    names = [name for name in node.__dataclass_fields__ if name not in ("input", "left", "right", "parts")]
    return [getattr(node, name) for name in names]


# -- parts of the rules


def _picked(fields: Sequence[Any], kept: Sequence[int]) -> tuple[Any, ...]:
    return tuple(fields[i] for i in kept)


def _places(kept: Sequence[int]) -> Places:
    return {old: new for new, old in enumerate(kept)}


def _behind(places: Places, width: int, new_width: int, count: int) -> Places:
    """Columns that a node adds come behind those that are kept of its input."""
    return {**places, **{width + i: new_width + i for i in range(count)}}


def _moved_order(order: Sequence[Order], places: Places) -> tuple[Order, ...]:
    return tuple(replace(one, column=places[one.column]) for one in order)


def _read_by(calls: Sequence[AggregateCall]) -> set[int]:
    texts = [value.sql for one in calls for value in one.arguments] + [one.filter for one in calls]
    return set().union(*(columns_of(text) for text in texts))


def _moved_call(one: AggregateCall, places: Places) -> AggregateCall:
    arguments = tuple(replace(value, sql=moved(value.sql, places)) for value in one.arguments)
    return replace(one, arguments=arguments, filter=moved(one.filter, places))


def _moved_reads(reads: Sequence[MatchRead], places: Places) -> tuple[MatchRead, ...]:
    return tuple(
        replace(
            one, column=places.get(one.column, -1), call=None if one.call is None else _moved_call(one.call, places)
        )
        for one in reads
    )


def _merged(outer: list[Bound], inner: Project) -> list[Bound] | None:
    """Expressions over what a projection takes; None when something would be computed twice."""
    uses: dict[int, int] = {}
    for one in outer:
        replaced(one.sql, lambda place: uses.update({place: uses.get(place, 0) + 1}) or "")
    for place, count in uses.items():
        sql = inner.expressions[place].sql
        plain = re.fullmatch("\x01\\d+\x02", sql) is not None or len(columns_of(sql)) == 0
        if (not plain and count > 1) or (_VOLATILE.search(sql) and count > 1):
            return None
    return [replace(one, sql=replaced(one.sql, lambda place: inner.expressions[place].sql)) for one in outer]


def _projection(fields: tuple[Any, ...], below: Node, made: list[Bound]) -> Node:
    """A projection, unless it gives what is there already; other names go to what is below where that may be."""
    same = [one.sql for one in made] == [mark(i) for i in range(len(below.fields))]
    if same and fields == below.fields:
        return below
    if (
        same
        and isinstance(below, _NAMELESS)
        and [(one.type, one.time) for one in fields] == [(one.type, one.time) for one in below.fields]
    ):
        return replace(below, fields=fields)
    return Project(fields, below, tuple(made))


def _exactly(node: Node, places: Places, kept: Sequence[int], fields: Sequence[Any] = ()) -> Node:
    """A node with exactly some columns, in their order."""
    wanted = [places[one] for one in kept]
    if wanted == list(range(len(node.fields))) and (not fields or tuple(fields) == node.fields):
        return node
    types = [node.fields[place].type for place in wanted]
    named = tuple(fields) or tuple(node.fields[place] for place in wanted)
    made = [Bound(mark(place), of) for place, of in zip(wanted, types, strict=True)]
    while isinstance(node, Project) and (merged := _merged(made, node)) is not None:
        made, node = merged, node.input
    return _projection(named, node, made)


def _times(node: Node) -> tuple[set[int], set[int]]:
    """What a join reads of its sides beside keys and conditions."""
    if isinstance(node, IntervalJoin):
        return {node.times[0]}, {node.times[1]}
    if isinstance(node, WindowJoin):
        return set(node.left_window), set(node.right_window)
    if isinstance(node, TemporalJoin):
        return {node.time}, {i for i, one in enumerate(node.right.fields) if one.time == "rowtime"}
    return set(), set()


def _moved_times(node: Node, left: Places, right: Places) -> dict[str, Any]:
    if isinstance(node, IntervalJoin):
        return {"times": (left[node.times[0]], right[node.times[1]])}
    if isinstance(node, WindowJoin):
        return {
            "left_window": (left[node.left_window[0]], left[node.left_window[1]]),
            "right_window": (right[node.right_window[0]], right[node.right_window[1]]),
        }
    return {"time": left[node.time]} if isinstance(node, TemporalJoin) else {}


def _joined_fields(node: LookupJoin, below: Node, places: Mapping[int, int]) -> tuple[Any, ...]:
    back = {new: old for old, new in places.items()}
    return tuple(node.fields[back[i]] if i in back else one for i, one in enumerate(below.fields))


def _pair_fields(node: Any, left: Places, right: Places, left_count: int, right_count: int) -> tuple[Any, ...]:
    """The fields of a join as they were, of the columns that are left."""
    width = len(node.left.fields)
    back = {new: old for old, new in left.items()}
    first = [node.fields[back[i]] if i in back else node.left.fields[i] for i in range(left_count)]
    if len(node.fields) == width:
        return tuple(first)
    behind = {new: old for old, new in right.items()}
    second = [node.fields[width + behind[i]] for i in range(right_count)]
    return (*first, *second)


_RULES: dict[type, Callable[..., tuple[Node, Places]]] = {
    Source: Pruner.source, Values: Pruner.values, Project: Pruner.project, Filter: Pruner.filter,
    AssignWatermark: Pruner.watermark, WindowTable: Pruner.window_table, Aggregate: Pruner.aggregate,
    Normalize: Pruner.normalize,
    Rank: Pruner.rank, Over: Pruner.over, BatchOver: Pruner.over, Unnest: Pruner.unnest, Sort: Pruner.sort,
    LookupJoin: Pruner.lookup, Match: Pruner.match,
    Join: Pruner.pair, IntervalJoin: Pruner.pair, WindowJoin: Pruner.pair, TemporalJoin: Pruner.pair,
    Union: Pruner.union,
}  # fmt: skip
