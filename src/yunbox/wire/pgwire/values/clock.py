"""The time of a day: how it is written, and TIME and TIMETZ."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values import moments, zones
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S
from yunbox.wire.pgwire.values.codec import Style, malformed

_TIME, _TIMETZ = struct.Struct(">q"), struct.Struct(">qi")


def write_clock(us: int) -> str:
    """Microseconds as ``04:05:06.7``."""
    seconds, fraction = divmod(us, US_PER_S)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + write_fraction(fraction)


def write_fraction(us: int) -> str:
    """Digits behind the seconds, as many as are needed."""
    return f".{us:06}".rstrip("0") if us else ""


class Time:
    """TIME: microseconds from 0 to those of a whole day."""

    def write(self, value: int, style: Style) -> str:
        """``04:05:06.7``."""
        return write_clock(value)

    def read(self, text: str, style: Style) -> int:
        """A time; a date or zone with it counts not."""
        moment = moments.read(text, "time", style)
        if moment.zone is not None and moment.day is None and not moment.fixed:
            raise moments.no_syntax("time", text)
        return moment.clock_or_fail("time", text)

    def pack(self, value: int) -> bytes:
        """Microseconds."""
        return _TIME.pack(value)

    def unpack(self, data: bytes) -> int:
        """The other way round."""
        if len(data) != _TIME.size:
            raise malformed("time")
        return _in_a_day(_TIME.unpack(data)[0])


def _in_a_day(us: int) -> int:
    if not 0 <= us <= US_PER_DAY:
        raise failure("22008", "time out of range")
    return us


class ZonedTime(NamedTuple):
    """A time of a day, and its zone in seconds east of UTC."""

    us: int
    east: int


@dataclass(frozen=True, slots=True)
class TimeTz:
    """TIMETZ: a time with a displacement."""

    def write(self, value: ZonedTime, style: Style) -> str:
        """``04:05:06+08``."""
        return write_clock(value.us) + zones.write(value.east)

    def read(self, text: str, style: Style) -> ZonedTime:
        """A time with its zone, or the session's; a zone with summer time needs a date."""
        name = "time with time zone"
        moment = moments.read(text, name, style)
        us = moment.clock_or_fail(name, text)
        if moment.zone is not None and moment.day is None and not moment.fixed:
            raise moments.no_syntax(name, text)
        return ZonedTime(us, moment.east(style))

    def pack(self, value: ZonedTime) -> bytes:
        """Microseconds, and seconds *west* of UTC."""
        return _TIMETZ.pack(value.us, -value.east)

    def unpack(self, data: bytes) -> ZonedTime:
        """The other way round."""
        if len(data) != _TIMETZ.size:
            raise malformed("time with time zone")
        us, west = _TIMETZ.unpack(data)
        if abs(west) >= 16 * 3600:
            raise failure("22009", "time zone displacement out of range")
        return ZonedTime(_in_a_day(us), -west)
