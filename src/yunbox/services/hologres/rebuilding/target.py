"""What a table is to be behind its rebuild, and of which expressions its columns are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.base import Scene, no_column
from yunbox.services.hologres.definitions.create import check_name, check_type
from yunbox.services.hologres.definitions.defaults import check_default
from yunbox.services.hologres.definitions.dependents import check_unused
from yunbox.services.hologres.definitions.logical import check_partitions, with_partitions
from yunbox.services.hologres.definitions.properties import checked
from yunbox.services.hologres.definitions.table_groups import check_group
from yunbox.services.hologres.rebuilding import statement as s
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.keys import unsuitable
from yunbox.storage.rows.model import READ_ONLY, TABLE, Column, Relation
from yunbox.storage.rows.sequences import sequence_of
from yunbox.storage.rows.table_groups import TABLE_GROUP
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.modifiers import format_type

_DISTRIBUTION = "distribution_key"


@dataclass(slots=True)
class _Target:
    """A table on its way to what it is to be. ``sources`` are expressions of columns; others are as they were."""

    relation: Relation
    known: Catalogue
    sources: dict[str, str] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    partitioned: tuple[str, ...] = ()
    """The columns by which it is to have logical partitions, which it had not."""

    def column(self, name: str) -> Column:
        """A column. Raises PgError 42703."""
        found = self.relation.by_name.get(name)
        if found is None:
            raise no_column(name, self.relation.name)
        return found

    def put(self, column: Column) -> None:
        """Have a column be another one, with its number."""
        columns = tuple(column if one.number == column.number else one for one in self.relation.columns)
        self.relation = msgspec.structs.replace(self.relation, columns=columns)

    def do(self, action: s.Action) -> None:
        """One action. Raises PgError."""
        match action:
            case s.Add(definition):
                self._add(definition)
            case s.Retype(name, to, using):
                self._retype(name, to, using)
            case s.Default(name, text):
                column = msgspec.structs.replace(self.column(name), default=text)
                self.put(column)
                check_default(column, self.relation, self.known.extensions)
            case s.Needed(name, is_needed):
                column = self.column(name)
                if not is_needed and column.number in self.relation.primary_key:
                    raise failure("42P16", f'column "{name}" is in a primary key')
                self.put(msgspec.structs.replace(column, not_null=is_needed))
            case s.Key(names):
                self._key(names)
            case s.Partitioned(names):
                if self.relation.logical is not None:
                    raise failure("0A000", "REBUILD TABLE ... TO LOGICAL PARTITION of such a table is not supported")
                self.partitioned = names
            case s.Properties():
                pass  # they are looked at when all else is done

    def _add(self, definition: s.ColumnDefinition) -> None:
        check_name(definition.name)
        if definition.name in self.relation.by_name:
            told = f'column "{definition.name}" of relation "{self.relation.name}" already exists'
            raise failure("42701", told)
        if definition.is_key or definition.type.serial or definition.generated is not None or definition.length:
            raise failure("0A000", "REBUILD TABLE ... ADD COLUMN of a key, a vector, a serial or generated column")
        made = msgspec.structs.replace(definition.column(()), number=len(self.relation.columns) + 1)
        check_type(made, self.known)
        self.relation = msgspec.structs.replace(self.relation, columns=(*self.relation.columns, made))
        check_default(made, self.relation, self.known.extensions)
        self.added.add(made.name)

    def _retype(self, name: str, to: s.Typed, using: str) -> None:
        column = self.column(name)
        if to.serial or any(one.generated is not None for one in self.relation.live):
            raise failure("0A000", "REBUILD TABLE ... TYPE to serial, or beside generated columns, is not supported")
        made = msgspec.structs.replace(column, type_oid=to.oid, modifier=to.modifier)
        self.put(made)
        check_type(made, self.known)
        check_default(made, self.relation, self.known.extensions)
        self.sources[name] = f"CAST(({using}) AS {format_type(to.oid, to.modifier)})" if using else identifier(name)

    def _key(self, names: tuple[str, ...]) -> None:
        for name in names:
            if names.count(name) > 1:
                raise failure("42701", f'column "{name}" appears twice in primary key constraint')
            self.put(msgspec.structs.replace(self.column(name), not_null=True))
        before = ",".join(one.name for one in self.relation.key_columns)
        self.relation = msgspec.structs.replace(
            self.relation, primary_key=tuple(self.column(name).number for name in names)
        )
        if self.relation.properties.get(_DISTRIBUTION, before) == before:
            properties = {**self.relation.properties, _DISTRIBUTION: ",".join(names)}
            self.relation = msgspec.structs.replace(self.relation, properties=properties)

    def finish(self, given: Mapping[str, str], zone: str) -> None:
        """Look at what all comes to, with properties that are set. Raises PgError."""
        relation = self.relation
        if self.partitioned:
            relation = with_partitions(relation, self.partitioned, zone)
        elif relation.logical is not None:  # whose key may be none any more
            check_partitions(relation)
        wrong = unsuitable(one.type_oid for one in relation.key_columns)
        if wrong:
            raise failure("0A000", f"a primary key of type {format_type(wrong[0])} is not supported")
        properties = {**relation.properties, **checked(given, relation, fresh=True)}
        for name in ("orientation", _DISTRIBUTION):
            if properties.get(name):
                checked({name: properties[name]}, relation, fresh=True)
        if TABLE_GROUP in given:
            check_group(self.known, properties[TABLE_GROUP])
        columns = tuple(msgspec.structs.replace(one, missing=None, added=False) for one in relation.columns)
        self.relation = msgspec.structs.replace(relation, columns=columns, properties=properties)


@dataclass(frozen=True, slots=True)
class Target:
    """What a table is to be, and the SELECT of its columns' values; those left out have their defaults."""

    relation: Relation
    names: tuple[str, ...]
    query: str


