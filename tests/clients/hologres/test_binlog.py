"""The log of a table's changes, as the vendor's page "Subscribe to Hologres binlogs" has it, through psycopg."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.binlogs import AFTER_UPDATE, BEFORE_UPDATE, DELETE, INSERT, replayed
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
EVENTS = "select hg_binlog_event_type, * from {} order by hg_binlog_lsn"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists logged")
        made.execute("set search_path to logged")
        yield made


def events(client: Client, name: str) -> list[tuple[Any, ...]]:
    return client.execute(EVENTS.format(name)).fetchall()


def made(client: Client, name: str, more: str = "") -> None:
    client.execute(f"drop table if exists {name}")
    client.execute(f"""
        create table {name} (id int primary key, title text not null, body text)
        with (orientation = 'row', clustering_key = 'id', binlog_level = 'replica', binlog_ttl = '86400'{more})
    """)


def test_each_change_is_there_once(client: Client) -> None:
    made(client, "t")
    client.execute("insert into t values (1, 'a', 'b'), (2, 'c', null)")
    client.execute("insert into t values (1, 'x', 'y'), (3, 'd', 'e') on conflict do nothing")
    client.execute("insert into t values (1, 'a2', 'b') on conflict (id) do update set title = excluded.title")
    client.execute("update t set body = body || '!'")
    client.execute("delete from t where id = 2")
    with client.cursor().copy("copy t from stdin (stream_mode true, on_conflict update)") as copy:
        copy.write("3\tcopied\t\\N\n4\tnew\tz\n")
    assert events(client, "t") == [
        (INSERT, 1, "a", "b"),
        (INSERT, 2, "c", None),
        (INSERT, 3, "d", "e"),
        (BEFORE_UPDATE, 1, "a", "b"),
        (AFTER_UPDATE, 1, "a2", "b"),
        (BEFORE_UPDATE, 1, "a2", "b"),
        (AFTER_UPDATE, 1, "a2", "b!"),
        (BEFORE_UPDATE, 2, "c", None),
        (AFTER_UPDATE, 2, "c", None),
        (BEFORE_UPDATE, 3, "d", "e"),
        (AFTER_UPDATE, 3, "d", "e!"),
        (DELETE, 2, "c", None),
        (BEFORE_UPDATE, 3, "d", "e!"),
        (AFTER_UPDATE, 3, "copied", None),
        (INSERT, 4, "new", "z"),
    ]
    assert sorted(replayed(events(client, "t")).values()) == client.execute("select * from t order by id").fetchall()


def test_numbers_and_times_go_up(client: Client) -> None:
    made(client, "u")
    for number in range(5):
        client.execute("insert into u values (%s, 'a', null)", (number,))
    asked = "select hg_binlog_lsn, hg_binlog_timestamp_us from u order by hg_binlog_lsn"
    cursor = client.execute(asked)
    assert [(one.name, one.type_code) for one in cursor.description or ()] == [
        ("hg_binlog_lsn", 20),
        ("hg_binlog_timestamp_us", 20),
    ]
    found = cursor.fetchall()
    lsns, times = zip(*found, strict=True)
    assert len(set(lsns)) == 5
    assert list(times) == sorted(times)
    least = client.execute("select extract(epoch from now() - interval '1 hour') * 1e6").fetchone()
    assert least is not None and least[0] < times[0]
    later = client.execute("select id from u where hg_binlog_lsn > %s order by id", (lsns[2],)).fetchall()
    assert later == [(3,), (4,)]


def test_a_star_has_the_columns_of_the_table_alone(client: Client) -> None:
    made(client, "s")
    client.execute("insert into s values (1, 'a', 'b')")
    client.execute("update s set body = 'c' where id = 1")
    assert client.execute("select * from s").fetchall() == [(1, "a", "c")]
    assert client.execute("select *, hg_binlog_event_type from s where hg_binlog_event_type = 5").fetchall() == [
        (1, "a", "b", INSERT)
    ]
    joined = "select l.hg_binlog_event_type, s.body from s l join s on s.id = l.id order by l.hg_binlog_lsn"
    assert client.execute(joined).fetchall() == [(INSERT, "c"), (BEFORE_UPDATE, "c"), (AFTER_UPDATE, "c")]
    client.execute("create or replace view seen as select hg_binlog_event_type as kind, id from s")
    assert client.execute("select count(*) from seen").fetchone() == (3,)
    client.execute("drop view seen")
    for refused in ("update s set body = 'd' where hg_binlog_lsn > 0", "insert into s (hg_binlog_lsn) values (1)"):
        with pytest.raises(psycopg.errors.UndefinedColumn):
            client.execute(refused.encode())


def test_definitions_are_not_logged(client: Client) -> None:
    made(client, "d")
    client.execute("insert into d values (1, 'a', 'b')")
    client.execute("alter table d add column n int default 7")
    client.execute("insert into d values (2, 'c', 'd', 8)")
    client.execute("truncate d")
    client.execute("alter table d rename to d2")
    assert events(client, "d2") == [(INSERT, 1, "a", "b", 7), (INSERT, 2, "c", "d", 8)]
    assert client.execute("select count(*) from d2").fetchone() == (0,)
    client.execute("drop table d2")
    made(client, "d")
    assert events(client, "d") == []


def test_it_is_turned_on_and_off_as_wanted(client: Client) -> None:
    client.execute("drop table if exists w; create table w (v int)")
    client.execute("insert into w values (1)")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        events(client, "w")
    client.execute("call set_table_property('w', 'binlog.level', 'replica')")
    client.execute("call set_table_property('w', 'binlog.ttl', '2592000')")
    client.execute("insert into w values (2), (2)")
    client.execute("delete from w where v < 3")
    assert sorted(events(client, "w")) == [(DELETE, 1), (DELETE, 2), (DELETE, 2), (INSERT, 2), (INSERT, 2)]
    listed = """
        select table_name, property_value from hologres.hg_table_properties
        where table_namespace = 'logged' and property_key = 'binlog.level' and property_value = 'replica'
    """
    assert ("w", "replica") in client.execute(listed).fetchall()
    client.execute("call set_table_property('w', 'binlog.level', 'none')")
    client.execute("insert into w values (3)")
    client.execute("call set_table_property('w', 'binlog.level', 'replica')")
    assert len(events(client, "w")) == 5


def test_a_session_may_leave_its_changes_out(client: Client) -> None:
    made(client, "o")
    upsert = "insert into o values (%s, 'a', null) on conflict (id) do update set title = 'b'"
    client.execute("set hg_experimental_generate_binlog = off")
    for number in range(8):  # from the fifth on prepared
        client.execute(upsert, (number,))
    client.cursor().executemany(upsert, [(number,) for number in range(20)])
    client.execute("update o set body = title")
    with client.cursor().copy("copy o from stdin") as copy:
        copy.write("100\tcopied\t\\N\n")
    with client.transaction():
        client.execute("delete from o where id = 1")
    assert events(client, "o") == []
    client.execute("set hg_experimental_generate_binlog = on")
    client.execute("delete from o where id = 100")
    assert events(client, "o") == [(DELETE, 100, "copied", None)]


def test_a_partition_has_one_and_its_table_has_none(client: Client) -> None:
    client.execute("drop table if exists p")
    client.execute("""
        create table p (ds text, v int) partition by list (ds) with (binlog_level = 'replica');
        create table p1 partition of p for values in ('20260101')
    """)
    client.execute("insert into p1 values ('20260101', 1)")
    assert events(client, "p1") == [(INSERT, "20260101", 1)]
    with pytest.raises(psycopg.errors.UndefinedColumn):
        events(client, "p")


def test_a_block_sees_its_own_changes_and_leaves_none_that_it_takes_back(client: Client) -> None:
    made(client, "b")
    client.execute("insert into b values (1, 'a', null)")
    with client.transaction(force_rollback=True):
        client.execute("update b set title = 'z' where id = 1")
        client.execute("insert into b values (2, 'in', 'block')")
        assert [kind for kind, *_ in events(client, "b")] == [INSERT, BEFORE_UPDATE, AFTER_UPDATE, INSERT]
    assert events(client, "b") == [(INSERT, 1, "a", None)]
    with client.transaction():
        client.execute("update b set title = 'z' where id = 1")
        with pytest.raises(psycopg.errors.UniqueViolation), client.transaction():
            client.execute("insert into b values (1, 'again', 'x')")
    assert [kind for kind, *_ in events(client, "b")] == [INSERT, BEFORE_UPDATE, AFTER_UPDATE]


def test_whoever_writes_at_the_same_time_what_is_logged_comes_to_what_is_there(client: Client, server: Server) -> None:
    made(client, "r")

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with connected(server) as writer:
            writer.execute("set search_path to logged")
            for number in range(40):
                key, text = chance.randrange(15), f"{seed}.{number}"
                upsert = "insert into r values (%s, %s, null) on conflict (id) do update set title = excluded.title"
                kind = chance.randrange(5)
                if kind < 2:
                    writer.execute(upsert, (key, text))
                elif kind == 2:
                    writer.execute("delete from r where id = %s", (key,))
                elif kind == 3:
                    writer.execute("update r set body = title where id %% 5 = %s", (key % 5,))
                else:
                    writer.cursor().executemany(upsert, [(key, text), (key + 1, text)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    rows = client.execute("select * from r").fetchall()
    assert sorted(replayed(events(client, "r")).values()) == sorted(rows)
