"""Following a table's binlog by the replication protocol, with psycopg2; what it is made of, holo-client reads."""

import select
import struct
from collections.abc import Iterator
from typing import Any

import psycopg
import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extras import LogicalReplicationConnection, ReplicationMessage

from tests.clients.hologres.clients import account, allow, connected, made_user, where
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
WAIT_S = 30


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists followed")
        made.execute("set search_path to followed")
        made.execute("drop table if exists t")
        made.execute("create table t (id int primary key, v text) with (binlog_level = 'replica')")
        yield made
        made.execute("drop schema followed cascade")


class Reader:
    """A replication connection; ``options`` are those of START_REPLICATION."""

    def __init__(
        self,
        server: Server,
        key: tuple[str, str] | None = None,
        table: str = "followed.t",
        slot: str = "null",
        **options: object,
    ):
        user, password = key or account(server)
        self._connection = psycopg2.connect(
            connection_factory=LogicalReplicationConnection, user=user, password=password, **where(server)
        )
        self._cursor = self._connection.cursor()
        of = {"table_name": table} if slot == "null" else {"parallel_index": 0}
        said = ", ".join(f"\"{name}\" '{value}'" for name, value in {**of, **options}.items())
        self._cursor.start_replication_expert(f"START_REPLICATION SLOT {slot} LOGICAL 0/0 ({said})", decode=False)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def batch(self) -> tuple[int, list[tuple[int, int, int]]]:
        """The version of the table's columns, and of each entry its number, its kind and the table's first column."""
        message = self._message()
        _, version = struct.unpack_from(">qq", message.payload)
        data = message.payload[16:]
        _, count = struct.unpack_from("<ii", data)
        offsets = struct.unpack_from(f"<{count}i", data, 8)
        rows = [struct.unpack_from("<qqqi", data, at + 8) for at in offsets]
        assert not rows or message.data_start == rows[-1][0]
        return version, [(lsn, kind, first) for lsn, kind, _, first in rows]

    def entries(self, count: int) -> list[tuple[int, int, int]]:
        """So many entries."""
        found: list[tuple[int, int, int]] = []
        while len(found) < count:
            found += self.batch()[1]
        assert len(found) == count
        return found

    def _message(self) -> ReplicationMessage:
        while (message := self._cursor.read_message()) is None:
            assert select.select([self._cursor], [], [], WAIT_S)[0]
        return message

    def confirm(self, lsn: int) -> None:
        """Tell the server that all up to an entry is dealt with."""
        self._cursor.send_feedback(flush_lsn=lsn, force=True)

    def said(self) -> str:
        """The next batch has to be an error: its SQLSTATE."""
        with pytest.raises(psycopg2.Error) as caught:
            while True:
                self.batch()
        return caught.value.pgcode or ""


def logged(client: Client) -> list[tuple[int, int, int]]:
    return client.execute("select hg_binlog_lsn, hg_binlog_event_type, id from t order by hg_binlog_lsn").fetchall()


def test_what_was_there_and_what_comes(server: Server, client: Client) -> None:
    client.execute("insert into t select g, 'x' from generate_series(1, 1000) g")
    with Reader(server, batch_size=100) as reader:
        assert reader.entries(1000) == logged(client)
        assert reader.batch() == (1, [])
        client.execute("update t set v = 'y' where id = 7")
        client.execute("delete from t where id = 8")
        assert reader.entries(3) == logged(client)[1000:]


def test_from_a_number_and_from_a_time(server: Server, client: Client) -> None:
    for at in range(5):
        client.execute("insert into t values (%s, 'x')", (at,))
    known = logged(client)
    with Reader(server, start_lsn=known[1][0]) as reader:
        assert reader.entries(3) == known[2:]
    times = client.execute("select hg_binlog_timestamp_us from t order by hg_binlog_lsn").fetchall()
    [(since,)] = client.execute("select to_timestamp(0) + %s * interval '1 microsecond'", (times[3][0],)).fetchall()
    with Reader(server, start_time=since) as reader:
        assert reader.entries(2) == known[3:]


def test_columns_change_while_it_is_followed(server: Server, client: Client) -> None:
    client.execute("insert into t values (1, 'x')")
    with Reader(server) as reader:
        assert [first for _, _, first in reader.entries(1)] == [1]
        client.execute("alter table t add column w int")
        client.execute("insert into t values (2, 'x', 3)")
        while not (found := reader.batch())[1]:
            pass
        assert (found[0], [first for _, _, first in found[1]]) == (2, [2])
        client.execute("drop table t")
        assert reader.said() == "42P01"


@pytest.mark.parametrize(
    ("options", "sqlstate"),
    [({"table": "followed.nowhere"}, "42P01"), ({"table": "followed.plain"}, "55000"),
     ({"table": "followed.parted"}, "0A000"), ({"table": "followed.seen"}, "42809"),
     ({"table": "followed.zoned"}, "0A000"), ({"start_lsn": "x"}, "22023"), ({"start_time": "x"}, "22007"),
     ({"parallel_index": 1}, "22023"), ({"proto_version": 1}, "22023"), ({"table": ""}, "42704")],
)  # fmt: skip
def test_what_is_not_to_be_followed(server: Server, client: Client, options: dict[str, Any], sqlstate: str) -> None:
    client.execute("create table plain (id int primary key)")
    client.execute("create table parted (id int, d text, primary key (id, d)) partition by list (d)"
                   " with (binlog_level = 'replica')")  # fmt: skip
    client.execute("create view seen as select 1 as x")
    client.execute("create table zoned (id int primary key, v timetz) with (binlog_level = 'replica')")
    with pytest.raises(psycopg2.Error) as caught:
        Reader(server, **options)
    assert caught.value.pgcode == sqlstate


def test_it_needs_the_right_to_read(server: Server, client: Client) -> None:
    key = made_user(server, "follower", allow())
    client.execute('grant usage on schema followed to "RAM$follower"')
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        Reader(server, key)
    client.execute('grant select on t to "RAM$follower"')
    client.execute("insert into t values (1, 'x')")
    with Reader(server, key) as reader:
        reader.entries(1)
        client.execute('revoke select on t from "RAM$follower"')
        assert reader.said() == "42501"


def test_it_is_stopped_as_any_statement(server: Server, client: Client) -> None:
    asked = "select pid from pg_stat_activity where query like 'START_REPLICATION%' and state = 'active'"
    with Reader(server) as reader:
        reader.batch()
        [(pid,)] = client.execute(asked).fetchall()
        client.execute("select pg_cancel_backend(%s)", (pid,))
        assert reader.said() == "57014"


def test_other_connections_do_not_follow(server: Server, client: Client) -> None:
    for statement, sqlstate in (("START_REPLICATION SLOT null LOGICAL 0/0 (\"table_name\" 't')", "42601"),
                                ("IDENTIFY_SYSTEM", "0A000")):  # fmt: skip
        with pytest.raises(psycopg.Error) as caught:
            client.execute(statement)
        assert caught.value.sqlstate == sqlstate
