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
from yunbox.services.hologres.changes.overwrites import Overwrites
from yunbox.services.hologres.changes.overwritten import filling, overwritten, parts_asked
from yunbox.services.hologres.definitions import read
from yunbox.services.hologres.definitions.accounts import NO_ACCOUNTS, Accounts
from yunbox.services.hologres.definitions.analyze import Analyze
from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.database_settings import SetForDatabase
from yunbox.services.hologres.definitions.databases import CreateDatabase, DropDatabase, used
from yunbox.services.hologres.definitions.filled import CreateTableAs
from yunbox.services.hologres.definitions.foreign import CreateForeignTable, ImportForeignSchema
from yunbox.services.hologres.definitions.modelled import CreateTableLike
from yunbox.services.hologres.definitions.names import written_name
from yunbox.services.hologres.definitions.publications import ForgetProgress
from yunbox.services.hologres.dynamic.definitions import CreateDynamicTable
from yunbox.services.hologres.dynamic.refreshing import Refreshes, Refreshing, read_refreshing
from yunbox.services.hologres.engines.remote import MANY_ROWS, Remote
from yunbox.services.hologres.engines.repeating import repeated
from yunbox.services.hologres.explaining.explained import Explained, explain
from yunbox.services.hologres.fixed.reads import Get
from yunbox.services.hologres.fixed.results import listed_rows
from yunbox.services.hologres.fixed.together import Together
from yunbox.services.hologres.fixed.values import Row
from yunbox.services.hologres.foreign.source import Known, Source
from yunbox.services.hologres.rebuilding.runs import Rebuilds
from yunbox.services.hologres.rebuilding.statement import Going, Rebuilding, read_rebuilding
from yunbox.services.hologres.repeated import keeping
from yunbox.services.hologres.session.ports import (
    Affected,
    Context,
    Kind,
    Log,
    LookUp,
    Plan,
    Rows,
    Sink,
    Taking,
    Writes,
)
from yunbox.services.hologres.session.ports import Together as Changing
from yunbox.services.hologres.session.rows import listed_texts, texts
from yunbox.services.hologres.session.unattended import SETTINGS, Background
from yunbox.services.hologres.statements.cursor import moved
from yunbox.services.hologres.statements.explaining import Explain, read_explain
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.services.hologres.statements.overwriting import Asked as Overwritten
from yunbox.services.hologres.statements.overwriting import Called, called, inserting, query_of
from yunbox.services.hologres.statements.parting import Emptying, Parted, emptying, parted
from yunbox.services.hologres.tables.analyzing import looked_at
from yunbox.services.hologres.tables.binlog import Binlog, Named, Slotted
from yunbox.services.hologres.tables.expiring import Expiring
from yunbox.services.hologres.tables.fixed_plans import Asking, FixedPlan, Unfixed, fixed_plan
from yunbox.services.hologres.tables.logical import LogicalPartitions
from yunbox.storage.objects.waiting import in_thread
from yunbox.storage.rows.attempt import Stale
from yunbox.storage.rows.catalogue import Catalogue, version
from yunbox.storage.rows.draft import Block, seen
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rights import Rights, check, rights_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.zones import name_of

T = TypeVar("T")
_LOADING = "yunbox.services.hologres.tables.loading"
"""What COPY needs, and numpy with it, which takes a while to load."""
_FIXED_WORDS = frozenset(("select", "insert", "update", "delete"))


@dataclass(frozen=True, slots=True)
class _Defined:
    """A definition as it was read."""

    definition: Definition


@dataclass(frozen=True, slots=True)
class _Inserting:
    """An INSERT OVERWRITE, or an INSERT that names logical ``parts``, as the INSERT of its rows."""

    plan: Plan
    parts: Parted | None = None


