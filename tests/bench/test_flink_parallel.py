"""A job that has much to do for each key, by one process and by two: the rows are made in memory, and thrown away.

Distinct values are counted one by one, in Python; reading, writing and the transaction of each epoch stay with the
job's own process. The two take turns in one run, so that what else the machine does touches both.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from yunbox.engine.stream.job import JobRunner
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

ROWS, KEYS, VALUES, TURNS = 400_000, 50_000, 1_000, 3
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


def seconds(query: str, count: int, folder: Path) -> float:
    """From the first row to the last epoch; starting is not counted."""
    runner = JobRunner(planned(query, count), folder, job_id="j")
    began = time.monotonic()
    runner.run(lambda: False)
    took = time.monotonic() - began
    assert runner.progress.rows_in == ROWS
    runner.close()
    return took


@pytest.mark.bench
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", QUERIES)
def test_two_processes_beside_one(tmp_path: Path, name: str, report: Callable[[str], None]) -> None:
    query = QUERIES[name]
    took = {
        count: min(seconds(query, count, tmp_path / f"{count}-{turn}") for turn in range(TURNS)) for count in (1, 2)
    }
    report(
        f"{name} by {KEYS:,} keys: {ROWS / took[1]:,.0f} rows/s with one process, {ROWS / took[2]:,.0f} with two: "
        f"{took[1] / took[2]:.2f} times"
    )
