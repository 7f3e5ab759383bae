"""How long the planner takes: the questions of TPC-H, and a table with ten thousand partitions."""

import time
from collections.abc import Callable

import pytest

from tests.unit.sql.conftest import Sandbox, duck, table, tpch
from tests.unit.sql.tpch import QUERIES

__all__ = ["duck", "tpch"]

pytestmark = pytest.mark.bench
PLAN_S_MAX = 0.02
PRUNE_S_MAX = 0.05


def seconds(work: Callable[[], object]) -> float:
    """The best of five, after one to warm up."""
    work()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def test_tpch_is_planned_fast(tpch: Sandbox, report: Callable[[str], None]) -> None:
    slowest = max(seconds(lambda text=text: tpch.plan(text)) for text in QUERIES)
    report(f"the slowest of 22 plans: {slowest * 1e3:.1f} ms")
    assert slowest < PLAN_S_MAX


def test_ten_thousand_partitions_are_pruned_fast(duck, report: Callable[[str], None]) -> None:
    box = Sandbox(duck, table("big", "k bigint", "dt string; hh bigint"))
    box.catalog.values["big"] = [(f"{day:06d}", str(hour)) for day in range(500) for hour in range(20)]
    text = "select count(*) from big where dt between '000100' and '000101' and hh in (1, 2)"
    took = seconds(lambda: box.query(text))
    report(f"10,000 partitions pruned to 4: {took * 1e3:.1f} ms")
    assert took < PRUNE_S_MAX
