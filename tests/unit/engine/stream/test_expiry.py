"""The time to live of state: what nobody touches goes, from memory and from disk, and begins anew if it comes back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import Run, feed
from tests.unit.engine.stream.test_aggregates import call, clicks, grouped
from yunbox.sql.flink.plans import Field, Join, Node, Order, Over, Rank
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

HOUR_MS = 3_600_000
PROCTIME = FlinkType("TIMESTAMP_LTZ", (3,))


def kept(run: Run) -> int:
    """How many keys and values there are on disk."""
    run.runner.store.merge()
    return len(list(run.runner.store.scan(b"")))


def top() -> Node:
    node = clicks()
    return Rank(node.fields, node, "ROW_NUMBER", (0,), (Order(1, True),), 1, ttl_ms=HOUR_MS)


def over() -> Node:
    node = feed("t", Field("k", STRING), Field("v", BIGINT), Field("p", PROCTIME, "proctime"), Field("m", BIGINT))
    return Over((*node.fields, Field("n", BIGINT)), node, (0,), Order(2), (call("COUNT"),), True, None, HOUR_MS)


def joined() -> Node:
    left = clicks()
    right = feed("r", Field("k", STRING), Field("w", BIGINT))
    return Join((*left.fields, *right.fields), left, right, "INNER", ((0, 0),), "", HOUR_MS, HOUR_MS)


NODES: dict[str, Callable[[], Node]] = {
    "numbers": lambda: grouped(clicks(), (0,), call("COUNT"), ttl_ms=HOUR_MS),
    "values": lambda: grouped(clicks(), (0,), call("COUNT", 1, distinct=True), ttl_ms=HOUR_MS),
    "join": joined,
}
"""Of each form of state one."""


@pytest.mark.parametrize("memory", [1 << 28, 1000])
@pytest.mark.parametrize(
    "node",
    [
        lambda: grouped(clicks(), (0,), call("COUNT"), call("SUM", 1), ttl_ms=HOUR_MS),
        lambda: grouped(clicks(), (0,), call("COUNT", 1, distinct=True), ttl_ms=HOUR_MS),
        top,
        joined,
        over,
    ],
    ids=["numbers", "values", "top", "join", "over"],
)
def test_what_nobody_touches_goes(tmp_path: Path, node: object, memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "memory", memory)
    run = Run(tmp_path / "j", node())  # type: ignore[operator]
    run.send("t", *((f"k{at}", at, 0, None) for at in range(100)))
    full = kept(run)
    run.now += 3000
    run.send("t", ("k7", 1, 0, None))
    run.now += 1500
    run.send("t", ("other", 1, 0, None))
    run.now += 1500
    run.send("t", ("other", 1, 0, None))
    assert kept(run) <= full // 25 + 2, "all but two keys are gone"
    run.again()
    assert kept(run) <= full // 25 + 2


@pytest.mark.parametrize("key", ["k{}", "k" * 500 + "{}"], ids=["short", "hashed"])
@pytest.mark.parametrize("what", NODES)
def test_no_start_waits_for_a_look_at_all_of_it(
    tmp_path: Path, what: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on disk is looked at some keys at a time, between epochs, also while nothing comes."""
    monkeypatch.setattr("yunbox.engine.stream.state._LOOK_KEYS", 50)
    run = Run(tmp_path / "j", NODES[what]())
    run.send("t", *((key.format(at), at, 0, None) for at in range(400)))
    run.again()
    run.now += 3000
    run.send("t", *((key.format(at), at, 0, None) for at in range(20)))
    run.again()
    run.now += 1000
    full = kept(run)
    run.send("t", (key.format(7), 1, 0, None))
    assert full * 3 / 4 < kept(run) < full, "a look at some of it"
    looks = 0
    while kept(run) > full // 15 and looks < 20:
        run.step()
        looks += 1
    assert 1 < looks < 12
    found = kept(run)
    run.again()
    run.step()
    assert kept(run) == found, "twenty were touched meanwhile"


@pytest.mark.parametrize("what", NODES)
def test_no_epoch_waits_for_a_look_at_all_memory(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory is looked at some keys at a time too."""
    monkeypatch.setattr("yunbox.engine.stream.state._LOOK_KEYS_LIVE", 50)
    run = Run(tmp_path / "j", NODES[what]())
    run.send("t", *((f"k{at}", at, 0, None) for at in range(400)))
    run.now += 3000
    run.send("t", *((f"k{at}", at, 0, None) for at in range(20)))
    for _ in range(10):
        run.step()
    full = kept(run)
    run.now += 1000
    run.send("t", ("k7", 1, 0, None))
    assert full * 3 / 4 < kept(run) < full, "a look at some of it"
    run.send("t", ("k300", 1, 0, None))
    looks = 0
    while kept(run) > full // 15 and looks < 20:
        run.step()
        looks += 1
    assert 1 < looks < 12
    assert kept(run) >= 21, "twenty were touched meanwhile, and one that was over has begun anew"


def test_a_group_that_comes_back(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", grouped(clicks(), (0,), call("COUNT"), ttl_ms=HOUR_MS))
    run.send("t", ("a", 1, 0.0, None))
    run.now += 3599
    assert run.send("t", ("a", 1, 0.0, None)) == ["-U[a, 1]", "+U[a, 2]"], "it was touched in time"
    run.now += 3601
    assert run.send("t", ("a", 1, 0.0, None)) == ["+I[a, 1]"]
