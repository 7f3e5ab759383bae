"""What a row store keeps: schemas, and relations with their columns, as definitions that are written beside the rows.

Numbers are PostgreSQL's: a relation has an OID for its life, and a ``node`` for its present rows, which TRUNCATE
changes; a column has a number that is never used again, and its values lie in the rows under that number.
"""

from collections.abc import Mapping
from functools import cached_property

import msgspec

from yunbox.wire.pgwire.values.modifiers import NONE
from yunbox.wire.pgwire.values.types import TYPES, Type

TABLE, VIEW, PARTITIONED, SEQUENCE = "r", "v", "p", "S"
"""The kinds of relations, by pg_class's letters."""


class Column(msgspec.Struct, frozen=True):
    """A column. ``number`` is pg_attribute's attnum; ``modifier`` its atttypmod.

    ``default`` is the SQL of its default, which INSERT evaluates; ``missing`` the text of the value that rows have
    which are older than the column.
    """

    name: str
    number: int
    type_oid: int
    modifier: int = NONE
    not_null: bool = False
    default: str | None = None
    generated: str | None = None
    missing: str | None = None
    comment: str = ""
    dropped: bool = False
    added: bool = False
    """Whether there may be rows that are older than it."""

    @property
    def type(self) -> Type:
        """Its type."""
        return TYPES[self.type_oid]


class Relation(msgspec.Struct, frozen=True, dict=True):
    """A table or a view. ``columns`` are in the order of their numbers, which begin at 1 and have no gaps.

    ``primary_key`` are the numbers of its columns; without one the rows are numbered. ``properties`` are those of
    ``hologres.hg_table_properties``, by name. ``definition`` is a view's query, or the value of a partition.
    ``partition`` is the number of the column by which a table is partitioned, and of a partition that whose value it is
    for; that value is its ``definition``, and ``parent`` the OID of the table that it is a part of.
    ``path`` is the search path that a view's query was written under, ``names`` are the OIDs of the relations that it
    names, and ``uses`` what their columns were called then, by their numbers.
    """

    oid: int
    schema: str
    name: str
    node: int
    columns: tuple[Column, ...]
    kind: str = TABLE
    primary_key: tuple[int, ...] = ()
    properties: Mapping[str, str] = {}
    definition: str = ""
    parent: int = 0
    owner: str = ""
    comment: str = ""
    path: tuple[str, ...] = ()
    names: Mapping[str, int] = {}
    uses: Mapping[int, Mapping[int, str]] = {}
    partition: int = 0
    owned_by: int = 0
    """The OID of the table that a sequence goes with."""

    @cached_property
    def live(self) -> tuple[Column, ...]:
        """The columns that were not dropped."""
        return tuple(column for column in self.columns if not column.dropped)

    @cached_property
    def is_altered(self) -> bool:
        """Whether there may be rows with fewer columns."""
        return any(column.added for column in self.columns)

    @cached_property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the primary key, in its order."""
        return tuple(self.columns[number - 1] for number in self.primary_key)

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns that were not dropped, by name."""
        return {column.name: column for column in self.live}

    @cached_property
    def prefix(self) -> bytes:
        """How the keys of its rows begin."""
        return self.node.to_bytes(8, "big")


class Schema(msgspec.Struct, frozen=True):
    """A schema."""

    oid: int
    name: str
    owner: str = ""
    comment: str = ""
