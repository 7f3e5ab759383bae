"""Functions that CREATE EXTENSION orafce brings.

Sources: the vendor's page "Oracle-compatible functions"; what it does not say is as the documentation of orafce has it.
A day is the number of days since 2000.
"""

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.calendar import Day, to_day, to_days

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_SHORTEST = 3
_SATURDAY = 6
"""What 2000-01-01 was, of the days of a week that begins on Sunday."""
_ENDS = (-(1 << 31), (1 << 31) - 1)


def _last_of(year: int, month: int) -> int:
    return to_days(Day(year + month // 12, month % 12 + 1, 1)) - 1


def _add_months(days: int, months: int) -> int:
    """The same day of another month; the last of that month if it is one, or where there is no such day."""
    if days in _ENDS:
        return days
    day = to_day(days)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not -4712 <= year < 5_874_897:
        raise failure("22008", "date out of range")
    last = _last_of(year, month + 1)
    if days == _last_of(day.year, day.month):
        return last
    return min(last, to_days(Day(year, month + 1, 1)) + day.day - 1)


def _last_day(days: int) -> int:
    if days in _ENDS:
        return days
    day = to_day(days)
    return _last_of(day.year, day.month)


def _next_named(days: int, name: str) -> int:
    """The first day of a name after another: its first three letters or more."""
    given = name.strip().lower()
    found = [at for at, one in enumerate(_WEEKDAYS) if len(given) >= _SHORTEST and one.startswith(given)]
    if not found:
        raise failure("22023", f"invalid value for DAY/Day/day: {name}")
    return _next(days, found[0])


def _next_numbered(days: int, number: int) -> int:
    if not 1 <= number <= len(_WEEKDAYS):
        raise failure("22023", f"invalid value for DAY/Day/day: {number}")
    return _next(days, number - 1)


def _next(days: int, weekday: int) -> int:
    if days in _ENDS:
        return days
    return days + ((weekday - days - _SATURDAY - 1) % len(_WEEKDAYS)) + 1


def _instr(text: str, part: str, start: int, number: int) -> int:
    """Where a text stands in another the n-th time, from a letter on, or from one of the last ones backwards."""
    if number < 1:
        raise failure("22023", "argument four must be a number greater than zero")
    if not part or not start:
        return 0
    step = 1 if start > 0 else -1
    at = start - 1 if start > 0 else min(len(text) + start, len(text) - len(part))
    while 0 <= at <= len(text) - len(part):
        if text.startswith(part, at):
            number -= 1
            if not number:
                return at + 1
        at += step
    return 0


def _reversed(text: str, start: int, end: int) -> str:
    """A part of a text from its last letter to its first; numbers below 0 count from its end."""
    first = start - 1 if start > 0 else len(text) + start
    last = end if end > 0 else len(text) + end + 1
    if not start or not end or first < 0 or last < first:
        raise failure("22023", "invalid parameter: start or end of plvstr.rvrs")
    return text[first:last][::-1]


NATIVES: tuple[Native, ...] = (
    native("hg_add_months", _add_months, "INTEGER; INTEGER", "INTEGER"),
    native("hg_last_day", _last_day, "INTEGER", "INTEGER"),
    native("hg_next_day", _next_named, "INTEGER; VARCHAR", "INTEGER"),
    native("hg_next_weekday", _next_numbered, "INTEGER; INTEGER", "INTEGER"),
    native("hg_instr", _instr, "VARCHAR; VARCHAR; INTEGER; INTEGER", "INTEGER"),
    native("hg_rvrs", _reversed, "VARCHAR; INTEGER; INTEGER", "VARCHAR"),
)
