"""What DBeaver, Metabase, Superset and Tableau ask when they connect and are browsed: rows as PostgreSQL gives them.

Columns are compared that both servers have, as PostgreSQL 15 has others than 11; numbers of objects are not, nor what
says where their rows lie. As the superuser, and as one who may read one table.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from tests.differential import Answer, Ask, connect, through_psycopg
from tests.postgres import running
from yunbox.testing.server import Server

STATEMENTS = Path(__file__).with_name("tools.sql")
MADE = """
    create schema tool; create role tool_reader;
    create table tool.orders (id bigint primary key, customer text not null, total numeric(10,2) default 1.5,
                              tags int[], at timestamptz);
    create table tool.lines (order_id bigint, line int, note varchar(20), primary key (order_id, line));
    create table tool.counted (id serial primary key, v text);
    create view tool.totals as select id, total from tool.orders;
    comment on table tool.orders is 'what was ordered'; comment on column tool.orders.total is 'in euros';
    insert into tool.orders (id, customer) values (1, 'a'), (2, 'b');
    grant usage on schema tool to tool_reader; grant select on tool.orders to tool_reader;
    grant insert (id, v) on tool.counted to tool_reader
"""
_LAID_OUT = frozenset((
    "relpages", "reltuples", "relallvisible", "relfrozenxid", "relminmxid", "relhasrules", "relchecks", "relreplident",
    "relacl", "nspacl", "attcacheoff", "attcompression", "attstattarget", "estimated_row_count", "indcheckxmin",
    "rolconfig", "rolpassword", "attidentity", "attgenerated", "adbin", "conbin", "attmissingval", "relrowsecurity",
    "attacl", "connoinherit", "amtype", "relhasindex", "reloptions", "relam",
))  # fmt: skip
"""What is of the layout of rows on disk, or tells who is the superuser."""
_OIDS = frozenset((26, 24, 28, 1028, 30))


def blocks() -> dict[str, str]:
    """The statements, by whose they are."""
    found = re.split(r"\n\n", STATEMENTS.read_text("utf-8").split("\n\n", 1)[1].strip())
    return {block.split("\n", 1)[0].removeprefix("-- "): block.split("\n", 1)[1] for block in found}


@pytest.fixture(scope="module")
def sides(server: Server) -> Iterator[tuple[Ask, Ask, psycopg.Connection[Any], psycopg.Connection[Any]]]:
    with running() as postgres, connect(postgres) as oracle, connected(server) as client:
        for one in (oracle, client):
            for statement in MADE.split(";"):
                one.execute(statement)
        oracle.execute("analyze")
        yield through_psycopg(oracle), through_psycopg(client), oracle, client
        client.execute("reset role")
        client.execute("drop schema tool cascade")
        client.execute("drop role tool_reader")


def compared(answer: Answer, names: set[str]) -> list[tuple[str | None, ...]]:
    """The rows, of the columns that are compared, as a bag."""
    at = [number for number, (name, of) in enumerate(zip(answer.names, answer.types, strict=True))
          if name in names and name not in _LAID_OUT and of not in _OIDS]  # fmt: skip
    rows = [tuple(row[number] for number in at) for row in answer.rows]
    return sorted(rows, key=lambda row: [(item is not None, item or "") for item in row])


@pytest.mark.parametrize("role", ["", "tool_reader"])
@pytest.mark.parametrize("whose", blocks())
def test_as_in_postgresql(sides: Any, whose: str, role: str) -> None:
    there, here, oracle, client = sides
    for one in (oracle, client):
        one.execute(f"set role {role}" if role else "reset role")
    statement = blocks()[whose]
    if "current-user" in whose:  # tests beside this one have tables too
        statement += " where t.schema = 'tool'"
    expected, got = there(statement), here(statement)
    assert not expected.sqlstate and not got.sqlstate, got
    names = set(expected.names) & set(got.names)
    assert len(names) >= min(len(expected.names), 3)
    assert compared(got, names) == compared(expected, names)
