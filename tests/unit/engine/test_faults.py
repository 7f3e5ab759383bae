"""What DuckDB finds out while it runs reaches users in our words."""

import duckdb
import pytest

from yunbox.engine.duck.failures import BadValue, Overflow
from yunbox.engine.duck.faults import translate
from yunbox.engine.duck.results import batches


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


@pytest.mark.parametrize("row", [0, 900_000])
def test_a_row_that_is_far_down_fails_as_the_first_does(row: int) -> None:
    query = f"SELECT CASE WHEN i = {row} THEN 9223372036854775807 + i + 1 ELSE i END AS x FROM range(1000000) t(i)"
    with duckdb.connect() as db, pytest.raises(duckdb.OutOfRangeException) as caught:
        list(batches(db.sql(query)))
    error = translate(caught.value)
    assert (type(error), error.message) == (Overflow, "the result of addition is out of range")
