"""Arithmetic of NUMERIC: a DECIMAL as long as the scale is known and 38 digits are enough, and else its text.

Where columns are involved a product or sum stays a DECIMAL also when it might have more than 38 digits: a value that
does is refused as it comes (0A000). Constants have no such bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from yunbox.sql.decimals import NARROW_MAX, WIDE
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
from yunbox.sql.hologres.expr import Expr, Scaled, build, merged

_WHOLE = {INT2: 5, INT4: 10, INT8: 19}
_SCALE_KEPT_MAX = 20
_Part = Expr | Scaled
"""What has a DECIMAL's SQL and its digits."""
Made = Callable[[Sequence[str]], str]
Choosing = Callable[[Sequence[Expr], Made, str], Scaled | None]
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEXT = {">": "below", "<=": "below", "<": "above", ">=": "above"}
"""Whether numbers of a scale compare with another one as they do with the next one of their scale below or above."""
_FREE = {"+": "hg_num_add", "-": "hg_num_sub", "*": "hg_num_mul", "/": "hg_num_div", "%": "hg_num_mod"}


def of_integer(value: Expr) -> Expr:
    """An integer as NUMERIC."""
    if value.is_constant and isinstance(value.value, int):
        digits: Digits = (max(len(str(abs(value.value))), 1), 0)
    else:
        digits = (_WHOLE[value.type], 0)
    return build(decimal(value.sql, digits), NUMERIC, [value], digits=digits)


def decimal(sql: str, digits: Digits, wide: str = "") -> str:
    """A DECIMAL of so many digits, ``WIDE`` where fewer would mostly do."""
    return f"CAST({sql}{_as(digits, wide)}"


def _as(digits: Digits, wide: str) -> str:
    return f" AS DECIMAL({wide}{digits[0]},{digits[1]}))"


def free(value: Expr) -> str:
    """A numeric's text."""
    return value.sql if value.digits is None else decimal_text(value.sql, value.digits)


def freed(value: Expr) -> Expr:
    """A numeric as its text."""
    if value.digits is None:
        return value
    text = free(value)
    scaled = Scaled(value.sql, value.digits, str(value.digits[1]), text)
    return replace(value, sql=text, digits=None, bound=value.digits, scaled=scaled)


def scaled_of(value: Expr) -> Scaled | None:
    """A numeric as a DECIMAL and the scale of its text; None when only the text is known."""
    if value.digits is not None:
        return Scaled(value.sql, value.digits, str(value.digits[1]), "")
    if value.is_null:
        return Scaled("NULL", (1, 0), "0", "")
    return value.scaled if value.scaled is not None and value.scaled.of == value.sql else None


def choice(values: Sequence[Expr], made: Made, of: str) -> Scaled | None:
    """One of some numerics of several scales; ``made`` chooses, and makes of their texts ``of``."""
    parts = _all_scaled(values)
    digits = _digits_of_all(parts)
    if digits is None:
        return None
    wide = _wide(digits, parts)
    alike = [one.sql if one.digits == digits else decimal(one.sql, digits, wide) for one in parts]
    return Scaled(made(alike), digits, made([one.scale for one in parts]), of)


def first(values: Sequence[Expr], made: Made, of: str) -> Scaled | None:
    """The first of some numerics that is not NULL, as ``choice`` has one."""
    found = choice(values, made, of)
    whens = " ".join(f"WHEN {one.sql} IS NOT NULL THEN {one.scale}" for one in _all_scaled(values))
    return replace(found, scale=f"(CASE {whens} END)") if found is not None else None


def _all_scaled(values: Sequence[Expr]) -> list[Scaled]:
    """Numerics in that form; none where one of them has it not."""
    parts = [scaled_of(value) for value in values]
    known = [one for one in parts if one is not None]
    return known if len(known) == len(parts) else []


def _digits_of_all(parts: Sequence[Scaled]) -> Digits | None:
    if not parts:
        return None
    scale = max(one.digits[1] for one in parts)
    precision = max(one.digits[0] - one.digits[1] for one in parts) + scale
    return (precision, scale) if precision <= DIGITS_MAX else None


def rescaled(value: Expr, digits: Digits, wide: str = "") -> Expr:
    """A DECIMAL with other digits of the same scale."""
    if value.digits == digits:
        return value
    return replace(value, sql=decimal(value.sql, digits, wide), digits=digits)


