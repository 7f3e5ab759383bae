"""DROP TABLE, DROP VIEW, DROP FOREIGN TABLE, DROP SCHEMA and TRUNCATE.

Source: the PostgreSQL documentation of these commands.
"""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import KINDS, Definition, Name, Scene, wrong_kind
from yunbox.services.hologres.definitions.dependents import also_dropped, dependents, tell
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, no_relation, no_schema
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rights import denied, not_owner
from yunbox.storage.rows.view import Change, check_not_dynamic
from yunbox.wire.pgwire.report import failure


@dataclass(frozen=True, slots=True)
class DropRelations:
    """DROP TABLE, DROP VIEW and DROP FOREIGN TABLE; with ``cascade`` also the views that are made of them."""

    names: tuple[Name, ...]
    what: str = "table"
    lenient: bool = False
    cascade: bool = False

    @property
    def tag(self) -> str:
        """What it is answered with."""
        return f"DROP {self.what.upper()}"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Drop them, all or none. Raises PgError 42P01, 42809, 2BP01."""
        found: dict[int, Relation] = {}
        for name in self.names:
            relation = _found(name, self.what, known, scene, lenient=self.lenient)
            if relation is not None:
                _check_owner(relation, known, scene)
                found[relation.oid] = relation
        dropped = list(found.values())
        for relation in (*also_dropped(known, dropped, scene, cascade=self.cascade), *dropped):
            catalogue.drop(change, relation)


def _found(name: Name, what: str, known: Catalogue, scene: Scene, *, lenient: bool) -> Relation | None:
    if lenient and name.schema and name.schema not in known.schemas:
        scene.notice("3F000", f'schema "{name.schema}" does not exist, skipping')
        return None
    relation = scene.find(known, name)
    if relation is None:
        if not lenient:
            raise failure("42P01", f'{what} "{name.name}" does not exist')
        scene.notice("00000", f'{what} "{name.name}" does not exist, skipping')
    elif KINDS[relation.kind] != what:
        raise wrong_kind(relation, what)
    return relation


def _check_owner(relation: Relation, known: Catalogue, scene: Scene) -> None:
    """Raise PgError 42501 where who drops owns neither a relation nor its schema."""
    if not scene.rights.owns(known.schemas[relation.schema].owner):
        scene.check_owns(relation)


@dataclass(frozen=True, slots=True)
class DropSchemas:
    """DROP SCHEMA; with ``cascade`` its tables too."""

    names: tuple[str, ...]
    lenient: bool = False
    cascade: bool = False
    tag: str = "DROP SCHEMA"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Drop them. Raises PgError 3F000, 2BP01."""
        for name in self.names:
            if name not in known.schemas and not self.lenient:
                raise no_schema(name)
        for name in dict.fromkeys(self.names):
            if name not in known.schemas:
                scene.notice("00000", f'schema "{name}" does not exist, skipping')
                continue
            if not scene.rights.owns(known.schemas[name].owner):
                raise not_owner("schema", name)
            if self.cascade:
                gone = _inside(name, known)
                tell(known, gone, scene)
                for relation in gone:
                    catalogue.drop(change, relation)
            catalogue.drop_schema(change, name)


def _inside(schema: str, known: Catalogue) -> list[Relation]:
    """What goes with a schema: its relations, their partitions and views that lie elsewhere."""
    own = sorted((one for one in known.relations.values() if one.schema == schema), key=lambda one: one.oid)
    parts = [part for one in own for part in (*known.partitions_of(one), *known.sequences_of(one))
             if part.schema != schema]  # fmt: skip
    return [*own, *parts, *(view for view, _ in dependents(known, (*own, *parts)))]


@dataclass(frozen=True, slots=True)
class Truncate:
    """TRUNCATE."""

    names: tuple[Name, ...]
    tag: str = "TRUNCATE TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Empty them, all or none. Raises PgError 42P01, 42809."""
        found = [scene.find(known, name) for name in self.names]
        for name, relation in zip(self.names, found, strict=True):
            if relation is None:
                raise no_relation(str(name))
            if KINDS[relation.kind] != "table":
                raise failure("42809", f'"{relation.name}" is not a table')
            if not scene.rights.relation(relation, "D"):
                raise denied("table", relation.name)
            check_not_dynamic(relation)
        emptied = [
            one for relation in found if relation is not None for one in (relation, *known.partitions_of(relation))
        ]
        for relation in {one.oid: one for one in emptied}.values():
            catalogue.truncate(change, relation)


def read_tables(cursor: Cursor) -> Definition:
    """Behind DROP TABLE. Raises PgError 42601."""
    return _read(cursor, "table")


def read_views(cursor: Cursor) -> Definition:
    """Behind DROP VIEW. Raises PgError 42601."""
    return _read(cursor, "view")


def read_foreign(cursor: Cursor) -> Definition:
    """Behind DROP FOREIGN TABLE. Raises PgError 42601."""
    return _read(cursor, "foreign table")


def _read(cursor: Cursor, what: str) -> Definition:
    lenient = cursor.take("if", "exists")
    names = cursor.listed(lambda: name_of(cursor))
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    return cursor.end(DropRelations(names, what, lenient, cascade))


def read_schemas(cursor: Cursor) -> Definition:
    """Behind DROP SCHEMA. Raises PgError 42601."""
    lenient = cursor.take("if", "exists")
    names = cursor.listed(cursor.name)
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    return cursor.end(DropSchemas(names, lenient, cascade))


def read_truncate(cursor: Cursor) -> Definition:
    """Behind TRUNCATE. Raises PgError 42601, 0A000."""
    cursor.take("table")
    cursor.take("only")
    names = cursor.listed(lambda: name_of(cursor))
    if cursor.take("restart", "identity"):
        raise failure("0A000", "TRUNCATE ... RESTART IDENTITY is not supported")
    cursor.take("continue", "identity")
    cursor.one_of("cascade", "restrict")
    return cursor.end(Truncate(names))
