"""Statements planned and run on a DuckDB of this process, as the engine runs them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import duckdb

from tests.differential import Answer
from yunbox.engine.duck.vocabulary import Vocabulary
from yunbox.engine.holo.faults import report_of
from yunbox.engine.holo.system.described import Names
from yunbox.engine.holo.system.moment import Moment
from yunbox.engine.holo.texts import sent, texts_of
from yunbox.engine.holo.values import bindable, fetched, reader
from yunbox.sql.decimals import narrowed
from yunbox.sql.hologres import on_duckdb
from yunbox.sql.hologres.catalog import Column, Relation
from yunbox.sql.hologres.catalogue.types import RECORD
from yunbox.sql.hologres.natives.catalogue import remember
from yunbox.sql.hologres.planner import plan
from yunbox.sql.hologres.plans import Plan
from yunbox.sql.hologres.session import Session
from yunbox.storage.rows.catalogue import PUBLIC, Catalogue
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.types import TYPES

_TEXT = 25


class Tables:
    """A catalogue of tables in memory."""

    def __init__(self, *relations: Relation) -> None:
        self.relations = {(one.schema, one.name): one for one in relations}

    def relation(self, schema: str, name: str) -> Relation | None:
        return self.relations.get((schema, name))

    def by_oid(self, oid: int) -> Relation | None:
        return next((one for one in self.relations.values() if one.oid == oid), None)

    def index(self, schema: str, name: str) -> int | None:
        return None

    def schema_exists(self, name: str) -> bool:
        return name in ("public", "pg_catalog")


class Planned:
    """Asks this package and DuckDB."""

    def __init__(self, catalog: Tables | None = None, session: Session | None = None) -> None:
        self.duck = duckdb.connect()
        self.vocabulary = Vocabulary(self.duck, [on_duckdb])
        self.catalog = catalog or Tables()
        self.session = session or Session()
        remember(self.session.definitions, Names(Moment(Catalogue(b"", {PUBLIC.name: PUBLIC}, {})), None))

    def plan(self, statement: str, types: Sequence[int] = ()) -> Plan:
        return plan(statement, self.catalog, parameters=types, session=self.session)

    def ask(self, statement: str, types: Sequence[int] = (), values: Sequence[Any] = ()) -> Answer:
        try:
            made = self.plan(statement, types)
            rows = self.rows(made, values)
        except PgError as error:
            return Answer(sqlstate=error.report.sqlstate, message=error.report.message)
        except duckdb.Error as error:
            report = report_of(error)
            return Answer(sqlstate=report.sqlstate, message=f"{report.message} {report.detail}")
        return Answer(tuple(one.name for one in made.columns), tuple(one.type for one in made.columns), rows)

    def rows(self, made: Plan, values: Sequence[Any] = ()) -> tuple[tuple[str | None, ...], ...]:
        oids = [_TEXT if one.type == RECORD else one.type for one in made.columns]
        sql = made.sql
        for read in made.reads:
            sql = sql.replace(f'"{read.token}"', f'"{read.relation.name}"')
        given = [bindable(oid, value) for oid, value in zip(made.parameters, values, strict=True)]
        style = self.session.style
        texts = texts_of(oids, (0,) * len(oids), style)
        wrapped = fetched(sql, oids, texts)
        self.vocabulary.provide(wrapped)
        found = self._found(wrapped, given)

        def shown(item: Any, oid: int, text: str | None) -> str | None:
            if item is None or text:
                made = item if item is None else (sent(oid, 0) or bytes)(item)
                return made.decode() if made is not None else None
            return TYPES[oid].codec.write(reader(oid)(item), style)

        return tuple(tuple(map(shown, row, oids, texts)) for row in found)

    def _found(self, sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
        narrow = narrowed(sql)
        if narrow is not None:
            with suppress(duckdb.OutOfRangeException, duckdb.ConversionException):
                return self.duck.execute(narrow, given).fetchall()
        return self.duck.execute(sql, given).fetchall()


def table(name: str, columns: Sequence[tuple[str, int, int]], oid: int = 16384, **more: Any) -> Relation:
    made = tuple(Column(label, of, typmod, number) for number, (label, of, typmod) in enumerate(columns, 1))
    return Relation(oid, "public", name, made, **more)
