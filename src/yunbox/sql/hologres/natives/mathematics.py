"""Functions of numbers that fail as PostgreSQL's do: roots, logarithms, powers, angles, shifts, divisors."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from yunbox.sql.hologres.natives.native import Native, floating, native
from yunbox.sql.hologres.natives.numerics import (
    EXACT,
    at_scale,
    divided,
    number,
    overflow,
    quotient_scale,
    scale_of,
    shown,
    weight_of,
)
from yunbox.wire.pgwire.report import PgError, failure

_SIGNIFICANT_MIN = 16
_SCALE_MAX = 1000
_LOGARITHM_MAX = 6000
"""Natural logarithms of results that PostgreSQL computes, and of what is computed here in some milliseconds."""
_LN_10 = 2.302585092994046
_LOG10_E = 0.434294481903252
_FACTORIAL_MAX = 32177
_RANGE = "input is out of range"


def _range() -> PgError:
    return failure("22003", _RANGE)


def _overflow() -> PgError:
    return failure("22003", "value out of range: overflow")


def _underflow() -> PgError:
    return failure("22003", "value out of range: underflow")


def _logarithm(of: Callable[[float], float]) -> Callable[[float], float]:
    def run(value: float) -> float:
        if value == 0:
            raise failure("2201E", "cannot take logarithm of zero")
        if value < 0:
            raise failure("2201E", "cannot take logarithm of a negative number")
        return of(value)

    return run


def _sqrt(value: float) -> float:
    if value < 0:
        raise failure("2201F", "cannot take square root of a negative number")
    return math.sqrt(value)


def _exp(value: float) -> float:
    if math.isinf(value):
        return value if value > 0 else 0.0
    try:
        made = math.exp(value)
    except OverflowError:
        raise _overflow() from None
    if not made:
        raise _underflow()
    return made


def _bounded(of: Callable[[float], float], least: float, most: float) -> Callable[[float], float]:
    def run(value: float) -> float:
        if math.isnan(value):
            return value
        if not least <= value <= most:
            raise _range()
        return of(value)

    return run


def _circular(of: Callable[[float], float]) -> Callable[[float], float]:
    def run(value: float) -> float:
        if math.isinf(value):
            raise _range()
        return of(value)

    return run


def _hyperbolic(of: Callable[[float], float], sign: bool) -> Callable[[float], float]:
    def run(value: float) -> float:
        try:
            return of(value)
        except OverflowError:
            return math.copysign(math.inf, value if sign else 1)

    return run


def _angle(of: Callable[[float], float]) -> Callable[[float], float]:
    def run(value: float) -> float:
        made = of(value)
        if math.isinf(made) and math.isfinite(value):
            raise _overflow()
        if value and not made:
            raise _underflow()
        return made

    return run


def _atanh(value: float) -> float:
    if not -1 <= value <= 1 and not math.isnan(value):
        raise _range()
    return math.copysign(math.inf, value) if abs(value) == 1 else math.atanh(value)


def _part(value: float, whole: float, size: float) -> float:
    """What a value is of another, which is exact where it is the whole."""
    return value / whole * size


_RIGHT = math.pi / 180
_SIN_30, _COS_GAP_60 = math.sin(30 * _RIGHT), 1 - math.cos(60 * _RIGHT)


def _sine(degrees: float) -> float:
    """Of 0 to 90 degrees; exactly a half of 30."""
    if degrees <= 30:
        return _part(math.sin(degrees * _RIGHT), _SIN_30, 1) / 2
    return 1 - _part(1 - math.cos((90 - degrees) * _RIGHT), _COS_GAP_60, 1) / 2


def _turned(value: float) -> tuple[float, float, float]:
    """Degrees from 0 to 90 for any others, and the signs of their sine and cosine. Raises PgError 22003."""
    if math.isinf(value):
        raise _range()
    value = math.fmod(value, 360)
    sine, cosine = (-1.0 if value < 0 else 1.0), 1.0
    value = abs(value)
    if value > 180:
        value, sine = 360 - value, -sine
    return (180 - value, sine, -cosine) if value > 90 else (value, sine, cosine)


def _quotient(above: float, below: float) -> float:
    return above / below if below else math.copysign(math.inf, above)


def _of_degrees(of: Callable[[float, float, float], float]) -> Callable[[float], float]:
    def run(value: float) -> float:
        return value if math.isnan(value) else of(*_turned(value))

    return run


def _tangent(degrees: float, sine: float, cosine: float) -> float:
    return sine * cosine * _quotient(_sine(degrees), _sine(90 - degrees)) or 0.0


def _cotangent(degrees: float, sine: float, cosine: float) -> float:
    return sine * cosine * _quotient(_sine(90 - degrees), _sine(degrees)) or 0.0


def _arc_sine(value: float) -> float:
    if value < 0:
        return -_arc_sine(-value)
    if value <= 0.5:
        return _part(math.asin(value), math.asin(0.5), 30)
    return 90 - _part(math.acos(value), math.acos(0.5), 60)


def _arc_cosine(value: float) -> float:
    if value < 0:
        return 90 + _arc_sine(-value)
    if value <= 0.5:
        return 90 - _part(math.asin(value), math.asin(0.5), 30)
    return _part(math.acos(value), math.acos(0.5), 60)


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sind": _of_degrees(lambda value, sine, _: sine * _sine(value)),
    "cosd": _of_degrees(lambda value, _, cosine: cosine * _sine(90 - value)),
    "tand": _of_degrees(_tangent), "cotd": _of_degrees(_cotangent),
    "asind": _bounded(_arc_sine, -1, 1), "acosd": _bounded(_arc_cosine, -1, 1),
    "atand": lambda value: _part(math.atan(value), math.atan(1), 45),
    "sqrt": _sqrt, "exp": _exp, "ln": _logarithm(math.log), "log": _logarithm(math.log10),
    "sin": _circular(math.sin), "cos": _circular(math.cos), "tan": _circular(math.tan),
    "cot": _circular(lambda value: 1 / math.tan(value) if value else math.inf),
    "asin": _bounded(math.asin, -1, 1), "acos": _bounded(math.acos, -1, 1), "atan": math.atan,
    "sinh": _hyperbolic(math.sinh, True), "cosh": _hyperbolic(math.cosh, False), "tanh": math.tanh,
    "asinh": math.asinh, "acosh": _bounded(math.acosh, 1, math.inf), "atanh": _atanh,
    "degrees": _angle(lambda value: value / 0.017453292519943295),
    "radians": _angle(lambda value: value * 0.017453292519943295),
}  # fmt: skip


def _one(name: str, value: float) -> float:
    return _FUNCTIONS[name](value)


def _power(base: float, exponent: float) -> float:
    if base == 1 or exponent == 0:
        return 1.0
    if math.isnan(base) or math.isnan(exponent):
        return math.nan
    if base == 0 and exponent < 0:
        raise failure("2201F", "zero raised to a negative power is undefined")
    if base < 0 and math.isfinite(exponent) and not float(exponent).is_integer():
        raise failure("2201F", "a negative number raised to a non-integer power yields a complex result")
    try:
        made = math.pow(base, exponent)
    except OverflowError:
        raise _overflow() from None
    if math.isfinite(base) and math.isfinite(exponent):
        if math.isinf(made):
            raise _overflow()
        if not made and base:
            raise _underflow()
    return made


def _two(name: str, left: float, right: float) -> float:
    if name == "power":
        return _power(left, right)
    angle = math.atan2(left, right)
    return _part(angle, math.atan(1), 45) if name == "atan2d" else angle


def _shift(bits: int) -> Callable[[int, int], int]:
    def run(value: int, places: int) -> int:
        made = (value << (places & bits - 1)) & ((1 << bits) - 1)
        return made - (1 << bits) if made >> bits - 1 else made

    return run


def _shift16(value: int, places: int) -> int:
    """A SMALLINT is shifted as an INTEGER is, and then cut."""
    made = value << (places & 31) & 0xFFFF
    return made - 0x10000 if made >> 15 else made


def _divisor(bits: int, name: str) -> Callable[[int, int], int]:
    def run(left: int, right: int) -> int:
        made = math.gcd(left, right)
        if made >> bits - 1:
            raise failure("22003", f"{name} out of range")
        return made

    return run


def _multiple(bits: int, name: str) -> Callable[[int, int], int]:
    def run(left: int, right: int) -> int:
        made = math.lcm(left, right)
        if made >> bits - 1:
            raise failure("22003", f"{name} out of range")
        return made

    return run


def _bucket(value: float, low: float, high: float, count: int) -> int:
    if count <= 0:
        raise failure("2201G", "count must be greater than zero")
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        raise failure("2201G", "operand, lower bound, and upper bound cannot be NaN")
    if math.isinf(low) or math.isinf(high):
        raise failure("2201G", "lower and upper bounds must be finite")
    if low == high:
        raise failure("2201G", "lower bound cannot equal upper bound")
    below, above = (value < low, value >= high) if low < high else (value > low, value <= high)
    if below:
        return 0
    if above:
        if count == 2147483647:
            raise failure("22003", "integer out of range")
        return count + 1
    return int(count * ((value - low) / (high - low))) + 1


def _numeric_bucket(value: str, low: str, high: str, count: int) -> int:
    if count <= 0:
        raise failure("2201G", "count must be greater than zero")
    v, a, b = number(value), number(low), number(high)
    if v.is_nan() or a.is_nan() or b.is_nan():
        raise failure("2201G", "operand, lower bound, and upper bound cannot be NaN")
    if a.is_infinite() or b.is_infinite():
        raise failure("2201G", "lower and upper bounds must be finite")
    if a == b:
        raise failure("2201G", "lower bound cannot equal upper bound")
    below, above = (v < a, v >= b) if a < b else (v > a, v <= b)
    if below or above:
        return 0 if below else count + 1
    over, under = EXACT.multiply(EXACT.subtract(v, a), Decimal(count)), EXACT.subtract(b, a)
    if a > b:
        over, under = over.copy_negate(), under.copy_negate()
    return int(divided(over, under, quotient_scale(over, under))) + 1  # rounded, so that it may be too many


def _hex(value: int) -> str:
    return f"{value & (1 << 64) - 1:x}"


# -- NUMERIC: how many digits follows from an estimate of the result's size


def _context(scale: int, size: int) -> Context:
    return Context(prec=max(scale + size + 30, 60), Emax=999_999, Emin=-999_999)


def _exp_numeric(text: str) -> str:
    value = number(text)
    if value.is_nan():
        return "NaN"
    if value.is_infinite():
        return "Infinity" if value > 0 else "0"
    size = int(max(min(float(value) * _LOG10_E, 2000), -2000))
    scale = min(max(_SIGNIFICANT_MIN - size, scale_of(value), 0), _SCALE_MAX)
    if abs(value) >= _LOGARITHM_MAX:
        if value < 0:
            return shown(at_scale(Decimal(0), scale))
        raise overflow()
    return shown(at_scale(_context(scale, abs(size)).exp(value), scale))


def _ln_weight(value: Decimal) -> int:
    """The place of a natural logarithm's first digit."""
    if value <= 0:
        return 0
    if Decimal("0.9") <= value <= Decimal("1.1"):
        rest = value - 1
        place, digit = weight_of(rest)
        return place * 4 + int(math.log10(digit)) if rest else 0
    found = abs(math.log(float(value.scaleb(-value.adjusted()))) + value.adjusted() * 2.302585092994046)
    return int(math.log10(found)) if found else 0


