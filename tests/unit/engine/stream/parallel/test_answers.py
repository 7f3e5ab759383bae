"""The answers of real Flink to queries and patterns come from several processes too: those whose steps are shared out.

Some of them are asked always, the others where there is more time.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.stream.test_answers import CASES, Running, compared, planned
from tests.unit.engine.stream.test_matches import CASES as PATTERNS
from tests.unit.engine.stream.test_matches import ordered, sessions  # noqa: F401 - ``sessions`` is a fixture
from yunbox.sql.flink.parallelism import OF_JOB, shared
from yunbox.sql.flink.plans import Job

_EVERY = 16
"""Which of them are asked always."""


def _several(job: Job, count: int) -> Job:
    return replace(job, settings={**job.settings, OF_JOB: str(count)})


def _some(cases: list[Any]) -> list[Any]:
    """All of them, most of which are slow together."""
    found = [one if hasattr(one, "values") else pytest.param(*one) for one in cases]
    return [
        one if at % _EVERY == 0 else pytest.param(*one.values, marks=pytest.mark.slow) for at, one in enumerate(found)
    ]


_BATCHES = [one for one in CASES if shared(planned(str(one.id), "batch"))]
_STREAMS = [one for one in _BATCHES if "ORDER BY" not in str(one.id) and "RANK()" not in str(one.id)]


@pytest.mark.parametrize(("query", "expected"), _some(_STREAMS))
def test_a_stream(tmp_path: Path, query: str, expected: str) -> None:
    """Two processes, and from the middle on three."""
    running = Running(_several(planned(query, "streaming"), 2), tmp_path / "job")
    for at in range(6):
        running.feed(slice(at, at + 1))
        if at == 2:
            running.job = _several(running.job, 3)
            running.again()
    compared(running.end(), query, expected, ordered=False)


@pytest.mark.parametrize(("query", "expected"), _some(_BATCHES))
def test_a_batch(tmp_path: Path, query: str, expected: str) -> None:
    running = Running(_several(planned(query, "batch"), 2), tmp_path / "job")
    running.feed(slice(None))
    compared(running.end(), query, expected, ordered=True)


@pytest.mark.parametrize("mode", ["batch", "streaming"])
@pytest.mark.parametrize(("pattern", "rows"), _some([one for one in PATTERNS if "PARTITION BY" in one[0]][::2]))
def test_patterns(sessions: Any, mode: str, pattern: str, rows: str) -> None:  # noqa: F811
    sessions[mode].run(f"SET '{OF_JOB}' = '2'")
    sessions[mode].run(f"SELECT * FROM t MATCH_RECOGNIZE {pattern}")
    assert ordered([list(row) for _, row in sessions[mode].out]) == json.loads(rows)
