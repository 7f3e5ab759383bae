"""Statements that the engine process runs: one connection to it for each, taken from those that are free.

What is let go of before its end is stopped by closing its connection, which takes no time here.
"""

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yunbox.engine.duck.pipe import Pipe
from yunbox.engine.holo import messages as m
from yunbox.engine.holo.config import SOCKET
from yunbox.engine.holo.reads import identifier
from yunbox.engine.holo.values import bindable
from yunbox.services.hologres.engines.live import CLIENT, Live
from yunbox.services.hologres.engines.planning import Computed, Planner
from yunbox.services.hologres.engines.scans import NOTHING, scanned
from yunbox.services.hologres.foreign.objects import Objects
from yunbox.services.hologres.foreign.reads import check_select
from yunbox.services.hologres.session.ports import Batch, Context, LookUp, Plan, Rows, Sink, Taking, Writes
from yunbox.services.hologres.session.used import computed
from yunbox.services.hologres.statements.offered import check_offered
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.statistics.kept import Sampled
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.values.codec import Style

_IDLE_MAX = 16
MANY_ROWS = 50_000
"""So many rows are written through to the copies that are read, before who has written them is answered."""
SETTLE_S_MAX = 2.0
"""How long that may take: what is left then is the next statement's to wait for."""


class Link:
    """Connections to the engine of a data folder."""

    def __init__(self, scratch: Path) -> None:
        self._folder = os.open(scratch, os.O_PATH | os.O_DIRECTORY)
        self._path = f"/proc/self/fd/{self._folder}/{SOCKET}"  # short, however long the folder's own is
        self._idle: list[Pipe] = []

    async def take(self) -> Pipe:
        """A free connection, or a new one; while the engine is started again it waits. Raises PgError 57P03."""
        while self._idle:
            pipe = self._idle.pop()
            if not pipe.closed:
                return pipe
        try:
            _, pipe = await asyncio.get_running_loop().create_unix_connection(Pipe, self._path)
        except OSError as error:
            raise failure("57P03", f"the engine cannot be reached: {error.strerror}") from None
        return pipe

    def give_back(self, pipe: Pipe) -> None:
        """A connection is free again."""
        if len(self._idle) < _IDLE_MAX:
            self._idle.append(pipe)
        else:
            pipe.close()

    def close(self) -> None:
        """Hang up."""
        for pipe in self._idle:
            pipe.close()
        os.close(self._folder)


class EngineEnded(PgError):
    """The engine has gone with a statement that it ran."""

    def __init__(self) -> None:
        super().__init__(Report("ERROR", "58000", "the engine ended unexpectedly while it ran this statement"))


