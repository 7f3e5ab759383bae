"""Joins of streams: what each change of one side makes of what the other has."""

from pathlib import Path

from tests.unit.engine.stream.feed import Run, feed
from yunbox.sql.flink.plans import Field, IntervalJoin, Join, JoinKind, Node
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

MILLIS = FlinkType("TIMESTAMP", (3,))
SECOND = 1_000_000


def side(name: str, *, changelog: bool = True) -> Node:
    return feed(name, Field("k", STRING), Field("v", BIGINT), changelog=changelog)


def joined(kind: JoinKind, condition: str = "") -> Join:
    left, right = side("l"), side("r")
    fields = left.fields if kind in ("SEMI", "ANTI") else (*left.fields, *right.fields)
    return Join(fields, left, right, kind, ((0, 0),), condition)


def test_inner(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", joined("INNER"))
    assert run.send("l", ("a", 1), ("a", 2), (None, 3)) == []
    assert run.send("r", ("a", 10), (None, 3)) == ["+I[a, 1, a, 10]", "+I[a, 2, a, 10]"]
    run.again()
    assert run.send("l", ("a", 1), kind="-D") == ["-D[a, 1, a, 10]"]
    assert run.send("r", ("a", 10), kind="-D") == ["-D[a, 2, a, 10]"]
    assert run.send("r", ("a", 11)) == ["+I[a, 2, a, 11]"]


def test_left(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", joined("LEFT"))
    assert run.send("l", ("a", 1), (None, 2)) == ["+I[a, 1, None, None]", "+I[None, 2, None, None]"]
    assert run.send("r", ("a", 10)) == ["-D[a, 1, None, None]", "+I[a, 1, a, 10]"]
    assert run.send("r", ("a", 11)) == ["+I[a, 1, a, 11]"]
    run.again()
    assert run.send("r", ("a", 10), kind="-D") == ["-D[a, 1, a, 10]"]
    assert run.send("r", ("a", 11), kind="-D") == ["-D[a, 1, a, 11]", "+I[a, 1, None, None]"]
    assert run.send("l", ("a", 1), kind="-D") == ["-D[a, 1, None, None]"]


def test_full_with_a_condition(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", joined("FULL", "c1 < c3"))
    assert run.send("l", ("a", 5)) == ["+I[a, 5, None, None]"]
    assert run.send("r", ("a", 1)) == ["+I[None, None, a, 1]"]
    assert run.send("r", ("a", 9)) == ["-D[a, 5, None, None]", "+I[a, 5, a, 9]"]
    assert run.send("l", ("a", 0)) == ["-D[None, None, a, 1]", "+I[a, 0, a, 1]", "+I[a, 0, a, 9]"]


def test_semi_and_anti(tmp_path: Path) -> None:
    run = Run(tmp_path / "s", joined("SEMI"))
    assert run.send("l", ("a", 1), ("a", 1)) == []
    assert run.send("r", ("a", 10)) == ["+I[a, 1]", "+I[a, 1]"]
    assert run.send("r", ("a", 11)) == []
    assert run.send("r", ("a", 10), kind="-D") == []
    assert run.send("r", ("a", 11), kind="-D") == ["-D[a, 1]", "-D[a, 1]"]
    run = Run(tmp_path / "a", joined("ANTI"))
    assert run.send("l", ("a", 1), (None, 2)) == ["+I[a, 1]", "+I[None, 2]"]
    assert run.send("r", ("a", 10)) == ["-D[a, 1]"]
    assert run.send("r", ("a", 10), kind="-D") == ["+I[a, 1]"]


def test_intervals(tmp_path: Path) -> None:
    """Left rows up to five seconds behind the right ones."""
    fields = (Field("k", STRING), Field("ts", MILLIS, "rowtime"))
    left, right = feed("l", *fields, delay_ms=0), feed("r", *fields, delay_ms=0)
    node = IntervalJoin((*left.fields, *right.fields), left, right, "LEFT", ((0, 0),), (1, 1), 0, 5000)
    run = Run(tmp_path / "j", node)
    assert run.send("r", ("a", 1 * SECOND)) == []
    assert run.send("l", ("a", 6 * SECOND), ("a", 6 * SECOND + 1000)) == [f"+I[a, {6 * SECOND}, a, {SECOND}]"]
    run.again()
    assert run.send("r", ("a", 7 * SECOND)) == [], "the left side is not as far"
    assert run.send("l", ("a", 7 * SECOND)) == [
        f"+I[a, {7 * SECOND}, a, {7 * SECOND}]",
        f"+I[a, {6 * SECOND + 1000}, None, None]",
    ], "a partner of the other can come no more"
