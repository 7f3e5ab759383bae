"""SQL/JSON paths over a table's documents.

https://www.postgresql.org/docs/12/functions-json.html, "The SQL/JSON Path Language"; what paths find is compared with
PostgreSQL's in ``tests/unit/sql/hologres/test_jsonpaths.py``.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
EVENTS = [{"user": at % 5, "steps": [{"name": name, "ms": at * 10} for name in ("open", "pay")[: at % 2 + 1]]}
          for at in range(100)]  # fmt: skip


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create table path_events (id int primary key, body jsonb)")
        rows = [(at, Jsonb(body)) for at, body in enumerate(EVENTS)]
        with made.cursor() as cursor:
            cursor.executemany("insert into path_events values (%s, %s)", rows)
        yield made
        made.execute("drop table path_events")


@pytest.mark.parametrize("condition", [
    "body @? %s", "jsonb_path_exists(body, %s)", "jsonb_path_query_array(body, %s) <> '[]'",
])  # fmt: skip
def test_rows_are_found_by_a_path(client: Client, condition: str) -> None:
    path = '$.steps[*] ? (@.name == "pay" && @.ms > 500)'
    found = client.execute(f"select id from path_events where {condition} order by id", (path,)).fetchall()
    assert found == [(at,) for at in range(51, 100, 2)]


def test_variables_are_of_each_row(client: Client) -> None:
    given = "jsonb_build_object('u', id % 5)"
    query = f"select count(*) from path_events where jsonb_path_match(body, '$.user == $u', {given})"
    assert client.execute(query.encode()).fetchone() == (100,)
    query = "select count(*) from path_events, jsonb_path_query(body, '$.steps[*].ms ? (@ >= $least)', %s) as s(ms)"
    assert client.execute(query, (Jsonb({"least": 900}),)).fetchone() == (15,)


def test_a_path_is_read_and_written_as_postgresql_does(client: Client) -> None:
    made = client.execute("select %s::jsonpath", ("$.a[*]?(@.b>1)",), binary=True).fetchone()
    assert made == (b'\1$."a"[*]?(@."b" > 1)',)
    assert client.execute("select '{$.a,$.b}'::jsonpath[]").fetchone() == (['$."a"', '$."b"'],)
    with pytest.raises(psycopg.errors.SyntaxError, match="syntax error at end of jsonpath input"):
        client.execute("select %s::jsonpath", ("$.",))
    with pytest.raises(psycopg.errors.SqlJsonMemberNotFound):
        client.execute("select jsonb_path_query(body, 'strict $.none') from path_events")


def test_a_path_is_no_column(client: Client) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        client.execute("create table path_kept (id int primary key, path jsonpath)")
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        client.execute("create table path_kept as select '$'::jsonpath as path")


def test_what_is_not_there_is_refused_by_name(client: Client) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=r"\.datetime\(\) with a template"):
        client.execute("""select jsonb_path_query('"10:20"', '$.datetime("HH24:MI")')""")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=r"without time zone usage"):
        client.execute(
            """select jsonb_path_exists_tz('"2020-01-01"', '$.datetime() < "2020-01-01T00:00:00+00".datetime()')"""
        )
