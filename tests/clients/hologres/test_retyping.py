"""ALTER COLUMN ... TYPE: the pairs of types that the vendor's page "ALTER TABLE" has, and all others refused.

https://www.alibabacloud.com/help/en/hologres/developer-reference/alter-table
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema retyping")
        made.execute("set search_path to retyping")
        columns = "k varchar(4) primary key, v varchar(3) default 'd', j json, a varchar(3)[], c char(3), i int"
        made.execute(f"create table t ({columns})")
        made.execute("""insert into t values ('a', 'abc', '{"x": 1}', '{a,b}', 'q', 1)""")
        yield made
        made.execute("drop schema retyping cascade")


def refused(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


@pytest.mark.parametrize("orientation", ["row", "column", "row,column"])
def test_texts_become_wider(client: Client, orientation: str) -> None:
    client.execute(f"create table w (like t including all) with (orientation = '{orientation}')")
    client.execute("insert into w select * from t")
    assert client.execute("select max(v) from w where v > 'a'").fetchall() == [("abc",)]
    find = "select v, j, a from w where k = %s"
    assert client.execute(find, ["a"], prepare=True).fetchall() == [("abc", {"x": 1}, ["a", "b"])]
    for action in ("v type varchar(5)", "v set data type text", "j type text", "a type varchar(4)[]", "a type text[]",
                   "k type varchar(8)", "k type text"):  # fmt: skip
        client.execute(f"alter table w alter column {action}")
    client.execute("insert into w (k, j, a) values ('longer key', 'no json', '{abcdef}')")
    assert client.execute(find, ["longer key"]).fetchall() == [("d", "no json", ["abcdef"])]
    found = client.execute("select k, v, j, a, length(j) from w where v >= 'a' order by k").fetchall()
    assert found == [("a", "abc", '{"x": 1}', ["a", "b"], 8), ("longer key", "d", "no json", ["abcdef"], 7)]
    columns = client.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'retyping' and table_name = 'w' order by ordinal_position limit 4"
    ).fetchall()
    assert columns == [("k", "text"), ("v", "text"), ("j", "text"), ("a", "ARRAY")]


def test_a_client_is_told_of_the_new_type(client: Client) -> None:
    def types() -> list[int]:
        return [one.type_code for one in client.execute("select v, j from t where k = 'a'").description or ()]

    assert types() == [1043, 114]
    client.execute("alter table t alter v type text, alter j type text")
    assert types() == [25, 25]


@pytest.mark.parametrize(
    ("action", "sqlstate"),
    [
        ("v type varchar(3)", "0A000"),
        ("v type varchar(2)", "0A000"),
        ("v type int", "0A000"),
        ("i type bigint", "0A000"),
        ("j type jsonb", "0A000"),
        ("c type char(3)", "0A000"),
        ("c type char(2)", "0A000"),
        ("c type char", "0A000"),
        ("c type bpchar", "0A000"),
        ("c type varchar(2)", "0A000"),
        ("v type text using v || 'x'", "0A000"),
        ('v type text collate "C"', "0A000"),
        ("v type nothing", "42704"),
        ("nothing type text", "42703"),
        ("v type varchar(0)", "22023"),
        ("v type serial", "0A000"),
    ],
)
def test_others_are_refused(client: Client, action: str, sqlstate: str) -> None:
    before = client.execute("select * from t").fetchall()
    assert refused(client, f"alter table t alter column {action}") == sqlstate
    assert client.execute("select * from t").fetchall() == before
    assert refused(client, "insert into t values ('b', 'abcd')") == "22001"


def test_what_others_are_made_of_stays(client: Client) -> None:
    client.execute("create view seen as select v from t")
    assert refused(client, "alter table t alter v type text") == "0A000"
    client.execute("create table g (k int primary key, v varchar(3), w int generated always as (k + 1) stored)")
    assert refused(client, "alter table g alter v type text") == "0A000"


def test_partitions_follow_their_table(client: Client) -> None:
    client.execute("create table p (k int, d varchar(8), v varchar(2), primary key (k, d)) partition by list (d)")
    client.execute("create table p_a partition of p for values in ('a')")
    assert refused(client, "alter table p_a alter v type text") == "42P16"
    assert refused(client, "alter table p alter d type text") == "42P16"
    client.execute("alter table p alter v type varchar(5)")
    client.execute("insert into p_a values (1, 'a', 'abcde')")
    assert client.execute("select * from p").fetchall() == [(1, "a", "abcde")]


def test_all_or_nothing_with_its_block(client: Client) -> None:
    client.execute("begin")
    client.execute("alter table t alter v type text, add column late int")
    client.execute("rollback")
    assert refused(client, "insert into t values ('b', 'abcd')") == "22001"


@pytest.mark.parametrize("orientation", ["row", "column", "row,column"])
@pytest.mark.parametrize("to", ["char(5)", "varchar(3)", "varchar(9)", "text"])
def test_chars_lose_their_spaces_or_gain_some(client: Client, orientation: str, to: str) -> None:
    columns = "k char(3) primary key, c char(3) default 'd', n int"
    client.execute(f"create table x ({columns}) with (orientation = '{orientation}', binlog_level = 'replica')")
    client.execute("insert into x (k, c, n) values ('a', 'é', 1), ('abc', null, 2), ('b', ' q', 3)")
    client.execute("alter table x add column late char(2) default 'z'")
    assert client.execute("select count(*), max(c) from x where c > 'a'").fetchone() == (1, "é  ")
    find = "select k, c, n, late from x where k = %s"
    assert client.execute(find, ["a"], prepare=True).fetchone() == ("a  ", "é  ", 1, "z ")
    client.execute(f"alter table x alter k type {to}, alter c type {to}, alter late type {to}")
    width = 5 if to == "char(5)" else 0
    rows = [tuple(one.ljust(width) if isinstance(one, str) else one for one in row)
            for row in (("a", "é", 1, "z"), ("abc", None, 2, "z"), ("b", " q", 3, "z"))]  # fmt: skip
    assert client.execute(find, ["a"], prepare=True).fetchone() == rows[0]
    assert client.execute("select * from x order by n").fetchall() == rows
    assert client.execute("select n, octet_length(c) from x where c = 'é'").fetchall() == [(1, max(width + 1, 2))]
    client.execute("insert into x (k, n) values ('b', 4), ('new', 5) on conflict (k) do update set n = excluded.n")
    assert client.execute("select trim(k), trim(c), n from x where n > 3 order by n").fetchall() == [
        ("b", "q", 4), ("new", "d", 5)
    ]  # fmt: skip
    events = client.execute("select count(*) from (select hg_binlog_lsn, k from x) s").fetchone()
    assert events == (6,)  # 3 new rows, then one that changed, before and behind, and one more


def test_chars_of_many_rows_are_left_to_a_rebuild(client: Client) -> None:
    client.execute("create table many (k int primary key, c char(3))")
    client.execute("insert into many select g, 'x' from generate_series(1, 100001) g")
    assert refused(client, "alter table many alter c type text") == "0A000"
    client.execute("delete from many where k = 1")
    client.execute("alter table many alter c type text")
    assert client.execute("select count(*), sum(length(c)) from many where c = 'x'").fetchone() == (100_000, 100_000)


def test_chars_in_a_block_and_in_partitions(client: Client) -> None:
    client.execute("begin")
    client.execute("alter table t alter c type text")
    assert client.execute("select c || '|' from t where k = 'a'").fetchone() == ("q|",)
    client.execute("rollback")
    assert client.execute("select c from t where k = 'a'").fetchone() == ("q  ",)
    client.execute("begin")
    client.execute("alter table t alter c type varchar(3)")
    client.execute("commit")
    assert client.execute("select c || '|', octet_length(c) from t").fetchone() == ("q|", 1)
    client.execute("create table pc (k int, d text, c char(2), primary key (k, d)) partition by list (d)")
    client.execute("create table pc_a partition of pc for values in ('a')")
    client.execute("insert into pc_a values (1, 'a', 'x')")
    client.execute("alter table pc alter c type char(4)")
    assert client.execute("select c from pc").fetchall() == [("x   ",)]
