"""Logical partitions whose time is over: their rows are removed, in the name of the table's owner.

They are in no binlog and no log of statements, as they are nobody's changes, like rows that live for some time only
(``storage/rows/aging.py``). A table is looked at again when it has changed, or when more of it is over. Source: the
vendor's page "CREATE LOGICAL PARTITION TABLE", ``partition_expiration_time``: they go some time after that.
"""

import logging
import time
from dataclasses import replace

from yunbox.kernel.errors import KernelError
from yunbox.services.hologres.changes.changes import Changes
from yunbox.services.hologres.changes.partitions import conditions, literal
from yunbox.services.hologres.engines.remote import Remote
from yunbox.services.hologres.session.unattended import unattended
from yunbox.storage.rows import logical
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.logical import EXPIRATION
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.calendar import EPOCH_US

_LOG = logging.getLogger("yunbox")


class Expiring:
    """Those of one database."""

    def __init__(self, store: RowStore, remote: Remote, changes: Changes) -> None:
        self._store = store
        self._remote = remote
        self._changes = changes
        self._seen: dict[int, tuple[bytes, int, str]] = {}
        """Under which definitions, after how many changes, and up to which value a table was looked at last."""

    async def look(self) -> None:
        """Remove what is over; what could not be removed is tried again."""
        now_us = time.time_ns() // 1000
        with self._store.reading() as view:
            known = self._store.catalogue(view)
            tables = [one for one in known.relations.values() if one.logical is not None and not one.is_read_only]
            changes = {one.oid: view.totals(one).changes for one in tables}
        for one in tables:
            least = logical.least(one, EXPIRATION, now_us)
            seen = known.version, changes[one.oid], least or ""
            if least is not None and self._seen.get(one.oid) != seen:
                try:
                    await self._remove(one, known, least, now_us)
                    self._seen[one.oid] = seen
                except (PgError, KernelError) as error:
                    _LOG.info("old partitions of a table could not be removed: %s", error)

    async def _remove(self, table: Relation, known: Catalogue, least: str, now_us: int) -> None:
        context = unattended(known.owner(table.owner), {}, now_us - EPOCH_US, 0)
        context = replace(context, is_unlogged=True)
        kept = logical.kept_alive(table)
        text = (
            f"DELETE FROM {identifier(table.schema)}.{identifier(table.name)} "
            f"WHERE {identifier(table.logical_columns[0].name)} < {literal(least)}"
        )
        plan = await self._remote.plan(f"{text} AND NOT ({conditions(table, kept)})" if kept else text, (), context)
        await self._changes.run(plan, (), context)
