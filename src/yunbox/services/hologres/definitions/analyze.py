"""ANALYZE: there is nothing to do, as the engine knows of every copy what lies in it; but what is named must be there.

Source: the PostgreSQL documentation, "ANALYZE", and the vendor's page "ANALYZE and AUTO ANALYZE".
"""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Definition, Name, Scene, no_column
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import FOREIGN, PARTITIONED, TABLE
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
        """Look at what is named. Raises PgError 42P01, 42703."""
        del change
        for name, columns in self.parts:
            relation = scene.need(known, name)
            if relation.kind not in _ANALYZED:
                _warn(scene, f'skipping "{relation.name}" --- cannot analyze non-tables or special system tables')
            elif not scene.rights.owns(relation.owner):
                _warn(scene, f'skipping "{relation.name}" --- only table or database owner can analyze it')
            for column in columns:
                if column not in relation.by_name:
                    raise no_column(column, relation.name)


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
