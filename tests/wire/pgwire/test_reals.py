"""Arrays of REAL are read and written at once as they would be number by number."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.reals import narrowed
from yunbox.wire.pgwire.values.types import TYPES

MANY = TYPES[1021].codec
assert isinstance(MANY, Array)
ONE = Array(MANY.element, MANY.oid)
STYLE = Style()
ORDINARY = st.floats(-1e7, 1e7, width=32)
ANY = st.one_of(ORDINARY, st.floats(width=32), st.none())


@given(st.one_of(st.lists(ORDINARY), st.lists(ANY)))
def test_both_write_and_read_the_same(values: list[Any]) -> None:
    text = ONE.write(values, STYLE)
    assert MANY.write(values, STYLE) == text
    assert repr(MANY.read(text, STYLE)) == repr(ONE.read(text, STYLE))
    data = ONE.pack(values)
    assert MANY.pack(values) == data
    assert repr(MANY.unpack(data)) == repr(ONE.unpack(data))


@pytest.mark.parametrize("text", [
    "{1e-50}", "{1e50}", "{1,2", "{1_0}", "{0.0,-0,+0.}", "{e}", "{1e5,2.,.5}", "{0e9}", "{}", "{1,,2}", "{nan,-inf}",
    "{ 1 , 2}", "{{1,2},{3,4}}", "{0.e1}", "{1,NULL}", "1", "", "{1}2", "{1-2}", '{"1"}',
])  # fmt: skip
def test_both_read_the_same(text: str) -> None:
    def read(codec: Array) -> str:
        try:
            return repr(codec.read(text, STYLE))
        except PgError as error:
            return repr(error.report)

    assert read(MANY) == read(ONE)


@pytest.mark.parametrize("data", [b"", b"\0" * 12, ONE.pack([1.0])[:-1], ONE.pack([1.0]) + b"\0" * 8,
                                  struct.pack(">iiIii", 1, 0, 701, 1, 1) + b"\0" * 8])  # fmt: skip
def test_both_refuse_the_same(data: bytes) -> None:
    def unpack(codec: Array) -> str:
        try:
            return repr(codec.unpack(data))
        except PgError as error:
            return repr(error.report)

    assert unpack(MANY) == unpack(ONE)


def test_numbers_of_eight_bytes_are_rounded() -> None:
    assert narrowed([0.1, None, [math.inf, 16777217.0]]) == [0.10000000149011612, None, [math.inf, 16777216.0]]
    for value, told in ((1e39, "overflow"), (1e-60, "underflow")):
        with pytest.raises(PgError, match=told):
            narrowed([1.0, value])
