"""TIME WITH TIME ZONE: its arithmetic, and how it comes of other types. A value is its text, as the wire writes it.

Source: the PostgreSQL documentation, "Date/Time Functions and Operators".
"""

from datetime import tzinfo

from yunbox.sql.hologres.natives.moments import zone_called
from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.session import style_of
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S
from yunbox.wire.pgwire.values.clock import TimeTz, ZonedTime
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.dates import TIMESTAMP_ENDS

_EAST_MAX_US = 16 * 3600 * US_PER_S
_CODEC, _STYLE = TimeTz(), Style()


def _read(text: str) -> ZonedTime:
    return _CODEC.read(text, _STYLE)


def _shown(us: int, east: int) -> str:
    return _CODEC.write(ZonedTime(us, east), _STYLE)


def _moved(text: str, us: int) -> str:
    value = _read(text)
    return _shown((value.us + us) % US_PER_DAY, value.east)


def _of_instant(us: int, token: str) -> str | None:
    if us in TIMESTAMP_ENDS:
        return None
    east = zones.from_utc(style_of(token).zone, us)[0]
    return _shown((us + east * US_PER_S) % US_PER_DAY, east)


def _of_time(us: int, token: str) -> str:
    """In the session's zone as it is now."""
    style = style_of(token)
    return _shown(us, zones.from_utc(style.zone, style.now)[0])


def _in_zone(text: str, zone: str, token: str) -> str:
    return _turned(text, _east(zone_called(zone), token))


def _east(zone: tzinfo, token: str) -> int:
    return zones.from_utc(zone, style_of(token).now)[0]


def _turned(text: str, east: int) -> str:
    value = _read(text)
    return _shown((value.us + (east - value.east) * US_PER_S) % US_PER_DAY, east)


def _at_offset(text: str, us: int) -> str:
    if abs(us) >= _EAST_MAX_US:
        raise failure("0A000", "a time zone so far from UTC is not supported")
    return _turned(text, us // US_PER_S)


_T = "VARCHAR"
NATIVES: tuple[Native, ...] = (
    native("hg_timetz_moved", _moved, "VARCHAR; BIGINT", _T),
    native("hg_timetz_of_instant", _of_instant, "BIGINT; VARCHAR", _T),
    native("hg_timetz_of_time", _of_time, "BIGINT; VARCHAR", _T),
    native("hg_timetz_in_zone", _in_zone, "VARCHAR; VARCHAR; VARCHAR", _T),
    native("hg_timetz_at_offset", _at_offset, "VARCHAR; BIGINT", _T),
    native("hg_timetz_us", lambda text: _read(text).us, _T, "BIGINT"),
    native("hg_timetz_east", lambda text: _read(text).east, _T, "BIGINT"),
)
"""Functions of times with a zone."""
