"""DATE, TIMESTAMP and TIMESTAMPTZ, and how a day is written in the four styles.

In Python a DATE is days and a TIMESTAMP microseconds since 2000-01-01 (UTC, where it has a zone); the extremes of their
integers are the infinities.
"""

import re
import struct
from dataclasses import dataclass
from datetime import date, datetime

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values import moments, zones
from yunbox.wire.pgwire.values.calendar import MONTHS, US_PER_DAY, US_PER_S, Day, to_day, to_days, weekday
from yunbox.wire.pgwire.values.clock import write_clock
from yunbox.wire.pgwire.values.codec import Style, malformed

_DATE, _TIMESTAMP = struct.Struct(">i"), struct.Struct(">q")
DATE_ENDS = (-(1 << 31), (1 << 31) - 1)
TIMESTAMP_ENDS = (-(1 << 63), (1 << 63) - 1)
_FIRST_DAY = -2_451_545
_DAYS = range(_FIRST_DAY, 2_147_483_494 - 2_451_545)
_MOMENTS = range(_FIRST_DAY * US_PER_DAY, 9_223_371_331_200_000_000)
_EPOCH_1970 = -10_957
_ORDINAL_2000 = date(2000, 1, 1).toordinal()
_SECONDS, _MICROSECONDS = len("2000-01-01 00:00:00"), len("2000-01-01 00:00:00.000000")
_PLAIN = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(\+00)?", re.ASCII)


def write_day(day: Day, style: Style) -> str:
    """A day without its era; its year has four digits at least."""
    year = day.year if day.year > 0 else 1 - day.year
    if style.dates == "ISO":
        return f"{year:04}-{day.month:02}-{day.day:02}"
    if style.dates == "GERMAN":
        return f"{day.day:02}.{day.month:02}.{year:04}"
    separator = "/" if style.dates == "SQL" else "-"
    first, second = (day.day, day.month) if style.order == "DMY" else (day.month, day.day)
    return f"{first:02}{separator}{second:02}{separator}{year:04}"


def _era(day: Day) -> str:
    return " BC" if day.year <= 0 else ""


class Date:
    """DATE: days since 2000-01-01."""

    def write(self, value: int, style: Style) -> str:
        """A day, or an infinity."""
        if value in DATE_ENDS:
            return "infinity" if value > 0 else "-infinity"
        day = to_day(value)
        return write_day(day, style) + _era(day)

    def read(self, text: str, style: Style) -> int:
        """A day; a time or zone with it counts not."""
        moment = moments.read(text, "date", style)
        if moment.special.endswith("infinity"):
            return DATE_ENDS[moment.special == "infinity"]
        if moment.special == "epoch":
            return _EPOCH_1970
        if moment.day is None:
            raise moments.no_syntax("date", text)
        days = to_days(moment.day)
        if days not in _DAYS:
            raise failure("22008", f'date out of range: "{text}"')
        return days

    def pack(self, value: int) -> bytes:
        """Days."""
        return _DATE.pack(value)

    def unpack(self, data: bytes) -> int:
        """The other way round."""
        if len(data) != _DATE.size:
            raise malformed("date")
        value = int(_DATE.unpack(data)[0])
        if value not in _DAYS and value not in DATE_ENDS:
            raise failure("22008", "date out of range")
        return value


def _plain(text: str, *, zoned: bool) -> int | None:
    """What programs write, which no setting changes: an ISO date and a time, with no zone but UTC. None of others."""
    local = text[:-3] if text[-3:] == "+00" else "" if zoned else text
    if len(local) in (_SECONDS, _MICROSECONDS) and local[4] == local[7] == "-" and local[10] == " " and (
        local[13] == local[16] == ":" and local[11:13] < "24" and local.isascii()
        and (len(local) == _SECONDS or (local[_SECONDS] == "." and local[_SECONDS + 1 :].isdecimal()))
    ):  # fmt: skip
        try:
            at = datetime.fromisoformat(local)
        except ValueError:
            return None
        clock = (at.hour * 60 + at.minute) * 60 + at.second
        return ((at.toordinal() - _ORDINAL_2000) * 86_400 + clock) * US_PER_S + at.microsecond
    found = _PLAIN.fullmatch(text)
    if found is None or (zoned and found[8] is None):
        return None
    year, month, day, hours, minutes, seconds = map(int, found.group(1, 2, 3, 4, 5, 6))
    try:
        days = date(year, month, day).toordinal() - _ORDINAL_2000
    except ValueError:
        return None
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return (days * 86_400 + (hours * 60 + minutes) * 60 + seconds) * US_PER_S + int((found[7] or "").ljust(6, "0"))


@dataclass(frozen=True, slots=True)
class Timestamp:
    """TIMESTAMP, or with ``zoned`` TIMESTAMPTZ: microseconds since 2000-01-01."""

    zoned: bool

    @property
    def name(self) -> str:
        """The type's name in messages."""
        return "timestamp with time zone" if self.zoned else "timestamp"

    def write(self, value: int, style: Style) -> str:
        """A day and a time, with the session's zone where the type has one, or an infinity."""
        if value in TIMESTAMP_ENDS:
            return "infinity" if value > 0 else "-infinity"
        east, zone = zones.from_utc(style.zone, value) if self.zoned else (0, "")
        days, clock = divmod(value + east * US_PER_S, US_PER_DAY)
        day, time = to_day(days), write_clock(clock)
        if style.dates == "POSTGRES":
            first, second = f"{day.day:02}", MONTHS[day.month - 1]
            first, second = (first, second) if style.order == "DMY" else (second, first)
            year = day.year if day.year > 0 else 1 - day.year
            text = f"{weekday(days)} {first} {second} {time} {year:04}"
        else:
            text = f"{write_day(day, style)} {time}"
        if self.zoned:
            text += zones.write(east) if style.dates == "ISO" else f" {zone[:10]}"
        return text + _era(day)

    def read(self, text: str, style: Style) -> int:
        """A day with a time, or midnight; without a zone TIMESTAMPTZ is the session's."""
        plain = _plain(text, zoned=self.zoned)
        if plain is not None:
            return plain
        moment = moments.read(text, self.name, style)
        if moment.special.endswith("infinity"):
            return TIMESTAMP_ENDS[moment.special == "infinity"]
        if moment.special == "epoch":
            return _EPOCH_1970 * US_PER_DAY
        if moment.day is None:
            raise moments.no_syntax(self.name, text)
        value = moment.local - (moment.east(style) * US_PER_S if self.zoned else 0)
        if value not in _MOMENTS:
            raise failure("22008", f'timestamp out of range: "{text}"')
        return value

    def pack(self, value: int) -> bytes:
        """Microseconds."""
        return _TIMESTAMP.pack(value)

    def unpack(self, data: bytes) -> int:
        """The other way round."""
        if len(data) != _TIMESTAMP.size:
            raise malformed(self.name)
        value = int(_TIMESTAMP.unpack(data)[0])
        if value not in _MOMENTS and value not in TIMESTAMP_ENDS:
            raise failure("22008", "timestamp out of range")
        return value
