"""Many new rows for one table, written in the order of their keys in one transaction, or not at all.

In that order a B-tree takes a row in a sixth of a microsecond, and in another in ten times as long. Rows are kept as
they came, in memory or in a file, and beside them their keys and places; lists of them are made only a few thousand at
a time.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from operator import lt
from pathlib import Path
from typing import Any, Literal

import numpy as np

from yunbox.storage.rows.bulk.cells import Flags, Numbers
from yunbox.storage.rows.bulk.packed import Packed, Pieces
from yunbox.storage.rows.bulk.spilled import Spilled
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError

Conflict = Literal["none", "ignore", "update"]
"""What becomes of a row whose key is there: it fails, it is left out, or it takes the other's place."""
_AT_ONCE = 2048
_ADDED_AT_ONCE = 1 << 16
_PLACE_BYTES, _OBJECT_BYTES = 16, 120
"""What a place takes in memory, with its order, and what a key does that is sorted as an object."""
_NODE = 8
Writing = Callable[[Change, Relation], int]
"""Writes rows to a table with the columns that they were made for."""
Some = tuple[list[bytes], list[bytes]]
"""Keys and their rows."""


class Load:
    """The rows that are to be written to a table, which has a form."""

    def __init__(self, form: Form, conflict: Conflict) -> None:
        self._form = form
        self._conflict = conflict
        self._keys: list[Pieces] = []
        self._rows: list[Pieces] = []
        self._spilled: Spilled | None = None
        self._count = 0
        self.size_bytes = 0
        self.places_bytes = 0
        """What is held of each row, wherever it lies itself: its key, and where both are."""

    def __len__(self) -> int:
        """How many rows came."""
        return self._count

    @property
    def is_spilled(self) -> bool:
        """Whether the rows lie in a file."""
        return self._spilled is not None

    def add(self, packed: Packed) -> None:
        """Take more rows. Raises StorageFull where they go to a file."""
        if not len(packed):
            return
        self._count += len(packed)
        self.size_bytes += len(packed.rows.data)
        self.places_bytes += _PLACE_BYTES * len(packed)
        if packed.keys is not None:
            self._keys.append(packed.keys)
            each_bytes = _PLACE_BYTES if packed.keys.width else _OBJECT_BYTES
            self.places_bytes += len(packed.keys.data) + each_bytes * len(packed)
        if self._spilled is not None:
            self._spilled.add(packed.rows)
        else:
            self._rows.append(packed.rows)

    def spill(self, folder: Path) -> None:
        """Have the rows that came, and those that come, lie in a file in a folder. Raises StorageFull."""
        self._spilled, held, self._rows = Spilled(folder), self._rows, []
        for rows in held:
            self._spilled.add(rows)

    def prepared(self) -> Writing:
        """What writes them; it says how many came, and raises PgError 23505. This sorts them: it takes a while."""
        if not self._form.relation.primary_key:
            return self._add_all
        keys = _Keys(self._keys)
        self._keys = [keys.joined]
        if keys.order is not None and self._spilled is None:
            self._rows = [_joined(self._rows)]
        return lambda change, relation: self._write(change, relation, keys)

    @property
    def _parts(self) -> Sequence[Pieces | Spilled]:
        return self._rows if self._spilled is None else [self._spilled]

    def _add_all(self, change: Change, relation: Relation) -> int:
        for part in self._parts:
            for at in range(0, len(part), _ADDED_AT_ONCE):
                change.add_rows(relation, part.some(at, min(at + _ADDED_AT_ONCE, len(part))))
        return self._count

    def _write(self, change: Change, relation: Relation, keys: "_Keys") -> int:
        place = self._placed(relation)
        overlaps = bool(self._count) and change.has_between(relation, *place([keys.least, keys.most]))
        if self._conflict == "none":
            self._check(change, keys, place, overlaps=overlaps)
        last = self._conflict == "update"
        for written_keys, some_rows in self._sorted(keys, keys.kept(last=last)):
            some_keys = place(written_keys)
            present = [change.row(key) for key in some_keys] if overlaps else None
            if present is not None and self._conflict == "ignore":
                some_keys, some_rows = _absent(some_keys, some_rows, present)
                present = None
            change.set_rows(relation, some_keys, some_rows, present)
        return self._count

    def _placed(self, relation: Relation) -> Callable[[list[bytes]], list[bytes]]:
        """From keys as they were made to those in a table, which lies elsewhere if a block has made it."""
        prefix = relation.prefix
        if prefix == self._form.relation.prefix:
            return lambda keys: keys
        return lambda keys: [prefix + key[_NODE:] for key in keys]

    def _check(
        self, change: Change, keys: "_Keys", place: Callable[[list[bytes]], list[bytes]], *, overlaps: bool
    ) -> None:
        """Raise PgError 23505 for the first row, as they came, whose key is there or came before."""
        wrong = keys.repeated()
        if overlaps:
            places = range(self._count) if keys.order is None else keys.order.tolist()
            present = (change.row(key) is not None for some in keys.sorted() for key in place(some))
            wrong += [at for at, is_there in zip(places, present, strict=True) if is_there]
        if wrong:
            raise self._duplicate(min(wrong))

    def _duplicate(self, place: int) -> PgError:
        for part in self._parts:
            if place < len(part):
                return self._form.duplicate(part.some(place, place + 1)[0])
            place -= len(part)
        raise AssertionError("a row that came")

    def _sorted(self, keys: "_Keys", kept: Flags | None) -> Iterator[Some]:
        """Keys and rows in the order of the keys, some at a time; of those with one key the kept one."""
        if keys.order is None:
            first = 0
            for part in self._parts:
                for at in range(0, len(part), _AT_ONCE):
                    end = min(at + _AT_ONCE, len(part))
                    yield keys.joined.some(first + at, first + end), part.some(at, end)
                first += len(part)
            return
        order = keys.order if kept is None else keys.order[kept]
        [only] = self._parts
        for at in range(0, len(order), _AT_ONCE):
            some = order[at : at + _AT_ONCE]
            yield keys.joined.at(some), only.at(some)


