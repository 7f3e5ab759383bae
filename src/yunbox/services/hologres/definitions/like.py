"""LIKE in CREATE TABLE: the columns of another table, and what is wanted of them beside.

Source: the PostgreSQL documentation, "CREATE TABLE".
"""

from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import KINDS, Name, Scene
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Column
from yunbox.storage.rows.rights import denied

_OPTIONS = frozenset((
    "comments", "compression", "constraints", "defaults", "generated", "identity", "indexes", "statistics", "storage",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Like:
    """Another table, and what is taken of it beside the names and types of columns and what may not be NULL."""

    name: Name
    options: frozenset[str] = frozenset()

    def columns(self, known: Catalogue, scene: Scene) -> list[Column]:
        """The columns, one after another. Raises PgError 42P01."""
        found = scene.need(known, self.name)
        if not scene.rights.relation(found, "r"):
            raise denied(KINDS[found.kind], found.name)
        return [self._column(one) for one in found.live]

    def key(self, known: Catalogue, scene: Scene) -> tuple[str, ...]:
        """The columns of its primary key, if that is wanted. Raises PgError 42P01."""
        if "indexes" not in self.options:
            return ()
        return tuple(column.name for column in scene.need(known, self.name).key_columns)

    def _column(self, column: Column) -> Column:
        default = column.default if "defaults" in self.options else None
        comment = column.comment if "comments" in self.options else ""
        generated = column.generated if "generated" in self.options else None
        length, check = (column.length, column.check) if "constraints" in self.options else (0, "")
        return msgspec.structs.replace(
            column, default=default, comment=comment, generated=generated, missing=None, added=False, length=length,
            check=check,
        )  # fmt: skip


def read_like(cursor: Cursor) -> Like:
    """Behind LIKE. Raises PgError 42601."""
    name = name_of(cursor)
    found: set[str] = set()
    while how := cursor.one_of("including", "excluding"):
        option = cursor.one_of("all", *_OPTIONS)
        if not option:
            raise cursor.wrong()
        meant = _OPTIONS if option == "all" else {option}
        found = found | meant if how == "including" else found - meant
    return Like(name, frozenset(found))
