"""Sums into a table of Hologres with a key, and all records into one without: each counts once, whatever is killed."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.faults.flink_crash import CYCLES, Line, Work, check, events
from tests.flink import Flink, hologres
from yunbox.testing.server import Server


def _two_jobs(server: Server) -> list[str]:
    with Flink(server) as flink:
        flink.run(events(server), hologres(server, "totals", "k BIGINT, n BIGINT, s BIGINT", "totals_"))
        flink.run(hologres(server, "lines", "k BIGINT, shard BIGINT, number BIGINT", "lines_"))
        return [
            flink.run("INSERT INTO totals_ SELECT k, COUNT(*), SUM(number) FROM events GROUP BY k"),
            flink.run("INSERT INTO lines_ SELECT k, shard, number FROM events"),
        ]


def _totals(lines: list[Line]) -> dict[str, list[tuple[Any, ...]]]:
    sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for key, _, number in lines:
        sums[key][0] += 1
        sums[key][1] += number
    return {"totals": [(key, *values) for key, values in sums.items()], "lines": list(lines)}


WORK = Work(
    {
        "totals": "k bigint PRIMARY KEY, n bigint, s bigint) WITH (orientation = 'row'",
        "lines": "k bigint, shard bigint, number bigint",
    },
    _two_jobs,
    _totals,
)


@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * CYCLES)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_record_counts_once(tmp_path: Path, seed: int) -> None:
    check(tmp_path / "data", WORK, seed)
