"""Literals: the types that Flink gives them, and intervals as DuckDB's or as milliseconds."""

import re
from decimal import Decimal

from yunbox.sql.flink.coercion import PRECISION_MAX, too_fine
from yunbox.sql.flink.errors import UnsupportedSql, ValidationFailed
from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.parser.tree import Constant, IntervalOf
from yunbox.sql.flink.types import MILLIS, FlinkType

_INT_MAX, _BIGINT_MAX = 2**31, 2**63
_UNIT_MS = {"SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000, "WEEK": 604_800_000}
_UNIT_MONTHS = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}
_BELOW = {"MONTH": 12, "HOUR": 24, "MINUTE": 60, "SECOND": 60}
"""What is behind another unit is less than these."""
_ORDER = ("DAY", "HOUR", "MINUTE", "SECOND")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?")
_DAY_TIME = re.compile(r"\s*([-+]?)(?:(\d+)\s+)?(\d+)(?::(\d+))?(?::(\d+))?(?:\.(\d+))?\s*")
_NOT_NULL = False


def literal(node: Constant, text: str) -> Expr:
    """The value that a literal is."""
    kind = node.kind
    if kind == "null":
        return Expr("NULL", FlinkType("NULL"), literal=True, value=None)
    if kind == "boolean":
        return Expr(node.text, FlinkType("BOOLEAN", nullable=False), literal=True, value=node.text == "TRUE")
    if kind == "string":
        return string(node.text)
    if kind == "integer":
        return _integer(node, text)
    if kind == "decimal":
        return _decimal(node)
    if kind == "double":
        return Expr(
            f"CAST({node.text} AS DOUBLE)", FlinkType("DOUBLE", nullable=False), literal=True, value=float(node.text)
        )
    if kind == "bytes":
        return _bytes(node, text)
    return _moment(node, text)


def string(value: str) -> Expr:
    """A text: a CHAR of its length."""
    of = FlinkType("CHAR", (max(len(value), 1),), nullable=False) if value else FlinkType("CHAR", (0,), nullable=False)
    return Expr(text_literal(value), of, literal=True, value=value)


def integer(value: int) -> Expr:
    """A whole number, negative ones in parentheses."""
    root = "INT" if -_INT_MAX <= value < _INT_MAX else "BIGINT"
    of = FlinkType(root, nullable=False)
    # DuckDB reads whole numbers as these two types as well.
    return Expr(str(value) if value >= 0 else f"({value})", of, literal=True, value=value)


def _integer(node: Constant, text: str) -> Expr:
    value = int(node.text)
    if value >= _BIGINT_MAX:
        raise ValidationFailed(f"Numeric literal '{node.text}' out of range", text, node.at)
    return integer(value)


def _decimal(node: Constant) -> Expr:
    whole, _, part = node.text.partition(".")
    value = Decimal(node.text.rstrip(".") if node.text.endswith(".") else node.text)
    if not part:
        return integer(int(whole))
    digits = len((whole.lstrip("0") + part).lstrip("0"))
    precision = min(max(digits, len(part) + 1), PRECISION_MAX)
    of = FlinkType("DECIMAL", (precision, len(part)), nullable=False)
    return Expr(f"CAST('{value:f}' AS {of.duckdb})", of, literal=True, value=value)


def negated(value: Expr) -> Expr:
    """A number with the other sign."""
    if value.type.root in ("INT", "BIGINT"):
        return integer(-value.value)
    number = -value.value
    shown = f"{number:f}" if isinstance(number, Decimal) else repr(number)
    return Expr(f"CAST('{shown}' AS {value.type.duckdb})", value.type, literal=True, value=number)


def _bytes(node: Constant, text: str) -> Expr:
    try:
        value = bytes.fromhex(node.text)
    except ValueError:
        raise ValidationFailed(
            "Binary literal string must contain only characters '0' - '9', 'A' - 'F'", text, node.at
        ) from None
    of = FlinkType("BINARY", (len(value),), nullable=False)
    return Expr(f"from_hex('{node.text}')", of, literal=True, value=value)