def _absent(keys: Sequence[bytes], rows: Sequence[bytes], present: Sequence[bytes | None]) -> Some:
    left = [at for at, row in enumerate(present) if row is None]
    return [keys[at] for at in left], [rows[at] for at in left]


def _joined(parts: Sequence[Pieces]) -> Pieces:
    if len(parts) < 2:
        return parts[0] if parts else Pieces.of(())
    base = np.cumsum([0, *(len(part.data) for part in parts)])
    ends = [part.ends + start for part, start in zip(parts, base.tolist(), strict=False)]
    width = parts[0].width if len({part.width for part in parts}) == 1 else 0
    return Pieces(b"".join([part.data for part in parts]), np.concatenate(ends), width)


class _Keys:
    """Keys, and their order: None where they came in it, and none twice."""

    def __init__(self, parts: Sequence[Pieces]) -> None:
        self.joined = _joined(parts)
        self.order: Numbers | None = None
        self._again: Any = None
        """In the order, whether a key is that before it."""
        self.least = self.most = b""
        if self.joined.width:
            self._sort_even(self.joined)
        elif len(self.joined):
            self._sort(self.joined)

    def _sort(self, keys: Pieces) -> None:
        listed = keys.parted()
        if all(map(lt, listed, listed[1:])):
            self.least, self.most = listed[0], listed[-1]
            return
        order = sorted(range(len(listed)), key=listed.__getitem__)
        self._again = np.array([False, *(listed[one] == listed[other] for one, other in pairwise(order))])
        self.order = np.array(order)
        self.least, self.most = listed[order[0]], listed[order[-1]]

    def _sort_even(self, keys: Pieces) -> None:
        values = _comparable(keys)
        width, data = keys.width, keys.data
        order = None if (values[1:] > values[:-1]).all() else np.argsort(values, kind="stable")
        first, last = (0, len(keys) - 1) if order is None else (int(order[0]), int(order[-1]))
        self.least, self.most = data[first * width :][:width], data[last * width :][:width]
        if order is not None:
            ordered = values[order]
            self.order, self._again = order, np.concatenate(([False], ordered[1:] == ordered[:-1]))

    def repeated(self) -> list[int]:
        """The keys, by their numbers as they came, that had come before."""
        return [] if self.order is None else self.order[self._again].tolist()

    def kept(self, *, last: bool) -> Flags | None:
        """In the order, which of those with one key are kept: the last that came, or the first."""
        if self.order is None or not self._again.any():
            return None
        return np.concatenate((~self._again[1:], [True])) if last else ~self._again

    def sorted(self) -> Iterator[list[bytes]]:
        """They, in their order, some at a time."""
        places = np.arange(len(self.joined)) if self.order is None else self.order
        for at in range(0, len(places), _AT_ONCE):
            yield self.joined.at(places[at : at + _AT_ONCE])


def _comparable(keys: Pieces) -> Any:
    """Keys of one length as what is compared at once; they begin alike, with their table's prefix."""
    letters = np.frombuffer(keys.data, np.uint8).reshape(-1, keys.width)[:, _NODE:]
    if keys.width == 2 * _NODE:
        return np.ascontiguousarray(letters).view(">u8").ravel().astype(np.uint64)
    return np.ascontiguousarray(letters).view(f"S{keys.width - _NODE}").ravel()
