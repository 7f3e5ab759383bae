"""What a text says of a day, a time and a zone, in any order and style: what the four types of dates and times read.

Source: the PostgreSQL documentation, "Date/Time Input Interpretation". Julian days, days of a year and POSIX zones with
summer time are refused as no syntax.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.calendar import MONTHS, US_PER_DAY, US_PER_S, WEEKDAYS, Day, to_day, to_days
from yunbox.wire.pgwire.values.codec import Style

_TOKEN = re.compile(
    r"""(?P<space>[\s,]+)
    |(?P<clock>\d+:\d+(?::\d+(?:\.\d*)?)?)
    |(?P<date>\d+(?P<sep>[-/.])(?:\d+|[a-z]+)(?P=sep)\d++(?!-)|[a-z]{3,9}-\d+-\d++(?!-))
    |(?P<zone>[+-]\d{1,4}(?::\d{2}){0,2}(?![\d:]))
    |(?P<word>(?:am|pm|bc|ad)(?=\+)|-?[a-z][a-z_]*(?:/[a-z_]+)*(?:[+-]\d+|\d{1,2}[a-z]{3,})?)
    |(?P<number>\d+)""",
    re.VERBOSE | re.ASCII,
)
_MONTHS = {name.lower(): at for at, name in enumerate(MONTHS, 1)} | {
    "january": 1, "february": 2, "march": 3, "april": 4, "june": 6, "july": 7, "august": 8, "september": 9, "sept": 9,
    "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_WEEKDAYS = {name.lower() for name in WEEKDAYS} | {
    "monday", "tuesday", "tues", "wednesday", "weds", "thursday", "thur", "thurs", "friday", "saturday", "sunday",
}  # fmt: skip
_SPECIAL = ("epoch", "infinity", "-infinity", "now", "today", "tomorrow", "yesterday")
_INT_MAX = (1 << 31) - 1
_LETTERS_MAX = 153


@dataclass(slots=True)
class Moment:
    """What was said. ``clock`` is microseconds of a day; ``special`` a word such as ``infinity`` that says all."""

    day: Day | None = None
    clock: int | None = None
    zone: tzinfo | None = None
    special: str = ""

    @property
    def fixed(self) -> bool:
        """Whether the zone is as far from UTC in summer as in winter."""
        return isinstance(self.zone, timezone)

    @property
    def local(self) -> int:
        """Microseconds since 2000 that clocks show; midnight where no time was said."""
        return to_days(self.day or Day(2000, 1, 1)) * US_PER_DAY + (self.clock or 0)

    def east(self, style: Style) -> int:
        """Seconds east of UTC, of the zone that was said or the session's; a time alone is one of today."""
        zone = self.zone or style.zone
        if self.day is not None:
            return zones.to_utc(zone, self.local)
        today = style.now + zones.from_utc(zone, style.now)[0] * US_PER_S
        return zones.to_utc(zone, today // US_PER_DAY * US_PER_DAY + (self.clock or 0))

    def clock_or_fail(self, kind: str, text: str) -> int:
        """The time, which must have been said."""
        if self.clock is None:
            raise no_syntax(kind, text)
        return self.clock


def no_syntax(kind: str, text: str) -> PgError:
    """A text is none of a type's."""
    return failure("22007", f'invalid input syntax for type {kind}: "{text}"')


def beyond(text: str, *, style: bool = False) -> PgError:
    """A number is more than its field can be, perhaps as the session's DateStyle has it."""
    hint = 'Perhaps you need a different "datestyle" setting.' if style else ""
    return failure("22008", f'date/time field value out of range: "{text}"', hint=hint)


def read(text: str, kind: str, style: Style) -> Moment:
    """What a text says. Raises PgError 22007, 22008 or 22009."""
    found = _Reader(text, kind, style).read()
    if found.special in ("now", "today", "tomorrow", "yesterday"):
        _of_now(found, style)
    return found


def _of_now(moment: Moment, style: Style) -> None:
    """Put the day that a word means in its place."""
    local = style.now + zones.from_utc(style.zone, style.now)[0] * US_PER_S
    days, clock = divmod(local, US_PER_DAY)
    days += {"tomorrow": 1, "yesterday": -1}.get(moment.special, 0)
    if moment.special == "now":
        moment.clock = clock
    moment.day, moment.special = to_day(days), ""


@dataclass(slots=True)
class _Reader:
    text: str
    kind: str
    style: Style
    moment: Moment = field(default_factory=Moment)
    numbers: list[str] = field(default_factory=list)
    month: int | None = None
    era: str = ""
    afternoon: str = ""
    after_t: bool = False

    def read(self) -> Moment:
        lowered, at = self.text.lower(), 0
        if len(lowered) > _LETTERS_MAX:
            raise no_syntax(self.kind, self.text)
        while at < len(lowered):
            said = _TOKEN.match(lowered, at)
            if said is None or said.lastgroup is None:
                raise no_syntax(self.kind, self.text)
            at = said.end()
            self._take(next(name for name in _KINDS if said[name] is not None), said[0], said["sep"])
        if self.after_t or (self.moment.special and (self.numbers or self.month)):
            raise no_syntax(self.kind, self.text)
        if self.numbers or self.month is not None:
            self.moment.day = self._day()
        elif self.era or self.moment == Moment():
            raise no_syntax(self.kind, self.text)
        self._twelve_hours()
        return self.moment

    def _take(self, kind: str, said: str, separator: str | None) -> None:
        self.after_t = said == "t"
        if kind == "clock":
            self._clock(said)
        elif kind == "date":
            self._date(said.split(separator or "-"))
        elif kind == "zone":
            self._zone(timezone(timedelta(seconds=zones.displacement(said, self.text))))
        elif kind == "word":
            self._word(said)
        elif kind == "number":
            self._number(said)

    def _clock(self, said: str) -> None:
        hours, minutes, seconds = (*said.split(":"), "0")[:3]
        whole, _, fraction = seconds.partition(".")
        if self.moment.clock is not None:
            raise no_syntax(self.kind, self.text)
        if len(hours) > 9 or int(minutes) > 59 or int(whole) > 60:
            raise beyond(self.text)
        us = round(float(f"0.{fraction}") * US_PER_S) if fraction else 0
        clock = (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * US_PER_S + us
        if clock > US_PER_DAY or int(hours) > 24:
            raise beyond(self.text)
        self.moment.clock = clock

    def _twelve_hours(self) -> None:
        if not self.afternoon:
            return
        clock = self.moment.clock_or_fail(self.kind, self.text)
        hours = clock // (3600 * US_PER_S)
        if hours > 12:
            raise beyond(self.text)
        shift = 12 * (self.afternoon == "pm") - 12 * (hours == 12)
        self.moment.clock = clock + shift * 3600 * US_PER_S

    def _date(self, parts: Sequence[str]) -> None:
        if self.numbers or self.month is not None or self.moment.clock is not None:
            raise no_syntax(self.kind, self.text)
        for part in parts:
            if part.isdigit():
                self.numbers.append(part)
            elif part in _MONTHS:
                self.month = _MONTHS[part]
            else:
                raise no_syntax(self.kind, self.text)

    def _zone(self, zone: tzinfo) -> None:
        if self.moment.zone is not None:
            raise no_syntax(self.kind, self.text)
        self.moment.zone = zone

    def _word(self, word: str) -> None:
        if word in _MONTHS and self.month is None:
            self.month = _MONTHS[word]
        elif word in ("ad", "bc") and not self.era:
            self.era = word
        elif word in ("am", "pm"):
            self.afternoon = word
        elif word in _SPECIAL and self.moment == Moment() and not self.numbers:
            self.moment.special = word
        elif word == "allballs" and self.moment.clock is None:
            self.moment.clock, self.moment.zone = 0, timezone(timedelta())
        elif word not in _WEEKDAYS and not (
            word == "t" and self._dated and self.month is None and self.kind.startswith(("date", "timestamp"))
        ):
            self._zone_of(word)

    def _zone_of(self, word: str) -> None:
        zone = zones.named(word) or (zones.posix(word) if word[-1].isdigit() else None)
        if zone is not None:
            self._zone(zone)
        elif "/" in word:
            raise failure("22023", f'time zone "{word}" not recognized')
        else:
            raise no_syntax(self.kind, self.text)

    def _number(self, said: str) -> None:
        """Digits without separators: a date of 8, a time of 6 behind one, or a part of a date."""
        if len(said) == 8 and not self.numbers:
            self.numbers = [said[:4], said[4:6], said[6:]]
        elif (self._dated or self._timed) and len(said) in (4, 6) and self.moment.clock is None:
            self._clock(":".join(said[at : at + 2] for at in range(0, len(said), 2)))
        elif self._dated:
            raise no_syntax(self.kind, self.text)
        else:
            self.numbers.append(said)

    @property
    def _timed(self) -> bool:
        """Whether digits are a time, as none of a date is expected, nor has come."""
        return self.kind.split()[0] == "time" and not self.numbers and self.month is None

    @property
    def _dated(self) -> bool:
        return len(self.numbers) + (self.month is not None) >= 3

    def _day(self) -> Day:
        year_text, month_text, day_text = self._ordered()
        if any(len(part) > 9 and int(part) > _INT_MAX for part in (year_text, month_text, day_text)):
            raise beyond(self.text)
        year, month, day = int(year_text), int(month_text), int(day_text)
        if year == 0:
            raise beyond(self.text)
        if self.era == "bc":
            year = 1 - year
        elif len(year_text) <= 2:
            year += 2000 if year < 70 else 1900
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            raise beyond(self.text, style=True)
        if len(month_text) > 2 or len(day_text) > 2:
            raise no_syntax(self.kind, self.text)
        try:
            to_days(Day(year, month, day))
        except ValueError:
            raise beyond(self.text) from None
        return Day(year, month, day)

    def _ordered(self) -> tuple[str, str, str]:
        """Year, month and day, by what is clear, and then by the session's order."""
        order, numbers = self.style.order, self.numbers
        if len(numbers) != 3 - (self.month is not None):
            raise no_syntax(self.kind, self.text)
        if self.month is not None:
            first, second = numbers
            first_is_year = len(first) > 2 or (order == "YMD" and len(second) <= 2)
            year, day = (first, second) if first_is_year else (second, first)
            return year, str(self.month), day
        first, second, third = numbers
        if len(first) > 2 or order == "YMD":
            return first, second, third
        return (third, second, first) if order == "DMY" else (third, first, second)


_KINDS = ("space", "clock", "date", "zone", "word", "number")
