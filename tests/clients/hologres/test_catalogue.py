"""The system catalogue as clients ask for it: psql's backslash commands, and what drivers and tools look up."""

import re
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from tests.clients.hologres.clients import account, connected, where
from tests.postgres import programs, running
from yunbox.testing.server import Server

TABLES = """
    DROP SCHEMA IF EXISTS seen CASCADE;
    CREATE SCHEMA seen;
    CREATE TABLE seen.plain (id bigint PRIMARY KEY, name text NOT NULL, n numeric(10,2) DEFAULT 1.5, a int[],
                             v varchar(5));
    CREATE TABLE seen.paired (a int, b date, c timestamptz, PRIMARY KEY (a, b));
    CREATE TABLE seen.keyless (x real, y jsonb, z uuid);
    CREATE VIEW seen.looked AS SELECT id, name FROM seen.plain;
    COMMENT ON TABLE seen.plain IS 'what is seen';
    COMMENT ON COLUMN seen.plain.n IS 'how many';
"""
COMMANDS = r"""
    \d|\d seen.plain|\d+ seen.plain|\d+ seen.looked|\d seen.plain_pkey|\d seen.*|\dt|\dt+|\dt seen.*|\di+ seen.*
    \dv+ seen.*|\ds|\ds+|\dn|\dn+|\du|\du+|\dg|\df|\df+ abs|\dfa|\dfS ab*|\dT|\dT+|\dTS+ int*|\l|\l+|\dp|\z seen.*|\do
    \doS \|\||\da|\daS sum|\dc|\dcS+|\dC+|\dD|\dDS+|\dO|\dOS+|\db+|\dx|\dx+|\dy|\dRp|\dRp+|\dRs|\dRs+|\ddp|\drds|\dF
    \dFd+|\dFp|\dFt+|\dL+|\dl|\det+|\des+|\dew+|\deu+|\dE+|\dP+|\dX|\dA+|\dAc btree|\dAf|\dAp|\dm+|\dd
    \dconfig *|\sv seen.looked|\conninfo|\encoding|\dAo|\dAo+ btree|\dfn|\dft|\dfw+|\dF+|\dFp+|\dLS|\dS+|\dtisvS *.*
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
    lines = COMMANDS.strip().splitlines()
    return [one.strip().replace("\\|", "|") for line in lines for one in re.split(r"(?<!\\)\|", line)]


def test_every_command_of_psql_is_answered(tables: Server) -> None:
    with connected(tables) as client:  # of which psql asks what it has brought
        client.execute("create extension if not exists hg_binlog")
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


def test_psql_says_what_it_says_of_postgresql(tables: Server) -> None:
    shown = (r"\d seen.plain", r"\d seen.paired", r"\d seen.keyless", r"\d seen.plain_pkey", r"\d seen.looked",
             r"\doS ||", r"\dTS bool", r"\daS sum")  # fmt: skip
    with running() as postgres:
        for statement in TABLES.split(";")[:-1]:
            assert b"ERROR" not in postgres.psql(statement).stderr
        for command in shown:
            script = f"\\pset format aligned\n\\t off\n{command}"
            theirs = postgres.psql(script).stdout.decode()
            assert plain(psql(tables, command)) == plain(theirs), command


def plain(shown: str) -> list[list[str]]:
    """The cells of a printed table, whatever its widths; types that came after PostgreSQL 11 are left out."""
    rows = [[cell.strip() for cell in line.split("|")] for line in shown.splitlines() if line and "---" not in line]
    return sorted(row for row in rows if not re.match(r"\(\d+ rows?\)|pg_mcv_list|Access method|xid8", row[0]))


def test_what_is_not_known_is_refused(tables: Server) -> None:
    refused = (("0A000", "select * from pg_stat_bgwriter"), ("42P01", "select * from pg_catalog.nothing"),
               ("42501", "delete from pg_class"), ("42P06", "create schema information_schema"),
               ("42P01", "select 'nothing'::regclass"),
               ("42704", "select current_setting(name || 'x') from pg_settings"),
               ("0A000", "select set_config('work_mem', '1MB', false) from pg_class"))  # fmt: skip
    with connected(tables) as client:
        for sqlstate, statement in refused:
            with pytest.raises(psycopg.Error) as caught:
                client.execute(statement)
            assert caught.value.sqlstate == sqlstate, statement
        assert client.execute("select set_config('work_mem', '1MB', false)").fetchone() == ("1MB",)
        assert client.execute("show work_mem").fetchone() == ("1MB",)


def test_properties_of_tables_are_rows(tables: Server) -> None:
    with connected(tables) as client:
        found = client.execute(
            "select g.property_value from hologres.hg_table_properties t, hologres.hg_table_group_properties g where "
            "t.property_key = 'table_group' and g.property_key = 'shard_count' and table_namespace = 'seen' and "
            "table_name = 'plain' and t.property_value = g.tablegroup_name"
        )
        assert found.fetchall() == [("1",)]


def test_an_instance_that_is_none_of_several_has_no_warehouse(tables: Server) -> None:
    """As the vendor's clients ask, before they set replicas of a table group or of a warehouse."""
    with connected(tables) as client:
        assert client.execute("select count(*) from hologres.hg_warehouses").fetchone() == (0,)
        asked = "select warehouse_id, warehouse_name, cpu, mem, status, is_default from hologres.hg_warehouses"
        assert client.execute(asked).fetchall() == []


