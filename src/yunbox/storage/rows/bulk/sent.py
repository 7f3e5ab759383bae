"""Rows that an engine gives, packed for a table without looking at each of them.

A row is stored as a DataRow message is sent: fields with four bytes of length before each. So messages become rows by
leaving out their heads, and keys are made of the fields of all rows at once.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from yunbox.storage.rows.bulk.cells import Cells, Field, Numbers, words_of
from yunbox.storage.rows.bulk.checks import Check, check_of
from yunbox.storage.rows.bulk.keys import Keys
from yunbox.storage.rows.bulk.packed import Packed, Pieces
from yunbox.storage.rows.form import Form
from yunbox.wire.pgwire.datarows import rows_of

_HEAD, _LENGTH = 7, 4
_COMMA = ord(",")
_FEW_BYTES = 4096
"""What is sooner read row by row."""
_PAD = bytes(64)


class Packer:
    """Packs new rows, which have all columns of a table in its order, each as it is stored."""

    def __init__(self, form: Form, checks: Sequence[Check] | None) -> None:
        relation = form.relation
        self._form = form
        self._width = len(relation.columns)
        self._places = [number - 1 for number in relation.primary_key]
        self._checks = list(zip(self._places, checks or (), strict=checks is not None))
        self._is_plain = checks is not None
        self._keys = Keys(relation, self._places) if self._places else None
        self._bound = relation.partition - 1 if relation.parent else None
        needed = {column.number - 1 for column in relation.live if column.not_null}
        self._needed = sorted(needed.union(self._places, () if self._bound is None else (self._bound,)))
        self._one = np.frombuffer(relation.definition.encode(), np.uint8)
        self._vectors = [(column.number - 1, column.length) for column in relation.vectors]

    def packed(self, messages: bytes) -> Packed:
        """The rows of DataRow messages. Raises PgError 23502, 23514."""
        made = self._at_once(messages) if self._is_plain and len(messages) > _FEW_BYTES else None
        return self._each(messages) if made is None else made

    def _each(self, messages: bytes) -> Packed:
        rows = rows_of(messages)
        keys = [key for key in map(self._form.key_of, rows) if key is not None]
        return Packed.of(keys, list(map(self._form.stored, rows)))

    def _at_once(self, messages: bytes) -> Packed | None:
        """The same, or None where a row has what it may not, or a key that is not made so."""
        heads = _heads(messages)
        cells = _cells(messages, heads, self._width)
        if any(cells.has_null(place) for place in self._needed) or not self._is_bound(cells):
            return None
        if self._vectors and not self._has_lengths(cells):
            return None
        values: list[Any] = [None] * self._width
        for place, check in self._checks:
            checked = check(cells.field(place))
            if checked is None or checked.cut is not None:
                return None
            values[place] = checked.values
        keys = self._keys.of(cells, values) if self._keys is not None else None
        if keys is None and self._keys is not None:
            return None
        mask = np.ones(len(messages), bool)
        for offset in range(_HEAD):
            mask[heads + offset] = False
        ends = np.append(heads[1:], len(messages)) - _HEAD * np.arange(1, len(heads) + 1)
        return Packed(Pieces(cells.data[: len(messages)][mask].tobytes(), ends), keys)

    def _is_bound(self, cells: Cells) -> bool:
        """Whether all rows are this partition's."""
        if self._bound is None:
            return True
        field: Field = cells.field(self._bound)
        width = len(self._one)
        return bool((field.lengths == width).all() and (field.matrix(width) == self._one).all())

    def _has_lengths(self, cells: Cells) -> bool:
        """Whether all vectors have as many elements as their columns ask for: one more than commas."""
        commas = np.concatenate(([0], np.cumsum(cells.data == _COMMA)))
        for place, length in self._vectors:
            field = cells.field(place)
            count = commas[field.starts + field.lengths] - commas[field.starts]
            if not ((count == length - 1) & (field.lengths > len("{}"))).all():
                return False
        return True


def _heads(messages: bytes) -> Numbers:
    """Where each message begins."""
    found, at, end = [], 0, len(messages)
    while at < end:
        found.append(at)
        at += 1 + int.from_bytes(messages[at + 1 : at + 1 + _LENGTH], "big")
    return np.array(found, np.int64)


def _cells(messages: bytes, heads: Numbers, width: int) -> Cells:
    padded = messages + _PAD
    data, words = np.frombuffer(padded, np.uint8), words_of(padded)
    starts = np.empty((width, len(heads)), np.int64)
    lengths = np.empty_like(starts)
    nulls = np.zeros(starts.shape, bool)
    at = heads + _HEAD
    for place in range(width):
        said = words[at].astype(np.int64)
        starts[place], nulls[place], lengths[place] = at + _LENGTH, said < 0, np.maximum(said, 0)
        at = starts[place] + lengths[place]
    return Cells(messages, data, starts, lengths, nulls if nulls.any() else None)


def packer_of(form: Form) -> Packer:
    """What packs rows of a table; one by one where its keys are made of values that have to be read."""
    relation = form.relation
    checks = [check for check in map(check_of, relation.key_columns) if check is not None]
    return Packer(form, checks if len(checks) == len(relation.primary_key) and Keys.suits(relation) else None)
