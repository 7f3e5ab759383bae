"""Arithmetic of DECIMALs in DuckDB's SQL, exact for all of Flink's 38 digits.

DuckDB has no more than 38 digits in between. What may need more by its types is computed there where the row's values
are small enough, which nearly all are, and by Python's decimals where they are not. What is too large for its type is
NULL.
"""

from yunbox.sql.flink.coercion import PRECISION_MAX, as_decimal
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.types import FlinkType

_SHORT = 18
"""The digits of a DECIMAL that DuckDB has in 64 bits."""
_HALF = PRECISION_MAX // 2
Digits = tuple[int, int]
"""A precision and a scale."""


def decimals(symbol: str, left: Expr, right: Expr, of: FlinkType) -> str:
    """+ - * / % of two exact numbers, of which one is a DECIMAL."""
    a, b = (_exact(one) for one in (left, right))
    return _MADE[symbol](symbol, a, b, of)


class _Side:
    """One operand: its SQL, and how many digits it has."""

    def __init__(self, sql: str, digits: Digits) -> None:
        self.sql = sql
        self.precision, self.scale = digits

    @property
    def whole(self) -> int:
        """The digits before the point."""
        return self.precision - self.scale

    def below(self, whole: int) -> str:
        """Whether there are no more digits before the point than so many; empty where the type says so."""
        most = f"{'9' * whole}.{'9' * self.scale}"
        of = f"DECIMAL({self.precision},{self.scale})"
        return "" if self.whole <= whole else f"abs({self.sql}) <= CAST('{most}' AS {of})"


def _exact(value: Expr) -> _Side:
    precision, scale = as_decimal(value.type)
    sql = value.sql if value.type.root == "DECIMAL" else f"CAST({value.sql} AS DECIMAL({precision},0))"
    return _Side(sql, (precision, scale))


def _either(symbol: str, a: _Side, b: _Side, of: FlinkType, quick: str, *conditions: str) -> str:
    """The quick way where its conditions hold, and the exact one elsewhere."""
    asked = " AND ".join(one for one in conditions if one)
    if not asked:
        return quick
    slow = _slow(symbol, a, b, of)
    return f"CASE WHEN {asked} THEN {quick} ELSE {slow} END"


def _slow(symbol: str, a: _Side, b: _Side, of: FlinkType) -> str:
    precision, scale = of.params
    made = f"yb_fl_decimal('{symbol}', CAST({a.sql} AS VARCHAR), CAST({b.sql} AS VARCHAR), {precision}, {scale})"
    return f"CAST({made} AS {of.duckdb})"


def _added(symbol: str, a: _Side, b: _Side, of: FlinkType) -> str:
    scale = max(a.scale, b.scale)
    if max(a.whole, b.whole) + scale < PRECISION_MAX:
        return f"CAST(CAST({a.sql} AS {of.duckdb}) {symbol} CAST({b.sql} AS {of.duckdb}) AS {of.duckdb})"
    wide, whole = f"DECIMAL({PRECISION_MAX},{scale})", PRECISION_MAX - scale - 1
    quick = f"CAST(CAST({a.sql} AS {wide}) {symbol} CAST({b.sql} AS {wide}) AS {of.duckdb})"
    return _either(symbol, a, b, of, quick, a.below(whole), b.below(whole))


def _multiplied(symbol: str, a: _Side, b: _Side, of: FlinkType) -> str:
    first, second = a.sql, b.sql
    if a.precision + b.precision <= PRECISION_MAX:
        if max(a.precision, b.precision) <= _SHORT < a.precision + b.precision:
            first = f"CAST({first} AS DECIMAL({_SHORT + 1},{a.scale}))"  # two short ones stay short in DuckDB
        return f"CAST({first} * {second} AS {of.duckdb})"
    room = PRECISION_MAX - a.scale - b.scale
    if room < 2:
        return _slow(symbol, a, b, of)
    # The digits before the point are shared out: what one does not need, the other may have.
    left = min(a.whole, max(room // 2, room - b.whole))
    right = min(b.whole, room - left)
    first, second = (f"CAST({one.sql} AS DECIMAL({max(size + one.scale, 1)},{one.scale}))"
                     for one, size in ((a, left), (b, right)))  # fmt: skip
    wide = f"CAST({first} AS DECIMAL({PRECISION_MAX},{a.scale}))" if left + a.scale <= _SHORT else first
    return _either(symbol, a, b, of, f"CAST({wide} * {second} AS {of.duckdb})", a.below(left), b.below(right))


def _divided(symbol: str, a: _Side, b: _Side, of: FlinkType) -> str:
    """As whole numbers, where the dividend with all digits that the result needs fits into 38."""
    scale = of.params[1]
    more = scale - a.scale + b.scale
    whole = PRECISION_MAX - 1 - max(more, a.scale) - a.scale
    other = PRECISION_MAX - 1 - 2 * b.scale
    if more < 0 or whole < 1 or other < 1:
        return _slow(symbol, a, b, of)
    long = PRECISION_MAX
    dividend, divisor = (f"CAST(CAST({one.sql} AS DECIMAL({long},{one.scale})) * 1{'0' * one.scale} AS HUGEINT)"
                         for one in (a, b))  # fmt: skip
    dividend = f"({dividend} * 1{'0' * more}::HUGEINT)"
    unit = "0." + "0" * (scale - 1) + "1" if scale else "1"
    one = f"CAST('{unit}' AS DECIMAL({max(scale, 1)},{scale}))"
    quick = f"TRY_CAST(TRY_CAST(fl_quotient({dividend}, {divisor}) AS DECIMAL(38,0)) * {one} AS {of.duckdb})"
    return _either(symbol, a, b, of, quick, a.below(whole), b.below(other))


def _left_over(symbol: str, a: _Side, b: _Side, of: FlinkType) -> str:
    scale = max(a.scale, b.scale)
    precision = max(a.whole, b.whole) + scale
    if precision > PRECISION_MAX:
        return _slow(symbol, a, b, of)
    wide = f"DECIMAL({precision},{scale})"
    return f"CAST(CAST({a.sql} AS {wide}) % CAST({b.sql} AS {wide}) AS {of.duckdb})"


_MADE = {"+": _added, "-": _added, "*": _multiplied, "/": _divided, "%": _left_over}
