"""What the vendor's pages say comes of each built-in function."""

import re

import duckdb
import pytest

from tests.unit.sql.conftest import Sandbox
from tests.unit.sql.functions.documented import Example, examples, shown
from yunbox.engine.duck.faults import translate
from yunbox.kernel.errors import KernelError
from yunbox.services.maxcompute.faults import sql_failure

_LONG = re.compile(r"\d+\.\d{8,}")


def outcome(box: Sandbox, example: Example) -> list[str]:
    try:
        return shown(box.rows(example.query, **dict(example.settings)))
    except duckdb.Error as failure:
        return [sql_failure(translate(failure))[0]]
    except KernelError as failure:
        return [sql_failure(failure)[0]]


def rounded(rows: list[str]) -> list[str]:
    """Rows whose floating-point numbers have 13 digits: the last ones depend on the order of additions."""
    return [_LONG.sub(lambda found: f"{float(found.group()):.13g}", row) for row in rows]


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_documented_example(box: Sandbox, example: Example) -> None:
    assert rounded(outcome(box, example)) == rounded(example.result)
    if example.type:
        assert str(box.query(example.query, **dict(example.settings)).columns[0].type) == example.type


def test_values_are_of_the_types_that_they_are_said_to_be(box: Sandbox) -> None:
    """Results go out as buffers, which are read by the declared types."""
    wrong, count = [], 0
    for example in examples():
        try:
            query = box.query(f"select * from ({example.query}) q", **dict(example.settings))
            types = box.con.sql(query.sql).types
        except (KernelError, duckdb.Error):
            continue  # it has no value
        count += 1
        for column, duck in zip(query.columns, map(str, types), strict=True):
            if spelled(column.type.duckdb) != spelled(duck):
                wrong.append(f"{example.query}: {column.type.duckdb}, in DuckDB {duck}")
    assert not wrong, "\n".join(wrong)
    assert count > 800


def spelled(duck: str) -> str:
    """A type as DuckDB says it, whose decimals have any number of digits before the point."""
    return (
        re.sub(r"DECIMAL\(\d+,", "DECIMAL(", duck).replace('"', "").replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
    )
