"""What the steps of a job know, by key: in memory as far as there is room, on disk in any case.

A step changes values in memory; at the end of an epoch what changed is handed to the store, in one transaction with the
sources' offsets. What is not in memory is read when it is asked for, so a job that starts again has nothing to load.
Keys and values are what MessagePack can say: physical values, tuples, lists and dicts of them.
"""

import heapq
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import msgspec

from yunbox.engine.stream.kept import Kept

Key = tuple[Any, ...]
_encode = msgspec.msgpack.Encoder(enc_hook=str).encode
_decode = msgspec.msgpack.Decoder().decode
_KEY_BYTES_MAX = 400
HASHED = 0xC1
"""With which the hash of a long key begins: no message of MessagePack does."""
_BIAS = 1 << 63
_TIME = struct.Struct(">Q")
_LOOK_KEYS = 500
"""So many keys on disk, or twice those that changed last, are looked at in one go for what is old."""
_LOOK_KEYS_LIVE = 20_000
"""So many in memory."""
_ENTRY_BYTES = 256  # what an entry takes in memory beside its own bytes, roughly


def packed(key: Any) -> bytes:
    """A key as bytes; a long one by its hash, as it stands in the value too."""
    data = _encode(key)
    return data if len(data) <= _KEY_BYTES_MAX else bytes([HASHED]) + blake2b(data, digest_size=32).digest()


def unpacked(data: bytes) -> Any:
    """The other way round; None for one that is a hash."""
    return None if data[0] == HASHED else _frozen(_decode(data))


