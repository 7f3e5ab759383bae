"""A catalog in memory and a DuckDB to run plans on."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.sql.tpch import SCHEMA
from yunbox.engine.duck.vocabulary import Vocabulary
from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.sql.maxcompute import on_duckdb
from yunbox.sql.maxcompute.planner import plan
from yunbox.sql.maxcompute.plans import Plan
from yunbox.sql.maxcompute.session import Session
from yunbox.sql.plans import Insert, Query
from yunbox.wire.odps.types import parse_type

FREE_ORDER = {"odps.sql.validate.orderby.limit": "false"}


def columns(text: str) -> tuple[Column, ...]:
    pairs = [part.strip().split(" ", 1) for part in text.split(";") if part.strip()]
    return tuple(Column(name, parse_type(of)) for name, of in pairs)


def table(name: str, of: str, partitions: str = "", **more: Any) -> Table:
    return Table(TableName("p", "default", name), columns(of), columns(partitions), **more)


class Tables:
    """A catalog whose partitions a test sets."""

    def __init__(self, *tables: Table) -> None:
        self.tables = {one.name: one for one in tables}
        self.values: dict[str, Sequence[PartitionValues]] = {}

    def table(self, name: TableName) -> Table | None:
        return self.tables.get(name)

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        return self.values.get(name.name, [])

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        return max(self.partitions(name), default=None)

    def function_exists(self, project: str, name: str) -> bool:
        return name == "my_udf"


class Sandbox:
    """Plans statements against a catalog and runs them on DuckDB."""

    def __init__(self, con: duckdb.DuckDBPyConnection, *tables: Table) -> None:
        self.con = con
        self.catalog = Tables(*tables)
        self.session = Session("p", settings=FREE_ORDER, user="me")

    def evaluate(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def plan(self, text: str, **settings: str) -> Plan:
        session = Session("p", settings={**FREE_ORDER, **settings}, user="me", now=self.session.now)
        return plan(text, self.catalog, session, self.evaluate)

    def query(self, text: str, **settings: str) -> Query:
        made = self.plan(text, **settings)
        made = made.query if isinstance(made, Insert) else made
        assert isinstance(made, Query)
        return made

    def sql(self, query: Query) -> str:
        sql = query.sql
        for scan in query.scans:
            wanted = ", ".join(f'"{name}"' for name in scan.columns) or "1 AS one"
            where = ""
            if scan.partitions is not None:
                names = ", ".join(column.name for column in scan.table.partition_columns)
                listed = ", ".join(str(values) for values in scan.partitions).replace(",)", ")")
                where = f" WHERE ({names}) IN ({listed})" if scan.partitions else " WHERE FALSE"
            sql = sql.replace(f'"{scan.token}"', f"(SELECT {wanted} FROM {scan.table.name.name}{where})")
        return sql

    def rows(self, text: str, **settings: str) -> list[tuple[Any, ...]]:
        query = self.query(text, **settings)
        cursor = self.con.execute(self.sql(query))
        assert [item[0] for item in cursor.description] == [column.name for column in query.columns]
        return cursor.fetchall()

    def value(self, expression: str, **settings: str) -> Any:
        return self.rows(f"select {expression}", **settings)[0][0]

    def type(self, expression: str, **settings: str) -> str:
        return str(self.query(f"select {expression}", **settings).columns[0].type)


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("SET TimeZone='Asia/Shanghai'")
    Vocabulary(con, [on_duckdb]).provide_all()
    con.execute(
        """CREATE TABLE t AS SELECT * FROM (VALUES
        (1::BIGINT, 'x', 1.5::DOUBLE, 2.50::DECIMAL(10,2), TIMESTAMPTZ '2024-01-01 10:00:00', MAP{'k': 5::BIGINT},
         [1, 2]::BIGINT[], {'x': 7::BIGINT, 'y': 'q'}, '20240101', 1::BIGINT),
        (2, 'y', 2.5, 3.50, NULL, NULL, NULL, NULL, '20240102', 1),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '20240103', 2)) q(a, b, c, d, e, m, arr, s, dt, hh)"""
    )
    con.execute("CREATE TABLE u AS SELECT * FROM (VALUES (1::BIGINT, 'one'), (3, 'three')) q(a, name)")
    yield con
    con.close()


@pytest.fixture
def box(duck: duckdb.DuckDBPyConnection) -> Sandbox:
    of = "a bigint; b string; c double; d decimal(10,2); e datetime; m map<string,bigint>; arr array<bigint>; "
    made = Sandbox(
        duck,
        table("t", of + "s struct<x:bigint,y:string>", "dt string; hh bigint"),
        table("u", "a bigint; name string"),
        table("w", "a bigint; name string"),
    )
    made.catalog.values["t"] = [("20240101", "1"), ("20240102", "1"), ("20240103", "2")]
    return made


@pytest.fixture(scope="session")
def tpch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("tpch")
    generator = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run([generator, "parquet", "-s", "0.01", "--output-dir", folder], check=True, capture_output=True)
    con = duckdb.connect()
    Vocabulary(con, [on_duckdb]).provide_all()
    for name, of in SCHEMA.items():
        items = ", ".join(f"CAST({c.name} AS {c.type.duckdb}) AS {c.name}" for c in columns(of))
        con.execute(f"CREATE TABLE {name} AS SELECT {items} FROM '{folder}/{name}.parquet'")
    yield Sandbox(con, *[table(name, of) for name, of in SCHEMA.items()])
    con.close()


Check = Callable[[str], Any]
