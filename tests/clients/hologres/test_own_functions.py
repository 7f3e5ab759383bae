"""Functions that PostgreSQL has not.

https://www.alibabacloud.com/help/en/hologres/developer-reference/array-functions and .../get-json-object
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
STORE = '{"store": {"fruit": [{"weight": 8}, {"weight": 9}], "price": 19.95}, "owner": "amy"}'


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema owned")
        made.execute("create extension if not exists hive_compatible")
        made.execute("create table owned.rows (id int primary key, a int[], b int[], t text[], j text)")
        made.execute("insert into owned.rows values (1, '{3,1,2,NULL,3}', '{3,9}', '{b,a,b}', %s), (2, '{}', '{5,5}', "
                     "null, 'none'), (3, null, '{1}', '{NULL}', '{\"a\": null}')",
                     (STORE,))  # fmt: skip
        yield made
        made.execute("drop schema owned cascade")


def column(client: Client, expression: str) -> list[Any]:
    return [value for (value,) in client.execute(f"select {expression} from owned.rows order by id").fetchall()]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [("array_max(a)", [3, None, None]), ("array_min(a)", [1, None, None]), ("array_max(t)", ["b", None, None]),
     ("array_contains(a, 3)", [True, False, None]), ("array_contains(t, 'x')", [False, None, False]),
     ("array_distinct(a)", [[3, 1, 2, None], [], None]), ("array_distinct(t)", [["b", "a"], None, [None]]),
     ("array_union(a, b)", [[3, 1, 2, None, 9], [5], None]), ("array_except(a, b)", [[1, 2, None], [], None]),
     ("array_max(b) + id", [10, 7, 4])],
)  # fmt: skip
def test_arrays(client: Client, expression: str, wanted: list[Any]) -> None:
    assert column(client, expression) == wanted


@pytest.mark.parametrize("name", ["array_max", "array_min", "array_distinct"])
def test_arrays_of_constants_are_refused(client: Client, name: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=f"{name} of constants is not supported"):
        client.execute(f"select {name}(array[1, 2])")  # ty: ignore[no-matching-overload]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("$.owner", "amy"), ("$.store.price", "19.95"), ("$.store.fruit[0]", '{"weight": 8}'),
     ("$.store.fruit[1].weight", "9"), ("$.store.fruit[2]", None), ("$.store[0]", None),
     ("$.missing.more", None), ("owner", None), ("$owner", None),
     ("$.store..price", None)],
)  # fmt: skip
def test_json_paths(client: Client, path: str, wanted: str | None) -> None:
    assert column(client, f"get_json_object(j, '{path}')") == [wanted, None, None]


def test_what_a_json_path_leads_to(client: Client) -> None:
    assert column(client, "get_json_object(j, '$.a')") == [None, None, None]
    assert column(client, "get_json_object(j, '$')")[1:] == [None, '{"a": null}']
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        column(client, "get_json_object(j, '$.store.fruit[*]')")


@pytest.mark.parametrize("call", ["hg_array_map(1)", "range_funnel(1)", "pad_funnel(1)", "nvl(1, 2)"])
def test_functions_that_are_not_here_are_named(client: Client, call: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=f"function {call.partition('(')[0]} is not supported"):
        client.execute(f"select {call}")  # ty: ignore[no-matching-overload]


def test_functions_in_from_have_names_without_schema_and_want_their_extension(client: Client) -> None:
    found = client.execute("select * from hologres.hg_relation_size('owned.rows')")
    assert [one.name for one in found.description or ()] == ["hg_relation_size"]
    client.execute("drop extension hive_compatible")
    with pytest.raises(psycopg.errors.UndefinedFunction, match="CREATE EXTENSION hive_compatible"):
        client.execute("select * from get_json_object('{}', '$')")
    client.execute("create extension hive_compatible")


def test_what_nothing_here_keeps_is_refused(client: Client, server: Server) -> None:
    for name, value in (("hg_anon_enable", "on"), ("hg_experimental_encryption_options", "AES256,k,r,1"),
                        ("default_transaction_isolation", "serializable")):  # fmt: skip
        for statement in (f"set {name} = '{value}'", f"select set_config('{name}', '{value}', false)",
                          f'alter database "{client.info.dbname}" set {name} = \'{value}\''):  # fmt: skip
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                client.execute(statement)  # ty: ignore[no-matching-overload]
        with pytest.raises(psycopg.OperationalError, match="not supported"):
            connected(server, options=f"-c {name}={value}")
    client.execute("set hg_anon_enable = off")


def test_counts_of_blocks(client: Client) -> None:
    for scope, found in (("all", True), ("user", True), ("sys", False)):
        row = client.execute(f"select heap_blks_read, heap_blks_hit from pg_statio_{scope}_tables where schemaname = "  # ty: ignore[no-matching-overload]
                             "'owned'").fetchall()  # fmt: skip
        assert row == [(0, 0)] * found
        index = client.execute(f"select indexrelname, idx_blks_read from pg_statio_{scope}_indexes where schemaname = "  # ty: ignore[no-matching-overload]
                               "'owned'").fetchall()  # fmt: skip
        assert index == [("rows_pkey", 0)] * found
        client.execute(f"select relname from pg_statio_{scope}_sequences")  # ty: ignore[no-matching-overload]
