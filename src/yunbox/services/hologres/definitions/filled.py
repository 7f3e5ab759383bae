"""CREATE TABLE AS: a table of a query's columns, and then its rows.

Sources: the PostgreSQL documentation, "CREATE TABLE AS"; the vendor's page "CREATE TABLE AS".
"""

from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.definitions.properties import checked, read_properties, with_defaults
from yunbox.services.hologres.definitions.queries import called, described
from yunbox.services.hologres.definitions.table_groups import grouped
from yunbox.services.hologres.definitions.types import stored_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rights import check
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
        if self.lenient and scene.already(known, schema, self.name.name):
            return
        found = described(self.query, self.start, known, scene)
        check(known, scene.owner, found.needs)
        columns = tuple(map(stored, called(found.columns, self.columns, "too many column names were specified")))
        relation = Relation(
            catalogue.next_oid(change), schema, self.name.name, catalogue.next_node(change), columns, owner=scene.owner
        )
        properties = grouped(with_defaults(checked(self.properties, relation, fresh=True), relation), known)
        catalogue.add(change, msgspec.structs.replace(relation, properties=properties))

    def filling(self, known: Catalogue, scene: Scene) -> str:
        """The statement that gives a table its rows which is not there yet; none where nothing is to be done."""
        schema = scene.target(known, self.name)
        if not self.is_filled or known.find(schema, self.name.name) is not None:
            return ""
        return f"INSERT INTO {identifier(schema)}.{identifier(self.name.name)} {self.query}"


def stored(column: Column) -> Column:
    """A column of a query as one of a table."""
    of = stored_type(column.type_oid, column.modifier)
    return msgspec.structs.replace(column, type_oid=of.oid, modifier=of.modifier)


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
