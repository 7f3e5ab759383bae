"""Changes drawn by chance, by key and by other than keys, alone and in blocks with savepoints, against PostgreSQL.

After each statement both say the same of it, and now and then both have the same rows: by the engine, and by key.
"""

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from tests.differential import connect
from tests.postgres import running
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
STATEMENTS = 300
TABLES = (
    "create table r (k int primary key, a int, b text)",
    "create table s (k int, j text, v numeric(10, 2), primary key (k, j))",
    "create table n (a int, b text)",
)
STATES = ("select * from r order by k", "select * from s order by k, j", "select * from n order by a, b")
BY_KEY = f"select * from r where k in ({', '.join(map(str, range(140)))})"


@pytest.fixture(scope="module")
def theirs() -> Iterator[Client]:
    with running("timezone=UTC") as server, connect(server) as made:
        yield made


class Drawn:
    """Statements, one after another."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.depth = 0

    def number(self, most: int = 30) -> int:
        return self.chance.randrange(most)

    def word(self) -> str:
        return self.chance.choice(("a", "b", "cc", "d'd", "é"))

    def quoted(self) -> str:
        return "'" + self.word().replace("'", "''") + "'"

    def condition(self) -> str:
        n, m = self.number(), self.number()
        return self.chance.choice((
            f"k = {n}", f"k in ({n}, {m})", f"a > {n}", f"b = {self.quoted()}", f"a % 3 = {n % 3} and k < {m}",
            f"k in (select a from n where b <> {self.quoted()})", "a is null", f"length(b) > 1 or k = {n}",
        ))  # fmt: skip

    def change(self) -> str:
        n, m, word = self.number(), self.number(), self.quoted()
        return self.chance.choice((
            f"insert into r values ({n}, {m}, {word})",
            f"insert into r values ({n}, {m}, {word}), ({m + 30}, {n}, {word}) on conflict do nothing",
            f"insert into r values ({n}, {m}, {word}) on conflict (k) do update set a = excluded.a + 1, b = {word}",
            f"insert into r (k, b) select g, {word} from generate_series({n}, {n + 4}) g on conflict do nothing",
            f"insert into r select g, g, {word} from generate_series({n}, {n + 3}) g on conflict (k) do update"
            f" set a = r.a + excluded.a, b = excluded.b || r.b where r.k <> {m}",
            f"insert into r select max(k) + 1, {m}, {word} from r having max(k) < 60",
            f"update r set a = {m} where {self.condition()}",
            f"update r set a = a + 1, b = b || {word} where {self.condition()} and length(b) < 8",
            f"update r set k = k + 100 where k = {n} and not exists (select 1 from r q where q.k = r.k + 100)",
            f"update r set a = n.a from n where n.a = r.k and n.b = {word}",
            f"update r set b = null where {self.condition()}",
            f"delete from r where {self.condition()}",
            f"delete from r using n where n.a = r.a and n.b = {word}",
            f"insert into s values ({n % 5}, {word}, {m}.5) on conflict (k, j) do update set v = s.v + 0.25",
            "insert into s select k % 5, b, sum(a) / 3.0 from r where b is not null group by 1, 2"
            " on conflict do nothing",
            f"update s set v = v * 2 where v < {m}", f"delete from s where k = {n % 5} and j = {word}",
            f"update s set j = j || 'x' where k = {n % 5} and j = {word} and not exists (select 1 from s o where"
            f" o.k = s.k and o.j = s.j || 'x')",
            f"insert into n values ({n}, {word})", f"insert into n select k, b from r where {self.condition()}",
            f"update n set b = {word} where a = {m}", f"delete from n where a % 4 = {n % 4}",
            f"update r set a = 10 / (a - {m}) where k < {n}", f"insert into r values (null, 1, {word})",
            f"insert into r select {n}, {m}, {word} union all select {n}, {n}, {word}",
        ))  # fmt: skip

    def statement(self) -> str:
        drawn = self.chance.random()
        if drawn < 0.06 and not self.depth:
            self.depth = 1
            return "begin"
        if self.depth and drawn < 0.10:
            self.depth = 0
            return self.chance.choice(("commit", "commit", "rollback"))
        if self.depth and drawn < 0.16:
            self.depth += 1
            return f"savepoint s{self.depth}"
        if self.depth > 1 and drawn < 0.24:
            name = f"s{self.depth}"
            if self.chance.random() < 0.3:
                self.depth -= 1
                return f"release {name}"
            return f"rollback to {name}"
        return self.change()


def said(client: Client, statement: str) -> tuple[Any, ...]:
    """What a client hears of a statement."""
    try:
        cursor = client.execute(statement)
        return (cursor.statusmessage, *(sorted(cursor.fetchall(), key=str) if cursor.description else ()))
    except psycopg.Error as error:
        return (error.sqlstate,)


@pytest.mark.parametrize("seed", range(3))
def test_changes_by_chance(server: Server, theirs: Client, seed: int) -> None:
    with connected(server) as ours:
        theirs.execute("rollback")
        for client in (ours, theirs):
            client.execute("drop schema if exists chance cascade; create schema chance; set search_path to chance")
            for table in TABLES:
                client.execute(table)
        drawn = Drawn(seed)
        for at in range(STATEMENTS):
            statement = drawn.statement()
            heard, wanted = said(ours, statement), said(theirs, statement)
            assert heard == wanted, (at, statement)
            in_failed = theirs.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
            if in_failed:
                drawn.depth = 0
                assert said(ours, "rollback") == said(theirs, "rollback")
            if at % 5 == 0 or in_failed:
                for state in STATES:
                    assert said(ours, state) == said(theirs, state), (at, statement, state)
                assert said(ours, BY_KEY) == said(theirs, BY_KEY), (at, statement)
