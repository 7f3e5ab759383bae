"""Table groups: names under which tables of a database are kept together, and how many shards were asked for.

All rows lie in one shard here, whatever was asked for: it is kept to be seen, and nothing is made of it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from yunbox.storage.rows.model import Relation

FIRST_GROUP = "yunbox_tg_default"
"""The table group that every database has, named as the vendor names a database's first."""
TABLE_GROUP = "table_group"
"""The property that says in which group a table is; without it the table is in the first."""
GROUPS_MAX = 1000


class TableGroup(msgspec.Struct, frozen=True):
    """A table group."""

    name: str
    shards_asked: int = 1


class TableGroups(msgspec.Struct, frozen=True):
    """Those that were made in a database, and into which new tables go if nobody says."""

    made: tuple[TableGroup, ...] = ()
    default: str = FIRST_GROUP
    is_first_gone: bool = False

    @property
    def by_name(self) -> Mapping[str, TableGroup]:
        """All that there are."""
        first = () if self.is_first_gone else (TableGroup(FIRST_GROUP),)
        return {one.name: one for one in (*first, *self.made)}

    def without(self, name: str) -> "TableGroups":
        """The same without a group."""
        left = tuple(one for one in self.made if one.name != name)
        return TableGroups(left, self.default, self.is_first_gone or name == FIRST_GROUP)


def group_of(relation: Relation) -> str:
    """The group that a table is in."""
    return relation.properties.get(TABLE_GROUP, FIRST_GROUP)


def in_group(relations: Sequence[Relation], name: str) -> list[Relation]:
    """The tables of a group, those that have partitions among them."""
    return [one for one in relations if one.kind in "rp" and group_of(one) == name]
