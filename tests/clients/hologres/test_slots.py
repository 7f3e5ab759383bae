"""Binlogs that are followed by slots, which keep how far one has come: the vendor's page "Use JDBC to consume Hologres
binlogs", with PostgreSQL's driver for Java and with psycopg2."""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import psycopg2.errors
import pytest

from tests import waiting
from tests.clients.hologres.clients import account, allow, connected, made_user, role_of, where
from tests.clients.hologres.test_following import Reader
from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

until = partial(waiting.until, seconds=30.0)
Client = psycopg.Connection[Any]
CREATE = "call hg_create_logical_replication_slot('{}', 'hgoutput', '{}')"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists slotted")
        made.execute("set search_path to slotted")
        made.execute("create extension if not exists hg_binlog")
        made.execute("create table t (id int primary key, v text) with (binlog_level = 'replica')")
        made.execute("create publication t_published for table t")
        made.execute(CREATE.format("t_slot", "t_published"))
        yield made
        made.execute("drop publication if exists t_published")
        if made.execute("select 1 from hologres.hg_replication_slot_properties where slot_name = 't_slot'").fetchone():
            made.execute("call hg_drop_logical_replication_slot('t_slot')")
        made.execute("drop schema slotted cascade")


def progress(client: Client, slot: str = "t_slot") -> list[tuple[int, int]]:
    said = "select parallel_index, lsn from hologres.hg_replication_progress where slot_name = %s"
    return client.execute(said, [slot]).fetchall()


def lsns(client: Client) -> list[int]:
    return [lsn for (lsn,) in client.execute("select hg_binlog_lsn from t order by hg_binlog_lsn").fetchall()]


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def refused(server: Server, slot: str, key: tuple[str, str] | None = None) -> str:
    with pytest.raises(psycopg2.Error) as caught, Reader(server, key, slot=slot) as reader:
        reader.batch()
    return caught.value.pgcode or ""


def test_the_catalogue_has_them(client: Client) -> None:
    found = client.execute("""
        select pubname, rolname = current_user, puballtables from pg_publication join pg_roles r on pubowner = r.oid
        where pubname = 't_published'
    """)
    assert found.fetchall() == [("t_published", True, False)]
    assert client.execute("select * from pg_publication_tables where pubname = 't_published'").fetchall() == [
        ("t_published", "slotted", "t")
    ]
    assert client.execute("select prrelid = 't'::regclass from pg_publication_rel r join pg_publication p"
                          " on p.oid = prpubid where pubname = 't_published'").fetchone() == (True,)  # fmt: skip
    said = "select property_key, property_value from hologres.hg_replication_slot_properties where slot_name = %s"
    assert dict(client.execute(said, ["t_slot"]).fetchall()) == {
        "plugin": "hgoutput", "publication": "t_published", "parallelism": "1",
    }  # fmt: skip
    assert progress(client) == []


def test_one_goes_on_where_it_has_come_to(server: Server, client: Client) -> None:
    client.execute("insert into t select g, 'x' from generate_series(1, 6) g")
    known = lsns(client)
    with Reader(server, slot="t_slot", batch_size=2) as reader:
        assert [lsn for lsn, _, _ in reader.entries(6)] == known
        reader.confirm(known[3])
        until(lambda: progress(client) == [(0, known[3])])
    with Reader(server, slot="t_slot") as reader:
        assert [lsn for lsn, _, _ in reader.entries(2)] == known[4:]
        client.execute("insert into t values (7, 'y')")
        [(lsn, _, first)] = reader.entries(1)
        assert first == 7
        reader.confirm(lsn)
        until(lambda: progress(client) == [(0, lsn)])
    with Reader(server, slot="t_slot", start_lsn=known[1]) as reader:  # who asks for another position has it
        assert len(reader.entries(5)) == 5
    client.execute("call hg_drop_logical_replication_slot('t_slot')")
    client.execute(CREATE.format("t_slot", "t_published"))
    assert progress(client) == []


def test_it_outlives_a_crash(tmp_path: Path) -> None:
    server = Server(tmp_path, options=("--services", "hologres"))
    server.start()
    with connected(server) as client:
        client.execute("create table t (id int primary key, v text) with (binlog_level = 'replica')")
        client.execute("create publication p for table t")
        client.execute(CREATE.format("s", "p"))
        client.execute("insert into t select g, 'x' from generate_series(1, 4) g")
        known = lsns(client)
        with Reader(server, slot="s") as reader:
            reader.entries(4)
            reader.confirm(known[1])
            until(lambda: progress(client, "s") == [(0, known[1])])
        server.kill()
    server.start()
    with Reader(server, slot="s") as reader:
        assert [lsn for lsn, _, _ in reader.entries(2)] == known[2:]
    server.stop()


