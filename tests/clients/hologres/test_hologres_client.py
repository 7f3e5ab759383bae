"""The vendor's own client in Python, hologres-client: what it puts, gets, scans and copies."""

import datetime
import decimal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hologres import CopyFormat, CopyMode, Get, HoloClient, HoloClientException, HoloConfig, OnConflictAction, Put, Scan

from tests.clients.hologres.clients import account, connected, where
from yunbox.testing.server import Server

ROWS = 300


@pytest.fixture
def session(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        yield made


def config(server: Server, **more: Any) -> HoloConfig:
    at, (user, password) = where(server), account(server)
    given = {"username": user, "password": password, "write_parallelism": 1, "read_parallelism": 1, **more}
    return HoloConfig(host=at["host"], port=at["port"], database=at["dbname"], **given)


@pytest.fixture(params=[False, True], ids=["usual", "fixed"])
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[HoloClient]:
    with HoloClient(config(server, use_fixed_fe=request.param)) as made:
        yield made


@pytest.fixture
def table(session: psycopg.Connection[Any]) -> Iterator[str]:
    session.execute("drop table if exists of_client")
    session.execute("""
        create table of_client (id bigint, part text, n int default 7, c numeric(10, 2), d timestamp, g bool, h date,
          i bytea, t varchar(20) not null default 'new', primary key (id, part))
        with (orientation = 'row,column', distribution_key = 'id', binlog_level = 'replica')
    """)
    yield "of_client"
    session.execute("drop table of_client")


def put(client: HoloClient, table: str, key: int, part: str = "a", **values: Any) -> None:
    made = Put(client.get_table_schema(table))
    for name, value in {"id": key, "part": part, **values}.items():
        made.set_object(name, value)
    client.put(made)


def got(client: HoloClient, table: str, key: int, part: str = "a") -> Any:
    schema = client.get_table_schema(table)
    found = client.get(Get.builder(schema).set_primary_key("id", key).set_primary_key("part", part).build())
    return None if found is None else tuple(found.values)


def test_what_it_asks_first(client: HoloClient, table: str) -> None:
    assert client.table_exists(table)
    assert not client.table_exists("nothing_of_the_kind")
    assert client.get_holo_version() >= (2, 0, 0)
    schema = client.get_table_schema(table)
    assert [column.name for column in schema.columns] == ["id", "part", "n", "c", "d", "g", "h", "i", "t"]
    assert schema.primary_keys == ["id", "part"]
    assert schema.distribution_keys == ["id"]


def test_what_was_put_is_got(client: HoloClient, table: str, session: psycopg.Connection[Any]) -> None:
    day, moment = datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1, 2, 3, 4, 5)
    for key in range(ROWS):
        put(
            client, table, key, n=key, c=decimal.Decimal("1.50"), d=moment, g=True, h=day, i=b"\x00\xff", t=f"row {key}"
        )
    client.flush()
    assert session.execute(f"select count(*), sum(n) from {table}").fetchone() == (ROWS, ROWS * (ROWS - 1) // 2)
    assert got(client, table, 7) == (7, "a", 7, decimal.Decimal("1.50"), moment, True, day, b"\x00\xff", "row 7")
    assert got(client, table, ROWS) is None
    schema = client.get_table_schema(table)
    gets = [Get.builder(schema).set_primary_key("id", key).set_primary_key("part", "a").build() for key in (1, 9999, 5)]
    found = client.get_many(gets)
    assert [one and one.get_object("n") for one in found] == [1, None, 5]


def test_a_get_is_a_fixed_plan(table: str, session: psycopg.Connection[Any]) -> None:
    asked = f"explain select * from {table} where (id = 1 and part = 'a') or (id = 2 and part = 'b')"
    assert "Fixed Plan" in str(session.execute(asked.encode()).fetchall())


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (OnConflictAction.INSERT_OR_UPDATE, (1, "a", 5, None, None, None, None, None, "first")),
        (OnConflictAction.INSERT_OR_REPLACE, (1, "a", 5, None, None, None, None, None, "first")),
        (OnConflictAction.INSERT_OR_IGNORE, (1, "a", 4, None, None, None, None, None, "first")),
    ],
)
def test_what_is_there_already(
    server: Server, table: str, action: OnConflictAction, left: tuple[Any, ...], session: psycopg.Connection[Any]
) -> None:
    with HoloClient(config(server, on_conflict_action=action)) as client:
        put(client, table, 1, n=4, t="first")
        client.flush()
        put(client, table, 1, n=5)
        client.flush()
    assert session.execute(f"select * from {table}").fetchall() == [left]


def test_scans(client: HoloClient, table: str) -> None:
    for key in range(20):
        put(client, table, key, "b" if key % 2 else "a", n=key)
    client.flush()
    schema = client.get_table_schema(table)
    found = client.scan(Scan.builder(schema).add_equal_filter("id", 5).with_selected_columns(["id", "part"]).build())
    assert [(one.get_object("id"), one.get_object("part")) for one in found] == [(5, "b")]
    ranged = client.scan(Scan.builder(schema).add_range_filter("id", 5, 10).build())
    assert sorted(one.get_object("id") for one in ranged) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("fmt", CopyFormat)
@pytest.mark.parametrize("mode", CopyMode)
def test_copies(server: Server, table: str, fmt: CopyFormat, mode: CopyMode, session: psycopg.Connection[Any]) -> None:
    with HoloClient(config(server)) as client:
        with client.copy_writer(table, mode=mode, fmt=fmt, columns=["id", "part", "n", "c", "i"]) as writer:
            for key in range(ROWS):
                made = Put(writer.schema)
                for name, value in (
                    ("id", key),
                    ("part", "x"),
                    ("n", key),
                    ("c", decimal.Decimal("2.25")),
                    ("i", b"\x01"),
                ):
                    made.set_object(name, value)
                writer.write(made)
        assert got(client, table, 3, "x")[2:4] == (3, decimal.Decimal("2.25"))
    assert session.execute(f"select count(*), min(t), max(encode(i, 'hex')) from {table}").fetchone() == (
        ROWS,
        "new",
        "01",
    )


def test_what_is_refused_is_told(client: HoloClient, table: str) -> None:
    put(client, table, 1, t="a text of more than twenty letters")
    with pytest.raises(HoloClientException, match="too long"):
        client.flush()
