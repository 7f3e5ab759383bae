"""The machine's clock is set forward or back under a job: event time does not care, and by processing time each row
counts once, in a window that its own clock says."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import FEEDS, Run, feed
from tests.unit.engine.stream.test_expiry import kept
from tests.unit.engine.stream.test_windows import MINUTE, SECOND, counted, events, windows
from tests.unit.engine.stream.test_windows import at as event
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, IntervalJoin, Node, Order, Over
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

PROCTIME = FlinkType("TIMESTAMP_LTZ", (3,))
DAY_S = 24 * 3600
JUMPS = pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S, 400 * DAY_S, -400 * DAY_S])


def clicks(name: str = "t") -> Node:
    return feed(name, Field("k", STRING), Field("v", BIGINT), Field("p", PROCTIME, "proctime"))


class ByClock(Run):
    """Rows have the time of the machine when they come."""

    def click(self, *keys: str, table: str = "t") -> list[str]:
        moment = int((self.now + self.jump_s) * SECOND)
        return self.send(table, *((key, 1, moment) for key in keys))

    def passed(self, seconds: float) -> list[str]:
        """Time goes by."""
        self.now += seconds
        return self.step()

    @property
    def minute(self) -> int:
        """When the present minute began, by the machine's clock."""
        return int(self.now + self.jump_s) // MINUTE * MINUTE


def full(minute: int, count: int) -> str:
    return f"+I[{minute * SECOND}, {(minute + MINUTE) * SECOND}, a, {count}, {count}]"


@JUMPS
def test_windows_of_processing_time(tmp_path: Path, jump_s: int) -> None:
    run = ByClock(tmp_path / "j", counted(windows(clicks(), "TUMBLE", MINUTE)))
    before = run.minute
    assert run.click("a", "a") == []
    run.jump_s = jump_s
    forward = [full(before, 2)] if jump_s > 0 else []
    assert run.click("a") == forward, "a window is over when the clock says so"
    run.again()
    after = run.minute
    assert run.passed(MINUTE) == [full(after, 1)], "a row of a clock that was set back is not late"
    run.jump_s = 0
    run.now += MINUTE
    left = [full(before, 2)] if jump_s < 0 else []
    assert run.step() == left, "and what waits for a time is given when it comes"


@JUMPS
def test_sessions_of_processing_time(tmp_path: Path, jump_s: int) -> None:
    run = ByClock(tmp_path / "j", counted(windows(clicks(), "SESSION", 10, keys=(0,))))
    run.click("a", "a")
    run.jump_s = jump_s
    found = run.click("a")
    found += run.passed(11)
    run.again()
    found += run.step()  # what ends in one step is counted there, and given by the next
    run.jump_s = 0
    found += run.passed(20)
    found += run.step()
    assert sorted(one.rsplit("a, ")[-1] for one in found) == ["1, 1]", "2, 2]"]


@JUMPS
def test_a_part_is_idle_by_its_silence(tmp_path: Path, jump_s: int) -> None:
    settings = {"table.exec.source.idle-timeout": "10 s"}
    run = Run(tmp_path / "j", counted(windows(events(), "TUMBLE", MINUTE)), **settings)
    FEEDS["t"].parts = ["0", "1"]
    run.send("t", event(1), shard="0")
    run.send("t", event(2), shard="1")
    run.jump_s = jump_s
    assert run.send("t", event(100), shard="0") == [], "the other part has not been silent for that long"
    assert run.send("t", event(3), shard="1") == []
    run.now += 11
    run.send("t", event(101), shard="0")
    assert run.send("t", event(102), shard="0") == [], "its window was given when the silence was long enough"
    assert FEEDS["t"].parts == ["0", "1"]
    assert run.runner.graph.stages[-1].operator.late_rows == 0


@JUMPS
def test_state_goes_when_its_time_has_come(tmp_path: Path, jump_s: int) -> None:
    node = clicks()
    calls = (AggregateCall("COUNT", (), BIGINT),)
    run = ByClock(tmp_path / "j", Aggregate((node.fields[0], Field("n", BIGINT)), node, (0,), calls, None, 3_600_000))
    run.click(*(f"k{at}" for at in range(20)))
    run.passed(3000)
    run.jump_s = jump_s
    run.click("a")
    assert kept(run) == (1 if jump_s > 0 else 21), "by a clock that was set back nothing is old"
    run.passed(3601)
    run.click("b")
    if jump_s < 0:
        run.jump_s = 0.0
        run.passed(3601)
        run.click("b")
    assert kept(run) == 1


def test_looks_for_what_is_old_go_on(tmp_path: Path) -> None:
    """A job that looked once by a clock a year ahead does not wait for that year."""
    node = clicks()
    calls = (AggregateCall("COUNT", (), BIGINT),)
    run = ByClock(tmp_path / "j", Aggregate((node.fields[0], Field("n", BIGINT)), node, (0,), calls, None, 3_600_000))
    run.jump_s = 365 * DAY_S
    run.click()
    run.step()
    run.jump_s = 0
    run.click(*(f"k{at}" for at in range(20)))
    run.passed(3601)
    run.click("a")
    assert kept(run) == 1


@JUMPS
def test_an_interval_join_of_processing_time(tmp_path: Path, jump_s: int) -> None:
    left, right = clicks("l"), clicks("r")
    node = IntervalJoin((*left.fields, *right.fields), left, right, "LEFT", ((0, 0),), (2, 2), -10_000, 10_000)
    run = ByClock(tmp_path / "j", node)
    run.click("a", table="l")
    run.jump_s = jump_s
    found = run.click("a", "b", table="r")
    found += run.click("a", table="l")
    run.again()
    found += run.passed(11)
    run.jump_s = 0
    found += run.passed(30)
    kinds = sorted("None" in one for one in found)
    assert kinds == [False, True], "the second has its partner, and the first, whose time was another, none"


def test_a_range_of_processing_time(tmp_path: Path) -> None:
    """So long, and not so many rows."""
    node = clicks()
    calls = (AggregateCall("SUM", (Bound("c1", BIGINT),), BIGINT),)
    over = Over((*node.fields, Field("s", BIGINT)), node, (0,), Order(2), calls, False, 10_000)
    run = ByClock(tmp_path / "j", over)
    sums = []
    for pause_s in (0, 4, 4, 4, 11):
        run.now += pause_s
        sums += [one.rsplit(", ", 1)[1] for one in run.click("a")]
        run.again()
    assert sums == ["1]", "2]", "3]", "3]", "1]"]
