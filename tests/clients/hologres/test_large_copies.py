"""More rows than a server holds in memory, and fixed copies, whose rows are seen before the COPY ends.

Source: the vendor's page "COPY", for STREAM_MODE.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.services.hologres.changes.gathering import HELD_BYTES
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
WIDE = "x" * 1000
COUNT = HELD_BYTES // 1000 + 3000
"""Rows that are more than are held."""


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("drop schema if exists large cascade")
        made.execute("create schema large")
        made.execute("set search_path to large")
        yield made


def copied(client: Client, statement: str, keys: Sequence[int]) -> int:
    with client.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for at in range(0, len(keys), 1000):
                copy.write("".join(f"{k}\t{k}{WIDE}\n" for k in keys[at : at + 1000]))
        return cursor.rowcount


def checked(client: Client, table: str) -> tuple[int, int, int]:
    """How many rows there are, how many are as they were sent, and how many keys there are."""
    query = f"select count(*), count(*) filter (where v = k || '{WIDE}'), count(distinct k) from {table}"
    [found] = client.execute(query).fetchall()
    return found


@pytest.mark.parametrize("definition", ["k bigint primary key, v text", "k text primary key, v text", "k text, v text"])
def test_rows_in_any_order_are_written_whole(client: Client, definition: str) -> None:
    client.execute(f"create table t ({definition})")
    keys = [k * 7919 % COUNT for k in range(COUNT)]
    assert copied(client, "copy t from stdin", keys) == COUNT
    assert checked(client, "t") == (COUNT, COUNT, COUNT)
    assert client.execute("select v from t where k = %s", (keys[-1] if "bigint" in definition else str(keys[-1]),)
                          ).fetchall() == [(f"{keys[-1]}{WIDE}",)]  # fmt: skip


def test_rows_in_order_and_those_of_a_query(client: Client) -> None:
    client.execute("create table t (k bigint primary key, v text)")
    assert copied(client, "copy t from stdin", range(COUNT)) == COUNT
    client.execute("create table u (k bigint primary key, v text)")
    assert client.execute("insert into u select * from t").rowcount == COUNT
    assert checked(client, "u") == (COUNT, COUNT, COUNT)


def test_many_rows_of_which_one_is_wrong_leave_nothing(client: Client) -> None:
    client.execute("create table t (k bigint primary key, v text)")
    client.execute("insert into t values (%s, 'there')", (COUNT - 5,))
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        copied(client, "copy t from stdin", range(COUNT))
    assert caught.value.diag.message_detail == f"Key (k)=({COUNT - 5}) already exists."
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        copied(client, "copy t from stdin", [*range(COUNT - 10), 5])
    assert caught.value.diag.message_detail == "Key (k)=(5) already exists."
    assert client.execute("select * from t").fetchall() == [(COUNT - 5, "there")]
    assert copied(client, "copy t from stdin (on_conflict update)", [*range(COUNT), 3]) == COUNT + 1
    assert checked(client, "t") == (COUNT, COUNT, COUNT)


def test_rows_of_a_fixed_copy_are_seen_before_it_ends(client: Client, server: Server) -> None:
    client.execute("create table t (k bigint primary key, v text)")
    with connected(server) as other, client.cursor() as cursor:
        with cursor.copy("copy large.t from stdin (stream_mode true)") as copy:
            copy.write("1\tfirst\n")
            client.pgconn.flush()
            waiting.until(lambda: other.execute("select * from large.t where k = 1").fetchall() == [(1, "first")])
            copy.write("2\tsecond\n")
        assert cursor.rowcount == 2
        assert other.execute("select k from large.t order by k").fetchall() == [(1,), (2,)]


def test_a_fixed_copy_that_fails_has_written_what_came_before(client: Client, server: Server) -> None:
    client.execute("create table t (k bigint primary key, v text)")
    statement = "copy large.t from stdin (stream_mode)"
    raised = pytest.raises(psycopg.errors.UniqueViolation)
    with connected(server) as other, raised, client.cursor().copy(statement) as copy:
        copy.write("1\tfirst\n")
        client.pgconn.flush()
        waiting.until(lambda: other.execute("select count(*) from large.t").fetchone() == (1,))
        copy.write("1\tagain\n")
    assert client.execute("select * from t").fetchall() == [(1, "first")], "and the connection is usable"


def test_a_fixed_copy_in_a_block_is_undone_with_it(client: Client) -> None:
    client.execute("create table t (k bigint primary key, v text)")
    with client.transaction(force_rollback=True):
        assert copied(client, "copy t from stdin (stream_mode true)", range(10)) == 10
        assert checked(client, "t")[0] == 10
    assert checked(client, "t")[0] == 0


def test_stream_mode_is_a_boolean(client: Client) -> None:
    client.execute("create table t (k bigint primary key, v text)")
    assert copied(client, "copy t from stdin (stream_mode off)", range(3)) == 3
    with pytest.raises(psycopg.errors.SyntaxError, match="stream_mode requires a Boolean value"):
        copied(client, "copy t from stdin (stream_mode perhaps)", range(3))
