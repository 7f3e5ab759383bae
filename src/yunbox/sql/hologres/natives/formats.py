"""to_char of moments and intervals.

Source: the PostgreSQL documentation, "Data Type Formatting Functions". A pattern that asks for more than is here is
refused by name.
"""

from collections.abc import Callable
from typing import NamedTuple

from yunbox.sql.hologres.natives.conversions import CARRIERS
from yunbox.sql.hologres.natives.moment_nodes import Node, nodes_of
from yunbox.sql.hologres.natives.moments import field_of
from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.session import style_of
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S, Day, to_day
from yunbox.wire.pgwire.values.dates import TIMESTAMP_ENDS

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_NAMES = ("MONTH", "Month", "month", "MON", "Mon", "mon", "DAY", "Day", "day", "DY", "Dy", "dy")
_HALVES = ("A.M.", "P.M.", "a.m.", "p.m.", "AM", "PM", "am", "pm")
_ORDINALS = ("th", "st", "nd", "rd")
_ERAS = ("B.C.", "A.D.", "b.c.", "a.d.", "BC", "AD", "bc", "ad")


class _Shown(NamedTuple):
    """A moment, and its zone where the type has one."""

    days: int
    clock: int
    day: Day
    east: int
    zone: str


def to_char(us: int, pattern: str, token: str, zoned: bool) -> str | None:
    """A moment by a pattern, ``zoned`` by the clock of the session's zone. Raises PgError 0A000."""
    if us in TIMESTAMP_ENDS or not pattern:
        return None
    east, zone = zones.from_utc(style_of(token).zone, us) if zoned else (0, "")
    days, clock = divmod(us + east * US_PER_S, US_PER_DAY)
    shown = _Shown(days, clock, to_day(days), east, zone)
    return "".join(_field(node, shown, zoned) if node.name else node.text for node in nodes_of(pattern))


def _field(node: Node, at: _Shown, zoned: bool) -> str:
    name = node.name
    if node.text in _NAMES:
        return _name(node, at)
    if node.text in _HALVES or node.text in _ERAS:
        return _half(node.text, at)
    if name in ("TZ", "TZH", "TZM", "OF"):
        return _zone(node, at, zoned)
    if name == "RM":
        text = _ROMAN[at.day.month - 1] if node.fill else _ROMAN[at.day.month - 1].ljust(4)
        return text.lower() if node.text == "rm" else text
    if name == "FX":
        return ""
    value, width = _number(name, at)
    is_short = node.fill and name not in ("MS", "US") and not name.startswith("FF")
    text = str(value) if is_short else f"{value:0{width + (value < 0)}}"
    if name == "Y,YYY":
        text = f"{value // 1000},{value % 1000:03}"
    return text + _ordinal(value, node.ordinal)


def _ordinal(value: int, how: str) -> str:
    if not how:
        return ""
    last = _ORDINALS[value % 10 if value % 10 < 4 else 0] if value % 100 not in (11, 12, 13) else "th"
    return last.upper() if how == "TH" else last


def _name(node: Node, at: _Shown) -> str:
    month = node.name.startswith("MON")
    name = _MONTHS[at.day.month - 1] if month else _DAYS[(at.days + 6) % 7]
    short = node.name in ("MON", "DY")
    name = name[:3] if short else name if node.fill or node.local else name.ljust(9)
    return name.upper() if node.text.isupper() else name.lower() if node.text.islower() else name


def _half(field: str, at: _Shown) -> str:
    late = at.clock >= US_PER_DAY // 2
    if field.upper().replace(".", "") in ("AM", "PM"):
        text = "PM" if late else "AM"
    else:
        text = "BC" if at.day.year <= 0 else "AD"
    text = f"{text[0]}.{text[1]}." if "." in field else text
    return text.lower() if field.islower() else text


def _zone(node: Node, at: _Shown, zoned: bool) -> str:
    sign, minutes = "-" if at.east < 0 else "+", abs(at.east) // 60
    if node.name == "TZ":
        text = at.zone if zoned else ""
        return text.lower() if node.text.islower() else text
    if node.name == "TZH":
        return f"{sign}{minutes // 60:02}"
    if node.name == "TZM":
        return f"{minutes % 60:02}"
    hours = f"{sign}{minutes // 60:0{1 if node.fill else 2}}"
    return f"{hours}:{minutes % 60:02}" if abs(at.east) % 3600 else hours


def _number(name: str, at: _Shown) -> tuple[int, int]:
    """A field's number, and how many digits it has at least."""
    if name not in _NUMBER:
        raise failure("0A000", f"{name} in a pattern is not supported")
    number, width = _NUMBER[name]
    return number(at), width


def _counted(field: str) -> Callable[[_Shown], int]:
    """What a calendar counts."""
    return lambda at: field_of(field, at.days * US_PER_DAY) or 0


def _second(at: _Shown) -> int:
    return at.clock // US_PER_S


def _us(at: _Shown) -> int:
    return at.clock % US_PER_S


def _year(at: _Shown) -> int:
    return at.day.year if at.day.year > 0 else 1 - at.day.year


def _iso_year(at: _Shown) -> int:
    return abs(_counted("isoyear")(at))


