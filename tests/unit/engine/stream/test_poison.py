"""A record that cannot be worked on is named, among many."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import Run, feed
from yunbox.engine.stream.guard import Guard
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, Project
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType


def test_a_record_that_is_no_number(tmp_path: Path) -> None:
    node = feed("t", Field("v", STRING))
    run = Run(tmp_path / "j", Project((Field("n", BIGINT),), node, (Bound("CAST(c0 AS BIGINT)", BIGINT),)))
    assert run.send("t", ("1",)) == ["+I[1]"]
    with pytest.raises(PoisonRecord, match=r"^7:123: .*Could not convert string 'x'"):
        run.send("t", *((str(at) if at != 123 else "x",) for at in range(1000)), shard="7")


def test_in_a_sum(tmp_path: Path) -> None:
    """A record that an aggregate cannot take is named too; where only all together are too much, none is."""
    node = feed("t", Field("k", STRING), Field("v", STRING))
    of = FlinkType("DECIMAL", (38, 0))
    call = AggregateCall("SUM", (Bound("CAST(c1 AS DECIMAL(38, 0))", of),), of)
    run = Run(tmp_path / "j", Aggregate((Field("k", STRING), Field("s", of)), node, (0,), (call,)))
    with pytest.raises(PoisonRecord, match=r'^7:123: .*"x"'):
        run.send("t", *(("k", str(at) if at != 123 else "x") for at in range(1000)), shard="7")
    again = Run(tmp_path / "k", Aggregate((Field("k", STRING), Field("s", of)), node, (0,), (call,)))
    with pytest.raises(PoisonRecord, match=r"^(?!0:).*"):
        again.send("t", *(("k", "9" * 38) for _ in range(4)))


def test_the_guard() -> None:
    guard = Guard({"yunbox.state.limit": "1000 b"})
    assert guard.look(100, 0.0).level == ""
    assert guard.look(700, 10.0).level == "warning"
    look = guard.look(900, 20.0)
    assert (look.level, look.growth_bytes_s, look.seconds_left, look.is_over) == ("alarm", 40.0, 2.5, False)
    assert "90% of the limit of 1,000; at the present rate it is reached in 2 s" in look.text
    assert guard.look(1001, 21.0).is_over
    assert not Guard({}).look(10**12, 0.0).is_over
