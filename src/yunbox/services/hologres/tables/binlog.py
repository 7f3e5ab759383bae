"""The log of a table's changes, entry by entry as the vendor's client reads it.

Each look at it is one at the definitions too: columns that are there now, and what who follows it may.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.session.ports import Followed
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.keys import numbered
from yunbox.storage.rows.masks import masks_of
from yunbox.storage.rows.model import BINLOG_COLUMNS, PARTITIONED, TABLE, Column, Relation
from yunbox.storage.rows.publications import Slot, advance, progress
from yunbox.storage.rows.rights import denied
from yunbox.storage.rows.rows import decoded, fields_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.binary_rows import NUMERIC, Value, field_of, is_sent, row_of
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import numeric_digits

_HEADS = len(BINLOG_COLUMNS)


@dataclass(frozen=True, slots=True)
class Named:
    """A table by its name, for whoever may read it."""

    name: Name

    def find(self, known: Catalogue, scene: Scene) -> Relation:
        """The table. Raises PgError 42P01, 42501."""
        return scene.need(known, self.name)

    def slot(self, known: Catalogue) -> Slot | None:
        """None: nobody keeps how far who follows it has come."""
        return None


@dataclass(frozen=True, slots=True)
class Slotted:
    """The table of a slot's publication, for its owner."""

    name: str

    def find(self, known: Catalogue, scene: Scene) -> Relation:
        """The table. Raises PgError 42704, 55000, 42501."""
        published = known.publications.get(self.slot(known).publication)
        if published is None:
            raise failure("42704", f'publication "{self.slot(known).publication}" does not exist')
        found = known.relations.get(published.table)
        if found is None:
            raise failure("55000", f'no table is defined in publication "{published.name}"')
        scene.check_owns(found)
        return found

    def slot(self, known: Catalogue) -> Slot:
        """The slot. Raises PgError 42704."""
        found = known.slots.get(self.name)
        if found is None:
            raise failure("42704", f'replication slot "{self.name}" does not exist')
        return found


class Binlog:
    """The binlog of a table. ``scene`` is who follows it, under some definitions."""

    def __init__(self, store: RowStore, of: Named | Slotted, scene: Callable[[Catalogue], Scene]) -> None:
        self._store = store
        self._of = of
        self._scene = scene

    def progress(self) -> int:
        """Where who follows it has come to; 0 where nobody keeps that. Raises PgError 42704."""
        with self._store.reading() as view:
            slot = self._of.slot(self._store.catalogue(view))
            return progress(view, slot) if slot is not None else 0

    async def advance(self, lsn: int) -> None:
        """Keep where who follows it has come to. Raises PgError 42704."""

        def work(change: Change) -> None:
            slot = self._of.slot(self._store.catalogue(change))
            if slot is not None and progress(change, slot) != lsn:
                advance(change, slot, lsn)

        if isinstance(self._of, Slotted):
            await self._store.write(work)

    def behind(self, after: int, count: int) -> Followed:
        """At most so many entries behind a number. Raises PgError 42P01, 42501, 42809, 55000, 0A000."""
        with self._store.reading() as view:
            relation = self._relation(self._store.catalogue(view))
            log = relation.binlog
            assert log is not None
            found = view.rows_behind(log, numbered(log, after) if after else b"", count)
        return Followed(relation.schema_version, tuple(_entries(relation, log, (row for _, row in found))))

    def _relation(self, known: Catalogue) -> Relation:
        scene = self._scene(known)
        relation = self._of.find(known, scene)
        if not scene.rights.relation(relation, "r"):
            raise denied("table", relation.name)
        if masks_of(known, relation, scene.owner):
            raise failure("0A000", f'following table "{relation.name}", which has masked columns, is not supported')
        if relation.kind == PARTITIONED:
            raise failure("0A000", f'table "{relation.name}" is partitioned: its partitions are followed one by one')
        if relation.kind != TABLE:
            raise failure("42809", f'"{relation.name}" is not a table')
        if relation.binlog is None:
            raise failure("55000", f'table "{relation.name}" has no binlog', hint="Set binlog_level to 'replica'.")
        for column in relation.live:
            if not is_sent(column.type_oid):
                told = f'following a table with column "{column.name}" of type {column.type.name}'
                raise failure("0A000", f"{told} is not supported")
        return relation


def _entries(relation: Relation, log: Relation, rows: Iterator[bytes]) -> Iterator[tuple[int, int, bytes]]:
    columns = [(at, column) for at, column in enumerate(relation.columns, _HEADS) if not column.dropped]
    for row in rows:
        fields = fields_of(log, row)
        lsn, kind, time_us = (int(field or 0) for field in fields[:_HEADS])
        yield lsn, time_us, row_of([lsn, kind, time_us, *(_value(column, fields[at]) for at, column in columns)])


def _value(column: Column, field: bytes | None) -> Value:
    if field is None:
        return None
    scale = numeric_digits(column.modifier)[1] if column.type_oid == NUMERIC and column.modifier >= 0 else 0
    return field_of(column.type_oid, scale, field, lambda: decoded(column, field))
