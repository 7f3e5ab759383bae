"""COPY ... TO STDOUT in Arrow, as the vendor's own client in Python reads it (``HoloClient.copy_to``)."""

import datetime
import struct
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from hologres import HoloClient, HoloClientException
from pyroaring import BitMap

from tests.clients.hologres.clients import connected
from tests.clients.hologres.test_hologres_client import config
from yunbox.testing.server import Server

FORMATS = ["arrow", "arrow_lz4"]
TYPES = {
    "i2": pa.int16(), "i4": pa.int32(), "i8": pa.int64(), "f4": pa.float32(), "f8": pa.float64(),
    "n": pa.decimal128(20, 3), "ok": pa.uint8(), "t": pa.string(), "v": pa.string(), "c": pa.string(),
    "b": pa.binary(), "d": pa.date32(), "ts": pa.timestamp("us"), "tz": pa.date64(), "ti": pa.time64("us"),
    "tt": pa.binary(16), "j": pa.string(), "r": pa.binary(),
}  # fmt: skip
"""By column, as the vendor's client for Java takes them."""
LISTS = {"ai": pa.int32(), "al": pa.int64(), "at": pa.string(), "ao": pa.uint8(), "ad": pa.float64()}
ROWS: list[tuple[Any, ...]] = [
    (1, 2, 3, 1.5, 2.25, "-12345.678", True, "x", "y", "z", b"\0\1", "1969-12-31", "1969-12-31 23:59:59.999999",
     "2024-02-29 01:02:03.456+00", "23:59:59.000001", "01:00:00+08", '{"a": 1}', "{1,2}", [1, None], [], ["ä", ""],
     [True, False], [0.5]),
    (-32768, -(1 << 31), -(1 << 63), float("inf"), float("-inf"), "0.001", False, "", "schön", "", b"", "0001-01-01",
     "0001-01-01 00:00:00", "1970-01-01 00:00:00+00", "00:00:00", "00:00:00-05", "[]", "{}", None, [1 << 40], None,
     None, None),
    (None,) * 23,
]  # fmt: skip


@pytest.fixture
def session(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        made.execute("create extension if not exists roaringbitmap")
        made.execute("drop table if exists arrows")
        made.execute("""create table arrows (i2 smallint, i4 int, i8 bigint, f4 real, f8 float8, n numeric(20, 3),
            ok bool, t text, v varchar(9), c char(3), b bytea, d date, ts timestamp, tz timestamptz, ti time,
            tt timetz, j json, r roaringbitmap, ai int[], al bigint[], at text[], ao bool[], ad float8[])""")
        made.cursor().executemany(f"insert into arrows values ({', '.join(['%s'] * 23)})", ROWS)
        yield made
        made.execute("drop table arrows")


@pytest.fixture
def client(server: Server) -> Iterator[HoloClient]:
    with HoloClient(config(server)) as made:
        yield made


@pytest.mark.parametrize("form", FORMATS)
def test_every_type_comes_as_the_vendors_clients_take_it(
    session: psycopg.Connection[Any], client: HoloClient, form: str
) -> None:
    found = client.copy_to("select * from arrows order by i2 desc nulls last", form)
    got = {field.name: field.type for field in found.schema}
    assert {name: got[name] for name in TYPES} == TYPES
    assert {name: got[name].value_type for name in LISTS} == LISTS
    first, second, third = found.to_pylist()
    assert set(third.values()) == {None}
    assert [first[name] for name in ("i2", "i4", "i8", "f4", "f8", "n", "ok", "t", "v", "c", "b", "j")] == [
        1, 2, 3, 1.5, 2.25, Decimal("-12345.678"), 1, "x", "y", "z  ", b"\0\1", '{"a": 1}']  # fmt: skip
    assert first["d"] == datetime.date(1969, 12, 31)
    assert first["ts"] == datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)
    assert first["ti"] == datetime.time(23, 59, 59, 1)
    assert [first[name] for name in LISTS] == [[1, None], [], ["ä", ""], [1, 0], [0.5]]
    times = found.column("tz").cast(pa.int64()).to_pylist()
    assert times == [1_709_168_523_456, 0, None]
    assert first["tt"] == struct.pack("<qi4x", 3_600_000_000, -28_800)
    assert second["i8"] == -(1 << 63) and second["f4"] == float("inf") and second["n"] == Decimal("0.001")
    assert second["d"] == datetime.date(1, 1, 1) and second["v"] == "schön" and second["b"] == b""
    assert BitMap.deserialize(first["r"]) == BitMap([1, 2])


@pytest.mark.parametrize("form", FORMATS)
def test_many_rows_come_in_several_streams(session: psycopg.Connection[Any], client: HoloClient, form: str) -> None:
    query = "select g::int as g, repeat('x', 50) as x, g % 7 = 0 as z from generate_series(1, 30000) g"
    found = client.copy_to(query, form)
    assert found.column("g").to_pylist() == list(range(1, 30_001))
    assert found.num_rows == 30_000 and found.column("g").num_chunks > 1
    assert client.copy_to("select 1 as one where false", form).num_rows == 0


def test_the_messages_are_binary_copy_of_one_field(session: psycopg.Connection[Any]) -> None:
    cursor = session.cursor()
    with cursor.copy("copy (select 1 as a, 2 as a) to stdout with (format arrow)") as copy:
        [(field,)] = copy.rows()
    assert pa.ipc.open_stream(field).read_all().schema.names == ["a", "a"]
    assert cursor.rowcount == 1
    with cursor.copy("copy arrows (i4, t) to stdout with (format arrow)") as copy:
        [(field,)] = copy.rows()
    assert pa.ipc.open_stream(field).read_all().num_rows == 3


@pytest.mark.parametrize(("query", "code"), [
    ("select 1.5 as n", "0A000"), ("select '1'::jsonb as j", "0A000"), ("select interval '1 day' as i", "0A000"),
    ("select 'infinity'::date as d", "22008"),
    ("select '-infinity'::timestamptz as d", "22008"), ("select '{{1},{2}}'::int[] as a", "0A000"),
    ("select 1 / 0", "22012"),
])  # fmt: skip
def test_what_cannot_be_told_is_refused(
    session: psycopg.Connection[Any], client: HoloClient, query: str, code: str
) -> None:
    with pytest.raises(psycopg.Error) as caught, session.cursor().copy(f"copy ({query}) to stdout (format arrow)") as c:
        list(c)
    assert caught.value.sqlstate == code
    with pytest.raises(HoloClientException):
        client.copy_to(query)
    assert session.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(("statement", "code", "told"), [
    ("copy arrows from stdin (format arrow)", "0A000", "COPY FROM in the format arrow is not supported"),
    ("copy arrows from stdin (format arrow_lz4)", "0A000", "COPY FROM in the format arrow_lz4 is not supported"),
    ("copy arrows to stdout (format arrow, delimiter '|')", "42601", "cannot specify DELIMITER in ARROW mode"),
])  # fmt: skip
def test_what_is_no_copy_in_arrow_is_refused(
    session: psycopg.Connection[Any], statement: str, code: str, told: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        session.execute(statement)
    assert (caught.value.sqlstate, caught.value.diag.message_primary) == (code, told)
