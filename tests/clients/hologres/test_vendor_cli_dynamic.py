"""Dynamic tables by the vendor's commands, hologres-cli (PyPI)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.hologres.clients import connected
from tests.clients.hologres.test_vendor_cli import Commands
from yunbox.testing.server import Server

TABLE = "moving.totals"
QUERY = "SELECT shop, sum(total) AS total FROM moving.sale GROUP BY shop"


@pytest.fixture
def hologres(server: Server, tmp_path: Path) -> Iterator[Commands]:
    with connected(server) as client:
        client.execute("create schema moving; create table moving.sale (shop text, total int)")
        client.execute("insert into moving.sale values ('a', 1), ('a', 2), ('b', 3)")
        client.execute("create extension if not exists hg_toolkit")
    yield Commands(tmp_path, server)
    with connected(server) as client:
        client.execute("drop schema moving cascade")


def test_from_its_making_to_its_end(server: Server, hologres: Commands) -> None:
    hologres("dt", "create", "-t", TABLE, "-q", QUERY, "--freshness", "10 minutes", "--refresh-mode", "full",
             "--no-auto-refresh", "--computing-resource", "local", "--distribution-key", "shop", "--refresh-guc",
             "timezone=GMT-8:00")  # fmt: skip
    [listed] = [one for one in hologres("dt", "list")["rows"] if one["schema_name"] == "moving"]
    assert (listed["refresh_mode"], listed["freshness"], listed["auto_refresh"]) == ("full", "10 minutes", "false")
    hologres("dt", "refresh", TABLE)
    hologres("dt", "refresh", TABLE, "--overwrite", "--mode", "full")
    with connected(server) as client:
        assert sorted(client.execute(f"select * from {TABLE}").fetchall()) == [("a", 3), ("b", 3)]
    shown = {one["property_key"]: one["property_value"] for one in hologres("dt", "show", TABLE)["rows"]}
    assert shown["computing_resource"] == "local" and shown["task_definition"] == QUERY
    assert f"AS\n{QUERY}" in hologres("dt", "ddl", TABLE)["ddl"]
    [base] = hologres("dt", "lineage", TABLE)["rows"]
    assert (base["table_name"], base["dependency"], base["base_table_type"]) == ("sale", "base_table", "r")
    hologres("dt", "alter", TABLE, "--freshness", "1 hours")
    assert "1 hours" in str(hologres("dt", "show", TABLE))
    assert "not supported" in hologres.fails("dt", "refresh", TABLE, "--mode", "incremental")
    hologres("dt", "storage", TABLE)
    hologres("dt", "drop", TABLE, "--confirm")
    assert not [one for one in hologres("dt", "list")["rows"] if one["schema_name"] == "moving"]
