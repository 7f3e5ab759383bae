"""A statement's read of a table: which tables have its rows, and what the statement calls their columns.

That is not always what they are called: a view knows columns by the names that they had when it was made, and not those
that came later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import BINLOG_COLUMNS, PARTITIONED, Relation

if TYPE_CHECKING:
    from yunbox.sql.hologres.analysis.context import Read


@dataclass(frozen=True, slots=True)
class Part:
    """A table as it is, and with the columns that a statement knows under the names that it has for them."""

    table: Relation
    seen: Relation


@dataclass(frozen=True, slots=True)
class Reading:
    """A read: of one table, or of all partitions of one."""

    seen: Relation
    parts: tuple[Part, ...]

    @property
    def tables(self) -> tuple[Relation, ...]:
        """The tables that are read."""
        return tuple(part.table for part in self.parts)


def reading(read: "Read", known: Catalogue) -> Reading:
    """What the planner's read of a relation is, among the definitions of a moment."""
    relation = known.relations[read.relation.oid]
    names = {relation.columns[one.number - 1].name: one.name for one in read.relation.columns}
    if read.of_changes:
        log = relation.changes
        seen = _seen(log, {name: name for name in BINLOG_COLUMNS} | names)
        return Reading(seen, (Part(log, seen),))
    tables = known.partitions_of(relation) if relation.kind == PARTITIONED else (relation,)
    return Reading(_seen(relation, names), tuple(Part(one, _seen(one, names)) for one in tables))


def _seen(table: Relation, names: Mapping[str, str]) -> Relation:
    if list(names.items()) == [(one.name, one.name) for one in table.live]:
        return table
    columns = tuple(
        msgspec.structs.replace(one, name=names.get(one.name, one.name), dropped=one.dropped or one.name not in names)
        for one in table.columns
    )
    return msgspec.structs.replace(table, columns=columns)
