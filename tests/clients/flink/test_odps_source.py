"""From tables of MaxCompute, which PyODPS writes: types, partitions, those that come later, and kills."""

import os
import signal
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from odps import ODPS

from tests.flink import Flink, Refused, hologres, written
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

Holo = psycopg.Connection[Any]


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"flink_{abs(hash(request.node.nodeid)) % 10**12}"


def odps(server: Server, table: str, columns: str, name: str = "source", **more: str) -> str:
    options = {"connector": "odps", "endpoint": server.endpoint, "project": server.project, "tableName": table,
               "accessId": server.access_key_id, "accessKey": server.access_key_secret, **more}  # fmt: skip
    return f"CREATE TABLE {name} ({columns}) WITH ({written(options)})"


def put(o: ODPS, table: str, rows: list[list[Any]], partition: str | None = None) -> None:
    with o.get_table(table).open_writer(partition, create_partition=partition is not None) as writer:
        writer.write(rows)


def select(flink: Flink, query: str) -> list[list[Any]]:
    flink.run("SET 'execution.runtime-mode' = 'batch'")
    return sorted(flink.rows(query), key=repr)


def test_values_of_each_type(flink: Flink, server: Server, name: str, connect: Callable[..., ODPS]) -> None:
    o = connect()
    o.create_table(
        name,
        "i bigint, n int, s string, d double, b boolean, m decimal(10,2), day date, t datetime, ts timestamp_ntz, "
        "x binary, a array<bigint>, k map<string,bigint>, r struct<p:string,q:int>, f float, v varchar(9), z timestamp",
    )
    sql = (
        f"INSERT INTO {name} SELECT 1L, 2, 'ü', 0.5D, true, 1.25BD, DATE '2024-02-29', "
        "DATETIME '2024-02-29 08:00:00', TIMESTAMP_NTZ '2024-02-29 08:00:00.123456', unhex('6162'), array(1L, 2L), "
        "map('k', 3L), named_struct('p', 'x', 'q', 4), CAST(1.5 AS FLOAT), CAST('vc' AS VARCHAR(9)), "
        "TIMESTAMP '2024-02-29 08:00:00.5'"
    )
    o.execute_sql(sql, hints={"odps.sql.type.system.odps2": "true", "odps.sql.timezone": "Asia/Shanghai"})
    put(o, name, [[None] * 16])
    flink.run(
        odps(server, name, "i BIGINT, n INT, s STRING, d DOUBLE, b BOOLEAN, m DECIMAL(12, 2), `day` DATE, "
                           "t TIMESTAMP(3), ts TIMESTAMP(6), x BYTES, a ARRAY<BIGINT>, k MAP<STRING, BIGINT>, "
                           "r ROW<p STRING, q INT>, f FLOAT, v STRING, z TIMESTAMP_LTZ(3)"),
        "SET 'table.local-time-zone' = 'Asia/Shanghai'",
    )  # fmt: skip
    query = (
        "SELECT i, n, s, d, b, m, `day`, t, ts, DECODE(x, 'UTF-8'), a[2], k['k'], r.p, r.q, f, v, CAST(z AS STRING) "
        "FROM source"
    )
    row, nothing = select(flink, query)
    assert row[:7] == [1, 2, "ü", 0.5, True, 1.25, "2024-02-29"]
    assert row[7:9] == ["2024-02-29T08:00:00", "2024-02-29T08:00:00.123456"]
    assert row[9:] == ["ab", 2, 3, "x", 4, 1.5, "vc", "2024-02-29 08:00:00.500"]
    assert nothing == [None] * 17


def test_partitions(flink: Flink, server: Server, name: str, connect: Callable[..., ODPS]) -> None:
    """Which are read is what the options say; their columns have their values."""
    o = connect()
    o.create_table(name, ("k bigint", "ds string, hh bigint"))
    for number, (ds, hh) in enumerate((("a", 1), ("a", 2), ("b", 1))):
        put(o, name, [[number], [number]], f"ds='{ds}',hh='{hh}'")
    flink.run(odps(server, name, "k BIGINT, ds STRING, hh BIGINT"))
    assert select(flink, "SELECT DISTINCT k, ds, hh FROM source") == [[0, "a", 1], [1, "a", 2], [2, "b", 1]]

    def found(partition: str) -> list[list[Any]]:
        return select(flink, f"SELECT DISTINCT k FROM source /*+ OPTIONS('partition' = '{partition}') */")

    assert found("ds=a,hh=*") == [[0], [1]]
    assert found("ds=a,hh=2") == [[1]]
    assert found("max_pt()") == [[2]]
    assert found("ds=a,hh=max_pt()") == [[1]]
    assert select(flink, "SELECT COUNT(*) FROM source") == [[6]]
    assert select(flink, "SELECT DISTINCT ds FROM source") == [["a"], ["b"]]
    assert select(flink, "SELECT k FROM source /*+ OPTIONS('startPartition' = 'ds=a,hh=2') */") == [[1], [1], [2], [2]]
    with pytest.raises(Refused, match="says nothing of 'hh'"):
        found("ds=a")
    with pytest.raises(Refused, match="has no such partition"):
        found("ds=c,hh=1")
    with pytest.raises(Refused, match="number of matched partitions: 3 exceeds the limit"):
        select(flink, "SELECT k FROM source /*+ OPTIONS('maxPartitionCount' = '2') */")


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ("k STRING", {}, "Column 'k' of .* is of type STRING, and MaxCompute's is BIGINT"),
        ("other BIGINT", {}, "has no column 'other'"),
        ("k BIGINT, t STRING METADATA", {}, "Invalid metadata key 't'"),
        ("k BIGINT", {"partition": "ds=1"}, "has no partitions"),
        ("k BIGINT", {"startPartition": "ds=1"}, "has no partitions"),
        ("k BIGINT", {"subscribeIntervalInSec": "no"}, "'subscribeIntervalInSec' = 'no': a whole number"),
        ("k BIGINT", {"modifiedTableOperation": "WAIT"}, "is none of NONE, SKIP"),
        ("k BIGINT", {"colour": "red"}, "Unsupported options: colour"),
    ],
)
def test_what_does_not_fit(
    flink: Flink, server: Server, name: str, connect: Callable[..., ODPS], columns: str, options: Any, said: str
) -> None:
    connect().create_table(name, "k bigint")
    flink.run(odps(server, name, columns, **options))
    with pytest.raises(Refused, match=said):
        select(flink, "SELECT * FROM source")


