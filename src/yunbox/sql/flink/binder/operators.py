"""Arithmetic, comparison and concatenation as Flink has them, in DuckDB's SQL.

Whole numbers wrap at their ends as Java's do; DECIMAL gives exact results of the precision that Flink derives.
"""

import re

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.decimals import decimals
from yunbox.sql.flink.casts import cast, cut_to
from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.functions.dates import shifted_in_utc
from yunbox.sql.flink.functions.registry import type_word
from yunbox.sql.flink.parser.tree import Node
from yunbox.sql.flink.types import BOOLEAN, LENGTH_MAX, FlinkType

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32}
_ORDERED = ("<", "<=", ">", ">=")
_NAMES = {"+": "plus", "-": "minus", "*": "times"}


def arithmetic(symbol: str, left: Expr, right: Expr, context: Context, node: Node) -> Expr:
    """+ - * / %."""
    of = coercion.arithmetic(symbol, left.type, right.type)
    if of is None:
        made = _with_null(symbol, left, right, context, node) or _of_times(symbol, left, right, context)
        if made is None:
            given = f"<{type_word(left.type)}> {symbol} <{type_word(right.type)}>"
            raise context.error(
                f"Cannot apply '{symbol}' to arguments of type '{given}'. "
                f"Supported form(s): '<NUMERIC> {symbol} <NUMERIC>'", node
            )  # fmt: skip
        return made
    sql = _numbers(symbol, left, right, of)
    return Expr(sql, of, volatile=left.volatile or right.volatile)


def _with_null(symbol: str, left: Expr, right: Expr, context: Context, node: Node) -> Expr | None:
    """NULL takes the other side's type."""
    if left.type.root == "NULL" and right.type.root != "NULL":
        return arithmetic(symbol, cast(left, right.type), right, context, node)
    if right.type.root == "NULL" and left.type.root != "NULL":
        return arithmetic(symbol, left, cast(right, left.type), context, node)
    return None


def _numbers(symbol: str, left: Expr, right: Expr, of: FlinkType) -> str:
    if of.root in coercion.APPROXIMATE:
        a, b = (f"CAST({one.sql} AS {of.duckdb})" if not one.type.same(of) else one.sql for one in (left, right))
        return f"({a} {symbol} {b})"
    if of.root == "DECIMAL":
        return decimals(symbol, left, right, of)
    if symbol == "/":
        return f"CAST({left.sql} // {right.sql} AS {of.duckdb})"
    if symbol == "%":
        return f"CAST({left.sql} % {right.sql} AS {of.duckdb})"
    if of.root == "BIGINT":
        return f"fl_{_NAMES[symbol]}({left.sql}, {right.sql})"
    bits = _BITS[of.root]
    half = 1 << (bits - 1)
    exact = f"CAST({left.sql} AS BIGINT) {symbol} {right.sql}"
    return f"CAST(xor(({exact}) & {(1 << bits) - 1}, {half}) - {half} AS {of.duckdb})"


def _of_times(symbol: str, left: Expr, right: Expr, context: Context) -> Expr | None:
    """Times and intervals."""
    if left.type.root in coercion.INTERVALS and right.type.root in coercion.DATETIMES and symbol == "+":
        left, right = right, left
    nullable = left.type.nullable or right.type.nullable
    if right.type.root in coercion.INTERVALS and symbol in ("+", "-"):
        if left.type.root == right.type.root:
            return _intervals(symbol, left, right, nullable)
        if left.type.root in coercion.DATETIMES:
            return _shifted(symbol, left, right, nullable)
    if symbol == "*" and right.type.root in coercion.INTERVALS and left.type.root in coercion.NUMBERS:
        left, right = right, left
    if symbol in ("*", "/") and left.type.root in coercion.INTERVALS and right.type.root in coercion.NUMBERS:
        return Expr(f"({left.sql} {symbol} {right.sql})", left.type.of(nullable=nullable))
    return None


def _intervals(symbol: str, left: Expr, right: Expr, nullable: bool) -> Expr:
    of = left.type.of(nullable=nullable)
    if left.literal and right.literal:
        value = left.value + right.value if symbol == "+" else left.value - right.value
        return Expr(f"({left.sql} {symbol} {right.sql})", of, literal=True, value=value)
    return Expr(f"({left.sql} {symbol} {right.sql})", of)


def _shifted(symbol: str, left: Expr, right: Expr, nullable: bool) -> Expr:
    of = left.type
    sql = f"({left.sql} {symbol} {right.sql})"
    if of.root == "TIMESTAMP_LTZ" and right.type.root == "INTERVAL YEAR TO MONTH":
        sql = shifted_in_utc(left.sql, f"{symbol} {right.sql}")
    sql = cut_to(sql, of) if of.root in coercion.TIMESTAMPS else f"CAST({sql} AS {of.duckdb})"
    return Expr(sql, of.of(nullable=nullable), volatile=left.volatile)


# -- comparison