class Running:
    """A statement that runs."""

    def __init__(self, link: Link, pipe: Pipe) -> None:
        self.affected = 0
        self.notices = ()
        self.positions: Mapping[int, int] = {}
        self.selected: Sequence[m.Selected] = ()
        self._first: Batch | None = None
        self._ahead: m.Take | None = None
        """What is asked for again and again, each time as soon as there is an answer: all rows are streamed."""
        self._link = link
        self._pipe: Pipe | None = pipe

    async def begin(self, request: m.Run) -> None:
        """Have the engine begin. Raises PgError."""
        begun = m.started_of(await self._asked(request))
        self.affected, self.positions, self.selected = begun.affected, begun.positions, begun.selected
        computed(begun.compute_s)
        if begun.first is not None:
            self._ahead = request.first if request.first is not None and not request.first.rows_max else None
            self._first = await self._batch(begun.first)
        if request.columns is None:
            self._done()

    async def settle(self) -> None:
        """Wait until copies have what was written. Raises PgError."""
        m.started_of(await self._asked(m.Settle()))
        self._done()

    async def sample(self, request: m.Sample) -> tuple[Sampled, ...]:
        """What is found of a table's columns. Raises PgError."""
        found = m.found_of(await self._asked(request))
        computed(found.compute_s)
        self._done()
        return found.columns

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        """The next rows. Raises PgError."""
        first, self._first = self._first, None
        if first is not None:
            return first
        if self._pipe is None:
            return Batch(b"", 0, True)
        request = None if self._ahead is not None else m.Take(rows_max, tuple(formats), style)
        found = m.rows_of(await self._asked(request))
        computed(found.compute_s)
        return await self._batch(found)

    async def _batch(self, rows: m.Rows) -> Batch:
        if rows.is_last:
            self._done()
        elif self._ahead is not None and self._pipe is not None:
            with contextlib.suppress(ConnectionError):  # who takes the answer is told
                await self._pipe.send(m.packed(self._ahead))
        return Batch(rows.data, rows.count, rows.is_last)

    async def _asked(self, request: m.Request | None) -> bytes:
        """The engine's answer, to what it was asked before if it is asked for nothing now.

        A failure that it tells of leaves the connection free.
        """
        pipe = self._pipe
        assert pipe is not None
        try:
            if request is not None:
                await pipe.send(m.packed(request))
            answer = await pipe.receive()
        except ConnectionError:
            self.close()
            raise EngineEnded from None
        except BaseException:
            self.close()
            raise
        if m.is_failure(answer):
            self._done()
        return answer

    def _done(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            self._link.give_back(pipe)

    def close(self) -> None:
        """Stop it, if it has not come to its end."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()


def bound(plan: Plan, values: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a plan's parameters, as the engine takes them."""
    return tuple(map(bindable, plan.parameters, values))


class Remote:
    """Plans statements here, and has the engine process run them."""

    def __init__(self, planner: Planner, link: Link, objects: Objects, live: Live | None = None) -> None:
        self._planner = planner
        self._objects = objects
        self._live = live
        self._link = link

    async def plan(self, text: str, types: Sequence[int], context: Context, *, into_parts: bool = False) -> Plan:
        """What a statement is; ``into_parts`` lets one insert into a partitioned table. Raises PgError."""
        return self._planner.plan(text, types, context, into_parts=into_parts)

    def repeated(self, plan: Plan, context: Context) -> Plan | None:
        """A plan of before for the same text once more; None where that would be another one now. Raises PgError."""
        return self._planner.repeated(plan, context)

    async def start(self, plan: Plan, values: Sequence[Any], context: Context, first: Taking | None = None) -> Rows:
        """Have it begin. Raises PgError."""
        computed = self.renewed(plan, context)
        for name, value, local in computed.assigned:
            check_offered(name, value)
            context.assign(name, value, local)
        columns = tuple(one.oid for one in plan.columns) if plan.columns is not None else None
        take = m.Take(first.rows_max, first.formats, first.style) if first is not None and columns is not None else None
        return await self.run(computed, computed.sql, columns, bound(plan, values), context, first=take)

    def renewed(self, plan: Plan, context: Context) -> Computed:
        """A plan of this engine, as one for now. Raises PgError."""
        self._planner.renew(plan, context)
        computed = plan.payload
        assert isinstance(computed, Computed)
        for one in computed.foreign:
            check_select(one.table, context)
        if computed.files:
            computed.found = tuple(self._objects.found(one, context) for one in computed.files)
        return computed

    async def run(
        self,
        computed: Computed,
        sql: str,
        columns: tuple[int, ...] | None,
        values: tuple[Any, ...],
        context: Context,
        given: Mapping[str, m.Given] = NOTHING,
        before: str = "",
        first: m.Take | None = None,
    ) -> Running:
        """Have some SQL of a plan begin, which may read rows that are given beside by names. Raises PgError.

        ``before`` is put before it; ``first`` is what is taken first of it, if that is known.
        """
        found = scanned(sql, computed, context.block, given)
        system = await self._live.brought(computed.system, context) if self._live is not None else computed.system
        request = m.Run(
            found.sql, columns, values, computed.settings, found.copies, found.given, system,
            tuple(one for one in computed.foreign if identifier(one.token) in sql),
            tuple(one for one in computed.found if identifier(one.token) in sql), before, first,
        )  # fmt: skip
        try:
            return await self._begun(request)
        except EngineEnded:  # by another's statement, perhaps: this one has given nothing yet
            return await self._begun(request)

    async def sessions_of(self, database: str) -> int:
        """How many sessions of the instance have a database."""
        rows = await self._live.sessions() if self._live is not None else ()
        return sum(1 for one in rows if one["datname"] == database and one["backend_type"] == CLIENT)

    async def settle(self) -> None:
        """Much was written: wait until statements find it in the copies that they read, though not for long."""
        with contextlib.suppress(PgError, TimeoutError):  # who reads brings up copies anyway
            running = Running(self._link, await self._link.take())
            async with asyncio.timeout(SETTLE_S_MAX):
                await running.settle()

    async def sample(self, request: m.Sample) -> tuple[Sampled, ...]:
        """What is found of a table's columns. Raises PgError."""
        try:
            return await Running(self._link, await self._link.take()).sample(request)
        except EngineEnded:
            return await Running(self._link, await self._link.take()).sample(request)

    async def _begun(self, request: m.Run) -> Running:
        running = Running(self._link, await self._link.take())
        await running.begin(request)
        return running

    def at_once(self, plan: Plan, user: str) -> LookUp | None:
        """Nothing is, as another process has to be asked."""
        return None

    def writes_at_once(self, plan: Plan, user: str) -> Writes | None:
        """Nothing is, as it has no tables."""
        return None

    async def commit(self, block: Block) -> None:
        """Nothing that it runs is a part of a block."""

    async def sink(
        self, table: Sequence[str], columns: Sequence[str], options: dict[str, Any], context: Context
    ) -> Sink:
        """Raises PgError 0A000: there are no tables."""
        raise failure("0A000", "COPY FROM is not supported")

    def close(self) -> None:
        """Hang up."""
        self._link.close()
