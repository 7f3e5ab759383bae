"""CREATE TABLE AS: a table of a query's columns, and then its rows.

Sources: the PostgreSQL documentation, "CREATE TABLE AS"; the vendor's page "CREATE TABLE AS".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.definitions.properties import checked, read_properties, with_defaults
from yunbox.services.hologres.definitions.queries import described
from yunbox.services.hologres.definitions.types import stored_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier


@dataclass(frozen=True, slots=True)
class CreateTableAs:
    """CREATE TABLE ... AS; ``start`` is where its query begins in the text of the statement."""

    name: Name
    query: str
    start: int
    columns: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    lenient: bool = False
    is_filled: bool = True

    @property
    def tag(self) -> str:
        """What it is answered with: how many rows there were, if any were wanted."""
        return "SELECT" if self.is_filled else "CREATE TABLE AS"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make the table, without its rows. Raises PgError."""
        schema = scene.target(known, self.name)
        if self.lenient and known.find(schema, self.name.name) is not None:
            scene.notice("42P07", f'relation "{self.name.name}" already exists, skipping')
            return
        columns = self._columns(described(self.query, self.start, known, scene).columns)
        relation = Relation(
            catalogue.next_oid(change), schema, self.name.name, catalogue.next_node(change), columns, owner=scene.owner
        )
        properties = with_defaults(checked(self.properties, relation, fresh=True), relation)
        catalogue.add(change, msgspec.structs.replace(relation, properties=properties))

    def filling(self, known: Catalogue, scene: Scene) -> str:
        """The statement that gives a table its rows which is not there yet; none where nothing is to be done."""
        schema = scene.target(known, self.name)
        if not self.is_filled or known.find(schema, self.name.name) is not None:
            return ""
        return f"INSERT INTO {identifier(schema)}.{identifier(self.name.name)} {self.query}"

    def _columns(self, found: Sequence[Column]) -> tuple[Column, ...]:
        if len(self.columns) > len(found):
            raise failure("42601", "too many column names were specified")
        names = [*self.columns, *(one.name for one in found[len(self.columns) :])]
        for name in names:
            if names.count(name) > 1:
                raise failure("42701", f'column "{name}" specified more than once')
        made = [stored_type(one.type_oid, one.modifier) for one in found]
        return tuple(
            Column(name, number, of.oid, of.modifier)
            for number, (name, of) in enumerate(zip(names, made, strict=True), 1)
        )


def read_filled(cursor: Cursor, name: Name, *, lenient: bool) -> CreateTableAs:
    """What stands behind the name of a table that is made of a query. Raises PgError 42601, 0A000."""
    columns: tuple[str, ...] = ()
    if cursor.take("("):
        columns = cursor.listed(cursor.name)
        cursor.need(")")
    properties = read_properties(cursor) if cursor.take("with") else {}
    cursor.need("as")
    if cursor.peek("execute"):
        raise failure("0A000", "CREATE TABLE AS EXECUTE is not supported")
    start = cursor.token.start
    words = [token.word for token in cursor.piece.tokens[-3:]]
    is_filled = words != ["with", "no", "data"]
    query = cursor.until_end(2 if words[1:] == ["with", "data"] else 0 if is_filled else 3)
    return CreateTableAs(name, query, start, columns, properties, lenient, is_filled)
