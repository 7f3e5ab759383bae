"""What roles may is what they may in PostgreSQL: the same statements by the same roles, on both sides."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from tests.differential import Answer, Ask, Case, connect, differences, through_psycopg
from tests.postgres import running
from yunbox.testing.server import Server

STATEMENTS = Path(__file__).parent / "statements.sql"
_DATABASE = re.compile(r"\bdatabase yunbox\b")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, as roles are the whole instance's."""
    with Server(tmp_path_factory.mktemp("rights")) as made:
        yield made


def cases() -> list[Case]:
    """The statements, with who asks as statements too."""
    found = []
    for number, line in enumerate(STATEMENTS.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("@"):
            who = f'set session authorization "{text[1:]}"' if len(text) > 1 else "reset session authorization"
            found += [Case("reset search_path", str(number)), Case(who, str(number))]
        elif text and not text.startswith("--"):
            found.append(Case(text, str(number)))
    return found


def as_in_11(ask: Ask) -> Ask:
    """PostgreSQL 15 with what is otherwise in 11: everybody may make things in public."""

    def asked(statement: str) -> Answer:
        return ask(_DATABASE.sub("database postgres", statement))

    return asked


def compared(ask: Ask, superuser: str) -> Ask:
    """Whether a plan may be seen is compared, and not the plan; both superusers are called the same."""

    def asked(statement: str) -> Answer:
        answer = ask(statement)
        rows = tuple(tuple(one and one.replace(superuser, "boss") for one in row) for row in answer.rows)
        answer = replace(answer, rows=rows)
        plain = statement.startswith(("explain", "copy")) and not answer.sqlstate
        return Answer() if plain else answer

    return asked


def test_roles_may_what_they_may_in_postgresql(own: Server) -> None:
    with running() as postgres, connect(postgres) as oracle, connected(own) as client:
        oracle.execute("grant create on schema public to public")
        statements = cases()
        assert len(statements) > 400
        boss = client.execute("select current_user").fetchone()
        assert boss is not None
        there = compared(as_in_11(through_psycopg(oracle)), "postgres")
        wrong, refused = differences(statements, there, compared(through_psycopg(client), boss[0]))
    assert not wrong, "\n".join(wrong)
    assert not refused, "\n".join(refused)


def test_messages_are_postgresqls(own: Server) -> None:
    statements = [
        "create role told login", "create schema telling", "create table telling.t (id int primary key, a text)",
        "create view telling.v as select * from telling.t", "set role told", "select * from telling.t", "reset role",
        "grant usage on schema telling to told", "set role told", "select * from telling.t", "select * from telling.v",
        "select a from telling.t where id = 1", "insert into telling.t values (1, 'a')",
        "update telling.t set a = 'b' where id = 1", "delete from telling.t where id = 1", "truncate telling.t",
        "drop table telling.t", "alter table telling.t add c int", "drop view telling.v", "drop schema telling",
        "create table telling.x (i int)", "create schema more", "create role more", "drop role told",
        "grant select on telling.t to told", "grant usage on schema telling to told",
        "set session authorization nobody", "set role nobody",
        "alter table telling.t owner to told", "reset role", "grant select on telling.t to told",
        "drop role told", "grant told to told", "grant select on telling.t to nobody", "create role told",
    ]  # fmt: skip
    with running() as postgres, connect(postgres) as oracle, connected(own) as client:
        here, there = through_psycopg(client), through_psycopg(oracle)
        for statement in statements:
            expected, got = there(statement), here(statement)
            assert (got.sqlstate, got.message.replace("yunbox", "postgres")) == (expected.sqlstate, expected.message), (
                statement
            )


def test_prepared_statements_follow_rights_at_once(own: Server) -> None:
    with connected(own) as boss, connected(own) as client:
        boss.execute("create role follower login")
        boss.execute("create table followed (id int primary key, v text)")
        boss.execute("insert into followed values (1, 'a')")
        client.execute("set role follower")
        look = "select v from followed where id = %s"
        change = "update followed set v = 'b' where id = %s"
        for _ in range(3):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                client.execute(look, (1,), prepare=True)
            boss.execute("grant select on followed to follower")
            for _ in range(8):
                assert client.execute(look, (1,), prepare=True).fetchone() is not None
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                client.execute(change, (1,), prepare=True)
            boss.execute("grant update on followed to follower")
            for _ in range(8):
                assert client.execute(change, (1,), prepare=True).rowcount == 1
            boss.execute("revoke all on followed from follower")
        client.execute("reset role")
        assert client.execute(look, (1,), prepare=True).fetchone() == ("b",)
        client.execute("set role follower")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute(look, (1,), prepare=True)
