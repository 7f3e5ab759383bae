"""Changes that are answered without waking their session: byte for byte what the session answers, and in its order."""

import socket
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.hologres.clients import connected, raw
from tests.unit.services.hologres.raw import SYNC, Client, Message, bind, describe, execute, parse, query
from tests.waiting import until
from yunbox.testing.server import Server

UPSERT = "insert into {} values ($1, $2, $3) on conflict (k) do update set n = excluded.n + 1, v = excluded.v"
WRITERS, EACH = 16, 15


@pytest.fixture
def table(server: Server) -> Iterator[str]:
    name = f"t_{uuid4().hex}"
    with connected(server) as client:
        client.execute(
            f"create table {name} (k int primary key, n smallint not null, v varchar(3), b bool default true)"
        )
        client.execute(f"insert into {name} values (1, 1, 'one')")
        yield name
        client.execute(f"drop table if exists {name}")


@pytest.fixture
def quick(server: Server) -> Client:
    return raw(server)


def run(*values: bytes | None, formats: tuple[int, ...] = (), described: bool = True, name: str = "s") -> bytes:
    between = describe(b"P") if described else b""
    return bind(*values, name=name, formats=formats) + between + execute() + SYNC


def told(messages: list[Message]) -> list[Message]:
    return [(kind, body if kind != "E" else body.split(b"F")[0]) for kind, body in messages]


