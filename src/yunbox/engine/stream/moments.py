"""Moments as microseconds since 1970, of any year: their parts, their place in a zone, and texts of them.

Python's own datetimes end at the years 1 and 9999, which a zone crosses.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY_US = 86_400_000_000
_CYCLE_DAYS = 146_097
"""Of 400 years, after which the calendar is the same."""
_DAYS_MIN, _DAYS_MAX = -719_160, 2_932_893
"""Within which every zone's clock shows one of Python's years."""
_EPOCH = datetime(1970, 1, 1)
_TEXT = re.compile(
    r"(?P<date>[-+]?\d+-\d\d-\d\d)?[ T]?(?P<clock>\d\d:\d\d:\d\d)?(?:\.(?P<part>\d{1,6}))?"
    r"(?:(?P<sign>[-+])(?P<offset>\d\d(?::\d\d){0,2}))?(?P<bc> \(BC\))?"
)


def written(micros: int, between: str) -> tuple[str, str]:
    """A moment to the second as text, and its six digits behind that."""
    days, rest = divmod(micros, _DAY_US)
    seconds, part = divmod(rest, 1_000_000)
    cycles, days = divmod(days, _CYCLE_DAYS)
    day = date(1970, 1, 1) + timedelta(days=days)
    year = day.year + 400 * cycles
    shown = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+05d}"
    minutes, second = divmod(seconds, 60)
    clock = f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"
    return f"{shown}-{day:%m-%d}{between}{clock}", f"{part:06d}"


def micros_of(text: str) -> int:
    """A moment, a day or a time of day as DuckDB writes it, in microseconds; without an offset it is taken for UTC."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no moment")
    micros = _seconds(found["clock"]) * 1_000_000 + int((found["part"] or "").ljust(6, "0"))
    if found["date"]:
        year, month, day = found["date"].rsplit("-", 2)
        number = 1 - int(year) if found["bc"] else int(year)
        cycles, number = divmod(number - 1, 400)
        micros += ((date(number + 1, int(month), int(day)) - date(1970, 1, 1)).days + cycles * _CYCLE_DAYS) * _DAY_US
    offset = _seconds(found["offset"]) * 1_000_000
    return micros + offset if found["sign"] == "-" else micros - offset


def local(micros: int, zone: ZoneInfo) -> int:
    """What a zone's clock shows at a moment, as microseconds since it showed 1970."""
    days = min(max(micros // _DAY_US, _DAYS_MIN), _DAYS_MAX)
    near = _EPOCH + timedelta(microseconds=days * _DAY_US + micros % _DAY_US)
    offset = near.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()
    return micros + offset // timedelta(microseconds=1)


def _seconds(clock: str | None) -> int:
    """Of hours, minutes and seconds as far as they are given."""
    parts = [*map(int, (clock or "0").split(":")), 0, 0][:3]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]
