"""`yunbox holo`: what psycopg has made, as the command line shows it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from tests.waiting import until
from yunbox.testing.server import Server


def holo(data: Path, *words: str, output: str = "json") -> Any:
    command = [sys.executable, "-m", "yunbox", "holo", *words, "--data", str(data), "--output", output]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LookupError(done.stderr)
    return json.loads(done.stdout) if output == "json" else done.stdout


@pytest.fixture
def filled(server: Server) -> Server:
    with connected(server) as client:
        client.execute("create schema if not exists shown; drop table if exists shown.t, shown.p")
        client.execute("""
            create table shown.t (id int primary key, v text)
            with (orientation = 'row', binlog_level = 'replica', storage_mode = 'cold')
        """)
        client.execute("create table shown.p (ds text, v int) partition by list (ds)")
        client.execute("create table shown.p1 partition of shown.p for values in ('1')")
        client.execute("insert into shown.t values (1, 'one'), (2, 'two'); insert into shown.p1 values ('1', 1)")
    return server


def test_tables(filled: Server) -> None:
    found = {one["table"]: one for one in holo(filled.data, "tables")["tables"] if one["schema"] == "shown"}
    assert {name: one["rows"] for name, one in found.items()} == {"t": 2, "p": 0, "p1": 1}
    assert (found["t"]["storage_mode"], found["t"]["orientation"]) == ("cold", "row")
    assert found["t"]["binlog_bytes"] > found["t"]["size_bytes"] > 0
    assert found["p"]["is_partitioned"]
    printed = holo(filled.data, "tables", output="text")
    assert "shown.p1" in printed
    assert "TOTAL cold" in printed


def test_statements(filled: Server) -> None:
    with connected(filled) as client:
        client.execute("set log_min_duration_statement = 0")
        client.execute("select count(*), 'a secret' as slow_one from generate_series(1, 100000)")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            client.execute("select nothing_here from shown.t")
    until(lambda: any("slow_one" in one["query"] for one in holo(filled.data, "slow", "-n", "500")["statements"]), 60)
    slow = holo(filled.data, "slow", "-n", "500")["statements"]
    assert [one["duration"] for one in slow] == sorted((one["duration"] for one in slow), reverse=True)
    assert not any("a secret" in one["query"] for one in slow)
    until(lambda: "nothing_here" in str(holo(filled.data, "slow", "--failed")["statements"]), 60)
    assert len(holo(filled.data, "slow", "-n", "1")["statements"]) == 1
    assert "STATEMENT" in holo(filled.data, "slow", output="text")


def test_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="has not been used"):
        holo(tmp_path, "tables")
    assert holo(tmp_path, "slow")["statements"] == []
