"""What of sqlglot's grammar is MaxCompute's: which nodes, and which arguments of each, the binder reads.

Each syntax tree is checked as it leaves the parser (``sql.grammar``): a node that is not in the table, or an argument
that the table does not name, is refused by name. What the table names the binder does read, and a test holds it to that
(``tests/unit/sql/test_grammar.py``); it fails when a new version of sqlglot brings an argument nobody has judged.
"""

import re

from sqlglot import exp

from yunbox.sql.grammar import table, unread
from yunbox.sql.maxcompute.errors import At, ParseFailed, UnsupportedSql

_BINARY = "this expression"
_BINARIES = (
    "Add", "Sub", "Mul", "Mod", "IntDiv", "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "NullSafeEQ", "NullSafeNEQ",
    "BitwiseAnd", "BitwiseOr", "BitwiseXor", "DPipe", "And", "Or", "RegexpLike", "Escape", "Is",
)  # fmt: skip
_READ_BY_NAME = {
    # queries
    "Select": "with_ expressions hint distinct from_ laterals joins where group having qualify windows distribute sort "
              "cluster order limit offset sample",
    "Subquery": "this alias with_ joins order distribute sort cluster limit offset sample",
    "Union": "this expression with_ distinct order distribute sort cluster limit offset",
    "Except": "this expression with_ distinct order distribute sort cluster limit offset",
    "Intersect": "this expression with_ distinct order distribute sort cluster limit offset",
    "Values": "expressions alias",
    "With": "expressions",
    "CTE": "this alias",
    "From": "this",
    "Table": "this db catalog alias joins laterals sample",
    "TableAlias": "this columns",
    "TableSample": "size percent",
    "Join": "this on using side kind method",
    "Lateral": "this view outer alias",
    "Where": "this",
    "Having": "this",
    "Qualify": "this",
    "Group": "expressions grouping_sets cube rollup",
    "GroupingSets": "expressions",
    "Cube": "expressions",
    "Rollup": "expressions",
    "Order": "expressions",
    "Ordered": "this desc nulls_first",
    "Sort": "expressions",
    "Distribute": "expressions",
    "Cluster": "expressions",
    "Limit": "expression",
    "Offset": "expression",
    "Hint": "expressions",
    "Distinct": "expressions",
    # select items and names
    "Star": "except_ replace",
    "Alias": "this alias",
    "Aliases": "this expressions",
    "Column": "this table db catalog",
    "Identifier": "this quoted",
    "Dot": _BINARY,
    "Bracket": "this expressions",
    # literals and types
    "Literal": "this is_string",
    "Null": "",
    "Boolean": "this",
    "HexString": "this",
    "Interval": "this unit",
    "IntervalSpan": _BINARY,
    "Var": "this",
    "Cast": "this to",
    "TryCast": "this to safe",
    "ParseJSON": "this is_literal",
    "DataType": "this expressions nested",
    "DataTypeParam": "this",
    "ColumnDef": "this kind",
    # operators
    **dict.fromkeys(_BINARIES, _BINARY),
    "Div": "this expression safe",
    "Like": "this expression negate",
    "Not": "this",
    "Neg": "this",
    "BitwiseNot": "this",
    "Paren": "this",
    "Between": "this low high",
    "In": "this expressions query",
    "Exists": "this",
    "Any": "this",
    "All": "this",
    "Tuple": "expressions",
    "Case": "this ifs default",
    "If": "this true false",
    # calls
    "Anonymous": "this expressions",
    "Concat": "expressions safe",
    "Lambda": "this expressions",
    "Window": "this partition_by order spec alias over",
    "WindowSpec": "kind start start_side end end_side exclude",
    "IgnoreNulls": "this",
    "RespectNulls": "this",
    "Filter": "this expression",
    "WithinGroup": "this expression",
}  # fmt: skip
READ = table(_READ_BY_NAME)

