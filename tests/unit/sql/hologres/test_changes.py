"""Changes of rows against PostgreSQL: what RETURNING gives, what the tables are afterwards, or the SQLSTATE."""

from pathlib import Path
from typing import Any

import duckdb
import psycopg

from tests.differential import Answer, Case, cases, differences, through_psycopg
from tests.unit.sql.hologres.planned import Planned
from tests.unit.sql.hologres.tables import CATALOG
from yunbox.engine.holo.faults import report_of
from yunbox.sql.hologres.planner import plan_change
from yunbox.sql.hologres.plans import Change, Plan
from yunbox.wire.pgwire.report import PgError

CASES = cases(Path(__file__).with_name("statements"), "changes.txt")
STATES = {name: f"select * from {name} order by 1, 2" for name in ("shop", "sale")}


class There:
    """PostgreSQL: what a change gives and leaves behind, which is then undone."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.ask = through_psycopg(connection)

    def __call__(self, statement: str) -> Answer:
        self.ask("begin")
        given = self.ask(statement)
        after = [self.ask(state) for state in STATES.values()] if not given.sqlstate else []
        self.ask("rollback")
        return together(given, after)


def together(given: Answer, after: list[Answer]) -> Answer:
    rows = [*sorted(given.rows, key=str), *(row for state in after for row in state.rows)]
    return Answer(given.names, given.types, tuple(rows), given.sqlstate, given.message)


class Here:
    """A plan that is carried out on DuckDB's tables by the plainest means."""

    def __init__(self, planned: Planned) -> None:
        self.planned = planned

    def __call__(self, statement: str) -> Answer:
        duck = self.planned.duck
        duck.execute("begin")
        try:
            made = plan_change(statement, CATALOG)
            given = self.carried_out(made)
            after = [self.planned.ask(state) for state in STATES.values()]
            return together(given, after)
        except PgError as error:
            return Answer(sqlstate=error.report.sqlstate, message=error.report.message)
        except duckdb.Error as error:
            report = report_of(error)
            return Answer(sqlstate=report.sqlstate, message=f"{report.message} {report.detail}")
        finally:
            duck.execute("rollback")

    def run(self, sql: str) -> duckdb.DuckDBPyConnection:
        self.planned.vocabulary.provide(sql)
        return self.planned.duck.execute(sql)

    def carried_out(self, made: Change) -> Answer:
        sql = made.sql
        for read in made.reads:
            sql = sql.replace(f'"{read.token}"', f'(select *, rowid as ctid from "{read.relation.name}")')
        self.run(f"create or replace temp table changed as {sql}")
        names = [f'"c:{at}"' for at in range(1, 1 + len(made.columns) + len(made.returning) + 1)]
        if made.kind == "insert":
            return self.inserted(made, names)
        same = f"{made.target.name}.rowid = changed.{names[0]}"
        if made.kind == "delete":
            self.run(f"delete from {made.target.name} using changed where {same}")
        else:
            new = zip(made.columns, names[1:], strict=False)
            setting = ", ".join(f'"{column}" = changed.{name}' for column, name in new)
            self.run(f"update {made.target.name} set {setting} from changed where {same}")
        returning = ", ".join(names[1 + len(made.columns) :])
        return self.shown(made, f"select {returning} from changed" if returning else "")

    def inserted(self, made: Change, names: list[str]) -> Answer:
        columns = ", ".join(f'"{name}"' for name in made.columns)
        target = made.target.name
        self.run(f"create or replace temp table __rows as select * from {target} limit 0")
        self.run(f"insert into __rows ({columns}) select {', '.join(names[: len(made.columns)])} from changed")
        if made.conflict is not None:
            self.resolved(made)
        self.run(f"insert into {target} select * from __rows")
        return self.shown(made, made.returned)

    def resolved(self, made: Change) -> None:
        """Take rows whose key is taken out of those to be written, and change the old ones."""
        assert made.conflict is not None
        target, keys = made.target.name, made.target.primary_key
        pairs = " and ".join(f'o."{key}" = n."{key}"' for key in keys)
        joined = f"from {target} o join __rows n on {pairs}"
        self.run(f"create or replace temp table __old as select o.*, o.rowid as ctid {joined}")
        self.run(f"create or replace temp table __excluded as select n.*, o.rowid as ctid {joined}")
        self.run(f"delete from __rows n using {target} o where {pairs}")
        if not made.conflict.columns:
            return
        names = ", ".join(f"v{at}" for at in range(len(made.conflict.columns)))
        self.run(f"create or replace temp table new as select * from ({made.conflict.sql}) q(key, {names}, applies)")
        setting = ", ".join(f'"{column}" = v{at}' for at, column in enumerate(made.conflict.columns))
        self.run(f"update {target} set {setting} from new where {target}.rowid = key and applies")

    def shown(self, made: Change, sql: str) -> Answer:
        if not sql:
            return Answer()
        rows = self.planned.rows(Plan(sql, made.result))
        return Answer(tuple(one.name for one in made.result), tuple(one.type for one in made.result), rows)


def test_changes(oracle: psycopg.Connection[Any], planned: Planned) -> None:
    wrong, refused = differences(CASES, There(oracle), Here(planned))
    assert not wrong, "\n".join(wrong)
    assert refused == []


def test_a_change_is_seen(oracle: psycopg.Connection[Any], planned: Planned) -> None:
    other = [Case("delete from sale", "here")]
    wrong, _ = differences(other, There(oracle), lambda _: Here(planned)("delete from sale where shop = 1"))
    assert len(wrong) == 1