def test_the_version_of_a_schema_goes_up_with_its_columns(tables: Server) -> None:
    asked = """
        select property_value from hologres.hg_table_properties
        where table_name = 'altered' and property_key = 'schema_version'
    """
    with connected(tables) as client:
        client.execute("create table altered (id int primary key, v int) with (storage_mode = 'hot')")
        seen = [client.execute(asked).fetchone()]
        for statement in ("add column w int", "rename column w to x", "drop column x"):
            client.execute(f"alter table altered {statement}")
            seen.append(client.execute(asked).fetchone())
        client.execute("truncate altered")
        client.execute("alter table altered rename to others")
        client.execute("alter table others rename to altered")
        assert [*seen, client.execute(asked).fetchone()] == [("1",), ("2",), ("3",), ("4",), ("4",)]
        client.execute("drop table altered")


def test_where_the_connection_ends(tables: Server) -> None:
    asked = "select inet_server_addr()::text, inet_server_port(), inet_client_addr()::text, inet_client_port()"
    with connected(tables) as client, connected(tables) as other:
        found, others = client.execute(asked).fetchone(), other.execute(asked).fetchone()
        assert found is not None and others is not None
        at = where(tables)
        assert found[:3] == others[:3] == (f"{at['host']}/32", at["port"], "127.0.0.1/32")
        shown = "select client_port from pg_stat_activity where pid = pg_backend_pid()"
        assert (found[3],) == client.execute(shown).fetchone() != other.execute(shown).fetchone() == (others[3],)


def test_what_clients_ask_before_they_describe_a_table(tables: Server) -> None:
    with connected(tables) as client:
        check = "select hologres.hg_internal_check_table_meta(%s)"
        assert client.execute(check, ("seen.plain",)).fetchone() == ("Check meta succeeded",)
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute(check, ("seen.nowhere",))
        client.execute("select hologres.hg_internal_refresh_meta(60)")
        with pytest.raises(psycopg.errors.UndefinedFunction, match=r"function hologres.none_such\(unknown\) does not"):
            client.execute("select hologres.none_such('a')")


def test_functions_of_hologres_own(tables: Server) -> None:
    with connected(tables) as client:
        own, version = client.execute("select hg_version(), version()").fetchone() or ("", "")
        assert re.match(r"Hologres \d+\.\d+\.\d+", own)
        assert version.startswith("PostgreSQL 11.3")
        sizes = "select hologres.hg_relation_size('seen.plain'), pg_relation_size('seen.plain'::regclass)"
        size, same = client.execute(sizes).fetchone() or (None, 0)
        assert size == same
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("select hologres.hg_relation_size('seen.nosuch')")
        with pytest.raises(psycopg.errors.UndefinedFunction):
            client.execute("select seen.hg_relation_size('seen.plain')")
