"""dbt builds a project twice, the second time with other rows: by the vendor's adapter, and by that for PostgreSQL.

Hologres has no temporary tables: the vendor's adapter makes plain ones, where dbt-postgres' incremental models and
snapshots fail at their second run by the name of what is not there. The vendor's has no snapshots and no docs.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.environments import environment
from tests.clients.hologres.clients import connected
from tests.clients.hologres.dbt_project import LATER, Project
from yunbox.testing.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TESTS = {
    "not_null_totals_id", "unique_totals_id", "unique_states_id", "not_null_states_state",
    "accepted_values_states_state__open__paid__sent", "relationships_paid_customer__id__ref_customers_",
}  # fmt: skip
MADE = {"customers", "orders", "paid", "totals", "states", "seen"}
Make = Callable[[str], Project]


@pytest.fixture(scope="module")
def programs() -> Path:
    return environment("dbt")


@pytest.fixture
def make(server: Server, programs: Path, tmp_path: Path) -> Iterator[Make]:
    made: list[str] = []

    def project(adapter: str) -> Project:
        made.append(f"shop_{adapter}")
        return Project(tmp_path, programs, server, adapter, made[-1])

    yield project
    with connected(server) as client:
        for schema in made:
            client.execute(f"drop schema if exists {schema} cascade")


def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    with connected(server) as client:
        return client.execute(query).fetchall()


def went(parts: dict[str, str]) -> dict[str, set[str]]:
    """Which parts went how."""
    return {how: {name for name, status in parts.items() if status == how} for how in parts.values()}


def test_the_vendors_adapter(server: Server, make: Make) -> None:
    project = make("hologres")
    parts, said = project.run("build", "--exclude", "kept")
    assert went(parts) == {"success": MADE, "pass": TESTS}, said
    assert rows(server, "select id, pieces, amount::text from shop_hologres.totals order by id") == [
        (7, 2, "15.5"), (8, 1, None)
    ]  # fmt: skip
    of = "select property_key, property_value from hologres.hg_table_properties where table_namespace = 'shop_hologres'"
    assert set(rows(server, f"{of} and table_name = 'totals'")) >= {
        ("orientation", "column"),
        ("distribution_key", "id"),
    }
    project.write("seeds/orders.csv", LATER)
    parts, said = project.run("build", "--exclude", "kept")
    assert went(parts) == {"success": MADE, "pass": TESTS}, said
    assert rows(server, "select id, state from shop_hologres.states order by id") == [
        (1, "open"), (2, "paid"), (3, "sent"), (4, "open")
    ]  # fmt: skip
    assert rows(server, "select id, state from shop_hologres.seen order by id")[2:] == [(3, "paid"), (4, "open")]
    left = rows(server, "select tablename from pg_tables where schemaname = 'shop_hologres'")
    assert {name for (name,) in left} == MADE - {"paid"}


def test_a_dynamic_table(make: Make) -> None:
    project = make("hologres")
    config = "materialized='dynamic_table', target_lag='30 minutes'"
    project.write("models/more.sql", "{{ config(" + config + ") }} select id, placed from {{ ref('orders') }}")
    parts, _ = project.run("build", "--select", "orders", "more")
    assert went(parts) == {"success": {"orders", "more"}}


def test_a_table_of_logical_partitions(server: Server, make: Make) -> None:
    project = make("hologres")
    config = "materialized='table', logical_partition_key='placed'"
    project.write("models/more.sql", "{{ config(" + config + ") }} select id, placed from {{ ref('orders') }}")
    parts, said = project.run("build", "--select", "orders", "more")
    assert went(parts) == {"success": {"orders", "more"}}, said
    found = rows(server, "select count(*) from hologres.hg_list_logical_partition('shop_hologres.more')")
    assert found == rows(server, "select count(distinct placed) from shop_hologres.orders")


def test_the_adapter_for_postgresql(server: Server, make: Make) -> None:
    project = make("postgres")
    with connected(server) as client:
        client.execute("create role dbt_reader")
    models = "{+persist_docs: {relation: true, columns: true}, +grants: {select: [dbt_reader]}}"
    project.write("dbt_project.yml", "{name: shop, version: '1.0', profile: shop, models: " + models + "}")
    parts, said = project.run("build")
    assert went(parts) == {"success": {*MADE, "kept"}, "pass": TESTS}, said
    project.write("seeds/orders.csv", LATER)
    parts, said = project.run("build")
    assert went(parts)["error"] == {"states", "seen", "kept"}
    assert said.count("CREATE TEMPORARY TABLE is not supported") == 3
    assert went(parts)["success"] == MADE - {"states", "seen"}
    parts, said = project.run("build", "--exclude", "kept", "--full-refresh")
    assert went(parts) == {"success": MADE, "pass": TESTS}, said
    assert rows(server, "select count(*), max(state) from shop_postgres.states") == [(4, "sent")]
    asked = (
        "select count(*) from pg_tables where schemaname = 'shop_postgres' and has_table_privilege('dbt_reader', {})"
    )
    named = "schemaname || '.' || tablename, 'SELECT'"
    assert rows(server, asked.format(named)) == [(3,)]
    project.run("docs", "generate")
    totals = project.catalog()["totals"]
    assert {name: (one["index"], one["type"], one["comment"]) for name, one in totals["columns"].items()} == {
        "id": (1, "integer", "the customer"), "name": (2, "text", None), "pieces": (3, "bigint", None),
        "amount": (4, "double precision", None),
    }  # fmt: skip
    assert (totals["metadata"]["type"], totals["metadata"]["comment"]) == (
        "BASE TABLE", "what each customer has ordered"
    )  # fmt: skip
    assert project.catalog()["paid"]["metadata"]["type"] == "VIEW"
    with connected(server) as client:
        client.execute("drop schema shop_postgres cascade")
        client.execute("drop role dbt_reader")
