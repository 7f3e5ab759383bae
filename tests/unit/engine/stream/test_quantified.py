"""Comparisons with ANY and ALL of a query's values, as real Flink 2.3 answers them: NULL is what nobody knows."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs

T = "(VALUES ('a', 1), ('b', 2), ('c', CAST(NULL AS INT)), ('d', 3), ('e', 5)) AS t(k, v)"
U = "SELECT w FROM (VALUES (1), (2), (2), (7), (CAST(NULL AS INT))) AS u(w)"
ANSWERS = [
    (f"v = ANY ({U})", "ab"),
    (f"v <> ALL ({U})", ""),
    (f"v <> ALL ({U} WHERE w IS NOT NULL)", "de"),
    (f"v >= SOME ({U})", "abde"),
    (f"v <> ANY ({U})", "abde"),
    (f"v = ALL ({U})", ""),
    (f"v > ALL ({U})", ""),
    (f"v > ALL ({U} WHERE w < 2)", "bde"),
    (f"v < ALL ({U} WHERE w > 2)", "abde"),
    (f"v < ALL ({U} WHERE w > 100)", "abcde"),
    (f"NOT (v > ANY ({U} WHERE w > 1))", "ab"),
    (f"NOT (v > ALL ({U} WHERE w > 1))", "abde"),
    (f"v = ANY ({U}) AND k <> 'a'", "b"),
    ("v > ALL (1, 2)", "de"),
    ("v = SOME (1, 2)", "ab"),
]


@pytest.mark.parametrize("mode", ["batch", "streaming"])
@pytest.mark.parametrize(("condition", "rows"), ANSWERS)
def test_a_comparison_with_many(tmp_path: Path, condition: str, rows: str, mode: str) -> None:
    jobs = Jobs(tmp_path)
    jobs.run(f"SET 'execution.runtime-mode' = '{mode}'")
    assert "".join(jobs.left(f"SELECT k FROM {T} WHERE {condition}")) == rows
