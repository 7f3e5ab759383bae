"""Dates, times and intervals: what depends on the calendar in ways that DuckDB has not.

Source: the PostgreSQL documentation, "Date/Time Functions and Operators". Values are in their carriers.
"""

from collections.abc import Callable
from datetime import tzinfo
from math import isfinite
from typing import Any

from yunbox.sql.hologres.natives.conversions import CARRIERS
from yunbox.sql.hologres.natives.native import Native, lax, native
from yunbox.sql.hologres.natives.stopping import check, stoppable
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S, Day, to_day, to_days
from yunbox.wire.pgwire.values.dates import TIMESTAMP_ENDS

_SPAN = CARRIERS["interval"]
_Parts = dict[str, int]
_INT = range(-(1 << 31), 1 << 31)
_BIGINT = range(-(1 << 63), 1 << 63)
_DAYS_PER_MONTH = 30
_SERIES_MAX, _SERIES_STEP, _SERIES_BYTES = 1_000_000, 10_000, 64
"""How long a series of moments may be, and between how many of them it is asked whether to go on."""


def _parts(months: int, days: int, us: int) -> _Parts:
    if months not in _INT or days not in _INT or us not in _BIGINT:
        raise failure("22008", "interval out of range")
    return {"m": months, "d": days, "u": us}


def _rounded(value: float) -> float:
    return round(value * 1e6) / 1e6


def _scaled(span: _Parts, factor: float) -> _Parts:
    return _by(span, lambda value: value * factor)


def _divided(span: _Parts, factor: float) -> _Parts:
    if factor == 0:
        raise failure("22012", "division by zero")
    return _by(span, lambda value: value / factor)


def _by(span: _Parts, scale: Callable[[int], float]) -> _Parts:
    """What of a month is left over goes to days of 30 to a month, and of a day to seconds."""
    months, days = scale(span["m"]), scale(span["d"])
    if not (abs(months) < 1 << 31 and abs(days) < 1 << 31):
        raise failure("22008", "interval out of range")
    over = _rounded((months - int(months)) * _DAYS_PER_MONTH)
    seconds = _rounded((days - int(days) + over - int(over)) * 86_400)
    made = int(days)
    if abs(seconds) >= 86_400:
        made += int(seconds / 86_400)
        seconds -= int(seconds / 86_400) * 86_400
    us = scale(span["u"]) + seconds * US_PER_S
    if not isfinite(us):
        raise failure("22008", "interval out of range")
    return _parts(int(months), made + int(over), round(us))


def _justified_hours(span: _Parts) -> _Parts:
    days, us = span["d"], span["u"]
    whole = int(us / US_PER_DAY) if abs(us) < 1 << 53 else abs(us) // US_PER_DAY * (1 if us > 0 else -1)
    us -= whole * US_PER_DAY
    days += whole
    if days > 0 and us < 0:
        days, us = days - 1, us + US_PER_DAY
    elif days < 0 and us > 0:
        days, us = days + 1, us - US_PER_DAY
    return _parts(span["m"], days, us)


def _justified_days(span: _Parts) -> _Parts:
    months, days = span["m"], span["d"]
    whole = abs(days) // _DAYS_PER_MONTH * (1 if days > 0 else -1)
    days -= whole * _DAYS_PER_MONTH
    months += whole
    if months > 0 and days < 0:
        months, days = months - 1, days + _DAYS_PER_MONTH
    elif months < 0 and days > 0:
        months, days = months + 1, days - _DAYS_PER_MONTH
    return _parts(months, days, span["u"])


