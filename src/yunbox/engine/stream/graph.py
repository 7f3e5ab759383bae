"""From a plan to stages: what remembers something is an operator, and all that lies between two of them is one query.

A stage gets batches on its ports and gives batches to those below it. Steps that remember nothing (projections,
filters, windows, unnesting) are SQL around SQL, a ``Fragment``, which the next stage runs over each batch that comes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from yunbox.engine.stream.batch import Batch, registrable, types_of
from yunbox.engine.stream.connectors.connector import Reader
from yunbox.engine.stream.duck import Duck, Fragment, batch_of, source, target
from yunbox.engine.stream.kept import Kept
from yunbox.engine.stream.operators.aggregate import GroupAggregate
from yunbox.engine.stream.operators.batchover import BatchOverAggregate
from yunbox.engine.stream.operators.columnar import ColumnarAggregate, vectors_of
from yunbox.engine.stream.operators.interval import IntervalJoin
from yunbox.engine.stream.operators.join import RegularJoin
from yunbox.engine.stream.operators.lookup import LookupJoin
from yunbox.engine.stream.operators.matches.operator import PatternMatch
from yunbox.engine.stream.operators.normalized import Normalized
from yunbox.engine.stream.operators.nullaware import NullAwareAnti
from yunbox.engine.stream.operators.operator import (
    NEVER,
    Context,
    FindAggregator,
    OpenLookup,
    Operator,
    no_aggregator,
    no_lookup,
)
from yunbox.engine.stream.operators.over import OverAggregate
from yunbox.engine.stream.operators.rank import TopN, WindowTopN
from yunbox.engine.stream.operators.sessions import SessionWindows
from yunbox.engine.stream.operators.temporal import TemporalJoin
from yunbox.engine.stream.operators.union import Final, Sorted, UnionAll
from yunbox.engine.stream.operators.windowed import WindowAggregate
from yunbox.engine.stream.operators.windowjoin import WindowJoin
from yunbox.engine.stream.parallel.groups import KeyGroups, Ownership
from yunbox.engine.stream.windows import assigned
from yunbox.kernel.errors import Unsupported
from yunbox.sql.flink import plans
from yunbox.sql.flink.casts import fitted
from yunbox.sql.flink.matches import Match
from yunbox.sql.flink.parallelism import Sharing, sharing
from yunbox.sql.flink.types import FlinkType

Open = Callable[[plans.Node], Reader]
"""Makes what reads a source."""


@dataclass(eq=False)
class Input:
    """What reaches a port: from which stage, through which query."""

    stage: "Stage"
    fragment: Fragment
    types: tuple[FlinkType, ...]
    given: tuple[FlinkType, ...]
    is_plain: bool

    def batch(self, duck: Duck, batch: Batch) -> Batch:
        """A batch of the stage above as the port takes it."""
        if self.is_plain:
            return batch
        sql = target(self.fragment(source(self.types)), self.given)
        return batch_of(duck.run(sql, batch), len(self.given), batch.shard)


@dataclass(eq=False)
class Stage:
    """A source, an operator or a sink. ``fused`` inputs are given as they are: the operator has the query itself.

    ``sharing`` is how it is shared out among several processes, if it is.
    """

    name: str
    node: Any
    inputs: list[Input] = field(default_factory=list)
    operator: Operator | None = None
    reader: Reader | None = None
    context: Context | None = None
    fused: bool = False
    sharing: Sharing | None = None
    watermark: int = NEVER
    out: list[Batch] = field(default_factory=list)
    rows_in: int = 0
    rows_out: int = 0


@dataclass(eq=False)
class Tap:
    """Where a source's watermark is worked out: the highest value of an expression over its rows."""

    stage: Stage
    sql: str

    def highest_ms(self, duck: Duck, batch: Batch) -> int | None:
        """Over a batch; None where it is NULL for all rows."""
        found = duck.run(self.sql, batch)["w"].tolist()[0]
        return None if found is None else int(found)


