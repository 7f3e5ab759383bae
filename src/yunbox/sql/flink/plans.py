"""What a query becomes: a tree of nodes that an engine carries out batch by batch without reading SQL again.

Expressions are DuckDB SQL. They name the columns of a node's input by their places, ``c0``, ``c1`` and so on; those of
the right side of a join follow those of the left. Each value has in DuckDB the type that ``FlinkType.duckdb`` says, and
an expression gives exactly the type that is told beside it.

A node's rows are changes: rows that come (+I), and where ``updates`` says so, rows that replace others (-U, +U) and
that go (-D). What a node keeps between batches, and for how long, is the business of the engine: ``ttl_ms`` is the
state's time to live, 0 for ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from yunbox.sql.flink.types import FlinkType

TimeRole = Literal["", "rowtime", "proctime"]
FunctionKind = Literal["scalar", "table", "aggregate", "pandas aggregate", "table aggregate"]


@dataclass(frozen=True)
class Field:
    """A column of a node's rows. A ``rowtime`` has a watermark; a ``proctime`` is when its row is worked on."""

    name: str
    type: FlinkType
    time: TimeRole = ""


Fields = tuple[Field, ...]


@dataclass(frozen=True)
class Bound:
    """An expression over the columns of an input: DuckDB SQL and its type."""

    sql: str
    type: FlinkType


@dataclass(frozen=True)
class TableColumn:
    """A column of a table as it was declared.

    ``kind`` is physical, metadata or computed. ``metadata_key`` says which metadata, by default its name; ``virtual``
    ones are not written. ``expression`` is the text of a computed one.
    """

    name: str
    type: FlinkType
    kind: Literal["physical", "metadata", "computed"] = "physical"
    metadata_key: str = ""
    virtual: bool = False
    expression: str = ""
    comment: str = ""


@dataclass(frozen=True)
class WatermarkSpec:
    """WATERMARK FOR column AS expression, as text."""

    column: str
    expression: str


