"""Refreshes of dynamic tables: when somebody asks for one, and by themselves, while a gateway runs.

A refresh has the rows of the query be all that the table has, as INSERT OVERWRITE does. Any gateway may do it: who
begins one writes that down first, so that no other begins it too; that of a process that has died is begun anew.
Sources: the vendor's pages "REFRESH DYNAMIC TABLE" and "Manage Dynamic Table refresh tasks".
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from yunbox.kernel.errors import KernelError
from yunbox.services.hologres.changes.overwrites import Overwrites
from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.properties import read_properties
from yunbox.services.hologres.dynamic import options
from yunbox.services.hologres.dynamic.definitions import need_dynamic
from yunbox.services.hologres.engines.remote import Remote
from yunbox.services.hologres.session.logged import query_id
from yunbox.services.hologres.session.ports import Context
from yunbox.services.hologres.session.unattended import Background, Unattended, unattended
from yunbox.services.hologres.statements.cursor import Cursor, cut
from yunbox.services.hologres.statements.lexer import Piece
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, relation_of
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.model import VIEW, Relation
from yunbox.storage.rows.refreshes import FAILED, SUCCESS, Refresh, Refreshed, last_refresh, put_refresh, remember
from yunbox.storage.rows.staging import is_alive
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change, View
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.calendar import EPOCH_US

_AT_ONCE = 2
_LOG = logging.getLogger("yunbox")


@dataclass(frozen=True, slots=True)
class Refreshing:
    """REFRESH DYNAMIC TABLE."""

    name: Name
    given: Mapping[str, str]


def read_refreshing(piece: Piece) -> Refreshing | None:
    """This statement; None for others. Raises PgError 42601, 22023, 0A000."""
    if piece.tokens[0].word != "refresh":
        return None
    cursor = Cursor(piece)
    cursor.advance()
    cursor.take("overwrite")
    cursor.need("dynamic", "table")
    name = name_of(cursor)
    if cursor.peek("partition"):
        raise failure("0A000", "dynamic tables with partitions are not supported")
    given, others = options.parted(read_properties(cursor) if cursor.take("with") else {})
    if others:
        raise failure("22023", f'unrecognized parameter "{next(iter(others))}"')
    return cursor.end(Refreshing(name, given))


class Refreshes:
    """The refreshes of one database. ``scene`` says where a definition takes place."""

    def __init__(
        self, store: RowStore, remote: Remote, overwrites: Overwrites, scene: Callable[[Context, Catalogue], Scene],
        background: Background,
    ) -> None:  # fmt: skip
        self._store = store
        self._remote = remote
        self._overwrites = overwrites
        self._scene = scene
        self._background = background
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._at: list[int] = []
        """The OIDs of the tables that are refreshed here now."""

    async def refresh(self, asked: Refreshing, context: Context) -> None:
        """Refresh a table now. Raises PgError."""
        if context.block is not None:
            raise failure("25001", "REFRESH DYNAMIC TABLE cannot run inside a transaction block")
        with self._store.reading() as view:
            known = self._store.catalogue(view)
        scene = self._scene(context, known)
        table = need_dynamic(scene.find(known, asked.name), asked.name)
        scene.check_owns(table)
        began_us = time.time_ns() // 1000
        await self._store.write(lambda change: put_refresh(change, table.oid, self._begun(began_us)))
        number = query_id(context.statement_us, context.process_id)
        try:
            await self._noted(table, number, began_us, self._overwrite(table.oid, asked.given, context.process_id))
        except asyncio.CancelledError:
            await self._keep(table, number, began_us, FAILED, "canceled")
            raise

    def _begun(self, began_us: int) -> Refresh:
        return Refresh(began_us, self._store.holding.process)

    async def look(self) -> None:
        """Begin the refreshes that are due."""
        with self._store.reading() as view:
            known = self._store.catalogue(view)
            now_us = time.time_ns() // 1000
            due = [one.oid for one in known.dynamic if self._is_due(view, one, now_us)]
        for oid in due:
            table = await self._store.write(lambda change, of=oid: self._claimed(change, of))
            if table is not None:
                self._at.append(oid)  # until it has its turn, too
                task = asyncio.create_task(self._by_itself(table, now_us))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _claimed(self, change: Change, oid: int) -> Relation | None:
        """A table that is to be refreshed here, if no other was faster."""
        table, now_us = relation_of(change, oid), time.time_ns() // 1000
        if table is None or not self._is_due(change, table, now_us):
            return None
        put_refresh(change, oid, self._begun(now_us))
        return table

    def _is_due(self, view: View, table: Relation, now_us: int) -> bool:
        if table.dynamic is None:
            return False
        last = last_refresh(view, table.oid)
        is_here = last.process == self._store.holding.process
        if last.process and (table.oid in self._at if is_here else is_alive(last.process)):
            return False  # somebody is at it
        began_us = 0 if last.process else last.began_us  # who was at it has died, or had no room to say how it ended
        due_us = options.due_us(table.dynamic.given, table.dynamic.created_us, began_us)
        return due_us is not None and due_us <= now_us

    async def _by_itself(self, table: Relation, began_us: int) -> None:
        async with self._turns:
            try:
                self._at.remove(table.oid)
                number = time.time_ns()
                work = self._background.run(self._statement(table, number), partial(self._overwrite, table.oid, {}))
                await self._noted(table, number, began_us, work)
            except (PgError, KernelError) as error:
                _LOG.info("a dynamic table could not be refreshed: %s", error)
            except Exception:
                _LOG.exception("a dynamic table could not be refreshed")

    def _statement(self, table: Relation, number: int) -> Unattended:
        """What a refresh by itself is among statements: the vendor shows an INSERT of the query, too."""
        assert table.dynamic is not None
        with self._store.reading() as view:
            known = self._store.catalogue(view)
        names = ", ".join(identifier(one.name) for one in table.live)
        text = f"INSERT INTO {identifier(table.schema)}.{identifier(table.name)} ({names}) {table.dynamic.query}"
        return Unattended(number, text, "REFRESH", known.owner(table.owner), known.database.name)

    async def _noted(self, table: Relation, number: int, began_us: int, work: Awaitable[object]) -> None:
        """Have a refresh go on, and keep what it came to. Raises PgError, and kernel errors.

        Nothing is kept of one that goes down with its process: the next begins it anew.
        """
        self._at.append(table.oid)
        try:
            await work
        except PgError as error:
            await self._keep(table, number, began_us, FAILED, f"{error.report.sqlstate}: {error.report.message}")
            raise
        except Exception as error:
            await self._keep(table, number, began_us, FAILED, str(error))
            raise
        else:
            await self._keep(table, number, began_us, SUCCESS)
        finally:
            self._at.remove(table.oid)

    async def _keep(self, table: Relation, number: int, began_us: int, status: str, message: str = "") -> None:
        ended_us = time.time_ns() // 1000
        done = Refreshed(number, table.schema, table.name, table.owner, began_us, ended_us, status, message)
        await self._store.write(lambda change: self._ended(change, table.oid, done))

    @staticmethod
    def _ended(change: Change, oid: int, done: Refreshed) -> None:
        present = relation_of(change, oid)
        if present is not None:
            last = last_refresh(change, oid)
            put_refresh(change, oid, Refresh(max(last.began_us, done.began_us)))
            remember(change, done)

    async def _overwrite(self, oid: int, said: Mapping[str, str], process_id: int) -> int:
        """Find the rows of a table anew; how many they are. Raises PgError, and kernel errors."""
        store, block = self._store, Block()
        with store.reading() as view:
            known = store.catalogue(view)
            table = known.relations.get(oid)
            if table is None or table.dynamic is None:
                raise failure("42P01", "the dynamic table does not exist any more")
            source = cut(f"tmp_refresh_{oid}_{table.name}")
            block.try_out(view, lambda change: _viewed(change, table, source))
        given = {**table.dynamic.given, **said}
        context = _context(known.owner(table.owner), options.settings_of(given, table.dynamic.settings), process_id)
        names = ", ".join(identifier(one.name) for one in table.live)
        schema = identifier(table.schema)
        text = f"INSERT INTO {schema}.{identifier(table.name)} ({names}) SELECT * FROM {schema}.{identifier(source)}"
        within = replace(context, block=block)
        async with asyncio.timeout(options.timeout_s(given)) as limit:
            try:
                plan = await self._remote.plan(text, (), within)
                return (await self._overwrites.run(plan, (), context, within=within)).affected
            except asyncio.CancelledError:
                if limit.expired():
                    raise failure("57014", "canceling statement due to statement timeout") from None
                raise


def _viewed(change: Change, table: Relation, name: str) -> None:
    """Make the query of a table a view within a block: it finds what it names by what that was, not by its name now."""
    assert table.dynamic is not None
    catalogue.put(change, Relation(
        catalogue.next_oid(change), table.schema, name, 0, table.columns, VIEW, definition=table.dynamic.query,
        owner=table.owner, path=table.path, names=table.names, uses=table.uses,
    ))  # fmt: skip


def _context(owner: str, given: Mapping[str, str], process_id: int) -> Context:
    """In whose name, and under which settings, a refresh runs."""
    made = unattended(owner, given, time.time_ns() // 1000 - EPOCH_US, process_id)
    return replace(made, reach=_beyond)


def _beyond(_action: str, names: Sequence[str]) -> None:
    """A refresh reads the tables of its database alone. Raises PgError 0A000."""
    raise failure("0A000", f"reading {'.'.join(names)} in a refresh of a dynamic table is not supported")
