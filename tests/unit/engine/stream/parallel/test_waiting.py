"""Steps whose rows wait for the watermark, as one process has them or several, changed while they wait: patterns,
temporal joins, sessions, and windows that are joined and ranked."""

import random
from pathlib import Path

import pytest

from tests.unit.engine.stream.test_any_order import answered, made

_WINDOWS = "TABLE(TUMBLE(TABLE {}, DESCRIPTOR(ts), INTERVAL '10' MINUTE))"
_BY_WINDOW = f"SELECT k, window_start, window_end, COUNT(*) AS n FROM {_WINDOWS} GROUP BY k, window_start, window_end"
QUERIES = {
    "pattern": """SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.id AS a, LAST(B.id) AS b
        ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+ C) DEFINE B AS B.v >= A.v, C AS C.v < A.v)""",
    "temporal": "SELECT t.id, c.v FROM t LEFT JOIN versions FOR SYSTEM_TIME AS OF t.ts AS c ON t.k = c.k",
    "sessions": """SELECT k, window_start, window_end, COUNT(*), SUM(v)
        FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' MINUTE))
        GROUP BY k, window_start, window_end""",
    "joined windows": f"SELECT a.k, a.window_start, a.n, b.n FROM ({_BY_WINDOW.format('t')}) AS a "
    f"LEFT JOIN ({_BY_WINDOW.format('u')}) AS b "
    "ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end",
    "first of windows": f"""SELECT k, id, window_start FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start,
        window_end, k ORDER BY id) AS r FROM {_WINDOWS.format("t")}) WHERE r <= 2""",
    "last by time": """SELECT k, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS r FROM t)
        WHERE r = 1""",
}


_QUICK = ("pattern", "temporal", "joined windows")
_REST = [pytest.param(name, marks=pytest.mark.slow) for name in QUERIES if name not in _QUICK]


@pytest.mark.parametrize("name", [*_QUICK, *_REST])
def test_the_answers_of_one_process(tmp_path: Path, name: str) -> None:
    answers = []
    for at, parallelisms in enumerate(((1,), (1, 3, 2))):
        chance = random.Random(3)
        rows = {"t": made(chance), "u": made(chance), "versions": made(chance)}
        more = {"parallelisms": parallelisms, "memory_bytes_max": 1, "again": 0.3}
        answers.append(answered(QUERIES[name], rows, chance, tmp_path / str(at), **more))  # type: ignore[arg-type]
    assert answers[0] == answers[1]
    assert len(answers[0]) > 3
