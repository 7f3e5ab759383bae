"""A state of numbers for very many keys: each key has a slot, and what belongs to it lies in arrays.

A batch of keys is found, changed and given out array by array, where a value for each key would take a microsecond.
On disk a slot's numbers are the bytes of one record, by its key.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np

from yunbox.engine.stream.kept import Kept
from yunbox.engine.stream.state import HASHED, State, packed, unpacked

Array = Any
_CAPACITY = 1024
_SLOT_BYTES = 280  # what a key takes in memory beside its numbers: its place in a dict, itself, and its name on disk


class SlotState(State):
    """Numbers of the types ``dtypes`` for each key. A key is a value, or a tuple of them."""

    def __init__(self, store: Kept, prefix: bytes, memory_bytes_max: int, dtypes: Sequence[np.dtype[Any]]) -> None:
        super().__init__(store, prefix, memory_bytes_max)
        self._form = np.dtype([(f"f{at}", one) for at, one in enumerate(dtypes)])
        self._dtypes = tuple(dtypes)
        self._clear()

    def _clear(self) -> None:
        self._slots: dict[Any, int] = {}
        self._keys: list[Any] = []
        self._named: list[bytes] = []  # their names on disk, b"" where none was needed yet
        self._free: list[int] = []
        self.arrays = [np.zeros(_CAPACITY, one) for one in self._dtypes]
        self._dirty = np.zeros(_CAPACITY, np.bool_)
        self._gone: set[bytes] = set()
        self._hashed: set[bytes] = set()
        self._unseen = []

    def find(self, keys: list[Any]) -> Array:
        """The slots of some different keys; those of new ones are all zeros."""
        found = np.fromiter(map(self._slots.get, keys, repeat(-1)), np.int64, len(keys))
        missing = np.flatnonzero(found < 0)
        if len(missing):
            found[missing] = self._added([keys[at] for at in missing.tolist()])
        return found

    def touch(self, slots: Array) -> None:
        """Their numbers have changed."""
        self._dirty[slots] = True

    def delete(self, slots: Array) -> None:
        """Forget some keys."""
        places = slots.tolist()
        for slot in places:
            del self._slots[self._keys[slot]]
        names = self._names(places)
        self._gone.update(names)
        self._hashed.difference_update(names)
        self._free.extend(places)
        self._dirty[slots] = False
        for array in self.arrays:
            array[slots] = 0

    def expire(self, before_ms: int, column: int) -> None:
        """Forget keys one of whose numbers, the time when they were touched last, is before a time: those in memory,
        and some that are on disk."""
        self._expire_live(before_ms, column)
        for name, data in self._some_kept():
            [record] = np.frombuffer(data, self._form)
            if record[column] <= before_ms and not self._is_live(name) and self._is_ours(name[len(self._prefix) :]):
                self._gone.add(name)

    def _expire_live(self, before_ms: int, column: int) -> None:
        times = self.arrays[column]
        some = self._some_live(lambda: np.flatnonzero(times[: len(self._keys)] <= before_ms).tolist())
        slots = np.array([slot for slot in some if self._slots.get(self._keys[slot]) == slot], np.int64)
        slots = slots[times[slots] <= before_ms]
        if len(slots):
            self.delete(slots)

    def _is_live(self, name: bytes) -> bool:
        """Whether what has some name on disk is in memory too, and may have been touched since."""
        key = unpacked(name[len(self._prefix) :])
        return name in self._hashed if key is None else key in self._slots

    def _names(self, slots: list[int]) -> list[bytes]:
        """The names on disk of the keys of slots; those that are hashes are noted, as they do not tell the key."""
        prefix, at, keys, named = self._prefix, len(self._prefix), self._keys, self._named
        found = list(map(named.__getitem__, slots))
        if b"" not in found:
            return found
        for place, slot in enumerate(slots):
            if not found[place]:
                name = named[slot] = found[place] = prefix + packed(keys[slot])
                if name[at] == HASHED:
                    self._hashed.add(name)
        return found

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        """As in State."""
        slots = np.flatnonzero(self._dirty[: len(self._keys)])
        records: Array = np.empty(len(slots), self._form)
        for at, array in enumerate(self.arrays):
            records[f"f{at}"] = array[slots]
        values: list[bytes] = records.view(f"V{self._form.itemsize}").tolist()
        gone: list[tuple[bytes, bytes | None]] = [(name, None) for name in self._gone]
        self._changed = len(slots)
        self._gone = set()
        self._dirty[slots] = False
        # also where one was gone meanwhile: the last one counts
        return chain(gone, zip(self._names(slots.tolist()), values, strict=True))

    @property
    def has_changes(self) -> bool:
        """As in State."""
        return bool(self._gone) or bool(self._dirty.any())

    def shrink(self) -> None:
        """As in State."""
        if len(self._slots) * (_SLOT_BYTES + self._form.itemsize) > self._memory_bytes_max:
            self._clear()
            self.is_whole = False

    def __len__(self) -> int:
        return len(self._slots)

    # -- inside

    def _added(self, keys: list[Any]) -> Array:
        """Slots for keys that are not in memory, with what the store has of them."""
        first, count = len(self._keys), len(keys)
        free = [self._free.pop() for _ in range(min(len(self._free), count))]
        rest = count - len(free)
        self._reserve(first + rest)
        slots = np.concatenate((np.array(free, np.int64), np.arange(first, first + rest)))
        for slot, key in zip(free, keys, strict=False):
            self._keys[slot], self._named[slot] = key, b""
        self._keys.extend(keys[len(free) :])
        self._named.extend([b""] * rest)
        self._slots.update(zip(keys, slots.tolist(), strict=True))
        if not self.is_whole:
            self._read(slots)
        return slots

    def _read(self, slots: Array) -> None:
        places = slots.tolist()
        for name, slot in zip(self._names(places), places, strict=True):
            data = None if name in self._gone else self._store.read(name)
            if data is not None:
                [record] = np.frombuffer(data, self._form)
                for at, array in enumerate(self.arrays):
                    array[slot] = record[at]

    def _reserve(self, count: int) -> None:
        capacity = len(self._dirty)
        if count <= capacity:
            return
        more = max(count - capacity, capacity)
        self.arrays = [np.concatenate((array, np.zeros(more, array.dtype))) for array in self.arrays]
        self._dirty = np.concatenate((self._dirty, np.zeros(more, np.bool_)))
