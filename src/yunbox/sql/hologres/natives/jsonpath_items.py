"""What paths do with single values: arithmetic, comparison, conversion, and the numbers of ``keyvalue()``."""

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Any

from yunbox.sql.hologres.natives.jsonpath_moments import Moment, moment, order
from yunbox.sql.hologres.natives.numerics import EXACT, at_scale, divided, number, quotient_scale, scale_of, shown
from yunbox.sql.hologres.natives.patterns import pattern
from yunbox.sql.hologres.natives.stopping import LARGE, check
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.numbers import NUMERIC
from yunbox.wire.pgwire.values.types import BY_NAME


class ItemError(Exception):
    """An error that filters and silence suppress; ``told`` is what the client is told else."""

    def __init__(self, told: PgError) -> None:
        super().__init__(str(told))
        self.told = told


def item_error(sqlstate: str, message: str) -> ItemError:
    """An error of what a path finds."""
    return ItemError(failure(sqlstate, message))


def is_number(value: Any) -> bool:
    """Whether an item is a number."""
    return isinstance(value, Decimal)


def kind_of(value: Any) -> str:
    """An item's type, as ``type()`` tells it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, Moment):
        return value.kind
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _divide(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise failure("22012", "division by zero")
    return divided(left, right, quotient_scale(left, right))


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise failure("22012", "division by zero")
    return at_scale(EXACT.remainder(left, right), max(scale_of(left), scale_of(right)))


_ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply, "/": _divide, "%": _remainder,
}  # fmt: skip


def computed(symbol: str, left: Decimal, right: Decimal) -> Decimal:
    """A sum, product and so on. Raises ItemError 22012, 22003."""
    try:
        return number(shown(_ARITHMETIC[symbol](left, right)))
    except PgError as found:
        raise ItemError(found) from None


def negated(value: Decimal) -> Decimal:
    """A number with the other sign; 0 has none."""
    return value.copy_negate() if value else value


def _rounded(rounding: str) -> Callable[[Decimal], Decimal]:
    return lambda value: number(shown(at_scale(value, 0, rounding)))


ROUNDED: dict[str, Callable[[Decimal], Decimal]] = {
    "abs": lambda value: value.copy_abs(), "floor": _rounded(ROUND_FLOOR), "ceiling": _rounded(ROUND_CEILING),
}  # fmt: skip
"""What methods make of a number."""


def subscript(value: Any) -> int:
    """A subscript's place. Raises ItemError 22033."""
    if not is_number(value):
        raise item_error("22033", "jsonpath array subscript is not a single numeric value")
    whole = int(value.to_integral_value(ROUND_DOWN)) if value.adjusted() < 12 else 1 << 31
    if not -(1 << 31) <= whole < 1 << 31:
        raise item_error("22033", "jsonpath array subscript is out of integer range")
    return whole


def as_double(value: Any) -> Decimal:
    """A number, or what a text says of one. Raises ItemError 22036."""
    if not isinstance(value, str | Decimal):
        raise item_error("22036", "jsonpath item method .double() can only be applied to a string or numeric value")
    text = value if isinstance(value, str) else shown(value)
    try:
        made = BY_NAME["float8"].codec.read(text, Style())
    except PgError:
        told = "a numeric" if is_number(value) else "a string"
        message = f"{told} argument of jsonpath item method .double() is not a valid representation of a double"
        raise item_error("22036", f"{message} precision number") from None
    if made - made != 0:
        raise item_error("22036", "NaN or Infinity is not allowed for jsonpath item method .double()")
    if isinstance(value, Decimal):
        return value
    read = NUMERIC.read(f"{made:.15g}", Style())
    assert isinstance(read, Decimal)
    return read


def as_moment(value: Any, template: str | None) -> Moment:
    """What ``datetime()`` makes of a text. Raises ItemError 22031, PgError 0A000."""
    if not isinstance(value, str):
        raise item_error("22031", "jsonpath item method .datetime() can only be applied to a string")
    if template is not None:
        raise failure("0A000", "the jsonpath item method .datetime() with a template is not supported")
    try:
        return moment(value)
    except PgError as found:
        if found.report.sqlstate == "0A000":
            raise
        raise ItemError(found) from None


def compared(symbol: str, left: Any, right: Any) -> bool | None:
    """Whether a comparison holds; None for what does not compare."""
    if left is None or right is None:
        if left is None and right is None:
            return symbol in ("==", "<=", ">=")
        return symbol == "!="
    if isinstance(left, dict | list) or type(left) is not type(right):
        return None
    if isinstance(left, Moment):
        found = order(left, right)
        return None if found is None else _HOLDS[symbol](found)
    if isinstance(left, str):
        left, right = left.encode(), right.encode()
    return _HOLDS[symbol]((left > right) - (left < right))


_HOLDS: dict[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0, "!=": lambda order: order != 0, "<": lambda order: order < 0,
    ">": lambda order: order > 0, "<=": lambda order: order <= 0, ">=": lambda order: order >= 0,
}  # fmt: skip


def like_regex(text: Any, expression: str, flags: str, statement: int | None) -> bool | None:
    """Whether a text has a match. Raises PgError 2201B, 54000."""
    if not isinstance(text, str):
        return None
    if "q" in flags:
        folded = re.IGNORECASE if "i" in flags else 0
        return re.search(re.escape(expression), text, re.ASCII | folded) is not None
    of = pattern(
        expression, ("i" if "i" in flags else "") + ("w" if "m" in flags else "") + ("" if "s" in flags else "p")
    )
    if not of.is_short(text):
        check(statement, LARGE)
    return of.search(text) is not None


# -- where an object lies in a document of PostgreSQL's

_HEADER_BYTES, _ENTRY_BYTES, _ALIGN = 4, 4, 4


def offsets(document: Any) -> dict[int, int]:
    """At which byte of a JSONB each object and array begins, by its ``id()``."""
    found: dict[int, int] = {}
    _place(document, 0, found)
    return found


def _place(value: Any, at: int, found: dict[int, int]) -> int:
    """Where what lies behind a container begins."""
    found[id(value)] = at
    entries = len(value) * (2 if isinstance(value, dict) else 1)
    at += _HEADER_BYTES + entries * _ENTRY_BYTES
    if isinstance(value, dict):
        at += sum(len(key.encode()) for key in value)
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, str):
            at += len(item.encode())
        elif isinstance(item, Decimal):
            at = _aligned(at) + _numeric_bytes(item)
        elif isinstance(item, dict | list):
            at = _place(item, _aligned(at), found)
    return at


def _aligned(at: int) -> int:
    return -(-at // _ALIGN) * _ALIGN


def _numeric_bytes(value: Decimal) -> int:
    """How many bytes a numeric has: its length, its head, and its digits to the base of 10,000."""
    scale = scale_of(value)
    if not value:
        return _HEADER_BYTES + (2 if scale <= _SHORT_SCALE_MAX else 4)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    shift = exponent % 4
    whole = int("".join(map(str, digits))) * 10**shift
    low = (exponent - shift) // 4
    while whole % 10_000 == 0:
        whole, low = whole // 10_000, low + 1
    count = -(-len(str(whole)) // 4)
    weight = low + count - 1
    is_short = scale <= _SHORT_SCALE_MAX and -_SHORT_WEIGHT_MAX - 1 <= weight <= _SHORT_WEIGHT_MAX
    return _HEADER_BYTES + (2 if is_short else 4) + 2 * count


_SHORT_SCALE_MAX, _SHORT_WEIGHT_MAX = 63, 63
