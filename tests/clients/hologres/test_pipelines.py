"""Changes that are sent one after another before a Sync: answered, and done, as if each had gone the long way."""

import random
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.clients.hologres.clients import connected, raw
from tests.unit.services.hologres.raw import (
    FLUSH,
    SYNC,
    TERMINATE,
    Client,
    Message,
    bind,
    close,
    describe,
    execute,
    parse,
    query,
)
from yunbox.testing.server import Server

UPSERT = "insert into {} values ($1, $2, $3) on conflict (k) do update set n = {}.n + excluded.n, v = excluded.v"
INSERT, DELETE = "insert into {} values ($1, $2, $3)", "delete from {} where k = $1"
READ = "select k, n, v from {} where k < 100 order by k"
LONG_WAY = query("set statement_timeout = '10min'")  # a statement that may time out is not kept


@pytest.fixture
def table(server: Server) -> Iterator[str]:
    name = f"t_{uuid4().hex}"
    with connected(server) as client:
        client.execute(f"create table {name} (k int primary key, n int not null, v varchar(3))")
        yield name
        client.execute(f"drop table if exists {name}")


def change(*values: bytes | None, name: str = "up", described: bool = True, portal: str = "") -> bytes:
    between = describe(b"P", portal) if described else b""
    return bind(*values, name=name, portal=portal) + between + execute(portal)


def row(key: int, number: int = 1, text: bytes | None = b"x", **how: Any) -> bytes:
    return change(b"%d" % key, b"%d" % number, text, **how)


MANY = b"".join(row(key % 7, key) for key in range(50))
TEXTS = {
    "all are well": [MANY + SYNC],
    "without descriptions": [b"".join(row(key, described=False) for key in range(5)) + SYNC],
    "in pieces": [MANY[:100], MANY[100:101], MANY[101:777], MANY[777:] + SYNC],
    "the same key again and again": [b"".join(row(1, key) for key in range(9)) + SYNC],
    "a Sync of its own": [MANY, SYNC],
    "two runs": [row(1) + row(2) + SYNC + row(3) + row(4) + SYNC],
    "one fails": [row(1) + row(2) + row(3, 1, b"long one") + row(4) + row(5) + SYNC + row(6) + row(7) + SYNC],
    "the first fails": [row(1, 1, b"long one") + row(2) + SYNC],
    "the last fails": [row(1) + row(2) + row(3, 1, b"long one") + SYNC],
    "a value that is none": [row(1) + row(2) + change(b"oops", b"1", b"x") + row(3) + SYNC],
    "too few values": [row(1) + row(2) + change(b"1", b"1") + row(3) + SYNC],
    "keys that are there": [b"".join(row(key, name="in") for key in (1, 2, 1, 3)) + SYNC],
    "other statements between": [
        row(1) + row(2) + row(9, name="in") + row(8, name="in") + change(b"1", name="del") + change(b"2", name="del")
        + row(1) + row(3) + SYNC
    ],
    "a query between": [row(1) + row(2) + change(name="read") + row(3) + row(4) + change(name="read") + SYNC],
    "a Flush between": [row(1) + row(2) + FLUSH + row(3) + row(4) + SYNC],
    "a Parse between": [row(1) + row(2) + parse("select 1", "one") + change(name="one") + row(3) + row(4) + SYNC],
    "a Close between": [row(1) + row(2) + close(b"S", "up") + row(3) + row(4) + SYNC],
    "portals with names": [row(1) + row(2, portal="p") + row(3) + row(4) + SYNC],
    "bound and not executed": [row(1) + row(2) + bind(b"3", b"1", b"x", name="up") + SYNC],
    "bound twice": [row(1) + bind(b"9", b"1", b"x", name="up") + row(2) + row(3) + SYNC],
    "executed twice": [row(1) + row(2) + execute() + row(3) + SYNC],
    "described behind": [row(1) + row(2) + describe(b"P") + row(3) + SYNC],
    "closed behind": [row(1) + row(2) + close(b"P") + row(3) + row(4) + SYNC],
    "a simple query behind": [row(1) + row(2) + query("select 1")],
    "in a block": [query("begin"), row(1) + row(2) + SYNC, row(3, 1, b"long one") + row(4) + SYNC, query("commit")],
    "a block in it": [change(name="begin") + row(1) + row(2) + change(name="rollback") + row(3) + row(4) + SYNC],
    "of one who only reads": [query("set default_transaction_read_only = on"), row(1) + row(2) + SYNC],
    "no such statement": [row(1) + row(2) + row(3, name="nobody") + row(4) + SYNC],
}  # fmt: skip


def told(messages: list[Message]) -> list[Message]:
    return [(kind, body if kind != "E" else body.split(b"F")[0]) for kind, body in messages]


