"""NUMERIC whose scale values decide, as PostgreSQL computes it: a value is its text.

Source: the PostgreSQL documentation, "Arbitrary Precision Numbers" and "Mathematical Functions". How many digits a
quotient, a root or a logarithm has follows from both operands; what is cut is rounded half away from zero.
"""

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from yunbox.sql.hologres.catalogue.types import DIGITS_MAX, digits_of
from yunbox.sql.hologres.natives.native import Native, floating, native
from yunbox.sql.hologres.natives.stopping import check, stoppable
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.modifiers import fitted
from yunbox.wire.pgwire.values.numbers import NUMERIC

_SIGNIFICANT_MIN = 16
_SCALE_MAX = 1000
_RESULT_SCALE_MAX = 16_383
_SERIES_MAX, _SERIES_STEP, _SERIES_BYTES = 1_000_000, 10_000, 64
_WHOLE_DIGITS_MAX = 131_072
EXACT = Context(prec=200_000, Emax=999_999_999, Emin=-999_999_999, traps=[])
_STYLE = Style()
_LOG10 = 2.302585092994046


@lru_cache(4096)
def number(text: str) -> Decimal:
    """The value of a text."""
    return Decimal(text)


def shown(value: Decimal) -> str:
    """Its text; a value of too many digits is 22003."""
    if value.is_finite() and value and value.adjusted() >= _WHOLE_DIGITS_MAX:
        raise overflow()
    return NUMERIC.write(value, _STYLE)


def overflow() -> PgError:
    """A numeric has more digits than it can have."""
    return failure("22003", "value overflows numeric format")