def _iso_day(at: _Shown) -> int:
    """The day of a year of ISO's weeks."""
    return (_counted("week")(at) - 1) * 7 + _counted("isodow")(at)


_NUMBER: dict[str, tuple[Callable[[_Shown], int], int]] = {
    "HH24": (lambda at: _second(at) // 3600, 2), "HH": (lambda at: (_second(at) // 3600 + 11) % 12 + 1, 2),
    "HH12": (lambda at: (_second(at) // 3600 + 11) % 12 + 1, 2), "MI": (lambda at: _second(at) // 60 % 60, 2),
    "SS": (lambda at: _second(at) % 60, 2), "MS": (lambda at: _us(at) // 1000, 3), "US": (_us, 6),
    "SSSS": (_second, 0), "SSSSS": (_second, 0), "YYYY": (_year, 4), "YYY": (lambda at: _year(at) % 1000, 3),
    "YY": (lambda at: _year(at) % 100, 2), "Y": (lambda at: _year(at) % 10, 1), "Y,YYY": (_year, 4),
    "IYYY": (_iso_year, 4), "IYY": (lambda at: _iso_year(at) % 1000, 3), "IY": (lambda at: _iso_year(at) % 100, 2),
    "I": (lambda at: _iso_year(at) % 10, 1), "MM": (lambda at: at.day.month, 2), "DD": (lambda at: at.day.day, 2),
    "DDD": (_counted("doy"), 3), "D": (lambda at: _counted("dow")(at) + 1, 1), "ID": (_counted("isodow"), 1),
    "W": (lambda at: (at.day.day - 1) // 7 + 1, 1), "WW": (lambda at: (_counted("doy")(at) - 1) // 7 + 1, 2),
    "IDDD": (_iso_day, 3), "IW": (_counted("week"), 2), "Q": (_counted("quarter"), 1), "CC": (_counted("century"), 2),
    "J": (lambda at: at.days + 2_451_545, 0),
    **{f"FF{size}": (lambda at, size=size: _us(at) // 10 ** (6 - size), size) for size in range(1, 7)},
}  # fmt: skip
"""The numbers that a pattern may ask for, each with the digits that it has at least."""


# -- intervals


def _span_by(span: dict[str, int], pattern: str) -> str | None:
    """An interval by a pattern of its own fields; its hours go beyond a day. Raises PgError 22007 and 0A000."""
    return "".join(_span_field(node, span) if node.name else node.text for node in nodes_of(pattern)) or None


def _span_field(node: Node, span: dict[str, int]) -> str:
    name = node.name
    seconds, us = _cut(span["u"], US_PER_S)
    years, months = _cut(span["m"], 12)
    hours = _cut(seconds, 3600)[0]
    if node.text in _HALVES:
        text = "PM" if _cut(hours, 24)[1] >= 12 else "AM"
        text = f"{text[0]}.{text[1]}." if "." in node.text else text
        return text.lower() if node.text.islower() else text
    if node.text in _NAMES:
        raise failure("22007", "invalid format specification for an interval value", "",
                      "Intervals are not tied to specific calendar dates.")  # fmt: skip
    twelve, minutes = _cut(hours, 12)[1], _cut(_cut(seconds, 60)[0], 60)[1]
    numbers = {
        "HH24": (hours, 2), "HH12": (twelve or 12, 2), "HH": (twelve or 12, 2), "MI": (minutes, 2),
        "SS": (_cut(seconds, 60)[1], 2), "MS": (_cut(us, 1000)[0], 3), "US": (us, 6), "SSSS": (seconds, 0),
        "SSSSS": (seconds, 0), "DD": (span["d"], 2), "MM": (months, 2), "YYYY": (years, 4),
    }  # fmt: skip
    if name not in numbers or node.ordinal:
        raise failure("0A000", f"{node.text} in a pattern of an interval is not supported")
    value, width = numbers[name]
    if name != "DD":  # whose sign takes the place of a digit
        width += value < 0
    return str(value) if node.fill else f"{value:0{width}}"


def _cut(value: int, size: int) -> tuple[int, int]:
    """How often a size is in a value, and the rest, of which both have its sign."""
    whole, rest = divmod(abs(value), size)
    return (whole, rest) if value >= 0 else (-whole, -rest)


_DAYS_MIN, _DAYS_MAX = -2_451_545, 2_145_031_948
"""Those that a DATE can be."""
_STRFTIME = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S",
             "US": "%f", "AM": "%p", "PM": "%p", "Mon": "%b", "Dy": "%a", "DDD": "%j", "YY": "%y"}  # fmt: skip


def strftime_of(pattern: str) -> str | None:
    """A pattern as DuckDB's strftime has it for years of four digits; None where that has not all of it."""
    made = ""
    for node in nodes_of(pattern):
        name = node.text if node.text in (*_NAMES, *_HALVES) else node.name
        if name and (node.fill or node.local or node.ordinal or name not in _STRFTIME):
            return None
        made += _STRFTIME[name] if name else node.text.replace("%", "%%")
    return made


NATIVES: tuple[Native, ...] = (
    native("hg_to_char", to_char, "BIGINT; VARCHAR; VARCHAR; BOOLEAN", "VARCHAR"),
    native("hg_span_by", _span_by, f"{CARRIERS['interval']}; VARCHAR", "VARCHAR"),
)
"""Formatting."""