def answers(line: Client, pieces: list[bytes]) -> list[Message]:
    found: list[Message] = []
    for piece in pieces:
        line.sock.sendall(piece)
        readies = piece.count(SYNC) + piece.count(b"Q\0\0\0")
        for _ in range(readies):
            found += line.until_ready()
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_answers_are_those_of_the_long_way(server: Server, table: str, name: str) -> None:
    seen = []
    for slow in (True, False):
        with connected(server) as client:
            client.execute(f"truncate {table}")
        line = raw(server)
        if slow:
            line.say(LONG_WAY)
        line.say(
            parse(UPSERT.format(table, table), "up") + parse(INSERT.format(table), "in")
            + parse(DELETE.format(table), "del") + parse(READ.format(table), "read") + parse("begin", "begin")
            + parse("rollback", "rollback") + SYNC
        )  # fmt: skip
        found = told(answers(line, TEXTS[name]))
        with connected(server) as client:
            rows = client.execute(READ.format(table).encode()).fetchall()
        seen.append((found, rows))
    assert seen[0] == seen[1]


def test_the_last_change_comes_by_itself(server: Server, table: str) -> None:
    """A change and its Sync in one piece would be answered at once, if nothing were kept before them."""
    line = raw(server)
    line.say(parse(UPSERT.format(table, table), "up") + SYNC)
    with connected(server) as other:
        for count in (1, 2, 5):
            line.sock.sendall(b"".join(row(key) for key in range(count)))
            other.execute("select 1")  # whoever serves both has seen it by now
            line.sock.sendall(row(9) + SYNC)
            assert [kind for kind, _ in line.until_ready()] == ["2", "n", "C"] * (count + 1) + ["Z"]
        assert other.execute(f"select sum(n) from {table}").fetchone() == (11,)


def test_by_chance(server: Server, table: str) -> None:
    for seed in range(12):
        chance = random.Random(seed)
        parts = [
            chance.choice((
                row(chance.randrange(6), chance.randrange(9), chance.choice((b"x", None, b"long one", b"y"))),
                row(chance.randrange(40), 1, name="in"), change(b"%d" % chance.randrange(6), name="del"),
                row(chance.randrange(6)), row(chance.randrange(6)), change(name="read"), SYNC, FLUSH,
            ))
            for _ in range(60)
        ]  # fmt: skip
        TEXTS["by chance"] = [b"".join(parts) + SYNC]
        test_answers_are_those_of_the_long_way(server, table, "by chance")


def test_more_than_is_kept(server: Server, table: str) -> None:
    with connected(server) as client:
        upsert = UPSERT.format(table, table).replace("$1, $2, $3", "%s, %s, %s")
        client.cursor().executemany(upsert, [(number, 1, "x") for number in range(25_000)])
        assert client.execute(f"select count(*), sum(n) from {table}").fetchone() == (25_000, 25_000)
        failing = [(number, 1, "x" if number != 24_000 else "long one") for number in range(25_000)]
        with pytest.raises(psycopg.errors.StringDataRightTruncation):
            client.cursor().executemany(upsert, failing)
        assert client.execute(f"select count(*), sum(n) from {table}").fetchone() == (25_000, 25_000)


def test_one_who_goes_before_the_sync_has_done_nothing(server: Server, table: str) -> None:
    for end in (b"", TERMINATE):
        line = raw(server)
        line.say(parse(UPSERT.format(table, table), "up") + SYNC)
        line.sock.sendall(MANY + end)
        line.sock.close()
    time.sleep(0)
    with connected(server) as client:
        client.execute(f"insert into {table} values (99, 1, 'x')")
        assert client.execute(READ.format(table).encode()).fetchall() == [(99, 1, "x")]


def test_a_table_that_is_another_or_none(server: Server, table: str) -> None:
    line = raw(server)
    line.say(parse(UPSERT.format(table, table), "up") + SYNC)
    assert line.say(row(1) + row(2) + SYNC)[-1] == ("Z", b"I")
    with connected(server) as client:
        client.execute(f"alter table {table} add column w int default 3")
    assert [kind for kind, _ in line.say(row(1) + row(2) + SYNC)] == ["2", "n", "C", "2", "n", "C", "Z"]
    with connected(server) as client:
        client.execute(f"drop table {table}")
    failed = line.say(row(1) + row(2) + SYNC)
    assert failed[-1] == ("Z", b"I")
    assert b"42P01" in failed[-2][1]


def test_a_role_that_may_no_longer(server: Server, table: str) -> None:
    writer = f"w_{uuid4().hex}"
    line, both = raw(server), row(1) + row(2) + SYNC
    with connected(server) as client:
        try:
            client.execute(f"create role {writer}")
            client.execute(f"grant select, insert, update on {table} to {writer}")
            line.say(query(f"set role {writer}"))
            line.say(parse(UPSERT.format(table, table), "up") + SYNC)
            assert line.say(both)[-2] == ("C", b"INSERT 0 1\0")
            client.execute(f"revoke update on {table} from {writer}")
            refused = line.say(both)
            assert [kind for kind, _ in refused] == ["2", "n", "E", "Z"] and b"42501" in refused[-2][1]
            client.execute(f"grant update on {table} to {writer}")
            assert line.say(both)[-2] == ("C", b"INSERT 0 1\0")
            line.say(query("reset role"))
            client.execute(f"revoke all on {table} from {writer}")
            assert line.say(both)[-2] == ("C", b"INSERT 0 1\0")
            line.say(query(f"set role {writer}"))
            assert b"42501" in line.say(both)[-2][1]
        finally:
            client.execute(f"drop owned by {writer}")
            client.execute(f"drop role {writer}")
        assert client.execute(f"select k, n from {table} order by k").fetchall() == [(1, 3), (2, 3)]
