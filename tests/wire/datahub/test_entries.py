"""Answers with records, read column by column, are what they are one by one; what is damaged is refused."""

import random

import pytest

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.datahub.entries import read_entries
from yunbox.wire.datahub.messages import body_of, compose, get_answer

VALUES = [[b"a", None, b""], [b"x" * 300, b"1", None], [None, None, None]]


@pytest.mark.parametrize("first", [0, 127, 128, 2**35, 2**40])
@pytest.mark.parametrize("time_ms", [0, 1_700_000_000_000])
def test_they_are_what_was_put_together(first: int, time_ms: int) -> None:
    bodies = [body_of(values, {"k": "v" * 200} if at else {})[0] for at, values in enumerate(VALUES)]
    _, payload = compose(bodies, first, time_ms)
    found = read_entries(get_answer("cursor", len(bodies), first, [payload]))
    assert (found.next_cursor, len(found)) == ("cursor", 3)
    assert found.sequences.tolist() == [first, first + 1, first + 2]
    assert found.times.tolist() == [time_ms] * 3
    columns = found.columns(3)
    assert [[columns.value(field, row) for field in range(3)] for row in range(3)] == VALUES
    assert found.entry(1).attributes == {"k": "v" * 200}
    assert found.entry(1).sequence == first + 1


def test_nothing() -> None:
    found = read_entries(get_answer("next", 0, 5, []))
    assert (found.next_cursor, len(found)) == ("next", 0)


def test_damage_is_refused_or_harmless() -> None:
    bodies = [body_of([b"abc", b"7"], {})[0] for _ in range(5)]
    whole = get_answer("c", 5, 0, [compose(bodies, 0, 1)[1]])
    chance = random.Random(7)
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            found = read_entries(bytes(damaged[: chance.randrange(len(damaged)) + 1]))
            found.columns(2)
        except InvalidArgument:
            continue
