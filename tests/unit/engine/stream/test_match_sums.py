"""Aggregates of MATCH_RECOGNIZE over rows that follow each other: as arrays they are what they are row by row."""

import random
import struct
from typing import Any

import numpy as np
import pytest

from yunbox.engine.stream.operators.matches import sums
from yunbox.engine.stream.operators.matches.sums import Sums
from yunbox.sql.flink.plans import AggregateCall, Bound
from yunbox.sql.flink.types import BIGINT, DOUBLE, INT, STRING, FlinkType

DECIMAL = FlinkType("DECIMAL", (10, 2))
MOMENT = FlinkType("TIMESTAMP", (3,))
CALLS = {
    "COUNT": AggregateCall("COUNT", (Bound("c0", INT),), BIGINT),
    "all": AggregateCall("COUNT", (), BIGINT),
    "SUM INT": AggregateCall("SUM", (Bound("c0", INT),), INT),
    "AVG INT": AggregateCall("AVG", (Bound("c0", INT),), INT),
    "MIN INT": AggregateCall("MIN", (Bound("c0", INT),), INT),
    "MAX INT": AggregateCall("MAX", (Bound("c0", INT),), INT),
    "SUM DOUBLE": AggregateCall("SUM", (Bound("c1", DOUBLE),), DOUBLE),
    "AVG DOUBLE": AggregateCall("AVG", (Bound("c1", DOUBLE),), DOUBLE),
    "MIN DOUBLE": AggregateCall("MIN", (Bound("c1", DOUBLE),), DOUBLE),
    "MAX DOUBLE": AggregateCall("MAX", (Bound("c1", DOUBLE),), DOUBLE),
    "SUM DECIMAL": AggregateCall("SUM", (Bound("c2", DECIMAL),), FlinkType("DECIMAL", (38, 2))),
    "AVG DECIMAL": AggregateCall("AVG", (Bound("c2", DECIMAL),), FlinkType("DECIMAL", (38, 6))),
    "MIN DECIMAL": AggregateCall("MIN", (Bound("c2", DECIMAL),), DECIMAL),
    "MAX TIMESTAMP": AggregateCall("MAX", (Bound("c3", MOMENT),), MOMENT),
    "MIN STRING": AggregateCall("MIN", (Bound("c4", STRING),), STRING),
}


def column(chance: random.Random, kind: str) -> list[Any]:
    """Values of a column of all kinds, some of them NULL and some at the ends of what there can be."""
    size = chance.choice((1, 5, 40))
    numbers = {
        "INT": lambda: chance.choice((chance.randrange(-50, 50), chance.choice((2**31 - 1, -(2**31))))),
        "DOUBLE": lambda: chance.choice(
            (chance.uniform(-1, 1), 0.0, 1e300, 0.1, chance.choice((-0.0, float("nan"), float("inf"))))
        ),
        "DECIMAL": lambda: f"{chance.choice((chance.randrange(-999, 999), 9999999999)) / 100:.2f}",
        "TIMESTAMP": lambda: chance.randrange(-(10**15), 10**15),
        "VARCHAR": lambda: chance.choice("abc"),
    }
    share = chance.choice((0.0, 0.3, 1.0))
    return [None if chance.random() < share else numbers[kind]() for _ in range(size)]


def bits(value: Any) -> Any:
    return struct.pack("d", value) if isinstance(value, float) else value


@pytest.mark.parametrize("name", CALLS)
def test_they_are_what_they_are_row_by_row(name: str) -> None:
    chance = random.Random(name)
    call = CALLS[name]
    for _ in range(150):
        kinds = ("INT", "DOUBLE", "DECIMAL", "TIMESTAMP", "VARCHAR")
        begin = chance.randrange(100)
        values = column(chance, call.arguments[0].type.root if call.arguments else "INT")
        at = kinds.index(call.arguments[0].type.root) if call.arguments else 0
        rows = {
            begin + place: tuple(value if kind == at else None for kind in range(5))
            for place, value in enumerate(values)
        }
        quick, slow = Sums(rows), sums._Running(call, rows)
        for _ in range(12):
            first, last = asked(chance, begin, len(values))
            found = quick.values(0, call, first, last)
            assert list(map(bits, found)) == list(map(bits, slow.values(first, last))), (values, first, last)


def asked(chance: random.Random, begin: int, size: int) -> tuple[Any, Any]:
    """Rows that are asked for together: from one on, of one length, or any; also none."""
    count = chance.randrange(1, 6)
    low = chance.randrange(size + 1)
    if chance.random() < 0.4:
        last = sorted(chance.randrange(low - 1, size) for _ in range(count))
        first = [low] * count
    elif chance.random() < 0.5:
        length = chance.randrange(size - low + 1)
        first = list(range(low, size - length + 1)) or [low]
        last = [at + length - 1 for at in first]
    else:
        first = [chance.randrange(size + 1) for _ in range(count)]
        last = [chance.randrange(at - 1, size) for at in first]
    return np.array(first) + begin, np.array(last) + begin
