"""Results of a few rows: kept with their instance, laid out as files for those who read them as such."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.services.maxcompute.sql.instances import Instance, Outcome
from yunbox.services.maxcompute.sql.results import RESULT_AGE_S, Results


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1000.0)


@pytest.fixture
def results(tmp_path: Path, clock: ManualClock) -> Results:
    return Results(tmp_path / "results", cast("Any", None), clock)


def ended(results: Results, stream: bytes) -> Instance:
    outcome = Outcome(is_select=True, rows=1, file=results.name("i"), stream=stream)
    return Instance("i", "p", "o", "1", 1000.0, "t", "SQL", "", ended=1000.0, outcome=outcome)


def test_a_few_rows_become_a_file_when_it_is_asked_for(results: Results) -> None:
    instance = ended(results, b"rows")
    assert not Path(results.name("i")).exists()
    found = results.file(instance)
    assert found == Path(results.name("i"))
    assert found.read_bytes() == b"rows"
    assert results.file(instance) == found


def test_after_a_day_there_is_none(results: Results, clock: ManualClock) -> None:
    clock.advance(RESULT_AGE_S + 1)
    assert results.file(ended(results, b"rows")) is None


def test_a_larger_result_that_is_gone_stays_gone(results: Results) -> None:
    instance = ended(results, b"")
    assert results.file(instance) is None
    Path(results.name("i")).write_bytes(b"many rows")
    assert results.file(replace(instance, outcome=replace(instance.outcome, rows=9))) == Path(results.name("i"))
