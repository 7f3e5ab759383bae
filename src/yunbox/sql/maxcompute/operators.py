"""Operators: what type each gives, which operands convert by themselves, and how DuckDB writes it."""

from collections.abc import Callable

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.decimals import NARROW_MAX, WIDE
from yunbox.sql.maxcompute.casts import as_decimal, cast, common_type, decimal, implicit, wider_number
from yunbox.sql.maxcompute.errors import NOWHERE, ArgumentTypeWrong, ArgumentWrong, At, SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.expr import BIGINT, BOOLEAN, DATETIME, DOUBLE, STRING, Expr, boolean, build

ARITHMETIC: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "div",
}  # fmt: skip
COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "<=>",
}  # fmt: skip
BITWISE: dict[type[exp.Expr], str] = {
    exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^",
}  # fmt: skip
_TIMES = ("date", "datetime", "timestamp", "timestamp_ntz")
_DIGITS_MAX, _DIVIDED_SCALE_MIN = 38, 6
_INTERVALS = ("interval_day_time", "interval_year_month")
_DuckOperator = Callable[[str, str], str]


def _number(value: Expr, symbol: str, where: At) -> Expr:
    if value.type.is_numeric:
        return value
    if value.type.is_text or value.type.name == "void":
        return cast(value, DOUBLE)
    raise ArgumentTypeWrong(f"operator {symbol} cannot take {value.type}", where)


def arithmetic(symbol: str, left: Expr, right: Expr, where: At = NOWHERE) -> Expr:
    """``+ - * / % div`` between two operands."""
    if left.type.name in _INTERVALS or right.type.name in _INTERVALS:
        return _interval(symbol, left, right, where)
    if symbol == "-" and left.type.name in _TIMES and right.type.name in _TIMES:
        raise UnsupportedSql("the difference of two dates as an INTERVAL", where)
    left, right = _number(left, symbol, where), _number(right, symbol, where)
    result = _arithmetic_type(symbol, left.type, right.type)
    if symbol == "div":
        divisor = _divisor(right.sql, result)
        sql = f"({left.sql} // {divisor})"
        if not (left.type.is_integer and right.type.is_integer):
            sql = f"CAST(trunc({left.sql} / {divisor}) AS {result.duckdb})"
    elif symbol == "/":
        sql = _divided(left, right, result)
    elif symbol == "%":
        sql = f"({left.sql} % {_divisor(right.sql, result)})"
    elif result.is_integer:
        sql = f"({_widened(left, result)} {symbol} {_widened(right, result)})"
    else:
        sql = f"({_unbounded(left, right) if symbol == '*' else left.sql} {symbol} {right.sql})"
    if result.name == "decimal":
        sql = _as_declared(sql, symbol, left, right, result)
    return build(sql, result, left, right)


def _unbounded(left: Expr, right: Expr) -> str:
    """A factor so wide that a product has all its digits: of two decimals of 18 DuckDB makes one of 18."""
    if "decimal" not in (left.type.name, right.type.name):
        return left.sql
    (p1, s1), (p2, _) = as_decimal(left.type).params, as_decimal(right.type).params
    if max(p1, p2) > NARROW_MAX or p1 + p2 <= NARROW_MAX:
        return left.sql
    return f"CAST({left.sql} AS DECIMAL({WIDE}{WIDE}{NARROW_MAX + 1},{s1}))"


def _divided(left: Expr, right: Expr, result: DataType) -> str:
    """A quotient. DuckDB divides decimals exactly, as long as the exact result's type has at most 38 digits."""
    if result.name == "decimal":
        (p1, s1), (p2, s2) = as_decimal(left.type).params, as_decimal(right.type).params
        scale = max(_DIVIDED_SCALE_MIN, s1 + p2 + 1)
        if p1 - s1 + s2 + scale <= _DIGITS_MAX:
            a, b = _widened(left, as_decimal(left.type)), _widened(right, as_decimal(right.type))
            return f"decimal_division({a}, {_divisor(b, result)})"
    return f"({_double(left)} / {_divisor(_double(right), result)})"


def _divisor(sql: str, result: DataType) -> str:
    """What is divided by: zero gives NULL, and is an overflow among DECIMALs (ODPS-0121145)."""
    return f"mc_divisor({sql})" if result.name == "decimal" else f"nullif({sql}, 0)"


