"""to_timestamp and to_date: the moment that a text says by a pattern.

PostgreSQL is lenient in its own way: what stands between fields is skipped by rules of its own, fields say more than
one thing, and what is said twice has to be the same. This follows it field by field, as many patterns by chance show.
Source: the PostgreSQL documentation, "Data Type Formatting Functions".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from yunbox.sql.hologres.natives.moment_nodes import SPACE, Node, nodes_of, separates
from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.calendar import US_PER_DAY, US_PER_S, Day, to_day, to_days

_NO_DIGITS = frozenset((
    "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "DAY", "DY", "FX", "MONTH", "MON", "OF", "P.M.", "PM", "RM", "TZH", "TZ",
))  # fmt: skip
"""Fields behind which a number may be as long as it likes: they do not begin with a digit."""
_ISO = frozenset(("IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I"))
_GREGORIAN = frozenset((
    "DDD", "DD", "D", "MM", "MONTH", "MON", "RM", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
))  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ROMAN = ("xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i")
_WORDS: dict[str, Sequence[str]] = {
    "AM": ("am", "pm"), "PM": ("am", "pm"), "A.M.": ("a.m.", "p.m."), "P.M.": ("a.m.", "p.m."),
    "AD": ("ad", "bc"), "BC": ("ad", "bc"), "A.D.": ("a.d.", "b.c."), "B.C.": ("a.d.", "b.c."),
    "MONTH": _MONTHS, "MON": [one[:3] for one in _MONTHS], "DAY": _DAYS, "DY": [one[:3] for one in _DAYS],
    "RM": _ROMAN,
}  # fmt: skip
"""What may stand for a field that is no number."""
_PLAIN = {"HH24": ("hour", 2), "MI": ("minute", 2), "SS": ("second", 2), "SSSS": ("of_day", 4), "SSSSS": ("of_day", 5),
          "MM": ("month", 2), "DDD": ("day_of_year", 3), "IDDD": ("day_of_year", 3), "DD": ("day", 2),
          "D": ("weekday", 1), "WW": ("week", 2), "IW": ("week", 2), "Q": ("", 1), "CC": ("century", 2),
          "W": ("week_of_month", 1), "J": ("julian", 1)}  # fmt: skip
"""Fields that are a number and nothing more: what it is of, and how many digits it has where others follow at once."""
_YEARS = {"YYYY": 4, "IYYY": 4, "YYY": 3, "IYY": 3, "YY": 2, "IY": 2, "Y": 1, "I": 1}
_THOUSANDS = re.compile(r"\s*([+-]?\d+),\s*([+-]?\d{1,3}|[+-]\d{1,2})")
_WHOLE = re.compile(r"[ \t\n\v\f\r]*([+-]?\d+)")
_INT = range(-(1 << 31), 1 << 31)
_JULIAN = 2_451_545
_HOURS_MAX = 15
_DAYS_MIN, _DAYS_MAX = -_JULIAN, 2_145_031_948
_US_MIN, _US_MAX = -211_813_488_000_000_000, 9_223_371_331_200_000_000
"""Those that a DATE and a TIMESTAMP can be."""


@dataclass(slots=True)
class Said:
    """What a text has said so far; 0 is nothing, as a field of 0 is."""

    values: dict[str, int] = field(default_factory=dict)
    convention: str = ""
    twelve: bool = False
    year_digits: int = 0
    fraction_digits: int = 0
    zone_sign: int = 0

    def __getitem__(self, name: str) -> int:
        return self.values.get(name, 0)

    def put(self, name: str, value: int, node: Node) -> None:
        """One more field. Raises PgError 22007 where another has said something else."""
        if self[name] not in (0, value):
            told = f'conflicting values for "{node.text}" field in formatting string'
            raise failure("22007", told, "This value contradicts a previous setting for the same field type.")
        self.values[name] = value

    def be(self, convention: str) -> None:
        """Gregorian dates, or those of ISO's weeks. Raises PgError 22007 for both."""
        if self.convention not in ("", convention):
            hint = "Do not mix Gregorian and ISO week date conventions in a formatting template."
            raise failure("22007", "invalid combination of date conventions", hint=hint)
        self.convention = convention


