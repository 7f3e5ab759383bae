"""Results of queries as they go out: buffers, which their readers take for those of the declared types."""

from pathlib import Path

import duckdb

from yunbox.engine.duck.results import csv_of, write_result
from yunbox.schema.tables import Column
from yunbox.schema.types import DataType


def test_values_of_other_types_become_those_of_the_columns(tmp_path: Path) -> None:
    columns = (Column("a", DataType("int")), Column("b", DataType("bigint")), Column("c", DataType("decimal", (38, 2))))
    query = "SELECT i AS a, i::TINYINT AS b, i::DECIMAL(18,4) / 4 AS c FROM range(3) t(i)"
    target = tmp_path / "result"
    with duckdb.connect() as db:
        done = write_result(db, query, columns, str(target))
        text = csv_of(db, target, columns, done.rows, "UTC")
    assert text.splitlines()[1:] == ["0,0,0.00", "1,1,0.25", "2,2,0.50"]
