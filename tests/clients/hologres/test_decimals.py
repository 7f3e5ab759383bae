"""Sums of products whose values mostly have 18 digits, and now and then more: they are exact either way."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
COUNT = 3000
LARGE = Decimal("99999999999999.9999")


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create table decimal_sales (id int primary key, price numeric(18, 4), rate numeric(6, 4))")
        made.execute("insert into decimal_sales select n, n + 0.25, 1.5 from generate_series(1, %s) as s(n)", (COUNT,))
        yield made
        made.execute("drop table decimal_sales")


@pytest.fixture
def larger(client: Client) -> Iterator[Client]:
    """With one row more, whose product has 24 digits."""
    client.execute("insert into decimal_sales values (0, %s, 99.9999)", (LARGE,))
    yield client
    client.execute("delete from decimal_sales where id = 0")


def total() -> Decimal:
    return sum((Decimal(n) + Decimal("0.25")) * Decimal("1.5000") for n in range(1, COUNT + 1)) + Decimal("0E-8")


def test_a_total(client: Client) -> None:
    assert client.execute("select sum(price * rate) from decimal_sales").fetchone() == (total(),)


def test_a_total_with_a_large_one(larger: Client) -> None:
    expected = total() + LARGE * Decimal("99.9999")
    assert larger.execute("select sum(price * rate) from decimal_sales").fetchone() == (expected,)
    either = "select sum(case when id >= 0 then price * rate else 0 end) from decimal_sales"
    assert larger.execute(either).fetchone() == (expected,)
    assert larger.execute("select max(price * rate) from decimal_sales").fetchone() == (LARGE * Decimal("99.9999"),)


def test_many_groups_of_which_one_has_a_large_one(larger: Client) -> None:
    rows = larger.execute("select id, sum(price * rate) from decimal_sales group by id").fetchall()
    assert len(rows) == COUNT + 1
    assert dict(rows)[0] == LARGE * Decimal("99.9999")
    assert sum(dict(rows).values()) == total() + LARGE * Decimal("99.9999")


def test_the_large_one_comes_behind_other_rows(larger: Client) -> None:
    halves = [f"select id, sum(price * rate) from decimal_sales where id {of} group by id" for of in ("> 0", "= 0")]
    assert len(larger.execute(" union all ".join(halves)).fetchall()) == COUNT + 1
    rows = larger.execute("select id, price * rate from decimal_sales").fetchall()
    assert dict(rows)[0] == LARGE * Decimal("99.9999")


def test_a_portal_takes_rows_a_few_at_a_time(client: Client) -> None:
    query = "select id, sum(price * rate) from decimal_sales group by id order by id"
    with client.transaction(), client.cursor("few") as cursor:
        cursor.itersize = 7
        cursor.execute(query.encode())
        assert [row[0] for row in cursor] == list(range(1, COUNT + 1))


def test_rows_that_a_transaction_has_written(client: Client) -> None:
    with client.transaction(force_rollback=True):
        client.execute("set hg_experimental_enable_transaction = on")
        client.execute("insert into decimal_sales values (0, %s, 99.9999)", (LARGE,))
        expected = total() + LARGE * Decimal("99.9999")
        assert client.execute("select sum(price * rate) from decimal_sales").fetchone() == (expected,)


def test_what_a_filter_leaves_out_is_not_computed(client: Client) -> None:
    query = "select sum(1 / (id - 7)) filter (where id <> 7), count(*) filter (where 100 / id > 9) from decimal_sales"
    assert client.execute(query.encode()).fetchone() == (0, 10)


def test_a_large_one_beside_another_table(larger: Client) -> None:
    larger.execute("create table decimal_names (id int primary key, name text)")
    larger.execute("insert into decimal_names values (0, 'large'), (1, 'small')")
    query = "select name, sum(price * rate) from decimal_sales join decimal_names using (id) group by name order by 1"
    assert larger.execute(query.encode()).fetchall() == [
        ("large", LARGE * Decimal("99.9999")),
        ("small", Decimal("1.875")),
    ]
    larger.execute("drop table decimal_names")
