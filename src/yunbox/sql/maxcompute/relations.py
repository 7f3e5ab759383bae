"""The bound query: relations, joins and blocks, after names are resolved and before SQL is written.

``binder`` makes these, ``pruning`` reads them, ``render`` turns them into DuckDB SQL. Column needs flow from
the outermost block inwards, so a scan knows in the end which columns it must deliver.
"""

from dataclasses import dataclass, field

from yunbox.schema.tables import PartitionValues, Table
from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.expr import Expr, quote


@dataclass(eq=False, kw_only=True)
class Relation:
    """Anything with columns in a FROM clause; ``alias`` is unique in the whole statement."""

    number: int
    name: str
    alias: str
    columns: dict[str, DataType]
    needed: set[str] = field(default_factory=set)

    def column_sql(self, name: str) -> str:
        """A reference to one of the columns."""
        return f"{quote(self.alias)}.{quote(name)}"


@dataclass(eq=False, kw_only=True)
class ScanRelation(Relation):
    """A read of a stored table. The pruning result is the union over every way the scan is reached."""

    token: str
    table: Table
    sample: str = ""
    survivors: set[PartitionValues] | None = None
    visited: bool = False
    has_predicate: bool = True
    filters: list[str] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class DerivedRelation(Relation):
    """A subquery or an expanded view in FROM."""

    block: "Block"
    sample: str = ""


@dataclass(eq=False)
class Cte:
    """A named query of a WITH clause: bound once, referenced any number of times."""

    name: str
    alias: str
    block: "Block"
    needed: set[str] = field(default_factory=set)
    references: int = 0
    visits: int = 0


@dataclass(eq=False, kw_only=True)
class CteRelation(Relation):
    """One reference to a CTE."""

    cte: Cte


@dataclass(eq=False, kw_only=True)
class ValuesRelation(Relation):
    """A VALUES table."""

    rows: list[list[Expr]]


@dataclass(eq=False, kw_only=True)
class LateralRelation(Relation):
    """What a table function makes of each row; one SELECT item per column."""

    items: list[str]
    args: list[Expr]
    outer: bool


@dataclass(eq=False)
class Join:
    """A join; ``kind`` is inner, cross, left, right, full, semi or anti, ``on`` the conjuncts of its condition."""

    left: "From"
    right: "From"
    kind: str
    on: list[Expr]


@dataclass(eq=False)
class Lateral:
    """A LATERAL VIEW on top of what is left of it."""

    source: "From | None"
    relation: LateralRelation


From = Relation | Join | Lateral


def relations_of(source: From | None) -> list[Relation]:
    """The relations of a FROM clause."""
    if isinstance(source, Join):
        return relations_of(source.left) + relations_of(source.right)
    if isinstance(source, Lateral):
        return [*relations_of(source.source), source.relation]
    return [source] if source is not None else []


@dataclass(eq=False, slots=True)
class Output:
    """One column of a block's result."""

    name: str
    expr: Expr


@dataclass(eq=False, slots=True)
class OrderItem:
    """One ORDER BY key: an expression, or the output at a position."""

    expr: Expr | None
    position: int | None
    descending: bool
    nulls_first: bool

    @property
    def suffix(self) -> str:
        """The direction in SQL; where NULLs go is always said."""
        return f"{' DESC' if self.descending else ''} NULLS {'FIRST' if self.nulls_first else 'LAST'}"


@dataclass(eq=False)
class Block:
    """What SELECTs and set operations share."""

    ctes: list[Cte] = field(default_factory=list)
    order: list[OrderItem] = field(default_factory=list)
    limit: str | None = None
    offset: str | None = None

    @property
    def names(self) -> list[str]:
        """The output names."""
        raise NotImplementedError

    @property
    def types(self) -> list[DataType]:
        """The output types."""
        raise NotImplementedError


@dataclass(eq=False)
class SelectBlock(Block):
    """One SELECT. ``group_sql`` is the GROUP BY clause; ``windows`` the PARTITION BY texts of each window;
    ``ambiguous`` the names that several select items have."""

    outputs: list[Output] = field(default_factory=list)
    source: From | None = None
    where: list[Expr] = field(default_factory=list)
    keys: list[Expr] = field(default_factory=list)
    group_sql: str | None = None
    grouping_sets: bool = False
    aggregated: bool = False
    having: list[Expr] = field(default_factory=list)
    qualify: list[Expr] = field(default_factory=list)
    distinct: bool = False
    windows: list[frozenset[str]] = field(default_factory=list)
    ambiguous: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The output names."""
        return [output.name for output in self.outputs]

    @property
    def types(self) -> list[DataType]:
        """The output types."""
        return [output.expr.type for output in self.outputs]


@dataclass(eq=False)
class SetBlock(Block):
    """UNION, INTERSECT or EXCEPT of two blocks; the left one gives the names."""

    operator: str = "UNION ALL"
    left: Block = field(default_factory=Block)
    right: Block = field(default_factory=Block)
    result: list[tuple[str, DataType]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The output names."""
        return [name for name, _ in self.result]

    @property
    def types(self) -> list[DataType]:
        """The output types."""
        return [of for _, of in self.result]
