"""MATCH_RECOGNIZE from DataHub into Hologres, while the job is killed."""

import os
import signal
from collections.abc import Callable
from typing import Any

from tests.clients.flink.conftest import Topic
from tests.flink import Flink, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

PATTERN = """
    MATCH_RECOGNIZE (
        PARTITION BY k ORDER BY ts
        MEASURES A.id AS began, LAST(B.id) AS lowest, C.id AS ended, COUNT(B.id) AS n
        ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
        PATTERN (A B+ C) WITHIN INTERVAL '1' HOUR
        DEFINE B AS (LAST(B.v, 1) IS NULL AND B.v < A.v) OR B.v < LAST(B.v, 1), C AS C.v > LAST(B.v)
    )"""


def falls(values: list[int]) -> list[tuple[int, int, int, int]]:
    """Where values fall and rise again: the places of the first, the lowest and the last, and how many fell."""
    found, at = [], 0
    while at < len(values):
        low = at
        while low + 1 < len(values) and values[low + 1] < values[low]:
            low += 1
        if low > at and low + 1 < len(values) and values[low + 1] > values[low]:
            found.append((at, low, low + 1, low - at))
            at = low + 2
        else:
            at += 1
    return found


def test_matches_are_given_once_whenever_the_job_is_killed(
    flink: Flink, server: Server, holo: Any, project: str, topic: Topic, put: Callable[..., None]
) -> None:
    holo.execute("CREATE TABLE falls (k text, began bigint, lowest bigint, ended bigint, n bigint)")
    topic("values", "k:STRING", "id:BIGINT", "v:BIGINT", "at:BIGINT")
    times = "`at` BIGINT, ts AS TO_TIMESTAMP_LTZ(`at`, 3), WATERMARK FOR ts AS ts"
    job = flink.run(
        clicks(server, project, "values", f"k STRING, id BIGINT, v BIGINT, {times}", "vals"),
        hologres(server, "falls", "k STRING, began BIGINT, lowest BIGINT, ended BIGINT, n BIGINT", "falls"),
        f"INSERT INTO falls SELECT * FROM vals {PATTERN}",
    )
    values = [(at * 37) % 11 for at in range(60)]
    wanted = [(key, *one) for key in ("a", "b") for one in falls(values)]
    assert len(wanted) > 10
    for at, value in enumerate(values):
        put("values", ["a", at, value, 1000 * at], ["b", at, value, 1000 * at + 1])
        if at % 20 == 10:
            for process in children(server, "engine.stream.main"):
                if job in " ".join(process.cmdline()):
                    os.kill(process.pid, signal.SIGKILL)
    put("values", ["z", 0, 0, 10_000_000])
    until(lambda: holo.execute("SELECT * FROM falls ORDER BY k, began").fetchall() == wanted, 60)
    [[text]] = flink.rows(f"EXPLAIN SELECT * FROM vals {PATTERN}")
    assert "Match(partitionBy=[k]" in text and "within=[1 h]" in text and "warning" not in text
    flink.cancel(job)
    holo.execute("DROP TABLE falls")
