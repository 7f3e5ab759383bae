"""DROP TABLE, DROP SCHEMA and TRUNCATE. Source: the PostgreSQL documentation of these commands."""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import KINDS, Definition, Name, Scene, wrong_kind
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, no_relation, no_schema
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure


@dataclass(frozen=True, slots=True)
class DropTables:
    """DROP TABLE."""

    names: tuple[Name, ...]
    lenient: bool = False
    tag: str = "DROP TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Drop them, all or none. Raises PgError 42P01, 42809."""
        found: dict[int, Relation] = {}
        for name in self.names:
            relation = _found(name, known, scene, lenient=self.lenient)
            if relation is not None:
                found[relation.oid] = relation
        for relation in found.values():
            catalogue.drop(change, relation)


def _found(name: Name, known: Catalogue, scene: Scene, *, lenient: bool) -> Relation | None:
    if lenient and name.schema and name.schema not in known.schemas:
        scene.notice("3F000", f'schema "{name.schema}" does not exist, skipping')
        return None
    relation = scene.find(known, name)
    if relation is None:
        if not lenient:
            raise failure("42P01", f'table "{name.name}" does not exist')
        scene.notice("00000", f'table "{name.name}" does not exist, skipping')
    elif KINDS[relation.kind] != "table":
        raise wrong_kind(relation, "table")
    return relation


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
            inside = [one for one in known.relations.values() if one.schema == name]
            if self.cascade:
                _tell_of_cascade(inside, scene)
                for relation in inside:
                    catalogue.drop(change, relation)
            catalogue.drop_schema(change, name)


def _tell_of_cascade(inside: list[Relation], scene: Scene) -> None:
    named = [f"{KINDS[one.kind]} {one.schema}.{one.name}" for one in sorted(inside, key=lambda one: one.oid)]
    if len(named) == 1:
        scene.notice("00000", f"drop cascades to {named[0]}")
    elif named:
        detail = "\n".join(f"drop cascades to {one}" for one in named)
        scene.notice("00000", f"drop cascades to {len(named)} other objects", detail)


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
        for relation in {one.oid: one for one in found if one is not None}.values():
            catalogue.truncate(change, relation)


def read_tables(cursor: Cursor) -> Definition:
    """Behind DROP TABLE. Raises PgError 42601."""
    lenient = cursor.take("if", "exists")
    names = cursor.listed(lambda: name_of(cursor))
    cursor.one_of("cascade", "restrict")
    return cursor.end(DropTables(names, lenient))


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