@dataclass(frozen=True)
class Table:
    """A table of the catalogue: what connects to the world outside by ``options['connector']``."""

    catalog: str
    database: str
    name: str
    columns: tuple[TableColumn, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    watermark: WatermarkSpec | None = None
    partition_keys: tuple[str, ...] = ()
    comment: str = ""
    temporary: bool = False
    distribution: str = ""

    @property
    def path(self) -> str:
        """As Flink prints it."""
        return f"`{self.catalog}`.`{self.database}`.`{self.name}`"

    @property
    def stored(self) -> tuple[TableColumn, ...]:
        """The columns that a sink writes: all but computed and virtual ones."""
        return tuple(one for one in self.columns if one.kind != "computed" and not one.virtual)


@dataclass(frozen=True)
class View:
    """A view: its query as text, and the columns it gives.

    ``home_catalog`` and ``home_database`` are those that were current when it was made: what names in it are in.
    """

    catalog: str
    database: str
    name: str
    query: str
    fields: Fields
    comment: str = ""
    temporary: bool = False
    home_catalog: str = ""
    home_database: str = ""


@dataclass(frozen=True)
class UserFunction:
    """A function of a user's in Python: expressions call it in DuckDB as ``duckdb``, with ``in_python``'s types.

    ``source`` says where it lies, as CREATE FUNCTION had it. ``params`` is None while it takes any; one that is called
    has those of its call. A volatile one gives another value at every call, and a table function an ARRAY of ROWs.
    Of an aggregate function it says the type of its ``accumulator``, and whether it can take rows back (``retracts``)
    and add accumulators to each other (``merges``).
    """

    name: str
    source: str
    params: tuple[FlinkType, ...] | None
    returns: FlinkType
    volatile: bool = False
    kind: FunctionKind = "scalar"
    accumulator: str = ""
    retracts: bool = False
    merges: bool = False

    @property
    def is_aggregate(self) -> bool:
        """Whether it is called for the rows of a group."""
        return self.kind in ("aggregate", "pandas aggregate")

    @property
    def duckdb(self) -> str:
        """Its name in DuckDB, which is no other's."""
        return f"{self.source}({', '.join(one.in_python for one in self.params or ())})"


# -- nodes


@dataclass(frozen=True)
class Node:
    """One step. ``inputs`` are the nodes whose rows it takes."""

    fields: Fields

    @property
    def inputs(self) -> tuple["Node", ...]:
        """Those it takes rows from, in order."""
        return ()

    @property
    def updates(self) -> bool:
        """Whether its rows are ever replaced or go."""
        return any(one.updates for one in self.inputs)


@dataclass(frozen=True)
class Source(Node):
    """A table that is read: its physical and metadata columns, in the order of ``columns``.

    ``options`` are the table's, those of a hint over them. Computed columns and the watermark come in nodes above.
    """

    table: Table
    columns: tuple[TableColumn, ...]
    options: Mapping[str, str]
    changelog: bool = False  # an upsert or CDC source, whose rows replace others by the table's primary key

    @property
    def updates(self) -> bool:
        """Whether the source tells of changes."""
        return self.changelog


@dataclass(frozen=True)
class Values(Node):
    """Rows that are written in the query."""

    rows: tuple[tuple[Bound, ...], ...]


@dataclass(frozen=True)
class Single(Node):
    """A node of one input."""

    input: Node

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The one."""
        return (self.input,)


@dataclass(frozen=True)
class Project(Single):
    """One expression for each field."""

    expressions: tuple[Bound, ...]


@dataclass(frozen=True)
class Filter(Single):
    """The rows for which a condition is TRUE."""

    condition: str


@dataclass(frozen=True)
class AssignWatermark(Single):
    """The watermark is the highest value that an expression has had, of each shard by itself, and the least of those.

    ``column`` is the place of the rowtime; ``expression`` is a TIMESTAMP or TIMESTAMPTZ.
    """

    column: int
    expression: str


@dataclass(frozen=True)
class WindowTable(Single):
    """TUMBLE, HOP, CUMULATE or SESSION: the input's columns, then window_start, window_end and window_time.

    ``column`` is the place of the time. HOP and CUMULATE give a row of each of its windows; ``slide_ms`` is the hop or
    the step. A SESSION is of each value of the columns ``partition_keys``, and ``size_ms`` is its gap.
    """

    kind: Literal["TUMBLE", "HOP", "CUMULATE", "SESSION"]
    column: int
    size_ms: int
    slide_ms: int = 0
    offset_ms: int = 0
    partition_keys: tuple[int, ...] = ()


@dataclass(frozen=True)
class AggregateCall:
    """A call of an aggregate function: its name in capitals as Flink has it (COUNT, SUM, MIN, MAX, AVG, FIRST_VALUE,
    LAST_VALUE, LISTAGG, COLLECT, STDDEV_POP, STDDEV_SAMP, VAR_POP, VAR_SAMP, ARRAY_AGG, JSON_...), and its arguments.

    COUNT without arguments counts rows. ``filter`` is a condition or empty. A call of a user's function says which it
    is, and its arguments are as functions in Python take them.
    """

    function: str
    arguments: tuple[Bound, ...]
    type: FlinkType
    distinct: bool = False
    filter: str = ""
    user: UserFunction | None = None


@dataclass(frozen=True)
class Aggregate(Single):
    """GROUP BY. Its fields are the keys, then one for each call.

    ``keys`` are places of the input's columns. Without any there is one group, which is there from the beginning in a
    batch and with the first row in a stream. ``window`` names the keys among them that are window_start and window_end
    of a window table-valued function (places of the input): such a group is given once, when the watermark (or the
    clock) has passed its end, and rows that are later are dropped.
    """

    keys: tuple[int, ...]
    calls: tuple[AggregateCall, ...]
    window: tuple[int, int] | None = None
    ttl_ms: int = 0

    @property
    def users(self) -> tuple[UserFunction, ...]:
        """The users' functions among its calls."""
        return tuple(one.user for one in self.calls if one.user is not None)

    @property
    def updates(self) -> bool:
        """A group's row is replaced whenever the group grows, but for a window's, which is given once."""
        return self.window is None


@dataclass(frozen=True)
class Normalize(Single):
    """Changes by key become changes of rows: its input tells of a key that it has a row or, by a row that goes and in
    which only the key counts, that it has none; it gives what was there before, too. ``keys`` are places."""

    keys: tuple[int, ...]
    ttl_ms: int = 0

    @property
    def updates(self) -> bool:
        """Whether a key's row is replaced: it is."""
        return True


@dataclass(frozen=True)
class Order:
    """One key of an order: the place of a column."""

    column: int
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True)
class Rank(Single):
    """ROW_NUMBER() (or RANK, DENSE_RANK) OVER (PARTITION BY ... ORDER BY ...) whose number is between two: Top-N.

    With ``start`` and ``end`` 1 and an order by a time it is a deduplication. The fields are the input's, then
    the number if ``with_number``. ``window`` as in an Aggregate, for window Top-N and window deduplication.
    ``every`` says that each change is given, also one that the next row of the same batch replaces: what comes of it is
    asked for as it was at some time.
    """

    function: Literal["ROW_NUMBER", "RANK", "DENSE_RANK"]
    partition_keys: tuple[int, ...]
    order: tuple[Order, ...]
    end: int
    start: int = 1
    with_number: bool = False
    window: tuple[int, int] | None = None
    ttl_ms: int = 0
    every: bool = False

    @property
    def is_deduplication(self) -> bool:
        """Whether it keeps the first or last row of a key by time."""
        return (
            self.function == "ROW_NUMBER"
            and (self.start, self.end) == (1, 1)
            and len(self.order) == 1
            and bool(self.input.fields[self.order[0].column].time)
        )

    @property
    def updates(self) -> bool:
        """What a window gives, the first row by processing time and the first rows of all (LIMIT) stay as they are."""
        if self.window is not None or not (self.order or self.input.updates):
            return False
        if self.is_deduplication and not self.input.updates and not self.order[0].descending:
            return self.input.fields[self.order[0].column].time == "rowtime"
        return True