class _Reader:
    """Reads a text by a pattern, byte by byte."""

    def __init__(self, text: str, nodes: tuple[Node, ...]) -> None:
        self._text = text.encode().decode("latin-1")
        self._nodes = nodes
        self._at = 0
        self._skipped = 0
        """How many letters more were passed than the pattern has."""
        self._exact = False
        self.said = Said()

    def read(self) -> Said:
        """All that it says. Raises PgError 22007, 22008, 0A000."""
        for place, node in enumerate(self._nodes):
            if self._at >= len(self._text):
                break
            if not self._exact and node.name != "FX" and (node.name or not place):
                self._skipped += self._pass_spaces()
            if not node.name:
                self._pass(node)
                continue
            if node.name in _ISO or node.name in _GREGORIAN:
                self.said.be("ISO" if node.name in _ISO else "Gregorian")
            self._field(place, node)
            if not self._exact:
                self._skipped = self._pass_spaces()
        return self.said

    @property
    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _pass_spaces(self) -> int:
        before = self._at
        while self._next and self._next in SPACE:
            self._at += 1
        return self._at - before

    def _pass_letter(self) -> None:
        lead = ord(self._next or "\0")
        self._at = min(
            len(self._text), self._at + (1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4)
        )

    def _pass(self, node: Node) -> None:
        """What stands between fields."""
        if self._exact:
            self._pass_letter()
        elif node.kind == "letter":
            if self._skipped > 0:
                self._skipped -= 1
            else:
                self._pass_letter()
        elif self._next in SPACE or separates(self._next):
            self._at += 1
        else:
            self._skipped -= 1

    def _field(self, place: int, node: Node) -> None:
        name, said = node.name, self.said
        if name == "FX":
            self._exact = True
        elif name in _WORDS:
            self._word(node)
        elif name in _PLAIN:
            of, digits = _PLAIN[name]
            value, _ = self._number(place, node, digits)
            if of:
                said.put(of, value, node)
        elif name in ("HH", "HH12"):
            said.put("hour", self._number(place, node, 2)[0], node)
            said.twelve = True
        elif name in _YEARS:
            self._year(place, node)
        elif name == "Y,YYY":
            self._thousands(node)
        elif name == "ID":
            said.put("weekday", self._number(place, node, 1)[0], node)
            said.values["weekday"] = 1 if said["weekday"] >= 7 else said["weekday"] + 1
        elif name == "MS":
            value, length = self._number(place, node, 3, of="ms")
            said.values["ms"] = value * {1: 100, 2: 10}.get(length, 1)
        elif name == "US" or name.startswith("FF"):
            self._fraction(place, node)
        elif name in ("TZH", "TZM"):
            self._zone(place, node)
        else:
            raise failure("0A000", f'formatting field "{node.text}" is only supported in to_char')
        if node.ordinal and name != "FX" and name not in _WORDS and name not in ("TZH", "TZM"):
            self._pass_letter()
            self._pass_letter()

    def _word(self, node: Node) -> None:
        found = next((at for at, word in enumerate(_WORDS[node.name])
                      if self._text[self._at : self._at + len(word)].lower() == word.lower()), None)  # fmt: skip
        if found is None:
            given = re.split(r"[ \t\n\r\f]", self._text[self._at :])[0].encode("latin-1").decode(errors="replace")
            detail = "The given value did not match any of the allowed values for this field."
            raise failure("22007", f'invalid value "{given}" for "{node.text}"', detail)
        self._at += len(_WORDS[node.name][found])
        if node.name in ("AM", "PM", "A.M.", "P.M."):
            self.said.put("pm", found, node)
            self.said.twelve = True
        elif node.name in ("AD", "BC", "A.D.", "B.C."):
            self.said.put("bc", found, node)
        elif node.name == "RM":
            self.said.put("month", 12 - found, node)
        elif node.name in ("MONTH", "MON"):
            self.said.put("month", found + 1, node)
        else:
            self.said.put("weekday", found, node)
            self.said.values["weekday"] += 1

    def _year(self, place: int, node: Node) -> None:
        digits = _YEARS[node.name]
        value, length = self._number(place, node, len(node.name), of="year")
        if digits < 4 and length < 4:
            self.said.values["year"] = _full_year(value)
        self.said.year_digits = digits

    def _thousands(self, node: Node) -> None:
        found = _THOUSANDS.match(self._text, self._at)
        if found is None:
            raise failure("22007", 'invalid input string for "Y,YYY"')
        self.said.put("year", int(found[1]) * 1000 + int(found[2]), node)
        self.said.year_digits = 4
        self._at = found.end()

    def _fraction(self, place: int, node: Node) -> None:
        digits = 6
        if node.name != "US":
            digits = self.said.fraction_digits = int(node.name[2])
        value, length = self._number(place, node, digits, of="us")
        self.said.values["us"] = value * 10 ** max(0, 6 - length)

    def _zone(self, place: int, node: Node) -> None:
        said = self.said
        if node.name == "TZM":
            said.zone_sign = said.zone_sign or 1
            said.put("zone_minutes", self._number(place, node, 2)[0], node)
            return
        if self._next and self._next in "+- ":
            said.zone_sign = -1 if self._next == "-" else 1
            self._at += 1
        else:
            said.zone_sign = -1 if self._skipped > 0 and self._text[self._at - 1] == "-" else 1
        said.put("zone_hours", self._number(place, node, 2)[0], node)

    def _number(self, place: int, node: Node, digits: int, of: str = "") -> tuple[int, int]:
        """A number, and how many letters it takes: as many as it has where none can follow at once, and else those of
        the field. ``of`` is what is said by it. Raises PgError 22007, 22008."""
        begun = self._at
        self._pass_spaces()
        given = self._text[self._at : self._at + digits]
        if node.fill or self._is_last(place, node):
            found = _WHOLE.match(self._text, begun)
            value = int(found[1]) if found is not None else 0
            self._at = found.end() if found is not None else begun
        else:
            value = self._fixed(node, given, digits)
        if self._at == begun:
            raise failure("22007", f'invalid value "{_shown(given)}" for "{node.text}"', "Value must be an integer.")
        if value not in _INT:
            told = f'value for "{node.text}" in source string is out of range'
            raise failure("22008", told, "Value must be in the range -2147483648 to 2147483647.")
        if of:
            self.said.put(of, value, node)
        return value, self._at - begun

    def _fixed(self, node: Node, given: str, digits: int) -> int:
        if len(given) < digits:
            detail = f"Field requires {digits} characters, but only {len(given)} remain."
            hint = 'If your source string is not fixed-width, try using the "FM" modifier.'
            raise failure("22007", f'source string too short for "{node.text}" formatting field', detail, hint)
        found = _WHOLE.match(given)
        used = found.end() if found is not None else 0
        if 0 < used < digits:
            detail = f"Field requires {digits} characters, but only {used} could be parsed."
            hint = 'If your source string is not fixed-width, try using the "FM" modifier.'
            raise failure("22007", f'invalid value "{_shown(given)}" for "{node.text}"', detail, hint)
        self._at += used
        return int(found[1]) if found is not None else 0

    def _is_last(self, place: int, node: Node) -> bool:
        """Whether what follows a number is no digit, by the pattern."""
        if node.ordinal or place + 1 == len(self._nodes):
            return True
        after = self._nodes[place + 1]
        return after.name in _NO_DIGITS if after.name else not ("0" <= after.text <= "9")


