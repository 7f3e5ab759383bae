"""CREATE, ALTER and DROP DYNAMIC TABLE.

Sources: the vendor's pages "CREATE DYNAMIC TABLE", "ALTER DYNAMIC TABLE" and "DROP DYNAMIC TABLE".
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.create import check_name
from yunbox.services.hologres.definitions.dependents import also_dropped
from yunbox.services.hologres.definitions.filled import stored
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.properties import checked, read_properties, with_defaults
from yunbox.services.hologres.definitions.queries import called, described
from yunbox.services.hologres.definitions.table_groups import grouped
from yunbox.services.hologres.dynamic import options
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, no_relation
from yunbox.storage.rows.model import FOREIGN, Column, Dynamic, Relation
from yunbox.storage.rows.rights import check
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

_TOO_MANY = "CREATE DYNAMIC TABLE specifies more column names than columns"


@dataclass(frozen=True, slots=True)
class CreateDynamicTable:
    """CREATE DYNAMIC TABLE; ``start`` is where its query begins, ``settings`` are those of who makes it."""

    name: Name
    query: str
    start: int
    given: dict[str, str]
    columns: tuple[str, ...] = ()
    lenient: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    tag: str = "CREATE DYNAMIC TABLE"

    def under(self, settings: Mapping[str, str]) -> "CreateDynamicTable":
        """The same under some settings."""
        return replace(self, settings=settings)

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it, without its rows. Raises PgError."""
        schema = scene.target(known, self.name)
        if self.lenient and scene.already(known, schema, self.name.name):
            return
        own, others = options.parted(self.given)
        own = options.whole(own)
        columns, made = _described(self.query, self.start, self.columns, known, scene)
        oid, node = catalogue.next_oid(change), catalogue.next_node(change)
        relation = msgspec.structs.replace(
            made, oid=oid, schema=schema, name=self.name.name, node=node, columns=columns, owner=scene.owner
        )
        properties = grouped(with_defaults(checked(others, relation, fresh=True), relation), known)
        dynamic = Dynamic(self.query, own, self.settings, time.time_ns() // 1000)
        catalogue.add(change, msgspec.structs.replace(relation, properties=properties, dynamic=dynamic))


def _described(
    query: str, start: int, names: tuple[str, ...], known: Catalogue, scene: Scene
) -> tuple[tuple[Column, ...], Relation]:
    """The columns of a query, and what it names. Raises PgError."""
    found = described(query, start, known, scene)
    check(known, scene.owner, found.needs)
    foreign = [one.name for _, one in found.uses if one.kind == FOREIGN]
    if foreign:
        raise failure("0A000", f'a dynamic table of foreign table "{foreign[0]}" is not supported')
    columns = tuple(map(stored, called(found.columns, names, _TOO_MANY)))
    uses = {one.oid: {column.number: column.name for column in one.live} for _, one in found.uses}
    path = tuple(one for one in scene.path if one in known.schemas)
    return columns, Relation(0, "", "", 0, (), path=path, names={name: one.oid for name, one in found.uses}, uses=uses)


@dataclass(frozen=True, slots=True)
class AlterDynamicTable:
    """ALTER DYNAMIC TABLE: other options and properties, another name, or another query."""

    name: Name
    given: dict[str, str] = field(default_factory=dict)
    to: str = ""
    query: str = ""
    start: int = 0
    lenient: bool = False
    tag: str = "ALTER DYNAMIC TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Do it. Raises PgError 42P01, 42809, 42501, 22023, 0A000, 42P16."""
        relation = _dynamic(self.name, known, scene, lenient=self.lenient)
        if relation is None:
            return
        scene.check_owns(relation)
        assert relation.dynamic is not None
        altered = relation
        if self.to:
            check_name(self.to)
            scene.check_creates(known.schemas[relation.schema])
            altered = msgspec.structs.replace(altered, name=self.to)
        own, others = options.parted(self.given)
        query, start = own.pop(options.QUERY, self.query), self.start if self.query else 0
        if others:
            properties = {**altered.properties, **checked(others, altered, fresh=False)}
            altered = msgspec.structs.replace(altered, properties=properties)
        if own:
            dynamic = msgspec.structs.replace(relation.dynamic, given={**relation.dynamic.given, **own})
            altered = msgspec.structs.replace(altered, dynamic=dynamic)
        if query:
            altered = _requeried(altered, query, start, known, scene)
        if altered != relation:
            catalogue.replace(change, relation, altered)


def _requeried(relation: Relation, query: str, start: int, known: Catalogue, scene: Scene) -> Relation:
    """A table with another query, which may give more columns. Raises PgError 42P16, 42P17."""
    assert relation.dynamic is not None
    path = replace(scene, path=relation.path or scene.path)
    columns, made = _described(query, start, (), known, path)
    if relation.oid in made.uses:
        raise failure("42P17", f'dynamic table "{relation.name}" would be made of itself')
    before = relation.live
    if len(columns) < len(before):
        raise failure("42P16", "cannot drop columns from dynamic table")
    for old, new in zip(before, columns, strict=False):
        if (old.name, old.type_oid, old.modifier) != (new.name, new.type_oid, new.modifier):
            raise failure("42P16", f'cannot change column "{old.name}" of dynamic table "{relation.name}"')
    more = tuple(msgspec.structs.replace(one, added=True) for one in columns[len(before) :])
    dynamic = msgspec.structs.replace(relation.dynamic, query=query)
    return msgspec.structs.replace(
        relation, columns=(*before, *more), dynamic=dynamic, names=made.names, uses=made.uses, path=made.path
    )


@dataclass(frozen=True, slots=True)
class DropDynamicTable:
    """DROP DYNAMIC TABLE."""

    name: Name
    lenient: bool = False
    cascade: bool = False
    tag: str = "DROP DYNAMIC TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Drop it. Raises PgError 42P01, 42809, 42501, 2BP01."""
        relation = _dynamic(self.name, known, scene, lenient=self.lenient)
        if relation is None:
            return
        scene.check_owns(relation)
        for one in (*also_dropped(known, [relation], scene, cascade=self.cascade), relation):
            catalogue.drop(change, one)


def _dynamic(name: Name, known: Catalogue, scene: Scene, *, lenient: bool) -> Relation | None:
    """A dynamic table. Raises PgError 42P01, 42809."""
    found = scene.sought(known, name, lenient=lenient, what="dynamic table")
    return need_dynamic(found, name) if found is not None else None


def need_dynamic(found: Relation | None, name: Name) -> Relation:
    """A relation, if it is a dynamic table. Raises PgError 42P01, 42809."""
    if found is None:
        raise no_relation(str(name))
    if found.dynamic is None:
        raise failure("42809", f'"{found.name}" is not a dynamic table')
    return found


def read_create(cursor: Cursor) -> Definition:
    """Behind CREATE DYNAMIC TABLE. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "not", "exists")
    name = name_of(cursor)
    columns: tuple[str, ...] = ()
    if cursor.take("("):
        columns = cursor.listed(cursor.name)
        cursor.need(")")
    if cursor.token.word in ("logical", "partition"):
        raise failure("0A000", "dynamic tables with partitions are not supported")
    given = read_properties(cursor) if cursor.take("with") else {}
    cursor.need("as")
    query, start = cursor.rest()
    return CreateDynamicTable(name, query, start, given, columns, lenient)


def read_alter(cursor: Cursor) -> Definition:
    """Behind ALTER DYNAMIC TABLE. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "exists")
    name = name_of(cursor)
    if cursor.take("rename", "to"):
        return cursor.end(AlterDynamicTable(name, to=cursor.name(), lenient=lenient))
    if cursor.take("as"):
        query, start = cursor.rest()
        return AlterDynamicTable(name, query=query, start=start, lenient=lenient)
    cursor.need("set")
    if not cursor.peek("("):
        raise failure("0A000", f"ALTER DYNAMIC TABLE ... SET {cursor.token.text.upper()} is not supported")
    return cursor.end(AlterDynamicTable(name, read_properties(cursor), lenient=lenient))


def read_drop(cursor: Cursor) -> Definition:
    """Behind DROP DYNAMIC TABLE. Raises PgError 42601."""
    lenient = cursor.take("if", "exists")
    name = name_of(cursor)
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    return cursor.end(DropDynamicTable(name, lenient, cascade))
