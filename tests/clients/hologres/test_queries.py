"""Queries through the clients that people use: four codecs that have nothing in common but the protocol."""

import asyncio
import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pg8000.dbapi
import pg8000.native
import psycopg
import psycopg2
import psycopg2.extras
import pytest

from tests.clients.hologres.clients import account, connected, raw, where
from tests.unit.services.hologres.raw import fields, query
from yunbox.testing.server import Server

VALUES: list[tuple[str, Any]] = [
    ("1", 1),
    ("9223372036854775807", 9223372036854775807),
    ("1.50", Decimal("1.50")),
    ("'1.5'::float8", 1.5),
    ("'x'::text", "x"),
    ("'ä'::varchar(5)", "ä"),
    ("true", True),
    ("null", None),
    ("'2024-02-29'::date", dt.date(2024, 2, 29)),
    ("'2024-02-29 12:34:56.000001'::timestamp", dt.datetime(2024, 2, 29, 12, 34, 56, 1)),
    ("'2024-02-29 12:34:56+00'::timestamptz", dt.datetime(2024, 2, 29, 12, 34, 56, tzinfo=dt.UTC)),
    ("'12:34:56'::time", dt.time(12, 34, 56)),
    ("'1 day 02:03:04'::interval", dt.timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ("'6f1c1f0e-0f5c-4f6e-9d8f-1d1f6f0e0f5c'::uuid", UUID("6f1c1f0e-0f5c-4f6e-9d8f-1d1f6f0e0f5c")),
    ("'\\x00ff'::bytea", b"\0\xff"),
    ("array[1, 2, null]", [1, 2, None]),
    ("array['a', 'b,c']", ["a", "b,c"]),
]
HEAVY = "select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b where a % 7 = b % 5"


def plain(value: Any) -> Any:
    """The same value, whichever of Python's types a client has for it."""
    return bytes(value) if isinstance(value, memoryview) else value


def of_psycopg(server: Server, binary: bool) -> list[Any]:
    with connected(server) as client, client.cursor(binary=binary) as cursor:
        return [cursor.execute(f"select {sql} as v").fetchone()[0] for sql, _ in VALUES]  # type: ignore[index]


def of_psycopg2(server: Server) -> list[Any]:
    user, password = account(server)
    client = psycopg2.connect(user=user, password=password, **where(server))
    try:
        psycopg2.extras.register_uuid(conn_or_curs=client)
        cursor, found = client.cursor(), []
        for sql, _ in VALUES:
            cursor.execute(f"select {sql} as v")
            found.append(cursor.fetchone()[0])
        return found
    finally:
        client.close()


def of_pg8000(server: Server) -> list[Any]:
    user, password = account(server)
    at = where(server)
    client = pg8000.native.Connection(user, at["host"], at["dbname"], at["port"], password)
    try:
        return [client.run(f"select {sql} as v")[0][0] for sql, _ in VALUES]
    finally:
        client.close()


def of_asyncpg(server: Server) -> list[Any]:
    async def run() -> list[Any]:
        client = await dial(server)
        try:
            return [await client.fetchval(f"select {sql} as v") for sql, _ in VALUES if "array" not in sql]
        finally:
            await client.close()

    return asyncio.run(run())


async def dial(server: Server) -> asyncpg.Connection:
    user, password = account(server)
    at = where(server)
    return await asyncpg.connect(
        host=at["host"], port=at["port"], database=at["dbname"], user=user, password=password, ssl=False
    )


CLIENTS: dict[str, Callable[[Server], list[Any]]] = {
    "psycopg, text": lambda server: of_psycopg(server, False),
    "psycopg, binary": lambda server: of_psycopg(server, True),
    "psycopg2": of_psycopg2,
    "pg8000": of_pg8000,
    "asyncpg": of_asyncpg,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_values_of_many_types(server: Server, client: str) -> None:
    found = [plain(value) for value in CLIENTS[client](server)]
    known = VALUES if client != "asyncpg" else [one for one in VALUES if "array" not in one[0]]  # it asks pg_catalog
    for (sql, expected), value in zip(known, found, strict=True):
        assert value == expected and isinstance(value, type(expected)), sql


@pytest.fixture
def client(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        yield made


@pytest.mark.parametrize("binary", [False, True])
def test_parameters(client: psycopg.Connection[Any], binary: bool) -> None:
    mark = "%b" if binary else "%s"
    given = [7, 70_000, 2**40, "it's", True, None, Decimal("1.25"), 0.5, dt.date(2024, 2, 29)]
    casts = ["int", "bigint", "bigint", "text", "bool", "int", "numeric", "float8", "date"]
    items = ", ".join(f"{mark}::{cast}" for cast in casts)
    assert list(client.execute(f"select {items}", given).fetchone() or ()) == given


def test_a_pipeline(client: psycopg.Connection[Any]) -> None:
    with client.pipeline():
        cursors = [client.execute("select %s::int + 1", (number,)) for number in range(50)]
    assert [cursor.fetchone() for cursor in cursors] == [(number + 1,) for number in range(50)]


def test_a_prepared_statement_again_and_again(client: psycopg.Connection[Any]) -> None:
    for number in range(20):
        found = client.execute("select %s::int * 2", (number,), prepare=True).fetchone()
        assert found == (number * 2,)


def test_a_named_cursor(client: psycopg.Connection[Any]) -> None:
    with client.transaction(), client.cursor(name="some") as cursor:
        cursor.execute("select * from (values (1), (2), (3), (4), (5)) v(x)")
        assert cursor.fetchmany(2) == [(1,), (2,)]
        assert cursor.fetchall() == [(3,), (4,), (5,)]


def test_copy_out(client: psycopg.Connection[Any]) -> None:
    with client.cursor() as cursor, cursor.copy("copy (values (1, 'a'), (2, null)) to stdout") as copy:
        assert b"".join(map(bytes, copy)) == b"1\ta\n2\t\\N\n"


def test_an_error_has_its_place(client: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn) as failed:
        client.execute("select nothing")
    assert failed.value.diag.statement_position == "8"
    with pytest.raises(psycopg.errors.SyntaxError) as failed_too:
        client.execute("select 1; selec 2")
    assert failed_too.value.diag.statement_position == "11"
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("select 1/0")
    assert client.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "create function f() returns int",
        "vacuum",
        "grant execute on function abs to public",
        "rebuild table t",
        "call spm_enable()",
    ],
)
def test_what_is_not_here_is_refused_by_its_name(client: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported) as failed:
        client.execute(statement)
    assert statement.split()[0].upper() in str(failed.value)


def test_asyncpg_prepares_and_runs_in_a_transaction(server: Server) -> None:
    async def run() -> None:
        client = await dial(server)
        try:
            prepared = await client.prepare("select $1::int + $2::bigint")
            assert [await prepared.fetchval(1, number) for number in range(5)] == [1, 2, 3, 4, 5]
            async with client.transaction():
                assert [
                    row[0] async for row in client.cursor("select * from (values (1), (2), (3)) v(x)", prefetch=2)
                ] == [1, 2, 3]
            with pytest.raises(asyncpg.exceptions.DivisionByZeroError):
                await client.fetchval("select 1/0")
        finally:
            await client.close()

    asyncio.run(run())


def test_pg8000_with_parameters(server: Server) -> None:
    user, password = account(server)
    at = where(server)
    client = pg8000.dbapi.connect(user, at["host"], at["dbname"], at["port"], password)
    try:
        cursor = client.cursor()
        cursor.execute("select %s::int + 1, %s::text", (41, "x"))
        assert list(cursor.fetchone()) == [42, "x"]
    finally:
        client.close()


def test_a_heavy_statement_is_cancelled_and_its_connection_usable(client: psycopg.Connection[Any]) -> None:
    timer = threading.Timer(0.5, client.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled, match="due to user request"):
        client.execute(HEAVY)
    assert time.monotonic() - started < 0.5 + 1.0 + 2.0
    timer.join()
    assert client.execute("select 1").fetchone() == (1,)


def test_statement_timeout(client: psycopg.Connection[Any]) -> None:
    client.execute("select 1")  # the engine is there before time runs
    client.execute("set statement_timeout = '200ms'")
    with pytest.raises(psycopg.errors.QueryCanceled, match="due to statement timeout"):
        client.execute(HEAVY)
    client.execute("reset statement_timeout")
    assert client.execute("select 1").fetchone() == (1,)


def test_a_cancel_from_another_connection_by_its_key(server: Server) -> None:
    import struct

    from tests.clients.hologres.clients import dialled

    client = raw(server)
    client.sock.sendall(query(HEAVY))
    deadline = time.monotonic() + 20
    kind = ""
    while kind != "E" and time.monotonic() < deadline:
        with dialled(server) as sock:
            sock.sendall(struct.pack(">IIII", 16, 80877102, *client.key))
            assert sock.recv(10) == b""
        client.sock.settimeout(0.5)
        try:
            kind, body = client.receive()
        except TimeoutError:
            continue
    assert fields(body)["C"] == "57014"
    client.sock.settimeout(30)
    assert client.until_ready()[-1] == ("Z", b"I")
    client.close()


def test_the_time_of_a_prepared_statement_is_that_of_its_run(client: psycopg.Connection[Any]) -> None:
    client.execute("prepare p as select now()")
    found = {client.execute("execute p").fetchone() for _ in range(3)}
    assert len(found) == 3


def test_a_prepared_statement_follows_the_settings(client: psycopg.Connection[Any]) -> None:
    client.execute("prepare p as select '2024-02-29'::date::text")
    assert client.execute("execute p").fetchone() == ("2024-02-29",)
    client.execute("set datestyle = german")
    assert client.execute("execute p").fetchone() == ("29.02.2024",)
