"""Nexmark's questions are answered as real Flink 2.3 answers them: ``nexmark.tsv`` has how many rows it gave, and the
digest of those rows, of the same events, with Flink's own words in the place of q14's function.

Flink's own answer to q9 as a stream takes nothing back, so that of its batch stands there. As a batch it refuses q11
and q12, of which the first runs here.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import nexmark
from yunbox.engine.stream import job as jobs
from yunbox.engine.stream.batch import Change, Kind
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.udf.natives import Functions
from yunbox.services.flink.http.types import plain
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import NotSensible
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

EVENTS, AN_EPOCH = 6_000, 700
_LINES = (Path(__file__).with_suffix("").with_name("nexmark.tsv")).read_text().splitlines()
ANSWERS = {name: (int(count), digest) for name, count, digest in (line.split("\t") for line in _LINES)}
_ELSEWHERE = {"q13": "looks up in a table of Hologres: tests/clients/flink"}
_PYTHON = """
from pyflink.table.udf import udf


@udf(result_type="BIGINT")
def count_char(text, letter):
    return text.count(letter)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("nexmark") / "events.json"
    nexmark.write(path, EVENTS)
    (path.parent / "nexmark_functions.py").write_text(_PYTHON)
    return f"'connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'"


def _now() -> float:
    """A moment that does not pass: windows by processing time (q12) close in no test, however long it takes."""
    return 1_700_000_000.0


def planned(name: str, source: str, mode: str) -> Job:
    folder = str(Path(source.split("'")[7]).parent)
    settings = {"execution.runtime-mode": mode, "python.files": folder}
    planner = Planner(Catalog(), settings, Functions([folder]).find)
    made = f"{nexmark.tables(source)}; CREATE FUNCTION count_char AS 'nexmark_functions.count_char' LANGUAGE PYTHON"
    for statement in planner.statements(made):
        planner.plan(statement)
    [statement] = planner.statements(nexmark.QUERIES[name])
    job = planner.plan(statement)
    assert isinstance(job, Job)
    return job


def left(job: Job, changes: list[Change]) -> list[str]:
    """What remains of all changes, a line a row."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for kind, row in changes:
        counts[row] += Kind(kind).sign
    assert all(count >= 0 for count in counts.values()), "something was taken back that was never given"
    types = [field.type for field in job.sinks[0].input.fields]
    return sorted(
        json.dumps([plain(value, of, "UTC") for value, of in zip(row, types, strict=True)]) for row in counts.elements()
    )


def same(name: str, rows: list[str]) -> None:
    assert (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()) == ANSWERS[name]


QUESTIONS = [name for name in nexmark.QUERIES if name not in _ELSEWHERE]


@pytest.mark.parametrize("name", QUESTIONS)
def test_as_a_stream_that_goes_on_from_disk(
    tmp_path: Path, source: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_ROWS_MAX", AN_EPOCH)
    job = planned(name, source, "streaming")
    changes: list[Change] = []
    before = JobRunner(job, tmp_path, job_id="j", give=changes.extend, now=_now)
    before.run(lambda: before.progress.epochs >= 4)
    before.rest()
    before.close()
    after = JobRunner(job, tmp_path, job_id="j", give=changes.extend, now=_now)
    after.run(lambda: False)
    after.close()
    assert before.progress.rows_in + after.progress.rows_in >= EVENTS
    same(name, left(job, changes))


@pytest.mark.parametrize("name", [one for one in QUESTIONS if one != "q12"])
def test_as_a_batch(tmp_path: Path, source: str, name: str) -> None:
    job = planned(name, source, "batch")
    changes: list[Change] = []
    runner = JobRunner(job, tmp_path, job_id="j", give=changes.extend, now=_now)
    runner.run(lambda: False)
    runner.close()
    assert all(kind == Kind.INSERT for kind, _ in changes)
    same(name, left(job, changes))


def test_a_batch_has_no_windows_of_its_own_time(source: str) -> None:
    with pytest.raises(NotSensible, match="Processing time Window TableFunction is not supported yet"):
        planned("q12", source, "batch")
