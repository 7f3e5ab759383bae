"""INTERVAL literals of two units: ``INTERVAL '1-2' YEAR TO MONTH``, ``INTERVAL '2 3:4:5.6' DAY TO SECOND``."""

import re

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.errors import At, SemanticError
from yunbox.sql.maxcompute.expr import Expr

UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_SEPARATORS = {"YEAR": "-", "DAY": r"\s+", "HOUR": ":", "MINUTE": ":"}
_BOUNDS = {"MONTH": 11, "HOUR": 23, "MINUTE": 59, "SECOND": 59}


def of_two_units(value: exp.Expr, first: str, last: str, where: At) -> Expr:
    """A literal from one unit down to another; every unit but the first keeps within the one above it."""
    units = _between(first.rstrip("S"), last.rstrip("S"), where)
    if not isinstance(value, exp.Literal) or not value.is_string:
        raise SemanticError("an INTERVAL of two units takes a constant string", where)
    found = re.fullmatch(_pattern(units), value.this.strip())
    if found is None:
        raise SemanticError(f"'{value.this}' is no INTERVAL {units[0]} TO {units[-1]}", where)
    numbers = found.groups()[1:]
    for unit, number in list(zip(units, numbers, strict=True))[1:]:
        if float(number) >= _BOUNDS[unit] + 1:
            raise SemanticError(f"{number} is out of the range of {unit} in an INTERVAL", where)
    text = " ".join(f"{found.group(1)}{number} {unit}" for number, unit in zip(numbers, units, strict=True))
    name = "interval_year_month" if units[0] == "YEAR" else "interval_day_time"
    return Expr(f"INTERVAL '{text}'", DataType(name))


def _between(first: str, last: str, where: At) -> tuple[str, ...]:
    family = UNITS[:2] if first == "YEAR" else UNITS[2:]
    if first not in family or last not in family or family.index(first) >= family.index(last):
        raise SemanticError(f"INTERVAL {first} TO {last} is no interval type", where)
    return family[family.index(first) : family.index(last) + 1]


def _pattern(units: tuple[str, ...]) -> str:
    made = r"([-+]?)"
    for unit in units:
        made += r"(\d{1,9}(?:\.\d{1,9})?)" if unit == "SECOND" else r"(\d{1,9})"
        made += _SEPARATORS[unit] if unit != units[-1] else ""
    return made
