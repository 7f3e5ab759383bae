"""The time zone of a project or a statement, in which instants are read and shown."""

from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yunbox.kernel.errors import InvalidArgument

DEFAULT_TIMEZONE = "Asia/Shanghai"


def timezone_of(settings: Mapping[str, str]) -> str:
    """The zone that settings name, or that every project has until it names one. Raises InvalidArgument."""
    return _checked(settings.get("odps.sql.timezone") or DEFAULT_TIMEZONE)


@cache
def _checked(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise InvalidArgument(
            f"odps.sql.timezone: there is no time zone {name[:64]!r}; an example is {DEFAULT_TIMEZONE}"
        ) from None
