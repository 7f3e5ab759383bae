"""Windows of event time and a join in one job, into tables of Hologres without a key: each row is written once,
whatever is killed."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.faults.flink_crash import CYCLES, END, SHARDS, Line, Work, check, events
from tests.flink import Flink, hologres
from yunbox.testing.server import Server

WINDOW = 50
"""How many numbers of a shard are in a window of time."""


def one_job(server: Server, parallelism: int = 1) -> list[str]:
    with Flink(server) as flink:
        flink.run(f"SET 'parallelism.default' = '{parallelism}'")
        flink.run(
            events(server), hologres(server, "windows", "k BIGINT, w BIGINT, n BIGINT, shards BIGINT", "windows_")
        )
        flink.run(hologres(server, "pairs", "number BIGINT, a BIGINT, b BIGINT", "pairs_"))
        flink.run("SET 'table.local-time-zone' = 'UTC'")
        return [
            flink.run(f"""EXECUTE STATEMENT SET BEGIN
            INSERT INTO windows_ SELECT k, 1000 * UNIX_TIMESTAMP(CAST(window_start AS STRING)) + EXTRACT(MILLISECOND
            FROM window_start), COUNT(*), COUNT(DISTINCT shard)
            FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '0.0{WINDOW}' SECOND))
            GROUP BY k, window_start, window_end;
            INSERT INTO pairs_ SELECT a.number, a.k, b.k FROM events a JOIN events b ON a.number = b.number
            WHERE a.shard = 0 AND b.shard = 1;
            END""")
        ]


def _windows(lines: list[Line]) -> dict[str, list[tuple[Any, ...]]]:
    shards: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for key, shard, number in lines:
        shards[key, number // WINDOW * WINDOW].append(shard)
    sides = [{number: key for key, shard, number in lines if shard == side} for side in range(SHARDS)]
    return {
        "windows": [
            (*at, len(found), len(set(found))) for at, found in shards.items() if at[1] < END // WINDOW * WINDOW
        ],
        "pairs": [(number, key, sides[1][number]) for number, key in sides[0].items() if number in sides[1]],
    }


WORK = Work(
    {"windows": "k bigint, w bigint, n bigint, shards bigint", "pairs": "number bigint, a bigint, b bigint"},
    one_job,
    _windows,
)


@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * CYCLES)
@pytest.mark.parametrize("seed", [2, 3])
def test_every_window_and_pair_comes_once(tmp_path: Path, seed: int) -> None:
    check(tmp_path / "data", WORK, seed)