def _as_declared(sql: str, symbol: str, left: Expr, right: Expr, result: DataType) -> str:
    """A decimal in its declared type. Where DuckDB's own has that scale the cast would only cost time."""
    scales = [as_decimal(side.type).params[1] for side in (left, right)]
    natural = {"+": max(scales), "-": max(scales), "*": sum(scales)}.get(symbol)
    if natural == result.params[1] and result.params[0] <= _DIGITS_MAX:
        return sql
    return f"CAST({_widely(sql, symbol, left, right, result)} AS {result.duckdb})"


def _widely(sql: str, symbol: str, left: Expr, right: Expr, result: DataType) -> str:
    """A product whose exact scale does not fit 38 digits: where it overflows, the nearest DOUBLE stands in."""
    if symbol != "*" or "decimal" not in (left.type.name, right.type.name):
        return sql
    scale = as_decimal(left.type).params[1] + as_decimal(right.type).params[1]
    if scale == result.params[1]:
        return sql
    product = f"(CAST({left.sql} AS DOUBLE) * CAST({right.sql} AS DOUBLE))"
    nearest = f"CAST({product} AS {result.duckdb})"
    if scale > _DIGITS_MAX:
        return nearest
    fits = f"abs({product}) < 9e{_DIGITS_MAX - scale - 1}"
    return f"(CASE WHEN {fits} THEN CAST({sql} AS {result.duckdb}) ELSE {nearest} END)"


def _double(value: Expr) -> str:
    return f"CAST({value.sql} AS DOUBLE)" if value.type.name == "decimal" else value.sql


def _widened(value: Expr, target: DataType) -> str:
    return value.sql if value.type == target else f"CAST({value.sql} AS {target.duckdb})"


def _arithmetic_type(symbol: str, left: DataType, right: DataType) -> DataType:
    wider = wider_number(left, right)
    if symbol == "div" and wider.name != "decimal":
        return BIGINT if not wider.is_integer else wider
    if wider.name != "decimal":
        return DOUBLE if symbol == "/" and wider.is_integer else wider
    (p1, s1), (p2, s2) = as_decimal(left).params, as_decimal(right).params
    if symbol in "+-":
        scale = max(s1, s2)
        return decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)
    if symbol == "*":
        return decimal(p1 + p2 + 1, s1 + s2)
    if symbol == "/":
        scale = max(_DIVIDED_SCALE_MIN, s1 + p2 + 1)
        return decimal(p1 - s1 + s2 + scale, scale)
    if symbol == "div":
        return decimal(p1 - s1 + s2, 0) if p1 - s1 + s2 else BIGINT
    return wider


def _interval(symbol: str, left: Expr, right: Expr, where: At) -> Expr:
    if right.type.name not in _INTERVALS:
        left, right = right, left
    if left.type.is_text:
        left = cast(left, DATETIME)
    if left.type.name not in _TIMES or symbol not in "+-":
        raise ArgumentTypeWrong(f"operator {symbol} cannot take {left.type} and {right.type}", where)
    sql = f"({left.sql} {symbol} {right.sql})"
    if left.type.name == "date":
        sql = f"CAST({sql} AS DATE)"
    return build(sql, left.type, left, right)


def comparable(left: Expr, right: Expr, where: At = NOWHERE) -> tuple[Expr, Expr]:
    """Both operands in the one type they are compared in."""
    target = comparison_type(left.type, right.type, where)
    return implicit(left, target, where), implicit(right, target, where)


def check_comparable(of: DataType, where: At) -> None:
    """The vendor's page "JSON data type": such values are neither compared nor sorted nor grouped."""
    if of.name == "json":
        raise SemanticError("values of type JSON cannot be compared, sorted or grouped", where)
    for child in of.children:
        check_comparable(child, where)


def comparison_type(left: DataType, right: DataType, where: At = NOWHERE) -> DataType:
    """The type two operands are compared in: text against a number is DOUBLE, against a time that time."""
    for of in (left, right):
        check_comparable(of, where)
    if left == right:
        return left
    for text, other in ((left, right), (right, left)):
        if text.is_text and other.is_numeric:
            return other if other.name == "decimal" else DOUBLE
        if text.is_text and other.name in _TIMES:
            return DATETIME if other.name == "date" else other
        if text.is_text and other.name == "boolean":
            return STRING
    return common_type((left, right), where)


def compare(symbol: str, left: Expr, right: Expr, where: At = NOWHERE) -> Expr:
    """``= <> < <= > >= <=>`` between two operands."""
    left, right = comparable(left, right, where)
    duck = "IS NOT DISTINCT FROM" if symbol == "<=>" else symbol
    return build(f"({left.sql} {duck} {right.sql})", BOOLEAN, left, right, op=symbol)


