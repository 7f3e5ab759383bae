"""A record that cannot be worked on is named, among many."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import Run, feed
from yunbox.engine.stream.guard import Guard
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.sql.flink.plans import Bound, Field, Project
from yunbox.sql.flink.types import BIGINT, STRING


def test_a_record_that_is_no_number(tmp_path: Path) -> None:
    node = feed("t", Field("v", STRING))
    run = Run(tmp_path / "j", Project((Field("n", BIGINT),), node, (Bound("CAST(c0 AS BIGINT)", BIGINT),)))
    assert run.send("t", ("1",)) == ["+I[1]"]
    with pytest.raises(PoisonRecord, match=r"^7:123: .*Could not convert string 'x'"):
        run.send("t", *((str(at) if at != 123 else "x",) for at in range(1000)), shard="7")


def test_the_guard() -> None:
    guard = Guard({"yunbox.state.limit": "1000 b"})
    assert guard.look(100, 0.0).level == ""
    assert guard.look(700, 10.0).level == "warning"
    look = guard.look(900, 20.0)
    assert (look.level, look.growth_bytes_s, look.seconds_left, look.is_over) == ("alarm", 40.0, 2.5, False)
    assert "90% of the limit of 1,000; at the present rate it is reached in 2 s" in look.text
    assert guard.look(1001, 21.0).is_over
    assert not Guard({}).look(10**12, 0.0).is_over