def _positive(value: Decimal) -> None:
    if value < 0:
        raise failure("2201E", "cannot take logarithm of a negative number")
    if not value:
        raise failure("2201E", "cannot take logarithm of zero")


def _ln_numeric(text: str) -> str:
    value = number(text)
    if value.is_nan():
        return "NaN"
    _positive(value)
    if value.is_infinite():
        return "Infinity"
    scale = min(max(_SIGNIFICANT_MIN - _ln_weight(value), scale_of(value), 0), _SCALE_MAX)
    return shown(at_scale(_context(scale, 10).ln(value), scale))


def _log_base(base: str, text: str) -> str:
    low, value = number(base), number(text)
    if low.is_nan() or value.is_nan():
        return "NaN"
    _positive(low)
    _positive(value)
    if low.is_infinite() or value.is_infinite():
        if low.is_infinite() and value.is_infinite():
            return "NaN"
        return "0" if low.is_infinite() else "Infinity"
    context = _context(_SCALE_MAX // 4, 50)
    divisor = context.ln(low)
    if not divisor:
        raise failure("22012", "division by zero")
    made = context.divide(context.ln(value), divisor)
    weight = _ln_weight(value) - _ln_weight(low)
    scale = min(max(_SIGNIFICANT_MIN - weight, scale_of(low), scale_of(value), 0), _SCALE_MAX)
    return shown(at_scale(made, scale))


def _log10_numeric(text: str) -> str:
    return _log_base("10", text)


def _power_numeric(base: str, exponent: str) -> str:
    low, high = number(base), number(exponent)
    if low == 1 or (not high.is_nan() and high == 0 and not low.is_nan()):
        if low.is_finite() and high.is_finite():
            return shown(at_scale(Decimal(1), max(_SIGNIFICANT_MIN, scale_of(low), scale_of(high))))
        return "1"
    if not (low.is_finite() and high.is_finite()):
        raise failure("0A000", "power of NaN or infinity is not supported")
    if not low and high < 0:
        raise failure("2201F", "zero raised to a negative power is undefined")
    whole = high == high.to_integral_value()
    if low < 0 and not whole:
        raise failure("2201F", "a negative number raised to a non-integer power yields a complex result")
    if not low and not whole:
        return shown(at_scale(Decimal(0), _SIGNIFICANT_MIN))
    if not low:
        return shown(at_scale(Decimal(0), max(_SIGNIFICANT_MIN, scale_of(low), scale_of(high))))
    size = float(high) * math.log10(abs(float(low)) or 1e-300)
    if abs(size) > 131_072:
        if size > 0:
            raise overflow()
        return shown(at_scale(Decimal(0), max(_SIGNIFICANT_MIN, scale_of(low)) if whole else _SCALE_MAX))
    if not whole and abs(size) * _LN_10 > _LOGARITHM_MAX:
        if size > 0:
            raise overflow()
        return shown(at_scale(Decimal(0), _SCALE_MAX))
    if whole:
        scale = max(_SIGNIFICANT_MIN, scale_of(low))
    else:
        scale = min(max(_SIGNIFICANT_MIN - int(size), scale_of(low), scale_of(high), 0), _SCALE_MAX)
    context = _context(scale, abs(int(size)) + 10)
    return shown(at_scale(context.power(low, high), scale, ROUND_HALF_UP))


def _factorial(value: int) -> str:
    if value < 0:
        raise failure("22003", "factorial of a negative number is undefined")
    if value > _FACTORIAL_MAX:
        raise overflow()
    return shown(Decimal(math.factorial(value)))


def _num_gcd(multiple: bool) -> Callable[[str, str], str]:
    def run(left: str, right: str) -> str:
        a, b = number(left), number(right)
        if not (a.is_finite() and b.is_finite()):
            return "NaN"
        scale = max(scale_of(a), scale_of(b))
        one, other = int(a.scaleb(scale, EXACT)), int(b.scaleb(scale, EXACT))
        made = math.lcm(one, other) if multiple else math.gcd(one, other)
        return shown(at_scale(Decimal(made).scaleb(-scale, EXACT), scale))

    return run


NATIVES: tuple[Native, ...] = (
    floating("hg_math1", _one, "VARCHAR; DOUBLE"),
    floating("hg_math2", _two, "VARCHAR; DOUBLE; DOUBLE"),
    native("hg_shl16", _shift16, "SMALLINT; INTEGER", "SMALLINT"),
    native("hg_shl32", _shift(32), "INTEGER; INTEGER", "INTEGER"),
    native("hg_shl64", _shift(64), "BIGINT; INTEGER", "BIGINT"),
    native("hg_gcd32", _divisor(32, "integer"), "INTEGER; INTEGER", "INTEGER"),
    native("hg_gcd64", _divisor(64, "bigint"), "BIGINT; BIGINT", "BIGINT"),
    native("hg_lcm32", _multiple(32, "integer"), "INTEGER; INTEGER", "INTEGER"),
    native("hg_lcm64", _multiple(64, "bigint"), "BIGINT; BIGINT", "BIGINT"),
    native("hg_width_bucket", _bucket, "DOUBLE; DOUBLE; DOUBLE; INTEGER", "INTEGER"),
    native("hg_num_width_bucket", _numeric_bucket, "VARCHAR; VARCHAR; VARCHAR; INTEGER", "INTEGER"),
    native("hg_hex64", _hex, "BIGINT", "VARCHAR"),
    native("hg_num_exp", _exp_numeric, "VARCHAR", "VARCHAR"),
    native("hg_num_ln", _ln_numeric, "VARCHAR", "VARCHAR"),
    native("hg_num_log", _log10_numeric, "VARCHAR", "VARCHAR"),
    native("hg_num_logb", _log_base, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_power", _power_numeric, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_factorial", _factorial, "BIGINT", "VARCHAR"),
    native("hg_num_gcd", _num_gcd(False), "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_num_lcm", _num_gcd(True), "VARCHAR; VARCHAR", "VARCHAR"),
)
"""Functions of numbers."""
