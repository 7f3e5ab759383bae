"""What PostgreSQL's JDBC driver says of tables: its DatabaseMetaData, which tools in Java show."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.hologres.clients import account, connected, where
from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

SCHEMA = "driven"
EXPECTED = {
    "catalogs": "driven | yunbox", "schemas": SCHEMA, "tables": "plain TABLE seen | looked VIEW null",
    "columns": "id int8 -5 19 0 NO null | name varchar 12 20 0 NO 'x'::character varying | n numeric 2 10 2 YES null"
    " | a _int4 2003 10 0 YES null",
    "keys": "id 1 plain_pkey", "indexes": "plain_pkey f id", "imported": "", "exported": "", "row identifier": "id",
    "procedures": "", "own types": "looked | plain",
}  # fmt: skip


@pytest.mark.java
@pytest.mark.timeout(900)
def test_the_driver_describes_tables(server: Server, tmp_path: Path) -> None:
    class_path = compile_stories(Path(__file__).with_name("java"), tmp_path)
    with connected(server) as client:
        client.execute(f"drop schema if exists {SCHEMA} cascade")
        client.execute(f"create schema {SCHEMA}")
        client.execute("create database driven")
        client.execute(
            f"create table {SCHEMA}.plain (id bigint primary key, name varchar(20) not null default 'x',"
            " n numeric(10,2), a int[])"
        )
        client.execute(f"comment on table {SCHEMA}.plain is 'seen'")
        client.execute(f"create view {SCHEMA}.looked as select id from {SCHEMA}.plain")
        at = where(server)
        url = f"jdbc:postgresql://{at['host']}:{at['port']}/{at['dbname']}?sslmode=disable"
        done = subprocess.run(
            ["java", "-cp", class_path, "Metadata", url, *account(server), SCHEMA],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        client.execute(f"drop schema {SCHEMA} cascade")
        client.execute("drop database driven")
    assert "FAILED" not in done.stdout
    lines = done.stdout.splitlines()
    for name, said in EXPECTED.items():
        assert (f"{name} | {said}" if said else name) in lines
    assert "a column plain _int4 false 0" in lines
    assert "types true" in lines