def logical(symbol: str, parts: list[Expr], where: At = NOWHERE) -> Expr:
    """``and`` or ``or`` of any number of conditions."""
    parts = [condition(part, where) for part in parts]
    if len(parts) == 1:
        return parts[0]
    joined = f" {symbol.upper()} ".join([part.sql for part in parts])
    return build(f"({joined})", BOOLEAN, *parts, op=symbol)


def negate(value: Expr, where: At = NOWHERE) -> Expr:
    """``not``."""
    value = condition(value, where)
    return build(f"(NOT {value.sql})", BOOLEAN, value, op="not")


def condition(value: Expr, where: At = NOWHERE) -> Expr:
    """An expression where a condition is needed: it must be BOOLEAN."""
    if value.type == BOOLEAN:
        return value
    if value.is_null:
        return Expr("CAST(NULL AS BOOLEAN)", BOOLEAN, op="literal", value=None)
    raise ArgumentTypeWrong(f"expect BOOLEAN type for a condition, actually {value.type}", where)


def between(value: Expr, low: Expr, high: Expr, where: At = NOWHERE) -> Expr:
    """``x between low and high``."""
    return logical("and", [compare(">=", value, low, where), compare("<=", value, high, where)])


def is_in(value: Expr, choices: list[Expr], where: At = NOWHERE) -> Expr:
    """``x in (a, b, ...)``: compared in one type for all."""
    target = value.type
    for choice in choices:
        target = comparison_type(target, choice.type, where)
    items = [implicit(item, target, where) for item in (value, *choices)]
    listed = ", ".join([item.sql for item in items[1:]])
    return build(f"({items[0].sql} IN ({listed}))", BOOLEAN, *items, op="in")


def is_null(value: Expr) -> Expr:
    """``x is null``."""
    return build(f"({value.sql} IS NULL)", BOOLEAN, value, op="isnull")


def is_boolean(value: Expr, wanted: bool) -> Expr:
    """``x is true`` and ``x is false``."""
    value = condition(value)
    return build(f"({value.sql} IS NOT DISTINCT FROM {boolean(wanted).sql})", BOOLEAN, value)


def like(value: Expr, pattern: Expr, escape: str = "\\", where: At = NOWHERE) -> Expr:
    """``x like pattern``; a backslash takes the meaning off ``%`` and ``_``."""
    value, pattern = implicit(value, STRING, where), implicit(pattern, STRING, where)
    op = "like" if escape == "\\" else ""
    sql = f"{value.sql} LIKE {pattern.sql}"
    if not isinstance(pattern.value, str) or escape in pattern.value:  # without ESCAPE DuckDB matches far faster
        quoted = escape.replace("'", "''")
        sql += f" ESCAPE '{quoted}'"
    return build(f"({sql})", BOOLEAN, value, pattern, op=op)


def rlike(value: Expr, pattern: Expr, where: At = NOWHERE) -> Expr:
    """``x rlike pattern``: whether the pattern matches anywhere."""
    value, pattern = implicit(value, STRING, where), implicit(pattern, STRING, where)
    if pattern.op == "literal" and pattern.value == "":
        raise ArgumentWrong("the pattern of RLIKE is empty", where)
    return build(f"regexp_matches({value.sql}, {pattern.sql})", BOOLEAN, value, pattern)


def concat(left: Expr, right: Expr, where: At = NOWHERE) -> Expr:
    """``a || b``: NULL when either is."""
    left, right = implicit(left, STRING, where), implicit(right, STRING, where)
    return build(f"({left.sql} || {right.sql})", STRING, left, right)


def bitwise(symbol: str, left: Expr, right: Expr, where: At = NOWHERE) -> Expr:
    """``& | ^`` on integers."""
    left, right = implicit(left, BIGINT, where), implicit(right, BIGINT, where)
    sql = f"xor({left.sql}, {right.sql})" if symbol == "^" else f"({left.sql} {symbol} {right.sql})"
    return build(sql, BIGINT, left, right)


def minus(value: Expr, where: At = NOWHERE) -> Expr:
    """``-x``."""
    value = _number(value, "-", where)
    if value.op == "literal" and value.value is not None:
        sql = f"CAST({-value.value} AS {value.type.duckdb})"
        return Expr(sql, value.type, op="literal", value=-value.value)
    return build(f"(- {value.sql})", value.type, value)
