"""What runs statements on a row store: definitions and fixed plans itself, and all others in a further engine.

A statement that stands alone is written at once, with whatever other sessions write at that moment; one within a block
is tried out, and done when the block is committed.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, TypeVar

from yunbox.services.hologres.changes.changes import Changes
from yunbox.services.hologres.changes.numbers import Numbers
from yunbox.services.hologres.definitions import read
from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.filled import CreateTableAs
from yunbox.services.hologres.engines.remote import Remote
from yunbox.services.hologres.explaining.explained import Explained, explain
from yunbox.services.hologres.fixed.plan import TAGS, Fixed, fixed
from yunbox.services.hologres.fixed.reads import Get
from yunbox.services.hologres.fixed.results import listed_rows
from yunbox.services.hologres.fixed.values import Row
from yunbox.services.hologres.session.ports import Affected, Context, Kind, LookUp, Plan, Rows, Sink, Writes
from yunbox.services.hologres.session.rows import listed_texts
from yunbox.services.hologres.statements.cursor import moved
from yunbox.services.hologres.statements.explaining import Explain, read_explain
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.services.hologres.tables.paths import schemas_of
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.statements import parse
from yunbox.storage.objects.waiting import in_thread
from yunbox.storage.rows.catalogue import Catalogue, no_relation, version
from yunbox.storage.rows.draft import Block, seen
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change, View
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.values.codec import Style

T = TypeVar("T")
_LOADING = "yunbox.services.hologres.tables.loading"
"""What COPY needs, and numpy with it, which takes a while to load."""
_FIXED_WORDS = frozenset(("select", "insert", "update", "delete"))


@dataclass(frozen=True, slots=True)
class _Payload:
    """A fixed statement as it was planned, under which definitions, and how to plan it again under others."""

    at: bytes
    statement: Fixed
    again: Callable[[Catalogue], Fixed]


@dataclass(frozen=True, slots=True)
class _Defined:
    """A definition as it was read."""

    definition: Definition


class Tables:
    """An engine for the tables of one database."""

    def __init__(self, store: RowStore, further: Remote) -> None:
        self._store = store
        self._further = further
        self._numbers = Numbers(store)
        self._changes = Changes(store, further, self._numbers, self._write_many)

    async def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        """What a statement is. Raises PgError."""
        [piece] = pieces(text)
        asked = read_explain(piece)
        if asked is not None:
            return await self._explained(asked, types, context)
        definition = read.read(piece)
        if definition is not None:
            is_counted = isinstance(definition, CreateTableAs) and definition.is_filled
            return Plan(Kind.DML if is_counted else Kind.DDL, definition.tag, None, (), _Defined(definition))
        if piece.tokens[0].word in _FIXED_WORDS:
            found = self._fixed(parse(text), types, context)
            if found is not None:
                return found
        return await self._further.plan(text, types, context)

    async def _explained(self, asked: Explain, types: Sequence[int], context: Context) -> Plan:
        started = time.perf_counter()
        try:
            plan = await self.plan(asked.text, types, context)
        except PgError as error:
            raise PgError(moved(error.report, asked.start)) from None
        planning_ms = (time.perf_counter() - started) * 1000
        table = _table_of(plan.payload.statement) if isinstance(plan.payload, _Payload) else None
        made = Explained(asked, plan, table, planning_ms)
        return Plan(Kind.DDL if made.writes else Kind.EXPLAIN, "EXPLAIN", made.columns, plan.parameters, made)

    def _fixed(self, statement: tree.Node, types: Sequence[int], context: Context) -> Plan | None:
        path = schemas_of(context)

        def again(known: Catalogue) -> Fixed:
            made = fixed(statement, _finder(known, path), types)
            if made is None:
                raise _changed(statement, _finder(known, path))
            return made

        with self._store.reading() as view:
            known = self._store.catalogue(seen(view, context.block))
        found = fixed(statement, _finder(known, path), types)
        if found is None:
            return None
        columns = found.output.columns if found.output is not None else None
        kind = Kind.QUERY if isinstance(found, Get) else Kind.DML
        return Plan(kind, TAGS[type(found)], columns, found.parameters, _Payload(known.version, found, again))

    async def start(self, plan: Plan, values: Sequence[Any], context: Context) -> Rows:
        """Run a statement. Raises PgError, or a kernel error."""
        if isinstance(plan.payload, _Payload):
            return await self._run(plan, plan.payload, Row(values, replace(context.style, now=context.now_us)), context)
        if isinstance(plan.payload, Explained):
            return await explain(plan.payload, values, context, self._further, self.start)
        if isinstance(plan.payload, _Defined):
            return await self._defined(plan.payload.definition, context)
        if plan.writes:
            return await self._changes.run(plan, values, context)
        return await self._further.start(plan, values, context)

    def at_once(self, plan: Plan) -> LookUp | None:
        """What answers a look-up; None for all else."""
        payload = plan.payload
        if not isinstance(payload, _Payload) or not isinstance(payload.statement, Get):
            return self._further.at_once(plan)
        get, at, store = payload.statement, payload.at, self._store

        def look_up(values: Sequence[Any], formats: Sequence[int], style: Style) -> tuple[bytes, int] | None:
            with store.reading() as view:
                if version(view) != at:
                    return None
                found = get.run(view, Row(values, style))
            return get.output.rendered(found, formats, style), len(found)

        return look_up

    def writes_at_once(self, plan: Plan) -> Writes | None:
        """What runs a change by key that gives no rows; None for all else."""
        payload = plan.payload
        if not isinstance(payload, _Payload) or isinstance(payload.statement, Get) or plan.columns is not None:
            return None
        statement, at, store = payload.statement, payload.at, self._store

        def writes(values: Sequence[Any], style: Style, affected: Affected) -> None:
            given = Row(values, style)

            def work(change: Change) -> int | None:
                return statement.run(change, given)[0] if version(change) == at else None

            store.submit(work, lambda result, failure: affected(result if failure is None else None))

        return writes

    async def _run(self, plan: Plan, payload: _Payload, given: Row, context: Context) -> Rows:
        if isinstance(payload.statement, Get):
            with self._store.reading() as view:
                now = seen(view, context.block)
                get = self._present(plan, payload, now)
                assert isinstance(get, Get)
                return listed_rows(get.output, get.run(now, given))

        def work(change: Change) -> tuple[int, tuple[bytes, ...]]:
            made = self._present(plan, payload, change)
            assert not isinstance(made, Get)
            return made.run(change, given)

        affected, rows = await self._write(work, context)
        return listed_rows(payload.statement.output, rows, affected=affected)

    def _present(self, plan: Plan, payload: _Payload, view: View) -> Fixed:
        """The statement under the definitions that hold now. Raises PgError 0A000 where its columns are others."""
        if version(view) == payload.at:
            return payload.statement
        made = payload.again(self._store.catalogue(view))
        columns = made.output.columns if made.output is not None else None
        if columns != plan.columns or made.parameters != plan.parameters:
            raise failure("0A000", "cached plan must not change result type")
        return made

    async def _defined(self, definition: Definition, context: Context) -> Rows:
        if not isinstance(definition, CreateTableAs):
            return await self._define(definition, context)
        if context.block is not None:
            return await self._filled(definition, context)
        block = Block()  # the table and its rows come together, or not at all
        made = await self._filled(definition, replace(context, block=block))
        await self.commit(block)
        return made

    async def _filled(self, definition: CreateTableAs, context: Context) -> Rows:
        """Make a table of a query, within a block. Raises PgError."""
        with self._store.reading() as view:
            known = self._store.catalogue(seen(view, context.block))
        filling = definition.filling(known, Scene(schemas_of(context), context.user))
        made = await self._define(definition, context)
        if not filling:
            return made
        plan = await self._further.plan(filling, (), context)
        return await self._changes.run(plan, (), context)

    async def _define(self, definition: Definition, context: Context) -> Rows:
        path, fresh = schemas_of(context), self._fresh(context)

        def work(change: Change) -> tuple[Report, ...]:
            scene = Scene(
                path, context.user, fresh, count=lambda one: change.totals(one).rows,
                rows=lambda one: (row for _, row in change.prefixed("rows", one.prefix)),
            )  # fmt: skip
            definition.apply(change, self._store.catalogue(change), scene)
            return tuple(scene.notices)

        return listed_texts((), notices=await self._write(work, context))

    def _fresh(self, context: Context) -> frozenset[tuple[str, str]]:
        """The names of the relations that the block has made itself."""
        if context.block is None or context.block.is_empty:
            return frozenset()
        with self._store.reading() as view:
            before = self._store.catalogue(view)
            now = self._store.catalogue(context.block.see(view))
        return frozenset((one.schema, one.name) for oid, one in now.relations.items() if oid not in before.relations)

    async def _write(self, work: Callable[[Change], T], context: Context) -> T:
        if context.block is None:
            return await self._store.write(work)
        with self._store.reading() as view:
            return context.block.try_out(view, work)

    async def _write_many(self, work: Callable[[Change], T], context: Context) -> T:
        """The same of many rows, which must not keep others waiting."""
        if context.block is None:
            return await self._store.write(work)
        with self._store.reading() as view:
            return await in_thread(context.block.try_out, view, work)

    async def commit(self, block: Block) -> None:
        """Do for good what a block has tried out. Raises PgError 40001, or a kernel error."""
        if not block.is_empty:
            await self._store.write(block.redo)

    async def sink(
        self, table: Sequence[str], columns: Sequence[str], options: dict[str, Any], context: Context
    ) -> Sink:
        """Where rows for some columns of a table go. Raises PgError."""
        loading = await asyncio.to_thread(import_module, _LOADING)
        path = schemas_of(context)
        with self._store.reading() as view:
            known = self._store.catalogue(seen(view, context.block))
        find = _finder(known, path)

        async def write(work: Callable[[Change, Relation], int]) -> int:
            target = find(table)
            assert target is not None
            store = self._store
            return await self._write_many(lambda change: work(change, store.catalogue(change).still(target)), context)

        async def draw(sequence: str, count: int) -> Sequence[int]:
            return await self._numbers.drawn(sequence, count, context.block)

        return loading.sink_of(table, columns, options, find, write, draw, context)


def _table_of(statement: Fixed) -> Relation:
    return statement.output.relation if isinstance(statement, Get) else statement.form.relation


def _changed(statement: tree.Node, find: Callable[[Sequence[str]], Relation | None]) -> PgError:
    """A statement that was fixed is none any more: its table is gone, or has other columns."""
    table = statement.sources[0] if isinstance(statement, tree.Select) else getattr(statement, "table", None)
    if isinstance(table, tree.TableRef) and find(table.names) is None:
        return no_relation(".".join(table.names))
    return failure("0A000", "cached plan must not change result type")


def _finder(known: Catalogue, path: Sequence[str]) -> Callable[[Sequence[str]], Relation | None]:
    scene = Scene(path, "")

    def find(names: Sequence[str]) -> Relation | None:
        if len(names) > 2:
            return None
        try:
            return scene.find(known, Name(names[-1], names[0] if len(names) == 2 else ""))
        except PgError:
            return None

    return find