def comparison(symbol: str, left: Expr, right: Expr, context: Context, node: Node) -> Expr:
    """= <> < <= > >= and IS [NOT] DISTINCT FROM."""
    a, b = _compared(symbol, left, right, context, node)
    distinct = symbol.startswith("IS")
    of = BOOLEAN.of(nullable=not distinct and (left.type.nullable or right.type.nullable))
    sql = f"({a} {symbol} {b})"
    greater = right if symbol[0] == "<" else left
    if symbol in _ORDERED and greater.type.root in coercion.APPROXIMATE and not greater.literal:
        sql = f"({sql} AND NOT isnan({a if greater is left else b}))"  # NaN is more than nothing, unlike DuckDB's
    return Expr(sql, of, volatile=left.volatile or right.volatile)


def _compared(symbol: str, left: Expr, right: Expr, context: Context, node: Node) -> tuple[str, str]:
    if left.type.root == "NULL" or right.type.root == "NULL":
        of = right.type if left.type.root == "NULL" else left.type
        return cast(left, of).sql, cast(right, of).sql
    of = coercion.common((left.type, right.type)) or _against_text(left.type, right.type)
    kinds = (coercion.family(left.type), coercion.family(right.type))
    if of is None and set(kinds) == {"text", "number"}:
        of = _against_number(symbol, left, right, context, node)
    if of is None or (of.children and symbol in _ORDERED):
        given = f"<{type_word(left.type)}> {symbol} <{type_word(right.type)}>"
        raise context.error(f"Cannot apply '{symbol}' to arguments of type '{given}'. Supported form(s): "
                            f"'<COMPARABLE_TYPE> {symbol} <COMPARABLE_TYPE>'", node)  # fmt: skip
    if kinds in (("number", "number"), ("text", "text")):
        return left.sql, right.sql
    if kinds == ("timestamp", "timestamp") and left.type.root != right.type.root:
        of = FlinkType("TIMESTAMP_LTZ", of.params)
    # A text that is no DATE or TIME equals none there, and fails where it is written out or put in order.
    lenient = of.root in ("DATE", "TIME") and symbol not in _ORDERED
    a, b = (cast(one, of, trying=lenient and one.type.root in coercion.TEXTS and not one.literal).sql
            for one in (left, right))  # fmt: skip
    return a, b


def _against_number(symbol: str, left: Expr, right: Expr, context: Context, node: Node) -> FlinkType:
    """A text beside a number is read as one where they are put in order; equal they cannot be."""
    if symbol in _ORDERED:
        return right.type if coercion.family(left.type) == "text" else left.type
    a, b = type_word(left.type).split("(")[0], type_word(right.type).split("(")[0]
    raise context.error(f"implicit type conversion between {a} and {b} is not supported now", node)


def _against_text(left: FlinkType, right: FlinkType) -> FlinkType | None:
    """A text beside a time is read as one."""
    for one, other in ((left, right), (right, left)):
        if one.root in coercion.TEXTS and other.root in (*coercion.DATETIMES, "BOOLEAN"):
            return other
    return None


# -- texts


def concatenation(left: Expr, right: Expr, context: Context, node: Node) -> Expr:
    """||."""
    text = FlinkType("VARCHAR", (LENGTH_MAX,))
    a, b = (cast(one, text) if one.type.root == "NULL" else one for one in (left, right))
    kinds = (coercion.family(a.type), coercion.family(b.type))
    if kinds not in (("text", "text"), ("binary", "binary")):
        given = f"<{type_word(left.type)}> || <{type_word(right.type)}>"
        raise context.error(f"Cannot apply '||' to arguments of type '{given}'. "
                            f"Supported form(s): '<STRING> || <STRING>'", node)  # fmt: skip
    length = min(a.type.params[0] + b.type.params[0], LENGTH_MAX)
    variable = {"text": "VARCHAR", "binary": "VARBINARY"}[kinds[0]]
    root = a.type.root if a.type.root == b.type.root else variable
    of = FlinkType(root, (length,), nullable=a.type.nullable or b.type.nullable)
    return Expr(f"({a.sql} || {b.sql})", of, volatile=a.volatile or b.volatile)


_PLAIN = re.compile(r"[\w\s]")


def similar_pattern(value: Expr, pattern: Expr, escape: Expr | None, context: Context, node: Node) -> str:
    """SIMILAR TO: the standard's pattern as a regular expression, which is made here."""
    if not pattern.literal or not isinstance(pattern.value, str) or (escape is not None and not escape.literal):
        raise context.refuse("SIMILAR TO a pattern that is no literal", node)
    mark = str(escape.value) if escape is not None else ""
    made, letters, inside = [], iter(pattern.value), False
    for letter in letters:
        if mark and letter == mark:
            made.append(re.escape(next(letters, "")))
        elif inside:
            made.append(letter)
            inside = letter != "]"
        elif letter == "[":
            made.append(letter)
            inside = True
        elif letter in "%_":
            made.append(".*" if letter == "%" else ".")
        elif letter in "|*+?{}()" or _PLAIN.match(letter):
            made.append(letter)
        else:
            made.append(re.escape(letter))
    return f"regexp_full_match({value.sql}, {text_literal(''.join(made))}, 's')"
