"""MATCH_RECOGNIZE as a step: rows wait for the watermark, go through their key's automaton in the order of time, and
what is measured of each match is given.

The state are rows that wait, and for each key that has begun a match what its automaton knows and the rows that are
part of it. A key whose matches have all ended or failed is forgotten.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from yunbox.engine.stream.batch import INSERT, Batch, Change, Row, encoded, types_of
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.operators.matches.automaton import Automaton, Machine
from yunbox.engine.stream.operators.matches.reading import Columns, Condition, Question, Reading
from yunbox.engine.stream.operators.matches.run import Asked, Run, Timed
from yunbox.engine.stream.operators.matches.sums import Sums
from yunbox.engine.stream.operators.operator import Context, Operator
from yunbox.engine.stream.operators.ordering import sorter
from yunbox.engine.stream.operators.waiting import Waiting
from yunbox.engine.stream.state import Key, key_of
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.matches import Match

T = TypeVar("T")


class PatternMatch(Operator):
    """By rowtime rows wait for the watermark; by processing time they are taken as they come."""

    def __init__(self, context: Context, node: Match) -> None:
        super().__init__(context, types_of(node.fields))
        self._node = node
        self._key = key_of(node.partition_keys)
        types = types_of(node.input.fields)
        self._time = node.order[0].column
        self._is_processing = node.input.fields[self._time].time == "proctime"
        self._sorted = sorter(node.order[1:], types)
        names = [one.name for one in node.variables]
        self._automaton = Automaton.of(node.variables)
        self._conditions = [
            Condition(context.duck, Reading(one.reads, names, at), one.condition)
            for at, one in enumerate(node.variables)
        ]
        self._measures = Reading(node.measure_reads, names)
        values = ", ".join(f"{encoded(one.sql, one.type)} AS m{at}" for at, one in enumerate(node.measures))
        self._sql = f"SELECT {values} FROM (SELECT {self._measures.columns} FROM batch)"
        self._pending = Waiting(context, self._key)
        self._machines = context.keyed()
        self._rows = context.bag()
        self._timers = context.timed()
        self._now_ms = 0
        self._columns = Columns()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator. Rows behind the watermark are dropped, and counted."""
        rows = [row for kind, row in batch.changes() if kind == INSERT]
        if self._is_processing:
            yield from self.given(self._worked([(self._now_ms, row) for row in rows], self._now_ms))
            return
        by_time: dict[int, list[Row]] = {}
        for row in rows:
            moment = row[self._time]
            if moment is None or moment // 1000 <= self.watermark:
                self.late_rows += 1
            else:
                by_time.setdefault(moment // 1000, []).append(row)
        self._pending.add(by_time)

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        if self._is_processing:
            return
        due = [(time_ms, [tuple(row) for row in some]) for time_ms, some in self._pending.due(watermark_ms)]
        rows = [(time_ms, row) for time_ms, some in due for row in self._sorted(some)]
        yield from self.given(self._worked(rows, watermark_ms))

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = max(self._now_ms, now_ms)
        if self._is_processing:
            yield from self.given(self._worked([], self._now_ms))

    def describe(self) -> dict[str, Any]:
        """As in Operator."""
        return {**super().describe(), "keys": len(self._machines)}

    # -- working

    def _worked(self, rows: Sequence[Timed], now_ms: int) -> list[Change]:
        """Take rows in their order, and let go of what has taken too long."""
        runs = self._runs(rows)
        waiting = list(runs.values())
        while waiting:
            waiting = self._told(waiting)
        for _, key, _ in self._timers.due(now_ms):
            if key not in runs and self._machines.get(key) is not None:
                runs[key] = self._run(key)
        if self._node.within_ms:
            for run in runs.values():
                run.found += [(now_ms, one) for one in self._checked(run, lambda run=run: run.machine.expire(now_ms))]
        changes = self._given(list(runs.values()))
        for run in runs.values():
            self._keep(run)
        return changes

    def _runs(self, rows: Sequence[Timed]) -> dict[Key, Run]:
        by_key: dict[Key, list[Timed]] = {}
        for time_ms, row in rows:
            by_key.setdefault(self._key(row), []).append((time_ms, row))
        self._columns = Columns()
        runs = {}
        for key, some in by_key.items():
            runs[key] = self._run(key)
            runs[key].take(some, self._columns)
        for at, condition in enumerate(self._conditions):
            if condition.sql and condition.is_of_row:  # for all rows at once
                self._tell(at, [(run, run.of_row(at)) for run in runs.values()])
        return runs

    def _run(self, key: Key) -> Run:
        machine = Machine(self._automaton, self._node, self._machines.get(key))
        return Run(key, machine, self._automaton, self._conditions, self._rows.get(key))

    def _told(self, runs: list[Run]) -> list[Run]:
        """Have runs go on, and tell them what they ask for; those that ask."""
        asked = [(run, wanted) for run in runs if (wanted := self._checked(run, run.advance))]
        for at in range(len(self._conditions)):
            self._tell(at, [(run, one) for run, wanted in asked for one in wanted if one.what[0] == at])
        return [run for run, _ in asked]

    def _tell(self, variable: int, asked: Sequence[tuple[Run, Asked]]) -> None:
        if not asked:
            return
        found = self._conditions[variable].judged([one.question for _, one in asked], self._columns)
        for (run, one), answers in zip(asked, found, strict=True):
            run.tell(one, answers)

    def _checked(self, run: Run, work: Callable[[], T]) -> T:
        """What a match cannot skip to fails the job, as there."""
        try:
            return work()
        except InvalidArgument as error:
            key = f" of {run.key}" if run.key else ""
            raise Unrecoverable(f"MATCH_RECOGNIZE{key}: {error}") from error

    def _given(self, runs: Sequence[Run]) -> list[Change]:
        """What is measured of the matches, in the order in which they were found."""
        found = [(time_ms, run, one) for run in runs for time_ms, one in run.found]
        found.sort(key=lambda match: match[0])
        if not found:
            return []
        columns = Columns()
        of_run = {
            run.key: (columns.add(run.rows), Sums(run.rows)) for run in {id(run): run for _, run, _ in found}.values()
        }
        wanted = []
        for _, run, one in found:
            base, sums = of_run[run.key]
            wanted.append(Question(base, self._measures.spans(one, one.end + 1), 1, sums))
        answer = self.context.duck.run(self._sql, self._measures.arrays(wanted, columns))
        values = zip(*(answer[f"m{at}"].tolist() for at in range(len(self._node.measures))), strict=True)
        return [(INSERT, (*run.key, *value)) for (_, run, _), value in zip(found, values, strict=True)]

    def _keep(self, run: Run) -> None:
        """Put a key's state away: what it knows, and the rows from the first on that something has begun with."""
        key, machine = run.key, run.machine
        kept = machine.kept
        old = self._rows.get(key)
        if kept is None:
            if self._machines.get(key) is not None:
                self._machines.delete(key)
            self._rows.clear(key)
            return
        first = min(one.seq for one in machine.begun)
        for seq in [seq for seq in old if seq < first]:
            self._rows.delete(key, seq)
        for seq in range(first, machine.seq):
            if seq not in old:
                self._rows.put(key, seq, run.rows[seq])
        self._machines.put(key, kept)
        if self._node.within_ms:
            times = [one.time_ms for one in machine.partials if one.seq >= 0]
            if times:
                self._timers.put(min(times) + self._node.within_ms, key, 1)
