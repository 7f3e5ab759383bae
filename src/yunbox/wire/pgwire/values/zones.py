"""Time zones: how far a zone is from UTC at a moment, also beyond the years that Python knows."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, to_day

_HOURS_MAX = 15
_LOOK_FROM, _LOOK_UNTIL, _LOOK_EVERY = -36_000, 36_000, 10
"""The days since 2000 that are looked at to find out whether clocks are set in a zone: fewer than between two times."""

# The set "Default" of PostgreSQL's documentation, "Date/Time Key Words", as hours from UTC; those that people write.
_ABBREVIATIONS = {
    "z": 0, "utc": 0, "uct": 0, "ut": 0, "gmt": 0, "zulu": 0, "wet": 0, "bst": 1, "west": 1, "wetdst": 1, "cet": 1,
    "met": 1, "mez": 1, "cest": 2, "cetdst": 2, "mest": 2, "mesz": 2, "metdst": 2, "eet": 2, "sast": 2, "ist": 2,
    "eest": 3, "eetdst": 3, "idt": 3, "eat": 3, "msk": 3, "msd": 4, "pkt": 5, "npt": 5.75, "bdt": 6, "hkt": 8, "pht": 8,
    "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aesst": 11, "nzst": 12, "nzt": 12, "nzdt": 13, "acst": 9.5,
    "awst": 8, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip


def from_utc(zone: tzinfo, moment: int) -> tuple[int, str]:
    """Seconds east of UTC, and the zone's abbreviation, at a moment in microseconds since 2000."""
    if zone is UTC:
        return 0, "UTC"
    at = _near(moment).replace(tzinfo=UTC).astimezone(zone)
    return _seconds(at.utcoffset()), at.tzname() or ""


def is_dst(zone: tzinfo, moment: int) -> bool:
    """Whether clocks are set to summer time at a moment in microseconds since 2000."""
    return bool(_near(moment).replace(tzinfo=UTC).astimezone(zone).dst())


def to_utc(zone: tzinfo, local: int) -> int:
    """Seconds east of UTC when clocks show ``local``. A time that clocks skip is told by the offset before, one that
    they show twice by the offset after, as PostgreSQL does."""
    if zone is UTC:
        return 0
    shown = _near(local)
    return min(_seconds(zone.utcoffset(shown.replace(fold=fold))) for fold in (0, 1))


@cache
def lasting(name: str) -> tuple[int, int] | None:
    """Since when a zone is always as far from UTC, in microseconds since 2000, and how many seconds east; None where
    its clocks are set again and again."""
    zone = named(name)
    if zone is None:
        return None
    days = range(_LOOK_UNTIL, _LOOK_FROM, -_LOOK_EVERY)
    now = from_utc(zone, _LOOK_UNTIL * US_PER_DAY)[0]
    other = next((day for day in days if from_utc(zone, day * US_PER_DAY)[0] != now), _LOOK_FROM)
    return ((other + _LOOK_EVERY) * US_PER_DAY, now) if other < 0 else None


def _near(moment: int) -> datetime:
    """The moment, or the same one of a year that Python knows: from 9900 on rules repeat, before 2 there are none."""
    days, rest = divmod(moment, US_PER_DAY)
    year, month, day = to_day(days)
    near = min(max(year, 2), 9900)
    if year > near:
        near = 9200 + year % 400
    elif year < near:
        month, day = 1, 1
    return datetime(near, month, day) + timedelta(microseconds=rest)


def _seconds(offset: timedelta | None) -> int:
    return offset.days * 86_400 + offset.seconds if offset is not None else 0


def named(name: str) -> tzinfo | None:
    """A zone by its name in the database of zones, in any case, or by an abbreviation; None when there is none."""
    if (hours := _ABBREVIATIONS.get(name.lower())) is not None:
        return timezone(timedelta(hours=hours))
    known = spelled(name)
    return ZoneInfo(known) if known is not None else None


_POSIX = re.compile(r"(?:<[^>]*>|[A-Za-z]*)([+-]?)(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2}))?", re.ASCII)


def posix(name: str) -> tzinfo | None:
    """A zone as POSIX writes one without summer time, such as ``UTC+3``, which counts hours to the *west*."""
    read = _POSIX.fullmatch(name)
    if read is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in read.groups()[1:])
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    west = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(west if read[1] == "-" else -west)


def name_of(zone: tzinfo) -> str:
    """What ``named`` finds a zone by; of one that is only so far from UTC, that of the database which is as far."""
    if isinstance(zone, ZoneInfo):
        return zone.key
    hours = round((zone.utcoffset(None) or timedelta()) / timedelta(hours=1))
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def spelled(name: str) -> str | None:
    """A zone's name as the database of zones spells it; None when it has no such zone."""
    return _names().get(name.lower())


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def displacement(text: str, whole: str) -> int:
    """Seconds east of UTC of ``+08``, ``+0530``, ``-03:30`` or ``+08:05:43``, a part of ``whole``.

    Raises PgError 22009 when that is too far.
    """
    first, *rest = text[1:].split(":")
    if not rest and len(first) > 2:
        first, rest = first[:-2], [first[-2:]]
    hours, minutes, seconds = (int(part) for part in (first, *rest, "0", "0")[:3])
    if hours > _HOURS_MAX or minutes > 59 or seconds > 59:
        raise failure("22009", f'time zone displacement out of range: "{whole}"')
    east = hours * 3600 + minutes * 60 + seconds
    return -east if text[0] == "-" else east


def write(east: int) -> str:
    """As ``+08``, with the minutes and seconds that are not 0."""
    minutes, seconds = divmod(abs(east), 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{'-' if east < 0 else '+'}{hours:02}"
    if minutes or seconds:
        text += f":{minutes:02}"
    return f"{text}:{seconds:02}" if seconds else text
