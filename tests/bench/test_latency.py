"""How long the smallest things take: a query, a start, the planning of a wide table."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from odps import ODPS

from yunbox.testing.server import Server

pytestmark = pytest.mark.bench


def p50_ms(run: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        found.append((time.perf_counter() - started) * 1000)
    found.sort()
    return statistics.median(found), found[int(len(found) * 0.95)]


def test_select_1(o: ODPS, report: Callable[[str], None]) -> None:
    def query() -> None:
        with o.execute_sql("select 1").open_reader(tunnel=False) as reader:
            assert reader.raw

    def query_with_tunnel() -> None:
        with o.execute_sql("select 1").open_reader(tunnel=True) as reader:
            assert reader[0][0] == 1

    query()
    query_with_tunnel()
    plain, plain_p95 = p50_ms(query, 200)
    tunnel, tunnel_p95 = p50_ms(query_with_tunnel, 100)
    report(
        f"select 1 through PyODPS: p50 {plain:.1f} ms, p95 {plain_p95:.1f} ms; "
        f"with the instance tunnel p50 {tunnel:.1f} ms, p95 {tunnel_p95:.1f} ms (target < 25 ms)"
    )
    assert plain < 25
    assert tunnel < 25


def test_start_and_idle(tmp_path: Path, report: Callable[[str], None]) -> None:
    Server(tmp_path).start().stop()
    times = []
    for _ in range(5):
        started = time.perf_counter()
        server = Server(tmp_path).start()
        times.append(time.perf_counter() - started)
        processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        memory = sum(p.memory_full_info().pss for p in processes) / 2**20
        server.stop()
    report(f"up is ready in {statistics.median(times):.2f} s (target < 1.5 s), idle {memory:.0f} MB (target < 200 MB)")
    assert statistics.median(times) < 1.5
    assert memory < 200


def test_planning_of_ten_thousand_partitions(o: ODPS, report: Callable[[str], None]) -> None:
    o.execute_sql("create table t (a bigint) partitioned by (pt string)")
    for start in range(0, 10_000, 500):
        specs = " ".join(f"partition (pt='{n:05d}')" for n in range(start, start + 500))
        o.execute_sql(f"alter table t add {specs}")
    queries = {
        "pt = constant": "select a from t where pt = '05000'",
        "pt >= constant": "select a from t where pt >= '09000'",
        "function of pt": "select a from t where substr(pt, 1, 3) = '050'",
    }
    for name, sql in queries.items():
        median, p95 = p50_ms(lambda sql=sql: o.execute_sql_cost(sql), 20)
        report(f"planning 10,000 partitions, {name}: p50 {median:.1f} ms, p95 {p95:.1f} ms over HTTP (target < 50 ms)")
        assert median < 50
