"""INTERVAL: months, days and microseconds, which are three numbers since no two of them have a fixed ratio.

Source: the PostgreSQL documentation, "Interval Input" and "Interval Output"; what fractions become is that of its
version 15. A month that is told in days has 30, and a day that is told in hours 24.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S
from yunbox.wire.pgwire.values.clock import write_fraction
from yunbox.wire.pgwire.values.codec import Style, malformed
from yunbox.wire.pgwire.values.moments import no_syntax

_LAYOUT = struct.Struct(">qii")
_INT = range(-(1 << 31), 1 << 31)
_BIGINT = range(-(1 << 63), 1 << 63)
_DAYS_PER_MONTH = 30
_LETTERS_MAX = 256

_WORDS = {
    "millennium": "mil mils millennium millennia",
    "century": "c cent century centuries",
    "decade": "dec decs decade decades",
    "year": "y yr yrs year years",
    "month": "mon mons month months",
    "week": "w week weeks",
    "day": "d day days",
    "hour": "h hr hrs hour hours",
    "minute": "m min mins minute minutes",
    "second": "s sec secs second seconds",
    "millisecond": "ms msec msecs msecond mseconds millisecond milliseconds",
    "microsecond": "us usec usecs usecond useconds microsecond microseconds",
}
_UNITS = {word: unit for unit, words in _WORDS.items() for word in words.split()}
_YEARS = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}
_US = {"hour": 3600 * US_PER_S, "minute": 60 * US_PER_S, "second": US_PER_S, "millisecond": 1000, "microsecond": 1}
_SECONDS = frozenset(("second", "millisecond", "microsecond"))
_TIME = _SECONDS | {"hour", "minute"}

_NUMBER = r"(?:[+-]?\d+\.?\d*|\.\d+)"
_TOKEN = re.compile(
    rf"""(?P<space>[\s,@]+)
    |(?P<clock>[+-]?\d+:\d+(?::\d+(?:\.\d*)?|\.\d*)?)
    |(?P<months>[+-]?\d++-\d++(?!-))
    |(?P<number>{_NUMBER})
    |(?P<word>(?:y|mon|[mdhs])(?=\d)|[a-z]++(?![\d.+-]))""",
    re.VERBOSE | re.ASCII,
)
_ISO = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<unit>[YMWDHS])", re.ASCII)
_ISO_DATE = {"Y": "year", "M": "month", "W": "week", "D": "day"}
_ISO_TIME = {"H": "hour", "M": "minute", "S": "second"}


class Interval(NamedTuple):
    """A length of time."""

    months: int
    days: int
    us: int


class IntervalCodec:
    """INTERVAL in the four styles of IntervalStyle, and in binary."""

    def write(self, value: Interval, style: Style) -> str:
        """As the session's IntervalStyle has it."""
        return _WRITERS[style.intervals](_Parts.of(value))

    def read(self, text: str, style: Style) -> Interval:
        """Any of the styles."""
        return self.read_fields(text, style, ("second",))

    @staticmethod
    def read_fields(text: str, style: Style, fields: Sequence[str]) -> Interval:
        """The same of an interval from a field to another: what has no unit is of the last of them."""
        if len(text) > _LETTERS_MAX:
            raise no_syntax("interval", text)
        if text[:1] == "P":
            return _IsoReader(text).read()
        return _Reader(text, style.intervals == "sql_standard", fields[-1], (*fields,) == ("minute", "second")).read()

    def pack(self, value: Interval) -> bytes:
        """Microseconds, days, months."""
        return _LAYOUT.pack(value.us, value.days, value.months)

    def unpack(self, data: bytes) -> Interval:
        """The other way round."""
        if len(data) != _LAYOUT.size:
            raise malformed("interval")
        us, days, months = _LAYOUT.unpack(data)
        return Interval(months, days, us)


# -- writing


