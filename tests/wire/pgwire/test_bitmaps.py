"""Bitmaps as texts and bytes; bytes that are none are refused, whatever is wrong with them."""

import random
from typing import Any

import pytest
from pyroaring import BitMap, BitMap64

from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.bitmaps import NARROW, WIDE, bitmap_of, built
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import BY_NAME

CODEC, STYLE = BY_NAME["roaringbitmap"].codec, Style()


def test_numbers_have_no_signs() -> None:
    assert list(built([3, None, -1, 1, 3])) == [1, 3, (1 << 32) - 1]
    assert CODEC.read("{1}", STYLE) == bytes.fromhex("3a3000000100000000000000100000000100")
    assert CODEC.write(CODEC.read(" { -1 , 2 } ", STYLE), STYLE) == CODEC.write(BitMap([2, MASK]).serialize(), STYLE)


MASK = (1 << 32) - 1


@pytest.mark.parametrize(("text", "sqlstate"), [
    ("{1,NULL}", "22P02"), ("{{1},{2}}", "22P02"), ("{a}", "22P02"), ("{1", "22P02"), ("", "22P03"), ("\\x", "22P03"),
    ("\\x3a30", "22P03"), ("\\x0", "22023"), ("1,2", "22P03"),
])  # fmt: skip
def test_texts_that_are_none(text: str, sqlstate: str) -> None:
    with pytest.raises(PgError) as caught:
        CODEC.read(text, STYLE)
    assert caught.value.report.sqlstate == sqlstate


@pytest.mark.parametrize(("bits", "of", "beyond"), [(NARROW, BitMap, 1 << 20), (WIDE, BitMap64, 1 << 40)])
def test_damaged_bytes_are_refused_or_are_a_set(bits: int, of: Any, beyond: int) -> None:
    chance = random.Random(5)
    runs = of(range(10_000))
    runs.run_optimize()
    whole = [of(chance.sample(range(beyond), 5000)).serialize(), runs.serialize(), of([1, 70_000]).serialize()]
    refused = 0
    for _ in range(2000):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(min(len(data), 64))] = chance.randrange(256)
        try:
            found = bitmap_of(
                bytes(data[: chance.randint(0, len(data))]) if chance.random() < 0.3 else bytes(data), bits
            )
        except PgError as error:
            assert error.report.sqlstate == "22P03"
            refused += 1
        else:
            numbers = list(found.to_array())
            assert numbers == sorted(set(numbers))
    assert refused > (1000 if bits == NARROW else 500)
