"""What DuckDB finds out while it runs reaches users in our words."""

import duckdb
import pytest

from yunbox.engine.duck.failures import BadValue, Overflow
from yunbox.engine.duck.faults import translate


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("9223372036854775807 * x", "the result of multiplication is out of range"),
        ("CAST(repeat('9', 38) AS DECIMAL(38,0)) * x", "the result of multiplication is out of range"),
        ("CAST(100 + x AS TINYINT) + 100::TINYINT", "the result of addition is out of range"),
        ("abs((-9223372036854775808)::BIGINT)", "the result of abs is out of range"),
        ("CAST(x * 123456 AS DECIMAL(5,2))", "the value 246912 does not fit DECIMAL(5,2)"),
        ("CAST(x * 123456 AS TINYINT)", "the value 246912 is out of range"),
    ],
)
def test_what_leaves_its_type(expression: str, told: str) -> None:
    with duckdb.connect() as db, pytest.raises(duckdb.Error) as caught:
        db.execute(f"SELECT {expression} FROM (SELECT 2 AS x)").fetchall()
    error = translate(caught.value)
    assert (type(error), error.message) == (Overflow, told)


def test_a_pattern_that_ends_too_soon() -> None:
    with duckdb.connect() as db, pytest.raises(duckdb.Error) as caught:
        db.execute("SELECT 'ab' LIKE x ESCAPE '!' FROM (SELECT 'a!' AS x)").fetchall()
    error = translate(caught.value)
    assert (type(error), error.message) == (BadValue, "a pattern of LIKE ends with its escape character")