def _shown(given: str) -> str:
    return given.encode("latin-1").decode(errors="replace")


def _full_year(year: int) -> int:
    """The year that is nearest to 2020 of those that end so."""
    return year + (2000 if year < 70 else 1900 if year < 100 else 2000 if year < 520 else 1000 if year < 1000 else 0)


# -- from what is said to a moment


@dataclass(slots=True)
class _Date:
    """A date while it is found out; ``known`` are its parts that were said."""

    year: int = 0
    month: int = 1
    day: int = 1
    known: set[str] = field(default_factory=set)

    def be(self, days: int) -> None:
        """A day by its number since 2000."""
        self.year, self.month, self.day = to_day(days)
        self.known |= {"year", "month", "day"}


def _date(said: Said, text: str) -> _Date:
    """The date that is said. Raises PgError 22007, 22008."""
    made = _Date()
    _take_year(said, made)
    if said["julian"]:
        made.be(said["julian"] - _JULIAN)
    day_of_year = said["day_of_year"]
    if said["week"] and said.convention == "ISO":
        _take_week(said, made)
    elif said["week"]:
        day_of_year = (said["week"] - 1) * 7 + 1
    day = (said["week_of_month"] - 1) * 7 + 1 if said["week_of_month"] else said["day"]
    if day:
        made.day = day
        made.known.add("day")
    if said["month"]:
        made.month = said["month"]
        made.known.add("month")
    if day_of_year and (made.month <= 1 or made.day <= 1):
        _take_day_of_year(said, made, day_of_year)
    _check(made, text)
    return made


def _take_year(said: Said, made: _Date) -> None:
    year, century = said["year"], -said["century"] if said["bc"] else said["century"]
    if year and century and said.year_digits <= 2:
        rest = abs(year) % 100 * (1 if year > 0 else -1)
        if rest:
            made.year = rest + (century - 1) * 100 if century >= 0 else (century + 1) * 100 - rest + 1
        else:
            made.year = century * 100 + (century < 0)
    elif year:
        made.year = -year if said["bc"] else year
        made.year += made.year < 0
    elif century:
        made.year = (century - 1) * 100 + 1 if century >= 0 else century * 100 + 1
    if year or century:
        made.known.add("year")


def _first_week(year: int) -> int:
    """The Monday of a year's first week."""
    fourth = to_days(Day(year, 1, 4))
    return fourth - (fourth + 5) % 7


def _take_week(said: Said, made: _Date) -> None:
    weekday = said["weekday"]
    within = (weekday - 2 if weekday > 1 else 6) if weekday else 0
    made.be(_first_week(made.year) + (said["week"] - 1) * 7 + within)


