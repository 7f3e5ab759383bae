"""The vendor's server for agents, hologres-mcp-server (PyPI), which is asked what an agent asks, by its protocol."""

import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.environments import environment
from tests.clients.hologres.clients import connected, where
from yunbox.testing.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Agent:
    """Who asks it: JSON-RPC by lines, one question at a time."""

    def __init__(self, program: str, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, **env},
        )  # fmt: skip
        self._numbers = itertools.count(1)
        who = {"name": "test", "version": "1"}
        self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=who)
        self._say(method="notifications/initialized")

    def _say(self, **message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._say(id=number, method=method, params=params)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{") and (said := json.loads(line)).get("id") == number:
                return said.get("result") or said
        raise AssertionError(f"it ended with {self._process.wait(30)}")

    def __call__(self, tool: str, **arguments: Any) -> str:
        """What a tool says."""
        return self.ask("tools/call", name=tool, arguments=arguments)["content"][0]["text"]

    def read(self, uri: str) -> str:
        """A resource."""
        return self.ask("resources/read", uri=uri)["contents"][0]["text"]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def agent(server: Server) -> Iterator[Agent]:
    at = where(server)
    with connected(server) as client:
        client.execute("create schema asked")
        client.execute("create extension if not exists hg_toolkit")
        made = Agent(str(environment("mcp") / "hologres-mcp-server"), {
            "HOLOGRES_HOST": at["host"], "HOLOGRES_PORT": str(at["port"]), "HOLOGRES_DATABASE": at["dbname"],
            "HOLOGRES_USER": server.access_key_id, "HOLOGRES_PASSWORD": server.access_key_secret,
        })  # fmt: skip
        yield made
        made.close()
        client.execute("drop schema asked cascade")


def test_a_conversation(agent: Agent) -> None:
    table = {"schema_name": "asked", "table": "t"}
    assert "success" in agent("execute_hg_ddl_sql", query="create table asked.t (a int primary key, b text)")
    assert "2 rows affected" in agent("execute_hg_dml_sql", query="insert into asked.t values (1, 'x'), (2, 'y')")
    assert agent("execute_hg_select_sql", query="select * from asked.t order by a") == "a,b\n1,x\n2,y"
    assert agent("execute_hg_select_sql_with_serverless", query="select count(*) from asked.t") == "count\n2"
    assert "asked" in agent("list_hg_schemas")
    assert "t," in agent("list_hg_tables_in_a_schema", schema_name="asked")
    assert "CREATE TABLE asked.t" in agent("show_hg_table_ddl", **table)
    assert "Successfully" in agent("gather_hg_table_statistics", **table)
    assert "Fixed Plan" in agent("get_hg_query_plan", query="select * from asked.t where a = 1")
    assert "Execution Time" in agent("get_hg_execution_plan", query="select b, count(*) from asked.t group by b")
    assert "**orientation**: column" in agent("get_hg_table_properties", **table)
    assert "shard_count" in agent("get_hg_table_shard_info", **table)
    assert "Total" in agent("get_hg_table_storage_size", **table)
    assert "image/png" in agent("query_and_plotly_chart", query="select a, a * 2 as c from asked.t", chart_type="bar",
                                x_column="a", y_column="c")  # fmt: skip


def test_an_instance(agent: Agent) -> None:
    assert "No warehouses found" in agent("list_hg_warehouses")
    assert "Successfully switched" in agent("switch_hg_warehouse", warehouse_name="serverless")
    assert "not found" in agent("switch_hg_warehouse", warehouse_name="other")
    assert agent("get_hg_guc_config", guc_name="hg_experimental_enable_result_cache").endswith("= on")
    assert "odps_server" in agent("list_hg_external_databases")
    assert "No lock contention" in agent("get_hg_lock_diagnostics")
    assert "\tidle\t" in agent("list_hg_active_queries", state="idle")
    assert "may not exist" in agent("cancel_hg_query", pid=99_999_999)
    assert "No column-level masking" in agent("list_hg_data_masking_rules")
    assert "duration" in agent("get_hg_slow_queries", min_duration_ms=0, limit=2)


def test_what_is_not_here_is_named(agent: Agent) -> None:
    assert "CALL hg_create_query_queue is not supported" in agent(
        "manage_hg_query_queue", action="create", queue_name="q", max_concurrency=3, max_queue_size=4
    )
    assert "function hg_get_warehouse_status is not supported" in agent("get_hg_warehouse_status", warehouse_name="w")
    assert "CALL hg_suspend_warehouse is not supported" in agent(
        "manage_hg_warehouse", action="suspend", warehouse_name="w"
    )


def test_resources(agent: Agent) -> None:
    assert "asked" in agent.read("hologres:///schemas")
    assert agent.read("system:///hg_instance_version")[0].isdigit()
    assert '"t"' in agent.read("hologres:///asked/tables")
    assert "hologres-mcp-server" in agent.read("system:///stat_activity")
    assert "CREATE TABLE asked.t" in agent.read("hologres:///asked/t/ddl")
    assert "Total Rows" in agent.read("hologres:///asked/t/statistic")
    assert "query_id" in agent.read("system:///query_log/latest/2")
    assert agent.read("system:///guc_value/hg_computing_resource").startswith("hg_computing_resource: ")
