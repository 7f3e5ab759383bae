"""Bound expressions: DuckDB SQL with its MaxCompute type, and enough structure left to prune partitions.

Most expressions are opaque text. Comparisons, boolean operators, columns and constants keep their parts,
because partition pruning reads them.
"""

from dataclasses import dataclass
from typing import Any

from yunbox.schema.types import DataType
from yunbox.sql.decimals import WIDE

Ref = tuple[int, str]
"""A column of a relation: the relation's number and the column's name in lower case."""

NO_REFS: frozenset[Ref] = frozenset()

BIGINT = DataType("bigint")
INT = DataType("int")
DOUBLE = DataType("double")
STRING = DataType("string")
BOOLEAN = DataType("boolean")
DATE = DataType("date")
DATETIME = DataType("datetime")
TIMESTAMP = DataType("timestamp")
VOID = DataType("void")


@dataclass(slots=True, eq=False)
class Expr:
    """One bound expression.

    ``refs`` are the columns it reads; ``free`` those it reads outside any aggregate, which a grouped query
    must have among its keys. ``op`` names its shape where its ``args`` are kept; ``value`` is a literal's
    Python value. ``volatile`` expressions differ from call to call.
    """

    sql: str
    type: DataType
    refs: frozenset[Ref] = NO_REFS
    free: frozenset[Ref] = NO_REFS
    op: str = ""
    args: tuple["Expr", ...] = ()
    value: Any = None
    name: str = ""
    aggregate: bool = False
    window: bool = False
    subquery: bool = False
    volatile: bool = False

    @property
    def constant(self) -> bool:
        """Whether the value is the same for every row of every relation."""
        return not (self.refs or self.volatile or self.aggregate or self.window or self.subquery)

    @property
    def is_null(self) -> bool:
        """Whether this is the literal NULL."""
        return self.op == "literal" and self.value is None


_MARKED = f"({WIDE}{WIDE}"
"""What means something within SQL that is being made, and so does not stand in a text there."""


def quote(name: str) -> str:
    """A name as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as a DuckDB string literal."""
    plain = text.replace("'", "''")
    if _MARKED in plain:
        return "('" + plain.replace(_MARKED, f"(' || chr({ord(WIDE)}) || '{WIDE}") + "')"
    return f"'{plain}'"


def build(
    sql: str, of: DataType, *args: Expr, op: str = "", name: str = "", value: Any = None, volatile: bool = False
) -> Expr:
    """An expression made of others: what they read and whether they aggregate carries over."""
    if not args:
        return Expr(sql, of, op=op, name=name, value=value, volatile=volatile)
    if len(args) == 1:
        (one,) = args
        return Expr(
            sql, of, one.refs, one.free, op, args if op else (), value, name,
            one.aggregate, one.window, one.subquery, volatile or one.volatile,
        )  # fmt: skip
    return Expr(
        sql,
        of,
        frozenset().union(*[arg.refs for arg in args]),
        frozenset().union(*[arg.free for arg in args]),
        op,
        args if op else (),
        value,
        name,
        any(arg.aggregate for arg in args),
        any(arg.window for arg in args),
        any(arg.subquery for arg in args),
        volatile or any(arg.volatile for arg in args),
    )


def null(of: DataType = VOID) -> Expr:
    """The literal NULL, of a type."""
    sql = "NULL" if of == VOID else f"CAST(NULL AS {of.duckdb})"
    return Expr(sql, of, op="literal", value=None)


def string(text: str) -> Expr:
    """A string literal."""
    return Expr(text_literal(text), STRING, op="literal", value=text)


def bigint(number: int) -> Expr:
    """A BIGINT literal."""
    return Expr(f"CAST({number} AS BIGINT)", BIGINT, op="literal", value=number)


def boolean(value: bool) -> Expr:
    """A BOOLEAN literal."""
    return Expr("TRUE" if value else "FALSE", BOOLEAN, op="literal", value=value)
