"""OVER windows and temporal joins, in the order of event time."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import Run, feed
from yunbox.engine.stream.savepoints import check, save
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.plans import AggregateCall, Bound, Field, Order, Over, Rank, TemporalJoin
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

MILLIS = FlinkType("TIMESTAMP", (3,))
MS = 1000


def over(*, rows: bool, preceding: int | None) -> Over:
    node = feed("t", Field("k", STRING), Field("v", BIGINT), Field("ts", MILLIS, "rowtime"), delay_ms=0)
    calls = (AggregateCall("SUM", (Bound("c1", BIGINT),), BIGINT), AggregateCall("COUNT", (), BIGINT),
             AggregateCall("MAX", (Bound("c1", BIGINT),), BIGINT))  # fmt: skip
    fields = (*node.fields, Field("s", BIGINT), Field("n", BIGINT), Field("m", BIGINT))
    return Over(fields, node, (0,), Order(2), calls, rows, preceding)


def test_all_rows_before(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", over(rows=True, preceding=None))
    assert run.send("t", ("a", 5, 2 * MS), ("a", 1, 1 * MS), ("b", 7, 2 * MS)) == [
        "+I[a, 1, 1000, 1, 1, 1]",
        "+I[a, 5, 2000, 6, 2, 5]",
        "+I[b, 7, 2000, 7, 1, 7]",
    ]
    run.again()
    assert run.send("t", ("a", 9, 1 * MS), ("a", None, 3 * MS)) == ["+I[a, None, 3000, 6, 3, 5]"], "the first is late"


def test_rows_of_one_time_are_peers_of_a_range(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", over(rows=False, preceding=None))
    assert run.send("t", ("a", 5, 2 * MS), ("a", 1, 2 * MS)) == ["+I[a, 5, 2000, 6, 2, 5]", "+I[a, 1, 2000, 6, 2, 5]"]


def test_so_many_rows(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", over(rows=True, preceding=1))
    assert run.send("t", ("a", 1, 1 * MS), ("a", 2, 2 * MS), ("a", 3, 3 * MS))[-1] == "+I[a, 3, 3000, 5, 2, 3]"
    run.again()
    assert run.send("t", ("a", 4, 4 * MS)) == ["+I[a, 4, 4000, 7, 2, 4]"]


def test_so_long(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", over(rows=False, preceding=10))
    run.send("t", ("a", 1, 1 * MS), ("a", 2, 5 * MS))
    run.again()
    assert run.send("t", ("a", 4, 12 * MS)) == ["+I[a, 4, 12000, 6, 2, 4]"]


def test_versions(tmp_path: Path) -> None:
    left = feed("l", Field("k", STRING), Field("ts", MILLIS, "rowtime"), delay_ms=0)
    right = feed(
        "r", Field("k", STRING), Field("rate", BIGINT), Field("ts", MILLIS, "rowtime"), changelog=True, delay_ms=0
    )
    node = TemporalJoin((*left.fields, *right.fields), left, right, "LEFT", ((0, 0),), 1)
    run = Run(tmp_path / "j", node)
    run.send("r", ("a", 10, 1 * MS), ("a", 20, 5 * MS))
    assert run.send("l", ("a", 4 * MS), ("a", 5 * MS), ("b", 2 * MS)) == [
        "+I[b, 2000, None, None, None]",
        "+I[a, 4000, a, 10, 1000]",
        "+I[a, 5000, a, 20, 5000]",
    ]
    run.again()
    run.send("r", ("a", 20, 8 * MS), kind="-D")
    assert run.send("l", ("a", 7 * MS), ("a", 8 * MS)) == ["+I[a, 7000, a, 20, 5000]", "+I[a, 8000, None, None, None]"]


def test_a_view_that_keeps_the_last_row_has_all_versions(tmp_path: Path) -> None:
    """Also those that came together; a row without a key has the versions without one, as in real Flink 2.3."""
    left = feed("l", Field("k", STRING), Field("ts", MILLIS, "rowtime"), delay_ms=0)
    right = feed("r", Field("k", STRING), Field("rate", BIGINT), Field("ts", MILLIS, "rowtime"), delay_ms=0)
    view = Rank(right.fields, right, "ROW_NUMBER", (0,), (Order(2, descending=True),), 1, every=True)
    node = TemporalJoin((*left.fields, *view.fields), left, view, "INNER", ((0, 0),), 1)
    run = Run(tmp_path / "j", node)
    rates = [(key, rate, rate * MS) for rate in (1, 5, 9) for key in ("a", None)]
    run.send("r", *rates)
    assert run.send("l", ("a", 4 * MS), (None, 6 * MS), ("b", 7 * MS)) == [
        "+I[a, 4000, a, 1, 1000]",
        "+I[None, 6000, None, 5, 5000]",
    ]


def test_a_savepoint_is_of_the_same_calls(tmp_path: Path) -> None:
    """What is kept of others is something else."""
    run = Run(tmp_path / "j", over(rows=True, preceding=None))
    run.send("t", ("a", 1, MS))
    run.runner.rest()
    save(run.runner.store, run.runner.graph, "j", tmp_path / "saved")
    check(tmp_path / "saved", run.runner.graph)
    for at, node in enumerate([over(rows=True, preceding=2), replace(over(rows=True, preceding=None), calls=())]):
        with pytest.raises(KernelError, match="state cannot be restored"):
            check(tmp_path / "saved", Run(tmp_path / str(at), node).runner.graph)
