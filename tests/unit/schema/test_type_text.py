"""The text of a type is what the catalogue keeps: reading gives the type that was written."""

import pytest

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.type_text import read_type
from yunbox.wire.odps.types import parse_type

TEXTS = [
    "bigint",
    "decimal(38,18)",
    "varchar(10)",
    "array<map<string,struct<a:int,`b c`:timestamp_ntz>>>",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_type_is_read_as_it_was_written(text):
    assert str(read_type(text)) == text


def test_other_names_are_a_dialect_s_own():
    assert read_type("array<INTEGER>", {"integer": "int"}) == read_type("array<int>")
    with pytest.raises(InvalidArgument, match="is not a data type"):
        read_type("array<integer>")


@pytest.mark.parametrize("text", ["integer(3)", "varchar(0)", "array<>", "nothing"])
def test_what_is_no_type_of_maxcompute_is_refused_in_its_name(text):
    with pytest.raises(InvalidArgument):
        parse_type(text)
