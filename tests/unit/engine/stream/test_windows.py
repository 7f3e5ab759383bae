"""Windows: TUMBLE, HOP, CUMULATE and SESSION, by the watermark; what comes late; Top-N and joins of windows."""

from pathlib import Path

from tests.unit.engine.stream.feed import FEEDS, Run, feed
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, Node, Order, Rank, WindowJoin, WindowTable
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

MILLIS = FlinkType("TIMESTAMP", (3,))
LTZ = FlinkType("TIMESTAMP_LTZ", (3,))
SECOND = 1_000_000
MINUTE = 60


def events(name: str = "t", time: FlinkType = MILLIS, delay_ms: int = 0) -> Node:
    return feed(name, Field("k", STRING), Field("v", BIGINT), Field("ts", time, "rowtime"), delay_ms=delay_ms)


def windows(node: Node, kind: str, size_s: int, slide_s: int = 0, keys: tuple[int, ...] = ()) -> WindowTable:
    time = node.fields[2].type
    bounds = (Field("window_start", MILLIS), Field("window_end", MILLIS), Field("window_time", time, "rowtime"))
    return WindowTable((*node.fields, *bounds), node, kind, 2, size_s * 1000, slide_s * 1000, 0, keys)


def counted(table: WindowTable) -> Aggregate:
    calls = (AggregateCall("COUNT", (), BIGINT), AggregateCall("SUM", (Bound("c1", BIGINT),), BIGINT))
    fields = (table.fields[3], table.fields[4], table.fields[0], Field("n", BIGINT), Field("s", BIGINT))
    return Aggregate(fields, table, (3, 4, 0), calls, (3, 4))


def at(seconds: float, key: str = "a", value: int = 1) -> tuple[object, ...]:
    return key, value, round(seconds * SECOND)


def row(start_s: int, end_s: int, *rest: object) -> str:
    return "+I" + str([start_s * SECOND, end_s * SECOND, *rest]).replace("'", "")


def test_tumble(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", counted(windows(events(delay_ms=5000), "TUMBLE", 60)))
    assert run.send("t", at(1), at(59.999, value=5), at(30, "b")) == []
    assert run.send("t", at(61)) == []
    assert run.again() == []
    assert run.send("t", at(64.999)) == [row(0, 60, "a", 2, 6), row(0, 60, "b", 1, 1)], "at the window's last moment"
    assert run.send("t", at(59), at(62)) == [], "the first of them is late"
    assert run.runner.graph.stages[-1].operator.late_rows == 1
    assert run.end("t") == [row(60, 120, "a", 3, 3)]


def test_times_before_1970(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", counted(windows(events(), "TUMBLE", 60)))
    run.send("t", at(-1))
    assert run.end("t") == [row(-60, 0, "a", 1, 1)]


def test_hop_and_cumulate(tmp_path: Path) -> None:
    run = Run(tmp_path / "h", counted(windows(events(), "HOP", 60, 20)))
    run.send("t", at(25))
    assert run.end("t") == [row(-20, 40, "a", 1, 1), row(0, 60, "a", 1, 1), row(20, 80, "a", 1, 1)]
    run = Run(tmp_path / "c", counted(windows(events(), "CUMULATE", 60, 20)))
    run.send("t", at(25))
    assert run.end("t") == [row(0, 40, "a", 1, 1), row(0, 60, "a", 1, 1)]


def test_windows_of_a_time_zone(tmp_path: Path) -> None:
    """Of an instant the windows are those of the session's days, also where a day has 23 hours."""
    day = windows(events(time=LTZ), "TUMBLE", 24 * 3600)
    run = Run(tmp_path / "j", counted(day), **{"table.local-time-zone": "Europe/Berlin"})
    spring = 1774738800  # 2026-03-29 00:00 in Berlin, whose clocks go forward at 2
    run.send("t", at(spring), at(spring + 23 * 3600 - 1))
    local = spring + 3600
    assert run.send("t", at(spring + 23 * 3600)) == [row(local, local + 24 * 3600, "a", 2, 2)]


def test_sessions(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", counted(windows(events(), "SESSION", 10, keys=(0,))))
    assert run.send("t", at(0), at(9), at(3, "b")) == []
    run.again()
    assert run.send("t", at(15)) == [row(3, 13, "b", 1, 1)]
    assert run.send("t", at(2, "b"), at(14, value=2), at(40)) == [row(0, 25, "a", 4, 5)], "b's is late"


def test_a_watermark_is_the_least_of_its_shards(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", counted(windows(events(), "TUMBLE", 60)))
    FEEDS["t"].parts = ["0", "1"]
    assert run.send("t", at(1), at(100), shard="0") == [], "nothing is known of the other shard"
    assert run.send("t", at(59), shard="1") == []
    assert run.send("t", at(60), shard="1") == [row(0, 60, "a", 2, 2)]


def test_top_of_each_window(tmp_path: Path) -> None:
    table = windows(events(), "TUMBLE", 60)
    node = Rank(
        (*table.fields, Field("rn", BIGINT)), table, "ROW_NUMBER", (3, 4), (Order(1, True),), 2, 1, True, (3, 4)
    )
    run = Run(tmp_path / "j", node)
    run.send("t", at(1, "a", 3), at(2, "b", 9), at(3, "c", 5))
    found = [one.strip("]").split(", ") for one in run.send("t", at(60))]
    assert [(one[0], one[1], one[-1]) for one in found] == [("+I[b", "9", "1"), ("+I[c", "5", "2")]


def test_windows_are_joined(tmp_path: Path) -> None:
    left, right = windows(events("l"), "TUMBLE", 60), windows(events("r"), "TUMBLE", 60)
    node = WindowJoin((*left.fields, *right.fields), left, right, "LEFT", ((0, 0),), (3, 4), (3, 4), "c1 < c7")
    run = Run(tmp_path / "j", node)
    run.send("l", at(1, "a", 1), at(2, "b", 1))
    run.send("r", at(50, "a", 2), at(51, "b", 0))
    run.send("l", at(61))
    found = [one.replace("]", "").split(", ") for one in run.send("r", at(62))]
    assert [(one[0], one[6]) for one in found] == [("+I[a", "a"), ("+I[b", "None")]
