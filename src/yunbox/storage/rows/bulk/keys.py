"""The keys of many rows at once, as ``storage/rows/keys.py`` makes each: of the values that checks have found."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from yunbox.storage.rows.bulk.cells import Bytes, Cells, Numbers
from yunbox.storage.rows.bulk.packed import Pieces
from yunbox.storage.rows.keys import KEY_BYTES_MAX
from yunbox.storage.rows.model import Relation

_BIAS = 1 << 63
_TEXTS = (25, 1043)


def _number(values: Numbers) -> Bytes:
    return (values.astype(np.uint64) + np.uint64(_BIAS)).astype(">u8").view(np.uint8).reshape(len(values), 8)


def _truth(values: Any) -> Bytes:
    return values.astype(np.uint8).reshape(len(values), 1)


def _same(values: Bytes) -> Bytes:
    return values


_EVEN: dict[int, Callable[[Any], Bytes]] = {
    16: _truth, 20: _number, 21: _number, 23: _number, 26: _number, 1082: _number, 1083: _number, 1114: _number,
    1184: _number, 2950: _same,
}  # fmt: skip
"""The types whose keys all have one length, by OID."""


class Keys:
    """Makes the keys of a table with a primary key, of which ``places`` are the columns among those that come in."""

    def __init__(self, relation: Relation, places: Sequence[int]) -> None:
        self._prefix = relation.prefix
        self._parts = [(place, column.type_oid) for place, column in zip(places, relation.key_columns, strict=True)]
        self._even = all(oid in _EVEN for _, oid in self._parts)

    @staticmethod
    def suits(relation: Relation) -> bool:
        """Whether the columns of a primary key are of types whose keys are made here."""
        return all(column.type_oid in _EVEN or column.type_oid in _TEXTS for column in relation.key_columns)

    def of(self, cells: Cells, values: Sequence[Any]) -> Pieces | None:
        """The keys of lines, whose key columns have no NULL; None where one is too long."""
        if self._even:
            head = np.broadcast_to(np.frombuffer(self._prefix, np.uint8), (cells.count, len(self._prefix)))
            made = np.hstack([head, *(_EVEN[oid](values[place]) for place, oid in self._parts)])
            return Pieces.even(made.tobytes(), made.shape[1])
        columns = [self._part(cells, place, oid, values) for place, oid in self._parts]
        keys = [b"".join((self._prefix, *parts)) for parts in zip(*columns, strict=True)]
        return Pieces.of(keys) if max(map(len, keys)) <= KEY_BYTES_MAX + len(self._prefix) else None

    @staticmethod
    def _part(cells: Cells, place: int, oid: int, values: Sequence[Any]) -> list[bytes]:
        if oid in _EVEN:
            made = _EVEN[oid](values[place])
            return Pieces.even(made.tobytes(), made.shape[1]).parted()
        block, starts = cells.block, cells.starts[place]
        pairs = zip(starts.tolist(), (starts + cells.lengths[place]).tolist(), strict=True)
        return [block[start:end] + b"\0" for start, end in pairs]
