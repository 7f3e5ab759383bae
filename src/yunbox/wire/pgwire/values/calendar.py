"""Days and years: the calendar that PostgreSQL extends in both directions, where Python's has the years 1 to 9999.

Four hundred years have always as many days, so that a day is looked up in the years from 2000 to 2399.
"""

from datetime import date
from typing import NamedTuple

US_PER_S = 1_000_000
US_PER_DAY = 86_400 * US_PER_S
EPOCH_US = 946_684_800 * US_PER_S
"""The beginning of 2000, from which PostgreSQL counts, in microseconds since 1970."""
_DAYS, _YEARS = 146_097, 400
_EPOCH = date(2000, 1, 1).toordinal()

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Day(NamedTuple):
    """A day of the calendar; the year before 1 is 0, and is written 1 BC."""

    year: int
    month: int
    day: int


def to_days(day: Day) -> int:
    """Days since 2000-01-01. Raises ValueError when the month has no such day."""
    cycle, year = divmod(day.year, _YEARS)
    return date(2000 + year, day.month, day.day).toordinal() - _EPOCH + (cycle - 5) * _DAYS


def to_day(days: int) -> Day:
    """The other way round."""
    cycle, rest = divmod(days, _DAYS)
    found = date.fromordinal(_EPOCH + rest)
    return Day(found.year + cycle * _YEARS, found.month, found.day)


def weekday(days: int) -> str:
    """What weekday a day is: the first of 2000 was a Saturday."""
    return WEEKDAYS[(days + 5) % 7]
