"""ANALYZE: rows are counted, and that they were is kept for those who ask.

The engine knows of every copy what lies in it, and plans by that.

Source: the PostgreSQL documentation, "ANALYZE", and the vendor's page "ANALYZE and AUTO ANALYZE".
"""

import time
from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Definition, Name, Scene, no_column
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import FOREIGN, PARTITIONED, TABLE, Relation
from yunbox.storage.rows.statistics import analyze
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import Report

_ANALYZED = (TABLE, PARTITIONED, FOREIGN)
_OPTIONS = ("verbose", "skip_locked")
Part = tuple[Name, tuple[str, ...]]
"""A table, and some of its columns; none for all."""


@dataclass(frozen=True, slots=True)
class Analyze:
    """ANALYZE; without parts of all tables."""

    parts: tuple[Part, ...]
    tag: str = "ANALYZE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Count the rows of what is named. Raises PgError 42P01, 42703."""
        now_us = time.time_ns() // 1000
        if not self.parts:
            for relation in known.relations.values():
                if scene.rights.owns(relation.owner):
                    _count(change, known, scene, relation, now_us)
        for name, columns in self.parts:
            relation = scene.need(known, name)
            if relation.kind not in _ANALYZED:
                _warn(scene, f'skipping "{relation.name}" --- cannot analyze non-tables or special system tables')
            elif not scene.rights.owns(relation.owner):
                _warn(scene, f'skipping "{relation.name}" --- only table or database owner can analyze it')
            for column in columns:
                if column not in relation.by_name:
                    raise no_column(column, relation.name)
            if scene.rights.owns(relation.owner):
                _count(change, known, scene, relation, now_us)


def _count(change: Change, known: Catalogue, scene: Scene, relation: Relation, now_us: int) -> None:
    """Keep how many rows a table has; those of foreign tables are elsewhere."""
    if relation.kind in (TABLE, PARTITIONED):
        parts = known.partitions_of(relation) if relation.kind == PARTITIONED else (relation,)
        analyze(change, relation, sum(map(scene.count, parts)), now_us)


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
