"""Days and times that are written as the store writes them: ISO, in UTC. Zeros at the end of seconds are cut.

Values are PostgreSQL's: days, or microseconds, since 2000. None stands for fields that are not certainly so: a year of
other than four digits, an infinity, a zone.
"""

from collections.abc import Sequence

import numpy as np

from yunbox.storage.rows.bulk.cells import Bytes, Checked, Cut, Field, Numbers

_MINUS, _SPACE, _COLON, _DOT, _PLUS, _ZERO = 45, 32, 58, 46, 43, 48
_DAY_BYTES, _CLOCK_BYTES = 10, 8
_FRACTION_MAX = 6
_US_PER_S, _S_PER_DAY = 1_000_000, 86_400
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_BEFORE_MONTH = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_DAYS_TO_2000 = 730_119
"""From the first day of the year 1."""
_Marks = dict[int, int]


class _Parts:
    """Numbers at some places of a text that has certain letters at others."""

    def __init__(self, marks: _Marks, places: Sequence[slice]) -> None:
        self._at, self._marks = list(marks), np.array(list(marks.values()), np.uint8)
        self._digits = [at for one in places for at in range(one.start, one.stop)]
        self._weights = np.zeros((len(self._digits), len(places)), np.float32)
        """What each digit counts in each number: products of these are exact, and made at once."""
        row = 0
        for column, one in enumerate(places):
            for power in reversed(range(one.stop - one.start)):
                self._weights[row, column] = 10**power
                row += 1

    def of(self, letters: Bytes) -> Numbers | None:
        """A row for each number; None where a letter is another, or no digit."""
        if not (letters[:, self._at] == self._marks).all():
            return None
        digits = letters[:, self._digits] - _ZERO
        if (digits > 9).any():
            return None
        return (digits.astype(np.float32) @ self._weights).T.astype(np.int64)


_DAY = _Parts({4: _MINUS, 7: _MINUS}, (slice(0, 4), slice(5, 7), slice(8, 10)))
_CLOCK = _Parts({2: _COLON, 5: _COLON}, (slice(0, 2), slice(3, 5), slice(6, 8)))


def _days(letters: Bytes) -> Numbers | None:
    found = _DAY.of(letters)
    if found is None:
        return None
    year, month, day = found
    if (year < 1000).any() or (month < 1).any() or (month > 12).any():
        return None
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    if (day < 1).any() or (day > _MONTH_DAYS[month] + (leap & (month == 2))).any():
        return None
    past = year - 1
    before = past * 365 + past // 4 - past // 100 + past // 400
    return before + _BEFORE_MONTH[month] + (leap & (month > 2)) + day - 1 - _DAYS_TO_2000


def _seconds(letters: Bytes) -> Numbers | None:
    found = _CLOCK.of(letters)
    if found is None:
        return None
    hour, minute, second = found
    if (hour > 23).any() or (minute > 59).any() or (second > 59).any():
        return None
    return (hour * 60 + minute) * 60 + second


def _fraction(field: Field, digits_max: int) -> Checked | None:
    """The microseconds of fields that are nothing, or a point and digits."""
    lengths = field.lengths
    most = int(lengths.max())
    if not most:
        return Checked(np.zeros(len(lengths), np.int64))
    there = lengths > 0
    if most > digits_max + 1 or (lengths == 1).any() or (there & (field.at(0) != _DOT)).any():
        return None
    made, needed = np.zeros(len(lengths), np.int64), np.zeros(len(lengths), np.int64)
    for place in range(1, _FRACTION_MAX + 1):
        digit = np.where(place < lengths, field.at(place) - _ZERO, 0)
        if (digit > 9).any():
            return None
        made = made * 10 + digit
        needed[digit > 0] = place + 1
    unneeded = lengths - needed
    return Checked(made, Cut(field.starts + needed, unneeded) if unneeded.any() else None)


def day(field: Field) -> Checked | None:
    """DATE."""
    days = _days(field.matrix(_DAY_BYTES)) if (field.lengths == _DAY_BYTES).all() else None
    return Checked(days) if days is not None else None


def clock(field: Field, digits_max: int) -> Checked | None:
    """TIME, with so many digits behind the seconds."""
    if (field.lengths < _CLOCK_BYTES).any():
        return None
    seconds = _seconds(field.matrix(_CLOCK_BYTES))
    fraction = _fraction(field.behind(_CLOCK_BYTES), digits_max)
    if seconds is None or fraction is None:
        return None
    return Checked(seconds * _US_PER_S + fraction.values, fraction.cut)


def moment(field: Field, digits_max: int) -> Checked | None:
    """TIMESTAMP, with so many digits behind the seconds."""
    if (field.lengths < _DAY_BYTES + 1 + _CLOCK_BYTES).any() or (field.at(_DAY_BYTES) != _SPACE).any():
        return None
    days, rest = _days(field.matrix(_DAY_BYTES)), clock(field.behind(_DAY_BYTES + 1), digits_max)
    return None if days is None or rest is None else Checked(days * (_S_PER_DAY * _US_PER_S) + rest.values, rest.cut)


def instant(field: Field, digits_max: int) -> Checked | None:
    """TIMESTAMPTZ in UTC."""
    if (field.lengths < 3).any():
        return None
    rest = field.shorter(3)
    zone = rest.data[(rest.starts + rest.lengths)[:, None] + np.arange(3)]
    return moment(rest, digits_max) if (zone == (_PLUS, _ZERO, _ZERO)).all() else None
