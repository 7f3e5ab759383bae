"""Columns of batches as arrays of Hologres, without a number of Python's in between."""

from typing import Any

import numpy as np

from yunbox.clients.hologres.target import Column
from yunbox.clients.hologres.writing import EPOCH_DAYS, Mode, array_of
from yunbox.engine.stream.batch import Array, Batch
from yunbox.wire.pgwire.client.requests import BINARY, Parameter
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.reals import HEAD, LAYOUTS
from yunbox.wire.pgwire.values.types import TYPES

_SINCE = {1082: EPOCH_DAYS, 1114: EPOCH_US, 1184: EPOCH_US}
"""Where those begin to count that count from 2000 on; here they count from 1970 on."""


def can_be_key(array: Array) -> bool:
    """Whether a column can be compared as an array: numbers, none of them NULL."""
    return array.dtype.kind in "iu" and not isinstance(array, np.ma.MaskedArray)


def folded(batch: Batch, place: int, mode: Mode) -> tuple[Batch, list[Any]]:
    """The rows that are there after all changes, by the key at a place, and the keys of those that are not.

    Of a key's changes the last one counts; the first where rows only come and those that are there stay as they are.
    """
    first = mode is Mode.IGNORE and (batch.kinds is None or not batch.kinds.any())
    places = _places(batch.columns[place], first=first)
    last = batch if places is None else batch.taken(places)
    comes = last.signs() > 0
    if comes.all():
        return last, []
    return last.taken(comes), last.columns[place][~comes].tolist()


def _places(keys: Array, *, first: bool) -> Array | None:
    """Where each key stands first, or last; None where no key stands twice."""
    count = len(keys)
    _, places = np.unique(keys if first else keys[::-1], return_index=True)
    if len(places) == count:
        return None
    return np.sort(places if first else count - 1 - places)


def parameter(column: Column, array: Array) -> Parameter:
    """A column's values as an array. Raises PgError 22003 for one beyond the type's range."""
    letter, size = LAYOUTS.get(column.oid, ("", 0))
    if not letter or isinstance(array, np.ma.MaskedArray) or not np.can_cast(array.dtype, letter, "safe"):
        return array_of(column, array.tolist())
    made: Array = np.empty(len(array), [("size", ">i4"), ("value", f">{letter}")])
    made["size"] = size
    made["value"] = array - _SINCE[column.oid] if column.oid in _SINCE else array
    head = HEAD.pack(1, 0, column.oid, len(array), 1)
    return Parameter(TYPES[column.oid].array, head + made.tobytes(), BINARY)
