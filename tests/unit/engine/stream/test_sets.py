"""INTERSECT ALL and EXCEPT ALL: each row as often as both sides have it, or as one has it more. NULL equals NULL."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs

LEFT = "(VALUES ('a', 1), ('a', 1), ('a', 1), ('b', 2), ('c', CAST(NULL AS INT)), ('c', CAST(NULL AS INT))) AS t(k, v)"
RIGHT = "(VALUES ('a', 1), ('a', 1), ('b', 3), ('c', CAST(NULL AS INT)), ('d', 4)) AS t(k, v)"
ANSWERS = {
    "INTERSECT ALL": ["a, 1", "a, 1", "c, None"],
    "INTERSECT": ["a, 1", "c, None"],
    "EXCEPT ALL": ["a, 1", "b, 2", "c, None"],
    "EXCEPT": ["b, 2"],
}


@pytest.mark.parametrize("mode", ["batch", "streaming"])
@pytest.mark.parametrize(("operation", "rows"), ANSWERS.items())
def test_rows_of_both_sides(tmp_path: Path, operation: str, rows: list[str], mode: str) -> None:
    jobs = Jobs(tmp_path)
    jobs.run(f"SET 'execution.runtime-mode' = '{mode}'")
    assert jobs.left(f"SELECT k, v FROM {LEFT} {operation} SELECT k, v FROM {RIGHT}") == rows


def test_what_goes_is_taken_from_the_sets(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.stream()
    latest = "SELECT k, MAX(v) AS v FROM (VALUES ('a', 1), ('a', 2), ('b', 2)) AS t(k, v) GROUP BY k"
    assert jobs.left(f"SELECT v FROM ({latest}) EXCEPT ALL SELECT x FROM (VALUES (2)) AS u(x)") == ["2"]