class Together(Protocol):
    """Those who work on the stages that are shared out."""

    def work(
        self, stage: Stage, now_ms: int, came: Sequence[tuple[int, Batch]], watermark_ms: int | None
    ) -> Iterator[Batch]:
        """What a stage makes of batches on its ports and of a watermark that has moved."""


class Graph:
    """The stages of a job, each behind those it takes rows from.

    With a ``parallelism`` of more than one those that have a key are shared out, and work on by ``team``. In one of
    those who do, the ``index``th, they have its keys, and rows come as they are without a query of the stage's own.
    """

    def __init__(
        self,
        job: plans.Job,
        store: Kept,
        duck: Duck,
        open_reader: Open,
        *,
        memory_bytes_max: int,
        zone: str,
        open_lookup: OpenLookup = no_lookup,
        aggregator: FindAggregator = no_aggregator,
        parallelism: int = 1,
        index: int | None = None,
    ) -> None:
        self.team: Together | None = None
        self._parallelism, self._index = parallelism, index
        self.stages: list[Stage] = []
        self.sources: list[Stage] = []
        self.sinks: list[Stage] = []
        self.taps: list[Tap] = []
        self._store, self._duck, self._zone = store, duck, zone
        self._memory_bytes_max = memory_bytes_max
        self._open_reader = open_reader
        self._open_lookup = open_lookup
        self._aggregator = aggregator
        self._batch = job.batch
        self._made: dict[int, Stage] = {}
        self._chains: dict[int, Input] = {}
        for sink in job.sinks:
            self._sink(sink)

    # -- making

    def _sink(self, sink: plans.Sink | plans.Collect) -> None:
        stage = Stage(f"sink-{len(self.sinks)}", sink)
        reached = self._input(sink.input)
        if self._batch and sink.input.updates:
            reached = self._final(f"final-{len(self.sinks)}", sink.input)
        stage.inputs = [reached]
        self.sinks.append(stage)

    def _final(self, name: str, node: plans.Node) -> Input:
        """What is left of a node's changes when nothing more comes."""
        reached = self._input(node)
        last = self._add(name, node)
        last.inputs = [reached]
        last.operator = Final(self._context(last), node.fields)
        return _plain(last, node)

    def _input(self, node: plans.Node) -> Input:
        """What a node gives: the stage below which nothing is remembered any more, and the query from there."""
        found = self._chains.get(id(node))
        if found is None:
            found = self._chains[id(node)] = self._chain(node)
        return found

    def _chain(self, node: plans.Node) -> Input:
        match node:
            case plans.AssignWatermark():
                return self._watermark(node)
            case plans.Project():
                return self._wrapped(node, _projected(node))
            case plans.Filter():
                return self._wrapped(node, lambda inner: f"SELECT * FROM ({inner}) WHERE {node.condition}")
            case plans.WindowTable() if node.kind != "SESSION":
                return self._wrapped(node, assigned(node))
            case plans.Unnest():
                return self._wrapped(node, _unnested(node))
        stage = self._stage(node)
        return _plain(stage, node) if stage.reader is None else _read(stage, stage.reader, node)

    def _wrapped(self, node: plans.Single, step: Fragment) -> Input:
        below = self._input(node.input)
        inner = below.fragment
        return Input(below.stage, lambda sql: step(inner(sql)), below.types, types_of(node.fields), False)

    def _watermark(self, node: plans.AssignWatermark) -> Input:
        below = self._input(node.input)
        rows = below.fragment(source(below.types))
        self.taps.append(Tap(below.stage, f"SELECT fl_ms(MAX({node.expression})) AS w FROM ({rows})"))
        return below

    def _stage(self, node: plans.Node) -> Stage:
        found = self._made.get(id(node))
        if found is None:
            inputs = [self._needed(node, one) for one in node.inputs]
            found = self._add(type(node).__name__.lower(), node)
            self._made[id(node)] = found
            found.inputs = inputs
            if isinstance(node, plans.Source | plans.Values):
                found.reader = self._open_reader(node)
                self.sources.append(found)
            else:
                if self._parallelism > 1:
                    found.sharing = sharing(node, batch=self._batch)
                found.context = self._context(found, self._ownership(found))
                self._operate(found, node)
        return found

    def _ownership(self, stage: Stage) -> Ownership | None:
        """Which of a stage's keys are this process's, if others have the rest."""
        if stage.sharing is None or self._index is None:
            return None
        shared = stage.sharing
        return Ownership(groups_of(stage), shared.places, shared.width, index=self._index, count=self._parallelism)

    def _needed(self, node: plans.Node, below: plans.Node) -> Input:
        """What a node gets of one below it: functions of users are given no rows in a batch that go again."""
        if self._batch and below.updates and isinstance(node, plans.Aggregate) and node.users:
            return self._final("final", below)
        return self._input(below)

    def _add(self, name: str, node: plans.Node) -> Stage:
        stage = Stage(f"{len(self.stages)}-{name}", node)
        self.stages.append(stage)
        return stage

    def _context(self, stage: Stage, ownership: Ownership | None = None) -> Context:
        context = Context(
            stage.name, self._store, self._duck, self._memory_bytes_max, self._zone, self._open_lookup, self._batch,
            self._aggregator, ownership,
        )  # fmt: skip
        stage.context = context
        return context

    def _operate(self, stage: Stage, node: plans.Node) -> None:
        context = stage.context
        assert context is not None
        make = _OPERATORS.get(type(node))
        if isinstance(node, plans.Aggregate):
            below = stage.inputs[0] if context.ownership is None else _plain(stage.inputs[0].stage, node.input)
            stage.operator, stage.fused = _aggregate(context, node, below), True
        elif make is not None:
            stage.operator = make(context, node)
        else:
            raise Unsupported(f"The embedded engine has no {type(node).__name__}: it needs the Flink backend")

    # -- running

    def run(self, came: dict[Stage, list[Batch]], now_ms: int) -> dict[Stage, list[Batch]]:
        """Have batches of the sources flow through all stages; what reaches the sinks."""
        for stage in self.stages:
            if stage.operator is None:
                stage.out = came.get(stage, [])
                stage.rows_out += sum(batch.size for batch in stage.out)
                continue
            worked = self._worked(stage, stage.operator, now_ms)
            if stage.sharing is not None and self.team is not None:
                worked = self._shared(stage, self.team, now_ms)
            stage.out = [batch for batch in worked if batch.size]
            stage.rows_out += sum(batch.size for batch in stage.out)
        return {sink: list(self._reached(sink.inputs[0])) for sink in self.sinks}

    def _worked(self, stage: Stage, operator: Operator, now_ms: int) -> Iterator[Batch]:
        yield from operator.tick(now_ms)
        for port, one in enumerate(stage.inputs):
            for batch in one.stage.out if stage.fused else self._reached(one):
                stage.rows_in += batch.size
                yield from operator.process(port, batch)
        watermark = min(one.stage.watermark for one in stage.inputs)
        if watermark > stage.watermark:
            yield from operator.advance(watermark)
            stage.watermark = watermark

    def _shared(self, stage: Stage, team: Together, now_ms: int) -> Iterator[Batch]:
        """As ``_worked``, of a stage that is shared out."""
        came: list[tuple[int, Batch]] = []
        for port, one in enumerate(stage.inputs):
            stage.rows_in += sum(batch.size for batch in one.stage.out) if stage.fused else 0
            for batch in self._reached(one):
                stage.rows_in += 0 if stage.fused else batch.size
                came.append((port, registrable(batch, one.given) if stage.fused else batch))
        watermark = min(one.stage.watermark for one in stage.inputs)
        moved = watermark if watermark > stage.watermark else None
        stage.watermark = max(stage.watermark, watermark)
        return team.work(stage, now_ms, came, moved)

    def _reached(self, one: Input) -> Iterator[Batch]:
        for batch in one.stage.out:
            made = one.batch(self._duck, batch)
            if made.size:
                yield made

    def contexts(self) -> Iterator[Context]:
        """All that is remembered."""
        yield from (stage.context for stage in self.stages if stage.context is not None)


