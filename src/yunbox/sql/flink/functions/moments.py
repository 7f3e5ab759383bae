"""Java's formats of times that DuckDB's do not cover, letter by letter."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
"""A text in quotes, a letter as often as it stands there, or what is between."""
_NUMBERS = {
    "y": "year", "u": "year", "M": "month", "d": "day", "H": "hour", "h": "hour12", "m": "minute", "s": "second",
    "k": "hour", "K": "hour",
}  # fmt: skip
_MOVED = {"y": "year", "M": "month", "d": "day", "H": "hour", "h": "hour", "k": "hour", "K": "hour", "m": "minute",
          "s": "second", "S": "milli"}  # fmt: skip
_LETTERS_MAX = {"d": 2, "H": 2, "h": 2, "k": 2, "K": 2, "m": 2, "s": 2, "D": 3, "a": 1, "F": 1, "W": 1, "w": 2, "S": 9,
                "G": 5, "E": 5, "e": 5, "c": 5, "Q": 5, "q": 5, "M": 5, "L": 5}  # fmt: skip
_SHORT_YEAR, _DIGITS_MAX, _FULL = 2, 2, 4
_RESERVED = "{}#"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


_CUSTOM = re.compile(r"GMT[+-]\d{1,2}(:?\d{2})?")
_OFFSET = re.compile(r"[+-]\d{2}:\d{2}")
_ABBREVIATED = re.compile("A[CEGR]T|AST|B[ES]T|C[ANST]T|E[AC]T|EST|HST|I[ES]T|JST|MIT|MST|N[ES]T|P[LNRS]T|SST|VST")


@lru_cache(maxsize=256)
def zone(name: str) -> str:
    """A zone's name, or UTC for one that is none."""
    known = _CUSTOM.fullmatch(name) or _ABBREVIATED.fullmatch(name) or name in available_timezones()
    return name if known else "UTC"


def zone_id(name: str) -> str:
    """A zone by its name or offset. Raises ValueError for one that is none."""
    if _OFFSET.fullmatch(name):
        return f"GMT{name}"
    if name != "UTC" and zone(name) == "UTC":
        raise ValueError(f"Invalid timezone for parsing TIMESTAMP_LTZ: Unknown time-zone ID: {name}")
    return name


def date_format(moment: datetime, pattern: str) -> str:
    """A time under a format. Raises ValueError for a letter that is none of Java's, or of no use for a time."""
    made = []
    for found in PIECE.finditer(pattern):
        if found[1] is not None:
            made.append(literal(found))
        elif found[2]:
            made.append(_written(moment, found[2], len(found[0])))
        else:
            made.append(_between(found[0]))
    return "".join(made)


def literal(found: re.Match[str]) -> str:
    """What a piece without a letter stands for: what is in quotes, of which two are one."""
    return found[1].replace("''", "'") or "'" if found[1] is not None else found[0]


def _between(text: str) -> str:
    """What stands between letters: brackets are around what may be left out, which nothing is here."""
    if any(one in text for one in _RESERVED):
        raise ValueError(f"Pattern includes reserved character: {text}")
    return text.replace("[", "").replace("]", "")


def _written(moment: datetime, letter: str, count: int) -> str:
    if letter in _LETTERS_MAX and count > _LETTERS_MAX[letter]:
        raise ValueError(f"Too many pattern letters: {letter}")
    if letter in "yuY":
        year = _week_year(moment) if letter == "Y" else moment.year
        return f"{year % 100:02d}" if count == _SHORT_YEAR else f"{year:0{count}d}"
    if letter == "S":
        return f"{moment.microsecond:06d}000"[:count]
    if letter in "ML" and count > _DIGITS_MAX:
        return _name(moment.strftime("%B"), count)
    if letter == "E" or (letter in "ec" and count > _DIGITS_MAX):
        return _name(moment.strftime("%A"), max(count, 3))
    if letter in "Qq" and count > _DIGITS_MAX:
        return _named_quarter(_quarter(moment), count)
    if letter == "a":
        return "AM" if moment.hour < 12 else "PM"
    if letter == "G":
        return "Anno Domini" if count == _FULL else "A" if count > _FULL else "AD"
    if letter not in _VALUES:
        raise ValueError(f"Unknown pattern letter: {letter}, or one that a time has nothing for")
    return f"{_VALUES[letter](moment):0{count}d}"


def _name(full: str, count: int) -> str:
    """Three letters for a short name, four for a full one, five for its first letter."""
    return full[:3] if count < _FULL else full if count == _FULL else full[0]


def _named_quarter(number: int, count: int) -> str:
    full = ("1st", "2nd", "3rd", "4th")[number - 1]
    return f"Q{number}" if count < _FULL else f"{full} quarter" if count == _FULL else str(number)


def _week(moment: datetime) -> int:
    """The week of its year, which begins on Sunday and has the first of January in the first one."""
    if _week_year(moment) > moment.year:
        return 1
    first = datetime(moment.year, 1, 1)
    return (moment.timetuple().tm_yday - 1 + (first.weekday() + 1) % 7) // 7 + 1


def _week_of_month(moment: datetime) -> int:
    return (moment.day - 1 + (moment.replace(day=1).weekday() + 1) % 7) // 7 + 1


def _week_year(moment: datetime) -> int:
    """The year that a week belongs to, which begins on Sunday: the next one's where January begins in it."""
    saturday = moment + timedelta(days=(5 - moment.weekday()) % 7)
    return saturday.year


def _quarter(moment: datetime) -> int:
    return (moment.month + 2) // 3


def _day_of_week(moment: datetime) -> int:
    """From Sunday, which is the first."""
    return (moment.weekday() + 1) % 7 + 1