def _moment(node: Constant, text: str) -> Expr:
    """DATE, TIME and TIMESTAMP with a text."""
    value = node.text.strip()
    date, _, time = value.partition(" ") if node.kind == "timestamp" else (value, "", value)
    fine = (node.kind == "time" or _DATE.fullmatch(date)) and (node.kind == "date" or _TIME.fullmatch(time))
    if not fine:
        form = {"date": "yyyy-MM-dd", "time": "HH:mm:ss", "timestamp": "yyyy-MM-dd HH:mm:ss"}[node.kind]
        raise ValidationFailed(
            f"Illegal {node.kind.upper()} literal '{node.text}': not in format '{form}'", text, node.at
        )
    digits = len(value.partition(".")[2])
    if node.kind == "date":
        of = FlinkType("DATE", nullable=_NOT_NULL)
        return Expr(f"DATE '{value}'", of, literal=True, value=value)
    if node.kind == "time":
        value, digits = value[: len(value) - max(digits - MILLIS, 0)], min(digits, MILLIS)
        of = FlinkType("TIME", (digits,), nullable=_NOT_NULL)
        return Expr(f"TIME '{value}'", of, literal=True, value=value)
    of = FlinkType("TIMESTAMP", (digits,), nullable=_NOT_NULL)
    if too_fine(of) is not None:
        raise UnsupportedSql("a TIMESTAMP of more than six digits of a second", text, node.at)
    return Expr(f"TIMESTAMP '{value}'", of, literal=True, value=value)


# -- intervals


def interval_months(node: IntervalOf, text: str) -> int | None:
    """An interval's months; None when it is one of days to seconds."""
    if node.unit not in _UNIT_MONTHS:
        return None
    _check_precision(node, text)
    raw, sign = node.text.strip(), -1 if node.negative else 1
    if raw.startswith("-"):
        raw, sign = raw[1:], -sign
    years, _, months = raw.partition("-") if node.until else (raw, "", "")
    if not years.isdigit() or (months and not (months.isdigit() and int(months) < _BELOW["MONTH"])):
        raise _illegal(node, text)
    _check_digits(node, int(years), text)
    return sign * (int(years) * _UNIT_MONTHS[node.unit] + int(months or 0))


def interval_ms(node: IntervalOf, text: str) -> int:
    """An interval's milliseconds, of days to seconds."""
    if node.unit not in _UNIT_MS:
        raise ValidationFailed(f"An interval of {node.unit} has no fixed length: use days to seconds", text, node.at)
    _check_precision(node, text)
    found = _DAY_TIME.fullmatch(node.text)
    if found is None:
        raise _illegal(node, text)
    numbers = [int(one) for one in found.group(2, 3, 4, 5) if one is not None]
    units = _units(node)
    part = found[6] or ""
    if len(numbers) != len(units) or (part and (units[-1] != "SECOND" or len(part) > node.digits[1])):
        raise _illegal(node, text)
    if any(number >= _BELOW[unit] for number, unit in zip(numbers[1:], units[1:], strict=True)):
        raise _illegal(node, text)
    _check_digits(node, numbers[0], text)
    total = sum(number * _UNIT_MS[unit] for number, unit in zip(numbers, units, strict=True))
    total += int((part + "000")[:3])
    return -total if (found[1] == "-") != node.negative else total


def _units(node: IntervalOf) -> tuple[str, ...]:
    if not node.until or node.unit == "WEEK":
        return (node.unit,)
    return _ORDER[_ORDER.index(node.unit) : _ORDER.index(node.until) + 1]


def _check_precision(node: IntervalOf, text: str) -> None:
    """Whether so many digits may be asked for. Raises ValidationFailed."""
    for what, digits, most in (("leading field", node.digits[0], 10), ("fractional second", node.digits[1], 9)):
        if not 1 <= digits <= most:
            raise ValidationFailed(
                f"Interval {what} precision '{digits}' out of range for INTERVAL {node.unit}", text, node.at
            )


def _check_digits(node: IntervalOf, first: int, text: str) -> None:
    """Whether the first number is within its digits, which are two unless others are given. Raises ValidationFailed."""
    digits = node.digits[0]
    if not node.is_number and first >= 10**digits:
        raise ValidationFailed(
            f"Interval field value {first} exceeds precision of {node.unit}({digits}) field", text, node.at
        )


def _illegal(node: IntervalOf, text: str) -> ValidationFailed:
    unit = f"{node.unit} TO {node.until}" if node.until else node.unit
    return ValidationFailed(f"Illegal interval literal format '{node.text}' for INTERVAL {unit}", text, node.at)


def interval(node: IntervalOf, text: str) -> Expr:
    """An interval as a value: its months or its milliseconds are the literal's."""
    months = interval_months(node, text)
    if months is not None:
        of = FlinkType("INTERVAL YEAR TO MONTH", nullable=False)
        return Expr(f"to_months({months})", of, literal=True, value=months)
    ms = interval_ms(node, text)
    of = FlinkType("INTERVAL DAY TO SECOND", nullable=False)
    return Expr(f"to_milliseconds({ms})", of, literal=True, value=ms)