def groups_of(stage: Stage) -> KeyGroups:
    """In which groups the keys are of a stage that is shared out."""
    assert stage.sharing is not None
    fields = stage.node.inputs[0].fields
    return KeyGroups([fields[at].type for at in stage.sharing.columns[0]])


def _plain(stage: Stage, node: plans.Node) -> Input:
    types = types_of(node.fields)
    return Input(stage, lambda sql: sql, types, types, True)


def _read(stage: Stage, reader: Reader, node: plans.Node) -> Input:
    """A source's rows as the plan has them, from what its reader gives."""
    types = types_of(node.fields)
    given = zip(reader.columns, types, strict=True) if isinstance(node, plans.Source) else ()
    found = [fitted(sql, of) for sql, of in given] or reader.columns
    columns = ", ".join([*(f"{sql} AS c{at}" for at, sql in enumerate(found)), "op"])
    return Input(stage, lambda inner: f"SELECT {columns} FROM ({inner})", reader.types, types, False)


def _projected(node: plans.Project) -> Fragment:
    columns = ", ".join([*(f"{one.sql} AS c{at}" for at, one in enumerate(node.expressions)), "op"])
    return lambda inner: f"SELECT {columns} FROM ({inner})"


def _unnested(node: plans.Unnest) -> Fragment:
    width = len(node.input.fields)
    nothing = "[NULL]"
    elements = f"CASE WHEN len(l) > 0 THEN l ELSE {nothing} END" if node.outer else "l"
    kept = [f"c{at}" for at in range(width)]
    fields = [f"struct_extract_at(e, {at + 1}) AS c{width + at}" for at in range(len(node.fields) - width)]
    columns = ", ".join([*kept, *fields, "op"])
    lists = f"SELECT *, {node.elements} AS l"  # once, as a function may give others the next time
    return lambda inner: f"SELECT {columns} FROM (SELECT *, UNNEST({elements}) AS e FROM ({lists} FROM ({inner})))"


