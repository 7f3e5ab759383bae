"""A job as it runs: epochs, each of which reads, works, and is on disk before anybody sees what came of it.

An epoch ends with one transaction of the state's changes, the sources' offsets and what the sinks are to get. Only then
do the sinks get it, by the epoch's number, while the next epoch is being worked on; that ends when they have it. After
a crash they get that of the last epoch again, and know it. So what comes out is what would have come out without it.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from yunbox.engine.stream.batch import Batch, Change
from yunbox.engine.stream.connectors.connector import ColumnarWriter, Environment, Lookup, Reader, Rolling, Writer
from yunbox.engine.stream.connectors.kinds import check, kind_of
from yunbox.engine.stream.connectors.registry import connector_of
from yunbox.engine.stream.connectors.values import ValuesReader
from yunbox.engine.stream.deadletters import NAME, DeadLetters
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.durations import millis
from yunbox.engine.stream.graph import Graph, Stage
from yunbox.engine.stream.operators.operator import ALWAYS, NEVER
from yunbox.engine.stream.outgoing import Outgoing
from yunbox.engine.stream.parallel.messages import Begin
from yunbox.engine.stream.parallel.team import Team
from yunbox.engine.stream.poison import poison
from yunbox.engine.stream.runs import Pair
from yunbox.engine.stream.store import StateStore
from yunbox.engine.stream.udf.natives import Functions
from yunbox.engine.stream.watermarks import Watermarks
from yunbox.kernel.errors import StorageFull
from yunbox.sql.flink import plans
from yunbox.sql.flink.parallelism import parallelism, shared

_ROWS_MAX = 50_000
_FEW_ROWS = 2_000
_LINGER_S = 0.005
_IDLE_S_MAX = 0.05
_FULL_PAUSE_S = 1.0
_TICK_S = 1.0
_NOTE_AFTER_S = 1.0
_ZONE = "table.local-time-zone"
_IDLE = "table.exec.source.idle-timeout"


@dataclass
class Progress:
    """What may be seen of a job while it runs."""

    rows_in: int = 0
    rows_out: int = 0
    dead_letters: int = 0
    epochs: int = 0
    epoch_ms: float = 0.0
    written_bytes: int = 0
    watermark_ms: int = NEVER
    is_paused: bool = False
    is_finished: bool = False


class CollectWriter:
    """Gives the rows of a query to its client."""

    def __init__(self, give: Callable[[Sequence[Change]], None]) -> None:
        self._give = give

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        self._give(changes)

    def close(self) -> None:
        """As in Writer."""


@dataclass(eq=False)
class _Source:
    stage: Stage
    reader: Reader
    watermarks: Watermarks
    name: str


@dataclass(eq=False)
class _Sink:
    stage: Stage
    writer: Writer
    name: str
    required: tuple[tuple[int, str], ...] = ()

    def given(self, batches: Sequence[Batch]) -> Outgoing:
        """What it is to get of some batches. Raises PoisonRecord."""
        found = Outgoing(batches)
        found.check(self.required)
        return found


class JobRunner:
    """Runs one job in a folder, where its state lies. A single thread uses it."""

    def __init__(
        self,
        job: plans.Job,
        folder: Path,
        *,
        job_id: str,
        give: Callable[[Sequence[Change]], None] | None = None,
        memory_bytes_max: int = 256 * 1024 * 1024,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._steady = steady
        check(job)
        self.job = job
        self.parallelism = parallelism(job.settings) if shared(job) else 1
        self._team: Team | None = None
        self._is_closing = False
        self.progress = Progress()
        self._give = give or (lambda changes: None)
        zone = job.settings.get(_ZONE, "UTC")
        self._environment = Environment(job_id, str(folder), zone, job.settings, job.batch)
        self._functions = Functions.of(job)
        self.duck = Duck(zone, functions=self._functions.natives(job, zone))
        self.store = StateStore(folder / "state")
        self.graph = Graph(
            job,
            self.store,
            self.duck,
            self._reader,
            memory_bytes_max=memory_bytes_max,
            zone=zone,
            open_lookup=self._lookup,
            aggregator=self._functions.aggregator,
            parallelism=self.parallelism,
        )
        idle_ms = millis(job.settings.get(_IDLE, "0"))
        self._sources = [
            _Source(stage, stage.reader, Watermarks(idle_ms), stage.name)
            for stage in self.graph.sources
            if stage.reader is not None
        ]
        self._ticked_at = time.monotonic()
        self._gave_at: float | None = None
        self._deliverer = ThreadPoolExecutor(1, thread_name_prefix="yunbox-sinks")
        self._delivering: Future[None] | None = None
        self._sinks = [
            _Sink(stage, self._writer(stage.node, stage.name), stage.name, _required(stage.node))
            for stage in self.graph.sinks
        ]
        self._letters = self._dead_letters(job.dead_letters)
        self._restore()
        if self.parallelism > 1:
            self._team = self._begun(memory_bytes_max)
        self._is_elsewhere = all(
            stage.sharing is not None or stage.context is None or not stage.context.states
            for stage in self.graph.stages
        )
        """Whether workers have all that is remembered."""

    # -- making

    def _begun(self, memory_bytes_max: int) -> Team:
        """Workers, who go on behind the last epoch."""
        given = {one.stage.name: (one.reader.types, one.reader.columns) for one in self._sources}
        watermarks = {stage.name: stage.watermark for stage in self.graph.stages}
        memory = memory_bytes_max // self.parallelism
        state = self._environment.folder + "/state"
        begin = Begin(
            self.job, 0, self.parallelism, state, self.store.epoch, self._environment.zone, memory, given, watermarks
        )
        return Team.of(self.graph, begin)

    def _dead_letters(self, sink: plans.Sink | None) -> DeadLetters | None:
        if sink is None:
            return None
        return DeadLetters(sink, self._writer(sink, NAME), self.graph, self.duck, self._environment.job_id)

    def _reader(self, node: plans.Node) -> Reader:
        if isinstance(node, plans.Values):
            return ValuesReader(node, self.duck)
        assert isinstance(node, plans.Source)
        reader = connector_of(node.table).reader
        assert reader is not None
        return reader(node, self._environment)

    def _lookup(self, node: plans.LookupJoin) -> Lookup:
        lookup = connector_of(node.table).lookup
        assert lookup is not None
        return lookup(node, self._environment)

    def _writer(self, sink: plans.Sink | plans.Collect, name: str) -> Writer:
        if isinstance(sink, plans.Collect):
            return CollectWriter(self._give)
        writer = connector_of(sink.table).writer
        assert writer is not None
        return writer(sink, replace(self._environment, sink=name))

    def _restore(self) -> None:
        """Go on behind the last epoch; what it gave to the sinks they get again."""
        found = self.store.meta("sources") or {}
        for source in self._sources:
            kept = found.get(source.name)
            if kept is not None:
                source.reader.seek(kept["offsets"])
                source.watermarks.restore(kept["highest"], kept["watermark"])
        for name, watermark in (self.store.meta("watermarks") or {}).items():
            for stage in self.graph.stages:
                if stage.name == name:
                    stage.watermark = watermark
                    if stage.operator is not None:
                        stage.operator.watermark = watermark
        kept = self.store.meta("outbox") or {}
        self._deliver(self.store.epoch, {name: Outgoing.of(one) for name, one in kept.items()})

    # -- running

    def step(self) -> bool:
        """One epoch; False if there was nothing to do in it."""
        began = time.monotonic()
        now_ms = int(self._now() * 1000)
        came, rows = self._polled()
        letters: list[Change] = []
        if self._letters is not None:
            came, letters = self._letters.sifted(came)
        steady_ms = int(self._steady() * 1000)  # how long a part is silent does not depend on what the clock is set to
        self._note_times(came, steady_ms)
        moved = self._moved(steady_ms)
        try:
            reached = self.graph.run(came, now_ms)
        except duckdb.Error as error:
            raise poison(self.graph, self.duck, came, error) from error
        outbox = {sink.name: sink.given(reached[sink.stage]) for sink in self._sinks}
        outbox[NAME] = Outgoing(changes=letters)
        outbox = {name: outgoing for name, outgoing in outbox.items() if outgoing}
        is_new = self.store.epoch == 0  # where its sources begin is kept, though nothing has come yet
        if not (rows or outbox or moved or is_new or self._has_swept()):
            self.settle()
            self._note_given()
            return False
        self._end_epoch(outbox)
        self._gave_at = time.monotonic() if outbox else None
        progress = self.progress
        progress.rows_in += rows
        progress.rows_out += sum(len(outgoing) for name, outgoing in outbox.items() if name != NAME)
        progress.dead_letters += len(letters)
        progress.epochs += 1
        progress.epoch_ms = (time.monotonic() - began) * 1000
        progress.written_bytes = self.store.written_bytes
        progress.watermark_ms = min((one.stage.watermark for one in self._sources), default=NEVER)
        return rows >= _FEW_ROWS

    def run(self, should_stop: Callable[[], bool], report: Callable[[Progress], None] = lambda _: None) -> None:
        """Run until the sources have come to an end, or it is enough."""
        pause_s = _LINGER_S
        linger_s = _linger_s(self.job)
        while not should_stop():
            before = self.progress.epochs
            is_busy = self.step()
            report(self.progress)
            if self.is_finished:
                self.settle()
                self._rest(is_end=True)
                self.progress.is_finished = True
                return
            self._tick()
            if linger_s and self.progress.epochs > before:
                _wait(linger_s, should_stop)
                continue
            if is_busy:
                continue
            pause_s = _LINGER_S if self.progress.epochs > before else min(pause_s * 2, _IDLE_S_MAX)
            time.sleep(pause_s)

        self.settle()

    def settle(self) -> None:
        """Return once the sinks have what they are to get. Raises what keeps them from it."""
        delivering, self._delivering = self._delivering, None
        if delivering is not None:
            delivering.result()

    def rest(self) -> None:
        """Return once the sinks have all, which is noted: who goes on from here gives nothing twice."""
        self.settle()
        self._rest(is_end=False)
        self.store.commit((), {"outbox": {}})

    def _note_given(self) -> None:
        """Note that the sinks have all, once nothing has come for a while: a start long after that, when they may have
        forgotten what they got last, gives it to none of them."""
        if self._gave_at is not None and time.monotonic() - self._gave_at >= _NOTE_AFTER_S:
            self._gave_at = None
            with suppress(StorageFull):
                self.store.commit((), {"outbox": {}})

    def _rest(self, *, is_end: bool) -> None:
        for sink in self._sinks:
            if isinstance(sink.writer, Rolling):
                sink.writer.rest(is_end=is_end)

    def _tick(self) -> None:
        """Ask the sinks that hold rows back whether it is time to give them out."""
        rolling = [one for one in self._sinks if isinstance(one.writer, Rolling)]
        if not rolling or time.monotonic() - self._ticked_at < _TICK_S:
            return
        self._ticked_at = time.monotonic()
        self.settle()
        for sink in rolling:
            assert isinstance(sink.writer, Rolling)
            sink.writer.tick(sink.stage.inputs[0].stage.watermark)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come."""
        return all(one.reader.is_finished and one.stage.watermark >= ALWAYS for one in self._sources)

    def _polled(self) -> tuple[dict[Stage, list[Batch]], int]:
        came: dict[Stage, list[Batch]] = {}
        rows = 0
        rows_max = _ROWS_MAX if self._letters is None else self._letters.rows_max
        for source in self._sources:
            if source.reader.is_finished:
                continue
            batches = list(source.reader.poll(rows_max))
            came[source.stage] = batches
            rows += sum(batch.size for batch in batches)
        return came, rows

    def _note_times(self, came: dict[Stage, list[Batch]], steady_ms: int) -> None:
        """What the batches say of the watermarks of their sources."""
        try:
            for source in self._sources:
                for tap in self.graph.taps:
                    for batch in came.get(source.stage, ()) if tap.stage is source.stage else ():
                        source.watermarks.note(batch.shard, tap.highest_ms(self.duck, batch), steady_ms)
        except duckdb.Error as error:
            raise poison(self.graph, self.duck, came, error) from error

    def _moved(self, steady_ms: int) -> bool:
        """Have the sources' watermarks be what they are now; whether any has moved."""
        moved = False
        for source in self._sources:
            if source.reader.is_finished:
                watermark = ALWAYS
            elif self.job.batch:
                watermark = NEVER
            else:
                watermark = source.watermarks.advance(list(source.reader.shards()), steady_ms)
            moved = moved or watermark > source.stage.watermark
            source.stage.watermark = max(source.stage.watermark, watermark)
        return moved

    # -- epochs

    def _has_swept(self) -> bool:
        """Whether what was old has gone from the state while nothing came."""
        if self._team is not None and self._team.has_changes:
            return True
        return any(state.has_changes for context in self.graph.contexts() for state in context.states)

    def _end_epoch(self, outbox: dict[str, Outgoing]) -> None:
        """Have the epoch be on disk, and the sinks get what is theirs. Where workers have all that is remembered they
        go on meanwhile: nobody else reads the state until the next epoch ends."""
        states = [state for context in self.graph.contexts() for state in context.states]
        changes = list(chain.from_iterable(state.changes() for state in states))
        if self._team is not None:
            self.settle()
            changes += self._team.collect(self.store.epoch + 1, self.store.merged)
        meta = self._meta(outbox)
        self.settle()
        if self._team is not None and self._is_elsewhere:
            meta["sources"] = deepcopy(meta["sources"])  # readers go on meanwhile
            self._delivering = self._deliverer.submit(self._committed, changes, meta, outbox)
            return
        self._commit(changes, meta)
        for state in states:
            state.shrink()
        self._delivering = self._deliverer.submit(self._deliver, self.store.epoch, outbox) if outbox else None

    def _meta(self, outbox: dict[str, Outgoing]) -> dict[str, Any]:
        """What is written beside the state."""
        return {
            "sources": {
                one.name: {
                    "offsets": one.reader.offsets(),
                    "highest": one.watermarks.state(),
                    "watermark": one.watermarks.current,
                }
                for one in self._sources
            },
            "watermarks": {stage.name: stage.watermark for stage in self.graph.stages},
            "outbox": {name: outgoing.kept for name, outgoing in outbox.items()},
        }

    def _committed(self, changes: list[Pair], meta: dict[str, Any], outbox: dict[str, Outgoing]) -> None:
        self._commit(changes, meta)
        self._deliver(self.store.epoch, outbox)

    def _commit(self, changes: list[Pair], meta: dict[str, Any]) -> None:
        while True:
            try:
                self.store.commit(changes, meta)
                break
            except StorageFull:
                if self._is_closing:
                    raise
                self.progress.is_paused = True
                time.sleep(_FULL_PAUSE_S)
        self.progress.is_paused = False

    def _deliver(self, epoch: int, outbox: dict[str, Outgoing]) -> None:
        writers = [(sink.name, sink.writer) for sink in self._sinks]
        if self._letters is not None:
            writers.append((NAME, self._letters.writer))
        for name, writer in writers:
            outgoing = outbox.get(name)
            if not outgoing:
                continue
            if outgoing.is_columnar and isinstance(writer, ColumnarWriter):
                writer.deliver_batches(epoch, outgoing.batches)
            else:
                writer.deliver(epoch, outgoing.changes())

    def described(self, stage: Stage) -> dict[str, Any]:
        """What may be told of a stage."""
        if self._team is not None and stage.sharing is not None:
            return {**self._team.described(stage), "parallelism": self.parallelism}
        return stage.operator.describe() if stage.operator is not None else {}

    @property
    def workers(self) -> list[int]:
        """The process ids of those who work on what is shared out."""
        return self._team.pids if self._team is not None else []

    def lag_rows(self) -> int | None:
        """How much there is that was not read, where all sources know it."""
        found = [source.reader.lag_rows() for source in self._sources]
        return None if None in found else sum(one for one in found if one is not None)

    def close(self) -> None:
        """Let go of everything."""
        self._is_closing = True
        self._deliverer.shutdown()
        if self._team is not None:
            self._team.close()
        for source in self._sources:
            source.reader.close()
        for sink in self._sinks:
            sink.writer.close()
        if self._letters is not None:
            self._letters.writer.close()
        self.store.close()
        self.duck.close()
        self._functions.close()


def _linger_s(job: plans.Job) -> float:
    """How long an epoch lasts at least: a batch has no time to lose."""
    if job.batch:
        return 0.0
    return max((kind_of(one.table).linger_s for one in job.sinks if isinstance(one, plans.Sink)), default=0.0)


def _wait(seconds: float, should_stop: Callable[[], bool]) -> None:
    """Return after a while, or once it is enough."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not should_stop():
        time.sleep(_IDLE_S_MAX)


def _required(sink: plans.Sink | plans.Collect) -> tuple[tuple[int, str], ...]:
    """The columns that take no NULL and are given what may be NULL."""
    if isinstance(sink, plans.Collect):
        return ()
    pairs = zip(sink.columns, sink.input.fields, strict=True)
    return tuple((at, column.name) for at, (column, given) in enumerate(pairs)
                 if not column.type.nullable and given.type.nullable)  # fmt: skip
