"""ANALYZE: rows are counted, columns are looked at by a sample, and what was found is kept for those who ask.

The engine draws the sample before the definition is applied (``tables/analyzing.py``). It knows of every copy what lies
in it, and plans by that.

Source: the PostgreSQL documentation, "ANALYZE", and the vendor's page "ANALYZE and AUTO ANALYZE".
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from yunbox.services.hologres.definitions.base import Definition, Name, Scene, no_column
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import FOREIGN, PARTITIONED, TABLE, Column, Relation
from yunbox.storage.rows.statistics.kept import Sampled, analyze
from yunbox.storage.rows.statistics.samples import parts_of
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import Report

_ANALYZED = (TABLE, PARTITIONED, FOREIGN)
_OPTIONS = ("verbose", "skip_locked")
Part = tuple[Name, tuple[str, ...]]
"""A table, and some of its columns; none for all."""
Wanted = tuple[Relation, tuple[Column, ...]]
"""A table, and the columns that are looked at."""


@dataclass(frozen=True, slots=True)
class Analyze:
    """ANALYZE; without parts of all tables. ``found`` is what samples have said of tables, by schema and name: what a
    block has made is another thing by number when it is committed."""

    parts: tuple[Part, ...]
    found: Mapping[tuple[str, str], Sequence[Sampled]] = field(default_factory=dict)
    tag: str = "ANALYZE"

    def wanted(self, known: Catalogue, scene: Scene) -> list[Wanted]:
        """The tables that it is about, as far as they are tables and who asks owns them; those of others are warned of.

        Raises PgError 42P01, 42703.
        """
        if not self.parts:
            owned = [one for one in known.relations.values() if scene.rights.owns(one.owner)]
            return [(one, one.live) for one in owned if one.kind in (TABLE, PARTITIONED)]
        return [one for part in self.parts for one in _wanted(known, scene, *part)]

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Keep what is found of each. Raises PgError 42P01, 42703."""
        now_us = time.time_ns() // 1000
        for relation, _ in self.wanted(known, scene):
            totals = [change.totals(one) for one in parts_of(relation, known.partitions_of)]
            rows, changes = sum(one.rows for one in totals), sum(one.changes for one in totals)
            analyze(change, relation, rows, changes, now_us, self.found.get((relation.schema, relation.name), ()))


def _wanted(known: Catalogue, scene: Scene, name: Name, names: tuple[str, ...]) -> Iterator[Wanted]:
    relation = scene.need(known, name)
    if relation.kind not in _ANALYZED:
        _warn(scene, f'skipping "{relation.name}" --- cannot analyze non-tables or special system tables')
    elif not scene.rights.owns(relation.owner):
        _warn(scene, f'skipping "{relation.name}" --- only table or database owner can analyze it')
    for column in names:
        if column not in relation.by_name:
            raise no_column(column, relation.name)
    if relation.kind in (TABLE, PARTITIONED) and scene.rights.owns(relation.owner):
        yield relation, tuple(relation.by_name[column] for column in names) or relation.live


def _warn(scene: Scene, message: str) -> None:
    scene.notices.append(Report("WARNING", "01000", message))


def read_analyze(cursor: Cursor) -> Definition:
    """Behind ANALYZE. Raises PgError 42601."""
    if cursor.take("("):
        cursor.listed(lambda: _option(cursor))
        cursor.need(")")
    else:
        cursor.take("verbose")
    return cursor.end(Analyze(() if cursor.ended else cursor.listed(lambda: _part(cursor))))


def _option(cursor: Cursor) -> None:
    if not cursor.one_of(*_OPTIONS):
        raise cursor.wrong()
    cursor.one_of("true", "false", "on", "off")


def _part(cursor: Cursor) -> Part:
    name = name_of(cursor)
    if not cursor.take("("):
        return name, ()
    columns = cursor.listed(cursor.name)
    cursor.need(")")
    return name, columns