@dataclass(frozen=True)
class Over(Single):
    """Aggregates OVER (PARTITION BY ... ORDER BY time ROWS|RANGE BETWEEN ... PRECEDING AND CURRENT ROW).

    The fields are the input's, then one for each call. ``preceding`` is a number of rows, or milliseconds of a RANGE;
    None is UNBOUNDED.
    """

    partition_keys: tuple[int, ...]
    order: Order
    calls: tuple[AggregateCall, ...]
    rows: bool
    preceding: int | None
    ttl_ms: int = 0


@dataclass(frozen=True)
class BatchOver(Single):
    """Window functions over all rows of a batch, in any order; they may also be those that number rows.

    The fields are the input's, then one for each call. ``frame`` is ROWS or RANGE BETWEEN ... AND ..., or empty.
    """

    partition_keys: tuple[int, ...]
    order: tuple[Order, ...]
    calls: tuple[AggregateCall, ...]
    frame: str = ""


@dataclass(frozen=True)
class Unnest(Single):
    """CROSS or LEFT JOIN UNNEST(expression): the input's columns, then those of the elements.

    ``elements`` is a list of STRUCTs whose fields are the added columns, in their order; ``function`` is the name of
    the table function that gave them.
    """

    elements: str
    outer: bool = False
    function: str = ""


@dataclass(frozen=True)
class Sort(Single):
    """ORDER BY and LIMIT at the end of a query that runs in batch mode, or by a rowtime in a stream."""

    order: tuple[Order, ...]
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True)
class Pair(Node):
    """A node of two inputs."""

    left: Node
    right: Node

    @property
    def inputs(self) -> tuple[Node, ...]:
        """Both."""
        return (self.left, self.right)


