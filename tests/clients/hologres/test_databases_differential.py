"""Statements about databases answer what PostgreSQL answers, with its words."""

import re
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from tests.clients.hologres.clients import connected, dropped
from tests.differential import Answer, Ask, connect, through_psycopg
from tests.postgres import PASSWORD, Postgres, running
from yunbox.testing.server import Server

FIRST = (
    "create database one", 'create database "Two"', "create database one", "create database ONE",
    "select datname from pg_database where datname in ('one', 'ONE', 'Two', 'two') order by 1",
    "create role maker createdb login", "create role plain login", "create role members", "grant members to maker",
    "set session authorization plain", "create database three", "drop database one",
    "alter database one owner to plain",
    "alter database one set timezone = 'UTC'", "grant connect on database one to maker", "drop database nowhere",
    "drop database if exists nowhere", "reset session authorization",
    "set session authorization maker", "create database three", "create database four owner plain",
    "create database five owner = members", "drop database one", "alter database three set timezone = 'Asia/Tokyo'",
    "alter database three owner to members", "alter database three owner to plain", "drop database five",
    "reset session authorization",
    "drop role maker", "drop role members",
    "select datname, rolname from pg_database d join pg_roles r on r.oid = datdba where datname in ('one', 'three') "
    "and rolname like 'm%' order by 1",
    "alter database three set statement_timeout = '5s'", "alter database three set search_path = a, \"B\"",
    "alter database three set nonsense = 1", "alter database three set timezone = 'Nowhere/Land'",
    "alter database three set server_version = 'x'", "alter database three reset nonsense",
    "alter database nowhere set timezone = 'UTC'", "alter database three set timezone",
    "alter database three set local timezone = 'UTC'",
    "select setconfig from pg_db_role_setting", "alter database three reset timezone",
    "alter database three set search_path to default", "select setconfig from pg_db_role_setting",
    "alter database three reset all", "select setconfig from pg_db_role_setting",
    "select has_database_privilege('plain', 'three', 'create')", "grant create on database three to plain",
    "select has_database_privilege('plain', 'three', 'create')", "grant connect on database one, nowhere to plain",
    "revoke connect on database one from public", "select has_database_privilege('plain', 'one', 'connect')",
    "select has_database_privilege('nowhere', 'connect')", "drop role plain",
    "select * from one.public.t", "insert into one.public.t values (1)", "create table one.public.t (id int)",
    "drop table one.public.t", "create database one owner nobody", "create database", "drop database",
    "create database x owner postgres owner postgres",
    "begin", "create database inside", "rollback", "begin", "drop database one", "rollback",
    "create database inside; select 1", "select 1; drop database one",
)  # fmt: skip
INSIDE = ("drop database one", "select current_database(), current_catalog", "create table t (id int primary key)",
          "grant select on t to members", "select * from t",
          "select catalog_name from information_schema.schemata limit 1")  # fmt: skip
AFTER = ("drop database one", "drop role members", "select * from t")
LEFT = ("drop database one", "drop database \"Two\"", "drop database three", "drop role plain, maker",
        "drop role members")  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("as-postgres"), options=("--services", "hologres")) as made:
        yield made


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running() as made:
        yield made


def compared(statements: tuple[str, ...], oracle: Ask, other: Ask) -> list[str]:
    """What differs of answers, and of the messages of errors."""
    wrong = []
    for statement in statements:
        expected, got = shown(oracle(statement)), shown(other(statement))
        if not got.agrees(expected, statement) or got.message != expected.message:
            wrong.append(f"{statement}\n  PostgreSQL: {expected}\n  here:       {got}")
    return wrong


def shown(answer: Answer) -> Answer:
    """Both superusers are called the same, and so are numbers."""
    plain = re.sub(r"\b\d{10,}\b|\bpostgres\b", "boss", answer.message)
    return replace(answer, message=plain)


def test_statements_say_what_postgresql_says(own: Server, postgres: Postgres) -> None:
    with connect(postgres) as oracle, connected(own) as client:
        there, here = through_psycopg(oracle), through_psycopg(client)
        wrong = compared(FIRST, there, here)
        with (
            psycopg.connect(
                host=str(postgres.folder), user="postgres", dbname="one", password=PASSWORD, autocommit=True
            ) as oracle_inside,
            connected(own, dbname="one") as client_inside,
        ):
            wrong += compared(INSIDE, through_psycopg(oracle_inside), through_psycopg(client_inside))
            wrong += compared(AFTER, there, here)
        dropped(client, "one")
        oracle.execute("drop database one")  # which waits for who has just left
        wrong += compared(LEFT, there, here)
    assert not wrong, "\n".join(wrong)
