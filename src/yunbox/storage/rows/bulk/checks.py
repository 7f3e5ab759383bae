"""Which check a column's fields have to stand, by its type; a type that has none is not for whole lines."""

from collections.abc import Callable

import numpy as np

from yunbox.storage.rows.bulk import moments, numbers
from yunbox.storage.rows.bulk.cells import Checked, Field
from yunbox.storage.rows.model import Column
from yunbox.wire.pgwire.values.modifiers import NONE, numeric_digits

Check = Callable[[Field], Checked | None]
"""What fields are; None where one is not certainly as it is stored."""
_HEAD = 4
_SECONDS_DIGITS = 6
_TRUE, _FALSE = ord("t"), ord("f")
_UUID_BYTES, _UUID_MARKS, _MARK = 36, (8, 13, 18, 23), 45


def check_of(column: Column) -> Check | None:
    """The check of a column."""
    made = _MAKERS.get(column.type_oid)
    return made(column.modifier) if made is not None else None


def _truth(field: Field) -> Checked | None:
    letters = field.at(0)
    true = letters == _TRUE
    return Checked(true) if (field.lengths == 1).all() and (true | (letters == _FALSE)).all() else None


def _uuid(field: Field) -> Checked | None:
    if not (field.lengths == _UUID_BYTES).all():
        return None
    letters = field.matrix(_UUID_BYTES)
    if not (letters[:, _UUID_MARKS] == _MARK).all():
        return None
    letters = np.delete(letters, _UUID_MARKS, axis=1)
    digits, small = letters - ord("0"), letters - ord("a")
    if not ((digits < 10) | (small < 6)).all():
        return None
    halves = np.where(digits < 10, digits, small + 10)
    return Checked(halves[:, ::2] * 16 + halves[:, 1::2])


def _short(modifier: int) -> Check | None:
    """VARCHAR: as many bytes are at least as many letters."""
    if modifier == NONE:
        return _any
    return lambda field: Checked() if int(field.lengths.max()) <= modifier - _HEAD else None


def _padded(modifier: int) -> Check | None:
    """CHAR: full, if all its letters are of one byte."""
    if modifier == NONE:
        return None
    length = modifier - _HEAD

    def check(field: Field) -> Checked | None:
        return Checked() if (field.lengths == length).all() and (field.matrix(length) < 128).all() else None

    return check


def _any(field: Field) -> Checked:
    return Checked()


def _numeric(modifier: int) -> Check | None:
    if modifier == NONE:
        return None
    digits, scale = numeric_digits(modifier)
    return (lambda field: numbers.numeric(field, digits, scale)) if scale >= 0 else None


def _seconds(modifier: int) -> int:
    return _SECONDS_DIGITS if modifier == NONE else modifier


_MAKERS: dict[int, Callable[[int], Check | None]] = {
    16: lambda modifier: _truth,
    20: lambda modifier: lambda field: numbers.whole(field, 63),
    21: lambda modifier: lambda field: numbers.whole(field, 15),
    23: lambda modifier: lambda field: numbers.whole(field, 31),
    25: lambda modifier: _any,
    26: lambda modifier: lambda field: numbers.whole(field, 32, signed=False),
    700: lambda modifier: lambda field: numbers.real(field, 6),
    701: lambda modifier: lambda field: numbers.real(field, 15),
    1042: _padded,
    1043: _short,
    1082: lambda modifier: moments.day,
    1083: lambda modifier: lambda field: moments.clock(field, _seconds(modifier)),
    1114: lambda modifier: lambda field: moments.moment(field, _seconds(modifier)),
    1184: lambda modifier: lambda field: moments.instant(field, _seconds(modifier)),
    1700: _numeric,
    2950: lambda modifier: _uuid,
}
