"""The setting TimeZone: what it takes, what it shows, and the zone that this means."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from yunbox.wire.pgwire.settings.kinds import invalid
from yunbox.wire.pgwire.values import zones

_HOURS = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*", re.ASCII)
_POSIX = re.compile(r"([A-Za-z]+|<[A-Za-z0-9+-]+>)([+-]?)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?", re.ASCII)
_DAY_S = 86_400


def time_zone(name: str, text: str, now: str) -> str:
    """A name of the zones' database in any case, hours east of UTC, or ``ABC-8``, which is west turned round."""
    if _HOURS.fullmatch(text):
        return _of_hours(name, text)
    spelled = zones.spelled(text)
    if spelled is not None:
        return spelled
    found = _POSIX.fullmatch(text)
    if found is None or _west(found) is None:
        raise invalid(name, text)
    return text


def _of_hours(name: str, text: str) -> str:
    east = round(float(text) * 3600)
    if abs(east) >= _DAY_S:  # PostgreSQL takes a week
        raise invalid(name, text, "UTC timezone offset is out of range.")
    shown = zones.write(east)
    return f"<{shown}>{'-' if shown[0] == '+' else '+'}{shown[1:]}"


def _west(found: re.Match[str]) -> int | None:
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[2:])
    west = hours * 3600 + minutes * 60 + seconds
    return None if west >= _DAY_S or minutes > 59 or seconds > 59 else -west if found[2] == "-" else west


def zone_of(shown: str) -> tzinfo:
    """The zone of a value that the setting has."""
    spelled = zones.spelled(shown)
    if spelled is not None:
        return ZoneInfo(spelled)
    found = _POSIX.fullmatch(shown)
    assert found is not None, "a setting was read before it is shown"
    return timezone(timedelta(seconds=-(_west(found) or 0)), found[1].strip("<>"))
