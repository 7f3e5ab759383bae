"""Names and paths that clients give."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.limits import check_name
from yunbox.storage.files import inside


@pytest.mark.parametrize("name", ["a", "_x", "Abc_1", "x" * 128])
def test_good_names_pass_in_lower_case(name: str) -> None:
    assert check_name(name, "table") == name.lower()


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a.b", "../a", "a/b", "ä", "a\0", "a\n", "x" * 129])
def test_bad_names_do_not(name: str) -> None:
    with pytest.raises(InvalidArgument):
        check_name(name, "table")


@given(st.lists(st.text(max_size=6), min_size=1, max_size=4))
def test_no_parts_lead_out_of_a_folder(parts: list[str]) -> None:
    root = Path("/data/lake")
    try:
        path = inside(root, *parts)
    except InvalidArgument:
        return
    assert Path(*path.resolve().parts[: len(root.parts)]) == root