def arithmetic(symbol: str, left: Expr, right: Expr) -> Expr:
    """``+ - * / %`` of two."""
    digits = _digits(symbol, left, right)
    if digits is None:
        sql = f"{_FREE[symbol]}({free(left)}, {free(right)})"
        return build(sql, NUMERIC, [left, right], scaled=_scaled(symbol, left, right, sql))
    return build(_computed(symbol, left, right, digits), NUMERIC, [left, right], digits=digits)


def _computed(symbol: str, left: _Part, right: _Part, digits: Digits) -> str:
    """A DECIMAL of two."""
    if symbol == "*":
        return _product(left, right, digits)
    return decimal(f"({_aligned(left, digits)} {symbol} {_aligned(right, digits)})", digits)


def _scaled(symbol: str, left: Expr, right: Expr, of: str) -> Scaled | None:
    """The sum or product of two where rows decide about their scales."""
    parts = _all_scaled([left, right])
    if not parts or not (left.scaled or right.scaled):
        return None
    a, b = parts
    digits = _digits(symbol, replace(left, digits=a.digits), replace(right, digits=b.digits))
    if digits is None:
        return None
    scale = f"({a.scale} + {b.scale})" if symbol == "*" else f"greatest({a.scale}, {b.scale})"
    return Scaled(_computed(symbol, a, b, digits), digits, scale, of)


def _product(left: _Part, right: _Part, digits: Digits) -> str:
    """A product with all its digits. Of two factors of 18 at most DuckDB makes one of 18, so one of them has more."""
    assert left.digits is not None and right.digits is not None
    wide, factor = _wide(digits, (left, right)), left.sql
    if digits[0] > NARROW_MAX >= max(left.digits[0], right.digits[0]):
        factor = decimal(factor, (NARROW_MAX + 1, left.digits[1]), wide)
    return decimal(f"({factor} * {right.sql})", digits, wide)


def _wide(digits: Digits, parts: Sequence[_Part]) -> str:
    """``WIDE`` for a DECIMAL made of others, if it would mostly do with fewer digits."""
    return WIDE if digits[0] > NARROW_MAX >= digits[1] and all(map(_is_narrow, parts)) else ""


def _is_narrow(value: _Part) -> bool:
    """Whether a DECIMAL has 18 digits at most, or would mostly do with so many."""
    if value.digits is None:
        return False
    return value.digits[0] <= NARROW_MAX or value.sql.endswith(_as(value.digits, WIDE))


def _aligned(value: _Part, digits: Digits) -> str:
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
    parts = _all_scaled([left, right])
    if parts and _digits_of_all(parts) is not None:
        return f"({parts[0].sql} {symbol} {parts[1].sql})"
    for value, other, sign in ((left, right, symbol), (right, left, _MIRRORED[symbol])):
        if sign in _NEXT and not value.is_fixed and other.is_fixed and (near := _near(value, other, _NEXT[sign])):
            return f"({value.sql} {sign} {near})"
    return f"({_order(free(left), free(right))} {symbol} 0)"


def _near(value: Expr, other: Expr, side: str) -> str | None:
    """What a DECIMAL of many rows is compared with in the place of a number of any scale that is the same for all."""
    if value.digits is None:
        return None
    precision, scale = value.digits
    text = free(other)
    if precision == DIGITS_MAX and "SELECT" not in text:  # a number beyond those is refused, for once
        return None
    wider = min(precision + 1, DIGITS_MAX), scale
    near = decimal(f"hg_num_{side}({{}}, {wider[0]}, {scale})", wider)
    return f"(SELECT {near.format('v')} FROM (SELECT {text} AS v))" if "SELECT" in text else near.format(text)


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
        return [rescaled(value, most, _wide(most, values)) for value in values]
    loose = [value for value in values if not value.is_null]
    if len(loose) < len(values) and loose:
        found = together(loose)
        made = iter(found)
        return [_null_like(value, found[0]) if value.is_null else next(made) for value in values]
    return [freed(value) for value in values]


def _null_like(null: Expr, other: Expr) -> Expr:
    """NULL in the form that a numeric has."""
    if other.digits is None:
        return replace(null, sql="CAST(NULL AS VARCHAR)", digits=None)
    return replace(null, sql=decimal("NULL", other.digits, _wide(other.digits, [other])), digits=other.digits)


def column_modifier(value: Expr) -> int:
    """The modifier that a plan's column keeps."""
    return value.typmod if value.typmod >= 0 or value.digits is None else numeric_modifier(value.digits)
