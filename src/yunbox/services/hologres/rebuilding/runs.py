"""Rebuilds of tables as they go on behind the sessions that have asked for them.

A rebuild reads the table as it is, writes the new rows to a place that nobody sees, has nobody change the table for the
moment in which it looks whether anybody has, and puts the new table in the place of the old one; where the table has
changed, its rows are read once more, and until then nobody changes it. Source: the vendor's page "REBUILD".
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import msgspec

from yunbox.kernel.errors import KernelError
from yunbox.services.hologres.changes import inserts
from yunbox.services.hologres.changes.asked import Asked
from yunbox.services.hologres.changes.numbers import Numbers
from yunbox.services.hologres.changes.overwrites import unlogged
from yunbox.services.hologres.definitions.base import Scene
from yunbox.services.hologres.engines.remote import Remote
from yunbox.services.hologres.rebuilding.statement import Going, Rebuilding, read_rebuilding
from yunbox.services.hologres.rebuilding.target import Target, target_of
from yunbox.services.hologres.session.ports import Context
from yunbox.services.hologres.session.unattended import SETTINGS, Background, Unattended, unattended
from yunbox.services.hologres.statements.cursor import cut
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.storage.rows import catalogue, staging
from yunbox.storage.rows.catalogue import Catalogue, no_relation, relation_of
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import READ_ONLY, Relation
from yunbox.storage.rows.rebuilds import DOING, DONE, FAILED, SUSPENDED, Rebuild, put_rebuild, rebuild_of, rebuilds
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change, View, read_only
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.calendar import EPOCH_US

_PACKING = "yunbox.services.hologres.changes.packing"
_BYTES_MAX = 1 << 50
_AT_ONCE = 2
_LOG = logging.getLogger("yunbox")


class _Suspended(PgError):
    """Somebody has stopped a rebuild."""

    def __init__(self) -> None:
        super().__init__(Report("ERROR", "57014", "canceling the rebuild due to user request"))


class Rebuilds:
    """The rebuilds of one database. ``scene`` says where a definition takes place."""

    def __init__(
        self, store: RowStore, remote: Remote, numbers: Numbers, scene: Callable[[Context, Catalogue], Scene],
        background: Background,
    ) -> None:  # fmt: skip
        self._store = store
        self._remote = remote
        self._numbers = numbers
        self._scene = scene
        self._background = background
        self._tasks: set[asyncio.Task[None]] = set()
        self._at: set[int] = set()
        """The numbers of the rebuilds that go on here."""
        self._turns = asyncio.Semaphore(_AT_ONCE)

    # -- what sessions ask for

    async def submit(self, asked: Rebuilding, context: Context, tell: Callable[[str], None]) -> str:
        """Have a rebuild begin; its number, or nothing where there is no such table. Raises PgError."""
        if context.block is not None:
            raise failure("25001", "ASYNC REBUILD TABLE cannot run inside a transaction block")
        with self._store.reading() as view:
            known = self._store.catalogue(view)
        scene = self._scene(context, known)
        relation = scene.sought(known, asked.name, lenient=asked.lenient)
        if relation is None:
            tell(scene.notices[-1].message)
            return ""
        if relation.is_read_only:
            raise read_only(relation)
        target_of(asked, relation, known, scene)
        settings = {name: context.settings[name] for name in SETTINGS}
        made = Rebuild(
            time.time_ns(), relation.oid, context.user, asked.text, settings, self._store.holding.process, os.getpid()
        )
        await self._store.write(lambda change: put_rebuild(change, made))
        self._begin(made.number)
        return str(made.number)

    async def go(self, asked: Going, context: Context) -> None:
        """Stop a rebuild, or have it begin anew. Raises PgError 22023, 42501, 55000."""
        number = int(asked.number) if asked.number.isascii() and asked.number.isdigit() else 0

        def work(change: Change) -> None:
            found = rebuild_of(change, number)
            if found is None:
                raise failure("22023", f'there is no rebuild "{asked.number}"')
            scene = self._scene(context, self._store.catalogue(change))
            if found.user != context.user and not scene.rights.is_superuser:
                raise failure("42501", f'permission denied: rebuild "{asked.number}" is of another user')
            put_rebuild(change, self._resumed(found) if asked.on else _stopped(found))

        await self._store.write(work)
        if asked.on:
            self._begin(number)

    def _resumed(self, found: Rebuild) -> Rebuild:
        """A rebuild as this process does it from now on. Raises PgError 55000."""
        if found.state == DONE or (found.state == DOING and self._is_done_by_somebody(found)):
            raise failure("55000", f'rebuild "{found.number}" is {found.state}')
        return msgspec.structs.replace(
            found, state=DOING, steps={}, process=self._store.holding.process, pid=os.getpid()
        )

    def _is_done_by_somebody(self, found: Rebuild) -> bool:
        is_here = found.process == self._store.holding.process
        return found.number in self._at if is_here else staging.is_alive(found.process)

    async def take_over(self) -> None:
        """Go on with the rebuilds of processes that have died."""
        with self._store.reading() as view:
            left = [one.number for one in rebuilds(view) if _is_left(one)]
        for number in left:
            if await self._store.write(lambda change, of=number: self._taken(change, of)):
                self._begin(number)

    def _taken(self, change: Change, number: int) -> bool:
        found = rebuild_of(change, number)
        if found is None or not _is_left(found):
            return False  # another was faster
        put_rebuild(change, self._resumed(found))
        return True

    # -- what goes on

    def _begin(self, number: int) -> None:
        self._at.add(number)
        task = asyncio.create_task(self._run(number))
        task.add_done_callback(lambda _: self._at.discard(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, number: int) -> None:
        async with self._turns:
            run = _Run(self._store, self._remote, self._numbers, self._scene, number)
            try:
                await self._background.run(self._statement(number), run.run)
            except _Suspended:
                await run.release()
            except PgError as error:
                await self._failed(run, error.report.message)
            except KernelError as error:
                await self._failed(run, str(error))
            except Exception:
                _LOG.exception("a rebuild failed")
                await self._failed(run, "internal error")

    def _statement(self, number: int) -> Unattended:
        """What a rebuild is among statements: one that is known by the number that was answered."""
        with self._store.reading() as view:
            known, found = self._store.catalogue(view), rebuild_of(view, number)
        if found is None:
            raise _Suspended
        return Unattended(number, found.statement, "REBUILD TABLE", found.user, known.database.name)

    async def _failed(self, run: "_Run", message: str) -> None:
        try:
            await run.release()
            await run.note(FAILED, message, state=FAILED)
        except (PgError, KernelError, _Suspended):
            _LOG.warning("a rebuild failed, and could not say so: %s", message)


def _is_left(found: Rebuild) -> bool:
    return found.state == DOING and not staging.is_alive(found.process)


def _stopped(found: Rebuild) -> Rebuild:
    if found.state != DOING:
        raise failure("55000", f'rebuild "{found.number}" is {found.state}')
    return msgspec.structs.replace(found, state=SUSPENDED)


class _Run:
    """One rebuild as it goes on."""

    def __init__(
        self, store: RowStore, remote: Remote, numbers: Numbers, scene: Callable[[Context, Catalogue], Scene],
        number: int,
    ) -> None:  # fmt: skip
        self._store = store
        self._remote = remote
        self._numbers = numbers
        self._scene = scene
        self._number = number
        self._step = "prepare"
        self._process_id = 0
        self._places: list[Relation] = []

    async def run(self, process_id: int) -> None:
        """Do it. Raises PgError, _Suspended among them, and kernel errors."""
        self._process_id = process_id
        await self.note(DOING)
        with self._store.reading() as view:
            found = rebuild_of(view, self._number)
        assert found is not None
        [piece] = pieces(found.statement)
        asked = read_rebuilding(piece)
        assert isinstance(asked, Rebuilding)
        context = _context(found, process_id)
        source = await self._store.write(lambda change: self._writable(change, found.oid))
        await self._done("create_tmp_table")
        with self._store.reading() as view:
            known = self._store.catalogue(view)
        target = target_of(asked, source, known, self._scene(context, known))
        await self._done("get_src_table_snapshot", "insert")
        staged, position = await self._filled(target, source, context)
        await self._done("set_readonly")
        locked = await self._store.write(lambda change: self._locked(change, source))
        await self._done("check_snapshot")
        with self._store.reading() as view:
            since = view.changed_since(source, position) if position is not None else None
        if since is None or since:
            await self._done("re-insert")
            staged, _ = await self._filled(target, source, context)
        await self._done("swap")
        await self._store.write(lambda change: self._swapped(change, locked, staged, keeps=asked.keeps))
        await self.note(DONE, state=DONE)

    async def note(self, status: str, message: str = "", *, state: str = DOING) -> None:
        """Say how the present step goes."""

        def work(change: Change) -> None:
            found = self._checked(change)
            noted, pid = found.noted(self._step, status, message), self._process_id or found.pid
            made = msgspec.structs.replace(noted, state=state, pid=pid)
            put_rebuild(change, made)

        await self._store.write(work)

    async def _done(self, *steps: str) -> None:
        """The present step is done, and others come, of which the last takes a while."""
        await self.note(DONE)
        for at, step in enumerate(steps, 1):
            self._step = step
            await self.note(DOING)
            if at < len(steps):
                await self.note(DONE)

    def _checked(self, view: View) -> Rebuild:
        """The rebuild, if it is to go on here. Raises _Suspended."""
        found = rebuild_of(view, self._number)
        if found is None or found.state != DOING or found.process != self._store.holding.process:
            raise _Suspended
        return found

    def _writable(self, change: Change, oid: int) -> Relation:
        """The table, without the lock of one who has died with it. Raises PgError 42P01."""
        present = relation_of(change, oid)
        if present is None:
            raise no_relation(str(oid))
        return _set_read_only(change, present, on=False)

    def _locked(self, change: Change, source: Relation) -> Relation:
        """Have nobody change the table. Raises PgError 40001 where it is another by now."""
        self._checked(change)
        present = relation_of(change, source.oid)
        if present is None:
            raise no_relation(source.name)
        if present != source:
            raise failure("40001", f'relation "{source.name}" was changed by another session at the same time')
        return _set_read_only(change, present, on=True)

    async def _filled(self, target: Target, source: Relation, context: Context) -> tuple[Relation, int | None]:
        """Write the rows to a new place; up to where the log of the table was known that they were read of."""
        store, block = self._store, Block()
        self._discard()
        name = cut(f"tmp_rebuild_new_{self._number}_{source.name}")
        with store.reading() as view:
            block.try_out(view, lambda change: _made_in(change, target.relation, name))
        within = replace(context, block=block)
        names = ", ".join(map(identifier, target.names))
        text = f"INSERT INTO {identifier(source.schema)}.{identifier(name)} ({names}) {target.query}"
        plan = await self._remote.plan(text, (), within)
        computed = self._remote.renewed(plan, within)
        assert computed.change is not None
        asked = Asked(self._remote, computed, computed.change, (), within, self._numbers, _BYTES_MAX)
        staged = await store.write(lambda change: staging.stage(change, target.relation, store.holding))
        store.holding.hold(self, staged)
        self._places.append(staged)
        packing = await asyncio.to_thread(import_module, _PACKING)
        filling = packing.Filling(Form(target.relation), lambda writing: self._written(staged, writing))
        positions: dict[int, int] = {}
        if inserts.is_packed(computed.change):
            oids = [column.type_oid for column in target.relation.columns]
            running = await asked.begun(computed.change.made.sql, oids)
            positions.update(running.positions)
            async for messages in asked.messages(running, len(oids)):
                await filling.take_messages(messages)
        else:
            async for rows in inserts.wholes(asked, target.relation, positions.update):
                await filling.take(rows)
        await filling.flush()
        return staged, positions.get(source.node)

    async def _written(self, staged: Relation, writing: Any) -> int:
        def work(change: Change) -> int:
            self._checked(change)
            return unlogged(change, staged, writing)

        return await self._store.write(work)

    def _swapped(self, change: Change, locked: Relation, staged: Relation, *, keeps: bool) -> None:
        """Put the new table in the place of the old one. Raises PgError 40001, 42P01."""
        self._checked(change)
        present = relation_of(change, locked.oid)
        if present is None:
            raise no_relation(locked.name)
        if present != locked:
            raise failure("40001", f'relation "{locked.name}" was changed by another session at the same time')
        kept_as = cut(f"tmp_rebuild_old_{self._number}_{staged.node}_{locked.name}") if keeps else ""
        catalogue.rebuild(change, present, staged, kept_as)
        staging.settle(change, staged)

    def _discard(self) -> None:
        """Let go of rows that are not to be."""
        self._store.holding.let_go(self)
        nodes = [place.node for place in self._places]
        if nodes:
            self._store.submit(lambda change: staging.discard(change, nodes), lambda result, failure: None)

    async def release(self) -> None:
        """Leave the table as it was."""
        self._discard()

        def work(change: Change) -> None:
            found = rebuild_of(change, self._number)
            present = relation_of(change, found.oid) if found is not None else None
            if present is not None:
                _set_read_only(change, present, on=False)

        await self._store.write(work)


def _made_in(change: Change, relation: Relation, name: str) -> None:
    """Make the table as it is to be within a block, so that rows for it can be planned."""
    oid, node = catalogue.next_oid(change), catalogue.next_node(change)
    catalogue.put(change, msgspec.structs.replace(relation, oid=oid, node=node, name=name, aging=0))


def _set_read_only(change: Change, relation: Relation, *, on: bool) -> Relation:
    if relation.is_read_only == on:
        return relation
    properties = {name: value for name, value in relation.properties.items() if name != READ_ONLY}
    made = msgspec.structs.replace(relation, properties={**properties, READ_ONLY: "true"} if on else properties)
    catalogue.replace(change, relation, made)
    return made


def _context(found: Rebuild, process_id: int) -> Context:
    """Where the expressions of a rebuild are worked out."""
    return unattended(found.user, found.settings, found.number // 1000 - EPOCH_US, process_id)
