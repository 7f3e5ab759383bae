"""CALL hg_create_table_like: tables of the columns of a query, and copies of tables without their rows.

https://www.alibabacloud.com/help/en/hologres/developer-reference/create-table-like
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import allow, connected, made_user
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
COPYING = "hg_experimental_enable_create_table_like_properties"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema modelled")
        made.execute("set search_path to modelled")
        made.execute("create table src (a int primary key, b varchar(9) not null default 'x', c numeric(10, 2), "
                     "ds text) with (orientation = 'row,column', clustering_key = 'c', binlog_level = 'replica', "
                     "time_to_live_in_seconds = '86400', bitmap_columns = 'b')")  # fmt: skip
        made.execute("comment on column src.b is 'a letter'")
        made.execute("insert into src values (1, 'y', 2.5, 'd')")
        yield made
        made.execute("drop schema modelled cascade")


def columns(client: Client, table: str) -> list[tuple[Any, ...]]:
    return client.execute("""
        select attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)
        from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum
    """, (table,)).fetchall()  # fmt: skip


def properties(client: Client, table: str) -> dict[str, str]:
    rows = client.execute("select property_key, property_value from hologres.hg_table_properties "
                          "where table_namespace = 'modelled' and table_name = %s", (table,)).fetchall()  # fmt: skip
    return {name: value for name, value in rows if name not in ("table_id", "schema_version")}


def key(client: Client, table: str) -> list[str]:
    rows = client.execute("select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid "
                          "and a.attnum = any(i.indkey) where indrelid = %s::regclass", (table,))  # fmt: skip
    return [name for (name,) in rows]


def test_the_columns_of_a_query(client: Client) -> None:
    done = client.execute("call hg_create_table_like('made', $$select b, a as n, c * 2 as twice, 'q' as t from src "
                          "where ds = 'd'$$)")  # fmt: skip
    assert done.statusmessage == "CALL"
    assert columns(client, "made") == [
        ("b", "character varying(9)", False, "a letter"), ("n", "integer", False, None),
        ("twice", "numeric(38,18)", False, None), ("t", "text", False, None),
    ]  # fmt: skip
    assert key(client, "made") == []
    assert properties(client, "made")["binlog.level"] == "replica"
    assert properties(client, "made")["orientation"] == "column"
    assert client.execute("select count(*) from made").fetchone() == (0,)


def test_a_copy_with_all_that_it_is_by(client: Client) -> None:
    client.execute(f"set {COPYING} = true")
    client.execute("call hg_create_table_like('modelled.copy', 'select * from src')")
    assert columns(client, "copy") == columns(client, "src")
    assert (key(client, "copy"), properties(client, "copy")) == (["a"], properties(client, "src"))
    client.execute("insert into copy (a) values (5)")
    assert client.execute("select b from copy where a = 5").fetchone() == ("x",)
    for query in ("select a from src", "select * from src where a = 1", "select * from src, src s"):
        with pytest.raises(psycopg.Error) as found:
            client.execute(f"call hg_create_table_like('other', '{query}')")  # ty: ignore[no-matching-overload]
        assert found.value.sqlstate in ("0A000", "42601")


def test_the_page_s_way_to_overwrite(client: Client) -> None:
    with client.transaction():
        client.execute("drop table if exists fresh")
        client.execute(f"set {COPYING} = on")
        client.execute("call hg_create_table_like('fresh', 'select * from src')")
    client.execute("insert into fresh values (9, 'z', 1, 'e')")
    with client.transaction():
        client.execute("drop table src")
        client.execute("alter table fresh rename to src")
    assert client.execute("select a, b from src").fetchall() == [(9, "z")]


def test_partitioned(client: Client) -> None:
    client.execute("call hg_create_table_like('parts', 'select a, ds from src', 'partition by list (ds)')")
    client.execute("create table parts_d partition of parts for values in ('d')")
    client.execute("insert into parts_d values (1, 'd')")
    assert client.execute("select * from parts").fetchall() == [(1, "d")]
    client.execute(f"set {COPYING} = on")
    client.execute("call hg_create_table_like('alone', 'select * from parts_d')")
    client.execute("insert into alone values (2, 'anything')")
    client.execute("call hg_create_table_like('again', 'select * from parts', 'PARTITION BY LIST(ds)')")
    client.execute("create table again_d partition of again for values in ('d')")


@pytest.mark.parametrize(
    ("call", "state"),
    [("'x', 'select *, 1 as c, ''a'' as c from src'", "42701"), ("'src', 'select 1 as a'", "42P07"),
     ("'x', 'select * from nowhere'", "42P01"), ("'x', 'delete from src'", "0A000"), ("'x'", "42883"),
     ("'x', 'select a from src', 'partition by range (a)'", "0A000"), ("'x', 'select a from src', 'nonsense'", "42601"),
     ("'x', 'select a from src', 'partition by list (zz)'", "42703"), ("'a.b.c.d', 'select 1 as a'", "42601")],
)  # fmt: skip
def test_refused(client: Client, call: str, state: str) -> None:
    with pytest.raises(psycopg.Error) as found:
        client.execute(f"call hg_create_table_like({call})")  # ty: ignore[no-matching-overload]
    assert found.value.sqlstate == state


def test_who_may_not_read_copies_nothing(client: Client, server: Server) -> None:
    reader = made_user(server, "modelled-reader", allow())
    client.execute('grant create, usage on schema modelled to "RAM$modelled-reader"')
    with connected(server, reader) as other:
        other.execute(f"set {COPYING} = on")
        for setting in ("on", "off"):
            other.execute(f"set {COPYING} = {setting}")  # ty: ignore[no-matching-overload]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("call hg_create_table_like('modelled.taken', 'select * from modelled.src')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("create table modelled.taken as select * from modelled.src with no data")
