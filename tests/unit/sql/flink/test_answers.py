"""Queries by their answers: the columns and rows that real Flink (2.3) gives for each in batch mode.

``queries.tsv`` holds a query, its schema and its rows as Flink writes them.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sql.flink.batch import rows
from tests.unit.sql.flink.house import database, run
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job, Node

QUERIES = [line.split("\t") for line in Path(__file__).with_name("queries.tsv").read_text("utf-8").splitlines()]
TABLES = """
CREATE TABLE o (id INT, name STRING, qty INT, amount DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>,
    WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem');
CREATE TABLE c (name STRING, city STRING, w INT) WITH ('connector' = 'filesystem')
"""
DATA = """
CREATE OR REPLACE TABLE o AS SELECT * FROM (VALUES
    (1, 'ann', 2, 10.50::DECIMAL(10, 2), TIMESTAMP '2020-01-01 00:00:10', ['x', 'y']),
    (2, 'bob', 3, 20.00, TIMESTAMP '2020-01-01 00:00:20', []),
    (3, 'ann', 1, 5.25, TIMESTAMP '2020-01-01 00:00:50', ['z']),
    (4, NULL, NULL, 7.00, TIMESTAMP '2020-01-01 00:01:10', NULL),
    (5, 'bob', 4, 11.11, TIMESTAMP '2020-01-01 00:01:40', ['x']),
    (6, 'cy', 2, NULL, TIMESTAMP '2020-01-01 00:02:05', ['y', 'y'])
) AS t (id, name, qty, amount, ts, tags);
CREATE OR REPLACE TABLE c AS SELECT * FROM (VALUES
    ('ann', 'Paris', 1), ('bob', 'Rome', 3), ('dee', 'Prague', 2), ('ann', 'Perth', 2)
) AS t (name, city, w);
"""


def shown(value: Any) -> str:
    """A value as Flink writes it in a row."""
    if isinstance(value, datetime):
        text = value.isoformat()
        return text[:-3] if value.second == 0 and value.microsecond == 0 else text.rstrip("0") if "." in text else text
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def answer(query: str, mode: str) -> tuple[Node, list[str]]:
    made = Planner(Catalog(), {"execution.runtime-mode": mode})
    run(made, TABLES)
    job = run(made, query)
    assert isinstance(job, Job)
    node = job.sinks[0].input
    return node, [f"+I[{', '.join(map(shown, row))}]" for row in rows(node)]


@pytest.mark.parametrize(("query", "schema", "expected"), QUERIES, ids=[one[0] for one in QUERIES])
def test_a_query_has_flinks_columns_and_rows(query: str, schema: str, expected: str) -> None:
    database().execute(DATA)
    node, found = answer(query, "batch")
    assert f"( {', '.join(f'`{one.name}` {one.type}' for one in node.fields)} )" == schema
    ordered = query.rpartition(")")[2].find("ORDER BY") >= 0
    wanted = expected.split(" ; ") if expected else []
    assert (found if ordered else sorted(found)) == (wanted if ordered else sorted(wanted))


@pytest.mark.parametrize("query", [one[0] for one in QUERIES if "ORDER BY" not in one[0] and "RANK()" not in one[0]])
def test_a_stream_comes_to_the_same(query: str) -> None:
    database().execute(DATA)
    assert answer(query, "streaming")[1] == answer(query, "batch")[1]
