"""What a statement says, before anybody asks what its names mean. ``at`` is where a node stands, counted from 0."""

from dataclasses import dataclass, field, replace
from typing import Literal

NOWHERE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of a statement; two that say the same are equal wherever they stand."""

    at: int = field(default=NOWHERE, compare=False)


# -- types


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written. ``fields`` are those of INTERVAL; ``dimensions`` counts its brackets."""

    names: tuple[str, ...]
    modifiers: tuple[Node, ...] = ()
    dimensions: int = 0
    fields: str = ""
    set_of: bool = False


# -- expressions


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal. ``text`` is as the lexer has it."""

    kind: Literal["integer", "number", "string", "bits", "hex", "boolean", "null"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """``$1``."""

    number: int


@dataclass(frozen=True, slots=True)
class ColumnRef(Node):
    """A name with its dots."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Star(Node):
    """``*`` or ``t.*``."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Default(Node):
    """DEFAULT, where a value is written."""


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator between two operands, or before one; ``schema`` is that of OPERATOR(schema.op)."""

    symbol: str
    left: Node | None
    right: Node
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """AND or OR of two or more."""

    word: Literal["and", "or"]
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """NOT."""

    value: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """IS NULL, IS TRUE, IS FALSE, IS UNKNOWN and their negations."""

    value: Node
    what: Literal["null", "true", "false", "unknown"]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Distinction(Node):
    """IS DISTINCT FROM."""

    left: Node
    right: Node
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Node):
    """LIKE, ILIKE, SIMILAR TO."""

    how: Literal["like", "ilike", "similar"]
    value: Node
    pattern: Node
    escape: Node | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between(Node):
    """BETWEEN."""

    value: Node
    low: Node
    high: Node
    symmetric: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InList(Node):
    """IN with values."""

    value: Node
    choices: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """A query within an expression; ``use`` says how: EXISTS, ``(SELECT ...)``, ARRAY(SELECT ...)."""

    use: Literal["exists", "scalar", "array"]
    query: "Query"


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """``x = ANY (...)`` and ``x = ALL (...)``, of an array or a query; IN of a query is ``= ANY``."""

    symbol: str
    left: Node
    every: bool
    right: "Node | Query"
    negated: bool = False


