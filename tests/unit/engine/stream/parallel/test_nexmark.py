"""Nexmark's questions have the answers of real Flink with two and with three processes too, one after the other."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.engine.stream.test_nexmark import (  # noqa: F401 - ``source`` is a fixture
    AN_EPOCH,
    EVENTS,
    QUESTIONS,
    _now,
    left,
    planned,
    same,
    source,
)
from yunbox.engine.stream import job as jobs
from yunbox.engine.stream.batch import Change
from yunbox.engine.stream.job import JobRunner

_QUICK = ("q5", "q18", "q20")
_REST = [pytest.param(name, marks=pytest.mark.slow) for name in QUESTIONS if name not in _QUICK]


@pytest.mark.parametrize("name", [*_QUICK, *_REST])
def test_as_a_stream(
    tmp_path: Path,
    source: str,  # noqa: F811
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "_ROWS_MAX", AN_EPOCH)
    made = planned(name, source, "streaming")
    two, three = (replace(made, settings={**made.settings, "parallelism.default": str(count)}) for count in (2, 3))
    changes: list[Change] = []
    before = JobRunner(two, tmp_path, job_id="j", give=changes.extend, now=_now)
    before.run(lambda: before.progress.epochs >= 4)
    before.rest()
    before.close()
    after = JobRunner(three, tmp_path, job_id="j", give=changes.extend, now=_now)
    after.run(lambda: False)
    after.close()
    assert before.progress.rows_in + after.progress.rows_in >= EVENTS
    same(name, left(made, changes))
