"""Arrays of floats are read and written at once as they would be number by number."""

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.float_texts import joined
from yunbox.wire.pgwire.values.reals import Floats, Numbers, narrowed
from yunbox.wire.pgwire.values.types import TYPES

STYLE = Style()
BITS = {1021: 32, 1022: 64}


def both(oid: int) -> tuple[Array, Array]:
    """The codec of an array of floats, and the one that takes each number by itself."""
    many = TYPES[oid].codec
    assert isinstance(many, Floats)
    return many, Array(many.element, many.oid)


def write_of(codec: Array) -> Callable[[float], str]:
    return lambda value: codec.element.write(value, STYLE)


def numbers(width: Any) -> st.SearchStrategy[list[Any]]:
    ordinary = st.one_of(st.floats(-1e7, 1e7, width=width), st.integers(-1000, 1000).map(lambda one: one / 8))
    return st.one_of(st.lists(ordinary), st.lists(st.one_of(ordinary, st.floats(width=width), st.none())))


@pytest.mark.parametrize("oid", BITS)
@given(data=st.data())
def test_both_write_and_read_the_same(oid: int, data: st.DataObject) -> None:
    (many, one), values = both(oid), data.draw(numbers(BITS[oid]))
    text = one.write(values, STYLE)
    assert many.write(values, STYLE) == text
    assert many.write_all([values, values], STYLE) == [text, text]
    assert many.write_all([], STYLE) == []
    assert joined([values, values], BITS[oid] // 8, write_of(one)) in ([text, text], None)
    assert repr(many.read(text, STYLE)) == repr(one.read(text, STYLE))
    packed = one.pack(values)
    assert many.pack(values) == packed
    assert many.written([packed, packed], STYLE) in ([text, text], None)
    assert repr(many.unpack(packed)) == repr(one.unpack(packed))


@pytest.mark.parametrize("oid", BITS)
@pytest.mark.parametrize("text", [
    "{1e-50}", "{1e50}", "{1,2", "{1_0}", "{0.0,-0,+0.}", "{e}", "{1e5,2.,.5}", "{0e9}", "{}", "{1,,2}", "{nan,-inf}",
    "{ 1 , 2}", "{{1,2},{3,4}}", "{0.e1}", "{1,NULL}", "1", "", "{1}2", "{1-2}", '{"1"}', "{1e400}", "{1e-400}",
])  # fmt: skip
def test_both_read_the_same(oid: int, text: str) -> None:
    def read(codec: Array) -> str:
        try:
            return repr(codec.read(text, STYLE))
        except PgError as error:
            return repr(error.report)

    many, one = both(oid)
    assert read(many) == read(one)


@pytest.mark.parametrize("oid", BITS)
@pytest.mark.parametrize("data", [
    lambda one: b"", lambda one: b"\0" * 12, lambda one: one.pack([1.0])[:-1], lambda one: one.pack([1.0]) + b"\0" * 8,
    lambda one: struct.pack(">iiIii", 1, 0, 1401 - one.oid, 1, 1) + b"\0" * 8,
])  # fmt: skip
def test_both_refuse_the_same(oid: int, data: Callable[[Array], bytes]) -> None:
    def unpack(codec: Array) -> str:
        try:
            return repr(codec.unpack(data(codec)))
        except PgError as error:
            return repr(error.report)

    many, one = both(oid)
    assert unpack(many) == unpack(one)


@pytest.mark.parametrize("oid", BITS)
def test_what_is_ordinary_is_written_at_once(oid: int) -> None:
    _, one = both(oid)
    plain = [0.0, -0.0, 2.0, -2.5, 2.0**-10, 999_999.0, 100.0, 10.0, 0.5]
    for odd in ([], [None], [math.nan], [-math.inf], [2.0**-17, 0.25, 2.0**60]):
        arrays = [[*odd, *plain, *plain], [7.0], [*plain, *odd]]
        wanted = [one.write(array, STYLE) for array in arrays]
        assert joined(arrays, BITS[oid] // 8, write_of(one)) == wanted
    for other in ([], [*plain, [1.0]], [[1.0], [2.0]], [2.0**-40, 2.0**60, 1.0]):
        assert joined([plain[:1], other], BITS[oid] // 8, write_of(one)) is None


@pytest.mark.parametrize("oid", BITS)
def test_packed_arrays_are_written_as_they_are(oid: int) -> None:
    many, one = both(oid)
    other = both(2043 - oid)[1]
    arrays = [[1.0, -0.0, math.nan, 2.0**-30, *[0.5] * 9], [7.0], [math.inf, *[2.0] * 9]]
    plain = [one.pack(array) for array in arrays]
    assert many.written(plain, STYLE) == [one.write(array, STYLE) for array in arrays]
    assert many.written([], STYLE) == []
    odd = (one.pack([]), one.pack([1.0, None]), one.pack([[1.0], [2.0]]), other.pack([1.0]), b"", plain[1][:-1],
           plain[1] + bytes(8), plain[1][:19] + b"\2" + plain[1][20:],
           plain[1][:20] + b"\1" + plain[1][21:])  # fmt: skip
    for one_odd in odd:
        assert many.written([*plain, one_odd], STYLE) is None


@pytest.mark.parametrize(("oid", "bits"), [(1005, 16), (1007, 32), (1016, 64)])
@given(data=st.data())
def test_whole_numbers_are_packed_the_same(oid: int, bits: int, data: st.DataObject) -> None:
    many = TYPES[oid].codec
    assert isinstance(many, Numbers)
    one, most = Array(many.element, many.oid), 1 << bits - 1
    values = data.draw(st.lists(st.one_of(st.integers(-most, most - 1), st.integers(0, 9))))
    values += data.draw(st.sampled_from(([], [None], [])))
    packed = one.pack(values)
    assert many.pack(values) == packed
    assert many.unpack(packed) == one.unpack(packed) == values


def test_numbers_of_eight_bytes_are_rounded() -> None:
    assert narrowed([0.1, None, [math.inf, 16777217.0]]) == [0.10000000149011612, None, [math.inf, 16777216.0]]
    for value, told in ((1e39, "overflow"), (1e-60, "underflow")):
        with pytest.raises(PgError, match=told):
            narrowed([1.0, value])
