"""Numbers that are written as the store writes them: no sign or zero that could be left away, no digit too many.

Each check gives None where one field is not certainly so. Zeros at the end of a float are cut.
"""

from dataclasses import dataclass

import numpy as np

from yunbox.storage.rows.bulk.cells import Checked, Cut, Field, Flags, Numbers

_MINUS, _DOT, _ZERO = 45, 46, 48
_DIGITS_MAX = {15: 5, 31: 10, 32: 10, 63: 18}
"""The most digits that are read, by the bits of a number. A bigint with 19 may be too large."""
_REAL_BYTES_MAX = 17
_NUMERIC_BYTES_MAX = 40
_SMALL_ZEROS = 4
"""A float with more zeros behind its point is written with an exponent."""


def whole(field: Field, bits: int, *, signed: bool = True) -> Checked | None:
    """Integers of so many bits."""
    negative = field.at(0) == _MINUS
    starts, digits = field.starts + negative, field.lengths - negative
    least, most = int(digits.min()), int(digits.max())
    if least < 1 or most > _DIGITS_MAX[bits]:
        return None
    bad = (field.data[starts] == _ZERO) & ((digits > 1) | negative)
    made = np.zeros(len(starts), np.int64)
    for place in range(most):
        digit = field.data[starts + place] - _ZERO
        if place < least:
            bad |= digit > 9
            made = made * 10 + digit
        else:
            inside = place < digits
            bad |= inside & (digit > 9)
            made = np.where(inside, made * 10 + digit, made)
    made = np.where(negative, -made, made)
    beyond = (made >= 1 << bits) | (made < (-(1 << bits) if signed else 0)) if bits < 63 else False
    return None if (bad | beyond).any() else Checked(made)


@dataclass(frozen=True, slots=True)
class _Decimals:
    """Decimal numbers that have been looked through: ``whole`` and ``fraction`` are how many digits each has.

    ``needed`` is how many letters behind the sign end with the last digit that counts.
    """

    rest: Field
    negative: Flags
    whole: Numbers
    fraction: Numbers
    pointed: Flags
    nonzero: Flags
    needed: Numbers

    @property
    def begins_with_zero(self) -> Flags:
        """Whether the first digit is 0."""
        return self.rest.at(0) == _ZERO

    def is_plain(self) -> bool:
        """Whether all of them have a digit on each side of the point, and no zero before others."""
        wrong = (self.whole < 1) | (self.pointed & (self.fraction < 1)) | (self.begins_with_zero & (self.whole > 1))
        return not (wrong | (self.negative & ~self.nonzero)).any()


def _decimals(field: Field, bytes_max: int) -> _Decimals | None:
    """Digits with at most one point among them."""
    negative = field.at(0) == _MINUS
    rest = Field(field.data, field.starts + negative, field.lengths - negative)
    most = int(rest.lengths.max())
    if most > bytes_max:
        return None
    at_point, points = rest.lengths.copy(), np.zeros(len(rest.starts), np.int64)
    bad, nonzero = np.zeros(len(points), bool), np.zeros(len(points), bool)
    needed = np.zeros(len(points), np.int64)
    for place in range(most):
        letter, inside = rest.at(place), place < rest.lengths
        point = inside & (letter == _DOT)
        digit = letter - _ZERO
        bad |= inside & ~point & (digit > 9)
        counts = inside & ~point & (digit != 0)
        nonzero |= counts
        needed[counts] = place + 1
        at_point[point] = place
        points += point
    if bad.any() or (points > 1).any():
        return None
    pointed = points == 1
    fraction, needed = rest.lengths - at_point - pointed, np.maximum(needed, at_point)
    return _Decimals(rest, negative, at_point, fraction, pointed, nonzero, needed)


def real(field: Field, digits: int) -> Checked | None:
    """Floats of no more digits than every decimal text keeps, written without an exponent: they are the shortest."""
    found = _decimals(field, _REAL_BYTES_MAX)
    if found is None or not found.is_plain():
        return None
    rest, needed = found.rest, found.needed
    small = found.pointed & found.begins_with_zero & found.nonzero & (found.fraction >= _SMALL_ZEROS)
    for place in range(2, 2 + _SMALL_ZEROS):
        small &= rest.at(place) == _ZERO
    if (needed - (needed > found.whole) > digits).any() or small.any():
        return None
    unneeded = rest.lengths - needed
    return Checked(cut=Cut(rest.starts + needed, unneeded) if unneeded.any() else None)


def numeric(field: Field, digits: int, scale: int) -> Checked | None:
    """Numerics with exactly their column's decimals."""
    found = _decimals(field, _NUMERIC_BYTES_MAX)
    if found is None or not found.is_plain():
        return None
    beyond = found.whole > digits - scale if digits > scale else ~found.begins_with_zero
    return None if ((found.fraction != scale) | beyond).any() else Checked()
