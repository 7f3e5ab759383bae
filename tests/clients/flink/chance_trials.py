"""Runs a query of a stream over what comes by chance, in epochs of any size, with starts from disk in between."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tests.unit.engine.stream.feed  # noqa: F401 - tables that are fed by hand
from tests.clients.flink.chance_engines import unordered
from tests.clients.flink.chance_streams import SHAPES, VIEWS, Inputs, tables
from yunbox.engine.stream.batch import Change, Kind, from_changes
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.texts import printed
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job, Source
from yunbox.sql.flink.types import FlinkType

Left = Counter[tuple[str | None, ...]]


@dataclass(frozen=True)
class Way:
    """How a query is run: how many rows of a table come at a time at most, which of the epochs have a start behind them
    (a share), how much memory it may take, and in how many processes it works."""

    rows_max: int
    again: float = 0.0
    memory_bytes_max: int = 1 << 28
    parallelism: Sequence[int] = (1,)


WAYS = (Way(1_000), Way(1, 0.02), Way(9, 0.2), Way(9, 0.2, memory_bytes_max=0))


def planned(query: str, **settings: str) -> Job:
    """A query's job, over the tables that are fed. Raises FlinkSqlError."""
    planner = Planner(Catalog(), settings)
    job: object = None
    for text in (*tables({"connector": "feed"}, {"connector": "feed-cdc"}), *VIEWS, query):
        [statement] = planner.statements(text)
        job = planner.plan(statement)
    assert isinstance(job, Job)
    return job


def left(query: str, folder: Path, given: Inputs, chance: random.Random, way: Way) -> Left:
    """What is left of a query's changes when all has come."""
    return Trial(query, folder, given, chance, way).left()


class _Standing:
    """What stands of a query's changes: each that takes a row back must find it."""

    def __init__(self, types: Sequence[FlinkType]) -> None:
        self._types = types
        self.left: Left = Counter()

    def take(self, changes: Sequence[Change]) -> None:
        """Apply some."""
        for kind, row in changes:
            told = tuple(_told(value, of) for value, of in zip(row, self._types, strict=True))
            self.left[told] += Kind(kind).sign
            assert self.left[told] >= 0, f"{Kind(kind).text}{told} takes back what does not stand"


def _told(value: Any, of: FlinkType) -> str | None:
    """A value as CAST to STRING has it."""
    if value is None:
        return None
    if of.root == "TIMESTAMP":
        return str(datetime.fromtimestamp(value / 1e6, UTC))[:19] + f".{value // 1000 % 1000:03}"
    text: str = unordered(printed(value, of))
    return text


class Trial:
    """A query's job over some inputs. Which rows come together is said by ``chance`` alone, whatever the way."""

    def __init__(self, query: str, folder: Path, given: Inputs, chance: random.Random, way: Way) -> None:
        self._query, self._folder, self._given, self._way = query, folder, given, way
        self._chance, self._starts = chance, random.Random(query)
        job = planned(query)
        self._standing = _Standing([field.type for field in job.sinks[0].input.fields])

    def left(self) -> Left:
        """What is left."""
        self._folder.mkdir()
        runner = self._start()
        try:
            for some in self._epochs(runner):
                _feed(runner, some)
                if self._starts.random() < self._way.again:
                    runner.rest()
                    runner.close()
                    runner = self._start()
            for stage in runner.graph.sources:
                stage.reader.is_finished = True  # type: ignore[union-attr]
            runner.step()
            runner.settle()
        finally:
            runner.close()
        return +self._standing.left

    def _start(self) -> JobRunner:
        job = planned(self._query, **{"parallelism.default": str(self._starts.choice(self._way.parallelism))})
        memory = self._way.memory_bytes_max
        return JobRunner(job, self._folder, job_id="j", give=self._standing.take, memory_bytes_max=memory)

    def _epochs(self, runner: JobRunner) -> Iterator[Inputs]:
        names = sorted({one.node.table.name for one in runner.graph.sources if isinstance(one.node, Source)})
        places = dict.fromkeys(names, 0)
        while any(places[name] < len(self._given[name]) for name in names):
            found: Inputs = {}
            for name in names:
                end = places[name] + self._chance.randrange(self._way.rows_max + 1)
                found[name], places[name] = self._given[name][places[name] : end], end
            yield found


def _feed(runner: JobRunner, some: Inputs) -> None:
    """An epoch, of which the job reads the columns that it needs."""
    for stage in runner.graph.sources:
        if not isinstance(stage.node, Source):
            continue
        feed: Any = stage.reader
        name = stage.node.table.name
        columns = [column for column, _, _ in SHAPES[name]]
        places = [columns.index(column.name) for column in stage.node.columns]
        changes = [(kind, tuple(row[at] for at in places)) for kind, row in some[name]]
        feed.batches.append(from_changes(changes, feed.types))
    runner.step()
