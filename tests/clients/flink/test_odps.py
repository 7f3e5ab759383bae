"""From topics to tables of MaxCompute: partitions, types, and what does not fit, read back by PyODPS."""

import os
import signal
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from odps import ODPS

from tests.clients.flink.conftest import Topic
from tests.flink import Flink, Refused, clicks, written
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

Put = Callable[..., None]


@pytest.fixture
def table(connect: Callable[..., ODPS], request: pytest.FixtureRequest) -> Any:
    """Makes a table of MaxCompute, and gives its name."""

    def make(columns: str, partition: str = "") -> str:
        name = f"flink_{abs(hash((request.node.nodeid, columns))) % 10**12}"
        connect().create_table(name, (columns, partition) if partition else columns)
        return name

    return make


def odps(server: Server, table: str, columns: str, **more: str) -> str:
    options = {"connector": "odps", "endpoint": server.endpoint, "project": server.project, "tableName": table,
               "accessId": server.access_key_id, "accessKey": server.access_key_secret, **more}  # fmt: skip
    return f"CREATE TABLE target ({columns}) WITH ({written(options)})"


def rows(o: ODPS, table: str) -> list[tuple[Any, ...]]:
    with o.execute_sql(f"SELECT * FROM {table}", hints={"odps.sql.allow.fullscan": "true"}).open_reader() as reader:
        return sorted((tuple(one.values) for one in reader), key=repr)


def batch(flink: Flink) -> None:
    flink.run("SET 'execution.runtime-mode' = 'batch'", "SET 'table.dml-sync' = 'true'")


def test_values_of_each_type(flink: Flink, server: Server, table: Any, connect: Callable[..., ODPS]) -> None:
    columns = (
        "i bigint, n int, s string, d double, b boolean, m decimal(10,2), day date, t datetime, x binary, more string"
    )
    name = table(columns)
    flink.run(odps(server, name, "i BIGINT, n INT, s STRING, d DOUBLE, b BOOLEAN, m DECIMAL(10, 2), `day` DATE, "
                                 "t TIMESTAMP(3), x BYTES"))  # fmt: skip
    batch(flink)
    flink.run("SET 'table.local-time-zone' = 'Asia/Shanghai'")
    flink.run(
        "INSERT INTO target SELECT CAST(1 AS BIGINT), 2, 'ü', 0.5E0, TRUE, CAST(1.25 AS DECIMAL(10, 2)), "
        "DATE '2024-02-29', TIMESTAMP '2024-02-29 08:00:00.123', ENCODE('ab', 'UTF-8')"
    )
    [row] = rows(connect(), name)
    assert row[:7] == (1, 2, "ü", 0.5, True, Decimal("1.25"), date(2024, 2, 29))
    assert row[7].timestamp() == datetime.fromisoformat("2024-02-29T00:00:00.123+00:00").timestamp()
    assert row[8:] == (b"ab", None)


def test_partitions(flink: Flink, server: Server, table: Any, connect: Callable[..., ODPS]) -> None:
    """By a column, or one that the table's options name."""
    name = table("k bigint", "ds string")
    flink.run(odps(server, name, "k BIGINT, ds STRING", partition="ds"))
    batch(flink)
    flink.run("INSERT INTO target SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a')) AS t(k, ds)")
    assert rows(connect(), name) == [(1, "a"), (2, "b"), (3, "a")]
    flink.run("DROP TABLE target", odps(server, name, "k BIGINT", partition="ds=c"))
    flink.run("INSERT INTO target VALUES (4)")
    assert rows(connect(), name)[-1] == (4, "c")
    flink.run("DROP TABLE target", odps(server, name, "k BIGINT"))
    with pytest.raises(Refused, match="has no column 'ds', by which the table of MaxCompute is partitioned"):
        flink.run("INSERT INTO target VALUES (5)")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("k STRING", "Column 'k' of .* is of type STRING, and MaxCompute's is BIGINT"),
        ("other BIGINT", "has no column 'other'"),
    ],
)
def test_what_does_not_fit(flink: Flink, server: Server, table: Any, columns: str, said: str) -> None:
    flink.run(odps(server, table("k bigint"), columns))
    value = "'x'" if "STRING" in columns else "1"
    with pytest.raises(Refused, match=said):
        flink.run(f"INSERT INTO target VALUES ({value})")


def test_changes_are_not_taken(flink: Flink, server: Server, table: Any) -> None:
    flink.run(odps(server, table("k bigint"), "k BIGINT"))
    with pytest.raises(Refused, match="doesn't support consuming update changes"):
        flink.run("INSERT INTO target SELECT COUNT(*) FROM (VALUES (1)) AS t(k)")


def test_a_stream_that_is_killed(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, table: Any, connect: Callable[..., ODPS]
) -> None:
    """Each record is in the table once."""
    name = table("k bigint")
    topic("t", "k:BIGINT")
    flink.run(clicks(server, project, "t", "k BIGINT", "t"), odps(server, name, "k BIGINT"))
    put("t", [1], [2])
    job = flink.run("INSERT INTO target SELECT k FROM t")
    until(lambda: len(rows(connect(), name)) == 2, 30)
    for number in range(3, 9):
        put("t", [number])
        for process in children(server, "engine.stream.main"):
            if number % 2 and job in " ".join(process.cmdline()):
                os.kill(process.pid, signal.SIGKILL)
    until(lambda: len(rows(connect(), name)) >= 8, 60)
    assert rows(connect(), name) == [(number,) for number in range(1, 9)]
    flink.cancel(job)
