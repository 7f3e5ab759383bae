"""The system catalogue as clients ask for it: psql's backslash commands, and what drivers and tools look up."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.clients.hologres.clients import account, connected, where
from tests.postgres import programs
from yunbox.testing.server import Server

TABLES = """
    DROP SCHEMA IF EXISTS seen CASCADE;
    CREATE SCHEMA seen;
    CREATE TABLE seen.plain (id bigint PRIMARY KEY, name text NOT NULL, n numeric(10,2) DEFAULT 1.5, a int[],
                             v varchar(5));
    CREATE TABLE seen.paired (a int, b date, c timestamptz, PRIMARY KEY (a, b));
    CREATE TABLE seen.keyless (x "char", y jsonb, z uuid);
    CREATE VIEW seen.looked AS SELECT id, name FROM seen.plain;
    COMMENT ON TABLE seen.plain IS 'what is seen';
    COMMENT ON COLUMN seen.plain.n IS 'how many';
"""
COMMANDS = r"""
    \d|\d seen.plain|\d+ seen.plain|\d seen.plain_pkey|\d seen.*|\dt|\dt seen.*
    \dv seen.*|\ds|\dn|\dn+|\du|\du+|\dg|\dT|\l|\dp|\z seen.*|\do|\dc|\dC|\dD|\db|\dx|\dy|\dRp|\dRs|\ddp|\drds|\dF
    \dFd|\dFp|\dFt|\dl|\det|\des|\dew|\deu|\dE|\dP|\dX|\dA|\dA+|\conninfo|\encoding
"""


@pytest.fixture(scope="module")
def tables(server: Server) -> Iterator[Server]:
    with connected(server) as client:
        for statement in TABLES.split(";")[:-1]:
            client.execute(statement)
        yield server
        client.execute("drop schema seen cascade")


def psql(server: Server, *commands: str) -> str:
    """What psql prints, or why it failed."""
    user, password = account(server)
    at = where(server)
    command = [programs() / "psql", "-h", at["host"], "-p", str(at["port"]), "-d", at["dbname"], "-U", user, "-X"]
    given = [part for one in commands for part in ("-c", one)]
    done = subprocess.run([*command, *given], env={"PGPASSWORD": password}, capture_output=True, text=True)
    return done.stdout + done.stderr


def commands() -> list[str]:
    return [one.strip() for line in COMMANDS.strip().splitlines() for one in line.split("|")]


def test_every_command_of_psql_is_answered(tables: Server) -> None:
    found = psql(tables, *commands())
    assert "ERROR" not in found, found[found.index("ERROR") - 300 :][:900]


def test_psql_describes_a_table(tables: Server) -> None:
    lines = [line.strip() for line in psql(tables, r"\d seen.plain").splitlines() if line]
    assert lines == [
        'Table "seen.plain"',
        "Column |         Type         | Collation | Nullable | Default",
        "--------+----------------------+-----------+----------+---------",
        "id     | bigint               |           | not null |",
        "name   | text                 |           | not null |",
        "n      | numeric(10,2)        |           |          | 1.5",
        "a      | integer[]            |           |          |",
        "v      | character varying(5) |           |          |",
        "Indexes:",
        '"plain_pkey" PRIMARY KEY, btree (id)',
    ]


def test_names_and_numbers_of_objects(tables: Server) -> None:
    with connected(tables) as client:
        found = client.execute("select 'seen.plain'::regclass, 'seen.plain'::regclass::oid, 'int4'::regtype::text")
        name, oid, of = found.fetchone() or (None,) * 3
        assert (name, of) == ("seen.plain", "integer")
        found = client.execute("select relname, relkind::text from pg_class where oid = %s::regclass", ("seen.plain",))
        assert found.fetchone() == ("plain", "r")
        assert client.execute("select %s::regclass::text", (str(oid),)).fetchone() == ("seen.plain",)
        client.execute("set search_path to seen")
        assert client.execute("select 'seen.plain'::regclass").fetchone() == ("plain",)


def test_a_block_sees_what_it_has_defined(tables: Server) -> None:
    with connected(tables, autocommit=False) as client:
        client.execute("create table seen.passing (k int primary key)")
        asked = "select count(*) from pg_class where relname like 'passing%'"
        assert client.execute(asked).fetchone() == (2,)
        with connected(tables) as other:
            assert other.execute(asked).fetchone() == (0,)
        client.rollback()
        assert client.execute(asked).fetchone() == (0,)
