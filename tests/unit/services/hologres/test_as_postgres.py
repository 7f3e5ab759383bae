"""The same bytes are said to a PostgreSQL and to a session of ours, and what both answer is the same, in its order."""

import socket
import struct
from collections.abc import Iterator

import pytest

from tests.postgres import PASSWORD, Postgres, running
from tests.unit.services.hologres.raw import (
    COPY_DONE,
    FLUSH,
    SYNC,
    Client,
    Message,
    Served,
    bind,
    close,
    copy_data,
    copy_fail,
    describe,
    execute,
    fields,
    parse,
    query,
    served,
)

SERIES = "select generate_series(1, 5)"
FAILING = "select 1/(x-1) as q from generate_series(1,3) x"
ONE = struct.pack(">i", 1)
SCRIPTS: dict[str, list[bytes]] = {
    "one": [query("select 1")],
    "nothing": [query("")],
    "comments alone": [query(" ; /* a /* b */ ; */ -- c\n ;")],
    "two": [query("select 1; select 2")],
    "null and text": [query("select 'a'::text as t, null::int4 as n")],
    "no rows": [query("select 1 where false")],
    "second fails": [query("select 1; select 1/(x-1) as q from generate_series(1,3) x; select 2")],
    "insert": [query("insert into l values (9, 'x')")],
    "begin and commit": [query("begin"), query("select 1"), query("commit")],
    "begin twice": [query("begin"), query("begin"), query("rollback")],
    "commit alone": [query("commit")],
    "rollback alone": [query("rollback"), query("abort work"), query("end transaction")],
    "failed block": [query("begin"), query(FAILING), query("select 1"), query("show datestyle"), query("commit")],
    "failed block, rolled back": [query("begin"), query(FAILING), query("rollback"), query("select 1")],
    "commit inside one text": [query("select 1; commit; select 2")],
    "rollback inside one text": [query("set extra_float_digits = 2; rollback; show extra_float_digits")],
    "begin inside one text": [query("select 1; begin; select 2"), query("show datestyle; commit")],
    "failed set is undone": [
        query("set extra_float_digits = 2; select 1/(x-1) as q from generate_series(1,3) x"),
        query("show extra_float_digits"),
    ],
    "set in a block is undone": [
        query("begin; set extra_float_digits = 2; rollback"),
        query("show extra_float_digits"),
    ],
    "set local": [
        query("set local extra_float_digits = 2"),
        query("begin; set local extra_float_digits = 3"),
        query("show extra_float_digits; commit"),
        query("show extra_float_digits"),
    ],
    "set is reported": [
        query("set datestyle = 'german'"),
        query("set datestyle to default"),
        query("begin; set application_name = 'x'; rollback"),
        query("set application_name to y"),
    ],
    "set of many forms": [
        query("set time zone 'UTC'; show time zone"),
        query("set time zone default"),
        query("set names 'utf8'"),
        query('set search_path to a, "B c"; show search_path'),
        query("set schema 'x'; show search_path; reset search_path"),
    ],
    "set what is none": [
        query("set nothing = 1"),
        query("set a.b = 'c'; show a.b"),
        query("show nothing"),
        query("set server_version = 1"),
        query("set extra_float_digits = 99"),
    ],
    "savepoints": [
        query("begin; savepoint a; set extra_float_digits = 2; savepoint b"),
        query(FAILING),
        query("rollback to b; select 1"),
        query("rollback to savepoint a; show extra_float_digits"),
        query("release a"),
        query("commit"),
    ],
    "savepoint that is none": [query("begin"), query("rollback to nowhere"), query("rollback")],
    "savepoint without a block": [query("savepoint a"), query("release a"), query("rollback to a")],
    "savepoint in one text": [query("select 1; savepoint a; select 2")],
    "chain": [query("begin"), query("commit and chain"), query("rollback and no chain"), query("commit and chain")],
    "read only": [
        query("begin read only; insert into l values (9, 'x')"),
        query("rollback"),
        query("set transaction read only"),
        query("start transaction isolation level read committed, read only"),
        query("show transaction_read_only; show transaction isolation level; commit"),
    ],
    "characteristics": [
        query("set session characteristics as transaction read only"),
        query("show transaction_read_only"),
        query("insert into l values (9, 'x')"),
        query("reset default_transaction_read_only"),
    ],
    "prepare": [
        query("prepare p as select 1; execute p"),
        query("execute p"),
        query("prepare p as select 2"),
        query("deallocate p"),
        query("execute p"),
        query("deallocate p"),
    ],
    "prepare with a parameter": [
        query("prepare q (int) as select $1::int4 as x"),
        query("execute q(5)"),
        query("execute q(null)"),
        query("execute q(2+3)"),
        query("execute q('7')"),
        query("execute q"),
        query("execute q('x')"),
        query("deallocate all"),
    ],
    "cursor": [
        query("declare c cursor for select generate_series(1, 5)"),
        query("begin"),
        query("declare c cursor for select generate_series(1, 5)"),
        query("fetch c"),
        query("fetch 2 from c"),
        query("fetch forward all in c"),
        query("fetch next from c"),
        query("fetch c"),
        query("close c"),
        query("close c"),
        query("rollback"),
    ],
    "move": [
        query("begin; declare c cursor for select generate_series(1, 5)"),
        query("move 3 in c"),
        query("fetch c"),
        query("move all c"),
        query("close all"),
        query("commit"),
    ],
    "cursor in one text": [
        query("declare c cursor for select generate_series(1, 2); fetch all c; select 1"),
        query("fetch c"),
    ],
    "cursor with hold": [
        query("declare c cursor with hold for select generate_series(1, 5)"),
        query("fetch 2 c"),
        query("begin; fetch c; commit"),
        query("close c"),
    ],
    "cursor ends with its block": [query("begin; declare c cursor for select 1; commit"), query("fetch c")],
    "cursor and savepoint": [
        query("begin; savepoint a; declare c cursor for select 1; rollback to a"),
        query("fetch c"),
        query("rollback"),
    ],
    "discard": [
        query("set extra_float_digits = 2; prepare p as select 1"),
        query("discard all"),
        query("execute p"),
        query("show extra_float_digits"),
        query("begin; discard all"),
        query("rollback"),
        query("discard plans"),
        query("select 1; discard all"),
    ],
    "extended": [parse("select 1") + bind() + describe(b"P") + execute() + SYNC],
    "extended, nothing": [parse("") + bind() + describe(b"P") + execute() + SYNC],
    "described": [parse("select $1::int4 as x", "s") + describe(b"S", "s") + SYNC, close(b"S", "s") + SYNC],
    "binary": [
        parse("select $1::int4 as x") + bind(ONE, formats=(1,), results=(1,)) + describe(b"P") + execute() + SYNC
    ],
    "smaller integer": [parse("select $1::int4 as x", types=(21,)) + describe(b"S") + SYNC],
    "null": [parse("select $1::int4 as x") + bind(None) + execute() + SYNC],
    "wrong value": [parse("select $1::int4 as x") + bind(b"x") + execute() + SYNC, query("select 1")],
    "wrong binary value": [parse("select $1::int4 as x") + bind(b"12345", formats=(1,)) + execute() + SYNC],
    "wrong count": [parse("select $1::int4 as x", "s") + bind(name="s") + SYNC, close(b"S", "s") + SYNC],
    "wrong formats": [parse("select 1") + bind(results=(0, 1)) + SYNC],
    "rows at a time": [parse(SERIES) + bind() + execute(rows_max=2) + execute(rows_max=3) + execute(rows_max=1) + SYNC],
    "rows to the end": [parse(SERIES) + bind() + execute(rows_max=5) + execute() + execute() + SYNC],
    "portals of a block": [
        query("begin"),
        parse(SERIES, "s") + bind(portal="p", name="s") + execute("p", 2) + SYNC,
        execute("p", 2) + SYNC,
        close(b"P", "p") + SYNC,
        execute("p") + SYNC,
        query("rollback"),
        close(b"S", "s") + SYNC,
    ],
    "portal ends at sync": [parse(SERIES) + bind(portal="p") + execute("p", 2) + SYNC, execute("p", 2) + SYNC],
    "portal twice": [query("begin"), parse("select 1") + bind(portal="p") + bind(portal="p") + SYNC, query("rollback")],
    "portals as cursors": [
        query("begin"),
        parse(SERIES, "s") + bind(portal="p", name="s") + execute("p", 1) + SYNC,
        query("fetch 2 from p"),
        query("rollback"),
        close(b"S", "s") + SYNC,
    ],
    "statement twice": [parse("select 1", "s") + SYNC, parse("select 2", "s") + SYNC, close(b"S", "s") + SYNC],
    "statement that is none": [
        bind(name="nothing") + SYNC,
        describe(b"S", "nothing") + SYNC,
        execute("nothing") + SYNC,
        describe(b"P", "nothing") + SYNC,
    ],
    "unnamed statement is forgotten": [parse("select 1") + SYNC, query("select 2"), bind() + SYNC],
    "two in one parse": [parse("select 1; select 2") + SYNC],
    "skipped to sync": [parse("selectx") + bind() + execute() + query("select 1") + SYNC, query("select 1")],
    "pipeline": [parse("select 1") + bind() + execute() + parse("select 2") + bind() + execute() + SYNC],
    "pipeline of syncs": [(parse("select 1") + bind() + execute() + SYNC) * 3],
    "pipeline fails": [
        parse("set extra_float_digits = 2")
        + bind()
        + execute()
        + parse(FAILING)
        + bind()
        + execute()
        + parse("select 2")
        + SYNC,
        query("show extra_float_digits"),
    ],
    "block by messages": [
        parse("begin") + bind() + execute() + SYNC,
        parse("select 1") + bind() + execute() + SYNC,
        parse("commit") + bind() + execute() + SYNC,
    ],
    "failed block by messages": [
        parse("begin") + bind() + execute() + SYNC,
        parse(FAILING) + bind() + execute() + SYNC,
        parse("select 1") + SYNC,
        parse("rollback") + bind() + describe(b"P") + execute() + SYNC,
    ],
    "flush": [parse("select 1") + bind() + FLUSH + execute() + SYNC],
    "commands by messages": [
        parse("show datestyle") + describe(b"S") + bind(results=(1,)) + describe(b"P") + execute() + SYNC,
        parse("set extra_float_digits = 2") + describe(b"S") + bind() + execute() + SYNC,
        parse("reset extra_float_digits") + bind() + execute() + execute() + SYNC,
    ],
    "fetch by messages": [
        query("begin; declare c cursor for select generate_series(1, 5)"),
        parse("fetch 2 from c") + describe(b"S") + bind(results=(1,)) + describe(b"P") + execute() + SYNC,
        parse("move 1 from c") + bind() + describe(b"P") + execute() + SYNC,
        query("rollback"),
    ],
    "copy out": [
        query("copy (select k, v from t order by k) to stdout"),
        query("copy t to stdout (format csv, header)"),
        query("copy t (v) to stdout with csv quote '''' "),
        query("copy (select k, v from t order by k) to stdout (format binary)"),
    ],
    "copy out by messages": [parse("copy (select 1) to stdout") + bind() + describe(b"P") + execute() + SYNC],
    "copy in": [query("copy l from stdin") + copy_data(b"1\ta\n2\t") + copy_data(b"\\N\n") + COPY_DONE],
    "copy in by messages": [
        parse("copy l from stdin") + bind() + execute() + copy_data(b"4\td\n") + SYNC + COPY_DONE + SYNC
    ],
    "copy in fails": [query("copy l from stdin") + copy_data(b"x\ta\n") + copy_data(b"2\tb\n") + COPY_DONE],
    "copy in is given up": [query("copy l from stdin") + copy_data(b"1\ta\n") + copy_fail("no more")],
    "copy in is interrupted": [query("copy l from stdin") + query("select 1")],
    "copy into nothing": [query("copy nowhere from stdin") + copy_data(b"1\n") + COPY_DONE],
    "copy of what is none": [
        query("copy l from stdin (format xml)"),
        query("copy l from stdin (nothing)"),
        query("copy l from stdin (format csv, format csv)"),
        query("copy (select 1) from stdin"),
    ],
    "late copy data": [copy_data(b"x") + COPY_DONE + query("select 1")],
    "syntax": [
        query("begin nonsense"),
        query("show"),
        query("set x"),
        query("savepoint"),
        query("declare c for select 1"),
        query("select 1; commit and"),
        query("fetch"),
        query("prepare p select 1"),
        query("close"),
    ],
    "damaged": [b"Q\0\0\0\x05x", b"S\0\0\0\x05x" + SYNC, b"B\0\0\0\x08\0\0\0\1" + SYNC],
}
READY = {
    "copy in by messages": [1],
    "skipped to sync": [1, 1],
    "pipeline of syncs": [3],
    "copy in is interrupted": [1],
    "damaged": [1, 1, 1],
}
UNLIKE = {
    "copy in is interrupted": "a query amid a COPY fails it there too, and is passed over",
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running("client_min_messages=notice", "listen_addresses=") as server:
        made = server.psql(
            "create table t (k int, v text); insert into t values (1, 'a'), (2, null), (3, 'c,\"d\"');"
            "create table l (k int, v text);"
        )
        assert made.returncode == 0
        yield server


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as made:
        yield made


def of_postgres(postgres: Postgres) -> Client:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(postgres.socket))
    return Client(sock, "postgres", PASSWORD)