class State:
    """What all forms have in common: a place in the store, and the account of their size."""

    def __init__(self, store: Kept, prefix: bytes, memory_bytes_max: int) -> None:
        self._store = store
        self._prefix = prefix
        self._memory_bytes_max = memory_bytes_max
        self.is_whole = not store.has(prefix)
        """Whether all there is is in memory, so that what is not there is nowhere."""
        self._place: bytes | None = None
        self._unseen: list[Any] = []
        self._changed = 0
        self._each_bytes = _ENTRY_BYTES
        self.index_bytes = 0
        """What a step has in memory for an entry, beside it."""
        self.owns: Callable[[Any], bool] | None = None
        """Whether a key that is read is one of those that this process has; None where it has all of them."""

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        """What changed since the last time, for the store; None for what is no more."""
        raise NotImplementedError

    def shrink(self) -> None:
        """Forget what can be read again, once what changed is in the store."""
        raise NotImplementedError

    @property
    def has_changes(self) -> bool:
        """Whether there is something for the store."""
        raise NotImplementedError

    @property
    def is_passed(self) -> bool:
        """Whether all there is was looked at for what is old; if not, the next look goes on from there."""
        return self._place is None and not self._unseen

    def _weigh(self, written_bytes: int, count: int) -> None:
        """Note what was written: what an entry takes in memory is what those of late have."""
        self._changed = count
        if count:
            mean = _ENTRY_BYTES + 2 * written_bytes // count
            self._each_bytes = max(mean, (3 * self._each_bytes + mean) // 4)

    def _is_ours(self, key: Any) -> bool:
        return self.owns is None or self.owns(key)

    def _some_live(self, live: Callable[[], Iterable[Any]]) -> list[Any]:
        """Some of the keys in memory, which ``live`` gives when a look at all there is begins: with them."""
        if self.is_passed:
            self._unseen = list(live())
        some = self._unseen[-_LOOK_KEYS_LIVE:]
        del self._unseen[-_LOOK_KEYS_LIVE:]
        return some

    def _some_kept(self) -> list[tuple[bytes, bytes]]:
        """Some of what is on disk, behind what was given the last time: no epoch waits for a look at all of it."""
        if self.is_whole or self._unseen:
            self._place = None
            return []
        count = max(_LOOK_KEYS, 2 * self._changed)
        found, self._place = self._store.some(self._prefix, self._place or self._prefix, count=count)
        return found


class KeyedState(State):
    """A value for each key."""

    def __init__(self, store: Kept, prefix: bytes, memory_bytes_max: int) -> None:
        super().__init__(store, prefix, memory_bytes_max)
        self._live: dict[Key, Any] = {}
        self._dirty: set[Key] = set()

    def get(self, key: Key) -> Any:
        """The value of a key, None if it has none. What is changed in it counts once it is ``put``."""
        found = self._live.get(key)
        if found is None and not self.is_whole and key not in self._dirty:
            data = self._store.read(self._prefix + packed(key))
            if data is not None:
                found = self._live[key] = _decode(data)[1]
        return found

    def put(self, key: Key, value: Any) -> None:
        """Give a key a value."""
        self._live[key] = value
        self._dirty.add(key)

    def delete(self, key: Key) -> None:
        """Take a key's value away."""
        self._live.pop(key, None)
        self._dirty.add(key)

    def old(self, before_ms: int, touched: Callable[[Any], int]) -> list[Key]:
        """Keys whose value was touched last before a time: of those in memory, and of some that are on disk."""
        live = self._live
        some = self._some_live(live.keys)
        found = [key for key in some if (value := live.get(key)) is not None and touched(value) <= before_ms]
        for _, data in self._some_kept():
            key, value = _decode(data)
            is_over = touched(value) <= before_ms and (key := _frozen(key)) not in self._live
            if is_over and key not in self._dirty and self._is_ours(key):
                found.append(key)
        return found

    def expire(self, before_ms: int, touched: Callable[[Any], int]) -> None:
        """Forget those."""
        for key in self.old(before_ms, touched):
            self.delete(key)

    def items(self) -> Iterator[tuple[Key, Any]]:
        """All keys and values, of which none may be changed meanwhile."""
        if not self.is_whole:
            for _, data in self._store.scan(self._prefix):
                key, value = _decode(data)
                key = _frozen(key)
                if key not in self._live and key not in self._dirty and self._is_ours(key):
                    yield key, value
        yield from self._live.items()

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """As in State."""
        written = 0
        for key in self._dirty:
            value = self._live.get(key)
            data = None if value is None else _encode((key, value))
            written += len(data or b"")
            yield self._prefix + packed(key), data
        self._weigh(written, len(self._dirty))
        self._dirty = set()

    @property
    def has_changes(self) -> bool:
        """As in State."""
        return bool(self._dirty)

    def shrink(self) -> None:
        """As in State."""
        if len(self._live) * self._each_bytes > self._memory_bytes_max:
            self._live = {}
            self.is_whole = False

    def __len__(self) -> int:
        return len(self._live)


class TimedState(State):
    """A value for each key at each of its times (whole numbers): those whose time has come are taken in order."""

    def __init__(self, store: Kept, prefix: bytes, memory_bytes_max: int) -> None:
        super().__init__(store, prefix, memory_bytes_max)
        self._live: dict[int, dict[Key, Any]] = {}
        self._times: list[int] = []
        self._dirty: set[tuple[int, Key]] = set()
        self._count = 0

    def get(self, time: int, key: Key) -> Any:
        """The value of a key at a time, None if it has none."""
        at = self._live.get(time)
        found = None if at is None else at.get(key)
        if found is None and not self.is_whole and (time, key) not in self._dirty:
            data = self._store.read(self._name(time, key))
            if data is not None:
                found = _decode(data)[1]
                self._keep(time, key, found)
        return found

    def put(self, time: int, key: Key, value: Any) -> None:
        """Give a key a value at a time."""
        self._keep(time, key, value)
        self._dirty.add((time, key))

    def due(self, until: int) -> list[tuple[int, Key, Any]]:
        """Take all values whose time is not after a moment, the earliest first."""
        if not self.is_whole:
            self._load(until)
        found: list[tuple[int, Key, Any]] = []
        while self._times and self._times[0] <= until:
            time = heapq.heappop(self._times)
            for key, value in self._live.pop(time, {}).items():
                found.append((time, key, value))
                self._dirty.add((time, key))
                self._count -= 1
        return found

    @property
    def first(self) -> int | None:
        """The earliest time that is in memory."""
        return self._times[0] if self._times else None

    def items(self) -> Iterator[tuple[int, Key, Any]]:
        """All there is, of which nothing may be changed meanwhile."""
        if not self.is_whole:
            self._load(None)
            self.is_whole = True
        for time, values in self._live.items():
            for key, value in values.items():
                yield time, key, value

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """As in State."""
        written = 0
        for time, key in self._dirty:
            value = self._live.get(time, {}).get(key)
            data = None if value is None else _encode((key, value))
            written += len(data or b"")
            yield self._name(time, key), data
        self._weigh(written, len(self._dirty))
        self._dirty = set()

    @property
    def has_changes(self) -> bool:
        """As in State."""
        return bool(self._dirty)

    def shrink(self) -> None:
        """As in State."""
        if self._count * self._each_bytes > self._memory_bytes_max:
            self._live, self._times, self._count = {}, [], 0
            self.is_whole = False

    def _keep(self, time: int, key: Key, value: Any) -> None:
        at = self._live.get(time)
        if at is None:
            at = self._live[time] = {}
            heapq.heappush(self._times, time)
        self._count += key not in at
        at[key] = value

    def _load(self, until: int | None) -> None:
        """Have in memory what is due."""
        for name, data in self._store.scan(self._prefix, None if until is None else self._upto(until)):
            (time,) = _TIME.unpack_from(name, len(self._prefix))
            key, value = _decode(data)
            time, key = time - _BIAS, _frozen(key)
            if (time, key) not in self._dirty and key not in self._live.get(time, ()) and self._is_ours(key):
                self._keep(time, key, value)

    def _name(self, time: int, key: Key) -> bytes:
        return self._prefix + _TIME.pack(time + _BIAS) + packed(key)

    def _upto(self, until: int) -> bytes:
        return self._prefix + _TIME.pack(min(until + 1 + _BIAS, (1 << 64) - 1))


class BagState(State):
    """Values for each key, each under a name of its own: only those that changed are written."""

    def __init__(self, store: Kept, prefix: bytes, memory_bytes_max: int) -> None:
        super().__init__(store, prefix, memory_bytes_max)
        self._live: dict[Key, dict[Any, Any]] = {}
        self._dirty: dict[Key, set[Any]] = {}
        self._count = 0

    def get(self, key: Key) -> dict[Any, Any]:
        """The values of a key by their names. It is changed by ``put`` and ``delete`` alone."""
        found = self._live.get(key)
        if found is None:
            found = self._live[key] = {} if self.is_whole else self._read(key)
            self._count += len(found)
        return found

    def peek(self, key: Key) -> dict[Any, Any] | None:
        """The values of a key that are in memory, if they are."""
        return self._live.get(key)

    def put(self, key: Key, name: Any, value: Any) -> None:
        """Give a key a value."""
        bag = self.get(key)
        self._count += name not in bag
        bag[name] = value
        self._dirty.setdefault(key, set()).add(name)

    def delete(self, key: Key, name: Any) -> None:
        """Take one of a key's values away."""
        if self.get(key).pop(name, None) is not None:
            self._count -= 1
        self._dirty.setdefault(key, set()).add(name)

    def clear(self, key: Key) -> None:
        """Take all values of a key away."""
        for name in list(self.get(key)):
            self.delete(key, name)

    def expire(self, before_ms: int, touched: Callable[[Any], int]) -> None:
        """Forget values that were touched last before a time: those in memory, and some that are on disk."""
        live = self._live
        bags = [(key, live[key]) for key in self._some_live(live.keys) if key in live]
        found = [(key, name) for key, bag in bags for name, value in bag.items() if touched(value) <= before_ms]
        for _, data in self._some_kept():
            key, name, value = _decode(data)
            if touched(value) <= before_ms and (key := _frozen(key)) not in self._live and self._is_ours(key):
                found.append((key, _frozen(name)))
        for key, name in found:
            self.delete(key, name)

    def all(self) -> Iterator[tuple[Key, Any, Any]]:
        """All keys, names and values, of which none may be changed meanwhile."""
        if not self.is_whole:
            for _, data in self._store.scan(self._prefix):
                key, name, value = _decode(data)
                key, name = _frozen(key), _frozen(name)
                if key not in self._live and name not in self._dirty.get(key, ()) and self._is_ours(key):
                    yield key, name, value
        for key, bag in self._live.items():
            for name, value in bag.items():
                yield key, name, value

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """As in State."""
        written = count = 0
        for key, names in self._dirty.items():
            bag, prefix = self._live.get(key, {}), self._prefix + _short(key)
            for name in names:
                value = bag.get(name)
                data = None if value is None else _encode((key, name, value))
                written += len(data or b"")
                yield prefix + _short(name), data
            count += len(names)
            if not bag:
                self._live.pop(key, None)
        self._weigh(written, count)
        self._dirty = {}

    @property
    def has_changes(self) -> bool:
        """As in State."""
        return bool(self._dirty)

    def shrink(self) -> None:
        """As in State."""
        if self._count * (self._each_bytes + self.index_bytes) > self._memory_bytes_max:
            self._live, self._count = {}, 0
            self.is_whole = False

    def _read(self, key: Key) -> dict[Any, Any]:
        found = (_decode(data) for _, data in self._store.scan(self._prefix + _short(key)))
        return {_frozen(name): value for _, name, value in found}


def key_of(places: Sequence[int]) -> Callable[[tuple[Any, ...]], Key]:
    """What takes a key from a row."""
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda _: ()
    [place] = places
    return lambda row: (row[place],)


def _short(key: Any) -> bytes:
    return blake2b(_encode(key), digest_size=16).digest()


def _frozen(value: Any) -> Any:
    """What was a tuple comes back as a list: as a key it is a tuple again."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def decimal(value: Any) -> Decimal:
    """A DECIMAL in an accumulator: text where it was read back."""
    return value if isinstance(value, Decimal) else Decimal(value)
