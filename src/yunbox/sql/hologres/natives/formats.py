"""to_char, to_date and to_timestamp: values by a pattern, and a pattern's values.

Source: the PostgreSQL documentation, "Data Type Formatting Functions". A pattern that asks for more than is here is
refused by name.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from yunbox.sql.hologres.natives.conversions import CARRIERS
from yunbox.sql.hologres.natives.moments import field_of
from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.session import style_of
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S, Day, to_day, to_days
from yunbox.wire.pgwire.values.dates import TIMESTAMP_ENDS

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_NAMES = ("MONTH", "Month", "month", "MON", "Mon", "mon", "DAY", "Day", "day", "DY", "Dy", "dy")
_HALVES = ("A.M.", "P.M.", "a.m.", "p.m.", "AM", "PM", "am", "pm")
_ERAS = ("B.C.", "A.D.", "b.c.", "a.d.", "BC", "AD", "bc", "ad")
_NUMBERS = ("HH24", "HH12", "HH", "MI", "SSSSS", "SSSS", "SS", "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
            "Y,YYY", "YYYY", "YYY", "YY", "Y", "IYYY", "IYY", "IY", "IW", "IDDD", "ID", "I", "MM", "DDD", "DD",
            "D", "WW", "W", "CC", "J", "Q", "RM", "TZH", "TZM", "TZ", "OF")  # fmt: skip
_FIELDS = sorted({*_NAMES, *_HALVES, *_ERAS, *_NUMBERS, *(one.lower() for one in _NUMBERS)}, key=len, reverse=True)
_ORDINALS = ("th", "st", "nd", "rd")
_TOKEN = re.compile(
    rf'(?P<quoted>"(?:[^"\\]|\\.)*"?)|(?P<fill>FM|fm|TM|tm|FX|fx)?(?P<field>{"|".join(map(re.escape, _FIELDS))})'
    r'(?P<th>TH|th)?|(?P<other>\\"|.)',
    re.DOTALL,
)


class _Part(NamedTuple):
    """A piece of a pattern: a field with its modifiers, or a text."""

    field: str
    text: str
    fill: bool = False
    ordinal: str = ""


@lru_cache(256)
def _parts(pattern: str) -> tuple[_Part, ...]:
    found = []
    for one in _TOKEN.finditer(pattern):
        if one["quoted"]:
            found.append(_Part("", re.sub(r"\\(.)", r"\1", one["quoted"].strip('"'))))
        elif one["field"]:
            fill = (one["fill"] or "").upper()
            if fill in ("TM", "FX"):
                raise failure("0A000", f"{fill} in a pattern is not supported")
            found.append(_Part(one["field"], "", fill == "FM", one["th"] or ""))
        else:
            found.append(_Part("", one["other"][-1]))
    return tuple(found)


class _Shown(NamedTuple):
    """A moment, and its zone where the type has one."""

    days: int
    clock: int
    day: Day
    east: int
    zone: str


def _to_char(us: int, pattern: str, token: str, zoned: bool) -> str | None:
    if us in TIMESTAMP_ENDS or not pattern:
        return None
    east, zone = zones.from_utc(style_of(token).zone, us) if zoned else (0, "")
    days, clock = divmod(us + east * US_PER_S, US_PER_DAY)
    shown = _Shown(days, clock, to_day(days), east, zone)
    return "".join(part.text if not part.field else _field(part, shown, zoned) for part in _parts(pattern))


def _field(part: _Part, at: _Shown, zoned: bool) -> str:
    if part.field in _NAMES:
        return _name(part, at)
    if part.field in _HALVES or part.field in _ERAS:
        return _half(part.field, at)
    name = part.field.upper()
    if name in ("TZ", "TZH", "TZM", "OF"):
        return _zone(part.field, at, zoned)
    if name == "RM":
        text = _ROMAN[at.day.month - 1]
        return (
            (text if part.fill else text.ljust(4)).lower()
            if part.field == "rm"
            else text
            if part.fill
            else text.ljust(4)
        )
    value, width = _number(name, at)
    text = str(value) if part.fill else f"{value:0{width + (value < 0)}}"
    if name == "Y,YYY":
        text = f"{value // 1000},{value % 1000:03}"
    return text + _ordinal(value, part.ordinal)


def _ordinal(value: int, how: str) -> str:
    if not how:
        return ""
    last = _ORDINALS[value % 10 if value % 10 < 4 else 0] if value % 100 not in (11, 12, 13) else "th"
    return last.upper() if how == "TH" else last


def _name(part: _Part, at: _Shown) -> str:
    month = part.field.upper().startswith("MON")
    name = _MONTHS[at.day.month - 1] if month else _DAYS[(at.days + 6) % 7]
    short = len(part.field) < 3 or part.field.upper() == "MON"
    name = name[:3] if short else name if part.fill else name.ljust(9)
    return name.upper() if part.field.isupper() else name.lower() if part.field.islower() else name


def _half(field: str, at: _Shown) -> str:
    late = at.clock >= US_PER_DAY // 2
    if field.upper().replace(".", "") in ("AM", "PM"):
        text = "PM" if late else "AM"
    else:
        text = "BC" if at.day.year <= 0 else "AD"
    text = f"{text[0]}.{text[1]}." if "." in field else text
    return text.lower() if field.islower() else text


def _zone(field: str, at: _Shown, zoned: bool) -> str:
    name = field.upper()
    sign, minutes = "-" if at.east < 0 else "+", abs(at.east) // 60
    if name == "TZ":
        text = at.zone if zoned else ""
        return text.lower() if field.islower() else text
    if name == "TZH":
        return f"{sign}{minutes // 60:02}"
    if name == "TZM":
        return f"{minutes % 60:02}"
    return zones.write(at.east) if minutes % 60 else f"{sign}{minutes // 60:02}"


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
    "IW": (_counted("week"), 2), "Q": (_counted("quarter"), 1), "CC": (_counted("century"), 2),
    "J": (lambda at: at.days + 2_451_545, 0),
    **{f"FF{size}": (lambda at, size=size: _us(at) // 10 ** (6 - size), size) for size in range(1, 7)},
}  # fmt: skip
"""The numbers that a pattern may ask for, each with the digits that it has at least."""


# -- reading

_READ = {"YYYY": 4, "YYY": 3, "YY": 2, "MM": 2, "DD": 2, "HH24": 2, "HH12": 2, "HH": 2, "MI": 2, "SS": 2, "MS": 3,
         "US": 6, "DDD": 3}  # fmt: skip


def _said(text: str, pattern: str) -> dict[str, int]:
    """The numbers that a text has in the places of a pattern. Raises PgError 22007 or 0A000."""
    found: dict[str, int] = {}
    parts, at = _parts(pattern), 0
    for place, part in enumerate(parts):
        if not part.field:
            at = _past(text, at, part.text)
            continue
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            break
        after = parts[place + 1] if place + 1 < len(parts) else None
        at = _take(text, at, part, after is None or not after.field, found)
    return found


def _past(text: str, at: int, mark: str) -> int:
    """Behind what a separator of a pattern stands for."""
    for letter in mark:
        if at < len(text) and (text[at] == letter or (not letter.isalnum() and not text[at].isalnum())):
            at += 1
    return at


def _take(text: str, at: int, part: _Part, alone: bool, found: dict[str, int]) -> int:
    name = part.field.upper()
    if part.ordinal:
        raise failure("0A000", "TH in a pattern that is read is not supported")
    if part.field in _NAMES and name.startswith("MON"):
        return _take_month(text, at, name, found)
    if part.field in _HALVES:
        half = text[at : at + len(name)].upper().replace(".", "")
        if half not in ("AM", "PM"):
            raise failure("22007", f'invalid value "{text[at : at + len(name)]}" for "{part.field}"')
        found["half"] = half == "PM"
        return at + len(name)
    if name not in _READ:
        raise failure("0A000", f"{part.field} in a pattern that is read is not supported")
    most = len(text) if alone and name not in ("MS", "US") else at + _READ[name]
    digits = re.compile(r"[+-]?\d+").match(text, at, most)
    if digits is None:
        raise failure("22007", f'invalid value "{text[at : at + _READ[name]]}" for "{part.field}"',
                      "Value must be an integer.")  # fmt: skip
    found[name] = int(digits[0])
    if name in ("MS", "US"):
        found["us"] = int(digits[0].ljust(_READ[name], "0")) * (1000 if name == "MS" else 1)
    if name in ("YYY", "YY") and len(digits[0]) <= 2:
        found["YYYY"] = found[name] + (2000 if found[name] < 70 else 1900)
    elif name in ("YYY", "YY"):
        raise failure("0A000", f"{part.field} in a pattern that reads more digits is not supported")
    return digits.end()


def _take_month(text: str, at: int, name: str, found: dict[str, int]) -> int:
    for number_, month in enumerate(_MONTHS, 1):
        wanted = month[:3] if name == "MON" else month
        if text[at : at + len(wanted)].lower() == wanted.lower():
            found["MM"] = number_
            return at + len(wanted)
    raise failure("22007", f'invalid value "{text[at : at + len(name)]}" for "{name}"',
                  "The given value did not match any of the allowed values for this field.")  # fmt: skip


def _beyond(text: str) -> PgError:
    return failure("22008", f'date/time field value out of range: "{text}"')


def _read(text: str, pattern: str) -> int:
    """Microseconds that a text says; what it does not say is the first."""
    said = _said(text, pattern)
    year, month, day = said.get("YYYY", 0), said.get("MM") or 1, said.get("DD") or 1
    if not 1 <= month <= 12:
        raise _beyond(text)
    try:
        days = to_days(Day(year if year > 0 else year + 1 if year < 0 else 0, month, day))
    except ValueError:
        raise _beyond(text) from None
    if not _DAYS_MIN <= days <= _DAYS_MAX:
        raise failure("22008", f'date out of range: "{text}"')
    if "DDD" in said:
        raise failure("0A000", "DDD in a pattern that is read is not supported")
    hours, twelve = said.get("HH24", 0), said.get("HH12", said.get("HH"))
    if twelve is not None:
        if not 1 <= twelve <= 12:
            raise failure("22007", f'hour "{twelve}" is invalid for the 12-hour clock',
                          hint="Use the 24-hour clock, or give an hour between 1 and 12.")  # fmt: skip
        hours = twelve % 12 + 12 * said.get("half", 0)
    minutes, seconds = said.get("MI", 0), said.get("SS", 0)
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60):
        raise _beyond(text)
    return days * US_PER_DAY + (hours * 3600 + minutes * 60 + seconds) * US_PER_S + said.get("us", 0)


def _read_day(text: str, pattern: str) -> int:
    return _read(text, pattern) // US_PER_DAY


# -- intervals


def _span_by(span: dict[str, int], pattern: str) -> str | None:
    """An interval by a pattern of its own fields; its hours go beyond a day. Raises PgError 22007 and 0A000."""
    return "".join(part.text if not part.field else _span_field(part, span) for part in _parts(pattern)) or None


def _span_field(part: _Part, span: dict[str, int]) -> str:
    name = part.field.upper()
    seconds, us = _cut(span["u"], US_PER_S)
    years, months = _cut(span["m"], 12)
    hours = _cut(seconds, 3600)[0]
    if part.field in _HALVES:
        text = "PM" if _cut(hours, 24)[1] >= 12 else "AM"
        text = f"{text[0]}.{text[1]}." if "." in part.field else text
        return text.lower() if part.field.islower() else text
    if part.field in _NAMES and name not in _NUMBERS:
        raise failure("22007", "invalid format specification for an interval value", "",
                      "Intervals are not tied to specific calendar dates.")  # fmt: skip
    twelve, minutes = _cut(hours, 12)[1], _cut(_cut(seconds, 60)[0], 60)[1]
    numbers = {
        "HH24": (hours, 2), "HH12": (twelve or 12, 2), "HH": (twelve or 12, 2), "MI": (minutes, 2),
        "SS": (_cut(seconds, 60)[1], 2), "MS": (_cut(us, 1000)[0], 3), "US": (us, 6), "SSSS": (seconds, 0),
        "SSSSS": (seconds, 0), "DD": (span["d"], 2), "MM": (months, 2), "YYYY": (years, 4),
    }  # fmt: skip
    if name not in numbers or part.ordinal:
        raise failure("0A000", f"{part.field} in a pattern of an interval is not supported")
    value, width = numbers[name]
    if name != "DD":  # whose sign takes the place of a digit
        width += value < 0
    return str(value) if part.fill else f"{value:0{width}}"


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
    for part in _parts(pattern):
        name = part.field.upper() if part.field.upper() in _NUMBERS else part.field
        if name and (part.fill or part.ordinal or name not in _STRFTIME):
            return None
        made += _STRFTIME[name] if name else part.text.replace("%", "%%")
    return made


NATIVES: tuple[Native, ...] = (
    native("hg_to_char", _to_char, "BIGINT; VARCHAR; VARCHAR; BOOLEAN", "VARCHAR"),
    native("hg_read_moment", _read, "VARCHAR; VARCHAR", "BIGINT"),
    native("hg_read_day", _read_day, "VARCHAR; VARCHAR", "INTEGER"),
    native("hg_span_by", _span_by, f"{CARRIERS['interval']}; VARCHAR", "VARCHAR"),
)
"""Formatting."""