def told(messages: list[Message]) -> list[tuple[str, object]]:
    """What was answered, without the place in the server's source, and which table a column is of."""
    seen: list[tuple[str, object]] = []
    for kind, body in messages:
        if kind in "EN":
            known = fields(body)
            seen.append((kind, {name: known.get(name) for name in "SVCMDHPW"}))
        elif kind == "T":
            seen.append((kind, _columns(body)))
        elif kind == "S" and body.startswith((b"is_superuser", b"session_auth")):
            continue
        else:
            seen.append((kind, body))
    return seen


def _columns(body: bytes) -> list[tuple[object, ...]]:
    made, at = [], 2
    for _ in range(int.from_bytes(body[:2], "big")):
        end = body.index(b"\0", at)
        made.append((body[at:end], *struct.unpack_from(">IhIhih", body, end + 1)[2:]))
        at = end + 19
    return made


def answers(client: Client, name: str) -> list[list[tuple[str, object]]]:
    script = SCRIPTS[name]
    ready = READY.get(name, [1] * len(script))
    try:
        return [told(client.say(said, ready=times)) for said, times in zip(script, ready, strict=True)]
    finally:
        client.close()


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in UNLIKE])
def test_the_answers_are_the_same(name: str, postgres: Postgres, ours: Served) -> None:
    assert answers(ours.client(), name) == answers(of_postgres(postgres), name)
