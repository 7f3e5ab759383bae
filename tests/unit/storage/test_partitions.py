"""What a partition column takes: the values of its type as they are written, and nothing that only looks like one."""

import pytest

from tests.unit.sql.conftest import table
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.tables.model import checked_partition


@pytest.mark.parametrize(
    ("of", "value", "kept"),
    [("bigint", "01", "1"), ("bigint", "-5", "-5"), ("date", "2024-01-31", "2024-01-31"), ("string", "a b", "a b")],
)
def test_values_are_kept(of: str, value: str, kept: str):
    assert checked_partition(table("t", "a bigint", f"p {of}"), (value,)) == (kept,)


@pytest.mark.parametrize(
    ("of", "value"),
    [
        ("bigint", "abc"), ("bigint", "1_000"), ("bigint", " 1"), ("bigint", "\uff11"), ("bigint", "1.0"),
        ("tinyint", "200"), ("date", "20240131"), ("date", "2024-13-01"), ("date", "2024-W01-1"), ("date", "2024-1-1"),
        ("string", ""), ("string", "__HIVE_DEFAULT_PARTITION__"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(of: str, value: str):
    with pytest.raises(InvalidArgument):
        checked_partition(table("t", "a bigint", f"p {of}"), (value,))
