"""Arithmetic of NUMERIC: a DECIMAL as long as the scale is known and 38 digits are enough, and else its text.

Where columns are involved a product or sum stays a DECIMAL also when it might have more than 38 digits: a value that
does is refused as it comes (0A000). Constants have no such bound.
"""

from collections.abc import Sequence
from dataclasses import replace

from yunbox.sql.hologres.catalogue.types import (
    DIGITS_MAX,
    INT2,
    INT4,
    INT8,
    NUMERIC,
    Digits,
    digits_of,
    numeric_modifier,
)
from yunbox.sql.hologres.conversions import decimal_text
from yunbox.sql.hologres.expr import Expr, build, merged

_WHOLE = {INT2: 5, INT4: 10, INT8: 19}
_SCALE_KEPT_MAX = 20
_NARROW_MAX = 18
"""The digits of a DECIMAL that DuckDB keeps in 64 bits."""
_FREE = {"+": "hg_num_add", "-": "hg_num_sub", "*": "hg_num_mul", "/": "hg_num_div", "%": "hg_num_mod"}


def of_integer(value: Expr) -> Expr:
    """An integer as NUMERIC."""
    if value.is_constant and isinstance(value.value, int):
        digits: Digits = (max(len(str(abs(value.value))), 1), 0)
    else:
        digits = (_WHOLE[value.type], 0)
    return build(decimal(value.sql, digits), NUMERIC, [value], digits=digits)


def decimal(sql: str, digits: Digits) -> str:
    """A DECIMAL of so many digits."""
    return f"CAST({sql} AS DECIMAL({digits[0]},{digits[1]}))"


def free(value: Expr) -> str:
    """A numeric's text."""
    return value.sql if value.digits is None else decimal_text(value.sql, value.digits)


def freed(value: Expr) -> Expr:
    """A numeric as its text."""
    return value if value.digits is None else replace(value, sql=free(value), digits=None, bound=value.digits)


def rescaled(value: Expr, digits: Digits) -> Expr:
    """A DECIMAL with other digits of the same scale."""
    if value.digits == digits:
        return value
    return replace(value, sql=decimal(value.sql, digits), digits=digits)


def arithmetic(symbol: str, left: Expr, right: Expr) -> Expr:
    """``+ - * / %`` of two."""
    digits = _digits(symbol, left, right)
    if digits is None:
        return build(f"{_FREE[symbol]}({free(left)}, {free(right)})", NUMERIC, [left, right])
    if symbol == "*":
        sql = f"({_widened(left, right)} * {right.sql})"
    else:
        sql = f"({_aligned(left, digits)} {symbol} {_aligned(right, digits)})"
    return build(decimal(sql, digits), NUMERIC, [left, right], digits=digits)


def _widened(left: Expr, right: Expr) -> str:
    """A factor so wide that a product has all its digits: of two numbers of 18 DuckDB makes one of 18."""
    assert left.digits is not None and right.digits is not None
    (p1, s1), (p2, _) = left.digits, right.digits
    if max(p1, p2) > _NARROW_MAX or p1 + p2 <= _NARROW_MAX:
        return left.sql
    return decimal(left.sql, (_NARROW_MAX + 1, s1))


def _aligned(value: Expr, digits: Digits) -> str:
    assert value.digits is not None
    if value.digits[1] == digits[1]:
        return value.sql
    precision = min(value.digits[0] - value.digits[1] + digits[1], DIGITS_MAX)
    return decimal(value.sql, (precision, digits[1]))


def _digits(symbol: str, left: Expr, right: Expr) -> Digits | None:
    """The digits of a result; None when values decide."""
    if left.digits is None or right.digits is None or symbol in "/%":
        return None
    (p1, s1), (p2, s2) = left.digits, right.digits
    if symbol == "*":
        precision, scale = p1 + p2, s1 + s2
    else:
        scale = max(s1, s2)
        precision = max(p1 - s1, p2 - s2) + scale + 1
    if precision <= DIGITS_MAX:
        return precision, scale
    fixed = left.is_fixed and right.is_fixed
    return None if fixed or scale > _SCALE_KEPT_MAX else (DIGITS_MAX, scale)


def comparison(symbol: str, left: Expr, right: Expr) -> str:
    """``= <> < <= > >=`` of two."""
    if left.digits is not None and right.digits is not None:
        (p1, s1), (p2, s2) = left.digits, right.digits
        if max(p1 - s1, p2 - s2) + max(s1, s2) <= DIGITS_MAX:
            return f"({left.sql} {symbol} {right.sql})"
    return f"({_order(free(left), free(right))} {symbol} 0)"


def _order(left: str, right: str) -> str:
    """-1, 0 or 1. Of two numbers the nearest doubles have the same order, but where these are one and the same.

    What is written three times is computed once, but for a query in it, which would run three times.
    """
    if "SELECT" in left + right:
        pair = f"{{'a': {left}, 'b': {right}}}"
        return f"[{_order('v.a', 'v.b')} FOR v IN [{pair}]][1]"
    a, b = f"try_cast({left} AS DOUBLE)", f"try_cast({right} AS DOUBLE)"
    return f"(CASE WHEN {a} < {b} THEN -1 WHEN {a} > {b} THEN 1 ELSE hg_num_cmp({left}, {right}) END)"


def bound_of(values: Sequence[Expr]) -> Digits | None:
    """Digits that none of some numerics goes beyond."""
    known = [value.digits or value.bound for value in values if not value.is_null]
    if not known or None in known:
        return None
    found = [one for one in known if one is not None]
    scale = max(one[1] for one in found)
    return max(one[0] - one[1] for one in found) + scale, scale


def key(value: Expr) -> str:
    """What sorts as a numeric does."""
    return value.sql if value.digits is not None else f"hg_num_key({value.sql})"


def fitted(value: Expr, typmod: int) -> Expr:
    """A numeric in a type with modifiers: rounded, and 22003 when it is too large."""
    digits = digits_of(typmod)
    around = merged([value])
    if value.is_constant and value.value is not None and not value.value.is_finite():
        return replace(value, typmod=typmod)
    if digits is not None and value.digits is not None:
        (p, s), (p2, s2) = value.digits, digits
        if s <= s2 and p - s <= p2 - s2:
            return Expr(decimal(value.sql, digits), NUMERIC, typmod, digits, **around)
    sql = f"hg_num_fit({free(value)}, {typmod})"
    return Expr(sql if digits is None else decimal(sql, digits), NUMERIC, typmod, digits, **around)


def together(values: list[Expr]) -> list[Expr]:
    """Numerics in one form, as the branches of a CASE and of a UNION must be."""
    digits = [value.digits for value in values]
    scales = {one[1] for one in digits if one}
    known = [one for one in digits if one]
    if len(known) == len(digits) and len(scales) == 1:
        most = (max(one[0] for one in known), scales.pop())
        return [rescaled(value, most) for value in values]
    loose = [value for value in values if not value.is_null]
    if len(loose) < len(values) and loose:
        found = together(loose)
        made = iter(found)
        return [_null_of(value, found[0].digits) if value.is_null else next(made) for value in values]
    return [freed(value) for value in values]


def _null_of(value: Expr, digits: Digits | None) -> Expr:
    duck = f"DECIMAL({digits[0]},{digits[1]})" if digits else "VARCHAR"
    return replace(value, sql=f"CAST(NULL AS {duck})", digits=digits)


def column_modifier(value: Expr) -> int:
    """The modifier that a plan's column keeps."""
    return value.typmod if value.typmod >= 0 or value.digits is None else numeric_modifier(value.digits)
