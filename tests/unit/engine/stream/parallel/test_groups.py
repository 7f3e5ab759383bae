"""A key is in one group, whether it comes in an array, alone, or packed from disk."""

import random
from typing import Any

import numpy as np
import pytest

from yunbox.engine.stream.batch import array_of
from yunbox.engine.stream.parallel.groups import GROUPS, KeyGroups, Ownership, worker_of
from yunbox.engine.stream.state import packed
from yunbox.sql.flink.types import FlinkType

BIGINT, INT, DOUBLE, STRING = FlinkType("BIGINT"), FlinkType("INT"), FlinkType("DOUBLE"), FlinkType("VARCHAR", (9,))
BOOLEAN, DATE, DECIMAL = FlinkType("BOOLEAN"), FlinkType("DATE"), FlinkType("DECIMAL", (10, 2))
VALUES: dict[str, list[Any]] = {
    "BIGINT": [None, 0, 1, -1, 2**63 - 1, -(2**63), *range(100)],
    "INT": [None, 0, -7, 2**31 - 1, *range(100)],
    "DOUBLE": [None, 0.0, 1.5, -2.25, float("inf")],
    "VARCHAR": [None, "", "a", "ü", "k" * 500, "l" * 399],
    "BOOLEAN": [None, True, False],
    "DATE": [None, 0, -5, 20_000],
    "DECIMAL": [None, "1.50", "-0.01"],
}


@pytest.mark.parametrize(
    "types",
    [
        (BIGINT,),
        (INT, DATE),
        (BOOLEAN, BIGINT),
        (STRING,),
        (STRING, BIGINT),
        (DOUBLE,),
        (DECIMAL, STRING),
        (BIGINT,) * 3,
    ],
)
def test_the_same_group_however_a_key_comes(types: tuple[FlinkType, ...]) -> None:
    chance = random.Random(1)
    keys = [tuple(chance.choice(VALUES[one.root]) for one in types) for _ in range(300)]
    groups = KeyGroups(types)
    columns = [array_of(column, one) for column, one in zip(zip(*keys, strict=True), types, strict=True)]
    found = groups.of_columns(columns).tolist()
    assert found == [groups.of(key) for key in keys]
    assert max(found) < GROUPS
    for index in range(3):
        owner = Ownership(groups, range(len(types)), len(types), index=index, count=3)
        own = [worker_of(group, 3) == index for group in found]
        assert own == [owner.has(key) for key in keys]
        if DOUBLE not in types:
            assert own == [owner.has_name(packed(key[0] if len(key) == 1 else key)) for key in keys]


def test_joined_columns_of_whole_numbers_need_not_be_as_long() -> None:
    ints, longs = array_of([1, None, 7], INT), array_of([1, None, 7], BIGINT)
    assert KeyGroups([INT]).of_columns([ints]).tolist() == KeyGroups([BIGINT]).of_columns([longs]).tolist()


def test_numbers_that_are_equal_and_look_different() -> None:
    groups = KeyGroups([DOUBLE])
    zeros = groups.of_columns([np.array([0.0, -0.0])]).tolist()
    assert zeros[0] == zeros[1]
    text = np.empty(2, object)
    text[:] = ["1.5", "nan"]  # as numbers come where one of them is none
    assert groups.of_columns([text]).tolist()[0] == groups.of((1.5,))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16])
def test_every_group_is_one_workers_and_all_have_about_as_many(count: int) -> None:
    workers = [worker_of(group, count) for group in range(GROUPS)]
    assert sorted(set(workers)) == list(range(count))
    sizes = [workers.count(one) for one in range(count)]
    assert max(sizes) - min(sizes) <= 1


def test_keys_spread() -> None:
    found = KeyGroups([BIGINT]).of_columns([np.arange(128_000)])
    sizes = np.bincount(found.astype(int), minlength=GROUPS)
    assert sizes.min() > 800
    assert sizes.max() < 1200


def test_a_long_key_that_does_not_tell_is_nobodys() -> None:
    """Of a part of such a key nothing is known: what was kept of it stays until it is asked for."""
    name = packed(("k" * 500, 1))
    parts = [Ownership(KeyGroups([STRING]), (0,), 2, index=index, count=2) for index in range(2)]
    assert [one.has_name(name) for one in parts] == [False, False]
