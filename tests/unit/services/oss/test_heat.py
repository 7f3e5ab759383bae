"""What the ring of minutes knows of hot prefixes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.call import Place
from yunbox.kernel.clock import ManualClock
from yunbox.meter.journal import Event
from yunbox.services.oss import heat as module
from yunbox.services.oss.heat import Heat, hashed, pattern_of, unhashed


class House:
    """Heat, and a clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.heat = Heat(self.clock)

    def ask(self, *keys: str, bucket: str = "b", code: str = "OK", operation: str = "PutObject") -> None:
        for key in keys:
            resource = f"{bucket}/{key}" if key else bucket
            event = Event(self.clock.time(), "r", "oss", operation, resources=[resource, resource], code=code)
            self.heat.record(event, (Place(bucket, key), Place(bucket, key)))

    def report(self, minutes: int = 5) -> dict:
        return self.heat.report("b", minutes, None)


@pytest.fixture
def house() -> House:
    return House()


def test_the_hot_prefix_and_its_pattern(house: House) -> None:
    house.ask(*(f"logs/2026-11-25-{n:06}.json" for n in range(90)))
    house.ask("logs/2026-11-25-000099.json", code="PartitionQpsLimitted")
    house.ask(*(f"{n}/picture.png" for n in ("ab", "cd")), "", bucket="b")
    house.ask("logs/1", bucket="other")
    house.clock.advance(10)
    found = house.report()
    assert (found["requests"], found["requests_s"], found["throttled"]) == (93, 9.3, 1)
    hot = found["hot"][0]
    assert (hot["prefix"], hot["partition"], hot["requests"]) == ("logs/", "logs", 91)
    assert (hot["pattern"], hot["sequential"]) == ("logs/2026-11-25-<sequence>.json", True)
    assert hot["throttled_share"] == round(1 / 91, 4)
    assert hot["layout"]["example"].endswith(f"/{hot['examples'][0]}")
    assert hot["layout"]["qps_max_after"] == 10_000
    assert "layout" not in found["hot"][1]


def test_minutes_pass(house: House) -> None:
    house.ask("logs/1")
    house.clock.advance(240)
    house.ask("logs/2", "logs/3")
    assert house.report(5)["requests"] == 3
    assert house.report(1)["requests"] == 2
    house.clock.advance(3600)
    assert house.report(15)["requests"] == 0
    assert house.report(15)["hot"] == []
    for _ in range(100):
        house.clock.advance(60)
        house.ask("x")
    assert len(house.heat._minutes) == module.MINUTES


def test_it_is_bounded_and_finds_the_hot_one_among_many(house: House) -> None:
    keys = [f"{n:x}"[:4].rjust(4, "z") + "/cold" for n in range(20_000)] + ["logs/1"] * 2000
    random.Random(1).shuffle(keys)
    house.ask(*keys)
    minute = house.heat._minutes[-1]
    assert len(minute.counts) <= 2 * module.PARTITIONS_MAX
    assert all(len(count.keys) <= module.KEYS_MAX for count in minute.counts.values())
    hot = house.report()["hot"][0]
    assert hot["partition"] == "logs"
    assert 2000 - minute.error <= hot["requests"] <= 2000


@pytest.mark.parametrize(
    ("keys", "pattern", "sequential"),
    [
        (["logs/2026-11-25-1", "logs/2026-11-25-2"], "logs/2026-11-25-<sequence>", True),
        (["logs/2026-11-25-1", "logs/2026-11-26-1"], "logs/2026-11-<sequence>-1", True),
        (["20261125101500", "20261125101501", "20261125101502"], "<sequence>", True),
        (["user-17/me.json", "user-18/me.json"], "user-<sequence>/me.json", True),
        (["img/3fa2bc", "img/9b01de", "img/00ffaa"], "img/<hash>", False),
        (["a/x", "a/y", "a/z"], "a/<name>", False),
        (["a/x", "a/x"], "a/x", False),
        (["a", "ab"], "a<name>", False),
    ],
)
def test_patterns(keys: list[str], pattern: str, sequential: bool) -> None:
    assert pattern_of(keys) == (pattern, sequential)


@given(st.lists(st.text("ab01/-.", min_size=1, max_size=8), min_size=1, max_size=20))
def test_a_pattern_fits_keys(keys: list[str]) -> None:
    pattern, _ = pattern_of(keys)
    head, mark, rest = pattern.partition("<")
    tail = rest.partition(">")[2]
    assert any(key.startswith(head) and key.endswith(tail) for key in keys) if mark else pattern in keys


@given(st.text(min_size=1, max_size=20))
def test_the_hashed_layout_can_be_undone(key: str) -> None:
    assert unhashed(hashed(key)) == key
    assert len(hashed(key)) == len(key) + 5


def test_hashes_spread() -> None:
    partitions = {module.partition_of(hashed(f"logs/2026-11-25-{n}")) for n in range(1000)}
    assert len(partitions) > 950
