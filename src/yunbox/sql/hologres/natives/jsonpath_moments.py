"""Dates and times in SQL/JSON paths: what ``datetime()`` makes of a text, and how such items compare.

Source: the PostgreSQL documentation, "SQL/JSON Path Operators and Methods". A text that is written as ISO 8601 has it
is read; what PostgreSQL takes beyond that - spaces and signs before numbers, fields of other lengths - is refused by
name.
"""

import re
from typing import NamedTuple

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S, Day, to_day, to_days
from yunbox.wire.pgwire.values.clock import write_clock
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.dates import write_day

DATE, TIME, TIME_TZ, TIMESTAMP, TIMESTAMP_TZ = (
    "date", "time without time zone", "time with time zone", "timestamp without time zone", "timestamp with time zone",
)  # fmt: skip
_SHORT = {DATE: "date", TIME: "time", TIME_TZ: "timetz", TIMESTAMP: "timestamp", TIMESTAMP_TZ: "timestamptz"}
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2}):(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6}))?"
_ZONE = r"(?P<zone>(?P<sign> ?\+|-)(?P<hours>\d{1,2})(?::(?P<minutes>\d{1,2}))?)?"
_DAY = r"(?P<year>\d{4,6})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_DATED = re.compile(rf"{_DAY}(?:[ T]{_CLOCK}{_ZONE})?", re.ASCII)
_TIMED = re.compile(_CLOCK + _ZONE, re.ASCII)
_LETTERS = re.compile(r"[\s\d:.T+-]*")
_NO_SECONDS = re.compile(r"\d+-\d+-\d+[ T]\d+:\d+", re.ASCII)
_DAYS_MAX, _US_MAX = 2_145_031_948, 9_223_371_331_200_000_000
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HOURS_OF_ZONE_MAX = 15


class Moment(NamedTuple):
    """A date or a time. ``value`` is days or microseconds since 2000, or of a day; ``east`` is its zone in seconds."""

    kind: str
    value: int
    east: int = 0


def moment(text: str) -> Moment:
    """What a text says. Raises PgError 22031 for what is none, 0A000 for what is not read."""
    if (found := _DATED.fullmatch(text)) is not None:
        made = _dated(found)
    elif (found := _TIMED.fullmatch(text)) is not None:
        made = _timed(found)
    else:
        made = None
        if _may_be_one(text):
            raise failure("0A000", f'jsonpath item method .datetime() of "{text}" is not supported')
    if made is None:
        raise _unknown(text)
    return made


def _may_be_one(text: str) -> bool:
    """Whether a text has the signs of a date or a time, and so may be one to PostgreSQL."""
    parted = text.count("-") > 1 or text.count(":") > 1
    return parted and _LETTERS.fullmatch(text) is not None and _NO_SECONDS.fullmatch(text) is None


def _unknown(text: str) -> PgError:
    hint = "Use a datetime template argument to specify the input data format."
    return failure("22031", f'datetime format is not recognized: "{text}"', hint=hint)


def _dated(found: re.Match[str]) -> Moment | None:
    year, month, number = (int(found[name]) for name in ("year", "month", "day"))
    if 0 in (year, month, number):
        raise failure("0A000", f'jsonpath item method .datetime() of "{found[0]}" is not supported')
    is_leap = not year % 4 and (bool(year % 100) or not year % 400)
    if month > 12 or number > _DAYS_OF[month - 1] or (month, number, is_leap) == (2, 29, False):
        return None
    days = to_days(Day(year, month, number))
    if found["hour"] is None:
        return Moment(DATE, days) if days <= _DAYS_MAX else None
    clock, east = _clock(found), _east(found)
    if clock is None or (found["zone"] and east is None):
        return None
    us = days * US_PER_DAY + clock - (east or 0) * US_PER_S
    if us >= _US_MAX:
        return None
    return Moment(TIMESTAMP, us) if east is None else Moment(TIMESTAMP_TZ, us, east)


def _timed(found: re.Match[str]) -> Moment | None:
    clock, east = _clock(found), _east(found)
    if clock is None or (found["zone"] and east is None):
        return None
    return Moment(TIME, clock) if east is None else Moment(TIME_TZ, clock, east)


def _clock(found: re.Match[str]) -> int | None:
    hour, minute, second = (int(found[name]) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return ((hour * 60 + minute) * 60 + second) * US_PER_S + int((found["fraction"] or "").ljust(6, "0"))


def _east(found: re.Match[str]) -> int | None:
    """A zone in seconds; None where there is none, or where it is no zone."""
    if not found["zone"]:
        return None
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if hours > _HOURS_OF_ZONE_MAX or minutes > 59:
        return None
    return (hours * 60 + minutes) * 60 * (-1 if found["sign"] == "-" else 1)


def written(item: Moment) -> str:
    """As JSON has it."""
    if item.kind == DATE:
        return write_day(to_day(item.value), Style())
    if item.kind in (TIME, TIME_TZ):
        return write_clock(item.value) + _zone(item)
    days, clock = divmod(item.value + item.east * US_PER_S, US_PER_DAY)
    return f"{write_day(to_day(days), Style())}T{write_clock(clock)}{_zone(item)}"


def _zone(item: Moment) -> str:
    if item.kind not in (TIME_TZ, TIMESTAMP_TZ):
        return ""
    hours, minutes = divmod(abs(item.east) // 60, 60)
    return f"{'-' if item.east < 0 else '+'}{hours:02}:{minutes:02}"


def order(left: Moment, right: Moment) -> int | None:
    """Which one comes first; None for a date and a time of day.

    Raises PgError 0A000 where a zone would have to tell.
    """
    kinds = {left.kind, right.kind}
    if len(kinds) > 1 and kinds & {TIME, TIME_TZ} and kinds != {TIME, TIME_TZ}:
        return None
    if len(kinds) > 1 and kinds != {DATE, TIMESTAMP}:
        least, most = sorted(kinds, key=(DATE, TIME, TIMESTAMP, TIME_TZ, TIMESTAMP_TZ).index)
        told = f"cannot convert value from {_SHORT[least]} to {_SHORT[most]} without time zone usage"
        raise failure("0A000", told, hint="The zone of the session is not known to paths.")
    a, b = _key(left), _key(right)
    return (a > b) - (a < b)


def _key(item: Moment) -> tuple[int, int]:
    """Times with a zone are the same where both parts are."""
    if item.kind == DATE:
        return item.value * US_PER_DAY, 0
    if item.kind == TIME_TZ:
        return item.value - item.east * US_PER_S, -item.east
    return item.value, 0
