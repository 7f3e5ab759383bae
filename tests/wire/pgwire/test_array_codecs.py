"""Arrays that are read and written many elements at once come to what one by one comes to, and fail as it does."""

import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values import arrays
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

STYLE = Style()
DATES, TIMESTAMPS, ZONED, TEXTS, NAMES = 1182, 1115, 1185, 1009, 1015
ELEMENTS: dict[int, st.SearchStrategy[Any]] = {
    DATES: st.integers(-2_000_000, 2_000_000) | st.sampled_from([-(1 << 31), (1 << 31) - 1]),
    TIMESTAMPS: st.integers(-(10**17), 10**17) | st.sampled_from([-(1 << 63), (1 << 63) - 1]),
    ZONED: st.integers(-(10**17), 10**17),
    TEXTS: st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
    NAMES: st.sampled_from(["", "a", "zw\u00f6lf", "\U0001f600"]),
}
ARRAYS = st.one_of(
    st.tuples(st.just(oid), st.lists(one | st.none(), max_size=6) | st.lists(one, max_size=6))
    for oid, one in ELEMENTS.items()
)


def outcome(work: Any, *args: Any) -> Any:
    try:
        return work(*args)
    except PgError as error:
        return error.report.sqlstate, error.report.message


@given(ARRAYS)
def test_many_at_once(given_array: tuple[int, list[Any]]) -> None:
    oid, values = given_array
    codec = TYPES[oid].codec
    data = codec.pack(values)
    assert isinstance(codec, Array) and data == Array.pack(codec, values)
    assert codec.unpack(data) == values == Array.unpack(codec, data)


def test_more_dimensions() -> None:
    for oid, values in ((TEXTS, [["a", "b"], ["c", None]]), (DATES, [[1, 2], [3, 4]])):
        codec = TYPES[oid].codec
        assert codec.unpack(codec.pack(values)) == values


HEAD = struct.Struct(">iiIii")


@given(st.sampled_from(sorted(ELEMENTS)), st.binary(max_size=40))
@example(TEXTS, HEAD.pack(1, 0, 25, 1, 1) + struct.pack(">i", 1) + b"\0")
@example(TEXTS, HEAD.pack(1, 0, 25, 1, 1) + struct.pack(">i", 1) + b"\xff")
@example(TEXTS, HEAD.pack(1, 0, 25, 2, 1) + struct.pack(">i", 1) + b"a")
@example(TEXTS, HEAD.pack(1, 0, 25, 1, 1) + struct.pack(">i", -2))
@example(TEXTS, HEAD.pack(1, 0, 25, 1, 1) + struct.pack(">i", 9) + b"a")
@example(TEXTS, HEAD.pack(1, 0, 1043, 1, 1) + struct.pack(">i", 1) + b"a")
@example(TEXTS, HEAD.pack(1, 0, 25, 1, 2) + struct.pack(">i", 1) + b"a")
@example(DATES, HEAD.pack(1, 0, 1082, 1, 1) + struct.pack(">ii", 4, 1 << 30))
@example(TIMESTAMPS, HEAD.pack(1, 0, 1114, 2, 1) + struct.pack(">iqiq", 8, (1 << 63) - 1, 8, (1 << 63) - 2))
@example(TIMESTAMPS, HEAD.pack(1, 0, 1114, 2, 1) + struct.pack(">iqiq", 8, -(1 << 63), 8, -(1 << 63) + 1))
def test_what_is_wrong_is_told_as_of_one(oid: int, data: bytes) -> None:
    codec = TYPES[oid].codec
    assert isinstance(codec, Array)
    assert outcome(codec.unpack, data) == outcome(Array.unpack, codec, data)


@pytest.mark.parametrize(("oid", "value"), [(DATES, 1 << 40), (TIMESTAMPS, 1 << 70)])
def test_what_no_array_holds(oid: int, value: int) -> None:
    with pytest.raises((struct.error, OverflowError)):
        TYPES[oid].codec.pack([value])


TEXT_ARRAYS = st.tuples(
    st.sampled_from([1005, 1007, 1016, 1009, 1015, 1115, 1185, 1182, 1022, 1021, 1231, 1000]),
    st.lists(
        st.sampled_from([
            "1", "-7", "007", "99999", "-99999999999999999999", "2026-01-01", '"2026-01-01 00:00:00"', "infinity", "t",
            '"2026-01-01 00:00:00.123456+00"', "NULL", "null", '"NULL"', "a b", " 1 ", '"a,b"', '""', "", '","', "{1}",
            '"a\\"b"', "\\", '"a" ', "x\ty", "1_0", "1.50", "1e400", "0x1", '"', "}", "\u0663", "--1", "+5", "NaN",
        ]),
        max_size=5,
    ),
    st.sampled_from(["{%s}", "{%s", "%s}", " {%s}", "{%s} ", "{{%s}}", "{%s,}", "[0:1]={%s}", "{%s}{"]),
)  # fmt: skip


@given(TEXT_ARRAYS)
@example((1009, ['"a"', '"b"'], "{%s}"))
@example((1007, ["1", "2"], "{%s}"))
def test_texts_many_at_once(given_array: tuple[int, list[str], str]) -> None:
    oid, items, around = given_array
    codec, text = TYPES[oid].codec, around % ",".join(items)
    assert isinstance(codec, Array)
    slow = outcome(_token_by_token, codec, text)
    found = outcome(codec.read, text, STYLE)
    assert found == slow or (repr(found) == repr(slow) and "nan" in repr(found))


def _token_by_token(codec: Array, text: str) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "_plain", lambda text: None)
        return Array.read(codec, text, STYLE)