class Tables:
    """An engine for the tables of one database."""

    def __init__(
        self, store: RowStore, further: Remote, source: Source, background: Background,
        accounts: Accounts = NO_ACCOUNTS,
    ) -> None:  # fmt: skip
        self._store = store
        self._source = source
        self._accounts = accounts
        self._further = further
        self._numbers = Numbers(store)
        self._changes = Changes(store, further, self._numbers, self._write_rows)
        self.rebuilds = Rebuilds(store, further, self._numbers, self._scene_of, background)
        self._overwrites = Overwrites(store, further, self._numbers, self._changes.turns)
        self._partitions = LogicalPartitions(store, further, self._changes, self._scene_of)
        self.expiring = Expiring(store, further, self._changes)
        self.refreshes = Refreshes(store, further, self._overwrites, self._scene_of, background)

    async def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        """What a statement is. Raises PgError."""
        return await repeated(text, types, context, self._further, self._planned)

    async def _planned(self, text: str, types: Sequence[int], context: Context) -> Plan:
        [piece] = pieces(text)
        asked = read_explain(piece)
        if asked is not None and parted(asked.text, pieces(asked.text)[0]) is not None:
            raise failure("0A000", "EXPLAIN of INSERT ... PARTITION is not supported")
        if asked is not None and asked.text.lower().startswith("insert overwrite"):
            raise failure("0A000", "EXPLAIN of INSERT OVERWRITE is not supported")
        if asked is not None:
            return await self._explained(asked, types, context)
        refreshing = read_refreshing(piece)
        if refreshing is not None:
            return Plan(Kind.DDL, "REFRESH DYNAMIC TABLE", None, (), refreshing)
        rebuilding = read_rebuilding(piece)
        if isinstance(rebuilding, Rebuilding):
            return Plan(Kind.DDL, "ASYNC REBUILD TABLE", texts("query_id"), (), rebuilding)
        if rebuilding is not None:
            return Plan(Kind.DDL, "RESUME" if rebuilding.on else "SUSPEND", None, (), rebuilding)
        calling = called(piece)
        if calling is not None:
            return Plan(Kind.DDL, "CALL", None, calling.parameters(types), calling)
        parts = parted(text, piece)
        if parts is not None:
            made = await self._further.plan(parts.text, types, context)
            return Plan(Kind.DML, made.tag, made.columns, made.parameters, _Inserting(made, parts))
        emptied = emptying(piece)
        if emptied is not None:
            return Plan(Kind.DDL, "TRUNCATE TABLE", None, (), emptied)
        inserted = inserting(text, piece)
        if inserted is not None:
            made = await self._further.plan(inserted, types, context)
            return Plan(Kind.DML, made.tag, None, made.parameters, _Inserting(made))
        definition = read.read(piece)
        if definition is not None:
            is_filled = isinstance(definition, CreateTableAs) and definition.is_filled
            is_counted = is_filled or isinstance(definition, ForgetProgress)
            return Plan(Kind.DML if is_counted else Kind.DDL, definition.tag, None, (), _Defined(definition))
        if piece.tokens[0].word in _FIXED_WORDS:
            with self._store.reading() as view:
                known = self._store.catalogue(seen(view, context.block))
            found = fixed_plan(text, types, known, Asking.of(context))
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
        table = plan.payload.made.table if isinstance(plan.payload, FixedPlan) else None
        made = Explained(asked, plan, table, planning_ms)
        return Plan(Kind.DDL if made.writes else Kind.EXPLAIN, "EXPLAIN", made.columns, plan.parameters, made)

    def rights(self, role: str, block: Block | None = None) -> Rights:
        """What a role may, as a block sees it."""
        with self._store.reading() as view:
            return rights_of(self._store.catalogue(seen(view, block)), role)

    async def start(self, plan: Plan, values: Sequence[Any], context: Context, first: Taking | None = None) -> Rows:
        """Run a statement. Raises PgError, or a kernel error."""
        if isinstance(plan.payload, FixedPlan):
            given = Row(values, context.style.at(context.now_us), keep=keeping(context.settings))
            try:
                return await self._run(plan, plan.payload, given, context)
            except Unfixed as unfixed:  # a rebuild has given its table another key: it is planned as others are
                other = await self._planned_again(plan, unfixed, context)
            return await self.start(other, values, context, first)
        if isinstance(plan.payload, Explained):
            self._check_explained(plan.payload.plan, context)
            return await explain(plan.payload, values, context, self._further, self.start)
        if isinstance(plan.payload, _Inserting):
            made, parts = plan.payload.plan, plan.payload.parts
            if parts is None:
                return await self._overwrites.run(made, values, context)
            return await self._partitions.insert(made, parts, values, context)
        if isinstance(plan.payload, Emptying):
            return await self._partitions.empty(plan.payload, context)
        if isinstance(plan.payload, Refreshing):
            await self.refreshes.refresh(plan.payload, context)
            return listed_texts(())
        if isinstance(plan.payload, Rebuilding | Going):
            return await self._rebuilt(plan.payload, context)
        if isinstance(plan.payload, Called):
            return await self._called(plan.payload.asked(values), context)
        if isinstance(plan.payload, _Defined):
            return await self._defined(plan.payload.definition, context)
        if plan.writes:
            return await self._changes.run(plan, values, context)
        return await self._further.start(plan, values, context, first)

    async def _planned_again(self, plan: Plan, unfixed: Unfixed, context: Context) -> Plan:
        """The plan of a statement that is fixed no more. Raises PgError where it is another statement by now."""
        try:
            other = await self._further.plan(plan.payload.text, plan.parameters, context)
        except PgError:
            raise unfixed from None
        if (_shapes(other), other.parameters) != (_shapes(plan), plan.parameters):
            raise unfixed
        return other

    def _check_explained(self, plan: Plan, context: Context) -> None:
        """Raise PgError 42501 for a fixed statement that who asks for its plan may not run."""
        if isinstance(plan.payload, FixedPlan):
            with self._store.reading() as view:
                known = self._store.catalogue(seen(view, context.block))
                plan.payload.present(plan, known, Asking.of(context))

    def at_once(self, plan: Plan, user: str) -> LookUp | None:
        """What answers a role's look-up; None for all else, and where it may not."""
        payload = plan.payload
        if not isinstance(payload, FixedPlan) or not isinstance(payload.made.statement, Get):
            return None if isinstance(payload, FixedPlan) else self._further.at_once(plan, user)
        made, store = payload.made, self._store
        if made.refused is not None or made.user != user:
            return None
        at, keys, rendered = made.at, payload.made.statement.keys, payload.made.statement.output.renderer()

        def look_up(values: Sequence[Any], formats: Sequence[int], style: Style) -> tuple[bytes, int] | None:
            found = store.look_up(at, keys(Row(values, style)))
            return None if found is None else (rendered(found, formats, style), len(found))

        return look_up

    def writes_at_once(self, plan: Plan, user: str) -> Writes | None:
        """What runs a role's change by key that gives no rows; None for all else, and where it may not."""
        payload = plan.payload
        if not isinstance(payload, FixedPlan) or plan.columns is not None:
            return None
        made, store = payload.made, self._store
        statement, at = made.statement, made.at
        if isinstance(statement, Get) or made.refused is not None or made.user != user:
            return None

        def writes(values: Sequence[Any], style: Style, affected: Affected) -> None:
            given = Row(values, style)

            def work(change: Change) -> int | None:
                return statement.run(change, given)[0] if version(change) == at else None

            store.submit(work, lambda result, failure: affected(result if failure is None else None))

        return writes

    def together(self, plan: Plan, style: Style) -> Together:
        """What takes the values of a change by key, some after others."""
        return Together(plan.payload.made.statement, style)

    async def write_many(self, plan: Plan, rows: Changing, context: Context) -> list[int] | None:
        """Run a change by key with some values after others, as one work. Raises PgError, when nothing was done."""
        assert isinstance(rows, Together)
        rows.keep, made = keeping(context.settings), plan.payload.made
        at, block, asking = made.at, context.block, Asking.of(context)

        def work(change: Change) -> list[int]:
            statement = made.statement
            if version(change) != at:
                if block is None:
                    raise Stale
                # a block has other definitions, by their version, when it is done for good
                statement = plan.payload.present(plan, self._store.catalogue(change), asking)
                assert not isinstance(statement, Get)
            return rows.run(change, statement)

        try:
            return await self._write_many(work, context)
        except Stale:
            return None

    async def _run(self, plan: Plan, payload: FixedPlan, given: Row, context: Context) -> Rows:
        asking = Asking.of(context)
        if isinstance(payload.made.statement, Get):
            with self._store.reading() as view:
                now = seen(view, context.block)
                get = payload.present(plan, self._store.catalogue(now), asking)
                assert isinstance(get, Get)
                return listed_rows(get.output, get.run(now, given))

        def work(change: Change) -> tuple[int, tuple[bytes, ...]]:
            made = payload.present(plan, self._store.catalogue(change), asking)
            assert not isinstance(made, Get)
            return made.run(change, given)

        affected, rows = await self._write(work, context)
        return listed_rows(payload.made.statement.output, rows, affected=affected)

    async def _rebuilt(self, asked: Rebuilding | Going, context: Context) -> Rows:
        """Have a rebuild begin, go on, or stop. Raises PgError."""
        if isinstance(asked, Going):
            await self.rebuilds.go(asked, context)
            return listed_texts(())
        told: list[Report] = []
        number = await self.rebuilds.submit(asked, context, lambda text: told.append(Report("NOTICE", "00000", text)))
        return listed_texts([[number]] if number else (), notices=told)

    async def _called(self, asked: Overwritten, context: Context) -> Rows:
        """Call hg_insert_overwrite. Raises PgError."""
        if context.block is not None:
            raise failure("25001", "CALL hg_insert_overwrite cannot run inside a transaction block")
        with self._store.reading() as view:
            known = self._store.catalogue(view)
        target = overwritten(asked, known, self._scene_of(context, known), is_unlogged=context.is_unlogged)
        query = query_of(asked.query)
        if target.logical is not None:
            return await self._partitions.overwrite(target, asked, filling(target, query), context)
        try:
            await self._further.plan(query, (), context)  # as it says best what is wrong with it
            plan = await self._further.plan(filling(target, query), (), context, into_parts=True)
        except PgError as error:
            raise PgError(replace(error.report, position=0)) from None
        await self._overwrites.run(plan, (), context, parts_asked(asked, target))
        return listed_texts(())

    async def _defined(self, definition: Definition, context: Context) -> Rows:
        if isinstance(definition, CreateForeignTable | ImportForeignSchema):
            definition = definition.found(Known(self._source, context))
        if isinstance(definition, Analyze):
            definition = await self._analyzed(definition, context)
        if isinstance(definition, SetForDatabase | CreateTableLike):
            definition = definition.now(context.settings)
        if isinstance(definition, CreateDynamicTable):
            definition = definition.under({name: context.settings[name] for name in SETTINGS})
        if isinstance(definition, CreateDatabase | DropDatabase):
            await self._check_alone(definition, context)
        if context.block is not None and not isinstance(definition, Analyze | ForgetProgress):
            if context.block.is_overwriting:
                raise failure("0A000", "INSERT OVERWRITE and DDL in one transaction are not supported")
            context.block.is_defining = True
        if not isinstance(definition, CreateTableAs):
            return await self._define(definition, context)
        if context.block is not None:
            return await self._filled(definition, context)
        block = Block()  # the table and its rows come together, or not at all
        made = await self._filled(definition, replace(context, block=block))
        await self.commit(block)
        return made

    async def _check_alone(self, definition: CreateDatabase | DropDatabase, context: Context) -> None:
        """Raise PgError 25001 within a block, and 55006 for a database that somebody is connected to."""
        if context.block is not None:
            raise failure("25001", f"{definition.tag} cannot run inside a transaction block")
        if isinstance(definition, DropDatabase):
            with self._store.reading() as view:
                known = self._store.catalogue(view)
            found = definition.found(known, self._scene_of(context, known))
            count = await self._further.sessions_of(found.name) if found is not None else 0
            if found is not None and count:
                raise used(found, count)

    async def _analyzed(self, definition: Analyze, context: Context) -> Definition:
        with self._store.reading() as view:
            known = self._store.catalogue(seen(view, context.block))
        scene = self._scene_of(context, known)
        return await looked_at(definition, known, scene, self._store, self._further, context.block)

    async def _filled(self, definition: CreateTableAs, context: Context) -> Rows:
        """Make a table of a query, within a block. Raises PgError."""
        with self._store.reading() as view:
            known = self._store.catalogue(seen(view, context.block))
        filling = definition.filling(known, self._scene_of(context, known))
        made = await self._define(definition, context)
        if not filling:
            return made
        plan = await self._further.plan(filling, (), context)
        return await self._changes.run(plan, (), context)

    async def _define(self, definition: Definition, context: Context) -> Rows:
        asking, fresh, session_user = Asking.of(context), self._fresh(context), context.session_user
        zone = name_of(context.style.zone)

        def work(change: Change) -> tuple[tuple[Report, ...], int]:
            known = self._store.catalogue(change)
            scene = replace(
                self._scene(asking, known), fresh=fresh, session_user=session_user, zone=zone,
                count=lambda one: change.totals(one).rows,
                rows=lambda one: (row for _, row in change.prefixed("rows", one.prefix)),
            )  # fmt: skip
            definition.apply(change, known, scene)
            return tuple(scene.notices), sum(scene.affected)

        notices, affected = await self._write(work, context)
        return listed_texts((), notices=notices, affected=affected)

    def _scene_of(self, context: Context, known: Catalogue) -> Scene:
        return replace(self._scene(Asking.of(context), known), zone=name_of(context.style.zone))

    def _scene(self, asking: Asking, known: Catalogue) -> Scene:
        """Where a definition takes place."""
        return replace(asking.scene(known), accounts=self._accounts)

    def _fresh(self, context: Context) -> frozenset[tuple[str, str]]:
        """The names of the relations that the block has made itself."""
        if context.block is None or context.block.is_empty:
            return frozenset()
        with self._store.reading() as view:
            before = self._store.catalogue(view)
            now = self._store.catalogue(context.block.see(view))
        return frozenset((one.schema, one.name) for oid, one in now.relations.items() if oid not in before.relations)

    async def _write(self, work: Callable[[Change], T], context: Context) -> T:
        work = _unlogged(work) if context.is_unlogged else work
        if context.block is None:
            return await self._store.write(work)
        with self._store.reading() as view:
            return context.block.try_out(view, work)

    async def _write_rows(self, work: Callable[[Change], int], context: Context) -> int:
        """The same of any number of rows; how many they were."""
        count = await self._write_many(work, context)
        await self._settle(count, context)
        return count

    async def _settle(self, count: int, context: Context) -> None:
        """Wait for the copies of tables, for a while, when so many rows were written that others would."""
        if count >= MANY_ROWS and context.block is None:
            await self._further.settle()

    async def _write_many(self, work: Callable[[Change], T], context: Context) -> T:
        """The same of many rows, which must not keep others waiting."""
        work = _unlogged(work) if context.is_unlogged else work
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
        with self._store.reading() as view:
            known = self._store.catalogue(seen(view, context.block))
        scene = self._scene_of(context, known)

        def find(names: Sequence[str]) -> Relation | None:
            return scene.find(known, Name(names[-1], names[0] if len(names) == 2 else ""))

        async def write(work: Callable[[Change, Relation], int]) -> int:
            target = find(table)
            assert target is not None
            store = self._store
            return await self._write_many(lambda change: work(change, store.catalogue(change).still(target)), context)

        async def written(count: int) -> None:
            await self._settle(count, context)

        async def draw(sequence: str, count: int) -> Sequence[int]:
            return await self._numbers.drawn(sequence, count, context.block)

        to = loading.Destination(write, written, self._store.folder, draw)
        made = loading.sink_of(table, columns, options, find, to, context)
        check(known, context.user, made.needs(known))
        return made

    def log(self, table: str, slot: str, context: Context) -> Log:
        """The binlog of a table, as it is named in a text, or else of what a slot follows. Raises PgError."""
        asking = Asking.of(context)
        of = Named(written_name(table)) if table else Slotted(slot)
        return Binlog(self._store, of, lambda known: self._scene(asking, known))


def _shapes(plan: Plan) -> list[tuple[str, int, int]] | None:
    """What a client was told of the columns of a plan, but for which table they are of: only an engine says that."""
    return None if plan.columns is None else [(one.name, one.oid, one.modifier) for one in plan.columns]


def _unlogged(work: Callable[[Change], T]) -> Callable[[Change], T]:
    """A work whose changes are left out of the binlogs of tables."""

    def run(change: Change) -> T:
        before, change.is_unlogged = change.is_unlogged, True
        try:
            return work(change)
        finally:
            change.is_unlogged = before

    return run
