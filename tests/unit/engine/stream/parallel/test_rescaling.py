"""Several processes give the answers that one gives, also where each start has another number of them, and where no key
fits into memory so that all state is read from disk."""

import random
from pathlib import Path

import pytest

from tests.unit.engine.stream.test_any_order import EVENTS, QUERIES, answered, made, reference

_QUICK = ("numbers", "distinct-values", "of-groups", "top", "left", "windows", "interval", "over")


def _check(name: str, folder: Path, parallelisms: tuple[int, ...], memory_bytes_max: int, seed: int) -> None:
    chance = random.Random(seed)
    rows = {"t": made(chance), "u": made(chance)[:20]}
    ours, theirs = EVENTS.get(name) or (QUERIES[name],) * 2
    found = answered(ours, rows, chance, folder, parallelisms=parallelisms, memory_bytes_max=memory_bytes_max)
    assert found == reference(theirs, rows)


@pytest.mark.parametrize("name", _QUICK)
def test_with_one_with_three_and_with_two(tmp_path: Path, name: str) -> None:
    _check(name, tmp_path, (1, 3, 2), 1, 5)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("parallelisms", "memory_bytes_max"), [((2,), 1 << 28), ((2, 3, 1, 5), 1)])
@pytest.mark.parametrize("name", [*QUERIES, *EVENTS])
def test_with_any(tmp_path: Path, name: str, parallelisms: tuple[int, ...], memory_bytes_max: int) -> None:
    _check(name, tmp_path, parallelisms, memory_bytes_max, 1)
