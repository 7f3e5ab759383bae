"""What a query says, before anybody asks what its names mean. ``at`` is where a node stands.

The binder reads every field of every class here, or refuses what it holds; a test keeps it so.
"""

from dataclasses import dataclass
from typing import Literal

from yunbox.sql.flink.errors import Span
from yunbox.sql.flink.types import FlinkType

NOWHERE = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of a statement."""

    at: Span = NOWHERE


# -- expressions


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal; ``text`` is what stands between its quotes."""

    kind: Literal["integer", "decimal", "double", "string", "bytes", "boolean", "null", "date", "time", "timestamp"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class IntervalOf(Node):
    """``INTERVAL '1' DAY``. ``until`` is the unit behind TO.

    ``digits`` are those that its first number may have, which is not asked of an ``INTERVAL 1 DAY``, and those of the
    fraction of a second.
    """

    text: str
    unit: str
    until: str = ""
    negative: bool = False
    is_number: bool = False
    digits: tuple[int, int] = (2, 6)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A column, a field of a column, with all the dots."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Star(Node):
    """``*`` or ``t.*``."""

    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign(Node):
    """``-x`` or ``+x``."""

    symbol: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator between two operands: + - * / % || = <> < <= > >=, and the two IS [NOT] DISTINCT FROM."""

    symbol: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """AND or OR of two."""

    symbol: Literal["AND", "OR"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    """NOT."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """IS [NOT] NULL, TRUE, FALSE, UNKNOWN, and JSON with VALUE, OBJECT, ARRAY or SCALAR."""

    operand: Node
    what: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between(Node):
    """BETWEEN."""

    operand: Node
    low: Node
    high: Node
    symmetric: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InList(Node):
    """IN of values."""

    operand: Node
    items: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InQuery(Node):
    """IN of a query, or another comparison with any of its values; ``negated``, it holds for none of them."""

    operand: Node
    query: "Query"
    negated: bool = False
    symbol: str = "="


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """EXISTS."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A query as a value."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class Like(Node):
    """LIKE or SIMILAR TO."""

    kind: Literal["LIKE", "SIMILAR TO"]
    operand: Node
    pattern: Node
    escape: Node | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class When(Node):
    """A branch of a CASE."""

    condition: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Case(Node):
    """CASE, with an operand that all branches compare or without."""

    operand: Node | None
    branches: tuple[When, ...]
    default: Node | None = None


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """CAST or TRY_CAST."""

    operand: Node
    type: FlinkType
    trying: bool = False


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A bare word among a function's arguments: a unit of time, or a clause of a JSON function."""

    text: str


@dataclass(frozen=True, slots=True)
class Named(Node):
    """``name => value``."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Descriptor(Node):
    """DESCRIPTOR(column, ...)."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame(Node):
    """ROWS or RANGE; a bound is "UNBOUNDED", "CURRENT ROW" or an expression, before the row or behind it."""

    unit: Literal["ROWS", "RANGE"]
    start: "Node | str"
    end: "Node | str"
    start_side: Literal["PRECEDING", "FOLLOWING", ""] = ""
    end_side: Literal["PRECEDING", "FOLLOWING", ""] = ""


@dataclass(frozen=True, slots=True)
class Ordered(Node):
    """A key of an order."""

    expression: Node
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class WindowOf(Node):
    """OVER (...) or OVER name, where only ``base`` is said."""

    base: str = ""
    partition: tuple[Node, ...] = ()
    order: tuple[Ordered, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call. ``star`` is that of COUNT(*); ``partition`` and ``table_order`` are those of a table argument."""

    path: tuple[str, ...]
    arguments: tuple[Node, ...] = ()
    distinct: bool = False
    star: bool = False
    filter: Node | None = None
    order: tuple[Ordered, ...] = ()
    over: WindowOf | None = None
    nulls: Literal["", "IGNORE", "RESPECT"] = ""

    @property
    def name(self) -> str:
        """The last part, in capitals."""
        return self.path[-1].upper()


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``a[1]`` or ``m['k']``."""

    operand: Node
    index: Node


@dataclass(frozen=True, slots=True)
class FieldOf(Node):
    """``f(x).y`` and ``(a).y``."""

    operand: Node
    name: str


@dataclass(frozen=True, slots=True)
class RowOf(Node):
    """ROW(...) or (..., ...)."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ArrayOf(Node):
    """ARRAY[...]."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """MAP[k, v, ...]."""

    items: tuple[Node, ...]


# -- what is read from


@dataclass(frozen=True, slots=True)
class Alias(Node):
    """AS name (columns)."""

    name: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hint(Node):
    """``OPTIONS('k'='v')``, ``STATE_TTL('a'='1h')``, ``LOOKUP('table'='t')`` or ``BROADCAST(a, b)``."""

    name: str
    pairs: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableName(Node):
    """A table or a view; ``as_of`` is the time of FOR SYSTEM_TIME AS OF."""

    path: tuple[str, ...]
    alias: Alias = Alias()
    hints: tuple[Hint, ...] = ()
    as_of: Node | None = None


@dataclass(frozen=True, slots=True)
class Derived(Node):
    """A query in parentheses."""

    query: "Query"
    alias: Alias = Alias()
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class TableArgument(Node):
    """``TABLE t PARTITION BY a ORDER BY b`` as an argument; ``source`` may be a query."""

    source: "TableName | Derived"
    partition: tuple[Node, ...] = ()
    order: tuple[Ordered, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCall(Node):
    """TABLE(f(...)), LATERAL TABLE(f(...)) or f(...)."""

    call: Call
    alias: Alias = Alias()
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class UnnestOf(Node):
    """UNNEST(x) [WITH ORDINALITY]."""

    expression: Node
    alias: Alias = Alias()
    ordinality: bool = False


@dataclass(frozen=True, slots=True)
class JoinOf(Node):
    """A join; ``comma`` ones are written with a comma."""

    kind: Literal["INNER", "LEFT", "RIGHT", "FULL", "CROSS"]
    left: Node
    right: Node
    on: Node | None = None
    using: tuple[str, ...] = ()
    natural: bool = False


# -- queries


@dataclass(frozen=True, slots=True)
class Item(Node):
    """One of a SELECT's, or of another list in which expressions have names."""

    expression: Node
    alias: str = ""


@dataclass(frozen=True, slots=True)
class PatternPart(Node):
    """A variable of a PATTERN and how many rows in a row may be it; ``most`` is None for any number."""

    variable: str
    least: int = 1
    most: int | None = 1
    is_reluctant: bool = False


@dataclass(frozen=True, slots=True)
class MatchRecognize(Node):
    """MATCH_RECOGNIZE. ``skip_to`` is the variable of SKIP TO FIRST and LAST."""

    input: Node
    partition: tuple[Node, ...]
    order: tuple[Ordered, ...]
    measures: tuple[Item, ...]
    pattern: tuple[PatternPart, ...]
    defines: tuple[Item, ...]
    within: Node | None
    skip: Literal["NEXT ROW", "PAST LAST ROW", "FIRST", "LAST"]
    skip_to: str
    alias: Alias = Alias()


@dataclass(frozen=True, slots=True)
class Grouping(Node):
    """GROUPING SETS, CUBE or ROLLUP in GROUP BY; its sets are lists of expressions."""

    kind: Literal["GROUPING SETS", "CUBE", "ROLLUP"]
    sets: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Select(Node):
    """SELECT."""

    items: tuple[Item, ...]
    distinct: bool = False
    source: Node | None = None
    where: Node | None = None
    group: tuple[Node, ...] | None = None
    having: Node | None = None
    windows: tuple[tuple[str, WindowOf], ...] = ()
    qualify: Node | None = None
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """UNION, INTERSECT or EXCEPT of two."""

    kind: Literal["UNION", "INTERSECT", "EXCEPT"]
    all: bool
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class ValuesOf(Node):
    """VALUES."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class With(Node):
    """A query of WITH."""

    name: str
    query: "Query"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query: its body is a Select, a SetOperation, a ValuesOf or a Query in parentheses."""

    body: Node
    ctes: tuple[With, ...] = ()
    order: tuple[Ordered, ...] = ()
    limit: int | None = None
    offset: int = 0


def conjuncts(node: Node | None) -> tuple[Node, ...]:
    """The parts of a condition that must all hold."""
    if node is None:
        return ()
    if isinstance(node, Logic) and node.symbol == "AND":
        return (*conjuncts(node.left), *conjuncts(node.right))
    return (node,)