class _Parts(NamedTuple):
    """The numbers that are written; each has the sign of what it comes from."""

    years: int
    months: int
    days: int
    hours: int
    minutes: int
    seconds: int
    fraction: int

    @classmethod
    def of(cls, value: Interval) -> "_Parts":
        months, sign = abs(value.months), -1 if value.months < 0 else 1
        us, after = abs(value.us), -1 if value.us < 0 else 1
        seconds, fraction = divmod(us, US_PER_S)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return cls(
            sign * (months // 12), sign * (months % 12), value.days,
            after * hours, after * minutes, after * seconds, after * fraction,
        )  # fmt: skip

    @property
    def time(self) -> tuple[int, ...]:
        return self[3:]

    @property
    def late(self) -> bool:
        """Whether the time is negative."""
        return min(self.time) < 0

    def clock(self, hours: str) -> str:
        """Hours, minutes and seconds without their sign."""
        shown = f"{abs(self.hours):{hours}}:{abs(self.minutes):02}:{abs(self.seconds):02}"
        return shown + write_fraction(abs(self.fraction))


def _postgres(parts: _Parts) -> str:
    said: list[str] = []
    before = False
    for value, unit in zip(parts[:3], ("year", "mon", "day"), strict=True):
        if value:
            plus = "+" if before and value > 0 else ""
            said.append(f"{plus}{value} {unit}{'' if value == 1 else 's'}")
            before = value < 0
    if any(parts.time) or not said:
        said.append(("-" if parts.late else "+" if before else "") + parts.clock("02"))
    return " ".join(said)


def _verbose(parts: _Parts) -> str:
    said, ago = ["@"], False
    for value, unit in zip(parts[:5], ("year", "mon", "day", "hour", "min"), strict=True):
        if value:
            ago = value < 0 if len(said) == 1 else ago
            shown = -value if ago else value
            said.append(f"{shown} {unit}{'' if shown == 1 else 's'}")
    if parts.seconds or parts.fraction:
        negative = parts.seconds < 0 or parts.fraction < 0
        ago = negative if len(said) == 1 else ago
        one = abs(parts.seconds) == 1 and not parts.fraction
        minus = "-" if negative != ago else ""
        said.append(f"{minus}{abs(parts.seconds)}{write_fraction(abs(parts.fraction))} sec{'' if one else 's'}")
    return " ".join(said + ["0"] * (len(said) == 1) + ["ago"] * ago)


def _standard(parts: _Parts) -> str:
    if not any(parts):
        return "0"
    mixed = min(parts) < 0 < max(parts)
    if mixed or (any(parts[:2]) and any(parts[2:])):
        year = "-" if min(parts[:2]) < 0 else "+"
        day, time = ("-" if parts.days < 0 else "+"), ("-" if parts.late else "+")
        months = f"{year}{abs(parts.years)}-{abs(parts.months)}"
        return f"{months} {day}{abs(parts.days)} {time}{parts.clock('')}"
    sign = "-" if min(parts) < 0 else ""
    if any(parts[:2]):
        return f"{sign}{abs(parts.years)}-{abs(parts.months)}"
    return f"{sign}{abs(parts.days)} {parts.clock('')}" if parts.days else f"{sign}{parts.clock('')}"


def _iso(parts: _Parts) -> str:
    days = "".join(f"{value}{unit}" for value, unit in zip(parts[:3], "YMD", strict=True) if value)
    time = "".join(f"{value}{unit}" for value, unit in zip(parts[3:5], "HM", strict=True) if value)
    if parts.seconds or parts.fraction:
        minus = "-" if min(parts.seconds, parts.fraction) < 0 else ""
        time += f"{minus}{abs(parts.seconds)}{write_fraction(abs(parts.fraction))}S"
    if not days and not time:
        return "PT0S"
    return f"P{days}" + (f"T{time}" if time else "")


_WRITERS = {"postgres": _postgres, "postgres_verbose": _verbose, "sql_standard": _standard, "iso_8601": _iso}

# -- reading


@dataclass(slots=True)
class _Sum:
    """What was read so far, of a text that errors name."""

    text: str
    months: int = 0
    days: int = 0
    us: int = 0
    seen: set[str] = field(default_factory=set)

    def add(self, number: str, unit: str) -> None:
        """Add so many of a unit, each of which a text says once."""
        units = _SECONDS if unit == "second" and "." in number else {unit}
        if self.seen & units:
            raise no_syntax("interval", self.text)
        self.seen |= units
        sign = -1 if number[0] == "-" else 1
        whole_text, _, digits = number.lstrip("+-").partition(".")
        whole, fraction = sign * int(whole_text or "0"), sign * float(f"0.{digits or 0}")
        if whole * _YEARS.get(unit, 1) not in (_BIGINT if unit in _US else _INT):
            raise self.overflow()
        if unit in _YEARS:
            self.months += whole * _YEARS[unit] * 12 + round(fraction * _YEARS[unit] * 12)
        elif unit == "month":
            self.months += whole
            self._fraction_of_days(fraction * _DAYS_PER_MONTH)
        elif unit == "week":
            self.days += 7 * whole
            self._fraction_of_days(fraction * 7)
        elif unit == "day":
            self.days += whole
            self._fraction(fraction * US_PER_DAY)
        else:
            self.us += whole * _US[unit]
            self._fraction(fraction * _US[unit])

    def _fraction_of_days(self, days: float) -> None:
        self.days += int(days)
        self._fraction((days - int(days)) * US_PER_DAY)

    def _fraction(self, us: float) -> None:
        """Halves go to 0."""
        rest = us - int(us)
        self.us += int(us) + (rest > 0.5) - (rest < -0.5)

    def overflow(self) -> PgError:
        """A number is more than its field can be."""
        return failure("22015", f'interval field value out of range: "{self.text}"')

    def made(self) -> Interval:
        """The interval. Raises PgError 22015 or 22008 when it is too long."""
        if self.days not in _INT or self.us not in _BIGINT:
            raise self.overflow()
        if self.months not in _INT:
            raise failure("22008", "interval out of range")
        return Interval(self.months, self.days, self.us)


@dataclass(slots=True)
class _Reader:
    """Numbers with units, from the last to the first: without one it is days before a time, and ``last`` at the end.

    ``short`` is whether a time of two numbers is of minutes and seconds.
    """

    text: str
    one_sign: bool
    last: str = "second"
    short: bool = False

    def read(self) -> Interval:
        tokens = list(self._tokens())
        total, unit, ago = _Sum(self.text), self.last, False
        for at in range(len(tokens) - 1, -1, -1):
            kind, said = tokens[at]
            if kind == "clock":
                self._clock(said, total)
                unit = "day"
            elif kind == "months":
                self._months(said, total)
                unit = "month"
            elif kind == "number":
                total.add(said, unit)
                unit = "day" if unit == "hour" else unit
            elif said == "ago" and at == len(tokens) - 1 and at and tokens[at - 1][0] in ("word", "clock"):
                ago = True
            elif said in _UNITS and at and tokens[at - 1][0] == "number":
                unit = _UNITS[said]
            else:
                raise no_syntax("interval", self.text)
        if not total.seen:
            raise no_syntax("interval", self.text)
        self._signs(tokens, total)
        if ago:
            _negate(total)
        return total.made()

    def _tokens(self) -> Iterator[tuple[str, str]]:
        lowered, at = self.text.lower(), 0
        while at < len(lowered):
            found = _TOKEN.match(lowered, at)
            if found is None:
                raise no_syntax("interval", self.text)
            at = found.end()
            if found.lastgroup and found.lastgroup != "space":
                yield found.lastgroup, found[0]

    def _clock(self, token: str, total: _Sum) -> None:
        if total.seen & _TIME:
            raise no_syntax("interval", self.text)
        negative = token[0] == "-"
        hours, minutes, seconds = (*token.lstrip("+-").split(":"), "0")[:3]
        if "." in minutes or (self.short and token.count(":") == 1):
            hours, minutes, seconds = "0", hours, minutes
        whole, _, digits = seconds.partition(".")
        if int(minutes) > 59 or int(whole) > 60:
            raise total.overflow()
        us = (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * US_PER_S + round(
            float(f"0.{digits or 0}") * US_PER_S
        )
        total.us = -us if negative else us  # the fraction of a day behind it is lost, as in PostgreSQL
        total.seen |= _TIME

    def _months(self, token: str, total: _Sum) -> None:
        """Years and months of the SQL standard, ``1-2``; the sign is both's."""
        sign = "-" if token[0] == "-" else ""
        years, months = token.lstrip("+-").split("-")
        if int(months) > 11:
            raise total.overflow()
        total.add(sign + years, "year")
        total.add(sign + months, "month")

    def _signs(self, tokens: list[tuple[str, str]], total: _Sum) -> None:
        """In the SQL standard's style a minus in front is everybody's, unless another has a sign of its own."""
        signs = [token[0] for _, token in tokens if token[0] in "+-"]
        if self.one_sign and tokens[0][1][0] == "-" and len(signs) == 1:
            total.months, total.days, total.us = -abs(total.months), -abs(total.days), -abs(total.us)


def _negate(total: _Sum) -> None:
    total.months, total.days, total.us = -total.months, -total.days, -total.us


@dataclass(slots=True)
class _IsoReader:
    """ISO 8601's form with designators, ``P1Y2M3DT4H5M6.7S``."""

    text: str

    def read(self) -> Interval:
        days, mark, time = self.text[1:].partition("T")
        total = _Sum(self.text)
        self._add(days, _ISO_DATE, total)
        self._add(time, _ISO_TIME, total)
        if not total.seen and not mark:
            raise no_syntax("interval", self.text)
        return total.made()

    def _add(self, text: str, units: dict[str, str], total: _Sum) -> None:
        at = 0
        while at < len(text):
            found = _ISO.match(text, at)
            if found is None or found["unit"] not in units:
                raise no_syntax("interval", self.text)
            total.add(found["number"], units[found["unit"]])
            at = found.end()
