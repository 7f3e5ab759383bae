"""Table groups: made, dropped, moved into, and which of them new tables go to.

Source: the vendor's page "Manage table groups and shard counts". A group has the number of shards that was asked for at
the vendor's; here rows lie in one shard, which who asks for more is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Scene
from yunbox.services.hologres.definitions.names import written_name
from yunbox.services.hologres.statements.cursor import NAME_BYTES_MAX, Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import PARTITIONED, TABLE, Relation
from yunbox.storage.rows.sequences import sequence_of
from yunbox.storage.rows.table_groups import (
    FIRST_GROUP,
    GROUPS_MAX,
    TABLE_GROUP,
    TableGroup,
    TableGroups,
    group_of,
    in_group,
)
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, failure

_SHARDS_MAX = 32_767


@dataclass(frozen=True, slots=True)
class CreateTableGroup:
    """``CALL hg_create_table_group``."""

    name: str
    shards: int
    lenient: bool = False
    tag: str = "CALL"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42501, 42710, 22023, 54000."""
        _check_superuser(scene)
        if not self.name or len(self.name.encode()) > NAME_BYTES_MAX:
            raise failure("42602", f"the name of a table group has 1 to {NAME_BYTES_MAX} bytes")
        if not 0 < self.shards <= _SHARDS_MAX:
            raise failure("22023", f"a table group has 1 to {_SHARDS_MAX} shards, not {self.shards}")
        groups = known.groups
        if self.name in groups.by_name:
            told = f'table group "{self.name}" already exists'
            if not self.lenient:
                raise failure("42710", told)
            scene.notice("42710", f"{told}, skipping")
            return
        if len(groups.made) >= GROUPS_MAX:
            raise failure("54000", f"a database has at most {GROUPS_MAX} table groups here")
        if self.shards > 1:
            scene.notice("00000", f'table group "{self.name}" has one shard here, and not {self.shards}')
        if self.name == FIRST_GROUP:
            made = msgspec.structs.replace(groups, is_first_gone=False)
        else:
            made = msgspec.structs.replace(groups, made=(*groups.made, TableGroup(self.name, self.shards)))
        catalogue.put_groups(change, made)


@dataclass(frozen=True, slots=True)
class DropTableGroup:
    """``CALL hg_drop_table_group``."""

    name: str
    tag: str = "CALL"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Remove it. Raises PgError 42501, 42704, 2BP01, 55006."""
        _check_superuser(scene)
        check_group(known, self.name)
        within = in_group(list(known.relations.values()), self.name)
        if within:
            told = f'cannot drop table group "{self.name}" because tables are in it'
            raise failure("2BP01", told, f'table "{within[0].name}" is in it')
        if known.groups.default == self.name:
            raise failure("55006", f'cannot drop table group "{self.name}", which is the default of the database')
        catalogue.put_groups(change, known.groups.without(self.name))


@dataclass(frozen=True, slots=True)
class MoveTable:
    """``CALL hg_move_table_to_table_group``; a group that has no table then is gone."""

    table: str
    group: str
    tag: str = "CALL"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have a table be in another group. Raises PgError 42501, 42704, 42P01, 42809, 0A000."""
        _check_superuser(scene)
        relation = scene.need(known, written_name(self.table))
        if relation.kind not in (TABLE, PARTITIONED):
            raise failure("42809", f'"{relation.name}" is not a table')
        check_group(known, self.group)
        if relation.parent:
            raise failure("42809", f'"{relation.name}" is a partition, which is moved with its table')
        before, parts = group_of(relation), known.partitions_of(relation)
        if before == self.group:
            return
        for one in (relation, *parts):
            _check_movable(one)
        for one in (relation, *parts):
            properties = {**one.properties, TABLE_GROUP: self.group}
            catalogue.replace(change, one, msgspec.structs.replace(one, properties=properties))
        left = catalogue.load(change)
        if before != left.groups.default and not in_group(list(left.relations.values()), before):
            catalogue.put_groups(change, left.groups.without(before))


def _check_movable(relation: Relation) -> None:
    """Raise PgError 0A000 for what the vendor does not move."""
    why = (
        "a binlog" if relation.binlog is not None
        else "serial columns" if any(map(sequence_of, relation.live))
        else "generated columns" if relation.is_generating else ""
    )  # fmt: skip
    if why:
        raise failure("0A000", f'moving table "{relation.name}" with {why} to another table group is not supported')


@dataclass(frozen=True, slots=True)
class SetDefaultGroup:
    """``CALL hg_update_database_property``, of the one property that there is."""

    property: str
    value: str
    tag: str = "CALL"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have new tables go there. Raises PgError 42501, 42704, 22023."""
        _check_superuser(scene)
        if self.property.lower() != "default_table_group":
            raise failure("22023", f'unrecognized database property "{self.property}"')
        check_group(known, self.value)
        catalogue.put_groups(change, msgspec.structs.replace(known.groups, default=self.value))


def _check_superuser(scene: Scene) -> None:
    if not scene.rights.is_superuser:
        raise failure("42501", "permission denied: only superusers change table groups")


def check_group(known: Catalogue, name: str) -> None:
    """Raise PgError 42704 for a table group that is not there."""
    if name not in known.groups.by_name:
        raise no_group(name)


def no_group(name: str) -> PgError:
    """A table group is not there."""
    return failure("42704", f'table group "{name}" does not exist')


def grouped(properties: dict[str, str], known: Catalogue) -> dict[str, str]:
    """The properties of a new table, in the group that it goes to. Raises PgError 42704."""
    groups: TableGroups = known.groups
    if TABLE_GROUP in properties:
        check_group(known, properties[TABLE_GROUP])
        return properties
    return properties if groups.default == FIRST_GROUP else {**properties, TABLE_GROUP: groups.default}


def _read_create(cursor: Cursor) -> Definition:
    name = cursor.string()
    cursor.need(",")
    shards = cursor.whole() if cursor.token.sort != "text" else _whole(cursor.string())
    lenient = cursor.take(",") and _ignores(cursor)
    return CreateTableGroup(name, shards, lenient)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise failure("22P02", f'invalid input syntax for type integer: "{text}"')
    return int(text)


def _ignores(cursor: Cursor) -> bool:
    word = cursor.string()
    if word.lower() != "ignore":
        raise failure("22023", f'unrecognized option "{word}"')
    return True


def _texts(count: int, made: Callable[..., Definition]) -> Callable[[Cursor], Definition]:
    def read(cursor: Cursor) -> Definition:
        given = cursor.listed(cursor.string)
        if len(given) != count:
            raise failure("42883", f"the procedure takes {count} arguments, and not {len(given)}")
        return made(*given)

    return read


READERS: Mapping[str, Callable[[Cursor], Definition]] = {
    "hg_create_table_group": _read_create,
    "hg_drop_table_group": _texts(1, DropTableGroup),
    "hg_move_table_to_table_group": _texts(2, MoveTable),
    "hg_update_table_shard_count": _texts(2, MoveTable),
    "hg_update_database_property": _texts(2, SetDefaultGroup),
}
"""What reads the arguments of each procedure."""
