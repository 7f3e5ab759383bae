"""How fast our own processes write into Hologres: arrays against VALUES, alone and with a mark in a block, and what a
connector of DataHub moves."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.datahub import Client
from tests.waiting import until
from yunbox.clients.hologres import fence
from yunbox.clients.hologres.connection import Connection, typed
from yunbox.clients.hologres.target import Target, describe
from yunbox.clients.hologres.writing import Mode, write
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
ROWS = 100_000
COLUMNS = {"id": "bigint primary key", "name": "text", "value": "double precision", "n": "bigint"}
OIDS = (20, 25, 701, 20)
Row = tuple[Any, ...]
Report = Callable[[str], None]


def batches_of(size: int) -> list[list[Row]]:
    rows = [(number * 7919 % ROWS, f"name {number}", number / 3, number) for number in range(ROWS)]
    return [rows[at : at + size] for at in range(0, ROWS, size)]


def as_values(connection: Connection, target: Target, some: Sequence[Row]) -> None:
    width = len(COLUMNS)
    places = (", ".join(f"${row * width + at}" for at in range(1, width + 1)) for row in range(len(some)))
    setters = ", ".join(f"{name} = excluded.{name}" for name in list(COLUMNS)[1:])
    values = ", ".join(f"({one})" for one in places)
    sql = f"INSERT INTO {target.sql} VALUES {values} ON CONFLICT (id) DO UPDATE SET {setters}"
    given = [typed(value, oid) for row in some for value, oid in zip(row, OIDS, strict=True)]
    connection.execute(sql, given, keep=True)


def as_arrays(connection: Connection, target: Target, some: Sequence[Row]) -> None:
    write(connection, target, list(COLUMNS), some, Mode.REPLACE)


def with_a_mark(connection: Connection, target: Target, some: Sequence[Row]) -> None:
    before = fence.mark_of(connection, "bench")
    with connection.transaction():
        fence.advance(connection, "bench", before, f"{some[0][0]}")
        as_arrays(connection, target, some)


def rate(
    connection: Connection, target: Target, batch: int, work: Callable[[Connection, Target, Sequence[Row]], None]
) -> tuple[float, float]:
    """Rows a second, and how many microseconds of each are the client's own."""
    connection.execute(f"TRUNCATE {target.sql}")
    batches = batches_of(batch)
    began, used = time.perf_counter(), time.process_time()
    for some in batches:
        work(connection, target, some)
    return ROWS / (time.perf_counter() - began), (time.process_time() - used) / ROWS * 1e6


@pytest.fixture
def connection(yunbox: Server) -> Any:
    key = {"user": yunbox.access_key_id, "password": yunbox.access_key_secret}
    with Connection(**yunbox.endpoints["hologres"], **key) as made:
        yield made


def test_rows_of_one_writer(connection: Connection, report: Report) -> None:
    connection.execute(f"CREATE TABLE t ({', '.join(map(' '.join, COLUMNS.items()))})")
    target = describe(connection, "public", "t")
    fence.mark_of(connection, "bench")
    found: dict[tuple[str, int], float] = {}
    works = {"arrays": as_arrays, "VALUES": as_values, "arrays and a mark in a block": with_a_mark}
    for name, work in works.items():
        for batch in (1000, 5000):
            rated, own_us = rate(connection, target, batch, work)
            found[name, batch] = rated
            report(f"{name}, {batch:,} rows at once: {rated:,.0f} rows/s, {own_us:.1f} us of each the client's")
    assert found["arrays", 5000] > found["VALUES", 5000]
    assert found["arrays and a mark in a block", 5000] > 0.3 * found["arrays", 5000]


def test_records_of_a_connector(yunbox: Server, connection: Connection, report: Report) -> None:
    types = {"id": "BIGINT", "name": "STRING", "value": "DOUBLE", "n": "BIGINT"}
    schema = json.dumps({"fields": [{"name": name, "type": kind} for name, kind in types.items()]})
    connection.execute("CREATE TABLE moved (id bigint, name text, value double precision, n bigint)")
    where = yunbox.endpoints["hologres"]
    config = {
        "Project": where["dbname"],
        "Topic": "moved",
        "Endpoint": f"{where['host']}:{where['port']}",
        "AccessId": yunbox.access_key_id,
        "AccessKey": yunbox.access_key_secret,
    }
    with Client(yunbox) as client:
        client.create("bench", "t", RecordType="TUPLE", RecordSchema=schema)
        for some in batches_of(2000):
            client.put("bench", "t", "0", [list(map(str, row)) for row in some])
        path = "/projects/bench/topics/t/connectors/sink_hologres"
        began = time.perf_counter()
        client.call("POST", path, Action="Create", ColumnFields=list(types), Config=config)
        until(lambda: client.call("POST", path, Action="Status", ShardId="0")["CurrentSequence"] + 1 == ROWS, 300)
    report(f"a connector moved {ROWS / (time.perf_counter() - began):,.0f} records/s of one shard")
    assert connection.execute("SELECT count(*) FROM moved").rows == [(str(ROWS),)]
