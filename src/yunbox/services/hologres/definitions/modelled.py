"""CALL hg_create_table_like: a table without rows, of the columns that a query gives.

Source: the vendor's page "CREATE TABLE LIKE". Comments of columns and the binlog of the table that is read go with it;
a setting has all go with it that a table is by, but how its partitions come and go, and takes ``SELECT * FROM`` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.create import CreateTable, read_partition_key
from yunbox.services.hologres.definitions.like import Like
from yunbox.services.hologres.definitions.names import name_of, written_name
from yunbox.services.hologres.definitions.partitioning import is_partitioning
from yunbox.services.hologres.definitions.partitions import key_number
from yunbox.services.hologres.definitions.properties import checked, with_defaults
from yunbox.services.hologres.definitions.queries import Described, called, described
from yunbox.services.hologres.definitions.table_groups import grouped
from yunbox.services.hologres.definitions.types import stored_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import PARTITIONED, READ_ONLY, Column, Relation
from yunbox.storage.rows.rights import check
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

COPYING = "hg_experimental_enable_create_table_like_properties"
_ON = ("on", "true", "yes", "1")
_BINLOG = "binlog."
_ALL = frozenset(("comments", "constraints", "defaults", "generated", "indexes"))


@dataclass(frozen=True, slots=True)
class CreateTableLike:
    """``partition`` is the column by which it is to be partitioned; ``is_copying`` is what the setting says."""

    name: Name
    query: str
    partition: str = ""
    is_copying: bool = False
    tag: str = "CALL"

    def now(self, settings: Mapping[str, str]) -> "CreateTableLike":
        """The same as the session's settings have it at this moment."""
        return replace(self, is_copying=settings.get(COPYING, "").lower() in _ON)

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError, 0A000 for another query than the setting takes."""
        if self.is_copying:
            self._copied(known, scene).apply(change, known, scene)
            return
        schema = scene.target(known, self.name)
        found = described(self.query, 0, known, scene)
        check(known, scene.owner, found.needs)
        columns = tuple(_stored(one) for one in called(_commented(found, known), (), ""))
        oid, node = catalogue.next_oid(change), catalogue.next_node(change)
        relation = Relation(oid, schema, self.name.name, node, columns, owner=scene.owner)
        if self.partition:
            number = key_number(self.partition, columns, ())
            relation = msgspec.structs.replace(relation, kind=PARTITIONED, partition=number)
        binlog = _binlog(found)
        properties = grouped(with_defaults(checked(binlog, relation, fresh=True), relation), known)
        catalogue.add(change, msgspec.structs.replace(relation, properties=properties))

    def _copied(self, known: Catalogue, scene: Scene) -> CreateTable:
        """The definition that a table was made by, under the new name."""
        source = _whole(self.query)
        given = scene.need(known, source).properties.items()
        if scene.need(known, source).logical is not None:
            raise failure("0A000", "hg_create_table_like of a logical partitioned table is not supported")
        properties = {name: value for name, value in given if not is_partitioning(name) and name != READ_ONLY}
        return CreateTable(self.name, (Like(source, _ALL),), (), properties, False, self.partition)


def _whole(query: str) -> Name:
    """The table of ``SELECT * FROM``. Raises PgError 0A000 for any other query."""
    found = pieces(query)
    cursor = Cursor(found[0]) if len(found) == 1 else None
    if cursor is None or not cursor.take("select", "*", "from"):
        raise failure(
            "0A000", f"with {COPYING} hg_create_table_like of another query than SELECT * FROM is not supported"
        )
    return cursor.end(name_of(cursor))


def _commented(found: Described, known: Catalogue) -> list[Column]:
    """The columns of a query, with the comments of those of tables that they are."""
    made: list[Column] = []
    for column, (oid, number) in zip(found.columns, found.sources, strict=True):
        source = known.relations.get(oid)
        comment = source.columns[number - 1].comment if source is not None and number else ""
        made.append(msgspec.structs.replace(column, comment=comment))
    return made


def _stored(column: Column) -> Column:
    """A column of a query as one of a table."""
    of = stored_type(column.type_oid, column.modifier)
    return msgspec.structs.replace(column, type_oid=of.oid, modifier=of.modifier)


def _binlog(found: Described) -> dict[str, str]:
    """What is said of the binlog of the table that is read, where it is one."""
    read = [relation for _, relation in found.uses]
    given = read[0].properties.items() if len(read) == 1 else ()
    return {name: value for name, value in given if name.startswith(_BINLOG)}


def _read(cursor: Cursor) -> CreateTableLike:
    """The arguments. Raises PgError 42601, 42883, 0A000."""
    given = cursor.listed(cursor.string)
    if len(given) not in (2, 3):
        raise failure("42883", f"procedure hg_create_table_like takes 2 or 3 arguments, and not {len(given)}")
    name, query, *clause = given
    return CreateTableLike(written_name(name), query, _partition(clause[0]) if clause else "")


def _partition(clause: str) -> str:
    """The column of ``PARTITION BY LIST (...)``. Raises PgError 42601, 0A000."""
    found = pieces(clause)
    cursor = Cursor(found[0]) if len(found) == 1 else None
    if cursor is None or not cursor.take("partition", "by"):
        raise failure("42601", f'the clause "{clause[:64]}" is none of partitions')
    return cursor.end(read_partition_key(cursor))


READERS: Mapping[str, Callable[[Cursor], Definition]] = {"hg_create_table_like": _read}
"""What reads the arguments of each procedure."""
