"""The same text again and again, whose plan is kept, while what it depends on changes in between."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import allow, connected, made_user, role_of
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server, prepare_threshold=None) as made:
        made.execute("create table same_texts (id int, name text, day date) with (orientation = 'column')")
        made.execute("insert into same_texts values (1, 'a', '2026-01-01'), (2, 'b', '2026-02-01')")
        yield made
        made.execute("drop table if exists same_texts cascade")


def asked(client: Client, text: str, times: int = 3) -> list[tuple[Any, ...]]:
    """What a text gives, which is the same each time."""
    found = [client.execute(text.encode()).fetchall() for _ in range(times)]
    assert found.count(found[0]) == times
    return found[0]


def test_rows_that_come_and_go(client: Client) -> None:
    text = "select count(*), max(name) from same_texts where day > '2025-12-31'"
    assert asked(client, text) == [(2, "b")]
    client.execute("insert into same_texts values (3, 'c', '2026-03-01')")
    assert asked(client, text) == [(3, "c")]
    client.execute("delete from same_texts where id > 1")
    assert asked(client, text) == [(1, "a")]


def test_definitions(client: Client) -> None:
    text = "select * from same_texts where id = 1"
    assert asked(client, text) == [(1, "a", date(2026, 1, 1))]
    client.execute("alter table same_texts add column more int")
    assert len(asked(client, text)[0]) == 4
    client.execute("alter table same_texts rename column name to called")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        client.execute("select name from same_texts")
    client.execute("drop table same_texts")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute(text.encode())
    client.execute("create table same_texts (id int)")
    assert asked(client, text) == []


def test_a_view_that_is_replaced(client: Client) -> None:
    for of in ("id", "id * 10"):
        client.execute(f"create or replace view same_view as select {of} as v from same_texts".encode())
        assert asked(client, "select sum(v) from same_view") == [(3 if of == "id" else 30,)]


def test_definitions_of_a_block(client: Client) -> None:
    text = "select count(*) from same_texts as s"
    assert asked(client, text) == [(2,)]
    with client.transaction(force_rollback=True):
        client.execute("drop table same_texts")
        client.execute("create table same_texts (other int)")
        assert asked(client, text) == [(0,)]
    assert asked(client, text) == [(2,)]


def test_settings(client: Client) -> None:
    text = "select min(day)::timestamptz::text, extract(hour from '2026-01-01 00:00+00'::timestamptz) from same_texts"
    assert asked(client, text) == [("2026-01-01 00:00:00+00", 0)]
    client.execute("set timezone = 'Asia/Shanghai'")
    assert asked(client, text) == [("2026-01-01 00:00:00+08", 8)]
    client.execute("set datestyle = 'SQL, DMY'")
    assert asked(client, text)[0][0].startswith("01/01/2026")
    client.execute("create schema same_schema")
    client.execute("create table same_schema.same_texts (day date)")
    client.execute("set search_path = same_schema, public")
    assert asked(client, text) == [(None, 8)]
    client.execute("reset all")
    client.execute("drop schema same_schema cascade")
    assert asked(client, text)[0][0] == "2026-01-01 00:00:00+00"


def test_the_time(client: Client) -> None:
    text = "select now(), count(*), clock_timestamp() from same_texts"
    found = [client.execute(text.encode()).fetchone() for _ in range(4)]
    moments = [row[0] for row in found if row is not None]
    assert moments == sorted(set(moments))
    assert len(moments) == 4


def test_values_that_differ_each_time(client: Client) -> None:
    text = "select random(), gen_random_uuid() from same_texts"
    found = {value for _ in range(4) for row in client.execute(text.encode()) for value in row}
    assert len(found) == 16


def test_rights_that_are_taken_away(server: Server, client: Client) -> None:
    key = made_user(server, "same-texts-reader", allow())
    role, text = role_of(server, "same-texts-reader"), "select count(*) from same_texts"
    with connected(server, key, prepare_threshold=None) as reader:
        for _ in range(2):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(text.encode())
            client.execute(f'grant select on same_texts to "{role}"'.encode())
            assert asked(reader, text) == [(2,)]
            client.execute(f'revoke select on same_texts from "{role}"'.encode())


def test_changes(client: Client) -> None:
    text = "update same_texts set name = name || '!' where id in (select max(id) from same_texts) returning name"
    assert [client.execute(text.encode()).fetchone() for _ in range(4)] == [(f"b{'!' * n}",) for n in range(1, 5)]
    insert = "insert into same_texts select max(id) + 1, 'n', current_date from same_texts"
    for _ in range(3):
        client.execute(insert.encode())
    assert asked(client, "select max(id) from same_texts") == [(5,)]


def test_many_texts(client: Client) -> None:
    for at in range(200):
        assert client.execute(f"select count(*) + {at} from same_texts".encode()).fetchone() == (2 + at,)
    for at in range(200):
        assert client.execute(f"select count(*) + {at} from same_texts".encode()).fetchone() == (2 + at,)
