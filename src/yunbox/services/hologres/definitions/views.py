"""CREATE VIEW.

A view is its query as it was written, under the search path that it was written under; columns that its tables got
later are none of it. Source: the PostgreSQL documentation, "CREATE VIEW".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.dependents import dependents
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.queries import called, described
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import VIEW, Column, Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

_TOO_MANY = "CREATE VIEW specifies more column names than columns"


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE VIEW; ``start`` is where its query begins in the text of the statement."""

    name: Name
    query: str
    start: int
    columns: tuple[str, ...] = ()
    replaces: bool = False
    tag: str = "CREATE VIEW"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it, or another in its place. Raises PgError."""
        schema = scene.target(known, self.name)
        present = known.find(schema, self.name.name)
        if present is not None and self.replaces and present.kind != VIEW:
            raise failure("42809", f'"{present.name}" is not a view')
        if present is not None and self.replaces:
            scene.check_owns(present)
        found = described(self.query, self.start, known, scene)
        columns = tuple(called(found.columns, self.columns, _TOO_MANY))
        uses = {one.oid: {column.number: column.name for column in one.live} for _, one in found.uses}
        path = tuple(one for one in scene.path if one in known.schemas)
        made = Relation(
            0,
            schema,
            self.name.name,
            0,
            columns,
            VIEW,
            definition=self.query,
            owner=scene.owner,
            path=path,
            names={name: one.oid for name, one in found.uses},
            uses=uses,
        )
        if present is None or not self.replaces:
            catalogue.add(change, msgspec.structs.replace(made, oid=catalogue.next_oid(change)))
            return
        _check_replaced(present.columns, columns)
        above = {view.oid for view, _ in dependents(known, [present])}
        if not above.isdisjoint(uses) or present.oid in uses:
            raise failure("42P17", f'infinite recursion detected in rules for relation "{present.name}"')
        catalogue.replace(change, present, msgspec.structs.replace(
            made, oid=present.oid, owner=present.owner, comment=present.comment))  # fmt: skip


def _check_replaced(before: Sequence[Column], after: Sequence[Column]) -> None:
    """Refuse columns that are not those of before, and perhaps some more. Raises PgError 42P16."""
    if len(after) < len(before):
        raise failure("42P16", "cannot drop columns from view")
    for old, new in zip(before, after, strict=False):
        if old.name != new.name:
            hint = "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."
            raise failure("42P16", f'cannot change name of view column "{old.name}" to "{new.name}"', hint=hint)
        types = [format_type(one.type_oid, one.modifier) for one in (old, new)]
        if types[0] != types[1]:
            raise failure("42P16", f'cannot change data type of view column "{old.name}" from {types[0]} to {types[1]}')


def read_view(cursor: Cursor) -> Definition:
    """Behind CREATE [OR REPLACE] VIEW. Raises PgError 42601, 0A000."""
    return _read(cursor, replaces=False)


def read_replaced(cursor: Cursor) -> Definition:
    """The same behind OR REPLACE."""
    return _read(cursor, replaces=True)


def _read(cursor: Cursor, *, replaces: bool) -> Definition:
    name = name_of(cursor)
    columns: tuple[str, ...] = ()
    if cursor.take("("):
        columns = cursor.listed(cursor.name)
        cursor.need(")")
    if cursor.peek("with"):
        raise failure("0A000", "CREATE VIEW ... WITH is not supported")
    cursor.need("as")
    query, start = cursor.rest()
    return CreateView(name, query, start, columns, replaces)
