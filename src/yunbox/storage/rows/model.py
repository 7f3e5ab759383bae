"""What a row store keeps: schemas, and relations with their columns, as definitions that are written beside the rows.

Numbers are PostgreSQL's: a relation has an OID for its life, and a ``node`` for its present rows, which TRUNCATE
changes; a column has a number that is never used again, and its values lie in the rows under that number.
"""

from collections.abc import Mapping
from functools import cached_property

import msgspec

from yunbox.storage.rows.grants import Acl
from yunbox.wire.pgwire.values.modifiers import NONE
from yunbox.wire.pgwire.values.types import TYPES, Type

TABLE, VIEW, PARTITIONED, SEQUENCE, FOREIGN = "r", "v", "p", "S", "f"
"""The kinds of relations, by pg_class's letters."""
BINLOG_COLUMNS = ("hg_binlog_lsn", "hg_binlog_event_type", "hg_binlog_timestamp_us")
"""What the log of a table's changes has beside the table's columns. Source: the vendor's page "Subscribe to Hologres
binlogs"."""
_INT8 = 20
FIRST_DATABASE = 16_383
"""The OID of the first database of an instance."""
FRESH_OID, FRESH_NODE = 1 << 31, 1 << 62
"""What marks the numbers of what a block has made itself: outside of it nothing has such a one."""
_BINLOG_NODE = 1 << 61

TIME_TO_LIVE = "time_to_live_in_seconds"
"""The property that says how long after it was first written a row is removed."""
FOREVER_S = 3_153_600_000
"""The time that rows live if nobody says: a hundred years, as the vendor's page has it."""
STORAGE_MODE = "storage_mode"
"""The property that says in which tier the rows of a table lie, hot or cold."""

READ_ONLY = "readonly"
"""The property that says that nobody changes the rows of a table."""


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
    length: int = 0
    """How many elements its arrays have, where a CHECK says so: it is one of vectors then."""
    check: str = ""
    """What that CHECK is called."""
    label: str = ""
    """How its values are masked (``masks.py``)."""

    @property
    def type(self) -> Type:
        """Its type."""
        return TYPES[self.type_oid]


class Schedule(msgspec.Struct, frozen=True):
    """That partitions of a table come and go by themselves: since when, by whom, by whose clocks if nobody says, and
    when that was done last, 0 being never. How it is done stands in the properties (``partitioning/rule.py``)."""

    created_us: int
    creator: str
    zone: str = "UTC"
    ran_us: int = 0


class Dynamic(msgspec.Struct, frozen=True):
    """That a table has the rows of a query, which are found anew: the query, what is said of how, and the settings of
    who has made it, since when. What the query names is in the relation, as it is for a view."""

    query: str
    given: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    created_us: int = 0


class Logical(msgspec.Struct, frozen=True):
    """That the rows of a table are told apart by the values of one or two columns, given by their numbers: those of
    each value are a logical partition. ``properties`` are what is said of single ones (``logical.py``), and ``zone``
    is by whose clocks they grow old."""

    columns: tuple[int, ...]
    zone: str = "UTC"
    properties: Mapping[str, Mapping[str, str]] = {}


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
    grants: Acl | None = None
    column_grants: Mapping[int, Acl] = {}
    """What is granted on columns alone, by their numbers."""
    server: str = ""
    """Where the rows of a foreign table lie; its ``options`` say which they are there."""
    options: Mapping[str, str] = {}
    schedule: Schedule | None = None
    aging: int = 0
    """Where the ages of its rows lie, if these are to be removed some day (``aging.py``); else 0."""
    schema_version: int = 1
    """How many times its columns have been others, this time included: who follows its changes looks at them anew."""
    dynamic: Dynamic | None = None
    logical: Logical | None = None

    @cached_property
    def live(self) -> tuple[Column, ...]:
        """The columns that were not dropped."""
        return tuple(column for column in self.columns if not column.dropped)

    @cached_property
    def is_generating(self) -> bool:
        """Whether any column is generated by others."""
        return any(column.generated is not None for column in self.live)

    @cached_property
    def vectors(self) -> tuple[Column, ...]:
        """The columns whose arrays have one length."""
        return tuple(column for column in self.live if column.length)

    @cached_property
    def is_altered(self) -> bool:
        """Whether there may be rows with fewer columns."""
        return any(column.added for column in self.columns)

    @cached_property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the primary key, in its order."""
        return tuple(self.columns[number - 1] for number in self.primary_key)

    @cached_property
    def logical_columns(self) -> tuple[Column, ...]:
        """The columns by which its rows are logical partitions, in their order; none of most tables."""
        return tuple(self.columns[number - 1] for number in self.logical.columns) if self.logical is not None else ()

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns that were not dropped, by name."""
        return {column.name: column for column in self.live}

    @cached_property
    def binlog(self) -> "Relation | None":
        """The log of the changes of its rows, as a table; None where there is to be none.

        It belongs to the table, not to its present place of rows: TRUNCATE leaves it as it is.
        """
        if self.properties.get("binlog.level") != "replica":
            return None
        return self.changes

    @cached_property
    def changes(self) -> "Relation":
        """The same, whether or not anything is written to it now: each row is what a change was, and a row of the
        table, in the order in which they came; it may be older than some of its columns."""
        given = tuple(
            msgspec.structs.replace(one, number=one.number + len(BINLOG_COLUMNS), not_null=False, added=True)
            for one in self.columns
        )
        made = tuple(Column(name, number, _INT8, not_null=True) for number, name in enumerate(BINLOG_COLUMNS, 1))
        node = _BINLOG_NODE | self.oid | (FRESH_NODE if self.oid & FRESH_OID else 0)
        return Relation(self.oid, self.schema, self.name, node, made + given, owner=self.owner)

    @property
    def is_cold(self) -> bool:
        """Whether its rows are said to lie in the cheaper tier."""
        return self.properties.get(STORAGE_MODE) == "cold"

    @cached_property
    def is_read_only(self) -> bool:
        """Whether nobody changes its rows."""
        return self.properties.get(READ_ONLY) == "true"

    @cached_property
    def lives_s(self) -> int | None:
        """How long its rows live; None where nobody ever removes them."""
        lives_s = int(self.properties.get(TIME_TO_LIVE, FOREVER_S))
        return lives_s if self.kind == TABLE and lives_s < FOREVER_S else None

    @cached_property
    def aging_prefix(self) -> bytes:
        """How the keys of its rows' ages begin."""
        return self.aging.to_bytes(8, "big")

    @cached_property
    def sort(self) -> str:
        """What there is to grant on it: what is granted on tables, or on sequences."""
        return "sequence" if self.kind == SEQUENCE else "table"

    @cached_property
    def beyond(self) -> bytes:
        """What the keys of its rows are all below."""
        return (self.node + 1).to_bytes(8, "big")

    @cached_property
    def prefix(self) -> bytes:
        """How the keys of its rows begin."""
        return self.node.to_bytes(8, "big")


class Extension(msgspec.Struct, frozen=True):
    """Functions and types that are there since somebody said CREATE EXTENSION; they are in the schema public."""

    oid: int
    name: str
    owner: str = ""


class Schema(msgspec.Struct, frozen=True):
    """A schema."""

    oid: int
    name: str
    owner: str = ""
    comment: str = ""
    grants: Acl | None = None
