"""Carrying out a change of rows: the engine computes it, and it is written if nobody was faster.

An engine's answer is of a moment that has passed when it comes. So a row is written only if it is what it was then, and
else the whole statement is computed again: no update is lost, whoever else writes, by whichever way. Statements that
change the same table take turns here, so that they do not spoil each other's work.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from yunbox.services.hologres.changes import inserts, updates
from yunbox.services.hologres.changes.answers import answered
from yunbox.services.hologres.changes.asked import Asked
from yunbox.services.hologres.changes.numbers import Numbers
from yunbox.services.hologres.changes.partitions import Into, emptying, overwritten, packed
from yunbox.services.hologres.engines.remote import Remote, bound
from yunbox.services.hologres.session.ports import Column, Context, Plan, Rows
from yunbox.storage.objects.waiting import Turns
from yunbox.storage.rows.attempt import Attempt, Stale, Unlogged
from yunbox.storage.rows.draft import seen
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change, check_not_dynamic
from yunbox.wire.pgwire.datarows import Fields, rows_of
from yunbox.wire.pgwire.report import failure

_TRIES_MAX = 50
_PAUSE_S = 0.002
_PACKING = "yunbox.services.hologres.changes.packing"
_MANY_BYTES = 1 << 16
"""What rows are packed from."""
Write = Callable[[Callable[[Change], Any], Context], Awaitable[Any]]


class Changes:
    """Changes of the rows of one database. ``write`` does a work at once, or tries it out in a block."""

    def __init__(self, store: RowStore, remote: Remote, numbers: Numbers, write: Write) -> None:
        self._store = store
        self._remote = remote
        self._write = write
        self._numbers = numbers
        self.turns = Turns()

    async def run(
        self, plan: Plan, values: Sequence[Any], context: Context, into: Into | None = None, owner: str = ""
    ) -> Rows:
        """Run a statement. ``into`` are the logical partitions that the rows of an INSERT go to; if these are to be
        overwritten, they are emptied in the name of the table's ``owner``.

        Raises PgError, 40001 where others are faster again and again.
        """
        computed = self._remote.renewed(plan, context)
        assert computed.change is not None
        target = computed.change.target
        check_not_dynamic(target)
        async with self.turns.turn(target.oid):
            for number in range(_TRIES_MAX):
                try:
                    if into is not None and into.overwrites:
                        return await self._overwritten(plan, values, context, into, owner)
                    return await self._tried(plan, values, context, into)
                except Unlogged:  # there was no room for a log, which a change needs
                    await self._store.write(lambda change: change.follow(target))
                except Stale:
                    await asyncio.sleep(_PAUSE_S * number)
        raise failure("40001", "could not serialize access due to concurrent update")

    async def _overwritten(self, plan: Plan, values: Sequence[Any], context: Context, into: Into, owner: str) -> Rows:
        """Run an INSERT once whose rows take the place of those of some partitions. Raises PgError, and Stale."""
        computed = self._remote.renewed(plan, context)
        changing = computed.change
        assert changing is not None
        asked = Asked(self._remote, computed, into.of(changing), bound(plan, values), context, self._numbers)
        within = replace(context, user=owner)
        deleting = await self._remote.plan(emptying(changing.target, sorted(into.values)), (), within)
        found = self._remote.renewed(deleting, within)
        assert found.change is not None
        emptied = Asked(self._remote, found, found.change, (), within, self._numbers)
        if inserts.is_packed(asked.changing) and context.block is None:
            packing, store, target = await asyncio.to_thread(import_module, _PACKING), self._store, changing.target
            write = await packed(asked, emptied, packing, store.folder)
            written = await self._write(lambda change: write(change, store.catalogue(change).still(target)), context)
            return answered(written)
        attempt, count = await overwritten(asked, emptied, self._store)
        return await self._written(asked, attempt, answered(count))

    async def _tried(self, plan: Plan, values: Sequence[Any], context: Context, into: Into | None) -> Rows:
        """Run it once. Raises PgError, and Stale, when nothing was done."""
        computed = self._remote.renewed(plan, context)
        changing = computed.change
        assert changing is not None
        asked = Asked(self._remote, computed, changing, bound(plan, values), context, self._numbers)
        if into is not None:
            asked = replace(asked, changing=into.of(changing))
        columns = plan.columns or ()
        if changing.made.kind == "insert":
            return await self._inserted(asked, columns)
        return await self._changed(asked, columns)

    async def _inserted(self, asked: Asked, columns: Sequence[Column]) -> Rows:
        form = Form(asked.changing.target)
        if inserts.is_packed(asked.changing):
            oids = [column.type_oid for column in asked.changing.target.columns]
            messages = asked.messages(await asked.begun(asked.changing.made.sql, oids), len(oids))
            first, size_bytes = [], 0
            async for some in messages:
                first.append(some)
                size_bytes += len(some)
                if size_bytes > _MANY_BYTES:
                    return await self._packed(asked, form, first, messages)
            rows = inserts.proposed_of(rows_of(b"".join(first)), form)
        else:
            rows = await inserts.proposed(asked, form)
        with self._store.reading() as view:
            found = await inserts.settled(asked, rows, seen(view, asked.context.block), form)
        answers = await inserts.returned(asked, found, [one.oid for one in columns]) if columns else []
        return await self._written(asked, found.attempt, answered(len(found.rows), columns, answers))

    async def _packed(self, asked: Asked, form: Form, first: Sequence[bytes], messages: AsyncIterator[bytes]) -> Rows:
        """The same of many rows that all have to be new."""
        target, store = asked.changing.target, self._store
        packing = await asyncio.to_thread(import_module, _PACKING)
        folder = store.folder if asked.context.block is None else None
        writing = await packing.packed(form, first, messages, folder)

        def work(change: Change) -> int:
            return writing(change, store.catalogue(change).still(target))

        return answered(await self._write(work, asked.context))

    async def _changed(self, asked: Asked, columns: Sequence[Column]) -> Rows:
        target, made = asked.changing.target, asked.changing.made
        names = made.columns
        oids = [target.by_name[name].type_oid for name in names] + [one.oid for one in columns]
        rows = await updates.found(asked, oids)
        form = Form(target)
        with self._store.reading() as view:
            await updates.check(asked, rows, view)
            now = seen(view, asked.context.block)
            if made.kind == "update":
                attempt = await updates.updated(asked, rows, now, form)
            else:
                attempt = await updates.deleted(rows, now, form)
        answers: list[Fields] = [fields[len(names) :] for fields in rows.rows.values()] if columns else []
        return await self._written(asked, attempt, answered(len(rows.rows), columns, answers))

    async def _written(self, asked: Asked, attempt: Attempt, answer: Rows) -> Rows:
        target, store = asked.changing.target, self._store

        def work(change: Change) -> int:
            attempt.apply(change, store.catalogue(change).still(target))
            return answer.affected

        await self._write(work, asked.context)
        return answer
