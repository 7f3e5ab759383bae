"""The vendor's commands, hologres-cli (PyPI), whose profile has nothing changed but the endpoint and its port."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hologres_cli.main import cli

from tests.clients.hologres.clients import connected, where
from yunbox.testing.server import Server

SCHEMA = "commanded"
TABLE = f"{SCHEMA}.orders"
COLUMNS = "order_id BIGINT NOT NULL, user_id INT, amount DECIMAL(10,2), created_at TIMESTAMPTZ"


class Commands:
    """``hologres ...``, and what it answers."""

    def __init__(self, home: Path, server: Server, **more: Any) -> None:
        at = where(server)
        profile = {"name": "here", "endpoint": at["host"], "port": at["port"], "database": at["dbname"],
                   "auth_mode": "ram", "access_key_id": server.access_key_id, "connection_mode": "jdbc",
                   "access_key_secret": server.access_key_secret, "output_format": "json", **more}  # fmt: skip
        self._home = home
        (home / ".hologres").mkdir()
        config = {"current": "here", "profiles": [profile], "meta_path": ""}
        (home / ".hologres" / "config.json").write_text(json.dumps(config))

    def run(self, *words: str) -> dict[str, Any]:
        """The answer, be it one or an error."""
        done = CliRunner(env={"HOME": str(self._home)}).invoke(cli, list(words), catch_exceptions=False)
        return json.loads(done.output)

    def __call__(self, *words: str) -> Any:
        """What has been done, or found."""
        said = self.run(*words)
        assert said["ok"], said
        return said["data"]

    def fails(self, *words: str) -> str:
        """What it complains of."""
        said = self.run(*words)
        assert not said["ok"], said
        return said["error"]["message"]


@pytest.fixture(scope="module")
def hologres(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with connected(server) as client:
        client.execute(f"create schema {SCHEMA}")
        client.execute("create extension if not exists hg_toolkit")
        made = Commands(tmp_path_factory.mktemp("home"), server)
        made("table", "create", "--name", TABLE, "--columns", COLUMNS, "--primary-key", "order_id", "--orientation",
             "column", "--distribution-key", "order_id", "--clustering-key", "created_at:asc", "--ttl",
             "7776000")  # fmt: skip
        client.execute(f"comment on column {TABLE}.user_id is 'who bought'")
        yield made
        client.execute(f"drop schema {SCHEMA} cascade")


def test_status(hologres: Commands, server: Server) -> None:
    said = hologres("status")
    assert (said["status"], said["database"]) == ("connected", where(server)["dbname"])
    assert said["version"].startswith("Hologres ")
    assert hologres("warehouse")["rows"] == []
    assert int(hologres("instance")["max_connections"]) >= 1200


def test_a_wrong_key_is_told(server: Server, tmp_path: Path) -> None:
    assert "password authentication failed" in Commands(tmp_path, server, access_key_secret="wrong").fails("status")


def test_schema(hologres: Commands) -> None:
    [listed] = hologres("table", "list", "-s", SCHEMA)["rows"]
    assert (listed["schema"], listed["table_name"]) == (SCHEMA, "orders")
    for shown in (hologres("schema", "describe", TABLE), hologres("table", "show", TABLE)):
        assert shown["primary_key"] == ["order_id"]
        assert [(one["column_name"], one["data_type"], one["is_nullable"]) for one in shown["columns"]] == [
            ("order_id", "bigint", "NO"), ("user_id", "integer", "YES"), ("amount", "numeric", "YES"),
            ("created_at", "timestamp with time zone", "YES"),
        ]  # fmt: skip
        assert shown["columns"][1]["comment"] == "who bought"
    assert "CREATE TABLE commanded.orders" in hologres("schema", "dump", TABLE)["ddl"]
    found = {one["property_key"]: one["property_value"] for one in hologres("table", "properties", TABLE)["rows"]}
    assert found.items() >= {"orientation": "column", "clustering_key": "created_at:asc",
                             "time_to_live_in_seconds": "7776000"}.items()  # fmt: skip


def test_rows(hologres: Commands, tmp_path: Path) -> None:
    hologres("sql", "run", "--write", f"INSERT INTO {TABLE} VALUES (1, 2, 3.5, '2026-01-02'), (2, 3, 4, NULL)")
    assert hologres("sql", "run", f"SELECT order_id, amount FROM {TABLE} ORDER BY 1 LIMIT 5")["rows"] == [
        {"order_id": 1, "amount": "3.50"}, {"order_id": 2, "amount": "4.00"}
    ]  # fmt: skip
    assert hologres("data", "count", TABLE, "--where", "user_id = 3")["count"] == 1
    assert "Fixed Plan" in hologres("sql", "explain", f"SELECT * FROM {TABLE} WHERE order_id = 1")["plan"][0]
    file = str(tmp_path / "orders.csv")
    hologres("data", "export", TABLE, "-f", file)
    assert Path(file).read_text().splitlines()[0] == "order_id,user_id,amount,created_at"
    assert hologres("data", "import", TABLE, "-f", file, "--truncate")["rows"] == 2
    assert hologres("table", "size", TABLE)["size_bytes"] > 0
    assert "missing" in hologres.fails("sql", "run", "SELECT 1 FROM missing LIMIT 1")


def test_a_table_is_altered_and_dropped(hologres: Commands) -> None:
    name = f"{SCHEMA}.more"
    hologres("table", "create", "--name", name, "--columns", "id TEXT NOT NULL, n INT", "--primary-key", "id",
             "--orientation", "row", "--binlog", "replica", "--binlog-ttl", "86400")  # fmt: skip
    hologres("table", "alter", name, "--add-column", "a INT", "--add-column", "b TEXT", "--ttl", "3600")
    hologres("table", "alter", name, "--rename-column", "a:c")
    hologres("table", "alter", name, "--bitmap-columns", "n:on,b:off")
    found = {one["property_key"]: one["property_value"] for one in hologres("table", "properties", name)["rows"]}
    assert found.items() >= {"time_to_live_in_seconds": "3600", "binlog.level": "replica"}.items()
    assert [one["column_name"] for one in hologres("table", "show", name)["columns"]] == ["id", "n", "c", "b"]
    assert 'role "nobody" does not exist' in hologres.fails("table", "alter", name, "--owner", "nobody")
    hologres("table", "truncate", name, "--confirm")
    hologres("table", "drop", name, "--confirm")
    assert len(hologres("table", "list", "-s", SCHEMA)["rows"]) == 1


def test_extensions_and_settings(hologres: Commands, server: Server) -> None:
    with connected(server) as client:
        client.execute("drop extension if exists hive_compatible")
    hologres("extension", "create", "hive_compatible")
    assert "hive_compatible" in {one["name"] for one in hologres("extension", "list")["rows"]}
    shown = {one["param"]: one["value"] for one in hologres("guc", "list")["rows"]}
    assert shown["optimizer_join_order"] == "exhaustive"
    assert shown["hg_experimental_enable_result_cache"] == "on"
    assert {name for name, value in shown.items() if "not available" in value} == {
        "hg_foreign_table_executor_max_dop", "hg_experimental_functions_use_pg_implementation"
    }  # fmt: skip
    hologres("guc", "set", "optimizer_join_order", "query")
    assert hologres("guc", "show", "optimizer_join_order")["value"] == "query"
    hologres("guc", "reset", "optimizer_join_order")
    assert hologres("guc", "show", "optimizer_join_order")["value"] == "exhaustive"
    assert "is not supported" in hologres.fails("guc", "set", "hg_experimental_encryption_options", "AES256,key")


def test_views_and_foreign_tables(hologres: Commands, server: Server) -> None:
    with connected(server) as client:
        client.execute(f"create view {SCHEMA}.large as select order_id from {TABLE} where amount > 100")
    assert {"view_name": "large"}.items() <= hologres("view", "list", "-s", SCHEMA)["rows"][0].items()
    assert "amount" in str(hologres("view", "show", f"{SCHEMA}.large"))
    assert hologres("foreign", "list", "-s", SCHEMA)["rows"] == []
