"""What the planner asks for: relations as pg_class and pg_attribute have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

ROW_KEY = "ctid"
"""What a row's key is called among the columns of what is read; no column of a table may have this name."""
TABLE_OID = "tableoid"
"""A column of each stored table that says which one it is; of a partitioned one, which partition a row lies in."""
SHARD_ID = "hg_shard_id"
"""A column of each stored table that says in which shard a row lies: tables have one, which is 0. Source: the vendor's
page "Optimize query performance", by which skew is found, and the vendor's clients, which read shard by shard."""
ROWS, OLD, EXCLUDED = "__rows", "__old", "__excluded"
"""What a change asks for by name: rows that were written, that were there, and that were not let in."""


@dataclass(frozen=True)
class Column:
    """A column: ``number`` is attnum, ``default`` the text of its expression, or of its value where ``generated``.

    ``sequence`` is what its values are drawn from where nothing is said of them.
    """

    name: str
    type: int
    typmod: int = -1
    number: int = 0
    not_null: bool = False
    default: str = ""
    generated: bool = False
    sequence: str = ""
    mask: str = ""
    """How it is masked for who asks."""


@dataclass(frozen=True)
class Relation:
    """A table or a view. ``kind`` is relkind: r, p (partitioned), f (foreign), v.

    ``query`` is a view's, which was written under the search path ``path``: the names in it are those of the relations
    in ``names``, by OID, with the columns of ``uses``, which may be called otherwise by now.
    ``unique`` are the sets of columns that may be named in ON CONFLICT, by their constraint's name. ``owner`` is in
    whose name a view reads what it is made of.
    """

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    kind: str = "r"
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, tuple[str, ...]], ...] = ()
    query: str = ""
    path: Sequence[str] = ()
    names: Mapping[str, int] = field(default_factory=dict)
    uses: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    owner: str = ""
    logged: tuple[Column, ...] = ()
    """What the log of its changes has beside its columns; a statement that asks for one of these reads that log."""
    partitioned: tuple[str, ...] = ()
    """The columns by whose values its rows are logical partitions."""
    is_filtered: bool = False
    """Whether who reads it has to say of which of these."""

    @property
    def masked(self) -> frozenset[int]:
        """The numbers of the columns that are masked for who asks."""
        return frozenset(one.number for one in self.columns if one.mask)


class Catalog(Protocol):
    """Where names are looked up; they are folded already."""

    def relation(self, schema: str, name: str) -> Relation | None:
        """The table or view of that name. Raises PgError 42501 where who asks may not use the schema."""
        ...

    def by_oid(self, oid: int) -> Relation | None:
        """The relation of that OID."""
        ...

    def index(self, schema: str, name: str) -> int | None:
        """The OID of the index of that name."""
        ...

    def schema_exists(self, name: str) -> bool:
        """Whether there is such a schema."""
        ...

    def has_extension(self, name: str) -> bool:
        """Whether somebody has made an extension be there."""
        ...