def target_of(rebuilding: s.Rebuilding, relation: Relation, known: Catalogue, scene: Scene) -> Target:
    """What a table is to be. Raises PgError."""
    check_rebuildable(relation, known, scene)
    bare = {name: value for name, value in relation.properties.items() if name != READ_ONLY}
    made = _Target(msgspec.structs.replace(relation, properties=bare), known)
    for action in rebuilding.actions:
        made.do(action)
    given = {name: value for one in rebuilding.actions if isinstance(one, s.Properties)
             for name, value in one.given.items()}  # fmt: skip
    made.finish(given, scene.zone)
    if any(isinstance(one, s.Retype) for one in rebuilding.actions):
        check_unused(known, relation, "changing the type of a column")
    taken = [one.name for one in made.relation.live if one.name not in made.added and one.generated is None]
    items = ", ".join(made.sources.get(name, identifier(name)) for name in taken)
    keys = "".join(f" WHERE {identifier(one.name)} IS NOT NULL" for one in relation.logical_columns[:1])
    return Target(made.relation, tuple(taken), f"SELECT {items} FROM {_named(relation)}{keys}")


def _named(relation: Relation) -> str:
    return f"{identifier(relation.schema)}.{identifier(relation.name)}"


def check_rebuildable(relation: Relation, known: Catalogue, scene: Scene) -> None:
    """Raise PgError 42809, 42501, 0A000 for what is not rebuilt."""
    if relation.kind != TABLE or relation.parent:
        raise failure("0A000", f'REBUILD of "{relation.name}", which is no table of its own rows, is not supported')
    scene.check_owns(relation)
    why = (
        "a binlog" if relation.binlog is not None
        else "serial columns" if any(map(sequence_of, relation.live))
        else "a query" if relation.dynamic is not None
        else "vectors" if relation.vectors
        else "rows whose time ends" if relation.aging else ""
    )  # fmt: skip
    if why:
        raise failure("0A000", f'REBUILD of table "{relation.name}" with {why} is not supported')