OFFERED_THERE = {
    "pivots": "PIVOT",
    "version": "time travel",
    "when": "time travel",
    "recursive": "WITH RECURSIVE",
    "bucket_numerator": "TABLESAMPLE (BUCKET ...)",
    "Parameter": "a variable of script mode (@name)",
    "QueryTransform": "SELECT TRANSFORM ... USING",
    "Pivot": "PIVOT",
}
"""What the real service has and Yunbox does not."""
_UNKNOWN_THERE = {
    "on": "DISTINCT ON",
    "locks": "FOR UPDATE",
    "totals": "WITH TOTALS",
    "by_name": "BY NAME",
    "hints": "a table hint in WITH",
    "symmetric": "SYMMETRIC",
    "limit_options": "WITH TIES or PERCENT",
    "connect": "CONNECT BY",
    "into": "SELECT ... INTO",
    "match": "MATCH_RECOGNIZE",
    "seed": "REPEATABLE",
    "all": "GROUP BY ALL",
    "Fetch": "FETCH FIRST",
    "Placeholder": "a parameter marker",
    "Struct": "a literal in braces",
    "Array": "a literal in brackets",
    "JSONExtract": "operator ->",
    "JSONExtractScalar": "operator ->>",
    "Slice": "a slice",
    "Unnest": "UNNEST",
    "ILike": "ILIKE",
    "Order": "ORDER BY inside a call",
    "Star": "*",
    "Var": "a bare word",
    "method": "a method of sampling",
    "field": "an argument after IN",
}
"""What other databases have and the real service has not, in words that its users know."""
_LIMIT_BY = "LIMIT ... BY"
_NEAR = 4  # levels above a node that has no token below it


def check(tree: exp.Expr) -> None:
    """Refuse the first node or argument that no part of the binder reads.

    Raises:
        UnsupportedSql: MaxCompute has it, Yunbox does not.
        ParseFailed: MaxCompute does not have it.
    """
    found = unread(tree, READ)
    if found is not None:
        node, key = found
        raise _unread(node, key) if key else refusal(type(node).__name__, node)


def _unread(node: exp.Expr, key: str) -> ParseFailed | UnsupportedSql:
    if key == "pivots" and any(pivot.args.get("unpivot") for pivot in node.find_all(exp.Pivot)):
        return UnsupportedSql("UNPIVOT", place(node))
    if isinstance(node, exp.Limit) and key == "expressions":
        return ParseFailed(f"{_LIMIT_BY} is no clause of MaxCompute", place(node))
    if isinstance(node, exp.Order | exp.Limit) and key == "this":
        return ParseFailed(f"{type(node).__name__.upper()} inside a call is no part of MaxCompute's SQL", place(node))
    return refusal(key, node)


def refusal(what: str, node: exp.Expr) -> ParseFailed | UnsupportedSql:
    """The error of a construct, named by its class or argument in sqlglot."""
    if what in OFFERED_THERE:
        return UnsupportedSql(OFFERED_THERE[what], place(node))
    return ParseFailed(f"{words(what)} is no part of MaxCompute's SQL", place(node))


def words(name: str) -> str:
    """A class or argument of sqlglot in the words of SQL: "AtTimeZone" is AT TIME ZONE."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).strip().upper()
    return OFFERED_THERE.get(name) or _UNKNOWN_THERE.get(name) or spaced


class Place(At):
    """Where a node starts, looked for only when an error tells it: that costs as much as the node is deep."""

    _node: exp.Expr

    def __init__(self, node: exp.Expr) -> None:
        object.__setattr__(self, "_node", node)

    @property
    def line(self) -> int:  # type: ignore[override]
        """The line, from 1."""
        return _found(self._node)[0]

    @property
    def column(self) -> int:  # type: ignore[override]
        """The column, from 1."""
        return _found(self._node)[1]


def place(node: exp.Expr | None) -> At:
    """Where a node starts: its own token, or the leftmost token below it, or else one near it."""
    return Place(node) if node is not None else At()


def _found(node: exp.Expr | None) -> tuple[int, int]:
    for _ in range(_NEAR):
        below = node
        while below is not None:
            if (meta := below._meta) and "line" in meta:
                return meta["line"], max(meta["col"] - meta.get("end", 0) + meta.get("start", 0), 1)
            below = _first_child(below)
        node = node.parent if node is not None else None
    return 0, 0


def _first_child(node: exp.Expr) -> exp.Expr | None:
    for value in node.args.values():
        if isinstance(value, exp.Expr):
            return value
        if isinstance(value, list) and value and isinstance(value[0], exp.Expr):
            return value[0]
    return None
