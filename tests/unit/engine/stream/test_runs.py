"""Keys in order, a range at a time, however they came."""

import random

import pytest

from yunbox.engine.stream import runs
from yunbox.engine.stream.runs import Changes, Pair, Runs


@pytest.mark.parametrize("seed", range(20))
def test_the_last_change_of_every_key_comes_in_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(runs, "_FULL", chance.choice([1, 7, 100, 10_000]))
    kept, wanted = Runs(), Changes()
    for _ in range(chance.randrange(1, 60)):
        added = [(b"%03d" % chance.randrange(1000), chance.choice([None, chance.randbytes(2)])) for _ in range(20)]
        kept.add(added)
        wanted.update(added)
        low, high = sorted(b"%03d" % chance.randrange(1000) for _ in range(2))
        found, count = list[Pair](), chance.choice([1, 2, 50, 10_000])
        place: bytes | None = low
        while place is not None:
            some, following = kept.some(place, high, count)
            assert len(some) <= max(count, len(kept._runs))
            assert some or following is None
            assert following is None or all(place <= key < following for key, _ in some)
            found, place = found + some, following
        assert found == [(key, wanted[key]) for key in sorted(wanted) if low <= key < high]
        assert dict(kept.all()) == wanted


def test_long_lists_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a look costs does not grow with all there is."""
    monkeypatch.setattr(runs, "_FULL", 100)
    kept = Runs()
    for at in range(10_000):
        kept.add([(b"%05d" % (at * 7919 % 10_000), b"")])
        kept.some(b"", b"~", 1)
    assert max(len(keys) for keys, _ in kept._runs) < 400
    assert len(kept._runs) < 150