@dataclass(frozen=True, slots=True)
class When(Node):
    """WHEN ... THEN ..."""

    condition: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Case(Node):
    """CASE."""

    value: Node | None
    whens: tuple[When, ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Special(Node):
    """What looks like a call and has rules of its own: COALESCE, NULLIF, GREATEST, LEAST, GROUPING."""

    name: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Moment(Node):
    """CURRENT_DATE and its kin, CURRENT_USER and its kin; ``digits`` of the seconds where said."""

    name: str
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """``x::t``, CAST(x AS t), ``t 'x'``; ``at`` is the operator's place."""

    value: Node
    type: TypeName


@dataclass(frozen=True, slots=True)
class Collate(Node):
    """COLLATE."""

    value: Node
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArrayOf(Node):
    """``ARRAY[...]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Row(Node):
    """``ROW(...)`` or ``(a, b)``."""

    items: tuple[Node, ...]
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Field(Node):
    """``(x).name``; the name is ``*`` for all."""

    value: Node
    name: str


@dataclass(frozen=True, slots=True)
class Subscript(Node):
    """``x[i]``."""

    value: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """``x[a:b]``."""

    value: Node
    low: Node | None
    high: Node | None


@dataclass(frozen=True, slots=True)
class SortKey(Node):
    """One of ORDER BY. ``nulls_first`` is None when nothing was said; ``using`` an operator."""

    value: Node
    descending: bool = False
    nulls_first: bool | None = None
    using: str = ""


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """One end of a window's frame."""

    kind: Literal["preceding", "following", "current"]
    offset: Node | None = None


@dataclass(frozen=True, slots=True)
class Frame(Node):
    """A window's frame."""

    unit: Literal["rows", "range", "groups"]
    start: Bound
    end: Bound
    exclude: Literal["", "current row", "group", "ties"] = ""


@dataclass(frozen=True, slots=True)
class Window(Node):
    """A window: ``name`` is its own in WINDOW, ``base`` the one it begins with."""

    name: str = ""
    base: str = ""
    partition: tuple[Node, ...] = ()
    order: tuple[SortKey, ...] = ()
    frame: Frame | None = None
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Named(Node):
    """``name => value`` in a call."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of a function."""

    names: tuple[str, ...]
    args: tuple[Node, ...] = ()
    star: bool = False
    distinct: bool = False
    variadic: bool = False
    order: tuple[SortKey, ...] = ()
    within: tuple[SortKey, ...] | None = None
    filter: Node | None = None
    over: Window | None = None


# -- queries


@dataclass(frozen=True, slots=True)
class Target(Node):
    """A column of a result, or one that INSERT or UPDATE writes."""

    value: Node
    name: str = ""


@dataclass(frozen=True, slots=True)
class Alias(Node):
    """AS name (columns); ``types`` are those of a column definition list."""

    name: str
    columns: tuple[str, ...] = ()
    types: tuple[TypeName, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample(Node):
    """TABLESAMPLE method (percentage) REPEATABLE (seed)."""

    names: tuple[str, ...]
    args: tuple[Node, ...]
    seed: Node | None = None


@dataclass(frozen=True, slots=True)
class TableRef(Node):
    """A table or view in FROM."""

    names: tuple[str, ...]
    alias: Alias | None = None
    only: bool = False
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class QueryRef(Node):
    """A query in FROM."""

    query: "Query"
    alias: Alias | None
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class FunctionRef(Node):
    """Functions in FROM: one, or several in ROWS FROM."""

    calls: tuple[Node, ...]
    alias: Alias | None
    lateral: bool = False
    ordinality: bool = False
    rows_from: bool = False


@dataclass(frozen=True, slots=True)
class Join(Node):
    """A join. ``using`` is None when there is none."""

    kind: Literal["inner", "left", "right", "full", "cross"]
    left: Node
    right: Node
    on: Node | None = None
    using: tuple[str, ...] | None = None
    natural: bool = False
    alias: Alias | None = None


@dataclass(frozen=True, slots=True)
class GroupingSet(Node):
    """``()``, ROLLUP, CUBE or GROUPING SETS; a set's parts are expressions, Rows, or sets."""

    kind: Literal["empty", "rollup", "cube", "sets"]
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Cte(Node):
    """One query of WITH."""

    name: str
    columns: tuple[str, ...]
    query: Node
    materialized: bool | None = None


@dataclass(frozen=True, slots=True)
class With(Node):
    """WITH."""

    queries: tuple[Cte, ...]
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Query(Node):
    """What any query may have around it."""

    with_: With | None = field(default=None, kw_only=True)
    order: tuple[SortKey, ...] = field(default=(), kw_only=True)
    limit: Node | None = field(default=None, kw_only=True)
    offset: Node | None = field(default=None, kw_only=True)
    ties: bool = field(default=False, kw_only=True)
    locks: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Select(Query):
    """SELECT. ``distinct`` is None, or the expressions of DISTINCT ON, none for DISTINCT."""

    targets: tuple[Target, ...]
    distinct: tuple[Node, ...] | None = None
    sources: tuple[Node, ...] = ()
    where: Node | None = None
    groups: tuple[Node, ...] = ()
    group_distinct: bool = False
    having: Node | None = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Values(Query):
    """VALUES."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class SetOperation(Query):
    """UNION, INTERSECT, EXCEPT."""

    kind: Literal["union", "intersect", "except"]
    every: bool
    left: Query
    right: Query


def dressed(query: Query, **around: object) -> Query:
    """A query with more around it."""
    return replace(query, **around)  # type: ignore[arg-type]


# -- statements


@dataclass(frozen=True, slots=True)
class Conflict(Node):
    """ON CONFLICT. ``assignments`` is None for DO NOTHING."""

    columns: tuple[Node, ...] = ()
    constraint: str = ""
    assignments: "tuple[Assignment, ...] | None" = None
    where: Node | None = None
    index_where: Node | None = None


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    """SET a = x, or (a, b) = (x, y)."""

    columns: tuple[str, ...]
    value: Node


@dataclass(frozen=True, slots=True)
class Insert(Node):
    """INSERT. ``query`` is None for DEFAULT VALUES."""

    table: TableRef
    columns: tuple[ColumnRef, ...]
    query: Query | None
    conflict: Conflict | None = None
    returning: tuple[Target, ...] = ()
    with_: With | None = None
    overriding: str = ""


@dataclass(frozen=True, slots=True)
class Update(Node):
    """UPDATE."""

    table: TableRef
    assignments: tuple[Assignment, ...]
    sources: tuple[Node, ...] = ()
    where: Node | None = None
    returning: tuple[Target, ...] = ()
    with_: With | None = None


@dataclass(frozen=True, slots=True)
class Delete(Node):
    """DELETE."""

    table: TableRef
    sources: tuple[Node, ...] = ()
    where: Node | None = None
    returning: tuple[Target, ...] = ()
    with_: With | None = None
