"""What the tests of Flink SQL share: a planner with a table of every type, and DuckDB with the dialect's functions."""

from functools import cache
from typing import Any

import duckdb

from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.functions.macros import load_macros
from yunbox.sql.flink.functions.natives import NATIVES
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Collect, Job, Node, Project, Sink, Values

TABLES = """
CREATE TABLE t (
    a INT, b BIGINT NOT NULL, s STRING, d DECIMAL(10, 2), c CHAR(3), v VARCHAR(5), f FLOAT, g DOUBLE,
    ts TIMESTAMP(3), l TIMESTAMP_LTZ(3), dt DATE, r ROW<x INT, y STRING>, ar ARRAY<INT>, m MAP<STRING, INT>,
    ti TINYINT, si SMALLINT, bo BOOLEAN, rows_ ARRAY<ROW<x INT, y STRING>>,
    p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen');
CREATE TABLE u (
    a INT, k STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED
) WITH ('connector' = 'datagen');
CREATE TABLE dim (id INT, name STRING) WITH ('connector' = 'hologres');
CREATE TABLE sink (a INT, s STRING) WITH ('connector' = 'print');
"""


def planner(**settings: str) -> Planner:
    """A planner that knows the tables; settings are by their names with ``_`` for ``.`` and ``-`` kept."""
    made = Planner(Catalog(), {key.replace("_", "."): value for key, value in settings.items()})
    for statement in made.statements(TABLES):
        made.plan(statement)
    return made


def run(made: Planner, script: str) -> Any:
    """What the last statement of a script comes to."""
    outcome = None
    for statement in made.statements(script):
        outcome = made.plan(statement)
    return outcome


def plan(query: str, made: Planner | None = None) -> Node:
    """The plan of a query or an INSERT, with marks written."""
    job = run(made or planner(), query)
    assert isinstance(job, Job)
    return job.sinks[0].input


def sink(script: str) -> Sink | Collect:
    """The sink of a job."""
    job = run(planner(), script)
    assert isinstance(job, Job)
    return job.sinks[0]


def shape(node: Node) -> str:
    """The names of a plan's nodes, outermost first."""
    inputs = [shape(one) for one in node.inputs]
    name = type(node).__name__
    return f"{name}({', '.join(inputs)})" if inputs else name


def types(query: str) -> list[str]:
    """The types of a query's columns."""
    return [str(one.type) for one in plan(query).fields]


@cache
def database() -> duckdb.DuckDBPyConnection:
    """DuckDB with the dialect's natives and macros."""
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'")
    for one in NATIVES:
        made.create_function(one.name, one.compute, list(one.params), one.returns, null_handling="special")
    for macro in load_macros():
        made.execute(macro)
    return made


def value(expression: str, as_text: bool = False) -> tuple[str, Any]:
    """The type of an expression without columns, and its value as DuckDB computes it."""
    query = f"SELECT CAST(({expression}) AS STRING)" if as_text else f"SELECT {expression}"
    of = types(f"SELECT {expression}")[0]
    node = plan(query)
    assert isinstance(node, Project)
    assert isinstance(node.input, Values)
    found = database().execute(f"SELECT {node.expressions[0].sql}").fetchone()
    assert found is not None
    return of, found[0]
