"""Aggregates that PostgreSQL has not: the vendor's page "General-purpose aggregate functions".

https://www.alibabacloud.com/help/en/hologres/developer-reference/general-purpose-aggregate-functions
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
ROWS = """
    (1, 'a', 10.5::numeric, 2.5::float8, date '2026-01-01', 'x'), (1, 'b', 9.75, 'nan', date '2026-03-01', null),
    (2, 'c', null, null, null, 'z'), (2, 'a', 100, -1, date '2025-01-01', 'y'), (2, 'a', -3, 0, null, 'y')
"""


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create table own_aggregates (id serial primary key, g int, t text, n numeric(10,2), f float8, "
                     "d date, x varchar(5))")  # fmt: skip
        made.execute(f"insert into own_aggregates (g, t, n, f, d, x) values {ROWS}")
        yield made
        made.execute("drop table own_aggregates")


@pytest.mark.parametrize("source", ["own_aggregates", f"(values {ROWS}) own(g, t, n, f, d, x)"])
def test_answers(client: Client, source: str) -> None:
    def row(columns: str, more: str = "") -> list[tuple[Any, ...]]:
        return client.execute(f"select {columns} from {source} {more}").fetchall()

    assert row("approx_count_distinct(t), uniq(x), uniq(n), approx_count_distinct(d), uniq(1)") == [(3, 3, 4, 3, 1)]
    assert row("g, uniq(t), max_by(t, n), min_by(t, n)", "group by g order by g") == [
        (1, 2, "a", "b"),
        (2, 2, "a", "a"),
    ]
    assert row("max_by(t, f), min_by(t, f), max_by(x, d), min_by(x, d), max_by(d, t), min_by(g, x)") == [
        ("b", "a", None, "y", None, 1)
    ]
    assert row("max_by(t, n) filter (where g = 1), uniq(t) filter (where g = 2)") == [("a", 2)]
    assert row("distinct g, uniq(t) over (partition by g), max_by(t, n) over (partition by g)", "order by g") == [
        (1, 2, "a"),
        (2, 2, "a"),
    ]
    assert row("uniq(distinct t), max_by(t, n), uniq(t)", "where g > 5") == [(0, None, 0)]
    [(found,)] = row("max_by(n, d)")
    assert str(found) == "9.75"


def test_types(client: Client) -> None:
    columns = "uniq(t), approx_count_distinct(n), max_by(t, n), min_by(d, t), max_by(f, t), min_by(n, t)"
    found = client.execute(f"select {columns} from own_aggregates").description or ()
    assert [one.type_code for one in found] == [20, 20, 25, 1082, 701, 1700]
    assert [one.name for one in found][:3] == ["uniq", "approx_count_distinct", "max_by"]


@pytest.mark.parametrize(
    ("call", "sqlstate"),
    [("uniq()", "42883"), ("uniq(t, x)", "42883"), ("max_by(t)", "42883"), ("max_by(distinct t, n)", "0A000"),
     ("uniq(uniq(t))", "42803"), ("max_by(t, '{}'::json)", "42883")],
)  # fmt: skip
def test_what_is_refused(client: Client, call: str, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(f"select {call} from own_aggregates")
    assert caught.value.sqlstate == sqlstate


def test_any_value(client: Client) -> None:
    found = client.execute("select g, any_value(x) filter (where t = 'b'), any_value(n) filter (where t <> 'b'), "
                           "any_value(d) filter (where false) from own_aggregates group by g order by g")  # fmt: skip
    [(_, none, one, nothing), (_, _, _, _)] = found.fetchall()
    assert (none, str(one), nothing) == (None, "10.50", None)
