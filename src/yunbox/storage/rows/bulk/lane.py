"""Lines as rows without reading a value: whole blocks of those that are as the store would write them itself.

A row is stored as fields with four bytes of length before each, and a line has one byte between its fields: so a block
becomes rows by putting room for a length in the place of every separator, and what every row has beside the fields that
come in - defaults, columns that were dropped - in the place of every line end.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from yunbox.storage.rows.bulk.cells import Cells, Checked, Cut, Field, Numbers, cells_of, kept
from yunbox.storage.rows.bulk.checks import Check, check_of
from yunbox.storage.rows.bulk.keys import Keys
from yunbox.storage.rows.bulk.packed import Packed, Pieces
from yunbox.storage.rows.model import Column, Relation

_LENGTH = bytes(4)


class Lane:
    """Takes blocks of lines for a table; ``before`` and ``behind`` are fields that all rows begin and end with."""

    def __init__(
        self, checks: Sequence[Check], needed: Sequence[int], keys: Keys | None, before: bytes, behind: bytes
    ) -> None:
        self._checks = checks
        self._needed = needed
        self._keys = keys
        self._before, self._behind = before, behind

    def rows(self, block: bytes, between: bytes, nothing: bytes) -> Packed | None:
        """The rows of lines that each end with ``\\n``; None where one is not certainly as it would be stored."""
        cells = cells_of(block, between, nothing, len(self._checks))
        if cells is None or any(cells.has_null(place) for place in self._needed):
            return None
        checked: list[Checked] = []
        for place, check in enumerate(self._checks):
            field = cells.field(place)
            found = check(field) if len(field.starts) else Checked()
            if found is None:
                return None
            checked.append(found)
        keys = self._keys.of(cells, [one.values for one in checked]) if self._keys is not None else None
        if keys is None and self._keys is not None:
            return None
        cuts = [(place, one.cut) for place, one in enumerate(checked) if one.cut is not None]
        return Packed(self._made(cells, cuts, between), keys)

    def _made(self, cells: Cells, cuts: Sequence[tuple[int, Cut]], between: bytes) -> Pieces:
        """All fields with their lengths before them."""
        body, lengths = kept(cells, cuts)
        body = body[:-1].replace(between, _LENGTH).replace(b"\n", self._behind + self._before + _LENGTH)
        made = np.frombuffer(bytearray().join((self._before, _LENGTH, body, self._behind)), np.uint8)
        width = len(self._checks)
        flat = lengths.ravel()  # row by row
        beside = flat + len(_LENGTH)
        beside[::width] += len(self._before)
        beside[width - 1 :: width] += len(self._behind)
        ends = np.cumsum(beside)
        starts = ends - flat - len(_LENGTH)
        starts[width - 1 :: width] -= len(self._behind)
        ends = ends[width - 1 :: width]
        _put_lengths(made, starts, flat)
        if cells.nulls is not None:
            missing = starts[cells.nulls.T.ravel()]
            for place in range(len(_LENGTH)):
                made[missing + place] = 255
        return Pieces(made.tobytes(), np.ascontiguousarray(ends))


def _put_lengths(made: Any, starts: Numbers, lengths: Numbers) -> None:
    """Write numbers into the four zero bytes that lie at some places, big-endian."""
    most = int(lengths.max())
    for place in range(len(_LENGTH)):
        shift = 8 * (len(_LENGTH) - 1 - place)
        if most >> shift:
            made[starts + place] = (lengths >> shift) & 255


def lane_of(relation: Relation, taken: Sequence[Column], before: bytes, behind: bytes) -> Lane | None:
    """What takes lines of some neighbouring columns; None where a column's type has to be read value by value."""
    checks = [_check_of(relation, column) for column in taken]
    known = [check for check in checks if check is not None]
    if len(known) < len(checks) or not checks or not Keys.suits(relation):
        return None
    places = {column.number: place for place, column in enumerate(taken)}
    bound = (relation.partition,) if relation.parent else ()
    if any(number not in places for number in (*relation.primary_key, *bound)):
        return None
    needed = [at for number, at in places.items() if relation.columns[number - 1].not_null]
    needed += [places[number] for number in (*relation.primary_key, *bound)]
    keys = Keys(relation, [places[number] for number in relation.primary_key]) if relation.primary_key else None
    return Lane(known, sorted(set(needed)), keys, before, behind)


def _check_of(relation: Relation, column: Column) -> Check | None:
    """The check of a column; that by which a table is partitioned has one value in a partition."""
    check = check_of(column)
    if check is None or not relation.parent or column.number != relation.partition:
        return check
    value = np.frombuffer(relation.definition.encode(), np.uint8)

    def bound(field: Field) -> Checked | None:
        same = (field.lengths == len(value)).all() and (field.matrix(len(value)) == value).all()
        return check(field) if same else None

    return bound