JoinKind = Literal["INNER", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI"]


@dataclass(frozen=True)
class Join(Pair):
    """A regular join. Its fields are the left's, then the right's; only the left's of SEMI and ANTI.

    ``keys`` are pairs of places, of the left and of the right, that are equal; ``condition`` is the rest, over both
    sides' columns, or empty. ``null_aware`` ones are ANTI joins of NOT IN.
    """

    kind: JoinKind
    keys: tuple[tuple[int, int], ...]
    condition: str = ""
    left_ttl_ms: int = 0
    right_ttl_ms: int = 0
    null_aware: bool = False

    @property
    def updates(self) -> bool:
        """Outer joins and anti joins take back what they gave when a match comes."""
        return self.left.updates or self.right.updates or self.kind not in ("INNER", "SEMI")


@dataclass(frozen=True)
class IntervalJoin(Pair):
    """A join whose times lie close: left - right between ``lower_ms`` and ``upper_ms``, of the places ``times``."""

    kind: JoinKind
    keys: tuple[tuple[int, int], ...]
    times: tuple[int, int]
    lower_ms: int
    upper_ms: int
    condition: str = ""

    @property
    def updates(self) -> bool:
        """Rows that found no partner are given when none can come any more: never taken back."""
        return False


@dataclass(frozen=True)
class WindowJoin(Pair):
    """A join of two window table-valued functions on the same windows: places of (start, end) of each side."""

    kind: JoinKind
    keys: tuple[tuple[int, int], ...]
    left_window: tuple[int, int]
    right_window: tuple[int, int]
    condition: str = ""

    @property
    def updates(self) -> bool:
        """Given once, at the window's end."""
        return False


@dataclass(frozen=True)
class TemporalJoin(Pair):
    """FOR SYSTEM_TIME AS OF the left's time (place ``time``): the right's version at that time by its primary key."""

    kind: Literal["INNER", "LEFT"]
    keys: tuple[tuple[int, int], ...]
    time: int
    condition: str = ""
    ttl_ms: int = 0

    @property
    def updates(self) -> bool:
        """As the left."""
        return self.left.updates


@dataclass(frozen=True)
class LookupJoin(Single):
    """FOR SYSTEM_TIME AS OF a processing time on a table that is asked by key: input's columns, then the table's.

    ``keys`` are pairs of an expression over the input and a column of the table; ``condition`` is the rest.
    """

    kind: Literal["INNER", "LEFT"]
    table: Table
    options: Mapping[str, str]
    keys: tuple[tuple[Bound, str], ...]
    condition: str = ""


@dataclass(frozen=True)
class Union(Node):
    """UNION ALL."""

    parts: tuple[Node, ...]

    @property
    def inputs(self) -> tuple[Node, ...]:
        """All of them."""
        return self.parts


@dataclass(frozen=True)
class Sink:
    """A table that takes the rows of a query; its fields are in the order of ``columns``, which may be some only."""

    table: Table
    columns: tuple[TableColumn, ...]
    options: Mapping[str, str]
    input: Node
    overwrite: bool = False
    static_partition: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Collect:
    """A query whose rows its client reads."""

    input: Node


@dataclass(frozen=True)
class Job:
    """What runs as one: the sinks of an INSERT or of a statement set, or the query of a SELECT.

    ``settings`` are the keys of SET that hold for it; ``batch`` is whether it reads to the present end and finishes.
    ``functions`` are the users' that its expressions call; ``dead_letters`` takes records that cannot be worked on.
    """

    sinks: tuple[Sink | Collect, ...]
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    batch: bool = False
    text: str = ""
    functions: tuple[UserFunction, ...] = ()
    dead_letters: Sink | None = None


def walk(node: Node) -> Iterator[Node]:
    """A node and all it stands on, inputs first; one that several take comes once."""
    seen: set[int] = set()

    def visit(one: Node) -> Iterator[Node]:
        if id(one) in seen:
            return
        seen.add(id(one))
        for below in one.inputs:
            yield from visit(below)
        yield one

    yield from visit(node)
