"""The vendor's client for Java, holo-client: what it learns of tables, writes, gets, scans and copies.

With the fixed frontend (``useFixedFe``) it connects a second time, with ``options=type=fixed``, for what goes by key.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.hologres.clients import account, connected, where
from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

pytestmark = [pytest.mark.java, pytest.mark.timeout(900)]
SCHEMA = "held"
MADE = f"""
    drop schema if exists {SCHEMA} cascade; create schema {SCHEMA};
    create table {SCHEMA}.plain (
        id bigint primary key, name text not null, n numeric(10,2), tags text[], at timestamptz, ok boolean, body jsonb,
        day date, x double precision, raw bytea, note varchar(20) default 'x'
    ) with (orientation = 'row', distribution_key = 'id');
    create table {SCHEMA}.pairs (a int, b text, v int, primary key (a, b))
        with (orientation = 'row', distribution_key = 'a', clustering_key = 'a,b');
    create table {SCHEMA}.parted (id bigint, day text, v text, primary key (id, day)) partition by list (day);
    create table {SCHEMA}.copied (id int primary key, name text, at timestamp, n numeric(10,2), day date, ok boolean,
        x float8, tags int[])
"""
COPIED = '500 500,428,625.00,250,2026-01-02 03:04:05.678,2026-02-03,0.25,{1,2},n,"\\1'
"""How many rows were copied, and what the table has then: all are written again each time, with the same keys."""
EXPECTED = {
    "columns": "id int8 false true null 19 0;name text false false null 2147483647 0;n numeric true false null 10 2;"
    "tags _text true false null 2147483647 0;at timestamptz true false null 35 6;ok bool true false null 1 0;"
    "body jsonb true false null 2147483647 0;day date true false null 13 0;x float8 true false null 17 17;"
    "raw bytea true false null 2147483647 0;note varchar true false 'x'::character varying 20 0",
    "keys": "[id] [id] row -1 false",
    "of partitions": "[id, day] day true false",
    "put": '1,a,1.50,{x,y},2026-01-02 03:04:05.678+00,t,{"a": 1},2026-02-03,0.5,\\x0001ff,null;'
    "2,b,null,null,null,null,null,null,null,null,null",
    "get": '1,a,1.50,{x,y},2026-01-02 03:04:05.678,true,{"a": 1},2026-02-03,0.5,[0, 1, -1],null',
    "none": "null",
    "replaced": "1,a2,null,null",
    "deleted": "1",
    "merged": "3,v19;4,w19",
    "updated": "1,a2,9.25",
    "only inserted": "1,a2,7.00;10,first,7.00",
    "checked": "1,on 2026-01-09,2026-01-09",
    "checked deletion": "10",
    "many": "5000,12497500.00",
    "many got": "1000",
    "good beside the bad": "13",
    "ignored": "1",
    "scanned": "3,k2,32;3,k3,33;3,k4,34;",
    "scanned unsorted": "445",
    "got by two": "5,k9,59",
    "partitions made": ";".join(f"{SCHEMA}.parted_2026010{at % 3},{at},v{at}" for at in range(6)),
    "got in a partition": "4,20260101,v4",
    "deleted in a partition": "1",
    "copied as a stream": COPIED,
    "copied as text": COPIED,
    "copied over": COPIED,
    "copied at once": COPIED,
    "sql": "2.5.4_holo-client-test,2",
}
FAILED = {
    "nowhere": f'can not found table "{SCHEMA}"."nowhere"',
    "refused": 'null value in column "name" of relation "plain" violates not-null constraint',
    "bad row among good": "invalid input syntax for type json",
    "failed": "division by zero",
}


@pytest.fixture(scope="module")
def class_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compile_stories(Path(__file__).with_name("java"), tmp_path_factory.mktemp("java"))


@pytest.fixture
def tables(server: Server) -> Iterator[None]:
    with connected(server) as client:
        for statement in MADE.split(";"):
            client.execute(statement)
        yield
        client.execute(f"drop schema {SCHEMA} cascade")


def told(class_path: str, server: Server, story: str, *words: str) -> list[str]:
    """What a story prints, as the account, in UTC."""
    at = where(server)
    url = f"jdbc:postgresql://{at['host']}:{at['port']}/{at['dbname']}"
    opened = ["--add-opens", "java.base/java.nio=ALL-UNNAMED"]  # which the reader of binlogs needs
    command = ["java", *opened, "-Duser.timezone=UTC", "-cp", class_path, story, url, *account(server), SCHEMA, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("how", ["plain", "fixed"])
def test_tables_by_the_client(class_path: str, server: Server, how: str) -> None:
    lines = told(class_path, server, "Holo", how)
    assert {name: said for name, _, said in (line.partition(" | ") for line in lines) if said} == EXPECTED
    failed = dict(line.split(" FAILED ", 1) for line in lines if " FAILED " in line)
    assert set(failed) == set(FAILED)
    assert not [name for name, said in FAILED.items() if said not in failed[name]], failed


LOGGED = f"""
    create table {SCHEMA}.logged (
        id int primary key, b bigint, s smallint, f real, d double precision, n numeric(20,4), ok boolean, t text,
        v varchar(10), c char(5), j jsonb, raw bytea, dd date, ts timestamp, tz timestamptz, tm time, u uuid, ia int[],
        la bigint[], fa real[], da double precision[], ba boolean[], ta text[]
    ) with (binlog_level = 'replica');
    insert into {SCHEMA}.logged values (1, 9000000000, -3, 1.5, -2.25, -123456.7891, true, 'short', 'longer txt', 'ab',
        '{{"a": [1, 2]}}', '\\x00ff01', '1969-12-31', '2026-01-02 03:04:05.123456', '2026-01-02 03:04:05.678+02',
        '10:11:12.5', '00000000-0000-0000-0000-000000000001', '{{1,-2,3}}', '{{1,9000000000}}', '{{1.5}}',
        '{{0.25,-1}}', '{{t,f,t}}', '{{a,"a longer text here",""}}');
    insert into {SCHEMA}.logged (id) values (2);
    update {SCHEMA}.logged set t = 'exactly7', v = '' where id = 2;
    delete from {SCHEMA}.logged where id = 1
