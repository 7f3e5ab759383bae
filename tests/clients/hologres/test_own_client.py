"""Our own client, by which other services write into Hologres; psycopg reads what it has written."""

import itertools
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import account, connected, where
from yunbox.clients.hologres import fence
from yunbox.clients.hologres.connection import Connection, Disconnected
from yunbox.clients.hologres.target import Target, describe
from yunbox.clients.hologres.writing import CHUNK_ROWS, Mode, delete, write
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.testing.server import Server
from yunbox.wire.pgwire.report import PgError

_NUMBERS = itertools.count(1)


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[..., Connection]]:
    made: list[Connection] = []

    def make(**more: Any) -> Connection:
        user, password = account(server)
        made.append(Connection(**{**where(server), "user": user, "password": password, **more}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def own(connect: Callable[..., Connection]) -> Connection:
    return connect()


@pytest.fixture
def client(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        yield made


@pytest.fixture
def table(own: Connection) -> Iterator[Callable[[str], Target]]:
    """Make a table of columns; it is gone after the test."""
    made: list[str] = []

    def make(columns: str) -> Target:
        made.append(f"own_{next(_NUMBERS)}")
        own.execute(f"CREATE TABLE {made[-1]} ({columns})")
        return describe(own, "public", made[-1])

    yield make
    for name in made:
        own.execute(f"DROP TABLE {name}")


def rows(client: psycopg.Connection[Any], target: Target) -> list[tuple[Any, ...]]:
    return sorted(client.execute(f"SELECT * FROM {target.sql}").fetchall(), key=repr)  # ty: ignore[no-matching-overload]


def test_statements(own: Connection) -> None:
    found = own.execute("SELECT $1::int AS n, $2::text AS t, $3::bool, NULL", (7, "it's", True))
    assert [one.name for one in found.columns[:2]] == ["n", "t"]
    assert (found.rows, found.tag, found.count) == ([("7", "it's", "t", None)], "SELECT 1", 1)
    with pytest.raises(PgError, match="42P01"):
        own.execute("SELECT * FROM nowhere")
    assert own.execute("SELECT 1").rows == [("1",)], "and it goes on"
    for _ in range(2):
        with pytest.raises(PgError, match="22012"):
            own.execute("SELECT 1 / $1::int", (0,), keep=True)


def test_who_may_not_come_in(connect: Callable[..., Connection]) -> None:
    with pytest.raises(PgError, match="28P01"):
        connect(password="wrong")
    with pytest.raises(PgError, match="3D000"):
        connect(dbname="nowhere")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(Disconnected, match="No answer"):
            connect(port=free.getsockname()[1])


def test_a_table_as_it_is(own: Connection, table: Callable[[str], Target]) -> None:
    found = table(
        'a bigint, "B" varchar(3) not null, c numeric(10,2) default 1.5, d int generated always as (a * 2) stored, '
        'primary key ("B", a)'
    )
    assert found.primary_key == ("B", "a")
    assert [(one.name, one.type, one.nullable, one.has_default, one.generated) for one in found.columns] == [
        ("a", "bigint", False, False, False),
        ("B", "character varying(3)", False, False, False),
        ("c", "numeric(10,2)", True, True, False),
        ("d", "integer", True, True, True),
    ]
    with pytest.raises(NotFound, match="does not exist"):
        describe(own, "public", "nowhere")


def test_what_becomes_of_a_row_that_is_there(
    own: Connection, client: psycopg.Connection[Any], table: Callable[[str], Target]
) -> None:
    t = table("k int primary key, a text, b int default 5, c int generated always as (k + 1) stored")
    assert write(own, t, ["k", "a"], [(1, "x"), (2, "y"), (1, "z")], Mode.REPLACE) == 2
    assert rows(client, t) == [(1, "z", 5, 2), (2, "y", 5, 3)]
    write(own, t, ["k", "b"], [(1, 7), (3, 8)], Mode.UPDATE)
    assert rows(client, t) == [(1, "z", 7, 2), (2, "y", 5, 3), (3, None, 8, 4)]
    assert write(own, t, ["k", "a"], [(1, "no"), (4, "first"), (4, "second")], Mode.IGNORE) == 1
    write(own, t, ["k"], [(2,)], Mode.UPDATE)
    write(own, t, ["k", "b"], [(1, 9)], Mode.REPLACE)
    assert rows(client, t) == [(1, None, 9, 2), (2, "y", 5, 3), (3, None, 8, 4), (4, "first", 5, 5)]
    assert delete(own, t, [(1,), (3,), (99,)]) == 2
    assert [row[0] for row in rows(client, t)] == [2, 4]


def test_every_type(own: Connection, client: psycopg.Connection[Any], table: Callable[[str], Target]) -> None:
    t = table(
        "a smallint, b int, c bigint, d real, e double precision, f numeric(20,3), g boolean, h text, i varchar(9), "
        "j date, k time, l timestamp, m timestamptz, n bytea, o jsonb"
    )
    names = [column.name for column in t.columns]
    moment = datetime(2026, 11, 29, 20, 30, 1, 5, UTC)
    given = (1, 2, 3, 0.5, 0.25, Decimal("1.5"), True, "zw\u00f6lf", "nine", date(2026, 1, 2), time(3, 4, 5, 6),
             moment, moment, b"\0\xff", '{"a": 1}')  # fmt: skip
    us = int(moment.timestamp()) * 1_000_000 + 5
    numbers = (1, 2, 3, 1, 2, 1, False, "", "", 20_455, 7, us, us, b"", "[]")
    texts = ("1", "2", "3", "0.5", "1e2", "7.25", "f", "t", "i", "2026-01-02", "03:04:05", "2026-11-29 20:30:01",
             "2026-11-29 20:30:01+08", "\\xff", "1")  # fmt: skip
    assert write(own, t, names, [given, numbers, texts, (None,) * len(names)], Mode.REPLACE) == 4
    first, *_ = [row for row in rows(client, t) if row[7] == "zw\u00f6lf"]
    assert first == (
        *given[:5],
        Decimal("1.500"),
        *given[6:11],
        moment.replace(tzinfo=None),
        moment,
        b"\0\xff",
        {"a": 1},
    )
    by_number = next(row for row in rows(client, t) if row[7] == "")
    assert by_number[9:13] == (date(2026, 1, 2), time(0, 0, 0, 7), moment.replace(tzinfo=None), moment)
    by_text = next(row for row in rows(client, t) if row[7] == "t")
    assert by_text[4:6] == (100.0, Decimal("7.250")) and by_text[13] == b"\xff"
    assert by_text[12] == datetime(2026, 11, 29, 12, 30, 1, tzinfo=UTC)
    for name, value, code in (("a", 1 << 20, "22003"), ("b", "x", "22P02"), ("f", Decimal("1e30"), "22003")):
        with pytest.raises(PgError, match=code):
            write(own, t, [name], [(value,)], Mode.REPLACE)
    with pytest.raises(InvalidArgument, match="no column"):
        write(own, t, ["z"], [(1,)], Mode.REPLACE)


def test_arrays_and_keys_of_several_columns(
    own: Connection, client: psycopg.Connection[Any], table: Callable[[str], Target]
) -> None:
    t = table("a int, b text, tags text[], primary key (a, b)")
    many = [(number, "x", ["one", None, str(number)]) for number in range(600)]
    assert write(own, t, ["a", "b", "tags"], [*many, (1, "y", None), (1, "y", [])], Mode.REPLACE) == 601
    assert rows(client, t)[-1][2] == ["one", None, "99"]
    assert delete(own, t, [(number, "x") for number in range(700)]) == 600
    assert rows(client, t) == [(1, "y", [])]


def test_partitions(own: Connection, client: psycopg.Connection[Any]) -> None:
    own.execute("CREATE TABLE parted (k int, day text, v int, primary key (k, day)) PARTITION BY LIST (day)")
    for number, day in enumerate(("20260101", "it''s")):
        own.execute(f"CREATE TABLE parted_{number} PARTITION OF parted FOR VALUES IN ('{day}')")
    t = describe(own, "public", "parted")
    assert t.partitions == {"20260101": ("public", "parted_0"), "it's": ("public", "parted_1")}
    given = [(1, "20260101", 5), (1, "it's", 6), (2, "it's", 7)]
    assert write(own, t, ["k", "day", "v"], given, Mode.REPLACE) == 3
    assert rows(client, t) == sorted(given, key=repr)
    assert delete(own, t, [(1, "it's")]) == 1
    with pytest.raises(NotFound, match="no partition"):
        write(own, t, ["k", "day"], [(1, "20260102")], Mode.REPLACE)
    with pytest.raises(InvalidArgument, match="partitioned"):
        write(own, t, ["k", "v"], [(1, 1)], Mode.REPLACE)
    own.execute("DROP TABLE parted")


def test_more_rows_than_go_at_once(
    own: Connection, client: psycopg.Connection[Any], table: Callable[[str], Target]
) -> None:
    t = table("k int")
    assert write(own, t, ["k"], [(number,) for number in range(CHUNK_ROWS + 1)], Mode.REPLACE) == CHUNK_ROWS + 1
    assert client.execute(f"SELECT count(*), sum(k) FROM {t.sql}").fetchall() == [  # ty: ignore[no-matching-overload]
        (CHUNK_ROWS + 1, CHUNK_ROWS * (CHUNK_ROWS + 1) // 2)
    ]


def test_rows_and_their_mark_come_together(
    own: Connection, connect: Callable[..., Connection], client: psycopg.Connection[Any], table: Callable[[str], Target]
) -> None:
    t, writer = table("n int"), f"test {next(_NUMBERS)}"
    assert fence.mark_of(own, writer) is None
    with own.transaction():
        fence.advance(own, writer, None, "1")
        write(own, t, ["n"], [(1,)], Mode.REPLACE)
        assert own.in_transaction
    assert (fence.mark_of(own, writer), rows(client, t)) == ("1", [(1,)])
    with pytest.raises(ZeroDivisionError), own.transaction():
        fence.advance(own, writer, "1", "2")
        write(own, t, ["n"], [(2,)], Mode.REPLACE)
        raise ZeroDivisionError
    with pytest.raises(Conflict), own.transaction():
        fence.advance(own, writer, "0", "2")
    assert (fence.mark_of(own, writer), rows(client, t)) == ("1", [(1,)])


@pytest.mark.parametrize("before", [None, "1"])
def test_of_two_sessions_of_a_writer_one_goes_on(
    own: Connection,
    connect: Callable[..., Connection],
    client: psycopg.Connection[Any],
    table: Callable[[str], Target],
    before: str | None,
) -> None:
    other, t, writer = connect(), table("n int"), f"test {next(_NUMBERS)}"
    fence.mark_of(own, writer)
    if before is not None:
        with own.transaction():
            fence.advance(own, writer, None, before)
    with pytest.raises(PgError, match=r"40001|23505"), own.transaction():
        fence.advance(own, writer, before, "2")
        write(own, t, ["n"], [(2,)], Mode.REPLACE)
        with other.transaction():
            fence.advance(other, writer, before, "3")
            write(other, t, ["n"], [(3,)], Mode.REPLACE)
    assert (fence.mark_of(own, writer), rows(client, t)) == ("3", [(3,)])
