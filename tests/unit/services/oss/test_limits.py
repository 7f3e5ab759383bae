"""Limits of requests a second, on a clock that a test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel import pace as paces
from yunbox.kernel.errors import Throttled
from yunbox.kernel.pace import Pace
from yunbox.meter.journal import Event
from yunbox.services.oss.limits import Limits, limits_of, partition_of


class Now:
    """A clock."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def now() -> Now:
    return Now()


def passed(limits: Limits, keys: list[str], account: str = "1") -> int:
    count = 0
    for key in keys:
        try:
            limits.check(account, [("b", key)])
            count += 1
        except Throttled:
            pass
    return count


def test_partitions() -> None:
    same = ["logs/2026-11-25-1", "logs/2027", "logs-b/x"]
    assert {partition_of(key) for key in same} == {"logs"}
    assert partition_of("20261125-1") == partition_of("20261231-9") == "2026"
    assert partition_of("a/1") == partition_of("a/2") == "a"
    assert partition_of("3f2a/logs/1") != partition_of("9b01/logs/1")


def test_keys_that_begin_alike_share_a_rate(now: Now) -> None:
    limits = Limits(50, now=now)
    assert passed(limits, [f"logs/{n}" for n in range(200)]) in (50, 51)
    assert passed(limits, [f"other{n}" for n in range(20)]) == 20
    now.now_s += 0.5
    assert passed(limits, [f"logs/{n}" for n in range(200)]) == 25


def test_an_account_has_five_times_that(now: Now) -> None:
    limits = Limits(50, now=now)
    with pytest.raises(Throttled) as refused:
        for n in range(1000):
            limits.check("1", [("b", f"{n:04}/x")])
    assert refused.value.code == "TotalQpsLimitExceeded"
    assert passed(Limits(50, now=now), [f"{n:04}/x" for n in range(1000)]) in (250, 251)
    limits.check("2", [("b", "x")])


def test_what_a_client_is_told(now: Now) -> None:
    limits = Limits(1, now=now)
    limits.check("1", [("b", f"logs/{n}") for n in range(4)])  # a batch counts each of its keys
    with pytest.raises(Throttled) as refused:
        limits.check("1", [("b", "logs/1")])
    assert refused.value.code == "PartitionQpsLimitted"
    assert refused.value.details["retry_after_s"] == 3
    now.now_s += 3
    limits.check("1", [("b", "logs/1")])


def test_traffic(now: Now) -> None:
    limits = Limits(50, bytes_s=100, now=now)
    event = Event(0, "r", "oss", "PutObject", account_id="1", uploaded_bytes=250)
    limits.record(event, ())
    with pytest.raises(Throttled) as refused:
        limits.check("1", [("b", "x")], uploads=True)
    assert refused.value.code == "UploadTrafficRateLimitExceeded"
    limits.check("1", [("b", "x")])
    now.now_s += 2
    limits.check("1", [("b", "x")], uploads=True)


def test_memory_is_bounded(now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paces, "_KEPT_MAX", 100)
    pace = Pace(1, now)
    for n in range(1000):
        pace.take(n)
    assert len(pace) == 100
    now.now_s += 10
    pace.take("one")
    assert len(pace) == 1, "what is not ahead needs no memory"


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200), st.integers(1, 20))
def test_never_more_than_the_rate_and_one_second_ahead(gaps: list[float], rate: int) -> None:
    now = Now()
    pace = Pace(rate, now)
    begun, taken = now.now_s, 0
    for gap in gaps:
        now.now_s += gap
        if not pace.wait_s("x"):
            pace.take("x")
            taken += 1
        assert taken <= (now.now_s - begun + 1) * rate + 1 + 1e-6


def test_options() -> None:
    assert limits_of("off", "cn-local") is None
    real, few = limits_of("real", "cn-hangzhou"), limits_of("50", "eu-central-1")
    assert real is not None
    assert few is not None
    assert (real.partition_qps, real.account_qps) == (2000, 10_000)
    assert (few.partition_qps, few.account_qps) == (50, 250)
