"""JSON documents as rows: what an application sends as one parameter is a table's rows.

https://www.postgresql.org/docs/current/functions-json.html, json_to_recordset
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Json, Jsonb

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
ORDERS = [{"id": at, "paid": f"{at}.25", "day": "2026-01-05", "tags": [f"t{at % 3}", None]} for at in range(2000)]


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create table record_orders (id int primary key, paid numeric(10, 2), day date, tags text[])")
        made.execute("create table record_pages (id int primary key, body jsonb)")
        yield made
        made.execute("drop table record_orders, record_pages")


def test_one_parameter_is_upserted_as_rows(client: Client) -> None:
    columns = "(id int, paid numeric(10, 2), day date, tags text[])"
    upsert = (
        f"insert into record_orders select * from json_to_recordset(%s) as r{columns} "
        "on conflict (id) do update set paid = excluded.paid, day = excluded.day, tags = excluded.tags"
    )
    for _ in range(2):
        assert client.execute(upsert, (Json(ORDERS),)).rowcount == len(ORDERS)
    row = client.execute("select * from record_orders where id = 7").fetchone()
    assert row == (7, Decimal("7.25"), date(2026, 1, 5), ["t1", None])
    total = client.execute("select count(*), sum(paid) from record_orders").fetchone()
    assert total == (2000, sum(Decimal(one["paid"]) for one in ORDERS))


def test_a_bad_row_leaves_nothing_behind(client: Client) -> None:
    before = client.execute("select count(*) from record_orders").fetchone()
    rows = [{"id": 90_001, "paid": 1}, {"id": 90_002, "paid": "much"}]
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match='numeric: "much"'):
        client.execute(
            "insert into record_orders (id, paid) select * from jsonb_to_recordset(%s) as r(id int, paid numeric)",
            (Jsonb(rows),),
        )
    assert client.execute("select count(*) from record_orders").fetchone() == before


def test_a_tables_documents_are_joined_with_their_parts(client: Client) -> None:
    pages = [(1, {"items": [{"sku": "a", "n": 2}, {"sku": "b", "n": 3}]}), (2, {"items": []}), (3, {})]
    with client.cursor() as cursor:
        cursor.executemany("insert into record_pages values (%s, %s)", [(at, json.dumps(body)) for at, body in pages])
    found = client.execute(
        "select p.id, i.sku, i.n from record_pages p "
        "left join lateral jsonb_to_recordset(p.body -> 'items') as i(sku text, n int) on true order by 1, 2"
    ).fetchall()
    assert found == [(1, "a", 2), (1, "b", 3), (2, None, None), (3, None, None)]


def test_a_list_is_needed_and_only_here(client: Client) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match="is required for functions returning"):
        client.execute("select * from json_to_record('{}')")
    with pytest.raises(psycopg.errors.SyntaxError, match="only allowed for functions returning"):
        client.execute("select * from generate_series(1, 2) as r(a int)")
    with pytest.raises(psycopg.errors.DuplicateColumn):
        client.execute("select * from json_to_record('{}') as r(a int, a int)")


def test_a_tables_columns_are_the_list(client: Client) -> None:
    """https://www.postgresql.org/docs/current/functions-json.html, json_populate_recordset"""
    rows = [{"id": 80_001, "paid": "7.5", "tags": ["a"]}, {"id": 80_002, "day": "2026-02-01", "more": 1}]
    query = "insert into record_orders select * from jsonb_populate_recordset(null::record_orders, %s) returning *"
    assert client.execute(query, (Jsonb(rows),)).fetchall() == [
        (80_001, Decimal("7.50"), None, ["a"]), (80_002, None, date(2026, 2, 1), None)
    ]  # fmt: skip
    client.execute("create view record_view as select * from json_populate_record(null::record_orders, '{\"id\": 1}')")
    assert client.execute("select * from record_view").fetchone() == (1, None, None, None)
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        client.execute("drop table record_orders")
    client.execute("drop view record_view")
