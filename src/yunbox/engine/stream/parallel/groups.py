"""Key groups: which of a job's processes has a key.

A key is in one of 128 groups, as by Flink's default, and a process has a range of them. Nothing on disk says so: it is
worked out from the keys, of arrays of rows and, for what is read back, of single ones.
"""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np

from yunbox.engine.stream.batch import Array
from yunbox.engine.stream.state import HASHED, Key, key_of, packed, unpacked
from yunbox.sql.flink.parallelism import GROUPS
from yunbox.sql.flink.types import FlinkType

_WHOLE = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ",
    "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND",
)  # fmt: skip
_FLOATS = ("FLOAT", "DOUBLE")
_COLUMNS_MAX = 16
_BITS = (1 << 64) - 1
_FACTOR, _NULL = 0xFF51AFD7ED558CCD, 0x9E3779B97F4A7C15


class KeyGroups:
    """Those of the keys of some types."""

    def __init__(self, types: Sequence[FlinkType]) -> None:
        self._is_whole = all(one.root in _WHOLE for one in types) and len(types) <= _COLUMNS_MAX
        self._floats = [at for at, one in enumerate(types) if one.root in _FLOATS]

    @property
    def has_floats(self) -> bool:
        """Whether keys that look different may be equal."""
        return bool(self._floats)

    def of_columns(self, columns: Sequence[Array]) -> Array:
        """The group of each row's key."""
        if self._is_whole:
            return _of_whole(columns) % np.uint64(GROUPS)
        values = [array.tolist() for array in columns]
        for at in self._floats:
            values[at] = [_number(value) for value in values[at]]
        keys = values[0] if len(values) == 1 else list(zip(*values, strict=True))
        return np.fromiter(map(crc32, map(packed, keys)), np.uint64, len(keys)) % np.uint64(GROUPS)

    def of(self, key: Key) -> int:
        """The group of a key."""
        if self._is_whole:
            found = 0
            for value in key:
                found = _mixed(found ^ (_NULL if value is None else int(value) & _BITS))
            return found % GROUPS
        if self._floats:
            key = tuple(_number(value) if at in self._floats else value for at, value in enumerate(key))
        return crc32(packed(key[0] if len(key) == 1 else key)) % GROUPS


class Ownership:
    """Which keys of a step a worker has: those in the ``index``th of ``count`` ranges. ``places`` say which values of
    a key are those by which the step is shared out."""

    def __init__(self, groups: KeyGroups, places: Sequence[int], width: int, *, index: int, count: int) -> None:
        self._groups = groups
        self._part = key_of(places)
        self._is_all = tuple(places) == tuple(range(width))
        self._index, self._count = index, count

    def group(self, key: Key) -> int:
        """The group of a key."""
        return self._groups.of(self._part(key))

    def has(self, key: Key) -> bool:
        """Whether a key is this worker's."""
        return self.has_group(self.group(key))

    def has_group(self, group: int) -> bool:
        """Whether a group is."""
        return bool(worker_of(group, self._count) == self._index)

    def has_name(self, name: bytes) -> bool:
        """Whether a key is that is packed. A long one is nobody's where its hash does not tell: it is left alone."""
        if name[0] == HASHED:
            return self._is_all and not self._groups.has_floats and self.has_group(crc32(name) % GROUPS)
        key = unpacked(name)
        return self.has(key if isinstance(key, tuple) else (key,))


def worker_of(groups: Any, count: int) -> Any:
    """Which of so many workers has a group, or each of some."""
    return groups * count // GROUPS


def _number(value: Any) -> Any:
    """A number in one form: some of them come as text."""
    return None if value is None else float(value) + 0.0


def _of_whole(columns: Sequence[Array]) -> Array:
    found: Array = np.zeros(len(columns[0]), np.uint64)
    for array in columns:
        values = np.ma.getdata(array).astype(np.int64).view(np.uint64)
        nulls = np.ma.getmaskarray(array) if isinstance(array, np.ma.MaskedArray) else None
        if nulls is not None:
            values = np.where(nulls, np.uint64(_NULL), values)
        found ^= values
        found ^= found >> np.uint64(33)
        found *= np.uint64(_FACTOR)
        found ^= found >> np.uint64(33)
    return found


def _mixed(value: int) -> int:
    value ^= value >> 33
    value = value * _FACTOR & _BITS
    return value ^ value >> 33
