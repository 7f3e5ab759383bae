"""OVER in a batch as real Flink 2.3 answers it: any order, frames to both sides, and more functions than streams."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.kernel.errors import KernelError

T = """(VALUES ('a', 1, CAST(1.50 AS DECIMAL(5, 2)), 0.5e0, 'x'), ('a', 2, 2.25, 1.5e0, CAST(NULL AS STRING)),
    ('b', CAST(NULL AS INT), 3.00, -1.5e0, 'y'), ('b', 3, -4.75, 9e0, 'x'), ('c', 5, 0.10, 2.5e0, 'a'))
    AS t(k, v, d, f, s)"""
ANSWERS = [
    ("v, SUM(v) OVER (PARTITION BY k ORDER BY v), COUNT(*) OVER (PARTITION BY k), ROW_NUMBER() OVER (ORDER BY v, k)",
     ["1, 1, 2, 2", "2, 3, 2, 3", "3, 3, 2, 4", "5, 5, 1, 5", "None, None, 2, 1"]),
    ("v, RANK() OVER (ORDER BY v), DENSE_RANK() OVER (ORDER BY k), PERCENT_RANK() OVER (ORDER BY v), "
     "CUME_DIST() OVER (ORDER BY v), NTILE(2) OVER (ORDER BY v, k, f)",
     ["1, 2, 1, 0.25, 0.4, 1", "2, 3, 1, 0.5, 0.6, 1", "3, 4, 2, 0.75, 0.8, 2", "5, 5, 3, 1.0, 1.0, 2",
      "None, 1, 2, 0.0, 0.2, 1"]),
    ("v, LAG(v) OVER (PARTITION BY k ORDER BY f), LEAD(v, 1, 9) OVER (PARTITION BY k ORDER BY f)",
     ["1, None, 2", "2, 1, 9", "3, None, 9", "5, None, 9", "None, None, 3"]),
    ("v, AVG(v) OVER (PARTITION BY k ORDER BY f ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), "
     "AVG(d) OVER (ORDER BY f ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
     ["1, 1, 2.250000", "2, 1, 2.250000", "3, 3, -0.800000", "5, 5, 1.283333", "None, 3, 3.000000"]),
    ("v, FIRST_VALUE(s) OVER (ORDER BY f), LAST_VALUE(s) OVER (ORDER BY f)",
     ["1, y, x", "2, y, x", "3, y, x", "5, y, a", "None, y, y"]),
    ("v, COUNT(v) OVER (ORDER BY v RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
     ["1, 2", "2, 3", "3, 2", "5, 1", "None, 0"]),
    ("v, SUM(v) OVER (ORDER BY f ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), SUM(v) OVER w WINDOW",
     ["1, 11, 3", "2, 10, 3", "3, 3, 3", "5, 8, 5", "None, 11, 3"]),
    ("v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC NULLS LAST), RANK() OVER (ORDER BY k)",
     ["1, 2, 1", "2, 1, 1", "3, 1, 3", "5, 1, 5", "None, 2, 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("items", "rows"), ANSWERS)
def test_a_window_of_a_batch(tmp_path: Path, items: str, rows: list[str]) -> None:
    items, word, _ = items.partition(" WINDOW")
    named = " WINDOW w AS (PARTITION BY k)" if word else ""
    assert sorted(Jobs(tmp_path).run(f"SELECT {items} FROM {T}{named}")) == [f"+I[{row}]" for row in rows]


def test_rows_that_replace_others_are_counted_once(tmp_path: Path) -> None:
    """What groups come to is what a window is over, however many epochs it has taken."""
    (tmp_path / "in").mkdir()
    for at in range(3):
        (tmp_path / "in" / f"{at}.json").write_text('{"k": "a"}\n{"k": "b"}\n')
    jobs = Jobs(tmp_path)
    jobs.run(
        f"CREATE TABLE files (k STRING) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/in', 'format' = 'json')"
    )
    query = "SELECT k, n, SUM(n) OVER (ORDER BY k) FROM (SELECT k, COUNT(*) AS n FROM files GROUP BY k)"
    assert sorted(jobs.run(query)) == ["+I[a, 3, 3]", "+I[b, 3, 6]"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("RANK() OVER (PARTITION BY k)", "require ORDER BY clause in window specification"),
        ("ROW_NUMBER() OVER ()", "requires order by clause"),
        ("COUNT(DISTINCT v) OVER (PARTITION BY k)", "Distinct not supported"),
        ("SUM(v) FILTER (WHERE v > 1) OVER (PARTITION BY k)", "OVER must be applied to aggregate function"),
        ("COLLECT(v) OVER (PARTITION BY k)", "COLLECT OVER needs the Flink backend"),
        ("SUM(v) OVER (ORDER BY f ROWS BETWEEN k PRECEDING AND CURRENT ROW)", "The bound of a window"),
    ],
)
def test_what_a_batch_has_not_is_refused(tmp_path: Path, item: str, reason: str) -> None:
    with pytest.raises(KernelError, match=reason):
        Jobs(tmp_path).run(f"SELECT {item} FROM {T}")
