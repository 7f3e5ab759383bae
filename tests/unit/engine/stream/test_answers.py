"""The engine's answers are real Flink's: the queries of ``tests/unit/sql/flink``, as batches and as streams.

A stream is fed row by row, each an epoch of its own, with a start from disk in between: what is left of all its changes
is what the batch gives.
"""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.stream.feed import FEEDS
from tests.unit.sql.flink.test_answers import QUERIES, TABLES
from yunbox.engine.stream.batch import Change, Kind, from_rows
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.texts import printed
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

_FED = TABLES.replace("'filesystem'", "'feed'")
_EPOCH = datetime(1970, 1, 1)


def _us(text: str) -> int:
    return int((datetime.fromisoformat(text) - _EPOCH).total_seconds()) * 1_000_000


ROWS: dict[str, dict[str, list[Any]]] = {
    "o": {
        "id": [1, 2, 3, 4, 5, 6],
        "name": ["ann", "bob", "ann", None, "bob", "cy"],
        "qty": [2, 3, 1, None, 4, 2],
        "amount": ["10.50", "20.00", "5.25", "7.00", "11.11", None],
        "ts": [_us(f"2020-01-01 00:0{one}") for one in ("0:10", "0:20", "0:50", "1:10", "1:40", "2:05")],
        "tags": [
            json.dumps(one) if one is not None else None for one in (["x", "y"], [], ["z"], None, ["x"], ["y", "y"])
        ],
    },
    "c": {"name": ["ann", "bob", "dee", "ann"], "city": ["Paris", "Rome", "Prague", "Perth"], "w": [1, 3, 2, 2]},
}


def planned(query: str, mode: str) -> Job:
    planner = Planner(Catalog(), {"execution.runtime-mode": mode})
    for statement in planner.statements(_FED):
        planner.plan(statement)
    [statement] = planner.statements(query)
    job = planner.plan(statement)
    assert isinstance(job, Job)
    return job


class Running:
    """A query under way, fed with the rows of its tables."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.job = job
        self.folder = folder
        self.changes: list[Change] = []
        self.runner = self._start()

    def _start(self) -> JobRunner:
        FEEDS.clear()
        self.folder.mkdir(exist_ok=True)
        return JobRunner(self.job, self.folder, job_id="j", give=self.changes.extend)

    def again(self) -> None:
        """Go on from disk; what was given is given again, and counts once."""
        self.runner.settle()
        self.runner.close()
        before = list(self.changes)
        self.runner = self._start()
        self.changes = before
        self.runner._give = self.changes.extend
        for sink in self.runner._sinks:
            sink.writer._give = self.changes.extend  # type: ignore[attr-defined]

    def feed(self, step: slice) -> None:
        """Some rows of each table."""
        for table, feed in FEEDS.items():
            [source] = [one for one in self.runner.graph.sources if getattr(one.node, "table", None) and
                        one.node.table.name == table][:1]  # fmt: skip
            names = [column.name for column in source.node.columns]
            columns = [ROWS[table][name][step] for name in names]
            rows = list(zip(*columns, strict=True)) if names else [()] * len(ROWS[table]["name"][step])
            feed.batches.append(from_rows(rows, feed.types, "0"))
        self.runner.step()

    def end(self) -> list[str]:
        """No more comes: what is left of all changes, as Flink prints it."""
        for feed in FEEDS.values():
            feed.is_finished = True
        self.runner.step()
        self.runner.settle()
        self.runner.close()
        left: Counter[tuple[Any, ...]] = Counter()
        for kind, row in self.changes:
            left[row] += Kind(kind).sign
        assert all(count >= 0 for count in left.values()), "something was taken back that was never given"
        types = [field.type for field in self.job.sinks[0].input.fields]
        ordered = [row for _, row in self.changes] if self.job.batch else list(left.elements())
        return ["+I[" + ", ".join("null" if value is None else printed(value, of)
                                  for value, of in zip(row, types, strict=True)) + "]" for row in ordered]  # fmt: skip


CASES = [pytest.param(query, expected, id=query) for query, _, expected in QUERIES]


def compared(found: list[str], query: str, expected: str, *, ordered: bool) -> None:
    wanted = expected.split(" ; ") if expected else []
    keep = ordered and query.rpartition(")")[2].find("ORDER BY") >= 0
    assert (found if keep else sorted(found)) == (wanted if keep else sorted(wanted))


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_a_batch(tmp_path: Path, query: str, expected: str) -> None:
    running = Running(planned(query, "batch"), tmp_path / "job")
    running.feed(slice(None))
    compared(running.end(), query, expected, ordered=True)


@pytest.mark.parametrize(
    ("query", "expected"), [one for one in CASES if "ORDER BY" not in str(one.id) and "RANK()" not in str(one.id)]
)
def test_a_stream(tmp_path: Path, query: str, expected: str) -> None:
    running = Running(planned(query, "streaming"), tmp_path / "job")
    for at in range(6):
        running.feed(slice(at, at + 1))
        if at == 2:
            running.again()
    compared(running.end(), query, expected, ordered=False)