def _aggregate(context: Context, node: plans.Aggregate, below: Input) -> Operator:
    if node.window is not None:
        return WindowAggregate(context, node, below.fragment, below.types)
    vectors = vectors_of(node)
    if vectors is not None:
        return ColumnarAggregate(context, node, below.fragment, below.types, vectors)
    return GroupAggregate(context, node, below.fragment, below.types)


def _join(context: Context, node: plans.Join) -> Operator:
    if node.kind == "ANTI" and node.null_aware:
        if node.condition:
            raise Unsupported("NOT IN with a correlated condition needs the Flink backend")
        return NullAwareAnti(context, node)
    return RegularJoin(context, node)


def _rank(context: Context, node: plans.Rank) -> Operator:
    return WindowTopN(context, node) if node.window is not None else TopN(context, node)


def _union(context: Context, node: plans.Union) -> Operator:
    return UnionAll(context, types_of(node.fields))


_OPERATORS: dict[type[plans.Node], Callable[[Context, Any], Operator]] = {
    plans.Rank: _rank,
    plans.Normalize: Normalized,
    plans.Join: _join,
    plans.Over: OverAggregate,
    plans.BatchOver: BatchOverAggregate,
    plans.TemporalJoin: TemporalJoin,
    plans.LookupJoin: LookupJoin,
    plans.IntervalJoin: IntervalJoin,
    plans.WindowJoin: WindowJoin,
    plans.WindowTable: SessionWindows,
    Match: PatternMatch,
    plans.Union: _union,
    plans.Sort: Sorted,
}