"""
WHOLE = (
    '1,9000000000,-3,1.5,-2.25,-123456.7891,true,short,longer txt,ab   ,{"a": [1, 2]},[0, -1, 1],1969-12-31,'
    "2026-01-02 03:04:05.123456,2026-01-02 01:04:05.678,10:11:12,00000000-0000-0000-0000-000000000001,[1, -2, 3],"
    "[1, 9000000000],[1.5],[0.25, -1.0],[true, false, true],[a, a longer text here, ]"
)
EVENTS = [
    ("INSERT", WHOLE),
    ("INSERT", "2" + ",null" * 22),
    ("BEFORE_UPDATE", "2" + ",null" * 22),
    ("AFTER_UPDATE", "2,null,null,null,null,null,null,exactly7," + ",null" * 14),
    ("DELETE", WHOLE),
]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("how", ["plain", "fixed", "direct"])
def test_binlogs_by_the_client(class_path: str, server: Server, how: str) -> None:
    with connected(server) as client:
        for statement in LOGGED.split(";"):
            client.execute(statement)
        asked = f"select hg_binlog_lsn, hg_binlog_timestamp_us from {SCHEMA}.logged order by hg_binlog_lsn"
        known = client.execute(asked).fetchall()
        client.execute("drop publication if exists held_published")
        client.execute(f"create publication held_published for table {SCHEMA}.logged")
        client.execute("call hg_create_logical_replication_slot('held_slot', 'hgoutput', 'held_published')")
    slotted = told(class_path, server, "Binlog", how, "logged", str(len(EVENTS)), "lsn", "0", "held_slot")
    with connected(server) as client:
        client.execute("call hg_drop_logical_replication_slot('held_slot'); drop publication held_published")
    assert [line.split(" | ")[1] for line in slotted[:-1]] == [text for _, text in EVENTS]
    for first, start in ((0, ("lsn", "0")), (3, ("lsn", str(known[2][0]))), (0, ("time", str(known[0][1])))):
        lines = told(class_path, server, "Binlog", how, "logged", str(len(EVENTS) - first), *start)
        assert lines.pop() == "waits"
        heads, texts = zip(*(line.split(" | ") for line in lines), strict=True)
        assert [(head.split()[1], text) for head, text in zip(heads, texts, strict=True)] == EVENTS[first:]
        assert [(int(head.split()[0]), int(head.split()[2])) for head in heads] == known[first:]
