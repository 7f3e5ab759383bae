"""Statements about logical partitions of a table: rows into some of them, or in the place of what these have, and none.

Sources: the vendor's pages "CREATE LOGICAL PARTITION TABLE" and "INSERT OVERWRITE".
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from yunbox.services.hologres.changes.changes import Changes
from yunbox.services.hologres.changes.partitions import Into, emptying
from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.definitions.logical import not_parted, partition_of
from yunbox.services.hologres.engines.remote import Remote
from yunbox.services.hologres.session.ports import Context, Plan, Rows
from yunbox.services.hologres.session.rows import listed_texts
from yunbox.services.hologres.statements.overwriting import Asked as Overwritten
from yunbox.services.hologres.statements.parting import Emptying, Given, Parted
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.draft import seen
from yunbox.storage.rows.logical import Values
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rights import Stated, check
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import PgError, failure


class LogicalPartitions:
    """Those of one database. ``scene`` says where a statement takes place."""

    def __init__(
        self, store: RowStore, remote: Remote, changes: Changes, scene: Callable[[Context, Catalogue], Scene]
    ) -> None:
        self._store = store
        self._remote = remote
        self._changes = changes
        self._scene = scene

    async def insert(self, plan: Plan, parts: Parted, values: Sequence[Any], context: Context) -> Rows:
        """Run an INSERT into some of them. Raises PgError."""
        computed = self._remote.renewed(plan, context)
        assert computed.change is not None
        made, target = computed.change.made, computed.change.target
        into = Into(_listed(target, parts.partitions), parts.overwrites)
        if not parts.overwrites:
            return await self._changes.run(plan, values, context, into)
        if made.conflict is not None or made.returned:
            raise failure("0A000", "INSERT OVERWRITE with ON CONFLICT or RETURNING is not supported")
        return await self._overwritten(plan, target, into, values, context)

    async def overwrite(self, target: Relation, asked: Overwritten, text: str, context: Context) -> Rows:
        """Call hg_insert_overwrite for values of the one column that tells the partitions apart. Raises PgError."""
        if len(target.logical_columns) > 1:
            told = f'hg_insert_overwrite of partitions of "{target.name}", which has two partition columns,'
            raise failure("0A000", f"{told} is not supported", hint="Use INSERT OVERWRITE ... PARTITION (...).")
        [column] = target.logical_columns
        into = Into(_listed(target, [{column.name: value} for value in asked.partitions or ()]), overwrites=True)
        try:
            plan = await self._remote.plan(text, (), context)
        except PgError as error:
            raise PgError(replace(error.report, position=0)) from None
        await self._overwritten(plan, target, into, (), context)
        return listed_texts(())

    async def empty(self, asked: Emptying, context: Context) -> Rows:
        """Remove all rows of some of them. Raises PgError."""
        known = self._known(context)
        *before, name = asked.names
        target = self._scene(context, known).need(known, Name(name, *before[-1:]))
        into = _listed(target, asked.partitions)
        self._check(target, known, context, "TRUNCATE ... PARTITION")
        within = replace(context, user=target.owner)
        plan = await self._remote.plan(emptying(target, sorted(into)), (), within)
        await self._changes.run(plan, (), within)
        return listed_texts(())

    async def _overwritten(
        self, plan: Plan, target: Relation, into: Into, values: Sequence[Any], context: Context
    ) -> Rows:
        self._check(target, self._known(context), context, "INSERT OVERWRITE")
        if context.block is not None and context.block.is_defining:
            raise failure("0A000", "INSERT OVERWRITE and DDL in one transaction are not supported")
        made = await self._changes.run(plan, values, context, into, target.owner)
        if context.block is not None:
            context.block.is_overwriting = True
        return made

    @staticmethod
    def _check(target: Relation, known: Catalogue, context: Context, what: str) -> None:
        """Raise PgError 42501 where who asks may not empty a table, and 0A000 for one with a log of its changes."""
        check(known, context.user, [Stated(target.oid, target.name, {"TRUNCATE"}, kind=target.kind)])
        if target.binlog is not None and not context.is_unlogged:
            hint = "SET hg_experimental_generate_binlog = off;"
            raise failure("0A000", f'{what} of table "{target.name}" with binlog is not supported', hint=hint)

    def _known(self, context: Context) -> Catalogue:
        with self._store.reading() as view:
            return self._store.catalogue(seen(view, context.block))


def _listed(target: Relation, partitions: Sequence[Given]) -> frozenset[Values]:
    if target.logical is None:
        raise not_parted(target)
    return frozenset(partition_of(target, one) for one in partitions)
