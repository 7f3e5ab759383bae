"""Java's formats of times that DuckDB's do not cover, letter by letter."""

import re
from datetime import datetime, timedelta
from functools import lru_cache

_PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_NUMBERS = {
    "y": "year", "u": "year", "M": "month", "d": "day", "H": "hour", "h": "hour12", "m": "minute", "s": "second",
    "k": "hour", "K": "hour",
}  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_format(moment: datetime, pattern: str) -> str | None:
    """A time under a format; None when a letter of it is none of Java's."""
    made = []
    for found in _PIECE.finditer(pattern):
        if found[1] is not None:
            made.append(found[1].replace("''", "'") or "'")
        elif found[2]:
            piece = _written(moment, found[2], len(found[0]))
            if piece is None:
                return None
            made.append(piece)
        else:
            made.append(found[0])
    return "".join(made)


def _written(moment: datetime, letter: str, count: int) -> str | None:
    if letter in "yu":
        return f"{moment.year % 100:02d}" if count == 2 else f"{moment.year:0{count}d}"
    if letter == "Y":
        return f"{_week_year(moment) % 100:02d}" if count == 2 else f"{_week_year(moment):0{count}d}"
    if letter == "M" and count > 2:
        return moment.strftime("%b" if count == 3 else "%B")
    if letter == "E":
        return moment.strftime("%a" if count < 4 else "%A")
    if letter == "a":
        return "AM" if moment.hour < 12 else "PM"
    if letter == "S":
        return f"{moment.microsecond:06d}000"[:count]
    if letter == "D":
        return f"{moment.timetuple().tm_yday:0{count}d}"
    numbers = {
        "M": moment.month, "d": moment.day, "H": moment.hour, "m": moment.minute, "s": moment.second,
        "h": moment.hour % 12 or 12, "K": moment.hour % 12, "k": moment.hour or 24,
    }  # fmt: skip
    return f"{numbers[letter]:0{count}d}" if letter in numbers else None


def _week_year(moment: datetime) -> int:
    """The year that a week belongs to, which begins on Sunday: the next one's where January begins in it."""
    saturday = moment + timedelta(days=(5 - moment.weekday()) % 7)
    return saturday.year


@lru_cache(maxsize=256)
def _reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]] | None:
    made, names = [], []
    for found in _PIECE.finditer(pattern):
        letter, count = found[2], len(found[0])
        if not letter:
            literal = found[1].replace("''", "'") or "'" if found[1] is not None else found[0]
            made.append(re.escape(literal))
            continue
        names.append(letter)
        if letter == "M" and count > 2:
            made.append("([A-Za-z]+)")
        elif letter == "a":
            made.append("([AaPp][Mm])")
        elif letter == "E":
            made.append("([A-Za-z]+)")
        elif letter in _NUMBERS or letter == "S":
            made.append(rf"(\d{{{count}}})" if count > 1 else r"(\d{1,9})")
        else:
            return None
    return re.compile("".join(made)), tuple(names)


def parse_date(text: str, pattern: str) -> datetime | None:
    """The time that a text says under a format; None when it says none."""
    reader = _reader(pattern)
    found = reader[0].match(text.strip()) if reader is not None else None
    if reader is None or found is None:
        return None
    parts: dict[str, int] = {"year": 1970, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}
    afternoon = None
    for letter, value in zip(reader[1], found.groups(), strict=True):
        if letter == "a":
            afternoon = value.lower() == "pm"
        elif letter == "S":
            parts["microsecond"] = int(value.ljust(6, "0")[:6])
        elif letter == "M" and value.isalpha():
            if value[:3].title() not in _MONTHS:
                return None
            parts["month"] = _MONTHS.index(value[:3].title()) + 1
        elif letter in _NUMBERS:
            name = _NUMBERS[letter]
            number = int(value)
            parts["hour" if name == "hour12" else name] = (
                number + 2000 if letter in "yu" and len(value) == 2 else number
            )
    if afternoon is not None:
        parts["hour"] = parts["hour"] % 12 + (12 if afternoon else 0)
    try:
        return datetime(
            parts["year"], parts["month"], parts["day"], parts["hour"], parts["minute"], parts["second"],
            parts["microsecond"],
        )  # fmt: skip
    except ValueError:
        return None
