"""EXPLAIN's text, and what the state guard warns of."""

import pytest

from tests.unit.sql.flink.house import planner, run
from yunbox.sql.flink.planner import Rows

TUMBLE = "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"
BOUND = "SET 'table.exec.state.ttl' = '"


def explain(query: str, **settings: str) -> str:
    rows = run(planner(**settings), f"EXPLAIN CHANGELOG_MODE {query}")
    assert isinstance(rows, Rows)
    assert [one.name for one in rows.fields] == ["result"]
    return str(rows.rows[0][0])


def test_a_plan_is_told_in_flinks_layout() -> None:
    text = explain("SELECT s, COUNT(*) AS c FROM t GROUP BY s")
    assert text.index("== Abstract Syntax Tree ==") < text.index("== Optimized Physical Plan ==")
    assert (
        "GroupAggregate(groupBy=[s], select=[s, COUNT(*) AS c], changelogMode=[I,UA])\n"
        "+- Exchange(distribution=[hash[s]], changelogMode=[I])\n"
        "   +- WatermarkAssigner(rowtime=[ts], watermark=[(ts - to_milliseconds(5000))], changelogMode=[I])\n"
        "      +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[s, ts], changelogMode=[I])\n"
    ) in text


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("SELECT a FROM t", "Calc(select=[a], changelogMode=[I])"),
        ("SELECT s, COUNT(*) FROM t GROUP BY s HAVING COUNT(*) > 1", "changelogMode=[I,UB,UA]"),
        ("SELECT t.a FROM t LEFT JOIN u ON t.a = u.a", "changelogMode=[I,UA,D]"),
        ("SELECT a FROM t LIMIT 3", "Limit(offset=[0], fetch=[3], changelogMode=[I])"),
    ],
)
def test_each_step_tells_its_changes(query: str, changes: str) -> None:
    assert changes in explain(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT s, COUNT(*) FROM t GROUP BY s",
        "SELECT DISTINCT a FROM t",
        "SELECT t.a FROM t JOIN u ON t.a = u.a",
        "SELECT a FROM (SELECT a, ROW_NUMBER() OVER (PARTITION BY s ORDER BY b) AS n FROM t) WHERE n <= 3",
        "SELECT a FROM t WHERE a IN (SELECT a FROM u)",
    ],
)
def test_state_without_bound_is_warned_of_with_the_set_that_bounds_it(query: str) -> None:
    text = explain(query)
    assert "warning:" in text
    assert BOUND in text
    assert "warning:" not in explain(query, table_exec_state_ttl="1 h")
    assert "warning:" not in explain(query, **{"execution.runtime-mode": "batch"})


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM t WHERE a > 1",
        f"SELECT s, COUNT(*) FROM {TUMBLE} GROUP BY s, window_start, window_end",
        "SELECT t.a FROM t, u WHERE t.a = u.a AND t.ts BETWEEN u.ts - INTERVAL '1' HOUR AND u.ts",
        "SELECT COUNT(*) FROM t",
        "SELECT a FROM t LIMIT 5",
    ],
)
def test_bounded_state_is_not_warned_of(query: str) -> None:
    assert "warn" not in explain(query)


def test_a_hint_bounds_the_state_of_a_join() -> None:
    text = "SELECT /*+ STATE_TTL('t' = '1 d', 'u' = '2 d') */ t.a FROM t JOIN u ON t.a = u.a"
    assert "warn" not in explain(text)


def test_other_details_are_told_on_demand() -> None:
    made = run(planner(), "EXPLAIN ESTIMATED_COST, JSON_EXECUTION_PLAN SELECT s, COUNT(*) FROM t GROUP BY s")
    text = str(made.rows[0][0])
    assert "state=[unbounded]" in text
    assert '"type": "Source: TableSourceScan"' in text