def _micros(moment: datetime) -> int:
    """Of its day."""
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) * 1_000_000 + moment.microsecond


_VALUES: dict[str, Callable[[datetime], int]] = {
    "M": lambda at: at.month, "L": lambda at: at.month, "d": lambda at: at.day, "H": lambda at: at.hour,
    "m": lambda at: at.minute, "s": lambda at: at.second, "h": lambda at: at.hour % 12 or 12,
    "K": lambda at: at.hour % 12, "k": lambda at: at.hour or 24, "D": lambda at: at.timetuple().tm_yday,
    "Q": _quarter, "q": _quarter, "e": _day_of_week, "c": _day_of_week, "F": lambda at: (at.day - 1) % 7 + 1,
    "w": _week, "W": _week_of_month, "n": lambda at: at.microsecond * 1000, "A": lambda at: _micros(at) // 1000,
    "N": lambda at: _micros(at) * 1000,
}  # fmt: skip
"""The numbers of a time by Java's letters."""


@lru_cache(maxsize=256)
def _reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    made, names = [], []
    for found in PIECE.finditer(pattern):
        letter, count = found[2], len(found[0])
        if not letter:
            made.append(re.escape(literal(found)))
            continue
        names.append(letter)
        if letter == "M" and count > 2:
            made.append("([A-Za-z]+)")
        elif letter == "a":
            made.append("([AaPp][Mm])")
        elif letter == "E":
            made.append("([A-Za-z]+)")
        elif letter in _NUMBERS or letter == "S":
            short_year = letter in "yu" and count == _SHORT_YEAR
            fixed = rf"(\d{{{count}}})" if count > 1 and letter != "S" else r"(\d{1,9})"
            made.append(r"(\d{4}|\d{2})" if short_year else fixed)
        else:
            raise ValueError(f"The pattern letter {letter} is not read here")
    return re.compile("".join(made)), tuple(names)


def _month(name: str) -> int | None:
    """The month that a name begins."""
    short = name[:3].title()
    return _MONTHS.index(short) + 1 if short in _MONTHS else None


def _hour(hour: int, afternoon: bool | None) -> int:
    """The hour of the day, where AM or PM may have been said."""
    return hour if afternoon is None else hour % 12 + (12 if afternoon else 0)


def parse_date(text: str, pattern: str) -> datetime | None:
    """The time that a text says under a format; None when it says none. Raises ValueError for a letter of no use."""
    reader = _reader(pattern)
    found = reader[0].fullmatch(text)
    if found is None:
        return None
    parts: dict[str, int] = {"year": 1970, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}
    afternoon = None
    for letter, value in zip(reader[1], found.groups(), strict=True):
        if letter == "a":
            afternoon = value.lower() == "pm"
        elif letter == "S":
            parts["microsecond"] = int(value.ljust(6, "0")[:6])
        elif letter == "M" and value.isalpha():
            month = _month(value)
            if month is None:
                return None
            parts["month"] = month
        elif letter in _NUMBERS:
            name = _NUMBERS[letter]
            number = int(value)
            parts["hour" if name == "hour12" else name] = (
                number + 2000 if letter in "yu" and len(value) == 2 else number
            )
    parts["hour"] = _hour(parts["hour"], afternoon)
    try:
        day = min(parts["day"], monthrange(parts["year"], parts["month"])[1]) if parts["day"] < 32 else 32
        return datetime(
            parts["year"], parts["month"], day, parts["hour"], parts["minute"], parts["second"], parts["microsecond"]
        )
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _lenient_reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """What stands before other letters of numbers has as many digits as its letters; else there may be any number."""
    pieces = list(PIECE.finditer(pattern))
    made, names = [], []
    for place, found in enumerate(pieces):
        letter, count = found[2], len(found[0])
        if not letter:
            made.append(re.escape(literal(found)))
            continue
        names.append(letter)
        behind = pieces[place + 1][2] if place + 1 < len(pieces) else None
        if letter in _MOVED and not (letter == "M" and count > _DIGITS_MAX):
            made.append(rf"[ \t]*(\d{{{count}}})" if behind and behind in _MOVED else r"[ \t]*(-?\d{1,9})")
        elif letter in "MaE":
            made.append("([AaPp][Mm])" if letter == "a" else "([A-Za-z]+)")
        else:
            raise ValueError(f"The pattern letter {letter} is not read here")
    return re.compile("".join(made)), tuple(names)


def parse_leniently(text: str, pattern: str) -> datetime | None:
    """The time that a text begins with, as Java's SimpleDateFormat reads it: a 13th month is the next year's first."""
    reader = _lenient_reader(pattern)
    found = reader[0].match(text)
    if found is None:
        return None
    parts = {"year": 1970, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "milli": 0}
    afternoon = None
    for letter, value in zip(reader[1], found.groups(), strict=True):
        if letter == "a":
            afternoon = value.lower() == "pm"
        elif letter == "M" and value.isalpha():
            month = _month(value)
            if month is None:
                return None
            parts["month"] = month
        elif letter in _MOVED:
            short = letter == "y" and len(value) == _SHORT_YEAR and "yyy" not in pattern
            parts[_MOVED[letter]] = int(value) + (2000 if short else 0)
    parts["hour"] = _hour(parts["hour"], afternoon)
    months = parts["year"] * 12 + parts["month"] - 1
    clock = timedelta(hours=parts["hour"], minutes=parts["minute"], seconds=parts["second"],
                      milliseconds=parts["milli"])  # fmt: skip
    try:
        return datetime(months // 12, months % 12 + 1, 1) + timedelta(days=parts["day"] - 1) + clock
    except (ValueError, OverflowError):
        return None
