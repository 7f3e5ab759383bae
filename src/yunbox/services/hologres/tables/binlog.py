"""The log of a table's changes, entry by entry as the vendor's client reads it.

Each look at it is one at the definitions too: columns that are there now, and what who follows it may.
"""

from collections.abc import Callable, Iterator

from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.session.ports import Followed
from yunbox.storage.rows.catalogue import Catalogue, no_relation
from yunbox.storage.rows.keys import numbered
from yunbox.storage.rows.model import BINLOG_COLUMNS, PARTITIONED, TABLE, Column, Relation
from yunbox.storage.rows.rights import denied
from yunbox.storage.rows.rows import decoded, fields_of
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.binary_rows import NUMERIC, Value, field_of, is_sent, row_of
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import numeric_digits

_HEADS = len(BINLOG_COLUMNS)


class Binlog:
    """The binlog of the table of a name. ``scene`` is who follows it, under some definitions."""

    def __init__(self, store: RowStore, name: Name, scene: Callable[[Catalogue], Scene]) -> None:
        self._store = store
        self._name = name
        self._scene = scene

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
        relation = scene.find(known, self._name)
        if relation is None:
            raise no_relation(str(self._name))
        if not scene.rights.relation(relation, "r"):
            raise denied("table", relation.name)
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
