"""pgbench in all its modes: no transaction fails, and sums are right after changes of the same rows at the same time.

Of its steps of initialisation Hologres has ``d``, ``g`` and ``G``. Its tables are made here, with their primary keys:
``t`` asks for a fillfactor, which is no property of a table there, ``p`` adds a primary key to a table that is made
already, ``f`` foreign keys, and ``v`` is VACUUM.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import account, connected, where
from tests.postgres import programs
from yunbox.testing.server import Server

MODES = ("simple", "extended", "prepared")
CLIENTS, TIMES = 8, 60
TABLES = """
    create table pgbench_branches (bid int primary key, bbalance int, filler char(88)) with (orientation = 'row');
    create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84))
        with (orientation = 'row');
    create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84))
        with (orientation = 'row');
    create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))
"""
NAMES = ("pgbench_branches", "pgbench_tellers", "pgbench_accounts", "pgbench_history")
FILLED = [1, 10, 100_000, 0]
SCRIPTS = {
    "get": "\\set k random(1, 20)\nSELECT id, n FROM counted WHERE id = :k;\n",
    "upsert": "\\set k random(1, 20)\nINSERT INTO counted VALUES (:k, 1)"
    " ON CONFLICT (id) DO UPDATE SET n = counted.n + excluded.n;\n",
    "update": "\\set k random(1, 20)\nUPDATE counted SET n = n + 1 WHERE id = :k;\n",
    "mixed": "\\set k random(1, 20)\nSELECT n FROM counted WHERE id = :k;\n"
    "UPDATE counted SET n = n + 1 WHERE id = :k;\n"
    "SELECT count(*) FROM counted WHERE n >= 0;\n",
}
Client = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create table counted (id int primary key, n int not null) with (orientation = 'row')")
        yield made
        made.execute("drop table counted")


@pytest.fixture(scope="module")
def tables(client: Client) -> Iterator[Client]:
    for statement in TABLES.split(";"):
        client.execute(statement)
    yield client
    for name in NAMES:
        client.execute(f"drop table if exists {name}")


@pytest.fixture(scope="module")
def filled(server: Server, tables: Client) -> Client:
    """The tables, with what client-side initialisation puts into them."""
    done = bench(server, "-i", "-I", "g", "-q")
    assert not done.returncode, done.stderr
    assert [one(tables, f"select count(*) from {name}") for name in NAMES] == FILLED
    return tables


def bench(server: Server, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """What pgbench says."""
    at, (user, password) = where(server), account(server)
    env = {**os.environ, "PGUSER": user, "PGPASSWORD": password, "PGHOST": at["host"], "PGPORT": str(at["port"])}
    command = [programs() / "pgbench", *words, at["dbname"]]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


def ran(server: Server, *words: str | Path, times: int = TIMES) -> None:
    """So many transactions of each client, none of which fails."""
    done = bench(server, "-n", "-c", str(CLIENTS), "-j", "2", "-t", str(times), *words)
    assert not done.returncode, done.stderr
    assert f"number of transactions actually processed: {CLIENTS * times}/{CLIENTS * times}" in done.stdout
    assert "number of failed transactions: 0 (0.000%)" in done.stdout


def one(client: Client, query: str) -> Any:
    found = client.execute(query).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts(server: Server, client: Client, tmp_path: Path, mode: str, script: str) -> None:
    path = tmp_path / "script.sql"
    path.write_text(SCRIPTS[script])
    client.execute("truncate counted")
    client.execute("insert into counted select g, 0 from generate_series(1, 20) g")
    times = TIMES // 6 if script == "mixed" else TIMES  # its last statement is the engine's
    ran(server, "-M", mode, "-f", path, times=times)
    assert one(client, "select sum(n) from counted") == (0 if script == "get" else CLIENTS * times)
    assert one(client, "select count(*) from counted") == 20


@pytest.mark.parametrize("mode", MODES)
def test_its_own_scripts(server: Server, filled: Client, mode: str) -> None:
    """Its look-ups, and TPC-B's blocks: COMMIT fails with 40001 where others were faster, and pgbench tries again."""
    ran(server, "-M", mode, "-S")
    before = one(filled, "select count(*) from pgbench_history")
    done = bench(server, "-n", "-M", mode, "-c", "4", "-j", "2", "-t", "20", "--max-tries", "1000", "-b", "tpcb-like")
    assert not done.returncode, done.stderr
    assert "number of failed transactions: 0 (0.000%)" in done.stdout
    assert one(filled, "select count(*) from pgbench_history") == before + 80
    sums = {one(filled, f"select sum({letter}balance) from pgbench_{name}")
            for letter, name in (("a", "accounts"), ("t", "tellers"), ("b", "branches"))}  # fmt: skip
    assert sums == {one(filled, "select sum(delta) from pgbench_history")}


@pytest.mark.parametrize(
    ("step", "message"),
    [("v", "VACUUM is not supported"), ("p", "ALTER TABLE ... ADD PRIMARY is not supported"),
     ("f", "ALTER TABLE ... ADD CONSTRAINT is not supported")],
)  # fmt: skip
@pytest.mark.usefixtures("filled")
def test_steps_that_hologres_has_not(server: Server, step: str, message: str) -> None:
    done = bench(server, "-i", "-I", step, "-q")
    assert done.returncode
    assert message in done.stderr


def test_tables_are_filled_by_the_server_and_dropped(server: Server, filled: Client) -> None:
    assert not bench(server, "-i", "-I", "G", "-q").returncode
    assert [one(filled, f"select count(*) from {name}") for name in NAMES] == FILLED
    assert not bench(server, "-i", "-I", "d", "-q").returncode
    assert one(filled, "select count(*) from pg_tables where tablename like 'pgbench%'") == 0
    done = bench(server, "-i", "-I", "t", "-q")
    assert done.returncode
    assert 'unrecognized table property "fillfactor"' in done.stderr
    filled.execute("drop table if exists pgbench_history")