STATEMENTS: list[tuple[str, list[tuple[bytes | None, ...]]]] = [
    (UPSERT, [(b"1", b"5", b"x"), (b"2", b"6", None), (b"2", b"7", b"y"), (b"3", None, b"z"), (b"x", b"1", b""),
              (b"4", b"32767", b"a"), (b"4", b"32767", b"b"), (None, b"1", b"a"), (b"5", b"1", b"long one")]),
    ("insert into {} values ($1, $2, $3)", [(b"1", b"5", b"x"), (b"9", b"5", b"x"), (b"9", b"5", b"x")]),
    ("insert into {} values ($1, $2, $3) on conflict do nothing", [(b"1", b"5", b"x"), (b"11", b"5", b"x")]),
    ("insert into {} values ($1, $2, $3), ($1, $2, $3) on conflict (k) do update set n = 1", [(b"1", b"2", b"x")]),
    ("update {} set n = n + $1, v = $2 where k = $3", [(b"1", b"a", b"1"), (b"1", b"x", b"77"), (b"32767", b"", b"1")]),
    ("delete from {} where k = $1 and $2::int = 1 and $3::int = 2", [(b"1", b"1", b"2")]),
    ("delete from {} where k = any($1)", [(b"{1,2,3}",), (b"{}",)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "given"), STATEMENTS)
def test_answers_are_those_of_a_session(server: Server, table: str, sql: str, given: list[Any]) -> None:
    seen: list[list[Message]] = []
    for slow in (True, False):
        with connected(server) as client:
            client.execute(f"truncate {table}")
            client.execute(f"insert into {table} values (1, 1, 'one')")
        line = raw(server)
        if slow:  # a statement that may time out is for the session
            line.say(query("set statement_timeout = '10min'"))
        answers = line.say(parse(sql.format(table), "s") + SYNC)
        for values in given:
            answers += line.say(run(*values)) + line.say(run(*values, described=False))
        with connected(server) as client:
            rows = client.execute(f"select * from {table} where k = any(%s)", (list(range(20)),)).fetchall()
        seen.append([*told(answers), ("rows", str(sorted(rows)).encode())])
    assert seen[0] == seen[1]


def test_binary_values(quick: Client, table: str) -> None:
    quick.say(parse(UPSERT.format(table), "s") + SYNC)
    found = quick.say(run((8).to_bytes(4, "big"), (9).to_bytes(2, "big"), b"bin", formats=(1, 1, 1)))
    assert found[-2:] == [("C", b"INSERT 0 1\0"), ("Z", b"I")]
    assert b"bin" in quick.say(query(f"select v from {table} where k = 8"))[1][1]


def test_answers_come_in_the_order_of_the_questions(quick: Client, table: str) -> None:
    quick.say(parse(UPSERT.format(table), "s") + SYNC)
    for number in range(200):
        quick.sock.sendall(run(b"1", b"%d" % number, b"x", described=False))
        if number % 3 == 0:
            quick.sock.sendall(run(b"oops", b"1", b"x", described=False))
        quick.sock.sendall(query(f"select n from {table} where k = 1"))
    for number in range(200):
        assert [kind for kind, _ in quick.until_ready()] == ["2", "C", "Z"]
        if number % 3 == 0:
            assert [kind for kind, _ in quick.until_ready()] == ["E", "Z"]
        expected = number + 1
        assert quick.until_ready()[1][1].endswith(str(expected).encode()), number


def test_one_who_has_ended_its_stream_is_answered(quick: Client, table: str) -> None:
    quick.say(parse(UPSERT.format(table), "s") + SYNC)
    quick.sock.sendall(run(b"1", b"5", b"x"))
    quick.sock.shutdown(socket.SHUT_WR)
    assert [kind for kind, _ in quick.until_ready()] == ["2", "n", "C", "Z"]
    with pytest.raises(ConnectionError):
        quick.receive()


def test_one_who_goes_meanwhile_leaves_the_others_alone(server: Server, table: str) -> None:
    for _ in range(20):
        line = raw(server)
        line.say(parse(UPSERT.format(table), "s") + SYNC)
        line.sock.sendall(run(b"1", b"5", b"x"))
        line.sock.close()
    with connected(server) as client:
        sought = f"select v from {table} where k = 1"
        until(lambda: client.execute(sought).fetchone() == ("x",))  # they did not wait for it


def test_a_table_that_has_changed_meanwhile(server: Server, quick: Client, table: str) -> None:
    quick.say(parse(UPSERT.format(table), "s") + SYNC)
    quick.say(run(b"1", b"5", b"x"))
    with connected(server) as client:
        client.execute(f"alter table {table} add column w int default 3")
        assert quick.say(run(b"6", b"5", b"x"))[-2] == ("C", b"INSERT 0 1\0")
        assert client.execute(f"select w from {table} where k = 6").fetchone() == (3,)
        client.execute(f"drop table {table}")
    assert b"42P01" in quick.say(run(b"1", b"5", b"x"))[-2][1]


def test_one_who_only_reads_changes_nothing(quick: Client, table: str) -> None:
    quick.say(parse(UPSERT.format(table), "s") + SYNC)
    quick.say(query("set default_transaction_read_only = on"))
    assert b"25006" in quick.say(run(b"1", b"5", b"x"))[-2][1]
    quick.say(query("set default_transaction_read_only = off"))
    assert quick.say(run(b"1", b"5", b"x"))[-2] == ("C", b"INSERT 0 1\0")
    quick.say(query("begin"))
    assert quick.say(run(b"1", b"6", b"x"))[-1] == ("Z", b"T")
    quick.say(query("rollback"))
    assert quick.say(query(f"select n from {table} where k = 1"))[1][1].endswith(b"6")


def test_no_change_of_many_writers_is_lost(server: Server, table: str) -> None:
    sql = f"insert into {table} values (%s, 1, 'x') on conflict (k) do update set n = {table}.n + 1"
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with connected(server) as client:
                for number in range(EACH):
                    client.execute(sql, (100 + number % 3,), prepare=True)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failures
    with connected(server) as client:
        found = client.execute(f"select n from {table} where k = any(%s)", ([100, 101, 102],)).fetchall()
    assert found == [(WRITERS * EACH // 3,)] * 3


def test_pipelines_and_batches(server: Server, table: str) -> None:
    with connected(server) as client:
        sql = f"insert into {table} values (%s, %s, %s) on conflict (k) do update set n = excluded.n"
        with client.cursor() as cursor:
            cursor.executemany(sql, [(number, number, "v") for number in range(1000)])
        with client.pipeline():
            for number in range(50):
                client.execute(sql, (number, 7, "v"), prepare=True)
        assert client.execute(f"select count(*), sum(n) from {table}").fetchone() == (1000, sum(range(50, 1000)) + 350)
