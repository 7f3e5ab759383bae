"""A job that has much to do for each key, by one process and by two: the rows are made in memory, and thrown away.

Distinct values are counted one by one, in Python; reading, writing and the transaction of each epoch stay with the
job's own process. The two take turns in one run, so that what else the machine does touches both.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.jobfile import GARBAGE_EVERY
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

ROWS, KEYS, VALUES, TURNS = 300_000, 50_000, 1_000, 3
TABLES = f"""
CREATE TABLE rows_ (k BIGINT, v BIGINT, w BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '{ROWS}',
    'rows-per-second' = '10000000', 'fields.k.min' = '1', 'fields.k.max' = '{KEYS}',
    'fields.v.min' = '1', 'fields.v.max' = '{VALUES}', 'fields.w.min' = '1', 'fields.w.max' = '{VALUES}');
CREATE TABLE nothing (k BIGINT, a BIGINT, b BIGINT, c BIGINT) WITH ('connector' = 'blackhole')"""
QUERIES = {
    "COUNT(DISTINCT)": "SELECT k, COUNT(DISTINCT v), COUNT(DISTINCT w), COUNT(*) FROM rows_ GROUP BY k",
    "top 3 of each key": "SELECT k, v, w, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v, w) AS r "
    "FROM rows_) WHERE r <= 3",
    "COUNT, SUM, MAX": "SELECT k, COUNT(*), SUM(v), MAX(w) FROM rows_ GROUP BY k",
}


def planned(query: str, count: int) -> Job:
    planner = Planner(Catalog(), {"parallelism.default": str(count)})
    for statement in planner.statements(TABLES):
        planner.plan(statement)
    job = planner.plan(planner.statements(f"INSERT INTO nothing {query}")[0])
    assert isinstance(job, Job)
    return job


@dataclass(frozen=True)
class Took:
    """From the first row to the last epoch, in seconds; of processors: the job's own process, and a worker's."""

    wall_s: float
    own_s: float
    worker_s: float


def took(query: str, count: int, folder: Path) -> Took:
    """A run; starting is not counted."""
    runner = JobRunner(planned(query, count), folder, job_id="j")
    before = [_used_s(pid) for pid in runner.workers]
    own_s, began = time.process_time(), time.monotonic()
    runner.run(lambda: False)
    wall_s, own_s = time.monotonic() - began, time.process_time() - own_s
    used = [_used_s(pid) - first for pid, first in zip(runner.workers, before, strict=True)]
    assert runner.progress.rows_in == ROWS
    runner.close()
    return Took(wall_s, own_s, max(used, default=0.0))


def _used_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@pytest.mark.bench
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", QUERIES)
def test_two_processes_beside_one(tmp_path: Path, name: str, report: Callable[[str], None]) -> None:
    query = QUERIES[name]
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE_EVERY)  # as in a job's process
    try:
        turns = [{count: took(query, count, tmp_path / f"{count}-{turn}") for count in (1, 2)} for turn in range(TURNS)]
    finally:
        gc.set_threshold(*before)
    one, two = (min((turn[count] for turn in turns), key=lambda each: each.wall_s) for count in (1, 2))
    rates = f"{ROWS / one.wall_s:,.0f} rows/s with one process, {ROWS / two.wall_s:,.0f} with two"
    shares = f"{one.own_s:.1f} s alone; with two workers {two.own_s:.1f} s, and {two.worker_s:.1f} s in each of those"
    report(f"{name} by {KEYS:,} keys: {rates}: {one.wall_s / two.wall_s:.2f} times\nof processors: {shares}")
