"""Keys: their order is that of the values, and no two values have one key."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.storage.rows.keys import KEY_BYTES_MAX, PARTS, encoder
from yunbox.storage.rows.model import Column, Relation
from yunbox.wire.pgwire.report import PgError

_INT8, _TEXT, _BYTEA, _BPCHAR = 20, 25, 17, 1042
_VALUES: dict[int, st.SearchStrategy[Any]] = {
    16: st.booleans(),
    _BYTEA: st.binary(max_size=40),
    _INT8: st.integers(-(1 << 63), (1 << 63) - 1),
    _TEXT: st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40),
    2950: st.binary(min_size=16, max_size=16),
}


def relation(*oids: int) -> Relation:
    columns = tuple(Column(f"c{n}", n, oid) for n, oid in enumerate(oids, 1))
    return Relation(16_384, "public", "t", 7, columns, primary_key=tuple(range(1, len(oids) + 1)))


def order(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize("first", _VALUES)
@pytest.mark.parametrize("second", _VALUES)
def test_keys_are_in_the_order_of_their_values(first: int, second: int) -> None:
    encode = encoder(relation(first, second))

    @given(st.tuples(_VALUES[first], _VALUES[second]), st.tuples(_VALUES[first], _VALUES[second]))
    def compared(left: tuple[Any, Any], right: tuple[Any, Any]) -> None:
        mine, theirs = tuple(map(order, left)), tuple(map(order, right))
        assert (encode(left) < encode(right)) == (mine < theirs)
        assert (encode(left) == encode(right)) == (mine == theirs)

    compared()


@given(_VALUES[_TEXT], _VALUES[_TEXT], _VALUES[_TEXT])
def test_the_first_part_of_a_key_is_how_all_its_keys_begin(first: str, second: str, other: str) -> None:
    encode = encoder(relation(_TEXT, _TEXT))
    assert encode((first, second)).startswith(encode((first,)))
    if other != first:
        assert not encode((other, second)).startswith(encode((first,)))


def test_spaces_at_the_end_of_char_do_not_count() -> None:
    encode = encoder(relation(_BPCHAR))
    assert encode(("a  ",)) == encode(("a",)) != encode((" a",))


def test_a_key_that_is_too_long_is_refused() -> None:
    encode = encoder(relation(_TEXT))
    assert encode(("x" * (KEY_BYTES_MAX - 1),))
    with pytest.raises(PgError) as caught:
        encode(("x" * KEY_BYTES_MAX,))
    assert caught.value.report.sqlstate == "54000"


def test_numbers_lists_and_documents_are_no_keys() -> None:
    assert not {1700, 700, 701, 114, 3802, 1007} & set(PARTS)