def _take_day_of_year(said: Said, made: _Date, day: int) -> None:
    if not made.year and not said["bc"]:
        raise failure("22007", "cannot calculate day of year without year information")
    if said.convention == "ISO":
        made.be(_first_week(made.year) + day - 1)
        return
    first = to_days(Day(made.year, 1, 1))
    starts = [to_days(Day(made.year, month, 1)) - first for month in range(1, 13)]
    length = to_days(Day(made.year + 1, 1, 1)) - first
    month = next((at for at, end in enumerate([*starts[1:], length], 1) if day <= end), 13)
    if made.month <= 1:
        made.month = month
    if made.day <= 1:
        made.day = day - [*starts, length][month - 1]
    made.known |= {"month", "day"}


def _check(made: _Date, text: str) -> None:
    """Raise PgError 22008 for parts that no date has."""
    bad = "month" in made.known and not 1 <= made.month <= 12
    bad = bad or ("day" in made.known and not 1 <= made.day <= 31)
    if not bad and len(made.known) == 3:
        following = Day(made.year + made.month // 12, made.month % 12 + 1, 1)
        bad = made.day > to_days(following) - to_days(Day(made.year, made.month, 1))
    if bad:
        raise _beyond(text)


def _beyond(text: str) -> PgError:
    return failure("22008", f'date/time field value out of range: "{text}"')


def _clock(said: Said) -> tuple[int, int, int, int]:
    """Hour, minute, second and microseconds. Raises PgError 22007."""
    rest = abs(said["of_day"])
    sign = -1 if said["of_day"] < 0 else 1
    second = said["second"] or rest % 60 * sign
    minute, hour = said["minute"] or rest // 60 % 60 * sign, said["hour"] or rest // 3600 * sign
    if said.twelve:
        if not 1 <= hour <= 12:
            hint = "Use the 24-hour clock, or give an hour between 1 and 12."
            raise failure("22007", f'hour "{hour}" is invalid for the 12-hour clock', hint=hint)
        hour = hour % 12 + 12 * bool(said["pm"])
    return hour, minute, second, said["ms"] * 1000 + said["us"]


def _east(said: Said, text: str) -> int:
    """How many seconds a said zone is east of UTC. Raises PgError 22009."""
    hours, minutes = said["zone_hours"], said["zone_minutes"]
    if not (0 <= hours <= _HOURS_MAX and 0 <= minutes < 60):
        raise failure("22009", f'time zone displacement out of range: "{text}"')
    return said.zone_sign * (hours * 3600 + minutes * 60)


def _read(text: str, pattern: str) -> tuple[Said, int, int]:
    """What is said, the day since 2000, and the microseconds of it. Raises PgError."""
    said = _Reader(text, nodes_of(pattern)).read()
    hour, minute, second, us = _clock(said)
    date = _date(said, text)
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= us < US_PER_S):
        raise _beyond(text)
    clock = (hour * 3600 + minute * 60 + second) * US_PER_S + us
    days = to_days(Day(date.year, date.month, 1)) + date.day - 1
    if said.zone_sign:
        clock -= _east(said, text) * US_PER_S
    return said, days, clock


def moment(text: str, pattern: str) -> int:
    """Microseconds since 2000 by the clock of the session's zone. Raises PgError."""
    return _moment(text, pattern, zoned=False)


def instant(text: str, pattern: str) -> int:
    """The same by UTC's, of a text that says its zone. Raises PgError."""
    return _moment(text, pattern, zoned=True)


def _moment(text: str, pattern: str, *, zoned: bool) -> int:
    said, days, clock = _read(text, pattern)
    if bool(said.zone_sign) is not zoned:
        raise failure("0A000", "TZH and TZM in a pattern that is no constant, or are not reached, are not supported")
    us = days * US_PER_DAY + clock
    if said.fraction_digits:
        size = 10 ** (6 - said.fraction_digits)
        us = (abs(us) + size // 2) // size * size * (1 if us >= 0 else -1)
    if not days >= _DAYS_MIN or not _US_MIN <= us < _US_MAX:
        raise failure("22008", "timestamp out of range")
    return us


def day(text: str, pattern: str) -> int:
    """Days since 2000. Raises PgError."""
    _, days, _ = _read(text, pattern)
    if not _DAYS_MIN <= days <= _DAYS_MAX:
        raise failure("22008", f'date out of range: "{text}"')
    return days


NATIVES: tuple[Native, ...] = (
    native("hg_read_moment", moment, "VARCHAR; VARCHAR", "BIGINT"),
    native("hg_read_instant", instant, "VARCHAR; VARCHAR", "BIGINT"),
    native("hg_read_day", day, "VARCHAR; VARCHAR", "INTEGER"),
)
"""Moments by patterns."""