def _justified(span: _Parts) -> _Parts:
    months, days, us = span["m"], span["d"], span["u"]
    whole = abs(us) // US_PER_DAY * (1 if us > 0 else -1)
    us, days = us - whole * US_PER_DAY, days + whole
    whole = abs(days) // _DAYS_PER_MONTH * (1 if days > 0 else -1)
    days, months = days - whole * _DAYS_PER_MONTH, months + whole
    if months > 0 and (days < 0 or (days == 0 and us < 0)):
        months, days = months - 1, days + _DAYS_PER_MONTH
    elif months < 0 and (days > 0 or (days == 0 and us > 0)):
        months, days = months + 1, days - _DAYS_PER_MONTH
    if days > 0 and us < 0:
        days, us = days - 1, us + US_PER_DAY
    elif days < 0 and us > 0:
        days, us = days + 1, us - US_PER_DAY
    return _parts(months, days, us)


def _finite(us: int) -> int:
    if us in TIMESTAMP_ENDS:
        raise failure("22008", "timestamp out of range")
    return us


def _days_in(year: int, month: int) -> int:
    following = Day(year + month // 12, month % 12 + 1, 1)
    return to_days(following) - to_days(Day(year, month, 1))


def _age(later: int, earlier: int) -> _Parts:
    """Years, months, days and time between two moments, each counted as people do; the end of time is one of them."""
    for us in (later, earlier):
        if us != TIMESTAMP_ENDS[1]:
            _finite(us)
    sign = 1
    first, second = later, earlier
    if later < earlier:
        sign, first, second = -1, earlier, later
    (days1, us1), (days2, us2) = divmod(first, US_PER_DAY), divmod(second, US_PER_DAY)
    one, two = to_day(days1), to_day(days2)
    us, days, months, years = us1 - us2, one.day - two.day, one.month - two.month, one.year - two.year
    while us < 0:
        us, days = us + US_PER_DAY, days - 1
    year, month = two.year, two.month
    while days < 0:
        days, months = days + _days_in(year, month), months - 1
    while months < 0:
        months, years = months + 12, years - 1
    return _parts(sign * (years * 12 + months), sign * days, sign * us)


# -- fields

_ALIASES = {
    "microsecond": "us us usec usecs usecond useconds microsecon microsecond microseconds",
    "millisecond": "ms ms msec msecs msecond mseconds millisecon millisecond milliseconds",
    "second": "s sec secs second seconds", "minute": "m min mins minute minutes", "hour": "h hr hrs hour hours",
    "day": "d day days", "week": "w week weeks", "month": "mon mons month months", "quarter": "qtr quarter",
    "year": "y yr yrs year years", "decade": "dec decs decade decades", "century": "c cent century centuries",
    "millennium": "mil mils millennium millennia", "dow": "dow", "isodow": "isodow", "doy": "doy", "epoch": "epoch",
    "isoyear": "isoyear", "julian": "julian j jd", "timezone": "timezone", "timezone_hour": "timezone_h timezone_hour",
    "timezone_minute": "timezone_m timezone_minute",
}  # fmt: skip
FIELDS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
"""What a field of a date may be called."""


def _century(year: int) -> int:
    return (year + 99) // 100 if year > 0 else -((99 - (year - 1)) // 100)


def _millennium(year: int) -> int:
    return (year + 999) // 1000 if year > 0 else -((999 - (year - 1)) // 1000)


def _iso_week(days: int) -> tuple[int, int]:
    """The ISO year of a day, and the week in it."""
    weekday = (days + 5) % 7  # 0 is Monday
    thursday = to_day(days - weekday + 3)
    first = to_days(Day(thursday.year, 1, 1))
    return thursday.year, (days - weekday + 3 - first) // 7 + 1


def field_of(name: str, us: int) -> int | None:
    """A whole number of a moment. None for a field that is not one of dates."""
    days, clock = divmod(us, US_PER_DAY)
    day = to_day(days)
    calendar: dict[str, Callable[[], int]] = {
        "year": lambda: day.year if day.year > 0 else day.year - 1, "month": lambda: day.month, "day": lambda: day.day,
        "quarter": lambda: (day.month - 1) // 3 + 1, "dow": lambda: (days + 6) % 7,
        "isodow": lambda: (days + 5) % 7 + 1, "doy": lambda: days - to_days(Day(day.year, 1, 1)) + 1,
        "week": lambda: _iso_week(days)[1],
        "isoyear": lambda: _iso_week(days)[0] if _iso_week(days)[0] > 0 else _iso_week(days)[0] - 1,
        "decade": lambda: day.year // 10,
        "century": lambda: _century(day.year), "millennium": lambda: _millennium(day.year),
        "hour": lambda: clock // (3600 * US_PER_S), "minute": lambda: clock // (60 * US_PER_S) % 60,
    }  # fmt: skip
    found = calendar.get(name)
    return found() if found else None


def _field(name: str, us: int) -> int | None:
    if us in TIMESTAMP_ENDS:
        if name in ("year", "decade", "century", "millennium", "isoyear"):
            raise failure("0A000", "a field of an infinite moment that is infinite is not supported")
        return None
    return field_of(name, us)


def _truncated(kind: str) -> Callable[[str, int], int]:
    def run(name: str, us: int) -> int:
        return us if us in TIMESTAMP_ENDS else _cut_to(_truncation(name, kind), us)

    return run


def _cut_to(field: str, us: int) -> int:
    steps = {"microsecond": 1, "millisecond": 1000, "second": US_PER_S, "minute": 60 * US_PER_S,
             "hour": 3600 * US_PER_S, "day": US_PER_DAY}  # fmt: skip
    if field in steps:
        return us // steps[field] * steps[field]
    days = us // US_PER_DAY
    if field == "week":
        return (days - (days + 5) % 7) * US_PER_DAY
    day = to_day(days)
    return to_days(_first_day(field, day)) * US_PER_DAY


def _first_day(field: str, day: Day) -> Day:
    year = day.year
    if field == "month":
        return Day(year, day.month, 1)
    if field == "quarter":
        return Day(year, (day.month - 1) // 3 * 3 + 1, 1)
    if field == "decade":
        return Day(year // 10 * 10, 1, 1)
    if field in ("century", "millennium"):
        size = 100 if field == "century" else 1000
        return Day((year - 1) // size * size + 1, 1, 1)
    return Day(year, 1, 1)


_TRUNCATIONS = (
    "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
    "century", "millennium",
)  # fmt: skip


def _truncation(name: str, kind: str) -> str:
    field = FIELDS.get(name.lower(), "")
    if field in _TRUNCATIONS:
        return field
    if field.startswith("timezone"):
        raise failure("0A000", f'unit "{name}" not supported for type {kind}')
    raise failure("22023", f'unit "{name}" not recognized for type {kind}')


def _truncated_interval(name: str, span: _Parts) -> _Parts:
    field = _truncation(name, "interval")
    months, days, us = span["m"], span["d"], span["u"]
    if field == "week":
        raise failure("0A000", 'unit "week" not supported for type interval',
                      "Months usually have fractional weeks.")  # fmt: skip
    sizes = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200, "millennium": 12_000}
    if field in sizes:
        size = sizes[field]
        return _parts(abs(months) // size * size * (1 if months > 0 else -1), 0, 0)
    steps = {
        "microsecond": 1,
        "millisecond": 1000,
        "second": US_PER_S,
        "minute": 60 * US_PER_S,
        "hour": 3600 * US_PER_S,
    }
    step = steps.get(field)
    kept = abs(us) // step * step * (1 if us > 0 else -1) if step else 0
    return _parts(months, days, kept)


# -- making


def _made_day(year: int, month: int, day: int) -> int:
    told = f"date field value out of range: {year}-{month:02}-{day:02}"
    if year == 0 or abs(year) > 5_874_897:
        raise failure("22008", told)
    try:
        return to_days(Day(year if year > 0 else year + 1, month, day))
    except ValueError:
        raise failure("22008", told) from None


def _made_clock(hour: int, minute: int, second: float) -> int:
    us = round(second * US_PER_S) if abs(second) < 100 else -1
    clock = (hour * 3600 + minute * 60) * US_PER_S + us
    ok = 0 <= hour <= 24 and 0 <= minute <= 59 and 0 <= us <= 60 * US_PER_S and clock <= US_PER_DAY
    if not ok:
        raise failure("22008", f"time field value out of range: {hour}:{minute:02}:{second:02g}")
    return clock


def _made_moment(year: int, month: int, day: int, hour: int, minute: int, second: float) -> int:
    return _made_day(year, month, day) * US_PER_DAY + _made_clock(hour, minute, second)


def _made_interval(*given: Any) -> _Parts:
    years, months, weeks, days, hours, minutes, seconds = given
    us = (hours * 3600 + minutes * 60) * US_PER_S + round(seconds * US_PER_S)
    return _parts(years * 12 + months, weeks * 7 + days, us)


# -- zones


def zone_called(name: str) -> tzinfo:
    """A zone by its name, or as POSIX writes one, which counts hours to the *west*. Raises PgError 22023."""
    found = zones.named(name) or zones.posix(name)
    if found is None and any(letter.isdigit() for letter in name):
        raise failure("0A000", "a time zone of POSIX with summer time is not supported")
    if found is None:
        raise failure("22023", f'time zone "{name}" not recognized')
    return found


def _local(us: int, zone: str) -> int:
    return us if us in TIMESTAMP_ENDS else us + zones.from_utc(zone_called(zone), us)[0] * US_PER_S


def _instant(us: int, zone: str) -> int:
    return us if us in TIMESTAMP_ENDS else us - zones.to_utc(zone_called(zone), us) * US_PER_S


def _of_epoch(seconds: float) -> int:
    if seconds != seconds:
        raise failure("22008", "timestamp cannot be NaN")
    if seconds in (float("inf"), float("-inf")):
        return TIMESTAMP_ENDS[seconds > 0]
    made = round((seconds - 946_684_800) * US_PER_S) if abs(seconds) < 1e15 else 1 << 70
    if not -211_813_488_000_000_000 <= made < 9_223_371_331_200_000_000:
        raise failure("22008", f'timestamp out of range: "{seconds:g}"')
    return made


def _binned(span: _Parts, us: int, origin: int) -> int:
    if span["m"]:
        raise failure("0A000", "timestamps cannot be binned into intervals containing months or years")
    step = span["d"] * US_PER_DAY + span["u"]
    if step <= 0:
        raise failure("22008", "stride must be greater than zero")
    if us in TIMESTAMP_ENDS:
        return us
    return origin + (us - origin) // step * step


def _months_added(days: int, months: int) -> int:
    """A day some months later; the last of the month where there is no such day."""
    day = to_day(days)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return to_days(Day(year, month + 1, min(day.day, _days_in(year, month + 1))))


def _moved(us: int, span: _Parts) -> int:
    """A moment some months, days and microseconds later. Raises PgError 22008."""
    if us in TIMESTAMP_ENDS:
        return us
    days, clock = divmod(us, US_PER_DAY)
    if span["m"]:
        days = _months_added(days, span["m"])
    made = (days + span["d"]) * US_PER_DAY + clock + span["u"]
    if not -211_813_488_000_000_000 <= made < 9_223_371_331_200_000_000:
        raise failure("22008", "timestamp out of range")
    return made


def _moved_in(us: int, span: _Parts, zone: str) -> int:
    """The same of an instant: months and days are those of the zone's clocks."""
    if us in TIMESTAMP_ENDS:
        return us
    local = _moved(_local(us, zone), {"m": span["m"], "d": span["d"], "u": 0})
    return _instant(local, zone) + span["u"]


def _series(start: int, stop: int, step: _Parts, zone: str, statement: int | None) -> list[int]:
    """Moments from one to another."""
    size = (step["m"] * 30 + step["d"]) * US_PER_DAY + step["u"]
    if not size:
        raise failure("22023", "step size cannot equal zero")
    found, at = [], start
    while (at <= stop if size > 0 else at >= stop) and at not in TIMESTAMP_ENDS:
        found.append(at)
        at = _moved_in(at, step, zone)
        if not len(found) % _SERIES_STEP:
            check(statement, _SERIES_STEP * _SERIES_BYTES)
        if len(found) > _SERIES_MAX:
            raise failure("54000", f"a series of more than {_SERIES_MAX} moments in such steps is not supported")
    return found


def _overlaps(a: int | None, b: int | None, c: int | None, d: int | None) -> bool | None:
    """Whether two spans have a moment in common; an end that is not known may still not matter."""
    first, second = _span(a, b), _span(c, d)
    if first is None or second is None:
        return None
    (start, end), (other, last) = first, second
    if start == other:
        return None if end is None or last is None else True
    if start > other:
        (start, end), (other, last) = second, first
    if end is not None and other < end:
        return True
    return None if end is None or last is None else False


def _span(start: int | None, end: int | None) -> tuple[int, int | None] | None:
    if start is None:
        return None if end is None else (end, None)
    return (start, end) if end is None or start <= end else (end, start)


NATIVES: tuple[Native, ...] = (
    native("hg_interval_mul", _scaled, f"{_SPAN}; DOUBLE", _SPAN),
    native("hg_interval_div", _divided, f"{_SPAN}; DOUBLE", _SPAN),
    native("hg_justify_hours", _justified_hours, _SPAN, _SPAN),
    native("hg_justify_days", _justified_days, _SPAN, _SPAN),
    native("hg_justify", _justified, _SPAN, _SPAN),
    native("hg_age", _age, "BIGINT; BIGINT", _SPAN),
    native("hg_day_field", lambda name, days: field_of(name, days * US_PER_DAY), "VARCHAR; INTEGER", "BIGINT"),
    native("hg_field", _field, "VARCHAR; BIGINT", "BIGINT"),
    native("hg_trunc", _truncated("timestamp without time zone"), "VARCHAR; BIGINT", "BIGINT"),
    native("hg_trunc_zoned", _truncated("timestamp with time zone"), "VARCHAR; BIGINT", "BIGINT"),
    native("hg_trunc_interval", _truncated_interval, f"VARCHAR; {_SPAN}", _SPAN),
    native("hg_make_date", _made_day, "INTEGER; INTEGER; INTEGER", "INTEGER"),
    native("hg_make_time", _made_clock, "INTEGER; INTEGER; DOUBLE", "BIGINT"),
    native("hg_make_timestamp", _made_moment, "INTEGER; INTEGER; INTEGER; INTEGER; INTEGER; DOUBLE", "BIGINT"),
    native("hg_make_interval", lambda a, b, c, d, e, f, g: _made_interval(a, b, c, d, e, f, g),
           "INTEGER; INTEGER; INTEGER; INTEGER; INTEGER; INTEGER; DOUBLE", _SPAN),
    native("hg_local", _local, "BIGINT; VARCHAR", "BIGINT"),
    native("hg_instant", _instant, "BIGINT; VARCHAR", "BIGINT"),
    native("hg_of_epoch", _of_epoch, "DOUBLE", "BIGINT"),
    native("hg_bin", _binned, f"{_SPAN}; BIGINT; BIGINT", "BIGINT"),
    native("hg_move", _moved, f"BIGINT; {_SPAN}", "BIGINT"),
    native("hg_move_in", _moved_in, f"BIGINT; {_SPAN}; VARCHAR", "BIGINT"),
    stoppable("hg_series", _series, f"BIGINT; BIGINT; {_SPAN}; VARCHAR", "BIGINT[]"),
    lax("hg_overlaps", _overlaps, "BIGINT; BIGINT; BIGINT; BIGINT", "BOOLEAN"),
)  # fmt: skip
"""Functions of dates and times."""
