"""Jobs of several processes: sums by key, windows and a join, where workers are killed as well as all else, and some
stopped for good: each record counts once, and what one worker has of an epoch is there with what the others have of
it, or not at all."""

import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.faults.flink_crash import CYCLES, JOB, VICTIMS, WORKER, Line, Work, check, events
from tests.faults.test_flink_kill import WORK as TOTALS
from tests.faults.test_flink_windows_kill import WORK as WINDOWS
from tests.faults.test_flink_windows_kill import one_job
from tests.flink import Flink, hologres
from yunbox.testing.server import Server

_VICTIMS = (WORKER, WORKER, WORKER, WORKER, JOB, JOB, *VICTIMS[4:])
_SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP)


def _jobs(server: Server) -> list[str]:
    """Sums by two and by three, with values that are told apart one by one."""
    with Flink(server) as flink:
        flink.run(events(server), hologres(server, "totals", "k BIGINT, n BIGINT, s BIGINT", "totals_"))
        flink.run(hologres(server, "seen", "k BIGINT, n BIGINT, last BIGINT", "seen_"))
        flink.run("SET 'heartbeat.interval' = '200 ms'", "SET 'heartbeat.timeout' = '2 s'")
        flink.run("SET 'parallelism.default' = '2'")
        first = flink.run("INSERT INTO totals_ SELECT k, COUNT(*), SUM(number) FROM events GROUP BY k")
        flink.run("SET 'parallelism.default' = '3'")
        second = flink.run("INSERT INTO seen_ SELECT k, COUNT(DISTINCT number), MAX(number) FROM events GROUP BY k")
        return [first, second]


def _expected(lines: list[Line]) -> dict[str, list[tuple[int, ...]]]:
    numbers: dict[int, set[int]] = {}
    for key, _, number in lines:
        numbers.setdefault(key, set()).add(number)
    seen = [(key, len(some), max(some)) for key, some in numbers.items()]
    return {"totals": TOTALS.expected(lines)["totals"], "seen": seen}


SUMS = Work(
    {"totals": TOTALS.tables["totals"], "seen": "k bigint PRIMARY KEY, n bigint, last bigint"},
    _jobs,
    _expected,
    _VICTIMS,
    _SIGNALS,
)
PAIRS = replace(WINDOWS, submit=partial(one_job, parallelism=2), victims=_VICTIMS)


@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * CYCLES)
@pytest.mark.parametrize("seed", [4])
def test_every_record_counts_once(tmp_path: Path, seed: int) -> None:
    check(tmp_path / "data", SUMS, seed)


@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * CYCLES)
@pytest.mark.parametrize("seed", [6])
def test_every_window_and_pair_comes_once(tmp_path: Path, seed: int) -> None:
    check(tmp_path / "data", PAIRS, seed)