def test_a_stream_of_a_table_ends(
    flink: Flink, server: Server, name: str, connect: Callable[..., ODPS], holo: Holo
) -> None:
    """What there is has been read, also by a job in streaming mode."""
    o = connect()
    o.create_table(name, "k bigint, d date, m decimal(5,1)")
    put(o, name, [[number, date(2024, 1, 1), Decimal("1.5")] for number in range(30_000)])
    holo.execute(f"CREATE TABLE {name} (k bigint PRIMARY KEY, n bigint, m numeric(20, 1))")
    flink.run(odps(server, name, "k BIGINT, d DATE, m DECIMAL(5, 1)"))
    flink.run(hologres(server, name, "k BIGINT, n BIGINT, m DECIMAL(20, 1)", "totals"))
    job = flink.run("INSERT INTO totals SELECT k / 10000, COUNT(*), SUM(m) FROM source GROUP BY k / 10000")
    until(lambda: flink.state(job) == "FINISHED", 30)
    totals = [(at, 10_000, Decimal("15000.0")) for at in range(3)]
    assert holo.execute(f"SELECT * FROM {name} ORDER BY k").fetchall() == totals


def test_partitions_that_come(
    flink: Flink, server: Server, name: str, connect: Callable[..., ODPS], holo: Holo
) -> None:
    """Each once and in order, over kills; one that is empty is waited for, and one before the first is not read."""
    o = connect()
    o.create_table(name, ("k bigint", "ds string"))
    put(o, name, [[0]], "ds=0")
    put(o, name, [[number] for number in range(20_000)], "ds=1")
    o.get_table(name).create_partition("ds=2")
    holo.execute(f"CREATE TABLE {name} (k bigint, ds text)")
    columns = "k BIGINT, ds STRING"
    flink.run(odps(server, name, columns, startPartition="ds=1", subscribeIntervalInSec="1"))
    flink.run(hologres(server, name, columns, "target"))
    job = flink.run("INSERT INTO target SELECT k, ds FROM source")

    def count() -> int:
        return holo.execute(f"SELECT count(*) FROM {name}").fetchone()[0]

    def kill() -> None:
        for process in children(server, "engine.stream.main"):
            if job in " ".join(process.cmdline()):
                os.kill(process.pid, signal.SIGKILL)

    until(lambda: count() > 0, 30)
    kill()
    put(o, name, [[1]], "ds=2")
    put(o, name, [[2]], "ds=3")
    until(lambda: count() >= 20_002, 60)
    kill()
    put(o, name, [[3]], "ds=4")
    put(o, name, [[99]], "ds=1")  # it was read as it was
    until(lambda: count() >= 20_003, 60)
    assert flink.state(job) == "RUNNING"
    flink.cancel(job)
    until(lambda: flink.state(job) == "CANCELED", 20)
    assert holo.execute(f"SELECT count(*), count(DISTINCT (k, ds)) FROM {name}").fetchall() == [(20_003, 20_003)]
    assert holo.execute(f"SELECT k, ds FROM {name} WHERE ds > '1' ORDER BY ds").fetchall() == [
        (1, "2"), (2, "3"), (3, "4")
    ]  # fmt: skip


def test_a_datetime_is_an_instant(flink: Flink, server: Server, name: str, connect: Callable[..., ODPS]) -> None:
    o = connect()
    o.create_table(name, "t datetime")
    moment = datetime.fromisoformat("2024-02-29T00:00:00.123+00:00")
    put(o, name, [[moment]])
    flink.run(odps(server, name, "t TIMESTAMP_LTZ(3)"), "SET 'table.local-time-zone' = 'Asia/Tokyo'")
    assert select(flink, "SELECT CAST(t AS STRING) FROM source") == [["2024-02-29 09:00:00.123"]]