def scale_of(value: Decimal) -> int:
    """Digits behind the point."""
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def at_scale(value: Decimal, scale: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Rounded to so many digits behind the point; fewer than 0 round before it."""
    made = value.quantize(Decimal((0, (1,), -scale)), rounding, EXACT)
    return made if scale >= 0 else Decimal(f"{made:f}")


def weight_of(value: Decimal) -> tuple[int, int]:
    """The place of the first digit to the base of 10,000, and that digit."""
    if not value:
        return 0, 0
    place = value.adjusted() // 4
    return place, int(value.copy_abs().scaleb(-4 * place, EXACT))


def _special(left: Decimal, right: Decimal, does: Callable[[Decimal, Decimal], Decimal]) -> Decimal | None:
    """What becomes of NaN and infinities; None when both are numbers."""
    if left.is_nan() or right.is_nan():
        return Decimal("NaN")
    if left.is_infinite() or right.is_infinite():
        made = does(left, right)
        return made if not made.is_nan() else Decimal("NaN")
    return None


def _plain(name: str) -> Callable[[str, str], str]:
    does: Callable[[Decimal, Decimal], Decimal] = getattr(EXACT, name)

    def run(left: str, right: str) -> str:
        a, b = number(left), number(right)
        special = _special(a, b, does)
        return shown(special if special is not None else does(a, b))

    return run


def quotient_scale(left: Decimal, right: Decimal) -> int:
    """Digits behind the point of a quotient: 16 significant ones at least, and as many as either operand has."""
    (place, digit), (below, divisor) = weight_of(left), weight_of(right)
    weight = place - below - (digit <= divisor)
    scale = max(_SIGNIFICANT_MIN - weight * 4, scale_of(left), scale_of(right), 0)
    return min(scale, _SCALE_MAX)


def _division(left: str, right: str) -> str:
    a, b = number(left), number(right)
    if a.is_nan() or b.is_nan():
        return "NaN"
    if not b:
        raise failure("22012", "division by zero")
    if a.is_infinite():
        return "NaN" if b.is_infinite() else shown(a * b.copy_sign(Decimal(1)).copy_abs().copy_sign(b))
    if b.is_infinite():
        return "0"
    return shown(divided(a, b, quotient_scale(a, b)))


def divided(left: Decimal, right: Decimal, scale: int) -> Decimal:
    """A quotient of so many digits behind the point, rounded half away from zero, exactly."""
    (over, exponent), (under, power) = _parted(left), _parted(right)
    shift = scale + exponent - power
    over, under = (over * 10**shift, under) if shift >= 0 else (over, under * 10**-shift)
    found, rest = divmod(over, under)
    found += 2 * rest >= under
    made = Decimal(found).scaleb(-scale, EXACT)
    return made.copy_negate() if found and left.is_signed() != right.is_signed() else made


def _parted(value: Decimal) -> tuple[int, int]:
    """The digits of a number without its sign, and the power of ten that they are multiplied by."""
    scale = scale_of(value)
    if scale:
        return int(value.copy_abs().scaleb(scale, EXACT)), -scale
    return int(value.copy_abs()), 0


def _modulo(left: str, right: str) -> str:
    a, b = number(left), number(right)
    if a.is_nan() or b.is_nan():
        return "NaN"
    if not b:
        raise failure("22012", "division by zero")
    if a.is_infinite():
        return "NaN"
    if b.is_infinite():
        return shown(a)
    scale = max(scale_of(a), scale_of(b))
    return shown(at_scale(EXACT.remainder(a, b), scale))


def _whole_division(left: str, right: str) -> str:
    a, b = number(left), number(right)
    if not (a.is_finite() and b.is_finite()):
        return _division(left, right)
    if not b:
        raise failure("22012", "division by zero")
    return shown(EXACT.divide_int(a, b))


def compare(left: str, right: str) -> int:
    """-1, 0 or 1; NaN is equal to itself and above all."""
    if left == right:
        return 0
    a, b = number(left), number(right)
    if a.is_nan() or b.is_nan():
        return a.is_nan() - b.is_nan()
    return (a > b) - (a < b)


def sort_key(text: str) -> bytes:
    """Bytes that sort, and are equal, as the numbers are."""
    value = number(text)
    if value.is_nan():
        return b"\xff"
    if value.is_infinite():
        return b"\xfe" if value > 0 else b"\x00"
    if not value:
        return b"\x80"
    digits = "".join(map(str, value.as_tuple().digits)).strip("0") or "0"
    leading = "".join(map(str, value.as_tuple().digits)).lstrip("0").rstrip("0")
    body = (value.adjusted() + (1 << 30)).to_bytes(4, "big") + (leading or digits).encode() + b"\0"
    return b"\x81" + body if value > 0 else b"\x7f" + bytes(255 - one for one in body)


def _next(rounding: str) -> Callable[[str, int, int], str]:
    """The next number below or above that has a DECIMAL's digits, and its largest or least beyond these."""

    def run(text: str, precision: int, scale: int) -> str:
        value = number(text)
        most = Decimal(10**precision - 1).scaleb(-scale, EXACT)
        if not value.is_finite() or value.copy_abs() > most:
            if precision == DIGITS_MAX:
                raise failure("0A000", f"numeric values of more than {DIGITS_MAX} digits are not supported")
            return f"{most.copy_negate() if not value.is_nan() and value < 0 else most:f}"
        return f"{at_scale(value, scale, rounding):f}"

    return run


def _to_scale(rounding: str) -> Callable[[str, int], str]:
    def run(text: str, scale: int) -> str:
        value = number(text)
        if not value.is_finite():
            return text
        bounded = max(min(scale, _RESULT_SCALE_MAX), -_WHOLE_DIGITS_MAX)
        return shown(at_scale(value, bounded, rounding))

    return run


def _whole(rounding: str) -> Callable[[str], str]:
    def run(text: str) -> str:
        value = number(text)
        return shown(at_scale(value, 0, rounding)) if value.is_finite() else text

    return run


def _negative(text: str) -> str:
    value = number(text)
    return shown(value.copy_negate()) if value and not value.is_nan() else text


def _absolute(text: str) -> str:
    return text.removeprefix("-")


def _sign(text: str) -> str:
    value = number(text)
    return "NaN" if value.is_nan() else str((value > 0) - (value < 0))


def total(items: list[str]) -> str:
    """The sum of a list without NULLs; its scale is the largest."""
    made = Decimal(0)
    for item in items:
        value = number(item)
        made = _special(made, value, EXACT.add) or EXACT.add(made, value)
    return shown(made)


def _total_of(items: list[str | None]) -> str | None:
    """The sum of a list's values; None of none."""
    known = [item for item in items if item is not None]
    return total(known) if known else None


def _spread(name: str, items: list[str | None]) -> str | None:
    """Variance or deviation, exactly: of the sums of values and of squares."""
    known = [number(item) for item in items if item is not None]
    if not all(one.is_finite() for one in known):
        return "NaN" if len(known) > ("pop" not in name) else None
    scale = max(map(scale_of, known), default=0)
    first, squares = Decimal(0), Decimal(0)
    for one in known:
        first, squares = EXACT.add(first, one), EXACT.add(squares, EXACT.multiply(one, one))
    over = EXACT.subtract(EXACT.multiply(Decimal(len(known)), squares), EXACT.multiply(first, first))
    return _spread_of(name, len(known), over, scale)


def _spread_of(name: str, number_of: int, over: Decimal, scale: int) -> str | None:
    """What comes of the number of values times the sum of their squares, less the square of their sum."""
    count, sample = Decimal(number_of), "pop" not in name
    if number_of < 1 + sample:
        return None
    if over <= 0:
        return "0"
    under = count * (count - 1) if sample else count * count
    over = at_scale(over, 2 * scale)
    digits = quotient_scale(over, under)
    made = divided(over, under, digits)
    return shown(made if name.startswith("var") else _root_at(made, digits))


def _spread_of_sums(name: str, count: int, first: str, high: str, cross: str, low: str, scale: int) -> str | None:
    """Variance or deviation of integers of so many digits behind the point, by their sum, and the sums of squares and
    products of their upper and lower 32 bits."""
    squares = (int(high) << 64) + (int(cross) << 33) + int(low)
    over = Decimal(count * squares - int(first) ** 2).scaleb(-2 * scale, EXACT)
    return _spread_of(name, count, over, scale)


def _least_or_most(sign: int) -> Callable[[list[str]], str | None]:
    def run(items: list[str]) -> str | None:
        found: str | None = None
        for item in items:
            if found is None or compare(item, found) * sign > 0:
                found = item
        return found

    return run


def _fit(text: str, typmod: int) -> str:
    if text == "NaN" and digits_of(typmod) is not None:
        raise failure("0A000", "NaN as a numeric of so many digits is not supported")
    return shown(fitted(1700, typmod, number(text), explicit=True))


def _to_integer(text: str, name: str) -> int:
    value = number(text)
    if value.is_nan() or value.is_infinite():
        raise failure("0A000", f"cannot convert {'NaN' if value.is_nan() else 'infinity'} to {name}")
    made = int(at_scale(value, 0))
    bits = {"smallint": 15, "integer": 31, "bigint": 63}[name]
    if not -(1 << bits) <= made < 1 << bits:
        raise failure("22003", f"{name} out of range")
    return made


def _to_float(text: str) -> float:
    made = float(number(text))
    if math.isinf(made) and not number(text).is_infinite():
        raise failure("22003", f'"{text}" is out of range for type double precision')
    return made


def _of_float(value: float, digits: int) -> str:
    """A float's 15 (or 6) significant digits, of which zeros at the end are none."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.{digits}g}"
    return shown(NUMERIC.read(text, _STYLE)) if "e" in text or text == "-0" else text


def _root(text: str) -> str:
    value = number(text)
    if value.is_nan() or (value.is_infinite() and value > 0):
        return text
    if value < 0:
        raise failure("2201F", "cannot take square root of a negative number")
    place = weight_of(value)[0]
    weight = place * 4 // 2 + 1 if place >= 0 else 1 - (-place * 4 - 1) // 2 - 1
    scale = min(max(_SIGNIFICANT_MIN - weight, scale_of(value), 0), _SCALE_MAX)
    return shown(_root_at(value, scale))


def _root_at(value: Decimal, scale: int) -> Decimal:
    whole = int(value.scaleb(2 * scale + 2, EXACT))
    return at_scale(Decimal(math.isqrt(whole)).scaleb(-scale - 1, EXACT), scale)


def _trimmed(text: str) -> str:
    value = number(text)
    if not value.is_finite():
        return text
    made = value.normalize(EXACT)
    return shown(made if scale_of(made) else Decimal(f"{made:f}"))


def _least_scale(text: str) -> int | None:
    value = number(text)
    return scale_of(value.normalize(EXACT)) if value.is_finite() else None


def _scale(text: str) -> int | None:
    value = number(text)
    return scale_of(value) if value.is_finite() else None


def _series(start: str, stop: str, step: str, statement: int | None) -> list[str]:
    """Numbers from one to another, all of the largest scale of the three."""
    for what, text in (("start value", start), ("stop value", stop), ("step size", step)):
        if not number(text).is_finite():
            word = "NaN" if number(text).is_nan() else "infinity"
            raise failure("22023", f"{what} cannot be {word}")
    first, last, by = number(start), number(stop), number(step)
    if not by:
        raise failure("22023", "step size cannot equal zero")
    found: list[str] = []
    while first <= last if by > 0 else first >= last:
        if len(found) >= _SERIES_MAX:
            raise failure("54000", f"a series of more than {_SERIES_MAX} numerics is not supported")
        found.append(shown(first))
        first = EXACT.add(first, by)
        if not len(found) % _SERIES_STEP:
            check(statement, _SERIES_STEP * _SERIES_BYTES)
    return found


NATIVES: tuple[Native, ...] = (
    native("hg_num_add", _plain("add"), "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_sub", _plain("subtract"), "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_mul", _plain("multiply"), "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_div", _division, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_mod", _modulo, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_quotient", _whole_division, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_cmp", compare, "VARCHAR; VARCHAR", "INTEGER"),
    native("hg_num_below", _next(ROUND_FLOOR), "VARCHAR; INTEGER; INTEGER", "VARCHAR"),
    native("hg_num_above", _next(ROUND_CEILING), "VARCHAR; INTEGER; INTEGER", "VARCHAR"),
    native("hg_num_key", sort_key, "VARCHAR", "BLOB"),
    native("hg_num_round", _to_scale(ROUND_HALF_UP), "VARCHAR; INTEGER", "VARCHAR"),
    native("hg_num_trunc", _to_scale(ROUND_DOWN), "VARCHAR; INTEGER", "VARCHAR"),
    native("hg_num_ceil", _whole(ROUND_CEILING), "VARCHAR", "VARCHAR"),
    native("hg_num_floor", _whole(ROUND_FLOOR), "VARCHAR", "VARCHAR"),
    native("hg_num_neg", _negative, "VARCHAR", "VARCHAR"),
    native("hg_num_abs", _absolute, "VARCHAR", "VARCHAR"),
    native("hg_num_sign", _sign, "VARCHAR", "VARCHAR"),
    native("hg_num_total", _total_of, "VARCHAR[]", "VARCHAR"),
    native("hg_num_spread", _spread, "VARCHAR; VARCHAR[]", "VARCHAR"),
    native(
        "hg_num_spread_of_sums",
        _spread_of_sums,
        "VARCHAR; BIGINT; VARCHAR; VARCHAR; VARCHAR; VARCHAR; INTEGER",
        "VARCHAR",
    ),
    native("hg_num_min", _least_or_most(-1), "VARCHAR[]", "VARCHAR"),
    native("hg_num_max", _least_or_most(1), "VARCHAR[]", "VARCHAR"),
    native("hg_num_fit", _fit, "VARCHAR; INTEGER", "VARCHAR"),
    native("hg_num_int", _to_integer, "VARCHAR; VARCHAR", "BIGINT"),
    floating("hg_num_float", _to_float, "VARCHAR"),
    native("hg_num_of_float", _of_float, "DOUBLE; INTEGER", "VARCHAR"),
    native("hg_num_sqrt", _root, "VARCHAR", "VARCHAR"),
    native("hg_num_trim", _trimmed, "VARCHAR", "VARCHAR"),
    native("hg_num_min_scale", _least_scale, "VARCHAR", "INTEGER"),
    stoppable("hg_num_series", _series, "VARCHAR; VARCHAR; VARCHAR", "VARCHAR[]"),
    native("hg_num_scale", _scale, "VARCHAR", "INTEGER"),
)
"""NUMERIC."""