@pytest.mark.java
@pytest.mark.timeout(900)
def test_jdbc(server: Server, client: Client, tmp_path: Path) -> None:
    class_path = compile_stories(Path(__file__).with_name("java"), tmp_path)
    at = where(server)
    url = f"jdbc:postgresql://{at['host']}:{at['port']}/{at['dbname']}?sslmode=disable"

    def followed(count: int) -> list[str]:
        command = ["java", "-cp", class_path, "Slot", url, *account(server), "t_slot", str(count)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    client.execute("insert into t select g, 'x' from generate_series(1, 3) g")
    known = lsns(client)
    assert followed(3) == [f"2 {known[1]}", f"1 {known[2]}"]
    until(lambda: progress(client) == [(0, known[2])])
    client.execute("update t set v = 'y' where id = 2")
    assert followed(2) == [f"2 {lsns(client)[-1]}"]


def test_what_is_not_there(server: Server, client: Client) -> None:
    for statement, sqlstate in {
        "create publication t_published for table t": "42710", "create publication other for table nothing": "42P01",
        "create publication other for all tables": "0A000", "create publication other": "0A000",
        "create publication other for table t, t": "0A000", "drop publication nothing": "42704",
        CREATE.format("t_slot", "t_published"): "42710", CREATE.format("other", "nothing"): "42704",
        CREATE.format("Other!", "t_published"): "42602",
        "call hg_create_logical_replication_slot('other', 'pgoutput', 't_published')": "42704",
        "call hg_create_logical_replication_slot('other')": "42883",
        "call hg_drop_logical_replication_slot('nothing')": "42704",
    }.items():  # fmt: skip
        assert state(client, statement) == sqlstate, statement
    client.execute("create view seen as select * from t")
    assert state(client, "create publication other for table seen") == "42809"
    assert client.execute("drop publication if exists nothing").statusmessage == "DROP PUBLICATION"
    assert refused(server, "nothing") == "42704"


def test_what_it_follows_may_be_gone(server: Server, client: Client) -> None:
    client.execute("drop table t")
    assert client.execute("select * from pg_publication_tables where pubname = 't_published'").fetchall() == []
    assert refused(server, "t_slot") == "55000"
    client.execute("drop publication t_published")
    assert refused(server, "t_slot") == "42704"
    client.execute("call hg_drop_logical_replication_slot('t_slot')")
    assert refused(server, "t_slot") == "42704"


def test_it_is_its_owner_s(server: Server, client: Client) -> None:
    key = made_user(server, "slot-reader", {"Effect": "Allow", "Action": "hologram:GetInstance", "Resource": "*"})
    role = role_of(server, "slot-reader")
    client.execute(f'grant usage on schema slotted to "{role}"; grant select on t to "{role}"')
    with connected(server, key) as other:
        assert state(other, "create publication mine for table slotted.t") == "42501"
        assert state(other, "drop publication t_published") == "42501"
        assert state(other, CREATE.format("mine", "t_published")) == "42501"
        assert state(other, "call hg_drop_logical_replication_slot('t_slot')") == "42501"
    assert refused(server, "t_slot", key) == "42501"


def test_a_block_makes_both_or_neither(client: Client) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), client.transaction():
        client.execute("create publication passing for table t")
        client.execute(CREATE.format("passing_slot", "passing"))
        client.execute("select 1 / 0")
    assert client.execute("select count(*) from pg_publication where pubname = 'passing'").fetchone() == (0,)
    with client.transaction():
        client.execute("create publication passing for table t")
        client.execute(CREATE.format("passing_slot", "passing"))
    client.execute("call hg_drop_logical_replication_slot('passing_slot'); drop publication passing")


def test_what_a_slot_has_come_to_is_forgotten(server: Server, client: Client) -> None:
    """As the vendor's client for Java begins its tests."""
    client.execute("insert into t values (1, 'a')")
    forget = "delete from hologres.hg_replication_progress where slot_name = 't_slot'"
    assert client.execute(forget).statusmessage == "DELETE 0"
    with Reader(server, slot="t_slot") as reader:
        reader.batch()
        reader.confirm(lsns(client)[0])
        until(lambda: progress(client) == [(0, lsns(client)[0])])
    with connected(server, made_user(server, "forgetter", allow())) as other:
        assert state(other, forget) == "42501"
    assert client.execute(forget).statusmessage == "DELETE 1"
    assert progress(client) == []
    assert client.execute(forget.replace("t_slot", "nobody")).statusmessage == "DELETE 0"
    assert state(client, "delete from hologres.hg_replication_progress") == "0A000"
    assert state(client, "update hologres.hg_replication_progress set lsn = 1") == "42501"
